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

/// One program in a process.
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

impl Program {
    /// One of which nothing is known yet.
    pub(super) fn new(exec_id: u64, arrival: u64) -> Self {
        Self {
            exec_id,
            image: None,
            source: Source::Unknown,
            arrival,
            over: None,
        }
    }
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

/// Where a process comes from. Not made of what it is made of elsewhere, which would leave gaps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    parent_start_ns: BootNanos,
    parent_tgid: u32,
    is_fork: bool,
    exec_id: u64,
}

impl Origin {
    /// Of a process of which the fork was not seen.
    pub(super) fn of(task: &TaskInfo) -> Self {
        Self {
            parent_start_ns: task.parent_start_ns,
            parent_tgid: task.parent_tgid,
            is_fork: false,
            exec_id: 0,
        }
    }

    pub(super) fn fork(forker: ProcessId, exec_id: u64) -> Self {
        Self {
            parent_start_ns: forker.start_ns,
            parent_tgid: forker.tgid,
            is_fork: true,
            exec_id,
        }
    }

    /// Who forked it, else its parent when first seen.
    pub(super) fn parent(&self) -> ProcessId {
        ProcessId {
            tgid: self.parent_tgid,
            start_ns: self.parent_start_ns,
        }
    }

    /// Which program of the parent forked it, if the fork was seen.
    pub(super) fn forked_from(&self) -> Option<u64> {
        self.is_fork.then_some(self.exec_id)
    }
}

/// As many as are alive are kept, so that every word counts: few have a [`Past`].
#[derive(Debug)]
pub(super) struct Process {
    /// With the pid that it is found by, its identity.
    pub(super) start_ns: BootNanos,
    /// `None` if only its exit was seen.
    pub(super) origin: Option<Origin>,
    /// As of the last event. That of its parent if it is the same.
    pub(super) standing: Arc<Standing>,
    /// The one with the highest `exec_id`.
    newest: Program,
    past: Option<Box<Past>>,
    /// Its ancestors, once all are known; always `None` if it has none.
    pub(super) lineage: Option<Arc<Forker>>,
    /// It as an ancestor, for the next one that it forks.
    pub(super) forker: Option<Arc<Forker>>,
}

// With what the heap adds, 128 bytes.
const _: () = assert!(size_of::<Process>() <= 120);

/// What only those processes have that executed or ended a moment ago.
#[derive(Debug, Default)]
struct Past {
    /// Programs before the newest, ascending by `exec_id`.
    programs: Vec<Program>,
    ended: Option<Moment>,
    /// As wait(2) reports it, once its exit was seen.
    exit_status: Option<u32>,
}

impl Process {
    pub(super) fn new(id: ProcessId, program: Program, standing: Arc<Standing>) -> Self {
        Self {
            start_ns: id.start_ns,
            origin: None,
            standing,
            newest: program,
            past: None,
            lineage: None,
            forker: None,
        }
    }

    pub(super) fn parent(&self) -> Option<ProcessId> {
        self.origin.map(|origin| origin.parent())
    }

    pub(super) fn ended(&self) -> Option<Moment> {
        self.past.as_ref()?.ended
    }

    pub(super) fn exit_status(&self) -> Option<u32> {
        self.past.as_ref()?.exit_status
    }

    /// The first one to say so is right.
    pub(super) fn end(&mut self, at: Moment) {
        self.past().ended.get_or_insert(at);
    }

    /// The same.
    pub(super) fn exit(&mut self, status: u32) {
        self.past().exit_status.get_or_insert(status);
    }

    /// What it runs, or ran at its end.
    pub(super) fn newest(&self) -> &Program {
        &self.newest
    }

    /// All programs, ascending by `exec_id`.
    pub(super) fn programs(&self) -> impl Iterator<Item = &Program> {
        let earlier = self.past.iter().flat_map(|past| &past.programs);
        earlier.chain([&self.newest])
    }

    pub(super) fn programs_mut(&mut self) -> impl Iterator<Item = &mut Program> {
        let earlier = self.past.iter_mut().flat_map(|past| &mut past.programs);
        earlier.chain([&mut self.newest])
    }

    pub(super) fn program(&self, exec_id: u64) -> Option<&Program> {
        if self.newest.exec_id == exec_id {
            return Some(&self.newest);
        }
        let mut programs = self.past.as_ref()?.programs.iter();
        programs.find(|program| program.exec_id == exec_id)
    }

    pub(super) fn program_mut(&mut self, exec_id: u64) -> Option<&mut Program> {
        if self.newest.exec_id == exec_id {
            return Some(&mut self.newest);
        }
        let mut programs = self.past.as_mut()?.programs.iter_mut();
        programs.find(|program| program.exec_id == exec_id)
    }

    /// One that is not there yet.
    pub(super) fn add(&mut self, program: Program) {
        let mut program = program;
        if program.exec_id > self.newest.exec_id {
            std::mem::swap(&mut program, &mut self.newest);
        }
        let earlier = &mut self.past().programs;
        let place = earlier.partition_point(|known| known.exec_id < program.exec_id);
        // Nearly always the only one.
        earlier.reserve_exact(1);
        earlier.insert(place, program);
    }

    /// Forgets a program; false if it is the only one.
    pub(super) fn forget(&mut self, exec_id: u64) -> bool {
        let Some(past) = &mut self.past else {
            return false;
        };
        if self.newest.exec_id == exec_id {
            let Some(program) = past.programs.pop() else {
                return false;
            };
            self.newest = program;
        } else {
            past.programs.retain(|program| program.exec_id != exec_id);
        }
        if past.programs.is_empty() {
            past.programs = Vec::new();
            self.past.take_if(|past| past.ended.is_none());
        }
        true
    }

    fn past(&mut self) -> &mut Past {
        self.past.get_or_insert_default()
    }
}
