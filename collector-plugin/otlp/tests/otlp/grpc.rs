//! OTLP over gRPC against receivers that misbehave.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use scoutline_otlp::{
    Compression, Destination, Dropped, ProbeError, Remote, Retry, SendError, Tally, probe,
};
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::collector::{
    Answer, COMPRESSIONS, PATIENCE, Received, Running, Scripted, impatient, partial_success,
    remote, start,
};
use crate::records::{batch, host, meant, record};

fn at(server: &Running) -> Remote {
    remote(format!("http://{}", server.address))
}

async fn next(received: &mut Received) -> ExportLogsServiceRequest {
    let (_, request) = tokio::time::timeout(PATIENCE, received.recv())
        .await
        .unwrap()
        .unwrap();
    request.logs()
}

/// Sends a batch of three to a receiver with this script, awaits so many requests, and stops.
async fn run(
    script: impl IntoIterator<Item = Answer>,
    requests: usize,
    retry: Option<Retry>,
) -> Tally {
    let (service, mut received) = Scripted::new(script);
    let server = service.tcp(0, None);
    let (sender, exporter) = start(Destination::Grpc(at(&server)), retry);
    sender.push(batch(3)).unwrap();
    let first = next(&mut received).await;
    for _ in 1..requests {
        assert_eq!(next(&mut received).await, first);
    }
    let counts = exporter.shutdown(PATIENCE).await.records;
    assert!(received.try_recv().is_err(), "more requests than expected");
    assert_eq!(counts.pending, 0);
    counts
}

/// Metadata of a request with `Authorization: Bearer x`, compressed so.
pub(crate) fn check_metadata(metadata: &MetadataMap, encoding: Option<&str>) {
    let header = |name: &str| {
        let value = metadata.get(name)?;
        Some(value.to_str().unwrap())
    };
    assert_eq!(header("authorization"), Some("Bearer x"));
    assert_eq!(header("grpc-encoding"), encoding);
    let agent = header("user-agent").unwrap();
    assert!(
        agent.starts_with("Scoutline-OTLP-Exporter-Rust/"),
        "{agent}"
    );
}

#[tokio::test]
async fn a_batch_arrives_with_its_headers_whatever_the_compression() {
    for (compression, encoding) in COMPRESSIONS {
        let (service, mut received) = Scripted::new([]);
        let server = service.tcp(0, None);
        let mut remote = at(&server);
        remote.compression = compression;
        remote.headers.insert("Authorization", "Bearer x").unwrap();
        let (sender, exporter) = start(Destination::Grpc(remote), None);
        sender.push(batch(3)).unwrap();
        let counts = exporter.shutdown(PATIENCE).await.records;
        assert_eq!(
            (counts.exported, counts.retried, counts.dropped),
            (3, 0, Dropped::default())
        );

        let (metadata, request) = received.recv().await.unwrap();
        let records: Vec<_> = (0..3).map(record).collect();
        assert_eq!(
            request.logs().resource_logs,
            [meant(&host("web1"), &records)]
        );
        check_metadata(&metadata, encoding);
    }
}

#[tokio::test]
async fn a_receiver_that_is_unavailable_is_tried_again() {
    let away = || Answer::Refuse(Status::unavailable("starting"));
    let counts = run([away(), away()], 3, impatient()).await;
    assert_eq!((counts.exported, counts.retried), (3, 6));
}

#[tokio::test]
async fn an_exhausted_receiver_is_tried_again_only_if_it_says_when() {
    let exhausted = || Answer::Refuse(Status::resource_exhausted("too much"));
    let counts = run([exhausted()], 1, impatient()).await;
    assert_eq!((counts.exported, counts.dropped.refused), (0, 3));

    let with_delay = |delay| {
        let details = ErrorDetails::with_retry_info(Some(delay));
        let status = Status::with_error_details(Code::ResourceExhausted, "too much", details);
        Answer::Refuse(status)
    };
    let counts = run([with_delay(Duration::from_millis(5))], 2, impatient()).await;
    assert_eq!((counts.exported, counts.retried), (3, 3));

    // Its time is longer than ours: waiting for it would be in vain.
    let retry = impatient().map(|retry| Retry {
        max_elapsed: PATIENCE,
        ..retry
    });
    let counts = run([with_delay(2 * PATIENCE)], 1, retry).await;
    assert_eq!((counts.dropped.gave_up, counts.retried), (3, 0));
}

#[tokio::test]
async fn what_is_refused_for_good_is_counted_with_the_reason() {
    let counts = run(
        [Answer::Refuse(Status::invalid_argument("no such tenant"))],
        1,
        impatient(),
    )
    .await;
    assert_eq!((counts.dropped.refused, counts.dropped.total()), (3, 3));
    assert!(counts.last_refusal.unwrap().contains("no such tenant"));
}

