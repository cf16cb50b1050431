//! Log records as they stand in `logs.jsonl`.

use std::time::SystemTime;

use scoutline_semconv::{attr, resource};
use serde_json::Value;

use crate::Resource;
use crate::otlp::{Items, logs};

/// One log record.
#[derive(Clone, Debug)]
pub struct Record {
    value: Value,
    /// What it is about.
    pub resource: Resource,
    /// When its line was read.
    pub arrived: SystemTime,
}

/// What the sensor says about itself is no detection.
fn detections(line: &str) -> Result<Vec<Items<'_>>, serde_json::Error> {
    let mut all = logs(line)?;
    all.retain(|items| {
        items.resource.text(resource::SERVICE_NAME) != Some(resource::SENSOR_SERVICE_NAME_VALUE)
    });
    Ok(all)
}

/// The JSON of each detection's log record of one line, byte for byte, without what is around it.
///
/// # Errors
/// If the line is no OTLP/JSON message of logs.
pub fn raw_records(line: &str) -> Result<Vec<&str>, serde_json::Error> {
    let all = detections(line)?;
    Ok(all.iter().flat_map(Items::iter).collect())
}

impl Record {
    /// All detections' records of one line that was just read.
    ///
    /// # Errors
    /// If the line is no OTLP/JSON message of logs.
    pub fn of_line(line: &str) -> Result<Vec<Self>, serde_json::Error> {
        let arrived = SystemTime::now();
        let mut records = Vec::new();
        for items in detections(line)? {
            for json in items.iter() {
                records.push(Self {
                    value: serde_json::from_str(json)?,
                    resource: items.resource.clone(),
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
