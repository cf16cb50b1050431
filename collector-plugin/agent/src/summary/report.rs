//! The finished summary: as JSON for programs, as text for people.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use scoutline_semconv::Severity;
use serde::Serialize;

use crate::console::{severity_label, severity_style};
use crate::exit::Exit;
use crate::terminal::Safe;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// `security_rule.name`.
    pub recipe: String,
    /// Highest that was seen.
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
    /// Evidence: paths, at most [`super::Summary::MAX_EVIDENCE`].
    pub paths: BTreeSet<String>,
    /// Evidence: tools, at most [`super::Summary::MAX_EVIDENCE`].
    pub tools: BTreeSet<String>,
    /// There was more evidence than fits.
    pub evidence_truncated: bool,
    /// What to do.
    pub advice: Option<String>,
}

/// The finished summary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Exit code of CMD, as a shell gives it.
    pub command_exit_code: u8,
    /// Exit code of `scoutline exec`.
    pub exit_code: u8,
    /// `--fail-on`.
    pub fail_on: Option<Severity>,
    /// Whether a detection was at least that severe.
    pub fail_on_reached: bool,
    /// Of all detections.
    pub highest_severity: Option<Severity>,
    /// Most severe first, then as they came.
    pub findings: Vec<Finding>,
    /// Detections that are in no finding, because there are too many.
    pub omitted: u64,
    /// Kernel events that were lost: the findings may be incomplete.
    pub lost_events: u64,
}

impl Finding {
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
    /// Never for a report that [`super::Summary::finish`] made; it is what `serde_json` can say.
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
