//! What has to be kept of open slices so that a sensor that is killed does not lose them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Closed, End, Episode, Head, Slices};
use crate::BootNanos;
use crate::detection::Moment;
use crate::process::ProcessId;

/// One line of the journal of open slices. Applied in order, the lines are what is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JournalEntry(pub(super) Entry);

impl JournalEntry {
    /// Whether it says that a slice is with the exporters.
    pub fn closes(&self) -> bool {
        matches!(self.0, Entry::Closed { .. })
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "entry")]
pub(super) enum Entry {
    Opened {
        head: Box<Head>,
    },
    /// The whole of it, in place of what was known before.
    Episode {
        trace_id: [u8; 16],
        /// Of the slice's latest detection, since boot.
        latest_ns: BootNanos,
        episode: Box<Episode>,
    },
    /// It is with the exporters.
    Closed {
        trace_id: [u8; 16],
    },
}

impl Slices {
    /// What a journal that begins anew has to begin with.
    pub(crate) fn snapshot(&self) -> Vec<JournalEntry> {
        let entries = self.slices.values().flat_map(|slice| {
            let opened = Entry::Opened {
                head: Box::new(slice.head.clone()),
            };
            let episodes = slice.episodes.iter().map(move |episode| Entry::Episode {
                trace_id: slice.head.trace_id,
                latest_ns: slice.latest_ns,
                episode: Box::new(episode.clone()),
            });
            std::iter::once(opened).chain(episodes)
        });
        entries.map(JournalEntry).collect()
    }

    /// Goes on with the slices that an earlier run of the sensor left open. A process for which `is_alive` is false
    /// ended unseen, at `now` at the latest.
    pub(crate) fn restore(
        &mut self,
        entries: impl IntoIterator<Item = JournalEntry>,
        is_alive: impl Fn(ProcessId) -> bool,
        now: Moment,
    ) {
        for JournalEntry(entry) in entries {
            match entry {
                Entry::Opened { head } => self.insert(*head),
                Entry::Episode {
                    trace_id,
                    latest_ns,
                    episode,
                } => self.put(&trace_id, latest_ns, *episode),
                Entry::Closed { trace_id } => self.drop_slice(&trace_id),
            }
        }
        for slice in self.slices.values_mut() {
            for episode in &mut slice.episodes {
                if !is_alive(episode.program.process) {
                    episode.end.get_or_insert(End {
                        unix_ns: now.unix_ns,
                        code: None,
                    });
                }
            }
        }
        self.entries.clear();
    }

    /// Closes the slices that were left open when the host went down, as of its start.
    pub(crate) fn close_earlier(
        &mut self,
        entries: impl IntoIterator<Item = JournalEntry>,
        started: Moment,
        out: &mut Vec<Closed>,
    ) {
        self.restore(entries, |_| false, started);
        self.finish(started, out);
    }

    fn put(&mut self, trace_id: &[u8; 16], latest_ns: BootNanos, episode: Episode) {
        let Some(session) = self.session_of(trace_id) else {
            return;
        };
        let process = episode.program.process;
        if let Some(place) = self.place(&session, process, || episode.clone())
            && let Some(slice) = self.slices.get_mut(&session)
            && let Some(known) = slice.episodes.get_mut(place)
        {
            *known = episode;
        }
        self.keep_open(&session, latest_ns);
    }

    fn drop_slice(&mut self, trace_id: &[u8; 16]) {
        if let Some(session) = self.session_of(trace_id) {
            let mut closed: Vec<Closed> = Vec::new();
            self.close(&session, 0, &mut closed);
        }
    }

    fn session_of(&self, trace_id: &[u8; 16]) -> Option<Arc<str>> {
        let slice = |slice: &&super::Slice| slice.head.trace_id == *trace_id;
        let slice = self.slices.values().find(slice)?;
        Some(Arc::clone(&slice.head.session))
    }
}
