//! Spans as a Collector hands them on.

use anyhow::{Context as _, Result};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use serde::Deserialize;

use crate::records::Item;

/// One span.
#[derive(Clone, Debug)]
pub struct ReceivedSpan(pub Span);

#[derive(Deserialize)]
struct Message {
    #[serde(default, rename = "resourceSpans")]
    resource_spans: Vec<ResourceSpans>,
}

impl Item for ReceivedSpan {
    fn read(line: &[u8]) -> Result<Vec<Self>> {
        let message: Message = serde_json::from_slice(line)
            .with_context(|| format!("read as OTLP/JSON: {}", String::from_utf8_lossy(line)))?;
        let scopes = message.resource_spans.into_iter();
        let spans = scopes.flat_map(|spans| spans.scope_spans);
        Ok(spans.flat_map(|spans| spans.spans).map(Self).collect())
    }

    fn title(&self) -> &str {
        &self.0.name
    }
}
