//! What each request is meant to say: every field, in the words of the wire, from what happened and not from the code
//! that tells of it. Ids that are hashes are compared with each other only.

mod detection;
mod own;
mod trace;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use crate::bytes::trace;
use crate::host::CONTAINER;
use crate::sent::sent;
use crate::wire::Request;

/// 2026 began then, and the host was started.
const BOOT: u64 = 1_767_225_600_000_000_000;
const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MILLISECOND;
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A value that is meant.
#[derive(Clone, Copy, Debug)]
enum Meant<'a> {
    Text(&'a str),
    Int(i64),
    Flag(bool),
    Texts(&'a [&'a str]),
    /// 16 bytes in hexadecimal.
    Id,
}
use Meant::{Flag, Id, Int, Text, Texts};

fn any(value: Value) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}

fn text(text: &str) -> Option<AnyValue> {
    any(Value::StringValue(text.to_owned()))
}

/// Attributes as meant; where an id is, it is the one that was found.
fn attributes(meant: &[(&str, Meant<'_>)], found: &[KeyValue]) -> Vec<KeyValue> {
    let one = |(key, meant): &(&str, Meant<'_>)| KeyValue {
        key: (*key).to_owned(),
        value: match meant {
            Text(it) => text(it),
            Int(it) => any(Value::IntValue(*it)),
            Flag(it) => any(Value::BoolValue(*it)),
            Texts(texts) => any(Value::ArrayValue(ArrayValue {
                values: texts.iter().filter_map(|it| text(it)).collect(),
            })),
            Id => text(id(found, key)),
        },
        ..KeyValue::default()
    };
    meant.iter().map(one).collect()
}

/// The hash of this name.
fn id<'a>(found: &'a [KeyValue], name: &str) -> &'a str {
    let mut values = found.iter().filter(|it| it.key == name);
    let value = values
        .next()
        .and_then(|it| it.value.as_ref()?.value.as_ref());
    let Some(Value::StringValue(id)) = value else {
        panic!("{name} is no text: {value:?}");
    };
    assert!(
        id.len() == 32 && id.bytes().all(|it| it.is_ascii_hexdigit()),
        "{name}: {id}"
    );
    assert_ne!(id.trim_start_matches('0'), "", "{name}");
    id
}

/// The host, whose service is this, and what else the workload is.
fn resource(service: &str, workload: &[(&str, Meant<'_>)]) -> Option<Resource> {
    let host = [
        ("service.name", Text(service)),
        ("service.version", Text(VERSION)),
        // uuid5 of the machine id, computed independently.
        (
            "service.instance.id",
            Text("2f1423a8-dc20-5c0e-839d-70474f2dc393"),
        ),
        ("host.id", Text("0123456789abcdef0123456789abcdef")),
        ("host.name", Text("web-1")),
        ("host.arch", Text("amd64")),
        ("os.type", Text("linux")),
        ("os.version", Text("6.12.9-amd64")),
        ("os.name", Text("Debian GNU/Linux")),
        ("os.description", Text("Debian GNU/Linux 13 (trixie)")),
        ("deployment.environment.name", Text("production")),
        ("k8s.node.name", Text("node-3")),
        ("data_stream.dataset", Text("scoutline")),
        ("telemetry.sdk.name", Text("scoutline")),
        ("telemetry.sdk.language", Text("rust")),
        ("telemetry.sdk.version", Text(VERSION)),
    ];
    Some(Resource {
        attributes: attributes(&[&host, workload].concat(), &[]),
        dropped_attributes_count: 0,
        entity_refs: vec![],
    })
}

const LOGIN: &[(&str, Meant<'_>)] = &[("scoutline.workload.unit", Text("session-7.scope"))];
const UPSTREAM: &str = "https://opentelemetry.io/schemas/1.44.0";
const SCHEMA: &str = "https://scoutline.dev/schemas/0.1.0";

fn scope(name: &str) -> Option<InstrumentationScope> {
    Some(InstrumentationScope {
        name: name.to_owned(),
        version: VERSION.to_owned(),
        attributes: vec![],
        dropped_attributes_count: 0,
    })
}

/// A request with one record.
fn logs(of: Option<Resource>, name: &str, record: LogRecord) -> ExportLogsServiceRequest {
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: of,
            scope_logs: vec![ScopeLogs {
                scope: scope(name),
                log_records: vec![record],
                schema_url: SCHEMA.to_owned(),
            }],
            schema_url: UPSTREAM.to_owned(),
        }],
    }
}

fn decoded(request: &Request) -> (ExportLogsServiceRequest, LogRecord) {
    let message = ExportLogsServiceRequest::decode(&request.body[..]).expect("it is OTLP");
    let record = message.resource_logs[0].scope_logs[0].log_records[0].clone();
    (message, record)
}

fn spans() -> Vec<Span> {
    let message = ExportTraceServiceRequest::decode(&trace().body[..]).expect("it is OTLP");
    message.resource_spans[0].scope_spans[0].spans.clone()
}

/// Nearest first.
const ANCESTORS: [&str; 4] = [
    "/usr/bin/dash",
    "/usr/bin/bash",
    "/usr/sbin/sshd",
    "/usr/lib/systemd/systemd",
];

/// Whose processes they are is in the Resource alone.
#[test]
fn each_workload_has_a_resource_of_its_own() {
    let of = |name: &str| {
        let mut records = sent().records.iter();
        let found = records
            .find(|(reported, _)| reported.record.text("process.executable.name") == Some(name));
        let (_, request) = found.unwrap_or_else(|| panic!("{name} did nothing"));
        decoded(request).0.resource_logs[0].resource.clone()
    };
    assert_eq!(of("cat"), resource("scoutline", LOGIN));
    let unit = [("scoutline.workload.unit", Text("backup.service"))];
    assert_eq!(of("python3.13"), resource("scoutline", &unit));
    let container = [
        ("container.id", Text(CONTAINER)),
        ("container.runtime.name", Text("containerd")),
        ("k8s.pod.uid", Text("74ba62da-1a3d-11e7-bb11-080027cb0e22")),
    ];
    let mut of_job = resource("scoutline", &container);
    // A job is a job, wherever the host stands.
    for attribute in of_job.iter_mut().flat_map(|it| &mut it.attributes) {
        if attribute.key == "deployment.environment.name" {
            attribute.value = text("ci");
        }
    }
    assert_eq!(of("tcpdump"), of_job);
}
