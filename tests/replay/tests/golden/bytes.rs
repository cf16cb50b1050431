//! The committed bytes are what is sent, and protobuf's own library writes the same.

use std::fs;
use std::path::Path;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use scoutline_replay::{CORPUS, replay};
use scoutline_semconv::{attr, event};
use serde::Serialize;

use crate::file::{check, hex, is_refreshed, path, pretty, unhex};
use crate::host::record;
use crate::sent::sent;
use crate::wire::Request;

/// Requests of logs whose record is such an event.
pub(crate) fn of_event<'a>(requests: &'a [Request], name: &str) -> Vec<&'a Request> {
    let is_it = |request: &&Request| {
        let logs = ExportLogsServiceRequest::decode(&request.body[..]).expect("it is OTLP");
        let mut records = logs
            .resource_logs
            .iter()
            .flat_map(|it| &it.scope_logs)
            .flat_map(|it| &it.log_records);
        records.all(|record| record.event_name == name)
    };
    requests.iter().filter(is_it).collect()
}

/// The `first` and the `summary` of what `cat` did.
pub(crate) fn detection() -> Vec<&'static Request> {
    let of_cat = sent().records.iter().filter(|(reported, _)| {
        let record = &reported.record;
        record.text(attr::PROCESS_EXECUTABLE_NAME) == Some("cat")
            && record.text(attr::FILE_PATH) == Some("/proc/version")
    });
    of_cat.map(|(_, request)| request).collect()
}

/// The trace of what was done after the login.
pub(crate) fn trace() -> &'static Request {
    let (_, request) = sent().traces.first().expect("there are traces");
    request
}

/// Compares with both files, and both ways.
fn compare<M: Message + Default + Serialize + PartialEq>(
    name: &str,
    to: &str,
    requests: &[&Request],
) {
    assert!(!requests.is_empty(), "nothing is called {name}");
    let bodies: Vec<&[u8]> = requests.iter().map(|it| &it.body[..]).collect();
    let decoded: Vec<M> = bodies
        .iter()
        .map(|body| M::decode(*body).expect("it is OTLP"))
        .collect();
    for (request, message) in requests.iter().zip(&decoded) {
        assert_eq!(request.path, to, "{name}");
        assert_eq!(
            message.encode_to_vec(),
            request.body,
            "{name} is not canonical"
        );
    }
    let hexadecimal = hex(&bodies);
    assert_eq!(unhex(&hexadecimal).expect("it is hexadecimal"), bodies);
    let readable = serde_json::to_value(&decoded).expect("it is JSON");
    check(&path(&format!("{name}.hex")), hexadecimal.as_bytes()).expect("the bytes are the same");
    check(&path(&format!("{name}.json")), pretty(&readable).as_bytes()).expect("they say the same");
}

fn compare_logs(name: &str, requests: &[&Request]) {
    compare::<ExportLogsServiceRequest>(name, "/v1/logs", requests);
}

#[test]
fn requests_are_what_they_were() {
    compare_logs("detection", &detection());
    let own = &sent().own;
    for (name, event) in [
        ("heartbeat", event::HEARTBEAT),
        ("loss", event::LOSS),
        ("sensor", event::SENSOR),
    ] {
        compare_logs(name, &of_event(own, event));
    }
    compare::<ExportTraceServiceRequest>("trace", "/v1/traces", &[trace()]);
    assert_eq!(sent().metrics.path, "/v1/metrics");
}

/// The same inputs as a recording of the corpus, so that `replay` is held to it as well.
#[test]
fn the_recording_of_the_corpus_is_what_happened() {
    let path = Path::new(CORPUS).join("one-host.rec");
    let recording = record().expect("it is recorded");
    check(&path, &recording).expect("the recording is the same");
    if is_refreshed() {
        let items = replay(&path).expect("it can be replayed");
        fs::write(path.with_extension("jsonl"), items).expect("it can be written");
    }
}
