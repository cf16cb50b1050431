//! What was read: when it began, and how often when it was over.

use super::*;
use crate::bytes::detection;
use crate::host::{LOGIN_CGROUP, SHA256, START_ID};

const ADVICE: &str = "Look at the process tree; a web server, database or job queue among the ancestors means that it \
                      was exploited.";

/// What `cat` did, in one phase.
fn of_cat(found: &[KeyValue], sequence: i64, phase: &str, count: i64, last: &str) -> Vec<KeyValue> {
    let reference = format!(
        "https://github.com/scoutline/scoutline/blob/v{VERSION}/collector-plugin/recipes/os_fingerprint.yaml"
    );
    let meant = [
        ("scoutline.record.kind", Text("detection")),
        ("log.record.uid", Id),
        ("scoutline.sequence", Int(sequence)),
        ("scoutline.sensor.start_id", Text(START_ID)),
        ("security_rule.name", Text("os_fingerprint")),
        (
            "security_rule.uuid",
            Text("abd0197b-583b-4e56-b399-ca0941287de1"),
        ),
        ("security_rule.version", Text("1")),
        ("security_rule.category", Text("Discovery")),
        ("security_rule.reference", Text(&reference)),
        ("security_rule.ruleset.name", Text("scoutline")),
        ("threat.framework", Text("MITRE ATT&CK")),
        ("threat.tactic.id", Text("TA0007")),
        ("threat.tactic.name", Text("Discovery")),
        ("threat.technique.id", Text("T1082")),
        (
            "threat.technique.name",
            Text("System Information Discovery"),
        ),
        ("scoutline.attack.techniques", Texts(&["T1082"])),
        ("scoutline.attack.tactics", Texts(&["TA0007"])),
        ("scoutline.attack.version", Text("17.1")),
        ("scoutline.detection.severity", Text("medium")),
        ("scoutline.detection.kind", Text("file_access")),
        ("scoutline.detection.uid", Id),
        ("scoutline.detection.phase", Text(phase)),
        ("scoutline.detection.count", Int(count)),
        ("scoutline.detection.process_count", Int(1)),
        (
            "scoutline.detection.first_time",
            Text("2026-01-01T00:00:31.003000000Z"),
        ),
        ("scoutline.detection.last_time", Text(last)),
        ("scoutline.detection.reason", Text("strong")),
        ("scoutline.detection.confidence", Text("high")),
        ("scoutline.detection.risk_score", Int(47)),
        ("scoutline.detection.first_seen", Flag(true)),
        ("scoutline.detection.paths", Texts(&["/proc/version"])),
        ("scoutline.detection.evidence_truncated", Flag(false)),
        ("scoutline.detection.environment", Text("production")),
        ("scoutline.detection.advice", Text(ADVICE)),
        ("process.pid", Int(1011)),
        ("process.vpid", Int(1011)),
        ("process.parent_pid", Int(1010)),
        (
            "process.creation.time",
            Text("2026-01-01T00:00:31.000000000Z"),
        ),
        ("process.session_leader.pid", Int(1000)),
        ("process.interactive", Flag(true)),
        ("process.linux.cgroup", Text(LOGIN_CGROUP)),
        ("scoutline.process.namespace.pid", Int(4_026_531_836)),
        ("scoutline.process.namespace.mount", Int(4_026_531_841)),
        ("scoutline.process.namespace.network", Int(4_026_531_840)),
        ("scoutline.process.namespace.user", Int(4_026_531_837)),
        ("process.executable.path", Text("/usr/bin/cat")),
        ("process.executable.name", Text("cat")),
        ("process.command_args", Texts(&["cat", "/proc/version"])),
        ("process.working_directory", Text("/srv/www")),
        ("scoutline.process.executable.deleted", Flag(false)),
        ("scoutline.process.executable.memfd", Flag(false)),
        (
            "scoutline.process.executable.writable_location",
            Flag(false),
        ),
        ("scoutline.process.executable.sha256", Text(SHA256)),
        ("process.user.id", Int(0)),
        ("process.user.name", Text("root")),
        ("process.real_user.id", Int(1000)),
        (
            "scoutline.process.capabilities",
            Texts(&["CAP_NET_ADMIN", "CAP_SYS_ADMIN"]),
        ),
        ("scoutline.process.user.changed", Flag(true)),
        ("scoutline.process.uid", Id),
        ("scoutline.process.parent.uid", Id),
        (
            "scoutline.process.parent.executable.path",
            Text("/usr/bin/dash"),
        ),
        ("scoutline.process.ancestors", Texts(&ANCESTORS)),
        ("scoutline.process.lineage_incomplete", Flag(false)),
        ("scoutline.session.uid", Id),
        ("scoutline.session.kind", Text("login")),
        ("scoutline.session.user.id", Int(1000)),
        ("scoutline.session.user.name", Text("ada")),
        ("scoutline.session.login.host", Text("192.0.2.7")),
        ("scoutline.session.login.tty", Text("pts/1")),
        ("scoutline.session.login.service", Text("sshd")),
        ("file.path", Text("/proc/version")),
        ("file.inode", Text("4026531840")),
        ("scoutline.file.requested_flags", Text("O_RDONLY|O_CLOEXEC")),
        ("scoutline.hook.name", Text("lsm/file_open")),
        ("scoutline.trace_context.source", Text("derived")),
    ];
    attributes(&meant, found)
}

