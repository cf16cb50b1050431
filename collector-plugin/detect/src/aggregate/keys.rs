//! Fold keys: what was made of each, how much of its counter is accounted for, when it can go.

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use scoutline_abi::raw::FOLD_REARM_NS;

use super::{Announcement, Forgotten, Key};
use crate::BootNanos;
use crate::detection::Access;
use crate::process::ProgramId;

/// Twice what the kernel's fold map holds, since keys that the kernel was told to forget stay for a while.
pub(super) const CAPACITY: usize = 131_072;

/// How long after the end of a program its counters are read for the last time: an open that is under way
/// on another CPU has counted by then.
pub(super) const FINAL_READ_NS: BootNanos = 2_000_000_000;

/// How much longer a forgotten key is known here, so that a late event of it is not counted anew.
const STRAGGLER_NS: BootNanos = 10_000_000_000;

/// What was made of an open.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// Strong patterns fit, of one recipe or several.
    Matched(Arc<[Arc<Access>]>),
    /// Only weak ones do.
    Weak,
    /// None does.
    Unmatched,
    /// None does, but the path is not known whole.
    Unresolved,
    /// Not by a process that is watched.
    OutOfScope,
}

/// Accesses that only the kernel counted.
#[derive(Debug)]
pub(super) struct Repeats {
    /// What they repeat.
    pub(super) accesses: Arc<[Arc<Access>]>,
    /// How many, at least 1.
    pub(super) count: u64,
    /// When the last was, at the latest.
    pub(super) latest_ns: BootNanos,
}

#[derive(Debug)]
struct State {
    /// Of the kernel's counter.
    accounted: u64,
    /// When the kernel last sent it.
    announced_ns: BootNanos,
    /// When its counter was last read, 0 if never.
    read_ns: BootNanos,
    verdict: Verdict,
    is_forgotten: bool,
}

#[derive(Debug)]
struct Folded {
    /// [`Key::program`].
    hash: u64,
    /// [`Key::object`] of its keys.
    objects: Vec<u64>,
}

/// Every key that the kernel still has, and for some seconds those that it had.
#[derive(Debug)]
pub(crate) struct Keys {
    states: HashMap<Key, State>,
    programs: HashMap<ProgramId, Folded>,
    /// An access less than [`FOLD_REARM_NS`] after the last announced one is only counted: a window that
    /// closes looks again that much later.
    rechecks: BTreeSet<(BootNanos, Key)>,
    /// Programs that ended: last read, then the kernel may forget.
    finals: BTreeSet<(BootNanos, ProgramId)>,
    /// Programs that the kernel forgot: to be forgotten here.
    leaving: BTreeSet<(BootNanos, ProgramId)>,
    forgotten: Forgotten,
    capacity: usize,
    dropped: u64,
}

impl Default for Keys {
    fn default() -> Self {
        Self::with_capacity(CAPACITY)
    }
}

