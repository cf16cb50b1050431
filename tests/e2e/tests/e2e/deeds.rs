//! What is done to be seen, and what has to arrive of it.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context as _, Result};
use scoutline_e2e::{Program, Received, ReceivedSpan, Sensor, login};
use scoutline_semconv::{attr, event, resource, scope};

/// One detection that has to be made.
pub(crate) struct Expected {
    /// Position in [`DEEDS`] of the program that does it.
    deed: usize,
    pub(crate) recipe: &'static str,
    severity_number: i32,
    severity_text: &'static str,
    severity: &'static str,
    techniques: &'static [&'static str],
    tactics: &'static [&'static str],
    /// File that is opened; empty if the execution itself is what counts.
    file: &'static str,
}

/// Programs that do it, one after the other.
const DEEDS: [&str; 4] = [
    "/usr/bin/cat /proc/version /proc/ioports",
    "/usr/bin/cat /proc/sys/net/ipv4/tcp_syncookies",
    "/usr/bin/tcpdump --version",
    "/usr/bin/nmap --version",
];

/// What they are seen as: every recipe once.
pub(crate) const EXPECTED: [Expected; 5] = [
    Expected {
        deed: 0,
        recipe: "os_fingerprint",
        severity_number: 13,
        severity_text: "WARN",
        severity: "medium",
        techniques: &["T1082"],
        tactics: &["TA0007"],
        file: "/proc/version",
    },
    Expected {
        deed: 0,
        recipe: "machine_fingerprint",
        severity_number: 13,
        severity_text: "WARN",
        severity: "medium",
        techniques: &["T1082"],
        tactics: &["TA0007"],
        file: "/proc/ioports",
    },
    Expected {
        deed: 1,
        recipe: "os_network_fingerprint",
        severity_number: 10,
        severity_text: "INFO",
        severity: "low",
        techniques: &["T1082", "T1016"],
        tactics: &["TA0007"],
        file: "/proc/sys/net/ipv4/tcp_syncookies",
    },
    Expected {
        deed: 2,
        recipe: "net_sniff_tool_exec",
        severity_number: 18,
        severity_text: "ERROR",
        severity: "critical",
        techniques: &["T1040"],
        tactics: &["TA0007", "TA0006"],
        file: "",
    },
    Expected {
        deed: 3,
        recipe: "net_scan_tool_exec",
        severity_number: 18,
        severity_text: "ERROR",
        severity: "critical",
        techniques: &["T1046"],
        tactics: &["TA0007"],
        file: "",
    },
];

/// Who did it.
#[derive(Debug)]
pub(crate) struct Done {
    /// Pid of each of [`DEEDS`].
    pids: Vec<i64>,
    /// Pid of the shell that started them.
    shell: i64,
}

impl Done {
    /// Does everything in a session of its own, which no other detection of this host shares.
    pub(crate) fn in_session() -> Result<Self> {
        let mut command = login();
        command.args(["sh", "-c", &script()]);
        let ended = Program::start(&mut command)?.wait()?;
        Self::read(&ended.stdout)
    }

    /// Reads what the script of [`command`] has printed.
    pub(crate) fn read(printed: &str) -> Result<Self> {
        let pids: Result<Vec<i64>, _> = printed.lines().map(str::parse).collect();
        let pids = pids.with_context(|| format!("read pids from {printed:?}"))?;
        assert_eq!(pids.len(), DEEDS.len() + 1, "{printed:?}");
        let (&shell, pids) = pids.split_first().context("no pid")?;
        Ok(Self {
            pids: pids.to_vec(),
            shell,
        })
    }

    /// Whether this is about what was done here.
    pub(crate) fn is_about(&self, received: &Received) -> bool {
        received.number(attr::PROCESS_PARENT_PID) == Some(self.shell)
    }
}

/// Does everything, and prints the pid of the shell and of each program.
pub(crate) fn script() -> String {
    let deeds = DEEDS.map(|deed| format!("{deed} >/dev/null 2>&1 & echo $!; wait"));
    format!("echo $$; {}", deeds.join("; "))
}

