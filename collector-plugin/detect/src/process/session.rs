//! Sessions: what an analyst would call one thing that somebody did.
//!
//! | session | known by |
//! |---|---|
//! | what `exec` started | being a descendant of the sensor's child |
//! | a container | its id in the cgroup's path, unless a user could have made it up |
//! | a login, a cron run | the audit session that PAM made; only a privileged process can leave it |
//! | a unit of systemd | the cgroup's path |
//! | a process tree | the topmost POSIX session that a daemon started, else the daemon |
//!
//! The first line that fits counts. A process tree is handed on by fork, so that neither a second fork nor a
//! parent that ended takes a process out of it; `setsid` begins a new one only below a daemon, which serves many.

use std::sync::Arc;

use scoutline_abi::raw::TaskInfo;
use scoutline_semconv::values::SessionKind;

use super::entry::Process;
use super::table::MAX_FORKS;
use super::{CgroupIds, Cgroups, ProcessId, Table};

/// Audit's number for "none".
const NOBODY: u32 = u32::MAX;

/// Numbers of the first process and of what is above it: parents that say nothing.
const LAST_INIT: u32 = 2;

/// The process tree that detections are grouped by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Session {
    /// What the sensor itself started.
    Exec(ProcessId),
    /// A container, by its id.
    Container(Arc<str>),
    /// A login, by the number of its audit session.
    Login(u32),
    /// A unit of systemd, by its cgroup's path.
    Unit(Arc<str>),
    /// A process tree, by its root.
    Processes(ProcessId),
}

/// What decides on a process's session, besides its ancestors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    pub(super) cgroups: CgroupIds,
    pub(super) audit_session: u32,
}

impl Session {
    /// `scoutline.session.kind`.
    pub(crate) fn kind(&self) -> SessionKind {
        match self {
            Self::Exec(_) => SessionKind::Exec,
            Self::Container(_) => SessionKind::Container,
            Self::Login(_) => SessionKind::Login,
            Self::Unit(path) if is_login(path) => SessionKind::Login,
            Self::Unit(_) => SessionKind::Service,
            Self::Processes(_) => SessionKind::ProcessTree,
        }
    }
}

/// Of logind, on a kernel without audit.
fn is_login(unit: &str) -> bool {
    let name = unit.rsplit('/').next().unwrap_or(unit);
    name.starts_with("session-") && name.ends_with(".scope")
}

impl Membership {
    const UNKNOWN: Self = Self {
        cgroups: CgroupIds::UNKNOWN,
        audit_session: NOBODY,
    };

    pub(super) fn of(task: &TaskInfo) -> Self {
        Self {
            cgroups: CgroupIds::of(task),
            audit_session: task.audit_session,
        }
    }
}

/// What a process has in common with those around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// POSIX session leader; start 0 while unknown.
    pub(super) leader: ProcessId,
    /// Root of the tree that the sensor started.
    pub(super) tree: Option<ProcessId>,
    /// The process tree that it is a member of.
    pub(super) group: Option<Group>,
    pub(super) membership: Membership,
    /// Effective user.
    pub(super) euid: u32,
}

impl Standing {
    /// Of a process of which only the end was seen.
    pub(super) const UNKNOWN: Self = Self {
        leader: ProcessId {
            tgid: 0,
            start_ns: 0,
        },
        tree: None,
        group: None,
        membership: Membership::UNKNOWN,
        euid: 0,
    };
}

/// Root of a process tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) root: ProcessId,
    /// The root is a child of init: what it starts with `setsid` is a tree of its own.
    pub(super) is_daemon: bool,
    /// Parent or leader are not known, or not yet: the scan at start tells of processes by their number, which may be
    /// below that of their parent.
    is_guess: bool,
}

