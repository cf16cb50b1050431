//! Records and spans side by side: each goes where its signal belongs, and each has a tally of its own.

use std::fs;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message;
use scoutline_otlp::{
    BatchLimits, Counts, Destination, HttpPath, Scope, Signal, Tally, json_line, probe, seal_spans,
};
use scoutline_semconv::Value;
use serde_json::json;
use tonic::Status;

use crate::collector::{
    Answer, Got, PATIENCE, Scripted, impatient, partial_success, remote, start,
};
use crate::http;
use crate::records::{batch, host};
use crate::spans::{meant, slice, span};

fn base(endpoint: String) -> Destination {
    Destination::Http {
        remote: remote(endpoint),
        path: HttpPath::Base,
    }
}

/// Nothing was lost, and nothing counted twice.
fn assert_delivered(counts: &Counts, records: u64, spans: u64) {
    for (tally, items) in [(&counts.records, records), (&counts.spans, spans)] {
        let expected = Tally {
            accepted: items,
            exported: items,
            ..Tally::default()
        };
        assert_eq!(*tally, expected);
    }
    assert_eq!(counts.queue_bytes, 0);
}

/// What the tally of either signal must add up to once all has ended, whatever happened.
fn assert_conserved(tally: &Tally, offered: u64) {
    let sums = (tally.offered(), tally.settled(), tally.pending);
    assert_eq!(sums, (offered, tally.accepted, 0), "{tally:?}");
}

#[tokio::test]
async fn grpc_calls_the_service_of_each_signal_in_the_order_of_the_queue() {
    let (service, mut received) = Scripted::new([]);
    let server = service.tcp(0, None);
    let destination = Destination::Grpc(remote(format!("http://{}", server.address)));
    let (sender, exporter) = start(destination, None);
    for batch in [slice(5), batch(3), slice(2)] {
        sender.push(batch).unwrap();
    }
    assert_delivered(&exporter.shutdown(PATIENCE).await, 3, 7);
    let spans: Vec<_> = (0..5).map(span).collect();
    let (_, first) = received.recv().await.unwrap();
    assert_eq!(
        first.traces().resource_spans,
        [meant(&host("web1"), &spans)]
    );
    assert!(matches!(received.recv().await.unwrap().1, Got::Logs(_)));
    let (_, last) = received.recv().await.unwrap();
    assert_eq!(
        last.traces().resource_spans,
        [meant(&host("web1"), &spans[..2])]
    );
}

#[tokio::test]
async fn http_posts_to_the_path_of_each_signal_in_the_order_of_the_queue() {
    let (service, mut received) = http::Scripted::new([]);
    let server = service.tcp();
    let (sender, exporter) = start(base(format!("http://{}/otel", server.address)), None);
    let batches = [slice(5), batch(3), slice(2)];
    for batch in &batches {
        sender.push(batch.clone()).unwrap();
    }
    assert_delivered(&exporter.shutdown(PATIENCE).await, 3, 7);
    for batch in &batches {
        let (head, body) = http::next(&mut received).await;
        let path = format!("post /otel/v1/{} ", batch.signal());
        assert!(head.starts_with(&path), "{head}");
        assert_eq!(body, **batch.bytes());
    }
}

#[tokio::test]
async fn each_signal_has_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let destination = Destination::File {
        directory: directory.path().to_owned(),
    };
    let (sender, exporter) = start(destination, None);
    for batch in [slice(5), batch(3), slice(2)] {
        sender.push(batch).unwrap();
    }
    assert_delivered(&exporter.shutdown(PATIENCE).await, 3, 7);
    let read = |name| fs::read_to_string(directory.path().join(name)).unwrap();
    let traces = read("traces.jsonl");
    assert_eq!(read("logs.jsonl").lines().count(), 1);
    for (line, count) in traces.lines().zip([5, 2]) {
        let spans: Vec<_> = (0..count).map(span).collect();
        let data: TracesData = serde_json::from_str(line).unwrap();
        assert_eq!(data.resource_spans, [meant(&host("web1"), &spans)]);
    }
    assert_eq!(traces.lines().count(), 2);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
}

