//! Summaries of records.

use std::sync::Arc;

use scoutline_semconv::Attribute;

use super::*;
use crate::console::tests::record;

fn detection(
    phase: &'static str,
    uid: &'static str,
    severity: Severity,
    executable: &'static str,
    count: i64,
    paths: &[&str],
) -> Record {
    let attributes: Vec<Attribute> = vec![
        (attr::SCOUTLINE_DETECTION_PHASE, phase.into()),
        (attr::SCOUTLINE_DETECTION_UID, uid.into()),
        (attr::SCOUTLINE_DETECTION_SEVERITY, severity.name().into()),
        (attr::SCOUTLINE_DETECTION_KIND, "file_access".into()),
        (attr::SCOUTLINE_DETECTION_COUNT, count.into()),
        (attr::SECURITY_RULE_NAME, "os_fingerprint".into()),
        (attr::THREAT_TECHNIQUE_ID, "T1082".into()),
        (
            attr::THREAT_TECHNIQUE_NAME,
            "System Information Discovery".into(),
        ),
        (attr::PROCESS_EXECUTABLE_PATH, executable.into()),
        (
            attr::SCOUTLINE_DETECTION_ADVICE,
            "Find the step that did it.".into(),
        ),
        (
            attr::SCOUTLINE_DETECTION_PATHS,
            paths
                .iter()
                .map(|path| Arc::from(*path))
                .collect::<Vec<_>>()
                .into(),
        ),
    ];
    record("x", attributes)
}

fn cat(phase: &'static str, uid: &'static str, count: i64, paths: &[&str]) -> Record {
    detection(phase, uid, Severity::Medium, "/usr/bin/cat", count, paths)
}

#[test]
fn accesses_are_counted_once() {
    let mut summary = Summary::default();
    for record in [
        cat("first", "a", 1, &["/proc/version"]),
        cat("first", "b", 1, &["/etc/os-release"]),
        cat("summary", "a", 5, &["/proc/version", "/proc/cmdline"]),
        cat("summary", "b", 1, &["/etc/os-release"]),
        // Its first was lost on the way: the summary still tells the whole count.
        cat("summary", "c", 3, &[]),
    ] {
        summary.observe(&record);
    }
    let report = summary.finish(0, None, 0);
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].accesses, 5 + 1 + 3);
    assert_eq!(report.findings[0].paths.len(), 3);
}

#[test]
fn a_failing_command_wins_over_fail_on() {
    let fail_on = |severity| Some(FailOn { severity, code: 3 });
    for (command, limit, code, reached) in [
        (0, None, 0, false),
        (0, fail_on(Severity::High), 0, false),
        (0, fail_on(Severity::Medium), 3, true),
        (0, fail_on(Severity::Low), 3, true),
        (7, fail_on(Severity::Low), 7, true),
        (7, None, 7, false),
    ] {
        let mut summary = Summary::default();
        summary.observe(&cat("first", "a", 1, &[]));
        let report = summary.finish(command, limit, 0);
        assert_eq!((report.exit_code, report.fail_on_reached), (code, reached));
        assert_eq!(report.exit().code(), code);
    }
    let quiet = Summary::default().finish(0, fail_on(Severity::Low), 0);
    assert_eq!(quiet.exit().code(), 0, "nothing is less severe than low");
}

#[test]
fn what_does_not_fit_is_counted() {
    let mut summary = Summary::default();
    for number in 0..Summary::MAX_FINDINGS + 5 {
        let mut record = cat("first", "a", 1, &[]);
        record
            .attributes
            .retain(|(name, _)| *name != attr::PROCESS_EXECUTABLE_PATH);
        let executable = format!("/tmp/{number}");
        record
            .attributes
            .push((attr::PROCESS_EXECUTABLE_PATH, executable.into()));
        summary.observe(&record);
    }
    let many: Vec<String> = (0..Summary::MAX_EVIDENCE + 1)
        .map(|number| format!("/p/{number}"))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    summary.observe(&detection("first", "z", Severity::Low, "/tmp/0", 1, &many));
    let report = summary.finish(0, None, 0);
    assert_eq!(report.findings.len(), Summary::MAX_FINDINGS);
    assert_eq!(report.omitted, 5);
    let full: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.evidence_truncated)
        .collect();
    assert_eq!(full.len(), 1);
    assert_eq!(full[0].paths.len(), Summary::MAX_EVIDENCE);
}

fn report() -> Report {
    let mut summary = Summary::default();
    summary.observe(&cat("first", "a", 1, &["/proc/version"]));
    summary.observe(&cat(
        "summary",
        "a",
        12,
        &["/proc/version", "/a", "/b", "/c\u{1b}[2J"],
    ));
    summary.observe(&detection(
        "first",
        "b",
        Severity::Critical,
        "/usr/bin/dmidecode",
        1,
        &["/sys/firmware/dmi/tables/DMI"],
    ));
    let fail_on = FailOn {
        severity: Severity::High,
        code: 3,
    };
    summary.finish(0, Some(fail_on), 2)
}

#[test]
fn text_for_people() {
    let text = report().to_string();
    insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string(), @r#"
scoutline: 2 findings, highest severity critical
  CRITICAL os_fingerprint T1082 System Information Discovery
           /usr/bin/dmidecode, 1 access: /sys/firmware/dmi/tables/DMI
           Find the step that did it.
  MEDIUM   os_fingerprint T1082 System Information Discovery
           /usr/bin/cat, 12 accesses: /a, /b, /c\u{1b}[2J, …
           Find the step that did it.
  2 kernel events were lost: there may be more
scoutline: --fail-on high reached, CMD ended with 0, exit code 3
"#);
    let nothing = Summary::default().finish(0, None, 0);
    assert_eq!(nothing.to_string(), "scoutline: nothing detected\n");
}

#[test]
fn json_for_programs() {
    insta::assert_snapshot!(report().to_json().expect("JSON"), @r#"
{
  "command_exit_code": 0,
  "exit_code": 3,
  "fail_on": "high",
  "fail_on_reached": true,
  "highest_severity": "critical",
  "findings": [
    {
      "recipe": "os_fingerprint",
      "severity": "critical",
      "technique_id": "T1082",
      "technique_name": "System Information Discovery",
      "kind": "file_access",
      "executable": "/usr/bin/dmidecode",
      "accesses": 1,
      "paths": [
        "/sys/firmware/dmi/tables/DMI"
      ],
      "tools": [],
      "evidence_truncated": false,
      "advice": "Find the step that did it."
    },
    {
      "recipe": "os_fingerprint",
      "severity": "medium",
      "technique_id": "T1082",
      "technique_name": "System Information Discovery",
      "kind": "file_access",
      "executable": "/usr/bin/cat",
      "accesses": 12,
      "paths": [
        "/a",
        "/b",
        "/c\u001b[2J",
        "/proc/version"
      ],
      "tools": [],
      "evidence_truncated": false,
      "advice": "Find the step that did it."
    }
  ],
  "omitted": 0,
  "lost_events": 2
}
"#);
}
