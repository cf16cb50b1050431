//! What `exec` leaves alone, and what it says at the end.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use rustix::process::Signal;
use scoutline_e2e::{Ended, Item as _, Program, ReceivedSpan, Sensor};
use scoutline_semconv::attr;
use serde_json::Value;
use tempfile::TempDir;

use crate::{Binaries, Case};

pub(crate) const CASES: &[(&str, Case)] = &[
    ("ends with the code of CMD, or its own", codes),
    ("leaves stdin and stdout alone", streams),
    ("forwards SIGTERM", forwards),
    ("sees what it promises, in its summary", summary),
    ("links what TRACEPARENT says, if it says something", links),
];

/// Reads what os_fingerprint (medium) looks for.
const LOOK: &str = "cat /proc/version >/dev/null";

fn exec(binaries: &Binaries, options: &[&str], command: &[&str]) -> Result<Ended> {
    let mut scoutline = Sensor::command(&binaries.sensor);
    scoutline.arg("exec").args(options).arg("--").args(command);
    Program::start(&mut scoutline)?.wait()
}

/// Only the file tells what a link is marked with: not every backend keeps it.
fn links(binaries: &Binaries) -> Result<()> {
    let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let bad = "00-00000000000000000000000000000000-b7ad6b7169203331-01";
    let directory = TempDir::new()?;
    let folder = directory.path().display().to_string();
    let script =
        format!("TRACEPARENT={good} cat /proc/version; TRACEPARENT={bad} head -1 /proc/version");
    let ended = exec(binaries, &["--otlp-dir", &folder], &["sh", "-c", &script])?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    // One session, one trace, one line.
    let line = fs::read(directory.path().join("traces.jsonl"))?;
    let spans = ReceivedSpan::read(&line)?;
    let of = |name: &str| {
        let mut spans = spans.iter().map(|it| &it.span);
        spans
            .find(|span| span.name == name)
            .context(name.to_owned())
    };
    let links = &of("cat")?.links;
    assert_eq!(links.len(), 1, "{spans:#?}");
    let link = links.first().context("counted above")?;
    let trace: String = link
        .trace_id
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(trace, "0af7651916cd43dd8448eb211c80319c");
    let marks: Vec<_> = link.attributes.iter().map(|it| it.key.as_str()).collect();
    let expected = [
        attr::SCOUTLINE_TRACE_CONTEXT_SOURCE,
        attr::SCOUTLINE_TRACE_CONTEXT_TRUSTED,
    ];
    assert_eq!(marks, expected);
    assert!(of("head")?.links.is_empty());
    Ok(())
}

fn codes(binaries: &Binaries) -> Result<()> {
    let missing = "/nowhere/at/all";
    for (options, command, expected) in [
        (&[][..], &["true"][..], 0),
        (&[], &["sh", "-c", "exit 7"], 7),
        (&[], &["/etc/passwd"], 126),
        (&[], &[missing], 127),
        (&[], &["sh", "-c", "kill -TERM $$"], 128 + 15),
        (&["--fail-on", "medium"], &["sh", "-c", LOOK], 3),
        (&["--fail-on", "low"], &["sh", "-c", LOOK], 3),
        // What was seen is not that bad.
        (&["--fail-on", "high"], &["sh", "-c", LOOK], 0),
        (&["--fail-on", "high"], &["tcpdump", "--version"], 3),
        (
            &["--fail-on", "high", "--fail-exit-code", "9"],
            &["tcpdump", "--version"],
            9,
        ),
        (
            &["--fail-on", "low"],
            &["sh", "-c", "cat /proc/version >/dev/null; exit 7"],
            7,
        ),
        (&["--fail-on", "low"], &["true"], 0),
    ] {
        let ended = exec(binaries, options, command)?;
        let said = &ended.stderr;
        assert_eq!(
            ended.code,
            Some(expected),
            "{options:?} {command:?}: {said}"
        );
        if command == [missing] {
            assert!(said.contains("cannot start /nowhere/at/all"), "{said}");
        }
    }
    Ok(())
}

fn streams(binaries: &Binaries) -> Result<()> {
    let (reader, mut writer) = std::io::pipe()?;
    let mut scoutline = Sensor::command(&binaries.sensor);
    scoutline.args([
        "exec",
        "--",
        "sh",
        "-c",
        "cat; cat /proc/version >/dev/null",
    ]);
    let mut program = Program::start(scoutline.stdin(Stdio::from(reader)))?;
    drop(scoutline);
    let sent = "through\0unharmed\n".repeat(10_000);
    writer.write_all(sent.as_bytes())?;
    drop(writer);
    let ended = program.wait()?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stdout == sent,
        "{} of {} bytes",
        ended.stdout.len(),
        sent.len()
    );
    assert!(ended.stderr.contains("os_fingerprint"), "{}", ended.stderr);
    Ok(())
}

fn forwards(binaries: &Binaries) -> Result<()> {
    let script =
        "trap 'echo got it; kill $!; exit 9' TERM; sleep 600 >/dev/null 2>&1 & echo ready; wait";
    let mut scoutline = Sensor::command(&binaries.sensor);
    scoutline.args(["exec", "--", "sh", "-c", script]);
    let mut program = Program::start(&mut scoutline)?;
    program.wait_for_output_line("ready")?;
    program.signal(Signal::TERM)?;
    let ended = program.wait()?;
    assert_eq!(ended.code, Some(9), "{}", ended.stderr);
    assert_eq!(ended.stdout, "ready\ngot it\n");
    Ok(())
}

fn summary(binaries: &Binaries) -> Result<()> {
    let script = "cat /proc/version /proc/ioports; cat /proc/sys/net/ipv4/tcp_syncookies; \
                  tcpdump --version; nmap --version";
    let directory = TempDir::new()?;
    let file = directory.path().join("summary.json");
    let argument = format!("json={}", file.display());
    let ended = exec(binaries, &["--summary", &argument], &["sh", "-c", script])?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let summary: Value = serde_json::from_slice(&fs::read(&file)?)?;
    let findings = summary.get("findings").and_then(Value::as_array);
    let mut recipes: Vec<_> = findings
        .with_context(|| format!("no findings: {summary:#}"))?
        .iter()
        .filter_map(|finding| finding.get("recipe")?.as_str())
        .collect();
    recipes.sort_unstable();
    let expected = [
        "machine_fingerprint",
        "net_scan_tool_exec",
        "net_sniff_tool_exec",
        "os_fingerprint",
        "os_network_fingerprint",
    ];
    assert_eq!(recipes, expected, "{summary:#}");
    Ok(())
}
