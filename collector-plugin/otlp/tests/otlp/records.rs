//! Records for tests, and what they must look like once decoded.

use std::sync::Arc;
use std::time::Instant;

use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, any_value,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use scoutline_otlp::{Batch, BatchLimits, Batcher, Scope};
use scoutline_semconv::values::RecordKind;
use scoutline_semconv::{
    Record, Resource, Severity, TraceContext, Value, attr, event, resource, scope,
};

pub(crate) fn record(sequence: i64) -> Record {
    Record {
        event_name: event::DETECTION,
        time_unix_nano: 1_700_000_000_000_000_001,
        observed_time_unix_nano: 1_700_000_000_000_000_002,
        severity_number: Severity::Medium.number(),
        severity_text: Severity::Medium.text(),
        body: format!("cat read /proc/version ({sequence})"),
        trace: Some(TraceContext {
            trace_id: *b"\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef",
            span_id: *b"\xfe\xdc\xba\x98\x76\x54\x32\x10",
        }),
        attributes: vec![
            (
                attr::SCOUTLINE_RECORD_KIND,
                RecordKind::Detection.as_str().into(),
            ),
            (attr::SCOUTLINE_SEQUENCE, sequence.into()),
            (attr::PROCESS_INTERACTIVE, true.into()),
            (
                attr::SCOUTLINE_DETECTION_PATHS,
                vec![Arc::from("/proc/version"), Arc::from("")].into(),
            ),
        ],
    }
}

pub(crate) fn host(name: &'static str) -> Arc<Resource> {
    Arc::new(Resource {
        attributes: vec![
            (
                resource::SERVICE_NAME.into(),
                resource::SERVICE_NAME_VALUE.into(),
            ),
            (resource::HOST_NAME.into(), name.into()),
        ],
    })
}

/// A batch of records with the sequence numbers `0..count`.
pub(crate) fn batch(count: u32) -> Batch {
    let mut batcher = Batcher::new(BatchLimits::default());
    let host = host("web1");
    for sequence in 0..count {
        let sealed = batcher
            .push(
                Instant::now(),
                &host,
                Scope::DETECTIONS,
                &record(sequence.into()),
            )
            .unwrap();
        assert!(sealed.is_none());
    }
    batcher.seal().unwrap()
}

/// What the records of one resource are meant to be, built field by field.
pub(crate) fn meant(host: &Resource, records: &[Record]) -> ResourceLogs {
    ResourceLogs {
        resource: Some(resource_meant(host)),
        scope_logs: vec![ScopeLogs {
            scope: Some(scope_meant()),
            log_records: records.iter().map(log_record).collect(),
            schema_url: scope::SCHEMA_URL.to_owned(),
        }],
        schema_url: scope::UPSTREAM_SCHEMA_URL.to_owned(),
    }
}

pub(crate) fn resource_meant(host: &Resource) -> ProtoResource {
    ProtoResource {
        attributes: host
            .attributes
            .iter()
            .map(|(key, value)| attribute(key, value))
            .collect(),
        dropped_attributes_count: 0,
        entity_refs: vec![],
    }
}

pub(crate) fn scope_meant() -> InstrumentationScope {
    InstrumentationScope {
        name: scope::DETECTIONS.to_owned(),
        version: scope::VERSION.to_owned(),
        attributes: vec![],
        dropped_attributes_count: 0,
    }
}

pub(crate) fn log_record(record: &Record) -> LogRecord {
    let trace = record
        .trace
        .filter(|trace| trace.trace_id != [0; 16] && trace.span_id != [0; 8]);
    LogRecord {
        time_unix_nano: record.time_unix_nano,
        observed_time_unix_nano: record.observed_time_unix_nano,
        severity_number: record.severity_number.into(),
        severity_text: record.severity_text.to_owned(),
        body: Some(text(&record.body)),
        attributes: record
            .attributes
            .iter()
            .map(|(key, value)| attribute(key, value))
            .collect(),
        dropped_attributes_count: 0,
        flags: trace.map_or(0, |_| 1),
        trace_id: trace.map_or(vec![], |trace| trace.trace_id.to_vec()),
        span_id: trace.map_or(vec![], |trace| trace.span_id.to_vec()),
        event_name: record.event_name.to_owned(),
    }
}

pub(crate) fn attribute(key: &str, value: &Value) -> KeyValue {
    let value = match value {
        Value::Static(it) => text(it),
        Value::Shared(it) => text(it),
        Value::String(it) => text(it),
        Value::Bool(it) => any(any_value::Value::BoolValue(*it)),
        Value::Int(it) => any(any_value::Value::IntValue(*it)),
        Value::Double(it) => any(any_value::Value::DoubleValue(*it)),
        Value::Strings(it) => any(any_value::Value::ArrayValue(ArrayValue {
            values: it.iter().map(|it| text(it)).collect(),
        })),
    };
    KeyValue {
        key: key.to_owned(),
        value: Some(value),
        key_strindex: 0,
    }
}

fn text(text: &str) -> AnyValue {
    any(any_value::Value::StringValue(text.to_owned()))
}

fn any(value: any_value::Value) -> AnyValue {
    AnyValue { value: Some(value) }
}
