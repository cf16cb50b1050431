//! What every configuration in `deploy/collector` promises, read off what a Collector makes of it: layers, variables and
//! defaults included.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use scoutline_e2e::{Program, Sensor};
use serde_json::{Map, Value, json};

use crate::{Binaries, Case};

pub(crate) const CASES: &[(&str, Case)] = &[
    ("every file is in a command line that is given", commands),
    (
        "nothing that was taken is dropped before it is refused",
        keeps_what_it_takes,
    ),
    ("nobody is talked to in the clear", secure),
    ("variables are told where they are used", variables),
];

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/collector");

/// How a command line begins, wherever one is given.
const COMMAND: &str = "otelcol-contrib --config ";

/// What has to be set, of nobody; and an agent that passes on.
const VARIABLES: [(&str, &str); 10] = [
    ("SCOUTLINE_EXPORTERS", "[file, otlp_grpc/gateway]"),
    ("K8S_NODE_NAME", "node"),
    ("SCOUTLINE_TOKEN", "token"),
    ("SCOUTLINE_LOKI", "https://loki.example/otlp"),
    ("SCOUTLINE_TEMPO", "tempo.example:4317"),
    ("SCOUTLINE_PROMETHEUS", "https://prometheus.example/otlp"),
    ("SCOUTLINE_SPLUNK", "https://splunk.example:8088"),
    ("SCOUTLINE_SPLUNK_TOKEN", "token"),
    ("SCOUTLINE_ELASTIC", "https://elastic.example:9200"),
    ("SCOUTLINE_BACKEND", "https://backend.example"),
];

/// Exporters that send nothing anywhere.
const LOCAL: [&str; 2] = ["file", "debug"];

fn commands(_: &Binaries) -> Result<()> {
    let given: BTreeSet<_> = given()?.into_iter().flatten().collect();
    let there: BTreeSet<_> = files("yaml")?.into_iter().map(|(name, _)| name).collect();
    assert_eq!(given, there);
    Ok(())
}

fn keeps_what_it_takes(binaries: &Binaries) -> Result<()> {
    for command in given()? {
        let told = format!("{command:?}");
        let config = effective(binaries, &command)?;
        for (name, pipeline) in fields(&config["service"]["pipelines"])? {
            let told = format!("{told}, {name}");
            assert_eq!(pipeline["processors"][0], "memory_limiter", "{told}");
            let processors: Vec<String> = serde_json::from_value(pipeline["processors"].clone())?;
            for it in &processors {
                // It would hold what was acknowledged, in memory.
                assert!(!it.starts_with("batch"), "{told}: {it}");
                assert!(!it.contains("sampl"), "{told}: {it}");
            }
            for (name, exporter) in exporters(&config, pipeline)? {
                let told = format!("{told}: {name}");
                let queue = &exporter["sending_queue"];
                assert_eq!(queue["storage"], "file_storage", "{told}");
                assert_eq!(queue["block_on_overflow"], false, "{told}");
                assert!(queue["batch"].is_object(), "{told}");
                let has_end = if name == "elasticsearch" {
                    let is_endless = exporter["retry"]["max_retries"] == i32::MAX;
                    !is_endless || !exporter["timeout"].is_null()
                } else {
                    let retry = &exporter["retry_on_failure"];
                    retry["enabled"] != true || retry["max_elapsed_time"] != 0
                };
                assert!(!has_end, "{told} gives up: {exporter:#}");
            }
        }
        assert_eq!(config["extensions"]["file_storage"]["fsync"], true);
        let processors = config["processors"].as_object();
        for (name, processor) in processors.into_iter().flatten() {
            if name.starts_with("resourcedetection") {
                assert_eq!(processor["override"], false, "{told}");
            }
        }
    }
    Ok(())
}

