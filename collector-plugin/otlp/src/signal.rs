//! What tells the kinds of telemetry apart on their way out.

use std::fmt;

/// A kind of telemetry: each has a service, a URL and a file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Records.
    Logs,
    /// Spans.
    Traces,
    /// Data points.
    Metrics,
}

impl Signal {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Logs, Self::Traces, Self::Metrics];

    /// Name of the file in its directory: one signal a file, as the OTLP file exporter has it.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Logs => "logs.jsonl",
            Self::Traces => "traces.jsonl",
            Self::Metrics => "metrics.jsonl",
        }
    }

    /// What is appended to the base URL of a receiver.
    pub(crate) const fn http_path(self) -> &'static str {
        match self {
            Self::Logs => "/v1/logs",
            Self::Traces => "/v1/traces",
            Self::Metrics => "/v1/metrics",
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Logs => "logs",
            Self::Traces => "traces",
            Self::Metrics => "metrics",
        })
    }
}
