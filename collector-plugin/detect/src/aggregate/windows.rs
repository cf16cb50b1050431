//! Open detections, by what they are about and by when they close.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};
use scoutline_semconv::{Severity, limits};

use super::Key;
use crate::detection::{Access, Detection, Moment, Phase};
use crate::identity::Identities;
use crate::process::ProcessId;
use crate::{BootNanos, Counters};

/// Detections that are open at once. Beyond, the one that would close first is closed early: nothing is
/// lost, it only begins anew.
pub(super) const CAPACITY: usize = 16_384;

/// Processes that one detection tells apart; more than can be started in a window on most hosts.
const MAX_PROCESSES: usize = 65_536;

/// What one detection is about: session, recipe, executable, and whether that was opened or executed.
#[derive(Clone, Debug)]
struct Group(Arc<Access>);

impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&self.0, &other.0);
        a.subject.session == b.subject.session
            && a.recipe.uuid == b.recipe.uuid
            && a.deed.kind() == b.deed.kind()
            && a.subject.executable() == b.subject.executable()
    }
}

impl Eq for Group {}

impl Hash for Group {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.subject.session.hash(state);
        self.0.recipe.uuid.hash(state);
        self.0.deed.kind().hash(state);
        self.0.subject.executable().hash(state);
    }
}

#[derive(Debug)]
struct Window {
    group: Group,
    uid: Arc<str>,
    severity: Severity,
    ends_ns: BootNanos,
    first: Moment,
    last: Moment,
    count: u64,
    processes: HashSet<ProcessId>,
    evidence: Vec<Arc<str>>,
    is_evidence_truncated: bool,
    /// Whose counters belong to it, ascending so that a replay asks in the same order.
    keys: BTreeSet<Key>,
}

/// All open detections.
#[derive(Debug)]
pub(crate) struct Windows {
    window_ns: u64,
    capacity: usize,
    identities: Identities,
    serials: HashMap<Group, u64>,
    windows: HashMap<u64, Window>,
    ends: BTreeSet<(BootNanos, u64)>,
    opened: u64,
    accesses: u64,
    accesses_open: u64,
    closed: u64,
    closed_early: u64,
    processes_uncounted: u64,
}

impl Windows {
    pub(super) fn new(window_ns: u64, identities: Identities) -> Self {
        Self {
            window_ns: window_ns.max(1),
            capacity: CAPACITY,
            identities,
            serials: HashMap::new(),
            windows: HashMap::new(),
            ends: BTreeSet::new(),
            opened: 0,
            accesses: 0,
            accesses_open: 0,
            closed: 0,
            closed_early: 0,
            processes_uncounted: 0,
        }
    }

    /// Adds `count` accesses, opening a window if there is none. Returns the keys of a window that had to
    /// make room.
    pub(super) fn add(
        &mut self,
        access: &Arc<Access>,
        count: u64,
        at: Moment,
        key: Option<Key>,
        out: &mut Vec<Detection>,
    ) -> BTreeSet<Key> {
        if count == 0 {
            return BTreeSet::new();
        }
        self.accesses += count;
        self.accesses_open += count;
        let group = Group(Arc::clone(access));
        let known = self.serials.get(&group).copied();
        let mut displaced = BTreeSet::new();
        let serial = known.unwrap_or_else(|| {
            displaced = self.make_room(at.boot_ns, out);
            self.open(group, at)
        });
        if let Some(window) = self.windows.get_mut(&serial) {
            self.processes_uncounted += u64::from(!window.add(access, count, at, key));
            if known.is_none() {
                out.push(Detection {
                    count: 1,
                    ..window.detection(Phase::First)
                });
            }
        }
        displaced
    }

    /// Keys of the windows that end by `now`.
    pub(super) fn keys_due(&self, now: BootNanos) -> impl Iterator<Item = Key> {
        self.ends
            .iter()
            .take_while(move |(ends_ns, _)| *ends_ns <= now)
            .filter_map(|(_, serial)| self.windows.get(serial))
            .flat_map(|window| window.keys.iter().copied())
    }

