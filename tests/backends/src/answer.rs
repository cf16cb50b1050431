//! What Loki and Prometheus answer: they share the form.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use scoutline_e2e::PATIENCE;
use serde::Deserialize;
use serde_json::Value;

/// Neither tells anybody that it is ready or that something has arrived, so both are asked again after this pause.
pub(crate) const PAUSE: Duration = Duration::from_millis(50);

/// One row of an answer: of a metric its labels and value, of records the labels and structured metadata of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Names as the backend has them.
    pub labels: BTreeMap<String, String>,
    /// `None` for a record.
    pub value: Option<f64>,
}

/// Rows, and what it cost to find them.
#[derive(Clone, Debug)]
pub struct Answer {
    /// In no order.
    pub rows: Vec<Row>,
    /// Bytes that were looked at; only Loki tells.
    pub scanned: u64,
    /// From the question to the answer's last byte.
    pub took: Duration,
}

#[derive(Deserialize)]
struct Envelope {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(flatten)]
    result: Found,
    #[serde(default)]
    stats: Stats,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", tag = "resultType", content = "result")]
enum Found {
    Vector(Vec<Sample>),
    Matrix(Vec<Series>),
    Streams(Vec<Stream>),
}

#[derive(Default, Deserialize)]
struct Stats {
    #[serde(default)]
    summary: Summary,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    total_bytes_processed: u64,
}

#[derive(Deserialize)]
struct Sample {
    metric: BTreeMap<String, String>,
    /// When, and what.
    value: (f64, String),
}

#[derive(Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
    values: Vec<(f64, String)>,
}

#[derive(Deserialize)]
struct Stream {
    stream: BTreeMap<String, String>,
    values: Vec<Value>,
}

/// Asks, and waits for the answer.
///
/// # Errors
/// If the backend does not take the question; then with what it says.
pub(crate) fn ask(url: &str, parameters: &[(&str, &str)]) -> Result<Answer> {
    let asking = || format!("ask {url} with {parameters:?}");
    let started = Instant::now();
    let mut response = ureq::get(url)
        .config()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .query_pairs(parameters.iter().copied())
        .call()
        .with_context(asking)?;
    let body = response.body_mut();
    let body = body.with_config().limit(1 << 30).read_to_string();
    let body = body.with_context(asking)?;
    let took = started.elapsed();
    ensure!(response.status() == 200, "{}: {body}", asking());
    let Envelope { data } = serde_json::from_str(&body).with_context(|| body.clone())?;
    Ok(Answer {
        rows: rows(data.result).with_context(asking)?,
        scanned: data.stats.summary.total_bytes_processed,
        took,
    })
}

/// Waits until this address answers.
///
/// # Errors
/// If that takes longer than [`PATIENCE`].
pub(crate) fn wait_until_ready(url: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while ureq::get(url).call().is_err() {
        ensure!(Instant::now() < deadline, "{url} does not become ready");
        thread::sleep(PAUSE);
    }
    Ok(())
}

fn rows(found: Found) -> Result<Vec<Row>> {
    let row = |labels, value: &str| {
        Ok(Row {
            labels,
            value: Some(value.parse()?),
        })
    };
    match found {
        Found::Vector(samples) => {
            let rows = samples.into_iter().map(|it| row(it.metric, &it.value.1));
            rows.collect()
        }
        // A line on a panel: its last value.
        Found::Matrix(series) => {
            let rows = series.into_iter().filter_map(|it| {
                let (_, value) = it.values.last()?.clone();
                Some(row(it.metric, &value))
            });
            rows.collect()
        }
        Found::Streams(streams) => {
            let rows = streams.into_iter().flat_map(|it| {
                let row = Row {
                    labels: it.stream,
                    value: None,
                };
                vec![row; it.values.len()]
            });
            Ok(rows.collect())
        }
    }
}
