//! Slices of sessions: what becomes traces.
//!
//! A slice opens with the first detection of a session and closes after [`QUIET_NS`] without another one, at
//! [`LONGEST_NS`], or with [`limits::SPANS`] spans. Then it is exported as a whole: a span for the session's
//! root and one for each process that raised a detection, so that a named parent is always there. Slices of one
//! session are linked, each with the one before.
//!
//! Ids depend on the secret of the host and on when the slice opened, not on the sensor's run: what the
//! [journal](JournalEntry) has of a slice that a killed sensor left open, the next run goes on with.

mod episode;
mod journal;
mod spans;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use scoutline_semconv::values::SessionKind;
use scoutline_semconv::{TraceContext, limits};
use serde::{Deserialize, Serialize};

use crate::detection::Moment;
use crate::identity::Identities;
use crate::process::ProcessId;
use crate::workload::Workload;
use crate::{BootNanos, Recent};

pub(crate) use episode::{End, Episode, Opener, Program, Raised};
use journal::Entry;
pub use journal::JournalEntry;
pub(crate) use spans::spans;

/// A slice closes after this long without a detection.
pub(crate) const QUIET_NS: u64 = 60_000_000_000;

/// A slice closes at this age.
pub(crate) const LONGEST_NS: u64 = 600_000_000_000;

/// Slices that are open at once. Beyond, the one that would close first is closed early: nothing is lost, the
/// session's next detection opens another one.
const CAPACITY: usize = 4096;

/// Episodes of all open slices together, for the same reason.
const MAX_EPISODES: usize = 16_384;

/// Sessions of which the last slice is remembered, to be linked with the next.
const MAX_PREVIOUS: usize = 16_384;

/// What all spans of a slice have in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// `scoutline.session.uid`.
    pub(crate) session: Arc<str>,
    /// `scoutline.session.kind`.
    pub(crate) kind: SessionKind,
    /// Counts the session's slices from 1, as far as this host remembers.
    pub(crate) number: u32,
    pub(crate) trace_id: [u8; 16],
    pub(crate) root_span: [u8; 8],
    /// The process at the root of the session, which need not have raised a detection.
    pub(crate) root: Program,
    pub(crate) opener: Opener,
    pub(crate) workload: Arc<Workload>,
    /// The root span of the slice before.
    pub(crate) previous: Option<Previous>,
    opened: Opened,
}

/// When a slice opened, on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Opened {
    boot_ns: BootNanos,
    unix_ns: u64,
}

/// The root span of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Previous {
    pub(crate) number: u32,
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
}

#[derive(Debug)]
struct Slice {
    head: Head,
    latest_ns: BootNanos,
    /// In the order in which they began to raise detections.
    episodes: Vec<Episode>,
    places: BTreeMap<ProcessId, usize>,
    closes_ns: BootNanos,
}

/// A slice that is over.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Closed {
    pub(crate) head: Head,
    pub(crate) episodes: Vec<Episode>,
    /// Nanoseconds since the Unix epoch: what still runs is cut here.
    pub(crate) closed_unix_ns: u64,
}

/// One detection, as far as its slice is concerned.
pub(crate) struct Raise<'a> {
    /// `scoutline.session.uid`.
    pub(crate) session: &'a str,
    pub(crate) kind: SessionKind,
    pub(crate) root: &'a dyn Fn() -> Program,
    pub(crate) opener: &'a dyn Fn() -> Opener,
    pub(crate) workload: &'a Arc<Workload>,
    pub(crate) program: &'a dyn Fn() -> Program,
    pub(crate) process: ProcessId,
    /// Nearest first.
    pub(crate) ancestors: &'a [ProcessId],
    pub(crate) raised: Raised,
    pub(crate) at: Moment,
}

/// All open slices.
#[derive(Debug)]
pub(crate) struct Slices {
    identities: Identities,
    slices: HashMap<Arc<str>, Slice>,
    deadlines: BTreeSet<(BootNanos, Arc<str>)>,
    /// Slices that a process has an episode in: one, but for a process that changed its session.
    running: HashMap<ProcessId, Vec<Arc<str>>>,
    previous: Recent<Arc<str>, Previous>,
    episodes: usize,
    entries: Vec<JournalEntry>,
    opened: u64,
    closed_early: u64,
}

