//! What deploy/ ships receives what the sensor sends.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use scoutline_e2e::{Collector, Item, Lines, Program};
use serde_json::{Map, Value, json};

use crate::deeds::{self, Done};
use crate::{Binaries, Case};

pub(crate) const CASES: &[(&str, Case)] = &[
    ("agent.yaml receives", agent),
    ("agent.yaml passes on every signal", every_signal),
    ("kubernetes.yaml fits on top of agent.yaml", kubernetes),
];

const AGENT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../deploy/collector/agent.yaml"
);

const KUBERNETES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../deploy/collector/kubernetes.yaml"
);

/// What a Collector here can not validate, as the test's own has no such components.
const ABSENT: [&str; 2] = ["k8sattributes", "resourcedetection"];

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

/// Of the components that are absent here their use is checked, of everything else a Collector says whether it is valid.
fn kubernetes(binaries: &Binaries) -> Result<()> {
    let agent = yaml(&fs::read_to_string(AGENT)?)?;
    let mut layer = yaml(&fs::read_to_string(KUBERNETES)?)?;
    let processors = layer["processors"].clone();
    let defined: Vec<_> = fields(&processors)?.keys().collect();
    assert_eq!(defined, ABSENT);

    let associated = json!([{"sources": [{"from": "resource_attribute", "name": "k8s.pod.uid"}]}]);
    assert_eq!(processors["k8sattributes"]["pod_association"], associated);
    let metadata = &processors["k8sattributes"]["extract"]["metadata"];
    let metadata: Vec<String> = serde_json::from_value(metadata.clone())?;
    for name in &metadata {
        // service.name and the like are the sensor's own.
        let is_workload = name.starts_with("k8s.") || name.starts_with("container.");
        assert!(is_workload, "{name}");
    }
    assert_eq!(processors["resourcedetection"]["override"], json!(false));

    let pipelines = fields(&agent["service"]["pipelines"])?;
    let layered = fields(&layer["service"]["pipelines"])?.clone();
    assert!(layered.keys().eq(pipelines.keys()), "{layered:?}");
    for (name, pipeline) in &layered {
        let used: Vec<String> = serde_json::from_value(pipeline["processors"].clone())?;
        // What is there already stays, and stays first: the list is replaced, not added to.
        let (own, known): (Vec<_>, Vec<_>) = used
            .into_iter()
            .partition(|processor| ABSENT.contains(&&**processor));
        assert_eq!(json!(known), pipelines[name]["processors"], "{name}");
        assert_eq!(pipeline["processors"][0], json!(known[0]), "{name}");
        assert!(own.iter().any(|it| it == "resourcedetection"), "{name}");
        layer["service"]["pipelines"][name]["processors"] = json!(known);
    }
    let layer = layer.as_object_mut().context("no mapping")?;
    layer.remove("processors");

    let directory = tempfile::tempdir()?;
    let rest = directory.path().join("rest.yaml");
    fs::write(&rest, serde_json::to_string(&layer)?)?;
    let mut command = Command::new(&binaries.collector);
    command.args(["validate", "--config", AGENT, "--config"]);
    let ended = Program::start(command.arg(&rest).stdin(Stdio::null()))?.wait()?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    Ok(())
}

fn fields(value: &Value) -> Result<&Map<String, Value>> {
    value
        .as_object()
        .with_context(|| format!("no mapping: {value}"))
}

/// A document of mappings, sequences and scalars.
fn yaml(text: &str) -> Result<Value> {
    let documents = Yaml::load_from_str(text)?;
    to_json(documents.first().context("no document")?)
}

fn to_json(yaml: &Yaml<'_>) -> Result<Value> {
    Ok(match yaml {
        Yaml::Mapping(mapping) => {
            let fields = mapping.iter().map(|(key, value)| {
                let key = key
                    .as_str()
                    .with_context(|| format!("{key:?} is no name"))?;
                Ok((key.to_owned(), to_json(value)?))
            });
            Value::Object(fields.collect::<Result<_>>()?)
        }
        Yaml::Sequence(items) => Value::Array(items.iter().map(to_json).collect::<Result<_>>()?),
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::String(value)) => json!(value),
        other => bail!("{other:?} is nothing that a configuration here has"),
    })
}
