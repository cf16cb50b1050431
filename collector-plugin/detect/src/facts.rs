//! What the agent tells the detector once: facts about the host, and how to judge.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::recipe::Environment;
use crate::redact::CommandArgs;
use crate::workload::ci::CiJob;

/// Facts about this host and this run. A recording stores them, so that a replay gives the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Kernel's boot id: with start times of processes it makes identities unique.
    pub boot_id: String,
    /// One run of the sensor: `scoutline.sensor.start_id`.
    pub start_id: String,
    /// Secret of this host with which identities are hashed.
    pub id_key: [u8; 16],
    /// Names by user id; a user without one has no `process.user.name`.
    pub users: BTreeMap<u32, String>,
    /// The host's mounts, with which a path inside a file system becomes one that the host knows.
    pub mounts: Vec<Mount>,
    /// Where this host stands: picks the advice, never the severity.
    pub environment: Environment,
    /// The configuration says so: a CI job on this host does not change it.
    pub is_environment_configured: bool,
    /// The CI job that the sensor itself was started in, for what `exec` starts.
    pub job: Option<CiJob>,
    /// Hashes of what fired before on this host ([`crate::Output::seen`]), oldest first; `None` if nobody remembers.
    pub seen: Option<Vec<u64>>,
    /// The sensor itself, in the initial pid namespace.
    pub sensor_tgid: u32,
    /// Hook that sees opens: `scoutline.hook.name`.
    pub hook_open: String,
    /// Hook that sees executions.
    pub hook_exec: String,
}

/// One line of the host's mount table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Device of the file system as the kernel encodes it: `(major << 20) | minor`.
    pub device: u32,
    /// The directory (or file) of the file system that is mounted, `/` for all of it.
    pub root: String,
    /// Where it is mounted.
    pub mount_point: String,
}

/// Nanoseconds of `CLOCK_BOOTTIME`, the clock of the kernel's records.
pub type BootNanos = u64;

/// How to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// How long accesses are summed up to one detection, nanoseconds. At least 1.
    pub window_ns: u64,
    /// Whose accesses count.
    pub scope: Scope,
    /// How much of command lines is told.
    pub command_args: CommandArgs,
    /// Whether there are traces.
    pub spans: bool,
    /// Whether there is somebody to answer questions.
    pub asks: bool,
}

impl Settings {
    /// Long enough to fold a build's or a scanner's repeats, short enough to be read while it matters.
    pub const DEFAULT_WINDOW_NS: u64 = 60_000_000_000;
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window_ns: Self::DEFAULT_WINDOW_NS,
            scope: Scope::Host,
            command_args: CommandArgs::Redacted,
            spans: true,
            asks: false,
        }
    }
}

/// Whose accesses count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Those of all processes.
    Host,
    /// Those of the processes that the sensor itself starts, and of their descendants.
    Tree,
}

/// Turns the kernel's clock into wall-clock time, as measured when the call is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// What to add to `CLOCK_BOOTTIME` to get nanoseconds since the Unix epoch.
    pub boot_to_unix_ns: i64,
}

impl Clock {
    /// Nanoseconds since the Unix epoch; saturates at both ends.
    pub fn unix(self, boot: BootNanos) -> u64 {
        boot.saturating_add_signed(self.boot_to_unix_ns)
    }
}
