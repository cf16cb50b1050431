//! What is kept of each process. Hosts have tens of thousands of them: what is the same is shared.

use std::num::NonZero;
use std::sync::Arc;

use scoutline_abi::raw::TaskInfo;

use super::lineage::Forker;
use super::session::Standing;
use super::{Image, ProcessId};
use crate::BootNanos;

/// Where the image of a program is known from; a later one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Unknown,
    /// Inherited by fork.
    Fork,
    /// From the scan at start.
    Scan,
    /// From the exec itself.
    Exec,
}

#[derive(Debug)]
pub(super) struct Program {
    pub(super) exec_id: u64,
    pub(super) image: Option<Image>,
    pub(super) source: Source,
    /// Place in the order of arrival.
    pub(super) arrival: u64,
    /// When the process ended or ran something else.
    pub(super) over: Option<Moment>,
}

/// A [`BootNanos`] that is not 0, so that having none takes no room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment(NonZero<BootNanos>);

impl Moment {
    pub(super) fn new(at: BootNanos) -> Self {
        Self(NonZero::new(at).unwrap_or(NonZero::<BootNanos>::MIN))
    }

    pub(super) fn ns(self) -> BootNanos {
        self.0.get()
    }
}

/// Where a process comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    /// Who forked it, else its parent when first seen.
    pub(super) parent: ProcessId,
    /// Which program of the parent forked it, if the fork was seen.
    pub(super) forked_from: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Process {
    /// With the pid that it is found by, its identity.
    pub(super) start_ns: BootNanos,
    /// `None` if only its exit was seen.
    pub(super) origin: Option<Origin>,
    /// As of the last event. That of its parent if it is the same.
    pub(super) standing: Arc<Standing>,
    pub(super) ended: Option<Moment>,
    /// As wait(2) reports it, once its exit was seen.
    pub(super) exit_status: Option<u32>,
    /// Ascending by `exec_id`, never empty.
    pub(super) programs: Vec<Program>,
    /// Its ancestors, once all are known; always `None` if it has none.
    pub(super) lineage: Option<Arc<Forker>>,
    /// It as an ancestor, for the next one that it forks.
    pub(super) forker: Option<Arc<Forker>>,
}

impl Process {
    pub(super) fn parent(&self) -> Option<ProcessId> {
        self.origin.map(|origin| origin.parent)
    }

    pub(super) fn program(&self, exec_id: u64) -> Option<&Program> {
        self.programs
            .iter()
            .find(|program| program.exec_id == exec_id)
    }

    pub(super) fn program_mut(&mut self, exec_id: u64) -> Option<&mut Program> {
        self.programs
            .iter_mut()
            .find(|program| program.exec_id == exec_id)
    }
}

impl Origin {
    pub(super) fn of(task: &TaskInfo) -> Self {
        Self {
            parent: ProcessId::parent_of(task),
            forked_from: None,
        }
    }
}
