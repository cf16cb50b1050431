//! The lines of `--otlp-dir` are OTLP/JSON to a Collector as well.

use std::fs;

use anyhow::Result;
use opentelemetry_proto::tonic::logs::v1::LogsData;
use scoutline_e2e::{Collector, Program};

use crate::{Binaries, Case, deeds};

pub(crate) const CASES: &[(&str, Case)] = &[(
    "a Collector takes each line of --otlp-dir and hands on the same",
    lines,
)];

fn lines(binaries: &Binaries) -> Result<()> {
    let collector = Collector::start(&binaries.collector)?;
    let directory = collector.directory().join("lines");
    let option = ["--otlp-dir".to_owned(), directory.display().to_string()];
    // A second run appends.
    for _ in 0..2 {
        let mut command = deeds::exec_command(&binaries.sensor, &option);
        let ended = Program::start(&mut command)?.wait()?;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    let sent = fs::read_to_string(directory.join("logs.jsonl"))?;
    assert!(sent.lines().count() >= 2, "{sent}");
    let records = 2 * 2 * deeds::EXPECTED.len();

    let mut received = collector.records()?;
    let logs = format!("{}/v1/logs", collector.http());
    for line in sent.lines() {
        let response = ureq::post(&logs)
            .header("content-type", "application/json")
            .send(line)?;
        assert_eq!(response.status(), 200);
    }
    received.wait_until("all records", |all| all.len() == records)?;
    collector.wait_for_last()?;
    let received = fs::read_to_string(collector.file())?;
    assert_eq!(messages(&received)?, messages(&sent)?);
    Ok(())
}

fn messages(lines: &str) -> serde_json::Result<Vec<LogsData>> {
    lines.lines().map(serde_json::from_str).collect()
}
