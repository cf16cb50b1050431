//! What arrives, where and how.

use std::fs;
use std::path::Path;
use std::process::Command;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::metrics::v1::MetricsData;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message;
use scoutline_otlp::{Compression, Destination, HttpPath, Remote, Scope, Signal, Tally};
use scoutline_semconv::{attr, metric};
use tonic::Status;

use super::{Instruments, NEVER, OFTEN, assert_all_exported, grpc, metrics, next, sink, times};
use crate::collector::{Answer, COMPRESSIONS, PATIENCE, PEER, Scripted, impatient, remote, start};
use crate::grpc::check_metadata;
use crate::http;
use crate::records::batch;

fn of_file(directory: &Path) -> Vec<ExportMetricsServiceRequest> {
    let text = fs::read_to_string(directory.join("metrics.jsonl")).unwrap();
    text.lines()
        .map(|line| {
            let MetricsData { resource_metrics } = serde_json::from_str(line).unwrap();
            ExportMetricsServiceRequest { resource_metrics }
        })
        .collect()
}

#[tokio::test]
async fn a_stop_sends_what_was_measured_once_with_headers_and_compression_over_grpc() {
    for (compression, encoding) in COMPRESSIONS {
        let (service, mut received) = Scripted::new([]);
        let server = service.tcp(0, None);
        let mut remote = Remote {
            compression,
            timeout: PATIENCE,
            ..remote(format!("http://{}", server.address))
        };
        remote.headers.insert("Authorization", "Bearer x").unwrap();
        let (_sender, exporter) = start(Destination::Grpc(remote), None);
        let metrics = metrics(vec![sink(&exporter)], NEVER);
        Instruments::new(&metrics).record(2);
        metrics.shutdown(PATIENCE).await;
        assert_all_exported(&exporter, 1);

        let (metadata, request) = received.recv().await.unwrap();
        assert_eq!(times(&request.metrics()), 2);
        assert!(received.try_recv().is_err());
        check_metadata(&metadata, encoding);
        assert!(metadata.contains_key("grpc-timeout"));
        assert!(!metadata.contains_key("x-environment"));
    }
}

#[tokio::test]
async fn a_stop_sends_what_was_measured_once_with_headers_and_compression_over_http() {
    for (compression, encoding) in COMPRESSIONS {
        let (service, mut received) = http::Scripted::new([]);
        let server = service.tcp();
        let mut remote = Remote {
            compression,
            ..remote(format!("http://{}/otel", server.address))
        };
        remote.headers.insert("Authorization", "Bearer x").unwrap();
        let destination = Destination::Http {
            remote,
            path: HttpPath::Base,
        };
        let (_sender, exporter) = start(destination, None);
        let metrics = metrics(vec![sink(&exporter)], NEVER);
        Instruments::new(&metrics).record(2);
        metrics.shutdown(PATIENCE).await;
        assert_all_exported(&exporter, 1);

        let (head, body) = received.recv().await.unwrap();
        assert!(received.try_recv().is_err());
        http::check_head(&head, "/otel/v1/metrics", encoding);
        assert_eq!(http::header(&head, "x-environment"), None);
        let body = http::plain(compression, body);
        assert_eq!(times(&Message::decode(&body[..]).unwrap()), 2);
    }
}

/// The libraries look into it. What a file configured must not be sent elsewhere, or with somebody's headers.
#[test]
fn the_environment_changes_nothing() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["metrics::arrival::a_stop_sends", "--test-threads=1"])
        .env(
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=stolen,x-environment=1",
        )
        .env("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://127.0.0.1:1")
        .env("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/json")
        .env("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")
        .env("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "1")
        .env("OTEL_SERVICE_NAME", "another")
        .env("OTEL_RESOURCE_ATTRIBUTES", "service.name=another,a=b")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("test result: ok. 2 passed"), "{said}");
}

