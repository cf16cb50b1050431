//! What `exec` says when CMD has ended.

mod report;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};

use scoutline_semconv::{Record, Severity, Value, attr};

use crate::exit::Exit;
pub use report::{Finding, Report};

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

/// What `--fail-on` and `--fail-exit-code` ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailOn {
    /// From this severity on.
    pub severity: Severity,
    /// Exit code then.
    pub code: u8,
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
}
