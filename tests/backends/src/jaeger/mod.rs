//! A real Jaeger on this machine.

mod model;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use scoutline_e2e::{PATIENCE, Program, backend};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use model::{Kind, Process, Reference, Span, SpanId, Tag, Trace, TraceId};

use crate::tree::Tree;

/// Jaeger tells nobody that something has arrived, so it is asked again after this pause.
const PAUSE: Duration = Duration::from_millis(20);

/// Traces in one answer; without a limit Jaeger leaves out all but a hundred.
const LIMIT: usize = 10_000;

/// Microseconds since the Unix epoch between which a trace starts: always. Without them Jaeger looks at two days only.
const PERIOD_US: (&str, &str) = ("0", "9000000000000000");

/// A Jaeger that keeps traces in memory.
#[derive(Debug)]
pub struct Jaeger {
    _program: Program,
    otlp: String,
    api: String,
}

/// What traces to look for.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Of whom.
    pub service: &'a str,
    /// A span of the trace has all of them, itself or by its process.
    pub tags: &'a [(&'a str, &'a str)],
}

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

impl Jaeger {
    /// Path of Jaeger's program.
    ///
    /// # Errors
    /// If it can not be built here.
    pub fn build() -> Result<PathBuf> {
        backend("jaeger")
    }

    /// Starts one. The kernel chooses its ports, and its log says which.
    ///
    /// # Errors
    /// If it does not become ready.
    pub fn start(binary: &Path) -> Result<Self> {
        let mut command = Command::new(binary);
        for (server, host) in [
            ("admin.http", "127.0.0.1"),
            ("collector.grpc-server", "127.0.0.1"),
            ("collector.http-server", "127.0.0.1"),
            ("collector.otlp.grpc", "127.0.0.1"),
            ("collector.otlp.http", "127.0.0.1"),
            ("query.http-server", "127.0.0.1"),
            // It refuses to have the same address as the one before, although 0 is no port.
            ("query.grpc-server", "127.0.0.2"),
        ] {
            command.arg(format!("--{server}.host-port={host}:0"));
        }
        // It would trace itself, into whatever listens on 4317.
        command.env("OTEL_TRACES_SAMPLER", "always_off");
        command.env("SPAN_STORAGE_TYPE", "memory");
        let program = Program::start(command.stdin(Stdio::null()))?;
        program.wait_for_error_line(r#""status":"ready""#)?;
        let said = |text: &str, field: &str| -> Result<String> {
            let line = program.wait_for_error_line(text)?;
            let line: Value = serde_json::from_str(&line)?;
            let address = line.get(field).and_then(Value::as_str);
            Ok(address
                .with_context(|| format!("no {field}: {line}"))?
                .into())
        };
        let otlp = said(r#""Starting GRPC server","endpoint""#, "endpoint")?;
        let api = format!("http://{}/api", said("Query server started", "http_addr")?);
        let jaeger = Self {
            _program: program,
            otlp,
            api,
        };
        ensure!(jaeger.services()?.is_empty(), "somebody else's Jaeger");
        Ok(jaeger)
    }

    /// Where it is asked.
    pub fn address(&self) -> &str {
        self.api.trim_end_matches("/api")
    }

    /// Where it takes OTLP over gRPC: host and port.
    pub fn otlp(&self) -> &str {
        &self.otlp
    }

    /// Who has sent spans.
    ///
    /// # Errors
    /// If it does not answer.
    pub fn services(&self) -> Result<Vec<String>> {
        // It says null instead of an empty list.
        let services: Option<_> = self.get("services", &[])?.context("no list of services")?;
        Ok(services.unwrap_or_default())
    }

    /// The traces that have what is asked for, oldest first.
    ///
    /// # Errors
    /// If it does not answer.
    pub fn traces(&self, query: &Query<'_>) -> Result<Vec<Trace>> {
        let tags: serde_json::Map<_, Value> = query
            .tags
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.into()))
            .collect();
        let parameters = [
            ("service", query.service),
            ("tags", &Value::from(tags).to_string()),
            ("limit", &LIMIT.to_string()),
            ("start", PERIOD_US.0),
            ("end", PERIOD_US.1),
        ];
        let traces: Option<Vec<Trace>> = self.get("traces", &parameters)?;
        let mut traces = traces.context("no list of traces")?;
        traces.sort_by_key(|trace| (trace.start_us(), trace.id));
        Ok(traces)
    }

    /// One trace, if it is there.
    ///
    /// # Errors
    /// If it does not answer.
    pub fn trace(&self, id: TraceId) -> Result<Option<Trace>> {
        let traces: Option<Vec<_>> = self.get(&format!("traces/{id}"), &[])?;
        Ok(traces.unwrap_or_default().pop())
    }

    /// Asks until `are_there`, and returns the traces.
    ///
    /// # Errors
    /// If that takes longer than [`PATIENCE`]; then it shows what is there. If `are_there` fails.
    pub fn wait_until(
        &self,
        query: &Query<'_>,
        expected: &str,
        mut are_there: impl FnMut(&[Trace]) -> Result<bool>,
    ) -> Result<Vec<Trace>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let traces = self.traces(query)?;
            if are_there(&traces)? {
                return Ok(traces);
            }
            if Instant::now() >= deadline {
                let trees: Vec<_> = traces
                    .iter()
                    .map(|trace| Tree::of(trace).report(&[]))
                    .collect();
                bail!("waited for {expected}, got {}", trees.join("\n"));
            }
            thread::sleep(PAUSE);
        }
    }

    /// What it has at a path; `None` if it says that there is nothing.
    fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Option<T>> {
        let asking = || format!("ask Jaeger for {path} {parameters:?}");
        let mut response = ureq::get(format!("{}/{path}", self.api))
            .config()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .query_pairs(parameters.iter().copied())
            .call()
            .with_context(asking)?;
        let status = response.status();
        let body = response.body_mut().read_to_string().with_context(asking)?;
        if status == 404 {
            return Ok(None);
        }
        ensure!(status == 200, "{}: {status}: {body}", asking());
        let answer: Answer<T> = serde_json::from_str(&body).with_context(asking)?;
        Ok(Some(answer.data))
    }
}