    /// Closes the windows that end by `now`, and returns their keys.
    pub(super) fn close_due(&mut self, now: BootNanos, out: &mut Vec<Detection>) -> BTreeSet<Key> {
        let mut keys = BTreeSet::new();
        while self
            .ends
            .first()
            .is_some_and(|(ends_ns, _)| *ends_ns <= now)
        {
            keys.append(&mut self.close_first(now, out));
        }
        keys
    }

    /// Closes every window.
    pub(super) fn close_all(&mut self, now: BootNanos, out: &mut Vec<Detection>) {
        while !self.ends.is_empty() {
            self.close_first(now, out);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<BootNanos> {
        self.ends.first().map(|(ends_ns, _)| *ends_ns)
    }

    pub(super) fn count(&self, counters: &mut Counters) {
        counters.accesses = self.accesses;
        counters.accesses_open = self.accesses_open;
        counters.detections = self.opened;
        counters.summaries = self.closed;
        counters.windows_closed_early = self.closed_early;
        counters.processes_uncounted = self.processes_uncounted;
    }

    fn open(&mut self, group: Group, at: Moment) -> u64 {
        let serial = self.opened;
        self.opened += 1;
        let access = &group.0;
        let uid = self.identities.detection(
            &access.subject.session_uid,
            &access.recipe.uuid,
            access.deed.kind().as_str(),
            access.subject.executable(),
            at.boot_ns,
            serial,
        );
        let ends_ns = at.boot_ns.saturating_add(self.window_ns);
        let window = Window {
            uid: uid.into(),
            severity: access.severity,
            ends_ns,
            first: at,
            last: at,
            count: 0,
            processes: HashSet::new(),
            evidence: Vec::new(),
            is_evidence_truncated: false,
            keys: BTreeSet::new(),
            group: group.clone(),
        };
        self.serials.insert(group, serial);
        self.windows.insert(serial, window);
        self.ends.insert((ends_ns, serial));
        serial
    }

    fn make_room(&mut self, now: BootNanos, out: &mut Vec<Detection>) -> BTreeSet<Key> {
        if self.windows.len() < self.capacity {
            return BTreeSet::new();
        }
        self.closed_early += 1;
        self.close_first(now, out)
    }

    fn close_first(&mut self, now: BootNanos, out: &mut Vec<Detection>) -> BTreeSet<Key> {
        let first = self.ends.pop_first();
        let Some(mut window) = first.and_then(|(_, serial)| self.windows.remove(&serial)) else {
            return BTreeSet::new();
        };
        self.serials.remove(&window.group);
        self.closed += 1;
        self.accesses_open -= window.count;
        let open_ns = now.min(window.ends_ns).saturating_sub(window.first.boot_ns);
        out.push(window.detection(Phase::Summary { open_ns }));
        std::mem::take(&mut window.keys)
    }
}

impl Window {
    /// False if the process is one too many to be told apart.
    fn add(&mut self, access: &Access, count: u64, at: Moment, key: Option<Key>) -> bool {
        self.count += count;
        self.severity = self.severity.max(access.severity);
        if at.boot_ns > self.last.boot_ns {
            self.last = at;
        }
        self.keys.extend(key);
        if !self.evidence.contains(&access.evidence) {
            if self.evidence.len() < limits::ARRAY_LEN {
                self.evidence.push(Arc::clone(&access.evidence));
            } else {
                self.is_evidence_truncated = true;
            }
        }
        let process = ProcessId::of(&access.subject.task);
        if self.processes.len() >= MAX_PROCESSES && !self.processes.contains(&process) {
            return false;
        }
        self.processes.insert(process);
        true
    }

    fn detection(&self, phase: Phase) -> Detection {
        Detection {
            phase,
            uid: Arc::clone(&self.uid),
            first: Arc::clone(&self.group.0),
            severity: self.severity,
            count: self.count,
            process_count: self.processes.len(),
            first_at: self.first,
            last_at: self.last,
            evidence: self.evidence.clone(),
            is_evidence_truncated: self.is_evidence_truncated,
        }
    }
}
