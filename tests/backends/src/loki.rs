//! A real Loki on this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use scoutline_e2e::{PATIENCE, Program, backend, free_port};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/loki/loki.yaml");

/// Loki tells nobody that it is ready or that something has arrived, so it is asked again after this pause.
const PAUSE: Duration = Duration::from_millis(50);

/// Lines in one answer.
const LIMIT: &str = "5000";

/// A Loki with a folder of its own.
#[derive(Debug)]
pub struct Loki {
    _program: Program,
    _directory: TempDir,
    address: String,
}

/// One row of an answer: of a metric its labels and value, of records the labels and structured metadata of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Names as Loki has them.
    pub labels: BTreeMap<String, String>,
    /// `None` for a record.
    pub value: Option<f64>,
}

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", tag = "resultType", content = "result")]
enum Data {
    Vector(Vec<Sample>),
    Streams(Vec<Stream>),
}

#[derive(Deserialize)]
struct Sample {
    metric: BTreeMap<String, String>,
    /// When, and what.
    value: (f64, String),
}

#[derive(Deserialize)]
struct Stream {
    stream: BTreeMap<String, String>,
    values: Vec<Value>,
}

impl Loki {
    /// Path of Loki's program.
    ///
    /// # Errors
    /// If it can not be built here.
    pub fn build() -> Result<PathBuf> {
        backend("loki")
    }

    /// Starts one.
    ///
    /// # Errors
    /// If it does not become ready.
    pub fn start(binary: &Path) -> Result<Self> {
        let directory = TempDir::new()?;
        // Both at once, so that they differ. Its parts find each other by them, so it cannot choose.
        let (http, grpc) = (free_port()?, free_port()?);
        let ports = [&http, &grpc].map(|it| it.local_addr().map(|it| it.port().to_string()));
        let [http_port, grpc_port] = ports;
        let (http_port, grpc_port) = (http_port?, grpc_port?);
        drop((http, grpc));
        let mut command = Command::new(binary);
        command
            .arg(format!("-config.file={CONFIG}"))
            .arg("-config.expand-env=true")
            .env("DIRECTORY", directory.path())
            .env("HTTP_PORT", &http_port)
            .env("GRPC_PORT", grpc_port);
        let loki = Self {
            _program: Program::start(command.stdin(Stdio::null()))?,
            _directory: directory,
            address: format!("http://127.0.0.1:{http_port}"),
        };
        loki.wait_until_ready()?;
        Ok(loki)
    }

    /// Where it takes OTLP over HTTP.
    pub fn otlp(&self) -> String {
        format!("{}/otlp", self.address)
    }

    /// Asks a question at a time, nanoseconds since the Unix epoch. Records are looked for in `window` before it; a metric
    /// says itself how far it looks.
    ///
    /// # Errors
    /// If Loki does not take the query.
    pub fn query(&self, query: &str, at: u64, window: Duration) -> Result<Vec<Row>> {
        let at_text = at.to_string();
        let from = at
            .saturating_sub(u64::try_from(window.as_nanos())?)
            .to_string();
        // Only a metric has a value at one time.
        let is_metric = !query.trim_start().starts_with('{');
        let (path, time) = if is_metric {
            ("query", vec![("time", at_text.as_str())])
        } else {
            (
                "query_range",
                vec![("start", from.as_str()), ("end", at_text.as_str())],
            )
        };
        let asking = || format!("ask Loki for {query}");
        let mut response = ureq::get(format!("{}/loki/api/v1/{path}", self.address))
            .config()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .query_pairs(time)
            .query_pairs([("query", query), ("limit", LIMIT)])
            .call()
            .with_context(asking)?;
        let body = response.body_mut().read_to_string().with_context(asking)?;
        ensure!(response.status() == 200, "{}: {body}", asking());
        let answer: Answer = serde_json::from_str(&body).with_context(|| body.clone())?;
        rows(answer.data).with_context(asking)
    }

    /// Asks until the first row has this value.
    ///
    /// # Errors
    /// If that takes longer than [`PATIENCE`].
    pub fn wait_for_value(&self, query: &str, at: u64, expected: f64) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let rows = self.query(query, at, Duration::ZERO)?;
            let found = rows.first().and_then(|row| row.value).unwrap_or(0.0);
            if (found - expected).abs() < 0.5 {
                return Ok(());
            }
            if Instant::now() >= deadline {
                bail!("waited for {expected} as the answer to {query}, got {found}");
            }
            thread::sleep(PAUSE);
        }
    }

    fn wait_until_ready(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let ready = format!("{}/ready", self.address);
        while ureq::get(&ready).call().is_err() {
            ensure!(Instant::now() < deadline, "Loki does not become ready");
            thread::sleep(PAUSE);
        }
        Ok(())
    }
}

fn rows(data: Data) -> Result<Vec<Row>> {
    Ok(match data {
        Data::Vector(samples) => {
            let rows = samples.into_iter().map(|it| {
                Ok(Row {
                    labels: it.metric,
                    value: Some(it.value.1.parse()?),
                })
            });
            rows.collect::<Result<_>>()?
        }
        Data::Streams(streams) => {
            let rows = streams.into_iter().flat_map(|it| {
                let row = Row {
                    labels: it.stream,
                    value: None,
                };
                vec![row; it.values.len()]
            });
            rows.collect()
        }
    })
}
