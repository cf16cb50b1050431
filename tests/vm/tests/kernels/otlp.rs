//! The sensor's records, read off a console.

use serde_json::Value;

/// A log record and the Resource that it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    resource: &'a Value,
    record: &'a Value,
}

/// The lines that are JSON objects.
pub(crate) fn messages(serial: &str) -> Vec<Value> {
    serial
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(Value::is_object)
        .collect()
}

/// The log records of one OTLP/JSON message.
pub(crate) fn records(message: &Value) -> impl Iterator<Item = Record<'_>> {
    members(message, "resourceLogs").flat_map(|logs| {
        let resource = logs.get("resource").unwrap_or(&Value::Null);
        members(logs, "scopeLogs")
            .flat_map(|scope| members(scope, "logRecords"))
            .map(move |record| Record { resource, record })
    })
}

impl<'a> Record<'a> {
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        attribute(self.record, name)?.get("stringValue")?.as_str()
    }

    pub(crate) fn texts(&self, name: &str) -> Vec<&'a str> {
        attribute(self.record, name)
            .and_then(|value| value.pointer("/arrayValue/values")?.as_array())
            .into_iter()
            .flatten()
            .filter_map(|value| value.get("stringValue")?.as_str())
            .collect()
    }

    pub(crate) fn is(&self, name: &str) -> Option<bool> {
        attribute(self.record, name)?.get("boolValue")?.as_bool()
    }

    /// A string of its Resource.
    pub(crate) fn of_resource(&self, name: &str) -> Option<&'a str> {
        attribute(self.resource, name)?.get("stringValue")?.as_str()
    }
}

fn attribute<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    members(value, "attributes")
        .find(|attribute| attribute.get("key").and_then(Value::as_str) == Some(name))?
        .get("value")
}

fn members<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}
