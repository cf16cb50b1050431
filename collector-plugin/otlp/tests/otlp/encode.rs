//! The encoder and the batcher against opentelemetry-proto: every field comes out as meant, and prost would
//! have written the same bytes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::ScopeLogs;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message;
use scoutline_otlp::encode::{EncodeError, put_record};
use scoutline_otlp::{Batch, BatchLimits, Batcher, Care, Scope, Sequences, Signal};
use scoutline_semconv::{Record, Resource, TraceContext, Value, attr, event, limits};

use crate::records::{self, host, meant, record};

/// Names of every length around those at which a varint grows.
pub(crate) const KEYS: [&str; 6] = [
    "",
    attr::PROCESS_PID,
    attr::SCOUTLINE_PROCESS_PARENT_EXECUTABLE_PATH,
    "ключ",
    "k123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456",
    "k1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
];

pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => any::<String>(),
        1 => Just(String::new()),
        5 => (120usize..140).prop_map(|len| "x".repeat(len)),
        1 => (16_370usize..16_390).prop_map(|len| "y".repeat(len)),
    ]
}

pub(crate) fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Static("static")),
        text().prop_map(|text| Value::Shared(text.into())),
        text().prop_map(Value::String),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-200i64..200).prop_map(Value::Int),
        any::<f64>().prop_map(Value::Double),
        Just(Value::Double(0.0)),
        vec("\\PC{0,40}".prop_map(Arc::from), 0..20).prop_map(Value::Strings),
    ]
}

pub(crate) fn trace() -> impl Strategy<Value = TraceContext> {
    let ids = (any::<[u8; 16]>(), any::<[u8; 8]>());
    prop_oneof![
        4 => ids,
        1 => Just(([0; 16], [1; 8])),
        1 => Just(([1; 16], [0; 8])),
    ]
    .prop_map(|(trace_id, span_id)| TraceContext { trace_id, span_id })
}

fn any_record() -> impl Strategy<Value = Record> {
    (
        prop::sample::select(vec![event::DETECTION, ""]),
        prop_oneof![Just(0), any::<u64>()],
        prop_oneof![Just(0), any::<u64>()],
        any::<u8>(),
        prop::sample::select(vec!["", "WARN"]),
        text(),
        option::of(trace()),
        vec((prop::sample::select(KEYS.to_vec()), value()), 0..50),
    )
        .prop_map(
            |(
                event_name,
                time,
                observed,
                severity_number,
                severity_text,
                body,
                trace,
                attributes,
            )| Record {
                event_name,
                time_unix_nano: time,
                observed_time_unix_nano: observed,
                severity_number,
                severity_text,
                body,
                trace,
                attributes,
            },
        )
}

pub(crate) fn any_resource() -> impl Strategy<Value = Resource> {
    vec((text().prop_map(Arc::from), value()), 0..8).prop_map(|attributes| Resource { attributes })
}

