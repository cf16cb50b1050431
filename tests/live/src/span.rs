//! Spans as they stand in `traces.jsonl`.

use serde_json::Value;

use crate::Resource;
use crate::otlp::{Items, traces};

/// One span.
#[derive(Clone, Debug)]
pub struct Span {
    value: Value,
    /// What it is about.
    pub resource: Resource,
}

/// The JSON of each span of one line, byte for byte, without what is around it.
///
/// # Errors
/// If the line is no OTLP/JSON message of traces.
pub fn raw_spans(line: &str) -> Result<Vec<&str>, serde_json::Error> {
    let all = traces(line)?;
    Ok(all.iter().flat_map(Items::iter).collect())
}

impl Span {
    /// All spans of one line.
    ///
    /// # Errors
    /// If the line is no OTLP/JSON message of traces.
    pub fn of_line(line: &str) -> Result<Vec<Self>, serde_json::Error> {
        let mut spans = Vec::new();
        for items in traces(line)? {
            for json in items.iter() {
                spans.push(Self {
                    value: serde_json::from_str(json)?,
                    resource: items.resource.clone(),
                });
            }
        }
        Ok(spans)
    }

    /// What it is called.
    pub fn name(&self) -> Option<&str> {
        self.value.get("name")?.as_str()
    }

    /// The trace that it is part of.
    pub fn trace_id(&self) -> Option<&str> {
        self.value.get("traceId")?.as_str()
    }
}
