//! What `exec` says when CMD has ended.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::{self, Write as _};

use scoutline_semconv::{Record, Severity, Value, attr};
use serde::Serialize;

use crate::console::{severity_label, severity_style};
use crate::exit::Exit;
use crate::terminal::Safe;

/// Collects what was detected while CMD ran, from its records alone.
///
/// Detections of one recipe, executable and kind are one line, over all sessions and windows. At most
/// [`Summary::MAX_FINDINGS`] lines are kept; what comes beyond is counted ([`Report::omitted`]).
#[derive(Debug, Default)]
pub struct Summary {
    findings: Vec<Finding>,
    by_subject: HashMap<Subject, usize>,
    /// Detections whose `first` was counted and whose `summary` is still to come.
    open: HashSet<String>,
    highest: Option<Severity>,
    omitted: u64,
}

/// What a line stands for: recipe, kind and executable.
type Subject = (String, String, String);

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// `security_rule.name`.
    pub recipe: String,
    /// Highest that was seen.
    #[serde(serialize_with = "as_word")]
    pub severity: Severity,
    /// `threat.technique.id`.
    pub technique_id: String,
    /// `threat.technique.name`.
    pub technique_name: String,
    /// `file_access` or `execution`.
    pub kind: String,
    /// Path of the executable.
    pub executable: String,
    /// Accesses.
    pub accesses: u64,
    /// Evidence: paths, at most [`Summary::MAX_EVIDENCE`].
    pub paths: BTreeSet<String>,
    /// Evidence: tools, at most [`Summary::MAX_EVIDENCE`].
    pub tools: BTreeSet<String>,
    /// There was more evidence than fits.
    pub evidence_truncated: bool,
    /// What to do.
    pub advice: Option<String>,
}

/// What `--fail-on` and `--fail-exit-code` ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailOn {
    /// From this severity on.
    pub severity: Severity,
    /// Exit code then.
    pub code: u8,
}

/// The finished summary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Exit code of CMD, as a shell gives it.
    pub command_exit_code: u8,
    /// Exit code of `scoutline exec`.
    pub exit_code: u8,
    /// `--fail-on`.
    #[serde(serialize_with = "as_optional_word")]
    pub fail_on: Option<Severity>,
    /// Whether a detection was at least that severe.
    pub fail_on_reached: bool,
    /// Of all detections.
    #[serde(serialize_with = "as_optional_word")]
    pub highest_severity: Option<Severity>,
    /// Most severe first, then as they came.
    pub findings: Vec<Finding>,
    /// Detections that are in no finding, because there are too many.
    pub omitted: u64,
    /// Kernel events that were lost: the findings may be incomplete.
    pub lost_events: u64,
}

impl Summary {
    /// More are no reading matter.
    pub const MAX_FINDINGS: usize = 10_000;
    /// Paths, and tools, of one finding.
    pub const MAX_EVIDENCE: usize = 64;

    /// Takes one record into account; one that is no detection is not.
    pub fn observe(&mut self, record: &Record) {
        let text = |name| record.text(name).unwrap_or_default().to_owned();
        let Ok(severity) = text(attr::SCOUTLINE_DETECTION_SEVERITY).parse::<Severity>() else {
            return;
        };
        self.highest = self.highest.max(Some(severity));
        let accesses = self.new_accesses(record);
        let subject = (
            text(attr::SECURITY_RULE_NAME),
            text(attr::SCOUTLINE_DETECTION_KIND),
            text(attr::PROCESS_EXECUTABLE_PATH),
        );
        let index = match self.by_subject.get(&subject) {
            Some(&index) => index,
            None if self.findings.len() >= Self::MAX_FINDINGS => {
                let is_first = record.text(attr::SCOUTLINE_DETECTION_PHASE) == Some("first");
                self.omitted += u64::from(is_first);
                return;
            }
            None => {
                let (recipe, kind, executable) = subject.clone();
                self.by_subject.insert(subject, self.findings.len());
                self.findings.push(Finding {
                    recipe,
                    severity,
                    technique_id: text(attr::THREAT_TECHNIQUE_ID),
                    technique_name: text(attr::THREAT_TECHNIQUE_NAME),
                    kind,
                    executable,
                    accesses: 0,
                    paths: BTreeSet::new(),
                    tools: BTreeSet::new(),
                    evidence_truncated: false,
                    advice: record
                        .text(attr::SCOUTLINE_DETECTION_ADVICE)
                        .map(str::to_owned),
                });
                self.findings.len() - 1
            }
        };
        if let Some(finding) = self.findings.get_mut(index) {
            finding.severity = finding.severity.max(severity);
            finding.accesses += accesses;
            finding.add_evidence(record);
        }
    }

    /// Ends the summary. `command` is CMD's own exit code, as a shell gives it.
    pub fn finish(mut self, command: u8, fail_on: Option<FailOn>, lost_events: u64) -> Report {
        self.findings
            .sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let reached = fail_on.filter(|fail_on| self.highest >= Some(fail_on.severity));
        let exit = match reached {
            Some(fail_on) if command == 0 => Exit::FailOn(fail_on.code),
            _ => Exit::Command(command),
        };
        Report {
            command_exit_code: command,
            exit_code: exit.code(),
            fail_on: fail_on.map(|fail_on| fail_on.severity),
            fail_on_reached: reached.is_some(),
            highest_severity: self.highest,
            findings: self.findings,
            omitted: self.omitted,
            lost_events,
        }
    }

