//! The table of processes and programs: events in any order, twice, or with holes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use scoutline_abi::raw::{ExitEvent, TaskInfo};

use super::session::{Group, Membership};
use super::{Ancestor, Image, ProcessId, ProgramId};
use crate::BootNanos;

/// How long a program is remembered after its end, for opens and forks that are reported late. Short enough
/// that [`CAPACITY`] holds two programs for each of ten thousand processes that come and go in a second.
pub(crate) const GRACE_NS: BootNanos = 3_000_000_000;

/// Programs that are remembered at once. A full table forgets those first that ended first, then those
/// that have been in it for longest; each is counted, and lineages that need it are marked incomplete.
pub(crate) const CAPACITY: usize = 65_536;

/// How far a program is traced through forks without exec; deeper than any honest process tree.
pub(super) const MAX_FORKS: usize = 64;

/// Where the image of a program is known from; a later one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Unknown,
    /// Inherited by fork.
    Fork,
    /// From the scan at start.
    Scan,
    /// From the exec itself.
    Exec,
}

#[derive(Debug)]
struct Program {
    exec_id: u64,
    image: Option<Arc<Image>>,
    source: Source,
    /// Place in the order of arrival.
    arrival: u64,
    /// When the process ended or ran something else.
    over_ns: Option<BootNanos>,
}

#[derive(Debug)]
pub(super) struct Process {
    /// Who forked it, else its parent when first seen; `None` if only its exit was seen.
    pub(super) parent: Option<ProcessId>,
    /// Which program of the parent forked it, if the fork was seen.
    pub(super) forked_from: Option<u64>,
    /// POSIX session leader; start 0 while unknown.
    pub(super) leader: ProcessId,
    /// Root of the tree that the sensor started.
    pub(super) tree: Option<ProcessId>,
    /// The process tree that it is a member of.
    pub(super) group: Option<Group>,
    /// As of the last event.
    pub(super) membership: Membership,
    /// Effective user, as of the last event.
    pub(super) euid: u32,
    ended_ns: Option<BootNanos>,
    /// As wait(2) reports it, once its exit was seen.
    exit_status: Option<u32>,
    /// Ascending by `exec_id`, never empty.
    programs: Vec<Program>,
    /// Once it is complete.
    pub(super) lineage: Option<Arc<[Ancestor]>>,
}

impl Process {
    fn program(&self, exec_id: u64) -> Option<&Program> {
        self.programs
            .iter()
            .find(|program| program.exec_id == exec_id)
    }

    fn program_mut(&mut self, exec_id: u64) -> Option<&mut Program> {
        self.programs
            .iter_mut()
            .find(|program| program.exec_id == exec_id)
    }
}

/// Processes and their programs, live ones and those that ended a moment ago.
#[derive(Debug)]
pub(crate) struct Table {
    pub(super) sensor_tgid: u32,
    capacity: usize,
    pub(super) processes: HashMap<ProcessId, Process>,
    /// Start of the newest process of each pid.
    pub(super) newest: HashMap<u32, BootNanos>,
    /// Every program by arrival.
    arrivals: BTreeMap<u64, ProgramId>,
    next_arrival: u64,
    /// Programs that are over, by their end.
    over: BTreeSet<(BootNanos, ProgramId)>,
    /// The same, until somebody takes note.
    news: Vec<(BootNanos, ProgramId)>,
    evictions: u64,
}

impl Table {
    pub(crate) fn new(sensor_tgid: u32) -> Self {
        Self::with_capacity(sensor_tgid, CAPACITY)
    }

    pub(super) fn with_capacity(sensor_tgid: u32, capacity: usize) -> Self {
        Self {
            sensor_tgid,
            capacity: capacity.max(1),
            processes: HashMap::new(),
            newest: HashMap::new(),
            arrivals: BTreeMap::new(),
            next_arrival: 0,
            over: BTreeSet::new(),
            news: Vec::new(),
            evictions: 0,
        }
    }

    /// An execution. False if it was reported before.
    pub(crate) fn exec(&mut self, task: &TaskInfo, at: BootNanos, image: Image) -> bool {
        self.open(task, at);
        self.set_image(ProgramId::of(task), Source::Exec, || Arc::new(image))
    }

    /// A process of the scan at start. Whatever an event said wins.
    pub(crate) fn scan(&mut self, task: &TaskInfo, at: BootNanos, image: Image) {
        self.meet(task, at);
        self.set_image(ProgramId::of(task), Source::Scan, || Arc::new(image));
        self.remember_lineage(ProcessId::of(task));
    }

