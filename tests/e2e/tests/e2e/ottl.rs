//! A Collector picks detections apart by what is on the wire, with the statements of `ottl.yaml`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use scoutline_e2e::{Collector, Item as _, Program, Received, Records, Sensor};
use scoutline_semconv::attr;

use crate::{Binaries, Case};

pub(crate) const CASES: &[(&str, Case)] = &[
    (
        "technique, severity and session select, a transform adds",
        selects,
    ),
    ("statements read names of the wire only", reads_the_wire),
];

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ottl.yaml");

const RECORDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../corpus/five-recipes.rec");

/// What the transform adds.
const ROUTE: &str = "alert.route";

/// Event name of the record after which nothing comes.
const LAST: &str = "last";

/// A second session, which did just the same.
const OTHER_SESSION: &str = "00112233445566778899aabbccddeeff";

fn selects(binaries: &Binaries) -> Result<()> {
    let lines = replay(&binaries.sensor)?;
    let mut sent = Vec::new();
    for line in lines.lines() {
        sent.extend(Received::read(line.as_bytes())?);
    }
    let session = sent.first().context("the recording has no records")?;
    let session = session.text(attr::SCOUTLINE_SESSION_UID).to_owned();
    let other = lines.replace(&session, OTHER_SESSION);
    for line in other.lines() {
        sent.extend(Received::read(line.as_bytes())?);
    }
    assert_eq!(sent.len(), 20, "two sessions, five detections, two phases");

    let variables = [("SESSION", session.clone())];
    let collector = Collector::deploy(&binaries.collector, Path::new(CONFIG), &variables)?;
    let last = last(&sent, &session)?;
    for line in lines.lines().chain(other.lines()).chain([&*last]) {
        let response = ureq::post(format!("{}/v1/logs", collector.http()))
            .header("content-type", "application/json")
            .send(line)?;
        assert_eq!(response.status(), 200);
    }

    let is_serious = |it: &Received| it.record.severity_number >= 17;
    let is_scan = |it: &Received| it.text(attr::THREAT_TECHNIQUE_ID) == "T1046";
    let is_of_session = |it: &Received| it.text(attr::SCOUTLINE_SESSION_UID) == session;
    for (pipeline, count, is_wanted) in [
        ("technique", 4, &is_scan as &dyn Fn(&Received) -> bool),
        ("severity", 8, &is_serious),
        ("session", 10, &is_of_session),
        ("route", 20, &|_| true),
    ] {
        let came = passed(&collector, pipeline)?;
        let wanted = sent.iter().filter(|it| is_wanted(it));
        let wanted: Vec<_> = wanted.map(without_route).collect();
        assert_eq!(wanted.len(), count, "{pipeline}: another recording");
        let came: Vec<_> = came.iter().map(without_route).collect();
        assert_eq!(came, wanted, "{pipeline}");
    }

    let routed = passed(&collector, "route")?;
    for it in &routed {
        let is_first = it.text(attr::SCOUTLINE_DETECTION_PHASE) == "first";
        let expected = if is_serious(it) && is_first {
            format!("pager/{}", it.text(attr::THREAT_TACTIC_NAME))
        } else {
            String::new()
        };
        assert_eq!(it.text(ROUTE), expected, "{}", it.body());
    }
    let routes = routed.iter().filter(|it| !it.text(ROUTE).is_empty());
    assert_eq!(routes.count(), 4);
    Ok(())
}

/// A message with one more record, which every pipeline lets pass: what came before it has been decided on.
fn last(sent: &[Received], session: &str) -> Result<String> {
    let scan = sent.iter().find(|it| {
        it.text(attr::THREAT_TECHNIQUE_ID) == "T1046"
            && it.text(attr::SCOUTLINE_SESSION_UID) == session
    });
    let mut record = scan.context("no scan")?.record.clone();
    LAST.clone_into(&mut record.event_name);
    let message = LogsData {
        resource_logs: vec![ResourceLogs {
            scope_logs: vec![ScopeLogs {
                log_records: vec![record],
                ..ScopeLogs::default()
            }],
            ..ResourceLogs::default()
        }],
    };
    Ok(serde_json::to_string(&message)?)
}

/// All that came out of a pipeline before the last record.
fn passed(collector: &Collector, pipeline: &str) -> Result<Vec<Received>> {
    let file = collector.directory().join(pipeline).with_extension("jsonl");
    let is_last = |it: &Received| it.record.event_name == LAST;
    let mut came = Records::follow(&file)?;
    let came = came.wait_until("the last record", |all| all.iter().any(is_last))?;
    Ok(came.iter().filter(|it| !is_last(it)).cloned().collect())
}

fn without_route(received: &Received) -> LogRecord {
    let mut record = received.record.clone();
    record.attributes.retain(|attribute| attribute.key != ROUTE);
    record
}

/// What `scoutline replay` makes of a recording, one OTLP/JSON message a line.
fn replay(sensor: &Path) -> Result<String> {
    let directory = tempfile::tempdir()?;
    let config = directory.path().join("scoutline.yaml");
    fs::write(&config, "{}\n")?;
    let mut command = Sensor::command(sensor);
    command.args(["replay", "--output", "none", "--otlp-dir"]);
    command.arg(directory.path()).arg("--config").arg(&config);
    let ended = Program::start(command.arg(RECORDING))?.wait()?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    Ok(fs::read_to_string(directory.path().join("logs.jsonl"))?)
}

fn reads_the_wire(_: &Binaries) -> Result<()> {
    let text = fs::read_to_string(CONFIG)?;
    let named: BTreeSet<_> = text
        .split("attributes[\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0))
        .collect();
    let known = [
        attr::THREAT_TECHNIQUE_ID,
        attr::SCOUTLINE_SESSION_UID,
        attr::SCOUTLINE_DETECTION_PHASE,
        attr::THREAT_TACTIC_NAME,
        ROUTE,
    ];
    assert_eq!(named, BTreeSet::from(known));
    // The one that is no name of ours is written once, and never read.
    assert_eq!(text.matches(ROUTE).count(), 1);
    assert!(text.contains(&format!("set(log.attributes[\"{ROUTE}\"]")));
    Ok(())
}