    /// What this record adds: a `summary` repeats the access of its `first`.
    fn new_accesses(&mut self, record: &Record) -> u64 {
        let count = record
            .int(attr::SCOUTLINE_DETECTION_COUNT)
            .and_then(|count| u64::try_from(count).ok())
            .unwrap_or(1);
        let Some(uid) = record.text(attr::SCOUTLINE_DETECTION_UID) else {
            return count;
        };
        match record.text(attr::SCOUTLINE_DETECTION_PHASE) {
            Some("first") => {
                self.open.insert(uid.to_owned());
                1
            }
            _ if self.open.remove(uid) => count.saturating_sub(1),
            _ => count,
        }
    }
}

impl Finding {
    fn add_evidence(&mut self, record: &Record) {
        for (name, evidence) in [
            (attr::SCOUTLINE_DETECTION_PATHS, &mut self.paths),
            (attr::SCOUTLINE_DETECTION_TOOLS, &mut self.tools),
        ] {
            let Some(Value::Strings(values)) = record.get(name) else {
                continue;
            };
            for value in values {
                if evidence.len() < Summary::MAX_EVIDENCE {
                    evidence.insert(value.to_string());
                } else if !evidence.contains(&**value) {
                    self.evidence_truncated = true;
                }
            }
        }
        let is_truncated = record.get(attr::SCOUTLINE_DETECTION_EVIDENCE_TRUNCATED);
        self.evidence_truncated |= is_truncated == Some(&Value::Bool(true));
    }

    fn evidence(&self) -> impl Iterator<Item = &String> {
        self.paths.iter().chain(&self.tools)
    }
}

impl Report {
    /// How `exec` ends.
    pub fn exit(&self) -> Exit {
        if self.fail_on_reached && self.command_exit_code == 0 {
            Exit::FailOn(self.exit_code)
        } else {
            Exit::Command(self.command_exit_code)
        }
    }

    /// The report as JSON, one object over several lines.
    ///
    /// # Errors
    /// Never for a report that [`Summary::finish`] made; it is what `serde_json` can say.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}

/// The report for people, with ANSI styles.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// As much as a job log wants to see.
        const SHOWN: usize = 50;
        match self.highest_severity {
            None => writeln!(f, "scoutline: nothing detected")?,
            Some(highest) => writeln!(
                f,
                "scoutline: {}, highest severity {highest}",
                Plural(self.findings.len(), "finding")
            )?,
        }
        for finding in self.findings.iter().take(SHOWN) {
            write!(f, "{}", finding)?;
        }
        let hidden = self.findings.len().saturating_sub(SHOWN) as u64 + self.omitted;
        if hidden > 0 {
            writeln!(f, "  and {hidden} more")?;
        }
        if self.lost_events > 0 {
            let lost = self.lost_events;
            writeln!(f, "  {lost} kernel events were lost: there may be more")?;
        }
        match self.fail_on {
            Some(severity) if self.fail_on_reached => writeln!(
                f,
                "scoutline: --fail-on {severity} reached, CMD ended with {}, exit code {}",
                self.command_exit_code, self.exit_code
            ),
            _ if self.command_exit_code != 0 => {
                writeln!(f, "scoutline: CMD ended with {}", self.command_exit_code)
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = severity_style(self.severity);
        writeln!(
            f,
            "  {style}{:<8}{style:#} {} {} {}",
            severity_label(self.severity),
            Safe(&self.recipe),
            Safe(&self.technique_id),
            Safe(&self.technique_name),
        )?;
        write!(
            f,
            "           {}, {}",
            Safe(&self.executable),
            Plural(self.accesses, "access")
        )?;
        let mut evidence = self.evidence();
        let mut separator = ": ";
        for item in evidence.by_ref().take(3) {
            write!(f, "{separator}{}", Safe(item))?;
            separator = ", ";
        }
        if evidence.next().is_some() || self.evidence_truncated {
            f.write_str(", …")?;
        }
        f.write_char('\n')?;
        match &self.advice {
            Some(advice) => writeln!(f, "           {}", Safe(advice)),
            None => Ok(()),
        }
    }
}

/// `1 access`, `2 accesses`.
struct Plural<N>(N, &'static str);

impl<N: fmt::Display + PartialEq + From<u8>> fmt::Display for Plural<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, word) = self;
        let ending = match (*count == N::from(1), word.ends_with('s')) {
            (true, _) => "",
            (false, true) => "es",
            (false, false) => "s",
        };
        write!(f, "{count} {word}{ending}")
    }
}

fn as_word<S: serde::Serializer>(severity: &Severity, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(severity.name())
}

#[expect(clippy::ref_option, reason = "serde passes fields by reference")]
fn as_optional_word<S: serde::Serializer>(
    severity: &Option<Severity>,
    to: S,
) -> Result<S::Ok, S::Error> {
    severity.map(Severity::name).serialize(to)
}

#[cfg(test)]
mod tests {
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
}