/// A program that opens /proc/version in a session of its own; returns its pid.
pub(crate) fn read_version() -> Result<i64> {
    let mut command = login();
    let mut program = Program::start(command.args(["cat", "/proc/version"]))?;
    let pid = program.pid();
    let ended = program.wait()?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    Ok(pid.into())
}

/// `scoutline exec` with the script that does everything.
pub(crate) fn exec_command(sensor: &std::path::Path, arguments: &[String]) -> Command {
    let mut command = Sensor::command(sensor);
    command.arg("exec").args(arguments);
    command.args(["--", "sh", "-c", &script()]);
    command
}

/// How many of these are the first of a detection.
pub(crate) fn firsts<'a>(records: impl IntoIterator<Item = &'a Received>) -> usize {
    records
        .into_iter()
        .filter(|it| it.text(attr::SCOUTLINE_DETECTION_PHASE) == "first")
        .count()
}

/// All records are whole, and each is there once. Between their numbers are those of what the sensor told of itself:
/// [`scoutline_e2e::Collector::wait_for_last`] sees that none is missing.
pub(crate) fn check_transport(records: &[Received]) {
    let uids: BTreeSet<_> = records
        .iter()
        .map(|it| it.text(attr::LOG_RECORD_UID))
        .collect();
    assert_eq!(
        uids.len(),
        records.len(),
        "some log.record.uid is not unique"
    );
    assert!(!uids.contains(""));
    let numbers: BTreeSet<_> = records
        .iter()
        .map(|it| {
            let start = it.text(attr::SCOUTLINE_SENSOR_START_ID);
            (start, it.number(attr::SCOUTLINE_SEQUENCE))
        })
        .collect();
    assert_eq!(numbers.len(), records.len(), "some number is not unique");
    for received in records {
        check_envelope(received);
    }
}

fn check_envelope(received: &Received) {
    let record = &received.record;
    assert_eq!(record.event_name, event::DETECTION);
    assert_eq!(received.text(attr::SCOUTLINE_RECORD_KIND), "detection");
    assert!(!received.body().is_empty());
    assert!(record.observed_time_unix_nano >= record.time_unix_nano);
    assert_eq!(
        (record.trace_id.len(), record.span_id.len(), record.flags),
        (16, 8, 1)
    );
    assert_eq!(record.dropped_attributes_count, 0);
    assert_eq!(received.scope.name, scope::DETECTIONS);
    assert_eq!(received.scope.version, scope::VERSION);
    assert_eq!(&*received.scope_schema_url, scope::SCHEMA_URL);
    assert_eq!(&*received.resource_schema_url, scope::UPSTREAM_SCHEMA_URL);
    let release = rustix::system::uname();
    for (name, expected) in [
        (resource::SERVICE_NAME, "scoutline"),
        (resource::SERVICE_VERSION, scope::VERSION),
        (resource::OS_TYPE, "linux"),
        (resource::OS_VERSION, &release.release().to_string_lossy()),
        (resource::HOST_NAME, &release.nodename().to_string_lossy()),
        (resource::DATA_STREAM_DATASET, "scoutline"),
        (resource::TELEMETRY_SDK_NAME, "scoutline"),
    ] {
        assert_eq!(received.resource_text(name), expected, "{name}");
    }
    assert!(
        !received
            .resource_text(resource::SERVICE_INSTANCE_ID)
            .is_empty()
    );
    let of_process = |it: &str| it.starts_with("process.");
    assert!(
        !received
            .resource
            .attributes
            .iter()
            .any(|it| of_process(&it.key))
    );
}

/// Every record belongs to a span, and each of these has its parent in the same trace.
pub(crate) fn check_spans(records: &[Received], spans: &[ReceivedSpan]) {
    let ids: BTreeSet<_> = spans
        .iter()
        .map(|ReceivedSpan { span, .. }| (&span.trace_id, &span.span_id))
        .collect();
    assert_eq!(ids.len(), spans.len(), "some span was sent twice");
    for received in records {
        let record = &received.record;
        assert!(
            ids.contains(&(&record.trace_id, &record.span_id)),
            "{}",
            received.body()
        );
    }
    for ReceivedSpan { span, .. } in spans {
        let has_parent = ids.contains(&(&span.trace_id, &span.parent_span_id));
        assert!(
            span.parent_span_id.is_empty() || has_parent,
            "{}",
            span.name
        );
    }
}

