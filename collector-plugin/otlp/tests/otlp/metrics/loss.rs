//! What becomes of metrics that nobody takes, and of those who wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use scoutline_otlp::{Dropped, Scope, Tally};
use tokio::sync::oneshot;
use tonic::Status;

use super::{
    Instruments, NEVER, OFTEN, POINTS, assert_all_exported, grpc, metrics, next, over_http, sink,
    times,
};
use crate::collector::{Answer, PATIENCE, Scripted, impatient, partial_success, start};
use crate::http;
use crate::records::batch;

/// An address where nobody listens.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn a_receiver_that_is_away_is_counted_and_delays_nobody_else() {
    let (service, mut received) = Scripted::new([]);
    let server = service.tcp(0, None);
    let (_sender, alive) = start(grpc(&format!("http://{}", server.address)), None);
    let away = [grpc(&nobody()), over_http(&nobody())].map(|to| start(to, None).1);
    let sinks = vec![sink(&away[0]), sink(&away[1]), sink(&alive)];
    let metrics = metrics(sinks, OFTEN);
    Instruments::new(&metrics).record(1);
    for exporter in &away {
        while exporter.counts().points.dropped.gave_up < 3 * POINTS {
            next(&mut received).await;
        }
    }
    tokio::time::timeout(PATIENCE, metrics.shutdown(2 * PATIENCE))
        .await
        .unwrap();
    for exporter in &away {
        let points = exporter.counts().points;
        assert_eq!((points.exported, points.pending), (0, 0));
        assert_eq!(points.accepted, points.dropped.total());
        assert_eq!(points.accepted, points.dropped.gave_up);
    }
    // The last one is not limited by an interval.
    assert!(alive.counts().points.exported >= POINTS);
}

