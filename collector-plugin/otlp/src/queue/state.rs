//! What a queue holds, and how each step changes what is counted.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::{DropReason, Outcome, RESERVE};
use crate::batch::{Batch, Care, Sequences};
use crate::counts::{Counts, Lost, LostReason, Tally};

#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// There is something to receive, or never will be.
    pub(super) changed: Notify,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) counts: Counts,
    pub(super) batches: VecDeque<Batch>,
    /// First number of each batch that waits or is being sent.
    pub(super) unsettled: BTreeSet<u64>,
    /// Since it was last asked for, an entry for each reason and kind.
    pub(super) lost: Vec<Lost>,
    pub(super) closed: bool,
}

impl Shared {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::new(State {
                counts: Counts {
                    queue_capacity: capacity,
                    ..Counts::default()
                },
                batches: VecDeque::new(),
                unsettled: BTreeSet::new(),
                lost: Vec::new(),
                closed: false,
            }),
            changed: Notify::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // The state is only ever changed by code that does not panic half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(super) fn is_idle(&self) -> bool {
        !self.closed && self.batches.iter().all(|it| it.care() == Care::Passing)
    }

    pub(super) fn room_for(&self, batch: &Batch) -> Result<(), DropReason> {
        if self.closed {
            return Err(DropReason::Closed);
        }
        let has_room = match batch.care() {
            Care::Ordinary => self.bytes_with(batch) <= self.counts.queue_capacity,
            Care::Reserved => {
                self.bytes_with(batch) <= self.counts.queue_capacity.saturating_add(RESERVE)
            }
            Care::Passing => self.is_idle(),
        };
        if has_room {
            Ok(())
        } else {
            Err(DropReason::QueueFull)
        }
    }

    fn bytes_with(&self, batch: &Batch) -> usize {
        self.counts.queue_bytes.saturating_add(batch.bytes().len())
    }

    pub(super) fn append(&mut self, batch: Batch) {
        if batch.care() == Care::Passing {
            // The newest only; whatever waits is of that kind, or this one would not be here.
            for stale in std::mem::take(&mut self.batches) {
                self.settle(&stale, Outcome::Superseded);
            }
        }
        let items = u64::from(batch.items());
        self.counts.queue_bytes = self.bytes_with(&batch);
        let tally = self.counts.of_mut(batch.signal());
        tally.accepted += items;
        tally.pending += items;
        self.unsettled.extend(batch.sequences().map(|it| it.first));
        self.batches.push_back(batch);
    }

    /// Counts a batch that is not taken.
    pub(super) fn refuse(&mut self, batch: &Batch, why: LostReason) {
        let items = u64::from(batch.items());
        let tally = self.counts.of_mut(batch.signal());
        if batch.care() == Care::Passing {
            tally.accepted += items;
            tally.superseded += items;
            return;
        }
        match why {
            LostReason::Closed => tally.dropped.closed += items,
            _ => tally.dropped.queue_full += items,
        }
        self.lose(batch, why, items);
    }

    pub(super) fn settle(&mut self, batch: &Batch, outcome: Outcome) {
        self.counts.queue_bytes = self.counts.queue_bytes.saturating_sub(batch.bytes().len());
        if let Some(sequences) = batch.sequences() {
            self.unsettled.remove(&sequences.first);
        }
        let outcome = match (batch.care(), outcome) {
            (Care::Passing, outcome) if !matches!(outcome, Outcome::Exported { .. }) => {
                Outcome::Superseded
            }
            (_, outcome) => outcome,
        };
        let items = u64::from(batch.items());
        let lost = match &outcome {
            // A receiver can not reject more than it was sent, whatever it says.
            Outcome::Exported { rejected, .. } => {
                Some((LostReason::Rejected, items.min(*rejected)))
            }
            Outcome::Refused { .. } => Some((LostReason::Refused, items)),
            Outcome::GaveUp => Some((LostReason::GaveUp, items)),
            Outcome::Shutdown => Some((LostReason::Shutdown, items)),
            Outcome::Superseded => None,
        };
        if let Some((why, lost)) = lost.filter(|(_, lost)| *lost > 0) {
            self.lose(batch, why, lost);
        }
        self.counts.of_mut(batch.signal()).settle(items, outcome);
    }

    fn lose(&mut self, batch: &Batch, reason: LostReason, items: u64) {
        let signal = batch.signal();
        let is_reserved = batch.care() == Care::Reserved;
        let same = |it: &&mut Lost| {
            (it.signal, it.reason, it.is_reserved) == (signal, reason, is_reserved)
        };
        let Some(lost) = self.lost.iter_mut().find(same) else {
            self.lost.push(Lost {
                signal,
                reason,
                is_reserved,
                items,
                sequences: batch.sequences(),
            });
            return;
        };
        lost.items += items;
        lost.sequences = Sequences::around(lost.sequences, batch.sequences());
    }
}

impl Tally {
    /// Moves `items` from pending to where they ended.
    pub(super) fn settle(&mut self, items: u64, outcome: Outcome) {
        self.pending = self.pending.saturating_sub(items);
        match outcome {
            Outcome::Exported { rejected, message } => {
                // A receiver can not reject more than it was sent, whatever it says.
                let rejected = rejected.min(items);
                self.exported += items - rejected;
                self.rejected += rejected;
                if rejected > 0 {
                    self.last_refusal = Some(message);
                }
            }
            Outcome::Refused { message } => {
                self.dropped.refused += items;
                self.last_refusal = Some(message);
            }
            Outcome::GaveUp => self.dropped.gave_up += items,
            Outcome::Shutdown => self.dropped.shutdown += items,
            Outcome::Superseded => self.superseded += items,
        }
    }
}
