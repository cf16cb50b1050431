//! Spans as they stand in `traces.jsonl`.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::Resource;

/// One span.
#[derive(Clone, Debug)]
pub struct Span {
    value: Value,
    /// What it is about.
    pub resource: Resource,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Traces<'a> {
    #[serde(borrow)]
    resource_spans: Vec<ResourceSpans<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: Resource,
    #[serde(borrow)]
    scope_spans: Vec<ScopeSpans<'a>>,
}

#[derive(Deserialize)]
struct ScopeSpans<'a> {
    #[serde(borrow)]
    spans: Vec<&'a RawValue>,
}

/// The JSON of each span of one line, byte for byte, without what is around it.
///
/// # Errors
/// If the line is no OTLP/JSON message of traces.
pub fn raw_spans(line: &str) -> Result<Vec<&str>, serde_json::Error> {
    let message: Traces<'_> = serde_json::from_str(line)?;
    Ok(message
        .resource_spans
        .into_iter()
        .flat_map(|resource| resource.scope_spans)
        .flat_map(|scope| scope.spans)
        .map(RawValue::get)
        .collect())
}

impl Span {
    /// All spans of one line.
    ///
    /// # Errors
    /// If the line is no OTLP/JSON message of traces.
    pub fn of_line(line: &str) -> Result<Vec<Self>, serde_json::Error> {
        let message: Traces<'_> = serde_json::from_str(line)?;
        let mut spans = Vec::new();
        for ResourceSpans {
            resource,
            scope_spans,
        } in message.resource_spans
        {
            for json in scope_spans.iter().flat_map(|scope| &scope.spans) {
                spans.push(Self {
                    value: serde_json::from_str(json.get())?,
                    resource: resource.clone(),
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
