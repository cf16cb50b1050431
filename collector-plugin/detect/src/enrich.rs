//! What the detector cannot know by itself: it asks, and the agent may answer.
//!
//! A question is asked once for each program that raises a detection. Its records wait for the answer for at most
//! [`PATIENCE_NS`]; what is not known by then is left out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::BootNanos;
use crate::process::ProcessId;

/// Longest that a record waits for an answer.
pub const PATIENCE_NS: u64 = 100_000_000;

/// A process, by what cannot be reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pid {
    /// In the initial pid namespace.
    pub pid: u32,
    /// Start of the process since boot; 0 if it is not known.
    pub start_ns: BootNanos,
}

impl From<ProcessId> for Pid {
    fn from(id: ProcessId) -> Self {
        Self {
            pid: id.tgid,
            start_ns: id.start_ns,
        }
    }
}

/// The file that a program was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executable {
    /// As the sensor's host would name it.
    pub path: String,
    /// Device of its file system: `(major << 20) | minor`.
    pub device: u32,
    /// Inode number.
    pub inode: u64,
}

/// What the detector would like to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// To be repeated in the [`Answer`].
    pub ticket: u64,
    /// The process that raised a detection; it may be gone.
    pub process: Pid,
    /// What it runs, `None` if that is not known.
    pub executable: Option<Executable>,
    /// About its session, if that is not known yet.
    pub session: Option<SessionQuestion>,
}

/// What the detector would like to know of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionQuestion {
    /// Root of the session.
    pub root: Pid,
    /// Ancestors of the process below the root, topmost first, then the process itself.
    pub below: Vec<Pid>,
    /// Number of the audit session, which is also the name of logind's.
    pub login: Option<u32>,
}

/// What the agent found out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Of the [`Question`].
    pub ticket: u64,
    /// SHA-256 of the executable, lower-case hex.
    pub sha256: Option<String>,
    /// The process's `TRACEPARENT`, as it is.
    pub traceparent: Option<String>,
    /// About the session, if that was asked.
    pub session: Option<SessionAnswer>,
}

/// What the agent found out about a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionAnswer {
    /// Variables of a CI job, only those of [`crate::workload::ci::CI_VARIABLES`].
    pub variables: BTreeMap<String, String>,
    /// They are those of the session's root, which nothing in the session has started.
    pub are_of_root: bool,
    /// Where somebody logged in from.
    pub login: Option<Login>,
}

/// How somebody logged in, as logind or utmp know it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The remote host, by address or name.
    pub host: Option<String>,
    /// The terminal, `pts/3`.
    pub tty: Option<String>,
    /// What let them in, `sshd`.
    pub service: Option<String>,
}
