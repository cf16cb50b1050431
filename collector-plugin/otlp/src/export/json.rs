//! Encoded requests as OTLP/JSON: the cold path, for people and for replay.

use bytes::Bytes;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::LogsData;
use opentelemetry_proto::tonic::metrics::v1::MetricsData;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message;
use serde::Serialize;
use serde_json::{Value, json};

use super::error::SendError;
use crate::signal::Signal;

/// The request as one line of OTLP/JSON, newline included. `LogsData` and `ExportLogsServiceRequest` are the
/// same on the wire, and so are those of the other signals.
pub(super) fn line(signal: Signal, request: Bytes) -> Result<Vec<u8>, SendError> {
    match signal {
        Signal::Logs => write(request, name_in_logs),
        Signal::Traces => write(request, name_in_traces),
        // The SDK takes none of these numbers.
        Signal::Metrics => write(request, |_: &MetricsData, _| ()),
    }
}

/// JSON has no number for NaN and the infinities, and serde writes null. Protobuf's JSON mapping, which OTLP
/// follows, wants their names: that is left to `name_numbers`.
fn write<D>(request: Bytes, name_numbers: fn(&D, &mut Value)) -> Result<Vec<u8>, SendError>
where
    D: Message + Default + Serialize,
{
    let bytes = request.len();
    let failed = |reason: String| SendError::Json { bytes, reason };
    let data = D::decode(request).map_err(|error| failed(error.to_string()))?;
    let mut json = serde_json::to_value(&data).map_err(|error| failed(error.to_string()))?;
    name_numbers(&data, &mut json);
    let mut line = serde_json::to_vec(&json).map_err(|error| failed(error.to_string()))?;
    line.push(b'\n');
    Ok(line)
}

fn name_in_logs(logs: &LogsData, json: &mut Value) {
    for (of_resource, json) in pairs(&logs.resource_logs, json, "resourceLogs") {
        name_in_resource(of_resource.resource.as_ref(), json);
        for (of_scope, json) in pairs(&of_resource.scope_logs, json, "scopeLogs") {
            for (record, json) in pairs(&of_scope.log_records, json, "logRecords") {
                name_in_attributes(&record.attributes, json);
            }
        }
    }
}

fn name_in_traces(traces: &TracesData, json: &mut Value) {
    for (of_resource, json) in pairs(&traces.resource_spans, json, "resourceSpans") {
        name_in_resource(of_resource.resource.as_ref(), json);
        for (of_scope, json) in pairs(&of_resource.scope_spans, json, "scopeSpans") {
            for (span, json) in pairs(&of_scope.spans, json, "spans") {
                name_in_attributes(&span.attributes, json);
                for (link, json) in pairs(&span.links, json, "links") {
                    name_in_attributes(&link.attributes, json);
                }
            }
        }
    }
}

fn name_in_resource(resource: Option<&Resource>, json: &mut Value) {
    if let (Some(resource), Some(json)) = (resource, json.get_mut("resource")) {
        name_in_attributes(&resource.attributes, json);
    }
}

fn name_in_attributes(attributes: &[KeyValue], json: &mut Value) {
    for (attribute, json) in pairs(attributes, json, "attributes") {
        let value = attribute
            .value
            .as_ref()
            .and_then(|value| value.value.as_ref());
        if let Some(any_value::Value::DoubleValue(number)) = value
            && let (Some(name), Some(json)) = (name(*number), json.get_mut("value"))
        {
            *json = json!({"doubleValue": name});
        }
    }
}

/// The name of a number that JSON has no digits for.
fn name(number: f64) -> Option<&'static str> {
    match number {
        number if number.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

/// Messages with what they became in the array `key`.
fn pairs<'a, T>(
    messages: &'a [T],
    json: &'a mut Value,
    key: &str,
) -> impl Iterator<Item = (&'a T, &'a mut Value)> {
    let elements = json.get_mut(key).and_then(Value::as_array_mut);
    messages.iter().zip(elements.into_iter().flatten())
}
