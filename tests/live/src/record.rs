//! Log records as they stand in `logs.jsonl`.

use std::time::SystemTime;

use scoutline_semconv::{attr, resource};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::Resource;

/// One log record.
#[derive(Clone, Debug)]
pub struct Record {
    value: Value,
    /// What it is about.
    pub resource: Resource,
    /// When its line was read.
    pub arrived: SystemTime,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    #[serde(borrow)]
    resource_logs: Vec<ResourceLogs<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceLogs<'a> {
    resource: Resource,
    #[serde(borrow)]
    scope_logs: Vec<ScopeLogs<'a>>,
}

/// What the sensor says about itself is no detection.
fn is_of_sensor(of: &Resource) -> bool {
    of.text(resource::SERVICE_NAME) == Some(resource::SENSOR_SERVICE_NAME_VALUE)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeLogs<'a> {
    #[serde(borrow)]
    log_records: Vec<&'a RawValue>,
}

/// The JSON of each detection's log record of one line, byte for byte, without what is around it.
///
/// # Errors
/// If the line is no OTLP/JSON message of logs.
pub fn raw_records(line: &str) -> Result<Vec<&str>, serde_json::Error> {
    let message: Message<'_> = serde_json::from_str(line)?;
    Ok(message
        .resource_logs
        .into_iter()
        .filter(|logs| !is_of_sensor(&logs.resource))
        .flat_map(|logs| logs.scope_logs)
        .flat_map(|scope| scope.log_records)
        .map(RawValue::get)
        .collect())
}

impl Record {
    /// All detections' records of one line that was just read.
    ///
    /// # Errors
    /// If the line is no OTLP/JSON message of logs.
    pub fn of_line(line: &str) -> Result<Vec<Self>, serde_json::Error> {
        let arrived = SystemTime::now();
        let message: Message<'_> = serde_json::from_str(line)?;
        let mut records = Vec::new();
        for ResourceLogs {
            resource,
            scope_logs,
        } in message.resource_logs
        {
            if is_of_sensor(&resource) {
                continue;
            }
            for json in scope_logs.iter().flat_map(|scope| &scope.log_records) {
                records.push(Self {
                    value: serde_json::from_str(json.get())?,
                    resource: resource.clone(),
                    arrived,
                });
            }
        }
        Ok(records)
    }

    /// A string, `None` if it is absent or none.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attribute(name)?.get("stringValue")?.as_str()
    }

    /// A number; OTLP/JSON writes 64-bit ones as strings.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.attribute(name)?
            .get("intValue")?
            .as_str()?
            .parse()
            .ok()
    }

    /// A truth value.
    pub fn is(&self, name: &str) -> Option<bool> {
        self.attribute(name)?.get("boolValue")?.as_bool()
    }

    /// An array of strings; empty if it is absent.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        self.attribute(name)
            .and_then(|value| value.pointer("/arrayValue/values")?.as_array())
            .into_iter()
            .flatten()
            .filter_map(|value| value.get("stringValue")?.as_str())
            .collect()
    }

    /// `severityNumber`.
    pub fn severity_number(&self) -> Option<i64> {
        self.value.get("severityNumber")?.as_i64()
    }

    /// Whether it is the record of this phase.
    pub fn is_phase(&self, phase: &str) -> bool {
        self.text(attr::SCOUTLINE_DETECTION_PHASE) == Some(phase)
    }

    /// The trace that it is part of.
    pub fn trace_id(&self) -> Option<&str> {
        self.value.get("traceId")?.as_str()
    }

    /// Leader of its process's POSIX session.
    pub fn session_leader(&self) -> Option<i64> {
        self.number(attr::PROCESS_SESSION_LEADER_PID)
    }

    fn attribute(&self, name: &str) -> Option<&Value> {
        self.value
            .get("attributes")?
            .as_array()?
            .iter()
            .find(|attribute| attribute.get("key").and_then(Value::as_str) == Some(name))?
            .get("value")
    }
}
