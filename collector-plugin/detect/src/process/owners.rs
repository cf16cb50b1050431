//! Processes by pid: nearly always a pid has had one owner that matters.

use foldhash::{HashMap, HashMapExt as _};

use super::ProcessId;
use super::entry::Process;
use crate::BootNanos;

/// The processes that are known. Boxed, since a hash map has room for up to twice as many as are in it.
#[derive(Debug)]
pub(super) struct Owners {
    /// The newest known owner of each pid.
    newest: HashMap<u32, Box<Process>>,
    /// Those before them.
    earlier: HashMap<ProcessId, Box<Process>>,
}

impl Owners {
    pub(super) fn new() -> Self {
        Self {
            newest: HashMap::new(),
            earlier: HashMap::new(),
        }
    }

    pub(super) fn get(&self, id: &ProcessId) -> Option<&Process> {
        match self.newest.get(&id.tgid) {
            Some(process) if process.start_ns == id.start_ns => Some(process),
            _ if self.earlier.is_empty() => None,
            _ => self.earlier.get(id).map(|process| &**process),
        }
    }

    pub(super) fn get_mut(&mut self, id: &ProcessId) -> Option<&mut Process> {
        match self.newest.get_mut(&id.tgid) {
            Some(process) if process.start_ns == id.start_ns => Some(process),
            _ => self.earlier.get_mut(id).map(|process| &mut **process),
        }
    }

    /// When the newest known owner of a pid was started.
    pub(super) fn newest(&self, tgid: u32) -> Option<BootNanos> {
        self.newest.get(&tgid).map(|process| process.start_ns)
    }

    /// Adds the process if it is not there, before it is known who is the newest owner of its pid now.
    pub(super) fn insert(&mut self, id: ProcessId, make: impl FnOnce() -> Process) {
        let process = match self.earlier.remove(&id) {
            Some(process) => process,
            None if self.newest(id.tgid) == Some(id.start_ns) => return,
            None => Box::new(make()),
        };
        let older = match self.newest.get_mut(&id.tgid) {
            Some(newest) if newest.start_ns < id.start_ns => std::mem::replace(newest, process),
            Some(_) => process,
            None => {
                self.newest.insert(id.tgid, process);
                return;
            }
        };
        let start_ns = older.start_ns;
        self.earlier.insert(ProcessId { start_ns, ..id }, older);
    }

    pub(super) fn remove(&mut self, id: &ProcessId) {
        if self.newest(id.tgid) == Some(id.start_ns) {
            self.newest.remove(&id.tgid);
        } else {
            self.earlier.remove(id);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ProcessId, &Process)> {
        let newest = self.newest.iter().map(|(tgid, process)| (*tgid, process));
        let earlier = self.earlier.iter().map(|(id, process)| (id.tgid, process));
        newest.chain(earlier).map(|(tgid, process)| {
            let start_ns = process.start_ns;
            (ProcessId { tgid, start_ns }, &**process)
        })
    }
}