#[test]
fn the_json_of_a_span_is_that_of_otlp() {
    let mut child = span(1);
    child.attributes = vec![("nan", Value::Double(f64::NAN))];
    child.links[0].attributes = vec![("infinity", Value::Double(f64::INFINITY))];
    let limits = BatchLimits::default();
    let sealed = seal_spans(limits, &host("web1"), Scope::DETECTIONS, &[child]);
    let line = json_line(&sealed.batches[0]).unwrap();
    let line: serde_json::Value = serde_json::from_slice(&line).unwrap();
    let resource_spans = &line["resourceSpans"][0];
    assert!(resource_spans["schemaUrl"].is_string());
    let scope_spans = &resource_spans["scopeSpans"][0];
    assert_eq!(scope_spans["scope"]["name"], "scoutline.detections");
    assert_eq!(
        scope_spans["spans"][0],
        json!({
            "traceId": "0123456789abcdef0123456789abcdef",
            "spanId": "0100000000000001",
            "traceState": "",
            "parentSpanId": "0100000000000000",
            "flags": 0x101,
            "name": "cat",
            "kind": 1,
            "startTimeUnixNano": "1700000000000000001",
            "endTimeUnixNano": "1700000000000001001",
            "attributes": [{"key": "nan", "value": {"doubleValue": "NaN"}}],
            "droppedAttributesCount": 0,
            "events": [],
            "droppedEventsCount": 0,
            "links": [{
                "traceId": "07".repeat(16),
                "spanId": "08".repeat(8),
                "traceState": "",
                "attributes": [{"key": "infinity", "value": {"doubleValue": "Infinity"}}],
                "droppedAttributesCount": 0,
                "flags": 0x301,
            }],
            "droppedLinksCount": 0,
            "status": null,
        })
    );
}

#[tokio::test]
async fn rejected_spans_are_counted_and_never_sent_again() {
    let (service, mut received) = Scripted::new([
        Answer::Take(partial_success(2, "too old")),
        Answer::Take(partial_success(0, "be warned")),
    ]);
    let server = service.tcp(0, None);
    let grpc = Destination::Grpc(remote(format!("http://{}", server.address)));
    let answer = ExportTraceServiceResponse {
        partial_success: Some(ExportTracePartialSuccess {
            rejected_spans: 2,
            error_message: "too old".to_owned(),
        }),
    };
    let (http_service, mut http_received) =
        http::Scripted::new([http::protobuf("200 OK", &answer)]);
    let http_server = http_service.tcp();
    let over_http = base(format!("http://{}", http_server.address));
    for destination in [grpc, over_http] {
        let (sender, exporter) = start(destination, impatient());
        sender.push(slice(5)).unwrap();
        sender.push(batch(1)).unwrap();
        let counts = exporter.shutdown(PATIENCE).await;
        assert_conserved(&counts.spans, 5);
        assert_eq!((counts.spans.exported, counts.spans.rejected), (3, 2));
        assert_eq!(counts.spans.last_refusal.as_deref(), Some("too old"));
        assert_eq!(
            (counts.records.exported, counts.records.last_refusal),
            (1, None)
        );
    }
    for _ in 0..2 {
        received.recv().await.unwrap();
        http_received.recv().await.unwrap();
    }
    assert!(received.try_recv().is_err() && http_received.try_recv().is_err());
}