/// Whether the span of a record is still on its way.
pub(crate) fn lack_spans(records: &[Received], spans: &[ReceivedSpan]) -> bool {
    let ids: BTreeSet<_> = spans.iter().map(|it| &it.span.span_id).collect();
    records.iter().any(|it| !ids.contains(&it.record.span_id))
}

/// Exactly what was done is there: five detections, each with its `first` and its `summary`.
pub(crate) fn check_detections(records: &[Received], done: &Done) -> Result<()> {
    let ours: Vec<_> = records.iter().filter(|it| done.is_about(it)).collect();
    assert_eq!(ours.len(), 2 * EXPECTED.len(), "{:#?}", bodies(&ours));
    let mut sessions = BTreeSet::new();
    for expected in &EXPECTED {
        let of_recipe = |phase: &str| -> Result<&Received> {
            let found: Vec<_> = ours
                .iter()
                .filter(|it| it.text(attr::SECURITY_RULE_NAME) == expected.recipe)
                .filter(|it| it.text(attr::SCOUTLINE_DETECTION_PHASE) == phase)
                .collect();
            assert_eq!(found.len(), 1, "{phase} of {}", expected.recipe);
            Ok(found.first().context("counted above")?)
        };
        let (first, summary) = (of_recipe("first")?, of_recipe("summary")?);
        check(first, expected, done);
        check(summary, expected, done);
        let uid = |received: &Received| received.text(attr::SCOUTLINE_DETECTION_UID).to_owned();
        assert_eq!(uid(first), uid(summary));
        assert!(!uid(first).is_empty());
        assert_ne!(first.body(), summary.body());
        assert!(first.record.time_unix_nano <= summary.record.time_unix_nano);
        sessions.insert(first.text(attr::SCOUTLINE_SESSION_UID));
    }
    assert_eq!(sessions.len(), 1, "one session: {sessions:?}");
    Ok(())
}

fn check(received: &Received, expected: &Expected, done: &Done) {
    let record = &received.record;
    assert_eq!(record.severity_number, expected.severity_number);
    assert_eq!(record.severity_text, expected.severity_text);
    assert_eq!(
        received.texts(attr::SCOUTLINE_ATTACK_TECHNIQUES),
        expected.techniques
    );
    assert_eq!(
        received.texts(attr::SCOUTLINE_ATTACK_TACTICS),
        expected.tactics
    );
    let executable = DEEDS[expected.deed].split(' ').next().unwrap_or_default();
    let (kind, file) = match expected.file {
        "" => ("execution", ""),
        file => ("file_access", file),
    };
    for (name, expected) in [
        (attr::SCOUTLINE_DETECTION_SEVERITY, expected.severity),
        (attr::SCOUTLINE_DETECTION_KIND, kind),
        (attr::SCOUTLINE_DETECTION_REASON, "strong"),
        (attr::THREAT_FRAMEWORK, "MITRE ATT&CK"),
        (attr::THREAT_TECHNIQUE_ID, expected.techniques[0]),
        (attr::THREAT_TACTIC_ID, expected.tactics[0]),
        (attr::PROCESS_EXECUTABLE_PATH, executable),
        (attr::PROCESS_USER_NAME, "root"),
        (attr::FILE_PATH, file),
    ] {
        assert_eq!(received.text(name), expected, "{name}");
    }
    for (name, expected) in [
        (attr::SCOUTLINE_DETECTION_COUNT, 1),
        (attr::SCOUTLINE_DETECTION_PROCESS_COUNT, 1),
        (attr::PROCESS_PID, done.pids[expected.deed]),
        (attr::PROCESS_PARENT_PID, done.shell),
        (attr::PROCESS_USER_ID, 0),
    ] {
        assert_eq!(received.number(name), Some(expected), "{name}");
    }
}

fn bodies<'a>(records: &[&'a Received]) -> Vec<&'a str> {
    records.iter().map(|it| it.body()).collect()
}