fn decoded(batch: &Batch) -> ExportLogsServiceRequest {
    ExportLogsServiceRequest::decode(batch.bytes().clone()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requests_are_what_was_meant_and_canonical(
        resources in vec(any_resource(), 1..4),
        records in vec((any::<prop::sample::Index>(), any_record()), 1..8),
    ) {
        let hosts: Vec<_> = resources.into_iter().map(Arc::new).collect();
        let mut kept: Vec<Vec<Record>> = vec![vec![]; hosts.len()];
        let mut order = vec![];
        let mut batcher = Batcher::new(BatchLimits { bytes: usize::MAX, ..BatchLimits::default() });
        for (index, record) in records {
            let index = index.index(hosts.len());
            let pushed = batcher.push(Instant::now(), &hosts[index], Scope::DETECTIONS, &record);
            if records::log_record(&record).encoded_len() > limits::RECORD_BYTES {
                prop_assert!(pushed.is_err());
                continue;
            }
            prop_assert!(pushed.unwrap().is_none());
            if kept[index].is_empty() {
                order.push(index);
            }
            kept[index].push(record);
        }
        let Some(batch) = batcher.seal() else {
            prop_assert!(order.is_empty());
            return Ok(());
        };
        let expected = ExportLogsServiceRequest {
            resource_logs: order.iter().map(|&index| meant(&hosts[index], &kept[index])).collect(),
        };
        prop_assert_eq!(expected.encode_to_vec(), batch.bytes().to_vec());
        prop_assert_eq!(kept.iter().map(Vec::len).sum::<usize>(), batch.items() as usize);
        prop_assert_eq!(expected, decoded(&batch));
    }
}

#[test]
fn numbers_that_are_none_survive() {
    let mut record = record(0);
    record.attributes.push(("nan", Value::Double(f64::NAN)));
    let mut batcher = Batcher::new(BatchLimits::default());
    let host = host("a");
    assert!(
        batcher
            .push(Instant::now(), &host, Scope::DETECTIONS, &record)
            .unwrap()
            .is_none()
    );
    let bytes = batcher.seal().unwrap().bytes().clone();
    let expected = ExportLogsServiceRequest {
        resource_logs: vec![meant(&host, &[record])],
    };
    assert_eq!(expected.encode_to_vec(), bytes);
}

/// A record of exactly so many bytes, at least 70.
fn fitting(bytes: usize) -> Record {
    let of_body = |len| Record {
        trace: None,
        attributes: vec![],
        body: "x".repeat(len),
        ..record(0)
    };
    // The body has two lengths, which grow with it.
    (0..bytes)
        .rev()
        .map(of_body)
        .find(|record| records::log_record(record).encoded_len() <= bytes)
        .filter(|record| records::log_record(record).encoded_len() == bytes)
        .unwrap()
}

#[test]
fn the_length_of_a_record_is_as_short_as_it_can_be() {
    for bytes in [126, 127, 128, 129, 16_382, 16_383, 16_384, 16_385, 32_000] {
        let record = fitting(bytes);
        let mut out = BytesMut::from(&b"before"[..]);
        let added = put_record(&mut out, &record).unwrap();
        let meant = ScopeLogs {
            log_records: vec![records::log_record(&record)],
            ..ScopeLogs::default()
        };
        assert_eq!(out.split_off(6), meant.encode_to_vec(), "{bytes}");
        assert_eq!(out, &b"before"[..]);
        assert_eq!(added, meant.encoded_len());
    }
}

#[test]
fn a_record_may_take_the_limit_and_no_more() {
    let mut out = BytesMut::new();
    assert!(put_record(&mut out, &fitting(limits::RECORD_BYTES)).is_ok());
    let before = out.clone();
    assert_eq!(
        put_record(&mut out, &fitting(limits::RECORD_BYTES + 1)).unwrap_err(),
        EncodeError::TooLarge {
            event_name: event::DETECTION,
            bytes: limits::RECORD_BYTES + 1,
            limit: limits::RECORD_BYTES,
        }
    );
    assert_eq!(out, before);
}

#[test]
fn a_batch_never_exceeds_its_bytes_and_loses_no_record() {
    let limits = BatchLimits {
        bytes: 4096,
        ..BatchLimits::default()
    };
    let mut batcher = Batcher::new(limits);
    let hosts = [host("a"), host("b"), host("c")];
    let mut batches = vec![];
    for sequence in 0..200 {
        let host = &hosts[sequence % hosts.len()];
        batches.extend(
            batcher
                .push(
                    Instant::now(),
                    host,
                    Scope::DETECTIONS,
                    &record(sequence as i64),
                )
                .unwrap(),
        );
    }
    batches.extend(batcher.seal());
    assert!(batches.len() > 10);
    let mut seen = 0;
    for batch in &batches {
        assert!(
            batch.bytes().len() <= limits.bytes,
            "{}",
            batch.bytes().len()
        );
        let records: usize = decoded(batch)
            .resource_logs
            .iter()
            .flat_map(|logs| &logs.scope_logs)
            .map(|logs| logs.log_records.len())
            .sum();
        assert_eq!(records, batch.items() as usize);
        let expected = Sequences {
            first: seen as u64,
            last: (seen + records) as u64 - 1,
        };
        assert_eq!(batch.sequences(), Some(expected));
        seen += records;
    }
    assert_eq!(seen, 200);
    assert!(batcher.seal().is_none());
    assert_eq!(batcher.sequences(), None);
}

#[test]
fn a_record_alone_is_the_same_bytes() {
    let mut batcher = Batcher::new(BatchLimits::default());
    let host = host("a");
    let sealed = batcher.push(Instant::now(), &host, Scope::SENSOR, &record(7));
    assert!(sealed.unwrap().is_none());
    let gathered = batcher.seal().unwrap();
    let alone = Batch::of_record(&host, Scope::SENSOR, &record(7), Care::Reserved).unwrap();
    assert_eq!(alone.bytes(), gathered.bytes());
    assert_eq!((alone.items(), alone.signal()), (1, Signal::Logs));
    assert_eq!(alone.sequences(), gathered.sequences());
    let large = fitting(limits::RECORD_BYTES + 1);
    Batch::of_record(&host, Scope::SENSOR, &large, Care::Reserved).unwrap_err();
}

#[test]
fn a_record_that_is_refused_leaves_the_batch_as_it_was() {
    let mut batcher = Batcher::new(BatchLimits::default());
    let hosts = [host("a"), host("b")];
    let mut push = |host: usize, record: &Record| {
        batcher.push(Instant::now(), &hosts[host], Scope::DETECTIONS, record)
    };
    push(0, &fitting(limits::RECORD_BYTES + 1)).unwrap_err();
    push(1, &record(1)).unwrap();
    push(0, &record(2)).unwrap();
    push(1, &fitting(limits::RECORD_BYTES + 1)).unwrap_err();
    let batch = batcher.seal().unwrap();
    assert_eq!(batch.items(), 2);
    assert_eq!(
        decoded(&batch).resource_logs,
        [
            meant(&hosts[1], &[record(1)]),
            meant(&hosts[0], &[record(2)])
        ]
    );
}

#[test]
fn a_record_larger_than_a_batch_goes_alone() {
    let mut batcher = Batcher::new(BatchLimits {
        bytes: 1024,
        ..BatchLimits::default()
    });
    let host = host("a");
    let large = Record {
        body: "x".repeat(2000),
        ..record(1)
    };
    let now = Instant::now();
    assert!(
        batcher
            .push(now, &host, Scope::DETECTIONS, &record(0))
            .unwrap()
            .is_none()
    );
    let sealed: Vec<u32> = [&large, &large, &record(2)]
        .into_iter()
        .filter_map(|record| batcher.push(now, &host, Scope::DETECTIONS, record).unwrap())
        .map(|batch| batch.items())
        .collect();
    assert_eq!(sealed, [1, 1, 1]);
    assert_eq!(batcher.seal().unwrap().items(), 1);
}

#[test]
fn a_batch_is_sealed_by_count() {
    let mut batcher = Batcher::new(BatchLimits {
        records: 3,
        ..BatchLimits::default()
    });
    let host = host("a");
    let sealed: Vec<_> = (0..7)
        .map(|n| {
            batcher
                .push(Instant::now(), &host, Scope::DETECTIONS, &record(n))
                .unwrap()
        })
        .map(|batch| batch.map(|batch| batch.items()))
        .collect();
    assert_eq!(sealed, [None, None, Some(3), None, None, Some(3), None]);
}

#[test]
fn a_batch_is_sealed_by_the_age_of_its_first_record() {
    let age = Duration::from_millis(50);
    let mut batcher = Batcher::new(BatchLimits {
        age,
        ..BatchLimits::default()
    });
    let host = host("a");
    let start = Instant::now();
    let just_before = age - Duration::from_nanos(1);
    assert_eq!(batcher.due_at(), None);
    assert!(batcher.seal_due(start + age).is_none());
    for later in [Duration::ZERO, just_before] {
        assert!(
            batcher
                .push(start + later, &host, Scope::DETECTIONS, &record(0))
                .unwrap()
                .is_none()
        );
        assert_eq!(batcher.due_at(), Some(start + age));
    }
    assert!(batcher.seal_due(start + just_before).is_none());
    assert_eq!(batcher.seal_due(start + age).unwrap().items(), 2);
    assert!(batcher.seal_due(start + age).is_none());
}