#[tokio::test]
async fn a_receiver_that_never_answers_does_not_hold_up_the_end() {
    let (service, mut received) = Scripted::new([Answer::Never]);
    let server = service.tcp(0, None);
    let stalls = Some(("HTTP/1.1 200 OK\r\nx: ".to_owned(), vec![]));
    let (http_service, mut http_received) = http::Scripted::new([stalls]);
    let http_server = http_service.tcp();
    let destinations = [
        grpc(&format!("http://{}", server.address)),
        over_http(&format!("http://{}", http_server.address)),
    ];
    let exporters = destinations.map(|destination| start(destination, None).1);
    let metrics = metrics(exporters.iter().map(sink).collect(), NEVER);
    Instruments::new(&metrics).record(1);
    // Both have got it by then; the deadline is what ends the wait.
    let ending = metrics.shutdown(Duration::from_secs(2));
    tokio::time::timeout(PATIENCE, ending).await.unwrap();
    received.recv().await.unwrap();
    http_received.recv().await.unwrap();
    for exporter in exporters {
        let expected = Tally {
            accepted: POINTS,
            dropped: Dropped {
                shutdown: POINTS,
                ..Dropped::default()
            },
            ..Tally::default()
        };
        assert_eq!(exporter.counts().points, expected);
    }
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_given_up_before_the_next_collection() {
    let (service, mut received) = Scripted::new([Answer::Never]);
    let server = service.tcp(0, None);
    let (_sender, exporter) = start(grpc(&format!("http://{}", server.address)), None);
    let metrics = metrics(vec![sink(&exporter)], Duration::from_millis(200));
    Instruments::new(&metrics).record(1);
    assert_eq!(times(&next(&mut received).await), 1);
    assert_eq!(times(&next(&mut received).await), 1);
    metrics.shutdown(PATIENCE).await;
    assert!(exporter.counts().points.dropped.gave_up >= POINTS);
}

#[tokio::test]
async fn what_passes_is_tried_again_unless_retrying_is_off() {
    for (retry, gave_up) in [(impatient(), 0), (None, POINTS)] {
        let away = Answer::Refuse(Status::unavailable("starting"));
        let (service, mut received) = Scripted::new([away]);
        let server = service.tcp(0, None);
        let answer = http::answer("503 Service Unavailable", "", "");
        let (http_service, mut http_received) = http::Scripted::new([answer]);
        let http_server = http_service.tcp();
        let destinations = [
            grpc(&format!("http://{}", server.address)),
            over_http(&format!("http://{}", http_server.address)),
        ];
        let exporters = destinations.map(|destination| start(destination, retry).1);
        let metrics = metrics(exporters.iter().map(sink).collect(), NEVER);
        Instruments::new(&metrics).record(1);
        metrics.shutdown(PATIENCE).await;
        for exporter in &exporters {
            let points = exporter.counts().points;
            assert_eq!((points.accepted, points.dropped.gave_up), (POINTS, gave_up));
            assert_eq!(points.exported, POINTS - gave_up);
        }
        let requests = if retry.is_some() { 2 } else { 1 };
        for _ in 0..requests {
            next(&mut received).await;
            http::next(&mut http_received).await;
        }
        assert!(received.try_recv().is_err() && http_received.try_recv().is_err());
    }
}

#[tokio::test]
async fn what_http_rejects_or_refuses_is_counted_with_the_reason() {
    let response = ExportMetricsServiceResponse {
        partial_success: Some(ExportMetricsPartialSuccess {
            rejected_data_points: 3,
            error_message: "too old".to_owned(),
        }),
    };
    let partly = http::protobuf("200 OK", &response);
    let never = http::answer("404 Not Found", "", "no metrics here");
    let other = http::answer("200 OK", "Content-Type: text/html\r\n", "<html>");
    for (answer, exported, rejected, refused, reason) in [
        (partly, 1, 3, 0, "too old"),
        (never, 0, 0, 4, "no metrics here"),
        (other, 0, 0, 4, "does not speak OTLP"),
    ] {
        let (service, _received) = http::Scripted::new([answer]);
        let server = service.tcp();
        let (_sender, exporter) = start(over_http(&format!("http://{}", server.address)), None);
        let metrics = metrics(vec![sink(&exporter)], NEVER);
        Instruments::new(&metrics).record(1);
        metrics.shutdown(PATIENCE).await;
        let points = exporter.counts().points;
        assert_eq!(points.accepted, POINTS);
        assert_eq!(
            (points.exported, points.rejected, points.dropped.refused),
            (exported, rejected, refused),
            "{reason}"
        );
        let said = points.last_refusal.unwrap();
        assert!(said.contains(reason), "{said}");
    }
}

#[tokio::test]
async fn a_warning_of_the_receiver_is_no_failure_over_grpc() {
    let (service, _received) = Scripted::new([Answer::Take(partial_success(0, "be warned"))]);
    let server = service.tcp(0, None);
    let (_sender, exporter) = start(grpc(&format!("http://{}", server.address)), None);
    let metrics = metrics(vec![sink(&exporter)], NEVER);
    Instruments::new(&metrics).record(1);
    metrics.shutdown(PATIENCE).await;
    assert_all_exported(&exporter, 1);
}

#[tokio::test]
async fn an_exporter_that_was_shut_down_takes_no_metrics() {
    let (service, mut received) = Scripted::new([]);
    let server = service.tcp(0, None);
    let (sender, exporter) = start(grpc(&format!("http://{}", server.address)), None);
    let metrics = metrics(vec![sink(&exporter)], NEVER);
    Instruments::new(&metrics).record(1);
    exporter.shutdown(PATIENCE).await;
    metrics.shutdown(PATIENCE).await;
    let points = sender.counts().points;
    assert_eq!((points.accepted, points.dropped.closed), (0, POINTS));
    assert!(received.try_recv().is_err());
}

#[tokio::test]
async fn dropped_metrics_stop_and_count_what_was_under_way() {
    let (service, mut received) = Scripted::new([Answer::Never]);
    let server = service.tcp(0, None);
    let (_sender, exporter) = start(grpc(&format!("http://{}", server.address)), None);
    let metrics = metrics(vec![sink(&exporter)], PATIENCE);
    Instruments::new(&metrics).record(1);
    let (stop, stopped) = oneshot::channel();
    let ending = tokio::spawn(async move {
        tokio::select! {
            () = metrics.shutdown(PATIENCE) => panic!("nobody answers"),
            _ = stopped => {}
        }
    });
    next(&mut received).await;
    stop.send(()).unwrap();
    ending.await.unwrap();
    while exporter.counts().points.pending > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(exporter.counts().points.dropped.shutdown, POINTS);
}

#[tokio::test]
async fn a_callback_that_panics_ends_the_metrics_and_nothing_else() {
    let (service, mut received) = Scripted::new([]);
    let server = service.tcp(0, None);
    let (sender, exporter) = start(grpc(&format!("http://{}", server.address)), None);
    let metrics = metrics(vec![sink(&exporter)], NEVER);
    let panics = Arc::new(AtomicBool::new(false));
    let observed = Arc::clone(&panics);
    metrics
        .meter(Scope::DETECTIONS)
        .u64_observable_gauge("panics")
        .with_callback(move |_| {
            observed.store(true, Ordering::Relaxed);
            panic!("as it should");
        })
        .build();
    metrics.shutdown(PATIENCE).await;
    assert!(panics.load(Ordering::Relaxed));
    sender.push(batch(3)).unwrap();
    assert_eq!(exporter.shutdown(PATIENCE).await.records.exported, 3);
    received.recv().await.unwrap().1.logs();
}