impl Slices {
    pub(crate) fn new(identities: Identities) -> Self {
        Self {
            identities,
            slices: HashMap::new(),
            deadlines: BTreeSet::new(),
            running: HashMap::new(),
            previous: Recent::new(MAX_PREVIOUS),
            episodes: 0,
            entries: Vec::new(),
            opened: 0,
            closed_early: 0,
        }
    }

    /// Takes a detection; the span that it belongs to. Slices that had to close for it are appended to `out`.
    pub(crate) fn raise(&mut self, raise: &Raise<'_>, out: &mut Vec<Closed>) -> TraceContext {
        let at = raise.at;
        self.advance(at, out);
        while !self.slices.contains_key(raise.session)
            && (self.slices.len() >= CAPACITY || self.episodes >= MAX_EPISODES)
        {
            let Some((_, session)) = self.deadlines.first().cloned() else {
                break;
            };
            self.closed_early += 1;
            self.close(&session, at.unix_ns, out);
        }
        if !self.slices.contains_key(raise.session) {
            self.open(raise);
        }
        let Some(slice) = self.slices.get_mut(raise.session) else {
            return TraceContext {
                trace_id: [0; 16],
                span_id: [0; 8],
            };
        };
        let session = Arc::clone(&slice.head.session);
        let is_root = raise.process == slice.head.root.process;
        let span_id = if is_root {
            slice.head.root_span
        } else {
            self.identities.span(&slice.head.trace_id, raise.process)
        };
        let context = TraceContext {
            trace_id: slice.head.trace_id,
            span_id,
        };
        self.place(&session, raise.process, || Episode {
            span_id,
            program: (raise.program)(),
            ancestors: raise.ancestors.to_vec(),
            raised: Raised::NOTHING,
            application: None,
            end: None,
        });
        self.keep_open(&session, at.boot_ns);
        self.change(&session, raise.process, |episode| {
            episode.raised.add(&raise.raised);
        });
        // The root has a span in any case.
        let episodes = self.slices.get(&session).map_or(0, |it| it.episodes.len());
        if episodes + 1 >= limits::SPANS {
            self.close(&session, at.unix_ns, out);
        }
        context
    }

    /// Notes where the application of a process said that it belongs to.
    pub(crate) fn link(&mut self, process: ProcessId, application: TraceContext) {
        self.update(process, |episode| {
            episode.application = Some(application.into());
        });
    }

    /// The end of a process.
    pub(crate) fn exit(&mut self, process: ProcessId, end: End) {
        self.update(process, |episode| {
            episode.end.get_or_insert(end);
        });
    }

    /// Closes the slices that are due.
    pub(crate) fn advance(&mut self, now: Moment, out: &mut Vec<Closed>) {
        while let Some((closes_ns, session)) = self.deadlines.first().cloned()
            && closes_ns <= now.boot_ns
        {
            let late_ns = now.boot_ns - closes_ns;
            self.close(&session, now.unix_ns.saturating_sub(late_ns), out);
        }
    }

