//! `scoutline doctor`: what is there, what is missing, what that costs and how to get it, in plain words.
//!
//! A [`Check`] is a plain value: whoever looks at something (loader, exporter, recipes) makes one, and the
//! [`Report`] knows how all of them look and what the process exits with.

mod checks;

use std::fmt;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::exit::Exit;

pub use checks::{
    Capabilities, collector, configuration, hooks, kernel, not_loaded, privileges, recipes,
};

/// How one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Fine,
    /// The sensor works, and sees or sends less.
    Reduced,
    /// The sensor cannot do its work.
    Broken,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at, at most 18 characters.
    pub subject: String,
    /// How it is.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What that costs; nothing if it is fine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
    /// How to get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// What `doctor` exits with because of it, if it is broken.
    #[serde(skip)]
    pub exit: Exit,
}

impl Check {
    /// Something that is as it should be.
    pub fn fine(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            verdict: Verdict::Fine,
            found: found.into(),
            cost: None,
            remedy: None,
            exit: Exit::Fine,
        }
    }

    /// Something without which the sensor sees or sends less.
    pub fn reduced(
        subject: impl Into<String>,
        found: impl Into<String>,
        cost: impl Into<String>,
    ) -> Self {
        Self {
            verdict: Verdict::Reduced,
            cost: Some(cost.into()),
            ..Self::fine(subject, found)
        }
    }

    /// Something without which the sensor cannot do its work; `exit` says which kind of failure that is.
    pub fn broken(
        subject: impl Into<String>,
        found: impl Into<String>,
        cost: impl Into<String>,
        exit: Exit,
    ) -> Self {
        Self {
            verdict: Verdict::Broken,
            exit,
            ..Self::reduced(subject, found, cost)
        }
    }

    /// How to get it.
    #[must_use]
    pub fn remedy(self, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..self
        }
    }
}

/// Everything that was looked at, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The checks.
    pub checks: Vec<Check>,
}

impl Report {
    /// 0 if the sensor works, if with less; else the exit code of the gravest check.
    pub fn exit(&self) -> Exit {
        self.checks
            .iter()
            .filter(|check| check.verdict == Verdict::Broken)
            .fold(Exit::Fine, |exit, check| exit.worse(check.exit))
    }

    /// The report as JSON, one object over several lines.
    ///
    /// # Errors
    /// Never for this type; it is what `serde_json` can say.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}

/// The report for people, with ANSI styles.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIM: Style = Style::new().dimmed();
        const INDENT: usize = COLUMN - 8;
        for check in &self.checks {
            let (style, mark) = match check.verdict {
                Verdict::Fine => (AnsiColor::Green.on_default(), "ok"),
                Verdict::Reduced => (AnsiColor::Yellow.on_default(), "less"),
                Verdict::Broken => (AnsiColor::Red.on_default().bold(), "missing"),
            };
            writeln!(
                f,
                "{style}{mark:<8}{style:#}{:<INDENT$}{}",
                check.subject,
                indented(&check.found)
            )?;
            if let Some(cost) = &check.cost {
                writeln!(f, "{:COLUMN$}{}", "", indented(cost))?;
            }
            if let Some(remedy) = &check.remedy {
                writeln!(f, "{:COLUMN$}{DIM}{}{DIM:#}", "", indented(remedy))?;
            }
        }
        Ok(())
    }
}

/// Where what was found begins.
const COLUMN: usize = 27;

/// Further lines below the first.
fn indented(text: &str) -> String {
    text.replace('\n', &format!("\n{:COLUMN$}", ""))
}

#[cfg(test)]
mod tests;
