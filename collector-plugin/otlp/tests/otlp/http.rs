//! OTLP over HTTP against receivers that misbehave: raw HTTP/1.1, so that they can.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use prost::Message;
use scoutline_otlp::{Compression, Destination, Dropped, HttpPath, Remote, Retry, Tally, probe};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;

use crate::collector::{
    COMPRESSIONS, PATIENCE, Running, impatient, partial_success, remote, start,
};
use crate::records::batch;

/// Status line and headers, body; `None` cuts the connection after the request.
pub(crate) type Answer = Option<(String, Vec<u8>)>;

/// A request: its head in lower case, and the body as sent.
pub(crate) type Request = (String, Vec<u8>);

/// Gives the answers of its script, then takes everything.
#[derive(Clone)]
pub(crate) struct Scripted {
    script: Arc<Mutex<VecDeque<Answer>>>,
    received: mpsc::Sender<Request>,
}

impl Scripted {
    pub(crate) fn new(script: impl IntoIterator<Item = Answer>) -> (Self, mpsc::Receiver<Request>) {
        let (received, receiver) = mpsc::channel(100);
        let script = Arc::new(Mutex::new(script.into_iter().collect()));
        (Self { script, received }, receiver)
    }

    pub(crate) fn tcp(self) -> Running {
        Running::tcp(0, |listener| async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(self.clone().serve(stream));
            }
        })
    }

    pub(crate) async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut stream = BufReader::new(stream);
        while let Some(request) = read(&mut stream).await {
            self.received.send(request).await.unwrap();
            let answer = self.script.lock().unwrap().pop_front();
            let Some((head, body)) = answer.unwrap_or_else(taken) else {
                return;
            };
            let head = format!("{head}content-length: {}\r\n\r\n", body.len());
            // The client may hang up on an answer that it does not want to read.
            let written = stream.write_all(&[head.as_bytes(), &body].concat()).await;
            if written.is_err() || head.contains("connection: close") {
                return;
            }
        }
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
    let mut head = vec![];
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, body))
}

pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find_map(|(key, value)| (key == name).then_some(value))
}

pub(crate) fn answer(status: &str, headers: &str, body: impl Into<Vec<u8>>) -> Answer {
    Some((format!("HTTP/1.1 {status}\r\n{headers}"), body.into()))
}

pub(crate) fn protobuf(status: &str, body: &impl Message) -> Answer {
    answer(
        status,
        "Content-Type: application/x-protobuf\r\n",
        body.encode_to_vec(),
    )
}

pub(crate) fn taken() -> Answer {
    protobuf("200 OK", &ExportLogsServiceResponse::default())
}

fn destination(remote: Remote) -> Destination {
    Destination::Http {
        remote,
        path: HttpPath::Base,
    }
}

fn at(server: &Running) -> Remote {
    remote(format!("http://{}", server.address))
}

pub(crate) async fn next(received: &mut mpsc::Receiver<Request>) -> Request {
    tokio::time::timeout(PATIENCE, received.recv())
        .await
        .unwrap()
        .unwrap()
}

/// Sends a batch of three to a receiver with this script, awaits so many requests, and stops.
async fn run(
    script: impl IntoIterator<Item = Answer>,
    requests: usize,
    retry: Option<Retry>,
) -> Tally {
    let (service, mut received) = Scripted::new(script);
    let server = service.tcp();
    let (sender, exporter) = start(destination(at(&server)), retry);
    sender.push(batch(3)).unwrap();
    for _ in 0..requests {
        assert_eq!(next(&mut received).await.1, **batch(3).bytes());
    }
    let counts = exporter.shutdown(PATIENCE).await.records;
    assert!(received.try_recv().is_err(), "more requests than expected");
    assert_eq!(counts.pending, 0);
    counts
}

/// Head of a request to this path with `Authorization: Bearer x`, compressed so.
pub(crate) fn check_head(head: &str, path: &str, encoding: Option<&str>) {
    assert!(
        head.starts_with(&format!("post {path} http/1.1\r\n")),
        "{head}"
    );
    assert_eq!(header(head, "content-type"), Some("application/x-protobuf"));
    assert_eq!(header(head, "authorization"), Some("bearer x"));
    assert_eq!(header(head, "content-encoding"), encoding);
    let agent = header(head, "user-agent").unwrap();
    assert!(
        agent.starts_with("scoutline-otlp-exporter-rust/"),
        "{agent}"
    );
}

/// A body, not compressed any more.
pub(crate) fn plain(compression: Compression, body: Vec<u8>) -> Vec<u8> {
    let mut plain = vec![];
    match compression {
        Compression::None => plain = body,
        Compression::Gzip => {
            flate2::read::GzDecoder::new(&body[..])
                .read_to_end(&mut plain)
                .unwrap();
        }
        Compression::Zstd => plain = zstd::decode_all(&body[..]).unwrap(),
    }
    plain
}