impl Keys {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            states: HashMap::new(),
            programs: HashMap::new(),
            rechecks: BTreeSet::new(),
            finals: BTreeSet::new(),
            leaving: BTreeSet::new(),
            forgotten: Forgotten::default(),
            capacity,
            dropped: 0,
        }
    }

    pub(super) fn verdict(&self, key: Key) -> Option<Verdict> {
        Some(self.states.get(&key)?.verdict.clone())
    }

    /// Accounts for what an announcement stands for: repeats that belong to what was made of the key
    /// before, if that may have been another object, and accesses that `verdict` is about.
    pub(super) fn announce(
        &mut self,
        key: Key,
        announcement: &Announcement,
        verdict: &Verdict,
    ) -> (Option<(Verdict, u64)>, u64) {
        let at_ns = announcement.at.boot_ns;
        if let Some(state) = self.states.get_mut(&key) {
            let count = announcement.count.saturating_sub(state.accounted);
            state.accounted = state.accounted.max(announcement.count);
            state.announced_ns = state.announced_ns.max(at_ns);
            let before = std::mem::replace(&mut state.verdict, verdict.clone());
            // An event that comes after its count was read, or after a later one: nothing is left of it.
            return (Some((before, count.saturating_sub(1))), count.min(1));
        }
        self.make_room();
        if self.states.len() >= self.capacity {
            self.dropped += 1;
            return (None, 1);
        }
        self.states.insert(
            key,
            State {
                accounted: announcement.count,
                announced_ns: at_ns,
                read_ns: 0,
                verdict: verdict.clone(),
                is_forgotten: false,
            },
        );
        self.programs
            .entry(announcement.program)
            .or_insert_with(|| Folded {
                hash: key.program,
                objects: Vec::with_capacity(1),
            })
            .objects
            .push(key.object);
        if let Some(over_since) = announcement.over_since {
            self.program_over(announcement.program, over_since.max(at_ns));
        }
        (None, announcement.count)
    }

    /// Accounts for a counter that was read.
    pub(super) fn account(&mut self, key: Key, count: u64, now: BootNanos) -> Option<Repeats> {
        let state = self.states.get_mut(&key)?;
        let last_read_ns = std::mem::replace(&mut state.read_ns, now);
        let difference = count
            .checked_sub(state.accounted)
            .filter(|more| *more > 0)?;
        state.accounted = count;
        let Verdict::Matched(accesses) = &state.verdict else {
            return None;
        };
        // After that the kernel would have announced one, unless the announcement was lost.
        let rearmed_ns = state.announced_ns.saturating_add(FOLD_REARM_NS);
        let latest = if rearmed_ns > last_read_ns {
            rearmed_ns.min(now)
        } else {
            now
        };
        Some(Repeats {
            accesses: Arc::clone(accesses),
            count: difference,
            latest_ns: latest,
        })
    }

    pub(super) fn program_over(&mut self, program: ProgramId, at: BootNanos) {
        if self.programs.contains_key(&program) {
            self.finals
                .insert((at.saturating_add(FINAL_READ_NS), program));
        }
    }

    /// Whether the kernel still has it, and anybody wants to know.
    pub(super) fn is_counting(&self, key: Key) -> bool {
        self.states.get(&key).is_some_and(|state| {
            !state.is_forgotten && matches!(state.verdict, Verdict::Matched(_))
        })
    }

    pub(super) fn due(&self, now: BootNanos) -> BTreeSet<Key> {
        let rechecks = self
            .rechecks
            .iter()
            .take_while(|(at, _)| *at <= now)
            .map(|(_, key)| *key);
        let finals = self
            .finals
            .iter()
            .take_while(|(at, _)| *at <= now)
            .filter_map(|(_, program)| self.programs.get(program))
            .flat_map(Folded::keys);
        rechecks
            .chain(finals)
            .filter(|key| self.is_counting(*key))
            .collect()
    }

    pub(super) fn recheck_after(&mut self, key: Key, closed_ns: BootNanos) {
        if self.is_counting(key) {
            self.rechecks
                .insert((closed_ns.saturating_add(FOLD_REARM_NS), key));
        }
    }

    /// Takes what is due by `now` for done.
    pub(super) fn settle(&mut self, now: BootNanos) {
        while self.rechecks.first().is_some_and(|(at, _)| *at <= now) {
            self.rechecks.pop_first();
        }
        while self.finals.first().is_some_and(|(at, _)| *at <= now)
            && let Some((_, program)) = self.finals.pop_first()
        {
            self.forget_program(program);
            self.leaving
                .insert((now.saturating_add(STRAGGLER_NS), program));
        }
        while self.leaving.first().is_some_and(|(at, _)| *at <= now)
            && let Some((_, program)) = self.leaving.pop_first()
        {
            self.leave(program);
        }
    }

    pub(super) fn forget(&mut self) -> Forgotten {
        std::mem::take(&mut self.forgotten)
    }

    pub(super) fn next_deadline(&self) -> Option<BootNanos> {
        let recheck = self.rechecks.first().map(|(at, _)| *at);
        [&self.finals, &self.leaving]
            .into_iter()
            .filter_map(|programs| programs.first().map(|(at, _)| *at))
            .chain(recheck)
            .min()
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    fn forget_program(&mut self, program: ProgramId) {
        let Some(folded) = self.programs.get(&program) else {
            return;
        };
        for key in folded.keys() {
            if let Some(state) = self.states.get_mut(&key)
                && !std::mem::replace(&mut state.is_forgotten, true)
            {
                self.forgotten.keys.push(key.into());
            }
        }
        self.forgotten.programs.push(folded.hash);
    }

    fn leave(&mut self, program: ProgramId) {
        let Some(folded) = self.programs.get_mut(&program) else {
            return;
        };
        let hash = folded.hash;
        let states = &mut self.states;
        // A key that came late has its own last read ahead.
        folded.objects.retain(|object| {
            let key = Key {
                program: hash,
                object: *object,
            };
            match states.get(&key) {
                Some(state) if !state.is_forgotten => true,
                _ => {
                    states.remove(&key);
                    false
                }
            }
        });
        if folded.objects.is_empty() {
            self.programs.remove(&program);
        }
    }

    /// Keys that the kernel no longer has leave early when there is no room for one that it has.
    fn make_room(&mut self) {
        while self.states.len() >= self.capacity
            && let Some((_, program)) = self.leaving.pop_first()
        {
            self.leave(program);
        }
    }
}

impl Folded {
    fn keys(&self) -> impl Iterator<Item = Key> {
        self.objects.iter().map(|object| Key {
            program: self.hash,
            object: *object,
        })
    }
}
