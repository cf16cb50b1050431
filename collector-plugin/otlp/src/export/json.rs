//! Encoded requests as OTLP/JSON: the cold path, for people and for replay.

use bytes::Bytes;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::LogsData;
use prost::Message;
use serde_json::{Value, json};

use super::error::SendError;

/// The request as one line of OTLP/JSON, newline included. `LogsData` and `ExportLogsServiceRequest` are the
/// same on the wire.
pub(super) fn line(request: Bytes) -> Result<Vec<u8>, SendError> {
    let bytes = request.len();
    let failed = |reason: String| SendError::Json { bytes, reason };
    let logs = LogsData::decode(request).map_err(|error| failed(error.to_string()))?;
    let mut json = serde_json::to_value(&logs).map_err(|error| failed(error.to_string()))?;
    name_special_numbers(&logs, &mut json);
    let mut line = serde_json::to_vec(&json).map_err(|error| failed(error.to_string()))?;
    line.push(b'\n');
    Ok(line)
}

/// JSON has no number for NaN and the infinities, and serde writes null. Protobuf's JSON mapping, which OTLP
/// follows, wants their names.
fn name_special_numbers(logs: &LogsData, json: &mut Value) {
    for (resource_logs, json) in logs
        .resource_logs
        .iter()
        .zip(elements(json, "resourceLogs"))
    {
        if let (Some(resource), Some(json)) = (&resource_logs.resource, json.get_mut("resource")) {
            name_in_attributes(&resource.attributes, json);
        }
        for (scope_logs, json) in resource_logs
            .scope_logs
            .iter()
            .zip(elements(json, "scopeLogs"))
        {
            for (record, json) in scope_logs
                .log_records
                .iter()
                .zip(elements(json, "logRecords"))
            {
                name_in_attributes(&record.attributes, json);
            }
        }
    }
}

fn name_in_attributes(attributes: &[KeyValue], json: &mut Value) {
    for (attribute, json) in attributes.iter().zip(elements(json, "attributes")) {
        let value = attribute
            .value
            .as_ref()
            .and_then(|value| value.value.as_ref());
        let Some(any_value::Value::DoubleValue(number)) = value else {
            continue;
        };
        let name = match number {
            number if number.is_nan() => "NaN",
            &f64::INFINITY => "Infinity",
            &f64::NEG_INFINITY => "-Infinity",
            _ => continue,
        };
        if let Some(json) = json.get_mut("value") {
            *json = json!({"doubleValue": name});
        }
    }
}

fn elements<'a>(json: &'a mut Value, key: &str) -> impl Iterator<Item = &'a mut Value> {
    json.get_mut(key)
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
}
