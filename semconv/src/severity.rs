//! How bad a detection is, as a person says it and as OpenTelemetry numbers it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Severity of a recipe or detection, lowest first.
///
/// On the wire it is three things: the word (`scoutline.detection.severity`), OpenTelemetry's
/// [number](Severity::number) and the coarse [text](Severity::text). FATAL is never used: a detection is
/// not a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth keeping, not worth looking at.
    Informational,
    /// Worth a look when something else happened too.
    Low,
    /// Worth a look.
    Medium,
    /// Worth a look today.
    High,
    /// Worth a look now.
    Critical,
}

impl Severity {
    /// All of them, lowest first.
    pub const ALL: [Self; 5] = [
        Self::Informational,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Critical,
    ];

    /// The word: `informational`, `low`, `medium`, `high` or `critical`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// `severity_number` of the OpenTelemetry log data model: 9, 10, 13, 17 or 18.
    pub const fn number(self) -> u8 {
        match self {
            Self::Informational => 9,
            Self::Low => 10,
            Self::Medium => 13,
            Self::High => 17,
            Self::Critical => 18,
        }
    }

    /// `scoutline.detection.risk_score`, 0 to 100: 5, 21, 47, 73 or 99, as Elastic's detection rules have it.
    pub const fn risk_score(self) -> u8 {
        match self {
            Self::Informational => 5,
            Self::Low => 21,
            Self::Medium => 47,
            Self::High => 73,
            Self::Critical => 99,
        }
    }

    /// `severity_text`: `INFO`, `WARN` or `ERROR`, because log backends know these and no others.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Informational | Self::Low => "INFO",
            Self::Medium => "WARN",
            Self::High | Self::Critical => "ERROR",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that names no severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseSeverityError;

impl fmt::Display for ParseSeverityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected informational, low, medium, high or critical")
    }
}

impl std::error::Error for ParseSeverityError {}

impl FromStr for Severity {
    type Err = ParseSeverityError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.name() == word)
            .ok_or(ParseSeverityError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back_and_numbers_rise() {
        for pair in Severity::ALL.windows(2) {
            assert!(pair[0] < pair[1] && pair[0].number() < pair[1].number());
        }
        for severity in Severity::ALL {
            assert_eq!(severity.name().parse(), Ok(severity));
        }
        assert_eq!("HIGH".parse::<Severity>(), Err(ParseSeverityError));
    }
}