#[tokio::test]
async fn a_receiver_without_traces_still_gets_logs() {
    let (service, _received) = Scripted::new([
        Answer::Refuse(Status::unimplemented("no traces here")),
        Answer::Take(partial_success(0, "")),
    ]);
    let server = service.tcp(0, None);
    let grpc = Destination::Grpc(remote(format!("http://{}", server.address)));
    let (http_service, _http_received) =
        http::Scripted::new([http::answer("404 Not Found", "", "no traces here")]);
    let http_server = http_service.tcp();
    let over_http = base(format!("http://{}", http_server.address));
    for destination in [grpc, over_http] {
        let (sender, exporter) = start(destination, impatient());
        sender.push(slice(5)).unwrap();
        sender.push(batch(3)).unwrap();
        let counts = exporter.shutdown(PATIENCE).await;
        assert_conserved(&counts.spans, 5);
        assert_conserved(&counts.records, 3);
        assert_eq!(counts.spans.dropped.refused, 5);
        let said = counts.spans.last_refusal.unwrap();
        assert!(said.contains("no traces here"), "{said}");
        assert_eq!(counts.records.exported, 3);
    }
}

#[tokio::test]
async fn a_retry_counts_for_its_own_signal_and_keeps_the_order() {
    let (service, mut received) = Scripted::new([
        Answer::Refuse(Status::unavailable("starting")),
        Answer::Refuse(Status::unavailable("starting")),
    ]);
    let server = service.tcp(0, None);
    let destination = Destination::Grpc(remote(format!("http://{}", server.address)));
    let (sender, exporter) = start(destination, impatient());
    sender.push(slice(5)).unwrap();
    sender.push(batch(3)).unwrap();
    let mut got = vec![];
    for _ in 0..4 {
        got.push(received.recv().await.unwrap().1);
    }
    assert_eq!(got[..2], [got[2].clone(), got[2].clone()]);
    assert!(matches!(&got[2..], [Got::Traces(_), Got::Logs(_)]));
    let counts = exporter.shutdown(PATIENCE).await;
    assert_eq!((counts.spans.retried, counts.records.retried), (10, 0));
    assert_eq!((counts.spans.exported, counts.records.exported), (5, 3));
}

#[tokio::test]
async fn what_is_unsent_at_the_deadline_is_lost_by_signal() {
    let (service, mut received) = Scripted::new([Answer::Never]);
    let server = service.tcp(0, None);
    let destination = Destination::Grpc(remote(format!("http://{}", server.address)));
    let (sender, exporter) = start(destination, impatient());
    for batch in [slice(5), batch(3), slice(1)] {
        sender.push(batch).unwrap();
    }
    received.recv().await.unwrap();
    let counts = exporter.shutdown(Duration::from_millis(1)).await;
    assert_conserved(&counts.spans, 6);
    assert_conserved(&counts.records, 3);
    let lost = [&counts.spans, &counts.records].map(|tally| tally.dropped.shutdown);
    assert_eq!(lost, [6, 3]);
}

#[tokio::test]
async fn a_url_for_one_signal_takes_no_other() {
    let (service, mut received) = http::Scripted::new([]);
    let server = service.tcp();
    let destination = Destination::Http {
        remote: remote(format!("http://{}/spans", server.address)),
        path: HttpPath::Exact(Signal::Traces),
    };
    assert!(destination.carries(Signal::Traces) && !destination.carries(Signal::Logs));
    probe(&destination).await.unwrap();
    let (head, body) = http::next(&mut received).await;
    assert!(head.starts_with("post /spans "), "{head}");
    assert_eq!(
        ExportTraceServiceRequest::decode(&body[..]).unwrap(),
        ExportTraceServiceRequest::default()
    );
    let (sender, exporter) = start(destination, impatient());
    sender.push(batch(3)).unwrap();
    sender.push(slice(5)).unwrap();
    let counts = exporter.shutdown(PATIENCE).await;
    assert_eq!(counts.records.dropped.refused, 3);
    let said = counts.records.last_refusal.unwrap();
    assert!(said.ends_with("is not for logs"), "{said}");
    assert_eq!(counts.spans.exported, 5);
    assert_eq!(http::next(&mut received).await.1, **slice(5).bytes());
    assert!(received.try_recv().is_err());
}
