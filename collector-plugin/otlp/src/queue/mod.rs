//! The queue between the detection thread and one exporter: in memory, bounded by bytes.

mod delivery;
mod state;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use thiserror::Error;

use self::state::Shared;
use crate::batch::{Batch, Care};
use crate::counts::{Counts, Lost, LostReason};
use crate::signal::Signal;

pub(crate) use self::delivery::{Account, Delivery, Outcome};

/// Bytes of one exporter's queue unless told otherwise: a minute of an attack on a busy host.
pub const DEFAULT_CAPACITY: usize = 64 * 1024 * 1024;

/// Bytes above the capacity for [reserved](Care::Reserved) batches: some hundred, each of which says what was lost.
pub const RESERVE: usize = 64 * 1024;

/// Why a queue did not take a batch. The loss has been counted already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DropReason {
    /// The batch does not fit into what is left of the capacity.
    #[error("the queue is full")]
    QueueFull,
    /// The exporter was shut down.
    #[error("the exporter was shut down")]
    Closed,
}

/// A queue that holds at most `capacity` bytes of batches, counting those that are being sent.
///
/// When it is full the newest batch is dropped: the records that say how something began are worth more than
/// its repeats.
pub fn queue(capacity: usize) -> (QueueSender, QueueReceiver) {
    let shared = Arc::new(Shared::new(capacity));
    let receiver = QueueReceiver(Arc::clone(&shared));
    (QueueSender(shared), receiver)
}

/// The end that batches go into, for the detection thread. Clones feed the same queue.
#[derive(Clone, Debug)]
pub struct QueueSender(Arc<Shared>);

/// The end that batches come out of, for [`crate::Exporter::spawn`].
#[derive(Debug)]
pub struct QueueReceiver(Arc<Shared>);

impl QueueSender {
    /// Appends a batch without waiting. To feed several exporters, push a clone to each: they share the bytes.
    ///
    /// A [passing](Care::Passing) batch that can not be sent soon is not taken, which is no loss and no error.
    ///
    /// # Errors
    /// The reason, if the batch was dropped; what is in it is in [`Tally::dropped`](crate::Tally::dropped) then.
    pub fn push(&self, batch: Batch) -> Result<(), DropReason> {
        let mut state = self.0.lock();
        if let Err(reason) = state.room_for(&batch) {
            let why = match reason {
                DropReason::QueueFull => LostReason::QueueFull,
                DropReason::Closed => LostReason::Closed,
            };
            state.refuse(&batch, why);
            return match batch.care() {
                Care::Passing => Ok(()),
                Care::Ordinary | Care::Reserved => Err(reason),
            };
        }
        state.append(batch);
        drop(state);
        self.0.changed.notify_one();
        Ok(())
    }

    /// The same, but a batch that is not taken may be offered again: nothing is counted then.
    ///
    /// # Errors
    /// Why it was not taken.
    pub fn offer(&self, batch: &Batch) -> Result<(), DropReason> {
        let mut state = self.0.lock();
        state.room_for(batch)?;
        state.append(batch.clone());
        drop(state);
        self.0.changed.notify_one();
        Ok(())
    }

    /// Whether a [passing](Care::Passing) batch would be taken: nothing waits but for what is being sent.
    pub fn is_idle(&self) -> bool {
        self.0.lock().is_idle()
    }

    /// What was lost since the last call, each reason once.
    pub fn take_lost(&self) -> Vec<Lost> {
        std::mem::take(&mut self.0.lock().lost)
    }

    /// The lowest number of a record that waits or is being sent.
    pub fn first_unsettled(&self) -> Option<u64> {
        self.0.lock().unsettled.first().copied()
    }

    /// What became of all that was pushed so far.
    pub fn counts(&self) -> Counts {
        self.0.lock().counts.clone()
    }
}

impl QueueReceiver {
    /// Another receiver of the same queue: each batch goes to one of them.
    pub(crate) fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// The oldest batch, as soon as there is one; `None` once the queue is closed and empty.
    pub(crate) async fn next(&self) -> Option<Delivery> {
        loop {
            // Made before looking, so that a close in between is not missed.
            let changed = self.0.changed.notified();
            {
                let mut state = self.0.lock();
                if let Some(batch) = state.batches.pop_front() {
                    if !state.batches.is_empty() {
                        // Two pushes while nobody waited left one permit only.
                        self.0.changed.notify_one();
                    }
                    return Some(Delivery::new(batch, Arc::clone(&self.0)));
                }
                if state.closed {
                    return None;
                }
            }
            changed.await;
        }
    }

    /// Counts items that are sent past the queue, from now until they are settled; `None`, and they are counted as
    /// lost, once the queue is closed.
    pub(crate) fn admit(&self, signal: Signal, items: u64) -> Option<Account> {
        let mut state = self.0.lock();
        let is_closed = state.closed;
        let tally = state.counts.of_mut(signal);
        if is_closed {
            tally.dropped.closed += items;
            return None;
        }
        tally.accepted += items;
        tally.pending += items;
        Some(Account::new(signal, items, Arc::clone(&self.0)))
    }

    /// Takes no more batches; what is in the queue can still be received.
    pub(crate) fn close(&self) {
        self.0.lock().closed = true;
        self.0.changed.notify_waiters();
    }

    /// Drops what is still in the queue and counts it as lost in the shutdown.
    pub(crate) fn abandon(&self) {
        let mut state = self.0.lock();
        for batch in std::mem::take(&mut state.batches) {
            state.settle(&batch, Outcome::Shutdown);
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.0.lock().counts.clone()
    }
}