fn secure(binaries: &Binaries) -> Result<()> {
    for command in given()? {
        let told = format!("{command:?}");
        let config = effective(binaries, &command)?;
        for (name, exporter) in fields(&config["exporters"])? {
            for weakness in ["insecure", "insecure_skip_verify"] {
                let is_weak = exporter["tls"][weakness] == true;
                assert!(!is_weak, "{told}: {name}: {weakness}");
            }
        }
        for (name, protocol) in fields(&config["receivers"]["otlp"]["protocols"])? {
            let told = format!("{told}: {name}: {protocol:#}");
            let endpoint = protocol["endpoint"].as_str().context("no endpoint")?;
            if endpoint.starts_with("127.0.0.1:") {
                continue;
            }
            assert!(protocol["tls"]["cert_file"].is_string(), "{told}");
            let authenticator = &protocol["auth"]["authenticator"];
            assert_eq!(authenticator, "bearertokenauth/agents", "{told}");
        }
    }
    Ok(())
}

fn variables(_: &Binaries) -> Result<()> {
    let files = files("yaml")?;
    let base = files.iter().find(|(name, _)| name == "gateway.yaml");
    let base = told(&base.context("no gateway.yaml")?.1);
    for (name, text) in &files {
        let used: BTreeSet<_> = text
            .split("${env:")
            .skip(1)
            .filter_map(|rest| rest.split([':', '}']).next())
            .collect();
        let told = told(text);
        let unused: Vec<_> = told.difference(&used).collect();
        // What gateway.yaml tells for the files on top of it.
        assert!(
            unused.is_empty() || (name == "gateway.yaml" && unused == [&"SCOUTLINE_QUEUE_BYTES"]),
            "{name}: {unused:?}"
        );
        let untold: Vec<_> = used.difference(&told).collect();
        let is_told = |it: &&&&str| name.starts_with("gateway-") && base.contains(**it);
        let untold: Vec<_> = untold.iter().filter(|it| !is_told(it)).collect();
        assert!(untold.is_empty(), "{name}: {untold:?}");
    }
    Ok(())
}

/// Variables that the comment of a file explains.
fn told(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("#   "));
    let words = lines.filter_map(|line| line.split(' ').next());
    words.filter(|it| it.starts_with("SCOUTLINE_")).collect()
}

/// What a Collector makes of these files, as JSON with durations in nanoseconds.
fn effective(binaries: &Binaries, files: &[String]) -> Result<Value> {
    let mut command = Sensor::command(&binaries.collector);
    command.current_dir(FOLDER).envs(VARIABLES);
    command.args(["print-config", "--format", "json"]);
    for file in files {
        command.args(["--config", file]);
    }
    let ended = Program::start(command.stdin(Stdio::null()))?.wait()?;
    assert_eq!(ended.code, Some(0), "{files:?}: {}", ended.stderr);
    Ok(serde_json::from_str(&ended.stdout)?)
}

/// The exporters of a pipeline that send something somewhere.
fn exporters<'a>(config: &'a Value, pipeline: &Value) -> Result<Vec<(String, &'a Value)>> {
    let names: Vec<String> = serde_json::from_value(pipeline["exporters"].clone())?;
    let names = names.into_iter().filter(|it| !LOCAL.contains(&&**it));
    Ok(names
        .map(|name| {
            let exporter = &config["exporters"][&name];
            (name, exporter)
        })
        .collect())
}

/// The files of each command line.
fn given() -> Result<BTreeSet<Vec<String>>> {
    let mut all = BTreeSet::new();
    for (_, text) in files("yaml")?.iter().chain(&files("md")?) {
        for rest in text.split(COMMAND).skip(1) {
            let line = rest.lines().next().unwrap_or_default();
            let line = line.split("  ").next().unwrap_or_default();
            let files = line.split(" --config ").map(|it| it.trim().to_owned());
            all.insert(files.collect());
        }
    }
    assert!(!all.is_empty(), "no command line is given");
    Ok(all)
}

/// Names and texts of the files that end so.
fn files(end: &str) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(FOLDER)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == end) {
            let name = path.file_name().context("no name")?;
            let name = name.to_string_lossy().into_owned();
            all.push((name, fs::read_to_string(&path)?));
        }
    }
    Ok(all)
}

fn fields(value: &Value) -> Result<&Map<String, Value>> {
    let fields = value.as_object();
    fields.with_context(|| format!("no mapping: {}", json!(value)))
}
