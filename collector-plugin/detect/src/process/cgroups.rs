//! Where cgroups are: a process's record only has their numbers.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use scoutline_abi::raw::{CGROUP_REMOVED, CGROUP_V1, CgroupEvent, TaskInfo};
use scoutline_abi::{Path, Record};

use super::table::GRACE_NS;
use crate::BootNanos;
use crate::text::{cut, readable};
use crate::workload::cgroup::{self, Cgroup};

/// Cgroups that are remembered at once: more than a host runs containers and services. Beyond, the one that
/// was made first is forgotten, and counted.
const CAPACITY: usize = 32_768;

/// A cgroup by its number. Numbers are not used again while the host runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct CgroupId {
    is_v1: bool,
    id: u64,
}

/// The cgroups that a process is in: of v2, and of v1 where that is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CgroupIds {
    v2: u64,
    v1: u64,
}

impl CgroupIds {
    /// No cgroup has the number 0.
    pub(super) const UNKNOWN: Self = Self { v2: 0, v1: 0 };

    pub(crate) fn of(task: &TaskInfo) -> Self {
        Self {
            v2: task.cgroup_id,
            v1: task.cgroup_v1_id,
        }
    }
}

/// A cgroup that is known.
#[derive(Debug)]
pub(crate) struct Place {
    /// From the root of its hierarchy, fit for a terminal.
    pub(crate) path: Arc<str>,
    /// What the path says.
    pub(crate) cgroup: Cgroup,
}

impl Place {
    /// The path up to the unit that the cgroup belongs to, which tells it from those of other users.
    pub(crate) fn unit_path(&self) -> Option<&str> {
        let unit = self.cgroup.unit.as_ref()?;
        let path = &*self.path;
        let ends = path
            .match_indices('/')
            .map(|(at, _)| at)
            .chain([path.len()])
            .skip(1);
        let mut above = ends.filter_map(|end| path.get(..end));
        above.find(|path| {
            let name = path.rsplit('/').next().unwrap_or(path);
            cgroup::unit_name(name.as_bytes()) == unit.name
        })
    }
}

/// All cgroups that are known.
#[derive(Debug, Default)]
pub(crate) struct Cgroups {
    places: HashMap<CgroupId, Arc<Place>>,
    /// In the order in which they became known; some are gone.
    arrivals: VecDeque<CgroupId>,
    /// Removed ones by the time of that: processes in them are still reported for a moment.
    removed: BTreeSet<(BootNanos, CgroupId)>,
    evictions: u64,
}

impl Cgroups {
    pub(crate) fn new() -> Self {
        Self {
            places: HashMap::new(),
            ..Self::default()
        }
    }

    /// Learns where a cgroup is, or that it is gone.
    pub(crate) fn observe(&mut self, record: &Record<'_, CgroupEvent>) {
        let event = &record.fixed;
        let id = CgroupId {
            is_v1: event.flags & CGROUP_V1 != 0,
            id: event.id,
        };
        if event.flags & CGROUP_REMOVED != 0 {
            if self.places.contains_key(&id) {
                self.removed.insert((event.header.time_ns, id));
            }
            return;
        }
        if self.places.contains_key(&id) {
            return;
        }
        let mut path = Vec::new();
        Path::new(record.text(event.path)).write(&mut path);
        let place = Place {
            cgroup: cgroup::parse(&path),
            path: cut(readable(&path)).into(),
        };
        self.make_room();
        self.places.insert(id, Arc::new(place));
        self.arrivals.push_back(id);
    }

    /// The cgroup that says most about a process: one of a container, else one of a unit, else any but a root.
    pub(crate) fn of(&self, ids: CgroupIds) -> Option<&Arc<Place>> {
        let place = |is_v1, id| self.places.get(&CgroupId { is_v1, id });
        let places = [place(false, ids.v2), place(true, ids.v1)];
        let places = || places.into_iter().flatten();
        places()
            .find(|place| place.cgroup.container.is_some() && !place.cgroup.is_claimed)
            .or_else(|| places().find(|place| place.cgroup.unit.is_some()))
            .or_else(|| places().find(|place| &*place.path != "/"))
            .or_else(|| places().next())
    }

    /// Forgets those that were removed more than [`GRACE_NS`] ago.
    pub(crate) fn expire(&mut self, now: BootNanos) {
        while let Some((removed_ns, id)) = self.removed.first().copied()
            && removed_ns.saturating_add(GRACE_NS) <= now
        {
            self.removed.pop_first();
            self.places.remove(&id);
        }
        if self.arrivals.len() > 2 * CAPACITY {
            let places = &self.places;
            self.arrivals.retain(|id| places.contains_key(id));
        }
    }

    /// Cgroups that were forgotten because there were too many.
    pub(crate) fn evictions(&self) -> u64 {
        self.evictions
    }

    fn make_room(&mut self) {
        while self.places.len() >= CAPACITY {
            let Some(oldest) = self.arrivals.pop_front() else {
                return;
            };
            self.evictions += u64::from(self.places.remove(&oldest).is_some());
        }
    }
}
