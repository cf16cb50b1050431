//! What the sensor puts on the wire: the messages that `tests/replay` keeps, one file a kind, each with all its attributes.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use scoutline_e2e::{Collector, Item};
use scoutline_semconv::values::RecordKind;
use scoutline_semconv::{attr, metric};
use serde_json::{Map, Value, json};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../replay/golden");

pub(crate) const KINDS: [RecordKind; 4] = [
    RecordKind::Detection,
    RecordKind::Heartbeat,
    RecordKind::Loss,
    RecordKind::Sensor,
];

/// A request in OTLP/JSON.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    signal: &'static str,
    pub(crate) json: Value,
}

/// A log record and its resource. Attributes have plain values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) resource: Map<String, Value>,
    pub(crate) attributes: Map<String, Value>,
    pub(crate) log: LogRecord,
}

impl Message {
    /// Sends it, which a Collector without TLS has to take.
    pub(crate) fn send(&self, collector: &Collector) -> Result<()> {
        let response = ureq::post(format!("{}/v1/{}", collector.http(), self.signal))
            .header("content-type", "application/json")
            .send(self.json.to_string())?;
        assert_eq!(response.status(), 200, "{}", self.signal);
        Ok(())
    }

    /// The same of another workload, by these attributes of its resource.
    pub(crate) fn about(&self, added: [(&str, &str); 2]) -> Result<Self> {
        let mut message = self.clone();
        let attributes = &mut message.json["resourceLogs"][0]["resource"]["attributes"];
        let attributes = attributes.as_array_mut().context("no resource")?;
        attributes
            .extend(added.map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})));
        Ok(message)
    }

    /// Gives its records uids that are others for each number.
    pub(crate) fn renumber(&mut self, number: u32) -> Result<()> {
        let mut text = self.json.to_string();
        for record in records_of(&self.json)? {
            let uid = record.uid();
            text = text.replace(uid, &format!("{number:08x}{}", &uid[8..]));
        }
        self.json = serde_json::from_str(&text)?;
        Ok(())
    }
}

impl Item for Record {
    fn read(line: &[u8]) -> Result<Vec<Self>> {
        records_of(&serde_json::from_slice(line)?)
    }

    fn title(&self) -> &str {
        self.uid()
    }
}

fn records_of(message: &Value) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    // A message of another signal has none.
    for logs in message["resourceLogs"].as_array().into_iter().flatten() {
        let resource = attributes(&logs["resource"])?;
        for logs in items(&logs["scopeLogs"])? {
            for record in items(&logs["logRecords"])? {
                records.push(Record {
                    resource: resource.clone(),
                    attributes: attributes(record)?,
                    log: serde_json::from_value(record.clone())?,
                });
            }
        }
    }
    Ok(records)
}

impl Record {
    pub(crate) fn uid(&self) -> &str {
        self.text(attr::LOG_RECORD_UID)
    }

    /// What it says to people.
    pub(crate) fn sentence(&self) -> Result<&str> {
        match self.log.body.as_ref().and_then(|it| it.value.as_ref()) {
            Some(any_value::Value::StringValue(text)) => Ok(text),
            other => bail!("the body is {other:?}"),
        }
    }

    /// A string attribute; empty if there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        let value = self.attributes.get(name);
        value.and_then(Value::as_str).unwrap_or_default()
    }
}

/// Log records of all kinds.
pub(crate) fn logs() -> Result<Vec<Message>> {
    let mut all = Vec::new();
    for kind in KINDS {
        all.extend(read("logs", kind.as_str())?);
    }
    Ok(all)
}

/// The spans of a slice.
pub(crate) fn traces() -> Result<Vec<Message>> {
    read("traces", "trace")
}

/// A sum and a histogram at this second, as far as they had come by then.
pub(crate) fn metrics(second: u64, count: u64) -> Message {
    let resource = json!({"attributes": [
        {"key": "service.name", "value": {"stringValue": "scoutline-sensor"}},
        {"key": "host.name", "value": {"stringValue": "web-1"}},
        {"key": "data_stream.dataset", "value": {"stringValue": "scoutline"}},
    ]});
    let nanoseconds = |second: u64| (second * 1_000_000_000).to_string();
    let (start, time) = (nanoseconds(1_767_225_600), nanoseconds(second));
    let point =
        json!({"startTimeUnixNano": start, "timeUnixNano": time, "asInt": count.to_string()});
    let buckets = json!({
        "startTimeUnixNano": start,
        "timeUnixNano": time,
        "count": count.to_string(),
        "sum": 0.5,
        "explicitBounds": [1.0],
        "bucketCounts": [count.to_string(), "0"],
    });
    let metrics = json!([
        {
            "name": metric::SCOUTLINE_DETECTIONS.name,
            "sum": {"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [point]},
        },
        {
            "name": metric::SCOUTLINE_EXPORT_DURATION.name,
            "histogram": {"aggregationTemporality": 2, "dataPoints": [buckets]},
        },
    ]);
    let scope = json!({"scope": {"name": "scoutline.sensor"}, "metrics": metrics});
    let json = json!({"resourceMetrics": [{"resource": resource, "scopeMetrics": [scope]}]});
    Message {
        signal: "metrics",
        json,
    }
}

/// The log records of all messages.
pub(crate) fn records<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Result<Vec<Record>> {
    let mut all = Vec::new();
    for message in messages {
        all.extend(records_of(&message.json)?);
    }
    Ok(all)
}

/// The spans of all messages.
pub(crate) fn spans<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    for message in messages {
        for spans in items(&message.json["resourceSpans"])? {
            for spans in items(&spans["scopeSpans"])? {
                all.extend(items(&spans["spans"])?.iter().cloned());
            }
        }
    }
    Ok(all)
}

fn read(signal: &'static str, name: &str) -> Result<Vec<Message>> {
    let path = Path::new(GOLDEN).join(name).with_extension("json");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let messages: Vec<Value> = serde_json::from_str(&text)?;
    let messages = messages.into_iter();
    Ok(messages.map(|json| Message { signal, json }).collect())
}

pub(crate) fn items(value: &Value) -> Result<&Vec<Value>> {
    value
        .as_array()
        .with_context(|| format!("no list: {value}"))
}

/// The attributes of a record, a span or a resource, with plain values.
pub(crate) fn attributes(of: &Value) -> Result<Map<String, Value>> {
    let mut all = Map::new();
    for attribute in items(&of["attributes"])? {
        let key = attribute["key"].as_str().context("no key")?;
        all.insert(key.to_owned(), plain(&attribute["value"])?);
    }
    Ok(all)
}

/// A value without the name of its type.
fn plain(value: &Value) -> Result<Value> {
    let fields = value.as_object().context("no value")?;
    let (kind, value) = fields.iter().next().context("no value")?;
    Ok(match kind.as_str() {
        "intValue" => value.as_str().context("no text")?.parse::<i64>()?.into(),
        "arrayValue" => items(&value["values"])?
            .iter()
            .map(plain)
            .collect::<Result<_>>()?,
        _ => value.clone(),
    })
}
