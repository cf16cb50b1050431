//! What deploy/ ships receives what the sensor sends.

use std::path::Path;

use anyhow::Result;
use scoutline_e2e::{Collector, Item, Lines, Program};
use serde_json::{Value, json};

use crate::deeds::{self, Done};
use crate::{Binaries, Case};

pub(crate) const CASES: &[(&str, Case)] = &[
    ("agent.yaml receives", agent),
    ("agent.yaml passes on every signal", every_signal),
];

const AGENT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../deploy/collector/agent.yaml"
);

fn agent(binaries: &Binaries) -> Result<()> {
    let collector = Collector::deploy(&binaries.collector, Path::new(AGENT), &[])?;
    let mut records = collector.records()?;
    for (protocol, endpoint) in [
        ("grpc", collector.grpc()),
        ("http/protobuf", collector.http()),
    ] {
        let mut command = deeds::exec_command(&binaries.sensor, &[]);
        command.env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
        let ended = Program::start(&mut command)?.wait()?;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let done = Done::read(&ended.stdout)?;
        collector.wait_for_last()?;
        let all = records.wait_until("all records", |all| {
            all.iter().filter(|it| done.is_about(it)).count() == 2 * deeds::EXPECTED.len()
        })?;
        deeds::check_transport(all);
        deeds::check_detections(all, &done)?;
    }
    Ok(())
}

/// A message in the Collector's file.
struct Message(Value);

impl Item for Message {
    fn read(line: &[u8]) -> Result<Vec<Self>> {
        Ok(vec![Self(serde_json::from_slice(line)?)])
    }

    fn title(&self) -> &str {
        let signal = self.0.as_object().and_then(|fields| fields.keys().next());
        signal.map_or("nothing", String::as_str)
    }
}

fn every_signal(binaries: &Binaries) -> Result<()> {
    let collector = Collector::deploy(&binaries.collector, Path::new(AGENT), &[])?;
    let resource =
        json!({"attributes": [{"key": "service.name", "value": {"stringValue": "scoutline"}}]});
    let record = json!({"body": {"stringValue": "a record"}});
    let span = json!({
        "traceId": "0af7651916cd43dd8448eb211c80319c",
        "spanId": "b7ad6b7169203331",
        "name": "a span",
        "kind": 1,
        "startTimeUnixNano": "1577836800000000000",
        "endTimeUnixNano": "1577836801000000000",
        "status": {},
    });
    let point = json!({"timeUnixNano": "1577836801000000000", "asInt": "7"});
    let metric = json!({"name": "a metric", "gauge": {"dataPoints": [point]}});
    let mut messages = Vec::new();
    for (signal, resources, scopes, items, item) in [
        ("logs", "resourceLogs", "scopeLogs", "logRecords", record),
        ("traces", "resourceSpans", "scopeSpans", "spans", span),
        (
            "metrics",
            "resourceMetrics",
            "scopeMetrics",
            "metrics",
            metric,
        ),
    ] {
        let scope = json!({"scope": {"name": "test"}, items: [item]});
        let message = json!({resources: [{"resource": resource, scopes: [scope]}]});
        let response = ureq::post(format!("{}/v1/{signal}", collector.http()))
            .header("content-type", "application/json")
            .send(message.to_string())?;
        assert_eq!(response.status(), 200, "{signal}");
        messages.push(message);
    }
    let mut file = Lines::<Message>::follow(&collector.file())?;
    let all = file.wait_until("three messages", |all| all.len() == messages.len())?;
    for sent in &messages {
        assert!(all.iter().any(|it| it.0 == *sent), "{sent} is not in it");
    }
    assert_eq!(
        collector.records()?.now()?.len(),
        1,
        "others are no records"
    );
    Ok(())
}
