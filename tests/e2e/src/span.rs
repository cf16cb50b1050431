//! Spans as a Collector hands them on.

use anyhow::{Context as _, Result};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use serde::Deserialize;

use crate::records::Item;

/// One span.
#[derive(Clone, Debug)]
pub struct ReceivedSpan {
    /// The span.
    pub span: Span,
    /// What it is about.
    pub resource: Resource,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default, rename = "resourceSpans")]
    resource_spans: Vec<ResourceSpans>,
}

impl Item for ReceivedSpan {
    fn read(line: &[u8]) -> Result<Vec<Self>> {
        let message: Message = serde_json::from_slice(line)
            .with_context(|| format!("read as OTLP/JSON: {}", String::from_utf8_lossy(line)))?;
        let mut received = Vec::new();
        for of_resource in message.resource_spans {
            let resource = of_resource.resource.unwrap_or_default();
            let spans = of_resource.scope_spans.into_iter();
            received.extend(spans.flat_map(|spans| spans.spans).map(|span| Self {
                span,
                resource: resource.clone(),
            }));
        }
        Ok(received)
    }

    fn title(&self) -> &str {
        &self.span.name
    }
}
