//! From an access that fits a recipe to what a person gets to see.

use std::sync::{Arc, OnceLock};

use scoutline_abi::raw::TaskInfo;
use scoutline_semconv::values::DetectionKind;
use scoutline_semconv::{Severity, TraceContext};

use crate::process::{Image, Lineage, Place, ProcessId, Session};
use crate::recipe::Recipe;
use crate::sessions::SessionFacts;

/// Who made an access, as it was then.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) task: TaskInfo,
    /// Start of the process, nanoseconds since the Unix epoch.
    pub(crate) created_unix_ns: u64,
    /// `None` if its exec was missed.
    pub(crate) image: Option<Image>,
    pub(crate) lineage: Lineage,
    /// What the parent runs.
    pub(crate) parent_executable: Option<Arc<str>>,
    /// Leader of the POSIX session.
    pub(crate) leader: ProcessId,
    pub(crate) session: Session,
    /// Its identity.
    pub(crate) session_uid: Arc<str>,
    /// The process at its root.
    pub(crate) root: Root,
    /// Its cgroup, if that is known.
    pub(crate) place: Option<Arc<Place>>,
    /// What the agent found out, once it did.
    pub(crate) learned: OnceLock<Learned>,
}

/// The process at the root of a session.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    pub(crate) process: ProcessId,
    pub(crate) image: Option<Image>,
    /// Who the session belongs to: who logged in, else who the root runs as, as far as known.
    pub(crate) user: Option<u32>,
    /// `None` if the root was never seen.
    pub(crate) parent: Option<ProcessId>,
}

/// What the agent found out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Learned {
    pub(crate) sha256: Option<Arc<str>>,
    /// Where the application of the process says that it belongs to.
    pub(crate) application: Option<TraceContext>,
    pub(crate) session: Arc<SessionFacts>,
}

impl Subject {
    /// Path of the executable, empty if it is not known.
    pub(crate) fn executable(&self) -> &str {
        self.image.as_ref().map_or("", |image| &image.path)
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// A file was opened.
    Open(OpenedFile),
    /// A program was executed.
    Exec,
}

impl Deed {
    /// `scoutline.detection.kind`.
    pub(crate) const fn kind(self) -> DetectionKind {
        match self {
            Self::Open(_) => DetectionKind::FileAccess,
            Self::Exec => DetectionKind::Execution,
        }
    }
}

/// How and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenedFile {
    pub(crate) inode: u64,
    pub(crate) open_flags: u32,
    pub(crate) reads: bool,
    pub(crate) is_directory: bool,
}

/// An access that fits a recipe.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) recipe: Arc<Recipe>,
    pub(crate) severity: Severity,
    pub(crate) deed: Deed,
    /// The path, or the name of the tool.
    pub(crate) evidence: Arc<str>,
    pub(crate) subject: Arc<Subject>,
}

/// When, on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) boot_ns: crate::BootNanos,
    pub(crate) unix_ns: u64,
}

/// Which of the two records of a detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The first access, at once.
    First,
    /// All of them, when the window closes.
    Summary {
        /// How long the window was open.
        open_ns: u64,
    },
}

/// The accesses of one executable in one session that fit one recipe in one window.
#[derive(Clone, Debug)]
pub(crate) struct Detection {
    pub(crate) phase: Phase,
    pub(crate) uid: Arc<str>,
    /// The first access: its process is the subject of both records.
    pub(crate) first: Arc<Access>,
    /// The highest.
    pub(crate) severity: Severity,
    /// Accesses.
    pub(crate) count: u64,
    pub(crate) process_count: usize,
    pub(crate) first_at: Moment,
    pub(crate) last_at: Moment,
    /// Distinct paths or tools, in the order of their appearance.
    pub(crate) evidence: Vec<Arc<str>>,
    /// There were more.
    pub(crate) is_evidence_truncated: bool,
}
