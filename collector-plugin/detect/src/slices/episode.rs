//! The life of a process that raised detections.

use std::sync::Arc;

use scoutline_semconv::{Severity, TraceContext, limits};
use serde::{Deserialize, Serialize};

use crate::enrich::Login;
use crate::process::ProcessId;

/// A process that raised detections, in one slice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Episode {
    pub(crate) span_id: [u8; 8],
    pub(crate) program: Program,
    /// Nearest first: the first that is in the slice is the parent of the span.
    pub(crate) ancestors: Vec<ProcessId>,
    pub(crate) raised: Raised,
    /// Where its application says that it belongs to.
    pub(crate) application: Option<Application>,
    /// `None` while it runs.
    pub(crate) end: Option<End>,
}

/// What a process was when it first raised a detection. All texts are fit for the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Program {
    pub(crate) process: ProcessId,
    pub(crate) parent_pid: u32,
    /// `scoutline.process.parent.uid`.
    pub(crate) parent_uid: Option<Arc<str>>,
    /// `scoutline.process.uid`.
    pub(crate) uid: Arc<str>,
    /// Never empty.
    pub(crate) name: Arc<str>,
    pub(crate) path: Option<Arc<str>>,
    pub(crate) args: Vec<Arc<str>>,
    pub(crate) working_directory: Option<Arc<str>>,
    pub(crate) user_id: u32,
    pub(crate) user_name: Option<Arc<str>>,
    /// Executables of its ancestors, nearest first.
    pub(crate) ancestors: Vec<Arc<str>>,
    /// Start of the process, nanoseconds since the Unix epoch; 0 if it is not known.
    pub(crate) start_unix_ns: u64,
}

/// Who opened a session, as far as known when its slice opened.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opener {
    pub(crate) user_id: Option<u32>,
    pub(crate) user_name: Option<Arc<str>>,
    pub(crate) login: Option<Login>,
}

/// What a process raised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Raised {
    pub(crate) detections: u64,
    /// The highest.
    pub(crate) severity: Severity,
    pub(crate) recipes: Vec<Arc<str>>,
    pub(crate) techniques: Vec<Arc<str>>,
}

/// The span of an application, from `TRACEPARENT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Application {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
}

/// The end of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    /// Nanoseconds since the Unix epoch.
    pub(crate) unix_ns: u64,
    /// As a shell has it: 128 and the signal for one that was killed. `None` if it ended unseen.
    pub(crate) code: Option<u8>,
}

impl Raised {
    pub(crate) const NOTHING: Self = Self {
        detections: 0,
        severity: Severity::Informational,
        recipes: Vec::new(),
        techniques: Vec::new(),
    };

    pub(super) fn add(&mut self, other: &Self) {
        self.detections += other.detections;
        self.severity = self.severity.max(other.severity);
        union(&mut self.recipes, &other.recipes);
        union(&mut self.techniques, &other.techniques);
    }
}

fn union(all: &mut Vec<Arc<str>>, more: &[Arc<str>]) {
    for text in more {
        if all.len() < limits::ARRAY_LEN && !all.contains(text) {
            all.push(Arc::clone(text));
        }
    }
}

impl From<TraceContext> for Application {
    fn from(context: TraceContext) -> Self {
        Self {
            trace_id: context.trace_id,
            span_id: context.span_id,
        }
    }
}

impl End {
    /// From what wait(2) says.
    pub(crate) fn of(status: u32, unix_ns: u64) -> Self {
        let signal = status & 0x7f;
        let code = if signal == 0 {
            status >> 8 & 0xff
        } else {
            128 + signal
        };
        Self {
            unix_ns,
            code: u8::try_from(code).ok(),
        }
    }
}