impl Table {
    /// The session of a process, where the host as a whole is watched.
    pub(crate) fn session(&self, task: &TaskInfo, cgroups: &Cgroups) -> Session {
        let id = ProcessId::of(task);
        let group = self.processes.get(&id).and_then(|it| it.standing.group);
        session(
            Membership::of(task),
            group.map_or(id, |group| group.root),
            cgroups,
        )
    }

    /// The topmost process of a session above `id`, `id` included, as far as known.
    pub(crate) fn session_root(
        &self,
        wanted: &Session,
        id: ProcessId,
        cgroups: &Cgroups,
    ) -> ProcessId {
        if let Session::Exec(root) | Session::Processes(root) = wanted {
            return *root;
        }
        let mut root = id;
        for _ in 0..MAX_FORKS {
            let Some(parent) = self.processes.get(&root).and_then(|it| it.parent()) else {
                break;
            };
            let is_in_it = self
                .processes
                .get(&parent)
                .is_some_and(|process| process.session(parent, cgroups) == *wanted);
            if !is_in_it {
                break;
            }
            root = parent;
        }
        root
    }

    /// Makes a process a member of its process tree, once it is known who forked it.
    pub(super) fn join_group(&mut self, id: ProcessId) {
        self.settle(id, MAX_FORKS);
    }

    fn settle(&mut self, id: ProcessId, forks: usize) -> Option<Group> {
        let process = self.processes.get(&id)?;
        let (leader, parent) = (process.standing.leader, process.parent());
        let is_child_of_init = parent.is_some_and(|parent| parent.tgid <= LAST_INIT);
        let has_leader = leader.tgid > LAST_INIT;
        let known = process.standing.group;
        let group = known.filter(|group| !group.is_guess).or_else(|| {
            // It called `setsid`, which is only seen by what comes after.
            self.stand(leader, |standing| standing.leader = leader);
            let forks = forks.checked_sub(1)?;
            let parent = parent.filter(|_| !is_child_of_init);
            if let Some(group) = parent.and_then(|parent| self.settle(parent, forks)) {
                return Some(group);
            }
            if !has_leader || leader == id {
                return None;
            }
            let group = self.settle(leader, forks)?;
            Some(Group {
                is_guess: group.is_guess || !is_child_of_init,
                ..group
            })
        });
        let mut group = group.unwrap_or(Group {
            // A leader that is gone is still what its processes have in common.
            root: if has_leader { leader } else { id },
            is_daemon: is_child_of_init,
            is_guess: !is_child_of_init || (has_leader && leader.start_ns == 0),
        });
        if leader == id && group.root != id && group.is_daemon {
            group.root = id;
            group.is_daemon = is_child_of_init;
        }
        self.stand(id, |standing| standing.group = Some(group));
        Some(group)
    }

    /// Changes what a process has in common with others, for it alone.
    fn stand(&mut self, id: ProcessId, change: impl FnOnce(&mut Standing)) {
        let Some(process) = self.processes.get_mut(&id) else {
            return;
        };
        let mut standing = *process.standing;
        change(&mut standing);
        if *process.standing != standing {
            process.standing = Arc::new(standing);
        }
    }
}

impl Process {
    fn session(&self, id: ProcessId, cgroups: &Cgroups) -> Session {
        let root = self.standing.group.map_or(id, |group| group.root);
        session(self.standing.membership, root, cgroups)
    }
}

fn session(membership: Membership, root: ProcessId, cgroups: &Cgroups) -> Session {
    let place = cgroups.of(membership.cgroups);
    let told = place
        .map(|place| &place.cgroup)
        .filter(|cgroup| !cgroup.is_claimed);
    if let Some(container) = told.and_then(|cgroup| cgroup.container.as_ref()) {
        return Session::Container(container.id.as_str().into());
    }
    if membership.audit_session != NOBODY {
        return Session::Login(membership.audit_session);
    }
    match place.and_then(|place| place.unit_path()) {
        Some(path) => Session::Unit(path.into()),
        None => Session::Processes(root),
    }
}
