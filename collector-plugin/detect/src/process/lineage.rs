//! Where processes come from: ancestors, sessions, and the tree that the sensor itself started.

use std::sync::Arc;

use scoutline_abi::raw::TaskInfo;

use super::entry::Process;
use super::table::MAX_FORKS;
use super::{Ancestor, Lineage, ProcessId, ProgramId, Table};

/// Lists of ancestors are cut once they are longer than that, so that a process that forks itself on and on leaves no
/// trace without end; then [`Lineage::MAX`] are left, so that this happens seldom.
const LONGEST: usize = 2 * Lineage::MAX;

/// A process above others, and what is above it. All that it forks share it.
#[derive(Debug)]
pub(super) struct Forker {
    ancestor: Ancestor,
    above: Option<Arc<Self>>,
    /// How many there are from here on up.
    len: usize,
}

impl Forker {
    fn new(ancestor: Ancestor, above: Option<Arc<Self>>) -> Arc<Self> {
        let mut above = above;
        if let Some(long) = above.as_ref().filter(|it| it.len >= LONGEST) {
            let near: Vec<_> = long.ancestors().take(Lineage::MAX).cloned().collect();
            above = None;
            for ancestor in near.into_iter().rev() {
                above = Some(Self::new(ancestor, above));
            }
        }
        Arc::new(Self {
            ancestor,
            len: 1 + above.as_ref().map_or(0, |above| above.len),
            above,
        })
    }

    /// Nearest first.
    fn ancestors(&self) -> impl Iterator<Item = &Ancestor> {
        let all = std::iter::successors(Some(self), |it| it.above.as_deref());
        all.map(|it| &it.ancestor)
    }
}

/// What is known of the ancestors of a process.
struct Climbed {
    /// Nearest first, at most [`Lineage::MAX`].
    near: Vec<Ancestor>,
    /// What is above them, if that was known before.
    above: Option<Arc<Forker>>,
    is_complete: bool,
}

impl Table {
    /// Where a process comes from.
    pub(crate) fn lineage(&mut self, id: ProcessId) -> Lineage {
        let climbed = self.climb(id);
        let above = climbed.above.iter().flat_map(|above| above.ancestors());
        let ancestors = climbed.near.iter().chain(above);
        Lineage {
            ancestors: ancestors.take(Lineage::MAX).cloned().collect(),
            is_complete: climbed.is_complete,
        }
    }

    #[cfg(test)]
    pub(super) fn kept_ancestors(&self, id: ProcessId) -> usize {
        let process = self.processes.get(&id);
        let lineage = process.and_then(|process| process.lineage.as_ref());
        lineage.map_or(0, |lineage| lineage.ancestors().count())
    }

    /// Leader of the POSIX session of a process.
    pub(crate) fn leader(&self, id: ProcessId) -> Option<ProcessId> {
        Some(self.processes.get(&id)?.standing.leader)
    }

    /// Root of the tree that a process belongs to, if the sensor started that.
    pub(crate) fn tree(&self, id: ProcessId) -> Option<ProcessId> {
        if !self.has_trees {
            return None;
        }
        let mut at = id;
        for _ in 0..MAX_FORKS {
            let process = self.processes.get(&at)?;
            if process.standing.tree.is_some() {
                return process.standing.tree;
            }
            at = process.parent()?;
        }
        None
    }

    /// A session's number is not given to a process while the session lives, so the newest process of that
    /// number is its leader; children know what their parent knew.
    pub(super) fn find_leader(&self, task: &TaskInfo) -> ProcessId {
        let id = ProcessId::of(task);
        let tgid = task.session_id;
        if tgid == id.tgid {
            return id;
        }
        let relatives = [id, ProcessId::parent_of(task)];
        let known = relatives
            .iter()
            .filter_map(|id| self.processes.get(id))
            .map(|process| process.standing.leader)
            .find(|leader| leader.tgid == tgid && leader.start_ns != 0);
        let start_ns = || match self.processes.newest(tgid) {
            Some(start_ns) if start_ns <= id.start_ns => start_ns,
            _ => 0,
        };
        known.unwrap_or_else(|| ProcessId {
            tgid,
            start_ns: start_ns(),
        })
    }

    /// The same for a process of which something was just heard.
    pub(super) fn find_tree(&mut self, task: &TaskInfo) -> Option<ProcessId> {
        let id = ProcessId::of(task);
        // A child of the sensor's child can make itself the sensor's: it stays in the tree of its forker.
        let is_root = task.parent_tgid == self.sensor_tgid;
        let tree = self.tree(id).or_else(|| is_root.then_some(id));
        self.has_trees |= tree.is_some();
        tree
    }

    /// Keeps the lineage while the ancestors are still there.
    pub(super) fn remember_lineage(&mut self, id: ProcessId) {
        let is_known = |process: &Process| process.lineage.is_some();
        if self.processes.get(&id).is_none_or(is_known) {
            return;
        }
        let Climbed {
            mut near,
            above: mut lineage,
            is_complete,
        } = self.climb(id);
        if !is_complete {
            return;
        }
        if near.len() == 1
            && let Some(parent) = near.pop()
        {
            lineage = Some(self.forker(parent, lineage));
        }
        for ancestor in near.into_iter().rev() {
            lineage = Some(Forker::new(ancestor, lineage));
        }
        if let Some(process) = self.processes.get_mut(&id) {
            process.lineage = lineage;
        }
    }

    /// The parent of a process as its other children have it; `above` is its own lineage.
    fn forker(&mut self, parent: Ancestor, above: Option<Arc<Forker>>) -> Arc<Forker> {
        let Some(process) = self.processes.get_mut(&parent.process) else {
            return Forker::new(parent, above);
        };
        match &process.forker {
            Some(forker) if forker.ancestor == parent => Arc::clone(forker),
            _ => {
                let forker = Forker::new(parent, above);
                process.forker = Some(Arc::clone(&forker));
                forker
            }
        }
    }

    /// Ancestors of a process, and whether all of them are known.
    fn climb(&mut self, id: ProcessId) -> Climbed {
        let mut climbed = Climbed {
            near: Vec::new(),
            above: None,
            is_complete: true,
        };
        let mut at = id;
        while climbed.near.len() < Lineage::MAX {
            let process = self.processes.get(&at);
            if let Some(lineage) = process.and_then(|process| process.lineage.as_ref()) {
                climbed.above = Some(Arc::clone(lineage));
                break;
            }
            let Some(origin) = process.and_then(|process| process.origin) else {
                climbed.is_complete = false;
                break;
            };
            let parent = origin.parent();
            if parent.tgid == 0 {
                break;
            }
            let image = match origin.forked_from() {
                Some(exec_id) => self.image(ProgramId {
                    process: parent,
                    exec_id,
                }),
                None => self.current_image(parent),
            };
            climbed.is_complete &= image.is_some();
            climbed.near.push(Ancestor {
                process: parent,
                executable: image.map(|image| Arc::clone(&image.path)),
            });
            at = parent;
        }
        climbed
    }
}