#[tokio::test]
async fn each_collection_says_all_that_the_ones_before_said() {
    let (service, mut received) = Scripted::new([]);
    let server = service.tcp(0, None);
    let (_sender, exporter) = start(grpc(&format!("http://{}", server.address)), None);
    let directory = tempfile::tempdir().unwrap();
    let destination = Destination::File {
        directory: directory.path().to_owned(),
    };
    let (_sender, writer) = start(destination, None);
    let metrics = metrics(vec![sink(&exporter), sink(&writer)], OFTEN);
    let instruments = Instruments::new(&metrics);
    let mut starts = vec![];
    for round in 1..=3 {
        instruments.record(1);
        // Collections that were under way may come first.
        loop {
            let request = next(&mut received).await;
            let metric = &request.resource_metrics[0].scope_metrics[0].metrics;
            if metric.len() < 4 {
                // Taken before the first record.
                continue;
            }
            if let Some(Data::Histogram(histogram)) = metric
                .iter()
                .find(|metric| metric.name == "duration")
                .and_then(|metric| metric.data.as_ref())
            {
                starts.push(histogram.data_points[0].start_time_unix_nano);
            }
            let seen = times(&request);
            assert!((round - 1..=round).contains(&seen), "{seen} of {round}");
            if seen == round {
                break;
            }
        }
    }
    starts.dedup();
    assert_eq!(starts.len(), 1, "cumulative from one start on");
    metrics.shutdown(PATIENCE).await;
    let lines = of_file(directory.path());
    assert_eq!(times(lines.last().unwrap()), 3);
    assert_eq!(writer.counts().points.pending, 0);
}

#[tokio::test]
async fn each_request_is_timed_and_says_how_it_failed() {
    let (service, _received) = Scripted::new([
        Answer::Refuse(Status::unavailable("away")),
        Answer::Refuse(Status::invalid_argument("no")),
    ]);
    let server = service.tcp(0, None);
    let to = grpc(&format!("http://{}", server.address));
    let (sender, exporter) = start(to, impatient());
    let directory = tempfile::tempdir().unwrap();
    let destination = Destination::File {
        directory: directory.path().to_owned(),
    };
    let (_sender, writer) = start(destination, None);
    let metrics = metrics(vec![sink(&writer)], NEVER);
    exporter.time_requests(&metrics.meter(Scope::SENSOR));
    for records in [1, 2] {
        sender.push(batch(records)).unwrap();
    }
    while sender.counts().records.pending > 0 {
        tokio::task::yield_now().await;
    }
    exporter.shutdown(PATIENCE).await;
    metrics.shutdown(PATIENCE).await;

    let said = of_file(directory.path()).pop().unwrap();
    let duration = &said.resource_metrics[0].scope_metrics[0].metrics[0];
    assert_eq!(duration.name, metric::SCOUTLINE_EXPORT_DURATION.name);
    assert_eq!(duration.unit, "s");
    let Some(Data::Histogram(histogram)) = &duration.data else {
        panic!("{duration:?}");
    };
    let mut requests: Vec<_> = histogram
        .data_points
        .iter()
        .map(|point| {
            let of = |key: &str| {
                let found = point.attributes.iter().find(|it| it.key == key);
                let value = found.and_then(|it| it.value.as_ref()?.value.clone());
                value.map_or_else(String::new, |value| match value {
                    any_value::Value::StringValue(text) => text,
                    other => panic!("{key}: {other:?}"),
                })
            };
            let exporter = of(attr::SCOUTLINE_EXPORTER_NAME);
            (of(attr::ERROR_TYPE), exporter, point.count)
        })
        .collect();
    requests.sort();
    let expected = [("", 1), ("InvalidArgument", 1), ("Unavailable", 1)]
        .map(|(error, count)| (error.to_owned(), "test".to_owned(), count));
    assert_eq!(requests, expected);
}