    /// Closes all slices.
    pub(crate) fn finish(&mut self, now: Moment, out: &mut Vec<Closed>) {
        while let Some((_, session)) = self.deadlines.first().cloned() {
            self.close(&session, now.unix_ns, out);
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<BootNanos> {
        self.deadlines.first().map(|(closes_ns, _)| *closes_ns)
    }

    /// Whether a slice is open.
    pub(crate) fn is_empty(&self) -> bool {
        self.slices.is_empty()
    }

    /// Journal entries since the last call, in order.
    pub(crate) fn take_entries(&mut self) -> Vec<JournalEntry> {
        std::mem::take(&mut self.entries)
    }

    /// Slices that were ever opened, and those closed early for lack of room.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.opened, self.closed_early)
    }

    fn open(&mut self, raise: &Raise<'_>) {
        let session: Arc<str> = raise.session.into();
        let previous = self.previous.get(&session).copied();
        let opened = Opened {
            boot_ns: raise.at.boot_ns,
            unix_ns: raise.at.unix_ns,
        };
        let trace_id = self.identities.trace(&session, opened.boot_ns);
        let head = Head {
            kind: raise.kind,
            number: previous.map_or(1, |previous| previous.number.saturating_add(1)),
            root_span: self.identities.root_span(&trace_id),
            trace_id,
            root: (raise.root)(),
            opener: (raise.opener)(),
            workload: Arc::clone(raise.workload),
            previous,
            opened,
            session: Arc::clone(&session),
        };
        self.entries.push(JournalEntry(Entry::Opened {
            head: Box::new(head.clone()),
        }));
        self.insert(head);
    }

    fn insert(&mut self, head: Head) {
        let closes_ns = head.opened.boot_ns.saturating_add(QUIET_NS);
        self.opened += 1;
        self.deadlines
            .insert((closes_ns, Arc::clone(&head.session)));
        self.slices.insert(
            Arc::clone(&head.session),
            Slice {
                latest_ns: head.opened.boot_ns,
                episodes: Vec::new(),
                places: BTreeMap::new(),
                closes_ns,
                head,
            },
        );
    }

    /// Place of a process's episode in an open slice, which is made if there is none.
    fn place(
        &mut self,
        session: &Arc<str>,
        process: ProcessId,
        make: impl FnOnce() -> Episode,
    ) -> Option<usize> {
        let slice = self.slices.get_mut(session)?;
        if let Some(place) = slice.places.get(&process) {
            return Some(*place);
        }
        let place = slice.episodes.len();
        slice.places.insert(process, place);
        slice.episodes.push(make());
        self.episodes += 1;
        let sessions = self.running.entry(process).or_default();
        sessions.push(Arc::clone(session));
        Some(place)
    }

    /// Changes a process's episodes, wherever it has one.
    fn update(&mut self, process: ProcessId, change: impl Fn(&mut Episode)) {
        let Some(sessions) = self.running.get(&process) else {
            return;
        };
        for session in sessions.clone() {
            self.change(&session, process, &change);
        }
    }

    fn change(
        &mut self,
        session: &Arc<str>,
        process: ProcessId,
        change: impl FnOnce(&mut Episode),
    ) {
        let Some(slice) = self.slices.get_mut(session) else {
            return;
        };
        let place = slice.places.get(&process);
        if let Some(episode) = place.and_then(|place| slice.episodes.get_mut(*place)) {
            change(episode);
            self.entries.push(JournalEntry(Entry::Episode {
                trace_id: slice.head.trace_id,
                latest_ns: slice.latest_ns,
                episode: Box::new(episode.clone()),
            }));
        }
    }

    /// Puts off the end of a slice that had a detection.
    fn keep_open(&mut self, session: &Arc<str>, at: BootNanos) {
        let Some(slice) = self.slices.get_mut(session) else {
            return;
        };
        slice.latest_ns = slice.latest_ns.max(at);
        let closes_ns = slice
            .latest_ns
            .saturating_add(QUIET_NS)
            .min(slice.head.opened.boot_ns.saturating_add(LONGEST_NS));
        let before = std::mem::replace(&mut slice.closes_ns, closes_ns);
        self.deadlines.remove(&(before, Arc::clone(session)));
        self.deadlines.insert((closes_ns, Arc::clone(session)));
    }

    fn close(&mut self, session: &Arc<str>, closed_unix_ns: u64, out: &mut Vec<Closed>) {
        let Some(slice) = self.slices.remove(session) else {
            return;
        };
        self.deadlines
            .remove(&(slice.closes_ns, Arc::clone(session)));
        self.episodes -= slice.episodes.len();
        for process in slice.places.keys() {
            if let Some(sessions) = self.running.get_mut(process) {
                sessions.retain(|other| other != session);
                if sessions.is_empty() {
                    self.running.remove(process);
                }
            }
        }
        self.entries.push(JournalEntry(Entry::Closed {
            trace_id: slice.head.trace_id,
        }));
        self.previous.insert(
            Arc::clone(session),
            Previous {
                number: slice.head.number,
                trace_id: slice.head.trace_id,
                span_id: slice.head.root_span,
            },
        );
        out.push(Closed {
            head: slice.head,
            episodes: slice.episodes,
            closed_unix_ns,
        });
    }
}
