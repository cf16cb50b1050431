//! OTLP/JSON lines: what is in them, and what becomes of them when the disk does not play along.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Instant;

use opentelemetry_proto::tonic::logs::v1::LogsData;
use scoutline_otlp::{
    Batch, BatchLimits, Batcher, Counts, Destination, Scope, Signal, json_line, probe,
};
use scoutline_semconv::{Record, Value};
use serde_json::json;

use crate::collector::{PATIENCE, impatient, start};
use crate::records::{batch, host, meant, record};

fn destination(directory: &Path) -> Destination {
    Destination::File {
        directory: directory.to_owned(),
    }
}

async fn write(directory: &Path, batches: impl IntoIterator<Item = Batch>) -> Counts {
    let (sender, exporter) = start(destination(directory), None);
    for batch in batches {
        sender.push(batch).unwrap();
    }
    exporter.shutdown(PATIENCE).await
}

fn lines(directory: &Path) -> Vec<String> {
    let text = fs::read_to_string(directory.join(Signal::Logs.file_name())).unwrap();
    assert!(text.ends_with('\n'));
    text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn each_batch_is_one_line_that_reads_back_as_what_was_meant() {
    let directory = tempfile::tempdir().unwrap();
    let below = directory.path().join("made/on/demand");
    assert_eq!(
        write(&below, [batch(3), batch(1)]).await.records.exported,
        4
    );
    assert_eq!(write(&below, [batch(2)]).await.records.exported, 2);
    let lines = lines(&below);
    assert_eq!(lines.len(), 3);
    assert_eq!(
        json_line(&batch(3)).unwrap(),
        format!("{}\n", lines[0]).into_bytes()
    );
    for (line, count) in lines.iter().zip([3, 1, 2]) {
        let records: Vec<_> = (0..count).map(record).collect();
        let read: LogsData = serde_json::from_str(line).unwrap();
        assert_eq!(read.resource_logs, [meant(&host("web1"), &records)]);
    }
    let mode = fs::metadata(below.join(Signal::Logs.file_name()))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[tokio::test]
async fn the_json_is_that_of_otlp() {
    let directory = tempfile::tempdir().unwrap();
    let mut record = Record {
        attributes: vec![
            ("int", Value::Int(i64::MAX)),
            ("string", "\u{1}\"\u{2028}".into()),
            ("bool", false.into()),
            ("half", Value::Double(0.5)),
            ("nan", Value::Double(f64::NAN)),
            ("infinity", Value::Double(f64::INFINITY)),
            ("minus infinity", Value::Double(f64::NEG_INFINITY)),
            ("array", vec!["a".into(), "".into()].into()),
        ],
        ..record(7)
    };
    record.time_unix_nano = u64::MAX;
    let mut batcher = Batcher::new(BatchLimits::default());
    batcher
        .push(Instant::now(), &host("web1"), Scope::DETECTIONS, &record)
        .unwrap();
    write(directory.path(), batcher.seal()).await;

    let line: serde_json::Value = serde_json::from_str(&lines(directory.path())[0]).unwrap();
    let resource_logs = &line["resourceLogs"][0];
    assert_eq!(
        resource_logs["resource"]["attributes"],
        json!([
            {"key": "service.name", "value": {"stringValue": "scoutline"}},
            {"key": "host.name", "value": {"stringValue": "web1"}},
        ])
    );
    assert!(resource_logs["schemaUrl"].is_string());
    assert_eq!(
        resource_logs["scopeLogs"][0]["scope"]["name"],
        "scoutline.detections"
    );
    assert_eq!(
        resource_logs["scopeLogs"][0]["logRecords"][0],
        json!({
            "timeUnixNano": "18446744073709551615",
            "observedTimeUnixNano": "1700000000000000002",
            "severityNumber": 13,
            "severityText": "WARN",
            "body": {"stringValue": "cat read /proc/version (7)"},
            "attributes": [
                {"key": "int", "value": {"intValue": "9223372036854775807"}},
                {"key": "string", "value": {"stringValue": "\u{1}\"\u{2028}"}},
                {"key": "bool", "value": {"boolValue": false}},
                {"key": "half", "value": {"doubleValue": 0.5}},
                {"key": "nan", "value": {"doubleValue": "NaN"}},
                {"key": "infinity", "value": {"doubleValue": "Infinity"}},
                {"key": "minus infinity", "value": {"doubleValue": "-Infinity"}},
                {"key": "array", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"stringValue": ""}]}}},
            ],
            "droppedAttributesCount": 0,
            "flags": 1,
            "traceId": "0123456789abcdef0123456789abcdef",
            "spanId": "fedcba9876543210",
            "eventName": "scoutline.detection",
        })
    );
}

#[tokio::test]
async fn a_line_that_a_crash_tore_costs_that_line_only() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join(Signal::Logs.file_name()),
        r#"{"resourceLogs":[{"#,
    )
    .unwrap();
    write(directory.path(), [batch(3)]).await;
    let lines = lines(directory.path());
    assert_eq!(lines.len(), 2);
    assert!(serde_json::from_str::<LogsData>(&lines[1]).is_ok());
}

#[tokio::test]
async fn a_full_disk_is_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(Signal::Logs.file_name());
    symlink("/dev/full", &path).unwrap();
    let (sender, exporter) = start(destination(directory.path()), impatient());
    sender.push(batch(3)).unwrap();
    while sender.counts().records.retried == 0 {
        tokio::task::yield_now().await;
    }
    fs::remove_file(&path).unwrap();
    while sender.counts().records.exported == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(exporter.shutdown(PATIENCE).await.records.dropped.total(), 0);
    assert_eq!(lines(directory.path()).len(), 1);
}

#[tokio::test]
async fn a_full_disk_is_counted_when_nobody_waits() {
    let directory = tempfile::tempdir().unwrap();
    symlink("/dev/full", directory.path().join(Signal::Logs.file_name())).unwrap();
    let counts = write(directory.path(), [batch(3)]).await.records;
    assert_eq!((counts.exported, counts.dropped.gave_up), (0, 3));
}

#[tokio::test]
async fn a_probe_tells_whether_the_file_can_be_written() {
    let directory = tempfile::tempdir().unwrap();
    probe(&destination(directory.path())).await.unwrap();
    let path = directory.path().join(Signal::Logs.file_name());
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    let error = probe(&destination(&path)).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("logs.jsonl/logs.jsonl can not be written"),
        "{error}"
    );
}
