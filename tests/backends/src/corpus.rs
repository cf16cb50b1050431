//! Recordings of the corpus as if they had just happened, each on a host of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result};
use scoutline_replay::{Replayed, recordings, requests};
use scoutline_semconv::resource;
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// Times of records and spans.
const TIMES: [&str; 4] = [
    "timeUnixNano",
    "observedTimeUnixNano",
    "startTimeUnixNano",
    "endTimeUnixNano",
];

/// What must come of a recording, from the file of its name that ends in `.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// What was recorded.
    pub about: String,
    /// How many detections of which recipe.
    pub detections: BTreeMap<String, u32>,
    /// The correlations that fire, by name; no other may.
    pub fires: BTreeSet<String>,
}

/// A recording, and what it gives.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Also that of its host.
    pub name: String,
    /// What must come of it.
    pub expected: Expected,
    logs: Vec<Json>,
    traces: Vec<Json>,
}

impl Recording {
    /// Those of the corpus that say what must come of them.
    ///
    /// # Errors
    /// If one cannot be read or replayed.
    pub fn all() -> Result<Vec<Self>> {
        let mut all = Vec::new();
        for (path, _) in recordings()? {
            let sidecar = path.with_extension("yaml");
            if !sidecar.exists() {
                continue;
            }
            let text = fs::read_to_string(&sidecar)?;
            let expected = serde_saphyr::from_str(&text);
            let name = path.file_stem().context("a recording has a name")?;
            let name = name.to_string_lossy().into_owned();
            let Replayed { logs, traces } = requests(&path)?;
            all.push(Self {
                expected: expected.with_context(|| sidecar.display().to_string())?,
                logs: on_host(&logs, "resourceLogs", &name)?,
                traces: on_host(&traces, "resourceSpans", &name)?,
                name,
            });
        }
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    /// When its first record happened, nanoseconds since the Unix epoch; 0 if there is none.
    pub fn begin(&self) -> u64 {
        times(&self.logs).min().unwrap_or(0)
    }

    /// How long it is from its first record to its last, nanoseconds.
    pub fn length(&self) -> u64 {
        times(&self.logs).max().unwrap_or(0) - self.begin()
    }

    /// How many records it gives.
    pub fn records(&self) -> usize {
        times(&self.logs).count()
    }

    /// Requests of log records and of spans, moved so that the first record happens then.
    pub fn at(&self, begin: u64) -> (Vec<Json>, Vec<Json>) {
        let by = i128::from(begin) - i128::from(self.begin());
        let (mut logs, mut traces) = (self.logs.clone(), self.traces.clone());
        for request in logs.iter_mut().chain(&mut traces) {
            shift(request, by);
        }
        (logs, traces)
    }
}

/// When records happened.
fn times(logs: &[Json]) -> impl Iterator<Item = u64> {
    fn of(request: &Json, found: &mut Vec<u64>) {
        match request {
            Json::Object(fields) => {
                if let Some(Json::String(time)) = fields.get(TIMES[0]) {
                    found.extend(time.parse::<u64>());
                }
                fields.values().for_each(|it| of(it, found));
            }
            Json::Array(values) => values.iter().for_each(|it| of(it, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    logs.iter().for_each(|it| of(it, &mut found));
    found.into_iter()
}

fn shift(value: &mut Json, by: i128) {
    match value {
        Json::Object(fields) => {
            for (key, inner) in fields {
                match inner {
                    Json::String(text) if TIMES.contains(&key.as_str()) => {
                        if let Ok(time) = text.parse::<i128>() {
                            *text = (time + by).to_string();
                        }
                    }
                    _ => shift(inner, by),
                }
            }
        }
        Json::Array(values) => values.iter_mut().for_each(|it| shift(it, by)),
        _ => {}
    }
}

/// A recording does not say on which host it was made, so that its requests can be of any.
fn on_host(lines: &str, signal: &str, host: &str) -> Result<Vec<Json>> {
    let requests = lines.lines().map(|line| {
        let mut request: Json = serde_json::from_str(line)?;
        let resources = request[signal].as_array_mut();
        for it in resources.context("a request has resources")? {
            let attributes = it["resource"]["attributes"].as_array_mut();
            let attributes = attributes.context("a resource has attributes")?;
            for (key, value) in [
                (resource::HOST_NAME, host.to_owned()),
                (resource::SERVICE_INSTANCE_ID, format!("sensor of {host}")),
            ] {
                attributes.push(json!({"key": key, "value": {"stringValue": value}}));
            }
        }
        Ok(request)
    });
    requests.collect()
}
