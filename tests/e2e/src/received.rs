//! Log records as a Collector hands them on.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use scoutline_semconv::values::SensorAction;
use scoutline_semconv::{attr, resource};
use serde::Deserialize;

use crate::records::Item;

/// The log record of a detection and what it was sent in.
#[derive(Clone, Debug)]
pub struct Received {
    /// The record.
    pub record: LogRecord,
    /// Who saw it.
    pub resource: Arc<Resource>,
    /// Of the resource.
    pub resource_schema_url: Arc<str>,
    /// What it is part of.
    pub scope: Arc<InstrumentationScope>,
    /// Of the scope.
    pub scope_schema_url: Arc<str>,
}

/// What a message of another signal is as well: one without records.
#[derive(Deserialize)]
struct Message {
    #[serde(default, rename = "resourceLogs")]
    resource_logs: Vec<ResourceLogs>,
}

/// A log record in which the sensor tells of itself.
#[derive(Clone, Debug)]
pub struct Told(pub Received);

/// The number of a log record, whatever it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// The run that counted it.
    pub start: String,
    /// Its number.
    pub sequence: i64,
    /// It is the last one of its run.
    pub is_last: bool,
}

impl Item for Received {
    fn read(line: &[u8]) -> Result<Vec<Self>> {
        let mut all = read(line)?;
        all.retain(|it| !it.is_of_sensor());
        Ok(all)
    }

    fn title(&self) -> &str {
        self.body()
    }
}

impl Item for Told {
    fn read(line: &[u8]) -> Result<Vec<Self>> {
        let mut all = read(line)?;
        all.retain(Received::is_of_sensor);
        Ok(all.into_iter().map(Self).collect())
    }

    fn title(&self) -> &str {
        self.0.body()
    }
}

impl Item for Numbered {
    fn read(line: &[u8]) -> Result<Vec<Self>> {
        let all = read(line)?.into_iter();
        let number = |it: Received| {
            Some(Self {
                start: it.text(attr::SCOUTLINE_SENSOR_START_ID).to_owned(),
                sequence: it.number(attr::SCOUTLINE_SEQUENCE)?,
                is_last: it.text(attr::SCOUTLINE_SENSOR_ACTION) == SensorAction::Stop.as_str(),
            })
        };
        Ok(all.filter_map(number).collect())
    }

    fn title(&self) -> &str {
        &self.start
    }
}

fn read(line: &[u8]) -> Result<Vec<Received>> {
    let message: Message = serde_json::from_slice(line)
        .with_context(|| format!("read as OTLP/JSON: {}", String::from_utf8_lossy(line)))?;
    let mut received = Vec::new();
    for logs in message.resource_logs {
        let resource = Arc::new(logs.resource.unwrap_or_default());
        let resource_schema_url: Arc<str> = logs.schema_url.into();
        for logs in logs.scope_logs {
            let scope = Arc::new(logs.scope.unwrap_or_default());
            let scope_schema_url: Arc<str> = logs.schema_url.into();
            received.extend(logs.log_records.into_iter().map(|record| Received {
                record,
                resource: Arc::clone(&resource),
                resource_schema_url: Arc::clone(&resource_schema_url),
                scope: Arc::clone(&scope),
                scope_schema_url: Arc::clone(&scope_schema_url),
            }));
        }
    }
    Ok(received)
}

impl Received {
    /// It is about the sensor itself.
    fn is_of_sensor(&self) -> bool {
        self.resource_text(resource::SERVICE_NAME) == resource::SENSOR_SERVICE_NAME_VALUE
    }

    /// A string attribute; empty if there is none, which no attribute of ours is.
    pub fn text(&self, name: &str) -> &str {
        self.value(name).and_then(text).unwrap_or_default()
    }

    /// An integer attribute.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.value(name)?.value {
            Some(Value::IntValue(number)) => Some(number),
            _ => None,
        }
    }

    /// The strings of an array attribute.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        match self.value(name).and_then(|value| value.value.as_ref()) {
            Some(Value::ArrayValue(array)) => array.values.iter().filter_map(text).collect(),
            _ => Vec::new(),
        }
    }

    /// A string attribute of the resource; empty if there is none.
    pub fn resource_text(&self, name: &str) -> &str {
        find(&self.resource.attributes, name)
            .and_then(text)
            .unwrap_or_default()
    }

    /// The sentence.
    pub fn body(&self) -> &str {
        self.record.body.as_ref().and_then(text).unwrap_or_default()
    }

    fn value(&self, name: &str) -> Option<&AnyValue> {
        find(&self.record.attributes, name)
    }
}

fn find<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a AnyValue> {
    attributes
        .iter()
        .find(|attribute| attribute.key == name)?
        .value
        .as_ref()
}

fn text(value: &AnyValue) -> Option<&str> {
    match &value.value {
        Some(Value::StringValue(text)) => Some(text),
        _ => None,
    }
}
