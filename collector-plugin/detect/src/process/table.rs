//! The table of processes and programs: events in any order, twice, or with holes.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use scoutline_abi::raw::{ExitEvent, TaskInfo};

use super::entry::{Moment, Origin, Process, Program, Source};
use super::owners::Owners;
use super::session::{Membership, Standing};
use super::{Image, ProcessId, ProgramId};
use crate::BootNanos;

/// How long a program is remembered after its end, for opens and forks that are reported late. Short enough
/// that [`CAPACITY`] holds two programs for each of ten thousand processes that come and go in a second.
pub(crate) const GRACE_NS: BootNanos = 3_000_000_000;

/// Programs that are remembered at once. A full table forgets those first that ended first, then those
/// that have been in it for longest; each is counted, and lineages that need it are marked incomplete.
pub(crate) const CAPACITY: usize = 65_536;

/// Programs that are looked out at a time when the table is full of live ones: looking is slow, and so made rare.
const EVICTED_AT_ONCE: usize = 1024;

/// How far a program is traced through forks without exec; deeper than any honest process tree.
pub(super) const MAX_FORKS: usize = 64;

/// Which programs of a process are over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Closing {
    /// All but the newest.
    Earlier,
    All,
}

/// Processes and their programs, live ones and those that ended a moment ago.
#[derive(Debug)]
pub(crate) struct Table {
    pub(super) sensor_tgid: u32,
    capacity: usize,
    pub(super) processes: Owners,
    /// Of a process of which only the end was seen.
    unknown: Arc<Standing>,
    /// Whether the sensor has started anything.
    pub(super) has_trees: bool,
    /// How many there are.
    programs: usize,
    next_arrival: u64,
    /// The programs that had been there for longest when that was last looked for, by arrival.
    oldest: VecDeque<(u64, ProgramId)>,
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
            processes: Owners::new(),
            unknown: Arc::new(Standing::UNKNOWN),
            has_trees: false,
            programs: 0,
            next_arrival: 0,
            oldest: VecDeque::new(),
            over: BTreeSet::new(),
            news: Vec::new(),
            evictions: 0,
        }
    }

    /// An execution. False if it was reported before.
    pub(crate) fn exec(&mut self, task: &TaskInfo, at: BootNanos, image: Image) -> bool {
        self.open(task, at);
        self.set_image(ProgramId::of(task), Source::Exec, image)
    }

    /// A process of the scan at start. Whatever an event said wins.
    pub(crate) fn scan(&mut self, task: &TaskInfo, at: BootNanos, image: Image) {
        let id = ProcessId::of(task);
        self.insert(id, task.exec_id, at);
        let tree = self.processes.get(&id).and_then(|it| it.standing.tree);
        self.meet(task, tree);
        self.set_image(ProgramId::of(task), Source::Scan, image);
        self.remember_lineage(id);
    }

    /// A fork: the child runs what `forker` runs, which need not be its parent.
    pub(crate) fn fork(&mut self, task: &TaskInfo, forker: ProcessId, at: BootNanos) {
        let id = ProcessId::of(task);
        self.insert(id, task.exec_id, at);
        if let Some(process) = self.processes.get_mut(&id) {
            process.origin = Some(Origin::fork(forker, task.exec_id));
            process.lineage = None;
            process.forker = None;
            if process.standing.group.is_some() {
                Arc::make_mut(&mut process.standing).group = None;
            }
        }
        let tree = self.find_tree(task);
        self.meet(task, tree);
        self.image(ProgramId::of(task));
        self.remember_lineage(id);
    }

    /// The process as seen by something that it did.
    pub(crate) fn open(&mut self, task: &TaskInfo, at: BootNanos) {
        let id = ProcessId::of(task);
        self.insert(id, task.exec_id, at);
        if let Some(process) = self.processes.get_mut(&id) {
            process.origin.get_or_insert_with(|| Origin::of(task));
        }
        let tree = self.find_tree(task);
        self.meet(task, tree);
        self.remember_lineage(id);
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
            process.exit(exit.exit_code);
        }
    }

    /// When a process ended, and what wait(2) says; `None` while it runs or if its exit was not seen.
    pub(crate) fn end_of(&self, id: ProcessId) -> Option<(BootNanos, u32)> {
        let process = self.processes.get(&id)?;
        Some((process.ended()?.ns(), process.exit_status()?))
    }

    /// Whether a process is known and not known to have ended.
    pub(crate) fn is_alive(&self, id: ProcessId) -> bool {
        self.processes
            .get(&id)
            .is_some_and(|process| process.ended().is_none())
    }

    /// The effective user of a process, as of its last event.
    pub(crate) fn user(&self, id: ProcessId) -> Option<u32> {
        self.processes.get(&id).map(|process| process.standing.euid)
    }

    pub(crate) fn parent(&self, id: ProcessId) -> Option<ProcessId> {
        self.processes.get(&id)?.parent()
    }

    /// What a program is, `None` if its exec was missed. Never that of another program.
    pub(crate) fn image(&mut self, program: ProgramId) -> Option<Image> {
        let mut at = program;
        let mut found = None;
        for _ in 0..MAX_FORKS {
            let process = self.processes.get(&at.process)?;
            if let Some(image) = &process.program(at.exec_id)?.image {
                found = Some(image.clone());
                break;
            }
            // Only a fork that was seen says that the parent's program of the same number is the same.
            let origin = process.origin?;
            if origin.forked_from() != Some(at.exec_id) {
                return None;
            }
            at.process = origin.parent();
        }
        let image = found?;
        if at != program {
            self.set_image(program, Source::Fork, image.clone());
        }
        Some(image)
    }

    /// What a process runs now, `None` if that is not known.
    pub(crate) fn current_image(&mut self, id: ProcessId) -> Option<Image> {
        let exec_id = self.processes.get(&id)?.newest().exec_id;
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
            .over
            .map(Moment::ns)
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
        self.programs
    }

    /// Takes note of where a process belongs, and of who its parent is if nothing better is known.
    fn meet(&mut self, task: &TaskInfo, tree: Option<ProcessId>) {
        let id = ProcessId::of(task);
        let leader = self.find_leader(task);
        let Some(process) = self.processes.get_mut(&id) else {
            return;
        };
        let origin = *process.origin.get_or_insert_with(|| Origin::of(task));
        let standing = Standing {
            leader,
            tree,
            group: process.standing.group,
            membership: Membership::of(task),
            euid: task.euid,
        };
        if *process.standing != standing {
            process.standing = Arc::new(standing);
        }
        self.join_group(id);
        // Nearly all processes have all of it in common with their parents.
        let above = self.processes.get(&origin.parent());
        let above = above.map(|parent| Arc::clone(&parent.standing));
        if let (Some(process), Some(above)) = (self.processes.get_mut(&id), above)
            && *process.standing == *above
        {
            process.standing = above;
        }
    }

    /// Makes sure that process and program are there, and that what they supersede is over.
    fn insert(&mut self, id: ProcessId, exec_id: u64, at: BootNanos) {
        let known = self.processes.get(&id).and_then(|p| p.program(exec_id));
        if known.is_some() {
            return;
        }
        self.make_room();
        let program = Program::new(exec_id, self.next_arrival);
        self.next_arrival += 1;
        self.programs += 1;
        let Some(process) = self.processes.get_mut(&id) else {
            self.insert_process(id, program);
            return;
        };
        process.add(program);
        let ended = process.ended();
        self.close(id, Closing::Earlier, Moment::new(at));
        if let Some(ended) = ended {
            self.close(id, Closing::All, ended);
        }
    }

    fn insert_process(&mut self, id: ProcessId, program: Program) {
        let newest = self.processes.newest(id.tgid).unwrap_or(id.start_ns);
        let standing = &self.unknown;
        self.processes
            .insert(id, || Process::new(id, program, Arc::clone(standing)));
        // The pid has a new owner: the old one is gone, even if its exit was lost.
        if newest < id.start_ns {
            let start_ns = newest;
            self.end(ProcessId { start_ns, ..id }, id.start_ns);
        } else if newest > id.start_ns {
            self.end(id, newest);
        }
    }

    /// Marks programs of a process as over.
    fn close(&mut self, id: ProcessId, closing: Closing, at: Moment) {
        let Some(process) = self.processes.get_mut(&id) else {
            return;
        };
        let newest = process.newest().exec_id;
        for program in process.programs_mut() {
            let is_closing = closing == Closing::All || program.exec_id != newest;
            if is_closing && program.over.is_none() {
                program.over = Some(at);
                let program = ProgramId {
                    process: id,
                    exec_id: program.exec_id,
                };
                self.over.insert((at.ns(), program));
                self.news.push((at.ns(), program));
            }
        }
    }

    fn end(&mut self, id: ProcessId, at: BootNanos) {
        let at = Moment::new(at);
        if let Some(process) = self.processes.get_mut(&id) {
            process.end(at);
        }
        self.close(id, Closing::All, at);
    }

    fn make_room(&mut self) {
        if self.programs < self.capacity {
            return;
        }
        let ended = self.over.first().map(|(_, program)| *program);
        if let Some(program) = ended.or_else(|| self.find_oldest()) {
            self.remove(program);
            self.evictions += 1;
        }
    }

    /// The program that has been here for longest.
    fn find_oldest(&mut self) -> Option<ProgramId> {
        loop {
            while let Some((arrival, id)) = self.oldest.pop_front() {
                let process = self.processes.get(&id.process);
                let program = process.and_then(|process| process.program(id.exec_id));
                if program.is_some_and(|program| program.arrival == arrival) {
                    return Some(id);
                }
            }
            let mut all: Vec<_> = self.arrivals().collect();
            if all.len() > EVICTED_AT_ONCE {
                all.select_nth_unstable(EVICTED_AT_ONCE);
                all.truncate(EVICTED_AT_ONCE);
            }
            all.sort_unstable();
            if all.is_empty() {
                return None;
            }
            self.oldest = all.into();
        }
    }

    fn arrivals(&self) -> impl Iterator<Item = (u64, ProgramId)> {
        self.processes.iter().flat_map(|(id, process)| {
            process.programs().map(move |program| {
                let id = ProgramId {
                    process: id,
                    exec_id: program.exec_id,
                };
                (program.arrival, id)
            })
        })
    }

    fn remove(&mut self, program: ProgramId) {
        let id = program.process;
        let Some(process) = self.processes.get_mut(&id) else {
            return;
        };
        let Some(known) = process.program(program.exec_id) else {
            return;
        };
        if let Some(over) = known.over {
            self.over.remove(&(over.ns(), program));
        }
        self.programs -= 1;
        if !process.forget(program.exec_id) {
            self.processes.remove(&id);
        }
    }

    /// False if the program has an image from a source at least as good, or is not known.
    fn set_image(&mut self, id: ProgramId, source: Source, image: Image) -> bool {
        let program = self
            .processes
            .get_mut(&id.process)
            .and_then(|process| process.program_mut(id.exec_id));
        match program {
            Some(program) if program.source < source => {
                program.image = Some(image);
                program.source = source;
                true
            }
            _ => false,
        }
    }
}