#[tokio::test]
async fn a_batch_arrives_with_its_headers_whatever_the_compression() {
    for (compression, encoding) in COMPRESSIONS {
        let (service, mut received) = Scripted::new([]);
        let server = service.tcp();
        let mut remote = at(&server);
        remote.compression = compression;
        remote.headers.insert("Authorization", "Bearer x").unwrap();
        let (sender, exporter) = start(destination(remote), None);
        sender.push(batch(3)).unwrap();
        let counts = exporter.shutdown(PATIENCE).await.records;
        assert_eq!(
            (counts.exported, counts.retried, counts.dropped),
            (3, 0, Dropped::default())
        );

        let (head, body) = received.recv().await.unwrap();
        check_head(&head, "/v1/logs", encoding);
        assert_eq!(plain(compression, body), **batch(3).bytes());
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    for failure in [
        answer("429 Too Many Requests", "Retry-After: 0\r\n", ""),
        answer(
            "429 Too Many Requests",
            "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
            "",
        ),
        answer("502 Bad Gateway", "", "<html>"),
        answer("503 Service Unavailable", "", ""),
        answer("504 Gateway Timeout", "", ""),
        None,
        Some((
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 100\r\nx: ".to_owned(),
            vec![],
        )),
    ] {
        let shown = format!("{failure:?}");
        let counts = run([failure], 2, impatient()).await;
        assert_eq!((counts.exported, counts.retried), (3, 3), "{shown}");
    }
}

#[tokio::test]
async fn a_receiver_that_asks_for_more_time_than_there_is_is_given_up() {
    let date = httpdate::fmt_http_date(SystemTime::now() + 10 * PATIENCE);
    for retry_after in ["300".to_owned(), date] {
        let retry = impatient().map(|retry| Retry {
            max_elapsed: PATIENCE,
            ..retry
        });
        let failure = answer(
            "429 Too Many Requests",
            &format!("Retry-After: {retry_after}\r\n"),
            "",
        );
        let counts = run([failure], 1, retry).await;
        assert_eq!(
            (counts.dropped.gave_up, counts.retried),
            (3, 0),
            "{retry_after}"
        );
    }
}

#[tokio::test]
async fn what_is_refused_for_good_is_counted_with_the_reason() {
    let status = tonic_types::Status {
        code: 3,
        message: "no such tenant".to_owned(),
        details: vec![],
    };
    let long = protobuf("200 OK", &partial_success(0, &"x".repeat(5 * 1024 * 1024)));
    for (refusal, reason) in [
        (
            protobuf("400 Bad Request", &status),
            "400 Bad Request: no such tenant",
        ),
        (
            answer("401 Unauthorized", "", "log in\r\nfirst"),
            "log in  first",
        ),
        (answer("404 Not Found", "", ""), "404"),
        (answer("500 Internal Server Error", "", ""), "500"),
        (
            answer(
                "307 Temporary Redirect",
                "Location: http://127.0.0.1:1/\r\n",
                "",
            ),
            "307",
        ),
        (
            answer("200 OK", "Content-Type: text/html\r\n", "<html>"),
            "does not speak OTLP",
        ),
        (
            answer(
                "200 OK",
                "Content-Type: application/x-protobuf\r\n",
                "\n\x7f",
            ),
            "does not speak OTLP",
        ),
        (long, "longer than 4 MiB"),
    ] {
        let counts = run([refusal], 1, impatient()).await;
        assert_eq!(
            (counts.dropped.refused, counts.dropped.total()),
            (3, 3),
            "{reason}"
        );
        let said = counts.last_refusal.unwrap();
        assert!(said.contains(reason), "{said}");
    }
}

#[tokio::test]
async fn a_partial_success_is_counted_and_never_sent_again() {
    let counts = run(
        [protobuf("200 OK", &partial_success(2, "too old"))],
        1,
        impatient(),
    )
    .await;
    assert_eq!((counts.exported, counts.rejected), (1, 2));
    assert_eq!(counts.last_refusal.as_deref(), Some("too old"));
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_tried_again() {
    let stalls = Some(("HTTP/1.1 200 OK\r\nx: ".to_owned(), vec![]));
    let (service, mut received) = Scripted::new([stalls]);
    let server = service.tcp();
    let remote = Remote {
        timeout: Duration::from_millis(200),
        ..at(&server)
    };
    let (sender, exporter) = start(destination(remote), impatient());
    sender.push(batch(3)).unwrap();
    assert_eq!(next(&mut received).await.1, next(&mut received).await.1);
    let counts = exporter.shutdown(PATIENCE).await.records;
    assert_eq!((counts.exported, counts.retried), (3, 3));
}

#[tokio::test]
async fn a_unix_socket_will_do() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("otlp.sock");
    let (service, mut received) = Scripted::new([]);
    let _server = Running::unix(&path, |listener| async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(service.clone().serve(stream));
        }
    });
    let remote = remote(format!("unix://{}", path.display()));
    probe(&destination(remote)).await.unwrap();
    let (head, body) = next(&mut received).await;
    assert!(head.starts_with("post /v1/logs "), "{head}");
    assert_eq!(
        ExportLogsServiceRequest::decode(&body[..]).unwrap(),
        ExportLogsServiceRequest::default()
    );
}

#[tokio::test]
async fn a_probe_tells_what_is_wrong() {
    let (service, _received) = Scripted::new([taken(), answer("404 Not Found", "", "")]);
    let server = service.tcp();
    let remote = at(&server);
    probe(&destination(remote.clone())).await.unwrap();
    let error = probe(&destination(remote.clone())).await.unwrap_err();
    assert!(error.to_string().contains("404"), "{error}");
    drop(server);
    let error = probe(&destination(remote)).await.unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
}
