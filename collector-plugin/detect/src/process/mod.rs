//! Who: processes, the programs they run one after another, and where they come from.

mod cgroups;
mod entry;
mod image;
mod lineage;
mod owners;
mod session;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use scoutline_abi::raw::TaskInfo;

pub(crate) use cgroups::{CgroupIds, Cgroups, Place};
#[cfg(test)]
pub(crate) use image::ExecutedFile;
pub(crate) use image::{Image, Images};
pub(crate) use session::Session;
pub(crate) use table::Table;

use crate::BootNanos;

/// One process. Exact between events: pids are reused, a pid with its start time is not.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub(crate) struct ProcessId {
    pub(crate) tgid: u32,
    pub(crate) start_ns: BootNanos,
}

impl ProcessId {
    pub(crate) fn of(task: &TaskInfo) -> Self {
        Self {
            tgid: task.tgid,
            start_ns: task.start_ns,
        }
    }

    pub(crate) fn parent_of(task: &TaskInfo) -> Self {
        Self {
            tgid: task.parent_tgid,
            start_ns: task.parent_start_ns,
        }
    }
}

/// One program in one process: an exec makes the next one, a fork hands it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ProgramId {
    pub(crate) process: ProcessId,
    pub(crate) exec_id: u64,
}

impl ProgramId {
    pub(crate) fn of(task: &TaskInfo) -> Self {
        Self {
            process: ProcessId::of(task),
            exec_id: task.exec_id,
        }
    }
}

/// A process above another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ancestor {
    pub(crate) process: ProcessId,
    /// What it ran when it forked, as far as known.
    pub(crate) executable: Option<Arc<str>>,
}

/// Where a process comes from: who forked whom, also when those are long gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lineage {
    /// Nearest first, at most [`Lineage::MAX`].
    pub(crate) ancestors: Arc<[Ancestor]>,
    /// Nothing in it was missed or forgotten.
    pub(crate) is_complete: bool,
}

impl Lineage {
    /// As many as one record can carry.
    pub(crate) const MAX: usize = scoutline_semconv::limits::ARRAY_LEN;
}
