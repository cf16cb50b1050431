//! What left the queue, or passes by it, until it is known what became of it.

use std::sync::Arc;

use bytes::Bytes;

use super::state::Shared;
use crate::batch::{Batch, Care};
use crate::signal::Signal;

/// What became of a batch that was taken off the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Acknowledged, but for `rejected` items.
    Exported { rejected: u64, message: String },
    /// Refused for good.
    Refused { message: String },
    /// Not retried any longer.
    GaveUp,
    /// The exporter was shut down first.
    Shutdown,
    /// It was not worth another attempt.
    Superseded,
}

/// A batch that is being sent. It counts against the queue's capacity until it is settled; dropped without that
/// (its task was aborted), it counts as lost in the shutdown.
#[derive(Debug)]
pub(crate) struct Delivery {
    batch: Batch,
    queue: Arc<Shared>,
    outcome: Outcome,
}

impl Delivery {
    pub(super) fn new(batch: Batch, queue: Arc<Shared>) -> Self {
        Self {
            batch,
            queue,
            outcome: Outcome::Shutdown,
        }
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.batch.bytes().clone()
    }

    pub(crate) fn signal(&self) -> Signal {
        self.batch.signal()
    }

    pub(crate) fn items(&self) -> u32 {
        self.batch.items()
    }

    /// Whether it is worth more than one attempt.
    pub(crate) fn is_passing(&self) -> bool {
        self.batch.care() == Care::Passing
    }

    pub(crate) fn count_retry(&self) {
        let mut state = self.queue.lock();
        state.counts.of_mut(self.signal()).retried += u64::from(self.items());
    }

    pub(crate) fn settle(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        let outcome = std::mem::replace(&mut self.outcome, Outcome::Shutdown);
        self.queue.lock().settle(&self.batch, outcome);
    }
}

/// Items that are being sent past the queue. Dropped without being settled, they are lost in the shutdown.
#[derive(Debug)]
pub(crate) struct Account {
    signal: Signal,
    items: u64,
    queue: Arc<Shared>,
    outcome: Outcome,
}

impl Account {
    pub(super) fn new(signal: Signal, items: u64, queue: Arc<Shared>) -> Self {
        Self {
            signal,
            items,
            queue,
            outcome: Outcome::Shutdown,
        }
    }

    pub(crate) fn settle(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let outcome = std::mem::replace(&mut self.outcome, Outcome::Shutdown);
        let mut state = self.queue.lock();
        let tally = state.counts.of_mut(self.signal);
        tally.settle(self.items, outcome);
    }
}
