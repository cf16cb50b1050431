//! Many accesses, one detection: windows of detections, and the fold keys whose repeats the kernel counts.

mod keys;
mod windows;

use std::sync::Arc;

use scoutline_abi::raw::FoldKey;

pub(crate) use keys::{Keys, Verdict};
pub(crate) use windows::Windows;

use crate::detection::{Access, Detection, Moment};
use crate::facts::Clock;
use crate::identity::Identities;
use crate::process::ProgramId;
use crate::{BootNanos, Counters};

/// A [`FoldKey`] that can be a key here too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    program: u64,
    object: u64,
}

impl From<FoldKey> for Key {
    fn from(key: FoldKey) -> Self {
        Self {
            program: key.program,
            object: key.object,
        }
    }
}

impl From<Key> for FoldKey {
    fn from(key: Key) -> Self {
        Self {
            program: key.program,
            object: key.object,
        }
    }
}

/// What the kernel need not remember any longer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Keys of the fold map. Their counts are accounted for.
    pub keys: Vec<FoldKey>,
    /// Programs ([`FoldKey::program`]): keys of the quota map.
    pub programs: Vec<u64>,
}

/// An open as the kernel announced it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Announcement {
    /// `None` if the fold was full: the event then stands for itself alone.
    pub(crate) key: Option<Key>,
    pub(crate) program: ProgramId,
    /// When the program ended, if it did.
    pub(crate) over_since: Option<BootNanos>,
    /// The key's counter, this open included.
    pub(crate) count: u64,
    pub(crate) at: Moment,
}

/// Sums accesses up to detections.
#[derive(Debug)]
pub(crate) struct Aggregator {
    keys: Keys,
    windows: Windows,
}

impl Aggregator {
    pub(crate) fn new(window_ns: u64, identities: Identities) -> Self {
        Self {
            keys: Keys::default(),
            windows: Windows::new(window_ns, identities),
        }
    }

    /// What was made of an earlier open of this key.
    pub(crate) fn verdict(&self, key: Key) -> Option<Verdict> {
        self.keys.verdict(key)
    }

    /// Counts an open and the repeats before it that nobody announced.
    pub(crate) fn open(
        &mut self,
        announcement: &Announcement,
        verdict: &Verdict,
        out: &mut Vec<Detection>,
    ) {
        let at = announcement.at;
        let key = announcement.key;
        let (before, now) = match key {
            Some(key) => self.keys.announce(key, announcement, verdict),
            None => (None, 1),
        };
        if let Some((Verdict::Matched(accesses), count)) = before {
            self.add(&accesses, count, at, key, out);
        }
        if let Verdict::Matched(accesses) = verdict {
            self.add(accesses, now, at, key, out);
        }
    }

    /// Counts an execution.
    pub(crate) fn exec(&mut self, accesses: &[Arc<Access>], at: Moment, out: &mut Vec<Detection>) {
        self.add(accesses, 1, at, None, out);
    }

    /// Takes note that a program has ended: the counts of its keys are now final.
    pub(crate) fn program_over(&mut self, program: ProgramId, at: BootNanos) {
        self.keys.program_over(program, at);
    }

    /// Keys whose counters [`Aggregator::advance`] must be told for the same `now`, ascending.
    pub(crate) fn due(&self, now: BootNanos) -> Vec<FoldKey> {
        let mut due = self.keys.due(now);
        due.extend(
            self.windows
                .keys_due(now)
                .filter(|key| self.keys.is_counting(*key)),
        );
        due.into_iter().map(FoldKey::from).collect()
    }

    /// Accounts what the kernel counted, and closes what is due.
    pub(crate) fn advance(
        &mut self,
        now: BootNanos,
        counts: &[(FoldKey, u64)],
        clock: Clock,
        out: &mut Vec<Detection>,
    ) {
        self.account(now, counts, clock, out);
        for key in self.windows.close_due(now, out) {
            self.keys.recheck_after(key, now);
        }
        self.keys.settle(now);
    }

    /// The same, and closes what is not due too.
    pub(crate) fn finish(
        &mut self,
        now: BootNanos,
        counts: &[(FoldKey, u64)],
        clock: Clock,
        out: &mut Vec<Detection>,
    ) {
        self.account(now, counts, clock, out);
        self.windows.close_all(now, out);
        self.keys.settle(now);
    }

    /// What the kernel need not remember any longer, each once.
    pub(crate) fn forget(&mut self) -> Forgotten {
        self.keys.forget()
    }

    /// When [`Aggregator::advance`] has something to do.
    pub(crate) fn next_deadline(&self) -> Option<BootNanos> {
        self.keys
            .next_deadline()
            .into_iter()
            .chain(self.windows.next_deadline())
            .min()
    }

    pub(crate) fn count(&self, counters: &mut Counters) {
        counters.keys_dropped = self.keys.dropped();
        self.windows.count(counters);
    }

    fn account(
        &mut self,
        now: BootNanos,
        counts: &[(FoldKey, u64)],
        clock: Clock,
        out: &mut Vec<Detection>,
    ) {
        for (key, count) in counts {
            let key = Key::from(*key);
            if let Some(repeats) = self.keys.account(key, *count, now) {
                let at = Moment {
                    boot_ns: repeats.latest_ns,
                    unix_ns: clock.unix(repeats.latest_ns),
                };
                self.add(&repeats.accesses, repeats.count, at, Some(key), out);
            }
        }
    }

    fn add(
        &mut self,
        accesses: &[Arc<Access>],
        count: u64,
        at: Moment,
        key: Option<Key>,
        out: &mut Vec<Detection>,
    ) {
        for access in accesses {
            for key in self.windows.add(access, count, at, key, out) {
                self.keys.recheck_after(key, at.boot_ns);
            }
        }
    }
}
