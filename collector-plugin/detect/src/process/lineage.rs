//! Where processes come from: ancestors, sessions, and the tree that the sensor itself started.

use std::sync::Arc;

use scoutline_abi::raw::TaskInfo;

use super::table::MAX_FORKS;
use super::{Ancestor, Lineage, ProcessId, ProgramId, Table};

impl Table {
    /// Where a process comes from.
    pub(crate) fn lineage(&mut self, id: ProcessId) -> Lineage {
        if let Some(ancestors) = self.processes.get(&id).and_then(|p| p.lineage.as_ref()) {
            return Lineage {
                ancestors: Arc::clone(ancestors),
                is_complete: true,
            };
        }
        let mut ancestors = Vec::new();
        let is_complete = self.climb(id, &mut ancestors);
        Lineage {
            ancestors: ancestors.into(),
            is_complete,
        }
    }

    /// Leader of the POSIX session of a process.
    pub(crate) fn leader(&self, id: ProcessId) -> Option<ProcessId> {
        Some(self.processes.get(&id)?.leader)
    }

    /// Root of the tree that a process belongs to, if the sensor started that.
    pub(crate) fn tree(&self, id: ProcessId) -> Option<ProcessId> {
        let mut at = id;
        for _ in 0..MAX_FORKS {
            let process = self.processes.get(&at)?;
            if process.tree.is_some() {
                return process.tree;
            }
            at = process.parent?;
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
            .map(|process| process.leader)
            .find(|leader| leader.tgid == tgid && leader.start_ns != 0);
        let start_ns = || match self.newest.get(&tgid) {
            Some(start_ns) if *start_ns <= id.start_ns => *start_ns,
            _ => 0,
        };
        known.unwrap_or_else(|| ProcessId {
            tgid,
            start_ns: start_ns(),
        })
    }

    pub(super) fn join_tree(&mut self, task: &TaskInfo) {
        let id = ProcessId::of(task);
        // A child of the sensor's child can make itself the sensor's: it stays in the tree of its forker.
        let is_root = task.parent_tgid == self.sensor_tgid;
        let tree = self.tree(id).or_else(|| is_root.then_some(id));
        if let Some(process) = self.processes.get_mut(&id)
            && process.tree.is_none()
        {
            process.tree = tree;
        }
    }

    /// Keeps the lineage while the ancestors are still there.
    pub(super) fn remember_lineage(&mut self, id: ProcessId) {
        let lineage = self.lineage(id);
        if lineage.is_complete
            && let Some(process) = self.processes.get_mut(&id)
        {
            process.lineage = Some(lineage.ancestors);
        }
    }

    /// Ancestors of a process, and whether all of them are known.
    fn climb(&mut self, id: ProcessId, ancestors: &mut Vec<Ancestor>) -> bool {
        let mut at = id;
        let mut is_complete = true;
        while ancestors.len() < Lineage::MAX {
            let Some(process) = self.processes.get(&at) else {
                return false;
            };
            if let Some(known) = &process.lineage {
                let room = Lineage::MAX - ancestors.len();
                ancestors.extend(known.iter().take(room).cloned());
                return is_complete;
            }
            let forked_from = process.forked_from;
            let Some(parent) = process.parent else {
                return false;
            };
            if parent.tgid == 0 {
                return is_complete;
            }
            let image = match forked_from {
                Some(exec_id) => self.image(ProgramId {
                    process: parent,
                    exec_id,
                }),
                None => self.current_image(parent),
            };
            is_complete &= image.is_some();
            ancestors.push(Ancestor {
                process: parent,
                executable: image.map(|image| Arc::clone(&image.path)),
            });
            at = parent;
        }
        is_complete
    }
}