    /// A fork: the child runs what `forker` runs, which need not be its parent.
    pub(crate) fn fork(&mut self, task: &TaskInfo, forker: ProcessId, at: BootNanos) {
        self.meet(task, at);
        let id = ProcessId::of(task);
        if let Some(process) = self.processes.get_mut(&id) {
            process.parent = Some(forker);
            process.forked_from = Some(task.exec_id);
            process.lineage = None;
            process.group = None;
        }
        self.join_group(id);
        self.join_tree(task);
        self.image(ProgramId::of(task));
        self.remember_lineage(id);
    }

    /// The process as seen by something that it did.
    pub(crate) fn open(&mut self, task: &TaskInfo, at: BootNanos) {
        self.meet(task, at);
        self.join_tree(task);
        self.remember_lineage(ProcessId::of(task));
    }

    /// The end of a process, perhaps not for the first time.
    pub(crate) fn exit(&mut self, exit: &ExitEvent) {
        let id = ProcessId {
            tgid: exit.tgid,
            start_ns: exit.start_ns,
        };
        self.insert(id, exit.exec_id, exit.header.time_ns);
        self.end(id, exit.header.time_ns);
        if let Some(process) = self.processes.get_mut(&id) {
            process.exit_status.get_or_insert(exit.exit_code);
        }
    }

    /// When a process ended, and what wait(2) says; `None` while it runs or if its exit was not seen.
    pub(crate) fn end_of(&self, id: ProcessId) -> Option<(BootNanos, u32)> {
        let process = self.processes.get(&id)?;
        Some((process.ended_ns?, process.exit_status?))
    }

    /// Whether a process is known and not known to have ended.
    pub(crate) fn is_alive(&self, id: ProcessId) -> bool {
        self.processes
            .get(&id)
            .is_some_and(|process| process.ended_ns.is_none())
    }

    /// The effective user of a process, as of its last event.
    pub(crate) fn user(&self, id: ProcessId) -> Option<u32> {
        self.processes.get(&id).map(|process| process.euid)
    }

    pub(crate) fn parent(&self, id: ProcessId) -> Option<ProcessId> {
        self.processes.get(&id)?.parent
    }

    /// What a program is, `None` if its exec was missed. Never that of another program.
    pub(crate) fn image(&mut self, program: ProgramId) -> Option<Arc<Image>> {
        let mut at = program;
        let mut found = None;
        for _ in 0..MAX_FORKS {
            let process = self.processes.get(&at.process)?;
            if let Some(image) = &process.program(at.exec_id)?.image {
                found = Some(Arc::clone(image));
                break;
            }
            // Only a fork that was seen says that the parent's program of the same number is the same.
            if process.forked_from != Some(at.exec_id) {
                return None;
            }
            at.process = process.parent?;
        }
        let image = found?;
        if at != program {
            self.set_image(program, Source::Fork, || Arc::clone(&image));
        }
        Some(image)
    }

    /// What a process runs now, `None` if that is not known.
    pub(crate) fn current_image(&mut self, id: ProcessId) -> Option<Arc<Image>> {
        let exec_id = self.processes.get(&id)?.programs.last()?.exec_id;
        self.image(ProgramId {
            process: id,
            exec_id,
        })
    }

    /// When a program ended, `None` while it runs or if it is not known.
    pub(crate) fn over_since(&self, program: ProgramId) -> Option<BootNanos> {
        self.processes
            .get(&program.process)?
            .program(program.exec_id)?
            .over_ns
    }

    /// Forgets programs that ended more than [`GRACE_NS`] ago.
    pub(crate) fn expire(&mut self, now: BootNanos) {
        while let Some((over_ns, program)) = self.over.first().copied()
            && over_ns.saturating_add(GRACE_NS) <= now
        {
            self.over.pop_first();
            self.remove(program);
        }
    }

    /// Programs that were found to be over since the last call, with the time of their end.
    pub(crate) fn take_over(&mut self) -> Vec<(BootNanos, ProgramId)> {
        std::mem::take(&mut self.news)
    }

    /// Programs that were forgotten because the table was full.
    pub(crate) fn evictions(&self) -> u64 {
        self.evictions
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.arrivals.len()
    }