#[test]
fn a_detection_says_what_was_done_when_it_begins_and_how_often_when_it_ends() {
    let [first, summary] = detection()[..] else {
        panic!("two records of it");
    };
    let cat = spans().into_iter().find(|span| span.name == "cat");
    let cat = cat.expect("there is a span of it");
    let opened = BOOT + 31 * SECOND + 3 * MILLISECOND;
    let mut found = vec![];
    for (request, meant) in [
        (
            first,
            (
                2,
                "first",
                1,
                "2026-01-01T00:00:31.003000000Z",
                opened,
                opened + MILLISECOND / 4,
            ),
        ),
        // What the kernel counts is at most a second after what it tells of; the window was found closed at 100 s.
        (
            summary,
            (
                7,
                "summary",
                3,
                "2026-01-01T00:00:32.003000000Z",
                opened + SECOND,
                BOOT + 100 * SECOND,
            ),
        ),
    ] {
        let (sequence, phase, count, last, time, observed) = meant;
        let (message, record) = decoded(request);
        let body = match phase {
            "first" => "os_fingerprint: /usr/bin/cat (pid 1011, root) read /proc/version",
            _ => "os_fingerprint: /usr/bin/cat read 1 file 3 times in 60 s (/proc/version)",
        };
        let meant = LogRecord {
            time_unix_nano: time,
            observed_time_unix_nano: observed,
            severity_number: 13,
            severity_text: "WARN".to_owned(),
            body: text(body),
            attributes: of_cat(&record.attributes, sequence, phase, count, last),
            dropped_attributes_count: 0,
            flags: 1,
            trace_id: cat.trace_id.clone(),
            span_id: cat.span_id.clone(),
            event_name: "scoutline.detection".to_owned(),
        };
        let meant = logs(resource("scoutline", LOGIN), "scoutline.detections", meant);
        assert_eq!(message, meant);
        found.push(record.attributes);
    }
    let same = |name: &str| id(&found[0], name) == id(&found[1], name);
    assert!(same("scoutline.detection.uid") && !same("log.record.uid"));
    let of_span = |name: &str| id(&cat.attributes, name);
    for name in ["scoutline.process.uid", "scoutline.session.uid"] {
        assert_eq!(id(&found[0], name), of_span(name), "{name}");
    }
    let dash = spans().into_iter().find(|span| span.name == "dash");
    let dash = dash.expect("it was started by a script");
    let parent = id(&found[0], "scoutline.process.parent.uid");
    assert_eq!(parent, id(&dash.attributes, "scoutline.process.uid"));
}