#[tokio::test]
async fn numbers_that_json_has_no_digits_for_do_not_get_that_far() {
    let directory = tempfile::tempdir().unwrap();
    let destination = Destination::File {
        directory: directory.path().to_owned(),
    };
    let (_sender, exporter) = start(destination, None);
    let metrics = metrics(vec![sink(&exporter)], NEVER);
    let meter = metrics.meter(Scope::DETECTIONS);
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.5] {
        meter.f64_gauge("gauge").build().record(number, &[]);
        meter.f64_counter("counter").build().add(number, &[]);
        meter.f64_histogram("histogram").build().record(number, &[]);
        let observed = meter.f64_observable_gauge("observed");
        observed
            .with_callback(move |gauge| gauge.observe(number, &[]))
            .build();
    }
    metrics.shutdown(PATIENCE).await;
    let text = fs::read_to_string(directory.path().join("metrics.jsonl")).unwrap();
    assert!(!text.contains("null"), "{text}");
    assert_eq!(text.matches(r#""asDouble":0.5"#).count(), 3, "{text}");
    assert!(text.contains(r#""sum":0.5"#), "{text}");
    assert_eq!(exporter.counts().points.exported, 4);
}

#[tokio::test]
async fn metrics_and_batches_share_a_connection() {
    let (service, mut received) = Scripted::new([]);
    let server = service.tcp(0, None);
    let (sender, exporter) = start(grpc(&format!("http://{}", server.address)), None);
    let metrics = metrics(vec![sink(&exporter)], NEVER);
    sender.push(batch(3)).unwrap();
    let (of_batch, _) = received.recv().await.unwrap();
    Instruments::new(&metrics).record(1);
    metrics.shutdown(PATIENCE).await;
    let (of_metrics, request) = received.recv().await.unwrap();
    assert_eq!(times(&request.metrics()), 1);
    assert!(of_batch.get(PEER).is_some());
    assert_eq!(of_batch.get(PEER), of_metrics.get(PEER));
    assert_eq!(exporter.shutdown(PATIENCE).await.records.exported, 3);
}

#[tokio::test]
async fn a_receiver_that_does_not_know_the_compression_gets_none() {
    let (service, mut received) = Scripted::new([]);
    let server = service.without_compression().tcp(0, None);
    let remote = Remote {
        compression: Compression::Zstd,
        ..remote(format!("http://{}", server.address))
    };
    let (sender, exporter) = start(Destination::Grpc(remote), None);
    let metrics = metrics(vec![sink(&exporter)], NEVER);
    Instruments::new(&metrics).record(1);
    metrics.shutdown(PATIENCE).await;
    assert_eq!(times(&next(&mut received).await), 1);
    assert_all_exported(&exporter, 1);
    // The batches have learned it, too.
    sender.push(batch(3)).unwrap();
    let (metadata, _) = received.recv().await.unwrap();
    assert_eq!(metadata.get("grpc-encoding"), None);
    assert_eq!(exporter.shutdown(PATIENCE).await.records.exported, 3);
}

#[tokio::test]
async fn a_url_for_another_signal_has_no_metrics() {
    let at = |only| Destination::Http {
        remote: remote("http://localhost:1/x"),
        path: HttpPath::Exact(only),
    };
    let (_sender, exporter) = start(at(Signal::Logs), None);
    assert!(exporter.metric_sink().unwrap().is_none());
    let (_sender, exporter) = start(at(Signal::Metrics), None);
    assert!(exporter.metric_sink().unwrap().is_some());
}

#[tokio::test]
async fn nothing_measured_is_nothing_sent() {
    let (service, mut received) = Scripted::new([]);
    let server = service.tcp(0, None);
    let (_sender, exporter) = start(grpc(&format!("http://{}", server.address)), None);
    metrics(vec![sink(&exporter)], NEVER)
        .shutdown(PATIENCE)
        .await;
    assert!(received.try_recv().is_err());
    assert_eq!(exporter.counts().points, Tally::default());
}

#[tokio::test]
async fn instruments_outlive_their_metrics_without_harm() {
    let metrics = metrics(vec![], NEVER);
    let instruments = Instruments::new(&metrics);
    metrics.shutdown(PATIENCE).await;
    instruments.record(1);
}
