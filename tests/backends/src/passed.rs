//! Spans as the Collector has passed them on.

use anyhow::{Context as _, Result};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::Span;
use scoutline_e2e::{Item, ReceivedSpan};

use crate::jaeger::{SpanId, TraceId};

/// One span in the Collector's file.
#[derive(Clone, Debug)]
pub struct Passed {
    /// Its trace.
    pub trace: TraceId,
    /// Its own id.
    pub id: SpanId,
    /// The span.
    pub span: Span,
    /// `service.name` of its resource.
    pub service: String,
}

impl Item for Passed {
    fn read(line: &[u8]) -> Result<Vec<Self>> {
        let reading = || format!("read as OTLP/JSON: {}", String::from_utf8_lossy(line));
        let mut passed = Vec::new();
        for ReceivedSpan { span, resource } in ReceivedSpan::read(line)? {
            let trace = span.trace_id.as_slice().try_into();
            let id = span.span_id.as_slice().try_into();
            passed.push(Self {
                trace: TraceId(u128::from_be_bytes(trace.with_context(reading)?)),
                id: SpanId(u64::from_be_bytes(id.with_context(reading)?)),
                span,
                service: text(&resource.attributes, "service.name").to_owned(),
            });
        }
        Ok(passed)
    }

    fn title(&self) -> &str {
        &self.span.name
    }
}

impl Passed {
    /// A string attribute; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        text(&self.span.attributes, name)
    }
}

fn text<'a>(attributes: &'a [KeyValue], name: &str) -> &'a str {
    let attribute = attributes.iter().find(|attribute| attribute.key == name);
    match attribute.and_then(|it| it.value.as_ref()?.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => text,
        _ => "",
    }
}
