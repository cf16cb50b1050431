//! One line of `logs.jsonl` or `traces.jsonl`.

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::value::RawValue;

use crate::Resource;

/// A message of OTLP/JSON. Both are built alike, but for the names.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Message<'a> {
    #[serde(borrow)]
    ResourceLogs(Vec<OfResource<'a>>),
    #[serde(borrow)]
    ResourceSpans(Vec<OfResource<'a>>),
}

#[derive(Deserialize)]
struct OfResource<'a> {
    resource: Resource,
    #[serde(borrow, alias = "scopeLogs", alias = "scopeSpans")]
    scopes: Vec<OfScope<'a>>,
}

#[derive(Deserialize)]
struct OfScope<'a> {
    #[serde(borrow, alias = "logRecords", alias = "spans")]
    items: Vec<&'a RawValue>,
}

/// Records or spans of one resource, byte for byte.
pub(crate) struct Items<'a> {
    pub(crate) resource: Resource,
    scopes: Vec<OfScope<'a>>,
}

impl<'a> Items<'a> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a str> {
        let items = self.scopes.iter().flat_map(|scope| &scope.items);
        items.map(|item| item.get())
    }
}

/// The records of a line, by their resource.
///
/// # Errors
/// If the line is no OTLP/JSON message of logs.
pub(crate) fn logs(line: &str) -> Result<Vec<Items<'_>>, serde_json::Error> {
    match serde_json::from_str(line)? {
        Message::ResourceLogs(all) => Ok(items(all)),
        Message::ResourceSpans(_) => Err(serde_json::Error::custom("spans, not records")),
    }
}

/// The spans of a line, by their resource.
///
/// # Errors
/// If the line is no OTLP/JSON message of traces.
pub(crate) fn traces(line: &str) -> Result<Vec<Items<'_>>, serde_json::Error> {
    match serde_json::from_str(line)? {
        Message::ResourceSpans(all) => Ok(items(all)),
        Message::ResourceLogs(_) => Err(serde_json::Error::custom("records, not spans")),
    }
}

fn items(all: Vec<OfResource<'_>>) -> Vec<Items<'_>> {
    let item = |OfResource { resource, scopes }| Items { resource, scopes };
    all.into_iter().map(item).collect()
}