    fn meet(&mut self, task: &TaskInfo, at: BootNanos) {
        let id = ProcessId::of(task);
        self.insert(id, task.exec_id, at);
        let leader = self.find_leader(task);
        if let Some(process) = self.processes.get_mut(&id) {
            process.leader = leader;
            process.parent.get_or_insert(ProcessId::parent_of(task));
            process.membership = Membership::of(task);
            process.euid = task.euid;
        }
        self.join_group(id);
    }

    /// Makes sure that process and program are there, and that what they supersede is over.
    fn insert(&mut self, id: ProcessId, exec_id: u64, at: BootNanos) {
        let known = self.processes.get(&id).and_then(|p| p.program(exec_id));
        if known.is_some() {
            return;
        }
        self.make_room();
        let newest = *self.newest.entry(id.tgid).or_insert(id.start_ns);
        let mut ended_ns = None;
        if newest < id.start_ns {
            // The pid has a new owner: the old one is gone, even if its exit was lost.
            self.newest.insert(id.tgid, id.start_ns);
            let old = ProcessId {
                start_ns: newest,
                ..id
            };
            self.end(old, id.start_ns);
        } else if newest > id.start_ns {
            ended_ns = Some(newest);
        }
        let arrival = self.next_arrival;
        self.next_arrival += 1;
        self.arrivals.insert(
            arrival,
            ProgramId {
                process: id,
                exec_id,
            },
        );
        let process = self.processes.entry(id).or_insert_with(|| Process {
            parent: None,
            forked_from: None,
            leader: ProcessId {
                tgid: 0,
                start_ns: 0,
            },
            tree: None,
            group: None,
            membership: Membership::UNKNOWN,
            euid: 0,
            ended_ns,
            exit_status: None,
            programs: Vec::with_capacity(1),
            lineage: None,
        });
        let place = process
            .programs
            .partition_point(|program| program.exec_id < exec_id);
        process.programs.insert(
            place,
            Program {
                exec_id,
                image: None,
                source: Source::Unknown,
                arrival,
                over_ns: None,
            },
        );
        let superseded = process.programs.len() - 1;
        let ended_ns = process.ended_ns;
        self.close(id, superseded, at);
        if let Some(ended_ns) = ended_ns {
            self.close(id, usize::MAX, ended_ns);
        }
    }

    /// Marks the first `count` programs of a process as over.
    fn close(&mut self, id: ProcessId, count: usize, at: BootNanos) {
        let Some(process) = self.processes.get_mut(&id) else {
            return;
        };
        for program in process.programs.iter_mut().take(count) {
            if program.over_ns.is_none() {
                program.over_ns = Some(at);
                let program = ProgramId {
                    process: id,
                    exec_id: program.exec_id,
                };
                self.over.insert((at, program));
                self.news.push((at, program));
            }
        }
    }

    fn end(&mut self, id: ProcessId, at: BootNanos) {
        if let Some(process) = self.processes.get_mut(&id) {
            process.ended_ns.get_or_insert(at);
        }
        self.close(id, usize::MAX, at);
    }

    fn make_room(&mut self) {
        if self.arrivals.len() < self.capacity {
            return;
        }
        let ended = self.over.first().map(|(_, program)| *program);
        let oldest = || self.arrivals.first_key_value().map(|(_, program)| *program);
        if let Some(program) = ended.or_else(oldest) {
            self.remove(program);
            self.evictions += 1;
        }
    }

    fn remove(&mut self, program: ProgramId) {
        let id = program.process;
        let Some(process) = self.processes.get_mut(&id) else {
            return;
        };
        let place = process
            .programs
            .iter()
            .position(|known| known.exec_id == program.exec_id);
        if let Some(place) = place {
            let removed = process.programs.remove(place);
            self.arrivals.remove(&removed.arrival);
            if let Some(over_ns) = removed.over_ns {
                self.over.remove(&(over_ns, program));
            }
        }
        if process.programs.is_empty() {
            self.processes.remove(&id);
            if self.newest.get(&id.tgid) == Some(&id.start_ns) {
                self.newest.remove(&id.tgid);
            }
        }
    }

    /// False if the program has an image from a source at least as good, or is not known.
    fn set_image(
        &mut self,
        id: ProgramId,
        source: Source,
        image: impl FnOnce() -> Arc<Image>,
    ) -> bool {
        let program = self
            .processes
            .get_mut(&id.process)
            .and_then(|process| process.program_mut(id.exec_id));
        match program {
            Some(program) if program.source < source => {
                program.image = Some(image());
                program.source = source;
                true
            }
            _ => false,
        }
    }
}