#[tokio::test]
async fn a_partial_success_is_counted_and_never_sent_again() {
    let counts = run(
        [Answer::Take(partial_success(2, "too old"))],
        1,
        impatient(),
    )
    .await;
    assert_eq!((counts.exported, counts.rejected), (1, 2));
    assert_eq!(counts.last_refusal.as_deref(), Some("too old"));

    let counts = run(
        [Answer::Take(partial_success(0, "be warned"))],
        1,
        impatient(),
    )
    .await;
    assert_eq!(
        (counts.exported, counts.rejected, counts.last_refusal),
        (3, 0, None)
    );

    let counts = run([Answer::Take(partial_success(-1, ""))], 1, impatient()).await;
    assert_eq!((counts.exported, counts.rejected), (3, 0));
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_asked_for_again() {
    let long = partial_success(1, &"x".repeat(5 * 1024 * 1024));
    let counts = run([Answer::Take(long)], 1, impatient()).await;
    assert_eq!((counts.dropped.refused, counts.retried), (3, 0));
    assert!(counts.last_refusal.unwrap().contains("does not speak OTLP"));
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_tried_again() {
    let (service, mut received) = Scripted::new([Answer::Never]);
    let server = service.tcp(0, None);
    let remote = Remote {
        timeout: Duration::from_millis(200),
        ..at(&server)
    };
    let (sender, exporter) = start(Destination::Grpc(remote), impatient());
    sender.push(batch(3)).unwrap();
    let first = next(&mut received).await;
    assert_eq!(next(&mut received).await, first);
    let counts = exporter.shutdown(PATIENCE).await.records;
    assert_eq!((counts.exported, counts.retried), (3, 3));
}

#[tokio::test]
async fn a_receiver_that_dies_with_a_request_gets_it_again_when_it_is_back() {
    let (service, mut received) = Scripted::new([Answer::Never]);
    let server = service.clone().tcp(0, None);
    let port = server.address.port();
    let (sender, exporter) = start(Destination::Grpc(at(&server)), impatient());
    sender.push(batch(3)).unwrap();
    let first = next(&mut received).await;
    drop(server);
    let _server = service.tcp(port, None);
    assert_eq!(next(&mut received).await, first);
    let counts = exporter.shutdown(PATIENCE).await.records;
    assert_eq!(counts.exported, 3);
    assert!(counts.retried >= 3);
}

#[tokio::test]
async fn a_receiver_that_does_not_know_the_compression_gets_none() {
    let (service, mut received) = Scripted::new([]);
    let server = service.without_compression().tcp(0, None);
    let remote = Remote {
        compression: Compression::Zstd,
        ..at(&server)
    };
    let (sender, exporter) = start(Destination::Grpc(remote), None);
    for _ in 0..2 {
        sender.push(batch(3)).unwrap();
        next(&mut received).await;
    }
    let counts = exporter.shutdown(PATIENCE).await.records;
    assert_eq!((counts.exported, counts.dropped.total()), (6, 0));
}

#[tokio::test]
async fn what_is_unsent_at_the_deadline_is_counted_as_lost() {
    let (service, mut received) = Scripted::new([Answer::Never]);
    let server = service.tcp(0, None);
    let (sender, exporter) = start(Destination::Grpc(at(&server)), impatient());
    sender.push(batch(3)).unwrap();
    sender.push(batch(4)).unwrap();
    next(&mut received).await;
    let counts = exporter.shutdown(Duration::from_millis(1)).await;
    let dropped = counts.records.dropped;
    assert_eq!((dropped.shutdown, dropped.total()), (7, 7));
    assert_eq!((counts.records.pending, counts.queue_bytes), (0, 0));
    assert!(sender.push(batch(1)).is_err());
    assert_eq!(sender.counts().records.dropped.closed, 1);
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_receiver_that_is_away() {
    let (service, _received) = Scripted::new([]);
    let gone = at(&service.tcp(0, None));
    let (sender, exporter) = start(Destination::Grpc(gone), Some(Retry::default()));
    sender.push(batch(3)).unwrap();
    let counts = tokio::time::timeout(PATIENCE, exporter.shutdown(2 * PATIENCE))
        .await
        .unwrap()
        .records;
    assert_eq!((counts.dropped.shutdown, counts.dropped.total()), (3, 3));
}

#[tokio::test]
async fn a_dropped_exporter_loses_nothing_uncounted() {
    let (service, mut received) = Scripted::new([Answer::Never]);
    let server = service.tcp(0, None);
    let (sender, exporter) = start(Destination::Grpc(at(&server)), None);
    sender.push(batch(3)).unwrap();
    sender.push(batch(4)).unwrap();
    next(&mut received).await;
    drop(exporter);
    while sender.counts().records.pending > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(sender.counts().records.dropped.shutdown, 7);
}

#[tokio::test]
async fn a_unix_socket_will_do() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("otlp.sock");
    let (service, mut received) = Scripted::new([]);
    let _server = service.unix(&path);
    let remote = remote(format!("unix://{}", path.display()));
    probe(&Destination::Grpc(remote.clone())).await.unwrap();
    assert_eq!(
        next(&mut received).await,
        ExportLogsServiceRequest::default()
    );
    let (sender, exporter) = start(Destination::Grpc(remote), None);
    sender.push(batch(3)).unwrap();
    assert_eq!(exporter.shutdown(PATIENCE).await.records.exported, 3);
}

#[tokio::test]
async fn a_probe_tells_what_is_wrong() {
    let (service, mut received) = Scripted::new([
        Answer::Take(ExportLogsServiceResponse::default()),
        Answer::Refuse(Status::unauthenticated("who are you?")),
    ]);
    let server = service.tcp(0, None);
    let remote = at(&server);
    probe(&Destination::Grpc(remote.clone())).await.unwrap();
    assert_eq!(
        next(&mut received).await,
        ExportLogsServiceRequest::default()
    );
    let error = probe(&Destination::Grpc(remote.clone())).await.unwrap_err();
    assert!(error.to_string().contains("who are you?"), "{error}");
    drop(server);
    let error = probe(&Destination::Grpc(remote)).await.unwrap_err();
    assert!(
        matches!(error, ProbeError::Send(SendError::Unreachable { .. })),
        "{error}"
    );

    for endpoint in ["ftp://c:1", "http://", "http://a b"] {
        let error = probe(&Destination::Grpc(crate::collector::remote(endpoint)))
            .await
            .unwrap_err();
        assert!(matches!(error, ProbeError::Build(_)), "{endpoint}: {error}");
    }
}
