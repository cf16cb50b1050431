//! The queue between the detection thread and one exporter: in memory, bounded by bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use thiserror::Error;
use tokio::sync::Notify;

use crate::batch::Batch;
use crate::counts::Counts;

/// Bytes of one exporter's queue unless told otherwise: a minute of an attack on a busy host.
pub const DEFAULT_CAPACITY: usize = 64 * 1024 * 1024;

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
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            counts: Counts {
                queue_capacity: capacity,
                ..Counts::default()
            },
            batches: VecDeque::new(),
            closed: false,
        }),
        changed: Notify::new(),
    });
    let receiver = QueueReceiver(Arc::clone(&shared));
    (QueueSender(shared), receiver)
}

/// The end that batches go into, for the detection thread. Clones feed the same queue.
#[derive(Clone, Debug)]
pub struct QueueSender(Arc<Shared>);

/// The end that batches come out of, for [`crate::Exporter::spawn`].
#[derive(Debug)]
pub struct QueueReceiver(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    counts: Counts,
    batches: VecDeque<Batch>,
    closed: bool,
}

impl QueueSender {
    /// Appends a batch without waiting. To feed several exporters, push a clone to each: they share the bytes.
    ///
    /// # Errors
    /// The reason, if the batch was dropped; its records are in [`Counts::dropped`] then.
    pub fn push(&self, batch: Batch) -> Result<(), DropReason> {
        let mut state = self.0.lock();
        let records = u64::from(batch.records());
        if state.closed {
            state.counts.dropped.closed += records;
            return Err(DropReason::Closed);
        }
        let bytes = state.counts.queue_bytes.saturating_add(batch.bytes().len());
        if bytes > state.counts.queue_capacity {
            state.counts.dropped.queue_full += records;
            return Err(DropReason::QueueFull);
        }
        state.counts.queue_bytes = bytes;
        state.counts.accepted += records;
        state.counts.pending += records;
        state.batches.push_back(batch);
        drop(state);
        self.0.changed.notify_one();
        Ok(())
    }

    /// What became of the records so far.
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
                    return Some(Delivery {
                        batch,
                        queue: Arc::clone(&self.0),
                        outcome: Outcome::Shutdown,
                    });
                }
                if state.closed {
                    return None;
                }
            }
            changed.await;
        }
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

/// What became of a batch that was taken off the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Acknowledged, but for `rejected` records.
    Exported { rejected: u64, message: String },
    /// Refused for good.
    Refused { message: String },
    /// Not retried any longer.
    GaveUp,
    /// The exporter was shut down first.
    Shutdown,
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
    pub(crate) fn bytes(&self) -> Bytes {
        self.batch.bytes().clone()
    }

    pub(crate) fn records(&self) -> u32 {
        self.batch.records()
    }

    pub(crate) fn count_retry(&self) {
        self.queue.lock().counts.retried += u64::from(self.batch.records());
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

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is only ever changed by code that does not panic half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn settle(&mut self, batch: &Batch, outcome: Outcome) {
        let records = u64::from(batch.records());
        let counts = &mut self.counts;
        counts.pending = counts.pending.saturating_sub(records);
        counts.queue_bytes = counts.queue_bytes.saturating_sub(batch.bytes().len());
        match outcome {
            Outcome::Exported { rejected, message } => {
                // A receiver can not reject more than it was sent, whatever it says.
                let rejected = rejected.min(records);
                counts.exported += records - rejected;
                counts.rejected += rejected;
                if rejected > 0 {
                    counts.last_refusal = Some(message);
                }
            }
            Outcome::Refused { message } => {
                counts.dropped.refused += records;
                counts.last_refusal = Some(message);
            }
            Outcome::GaveUp => counts.dropped.gave_up += records,
            Outcome::Shutdown => counts.dropped.shutdown += records,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Instant;

    use scoutline_semconv::{Record, Resource, event};

    use super::*;
    use crate::batch::{BatchLimits, Batcher, Scope};
    use crate::counts::Dropped;

    pub(crate) fn batch(records: u32) -> Batch {
        let mut batcher = Batcher::new(BatchLimits::default());
        let resource = Arc::new(Resource::default());
        let record = Record {
            event_name: event::DETECTION,
            time_unix_nano: 1,
            observed_time_unix_nano: 2,
            severity_number: 9,
            severity_text: "INFO",
            body: "x".to_owned(),
            trace: None,
            attributes: vec![],
        };
        for _ in 0..records {
            let sealed = batcher.push(Instant::now(), &resource, Scope::DETECTIONS, &record);
            assert!(sealed.unwrap().is_none());
        }
        batcher.seal().unwrap()
    }

    fn assert_conserved(counts: &Counts, offered: u64) {
        let Dropped {
            queue_full,
            closed,
            refused,
            gave_up,
            shutdown,
        } = counts.dropped;
        assert_eq!(offered, counts.accepted + queue_full + closed, "{counts:?}");
        assert_eq!(
            counts.accepted,
            counts.exported + counts.rejected + refused + gave_up + shutdown + counts.pending,
            "{counts:?}"
        );
    }

    #[tokio::test]
    async fn a_full_queue_drops_the_newest_and_a_batch_under_way_counts() {
        let one = batch(1);
        let (sender, receiver) = queue(2 * one.bytes().len());
        assert_eq!(sender.push(one.clone()), Ok(()));
        assert_eq!(sender.push(one.clone()), Ok(()));
        assert_eq!(sender.push(one.clone()), Err(DropReason::QueueFull));
        let under_way = receiver.next().await.unwrap();
        assert_eq!(sender.push(one.clone()), Err(DropReason::QueueFull));
        under_way.settle(Outcome::Exported {
            rejected: 0,
            message: String::new(),
        });
        assert_eq!(sender.push(one.clone()), Ok(()));
        let counts = sender.counts();
        assert_conserved(&counts, 5);
        assert_eq!(counts.dropped.queue_full, 2);
        assert_eq!(counts.exported, 1);
        assert_eq!(counts.queue_bytes, counts.queue_capacity);
    }

    #[tokio::test]
    async fn each_outcome_is_counted_once() {
        let (sender, receiver) = queue(DEFAULT_CAPACITY);
        let outcomes = [
            Outcome::Exported {
                rejected: 0,
                message: "fine".to_owned(),
            },
            Outcome::Exported {
                rejected: 2,
                message: "two are bad".to_owned(),
            },
            Outcome::Exported {
                rejected: u64::MAX,
                message: "lies".to_owned(),
            },
            Outcome::GaveUp,
            Outcome::Shutdown,
            Outcome::Refused {
                message: "all are bad".to_owned(),
            },
        ];
        for outcome in outcomes {
            sender.push(batch(3)).unwrap();
            receiver.next().await.unwrap().settle(outcome);
            assert_eq!(sender.counts().pending, 0);
        }
        sender.push(batch(3)).unwrap();
        drop(receiver.next().await);
        sender.push(batch(3)).unwrap();
        receiver.close();
        assert_eq!(sender.push(batch(3)), Err(DropReason::Closed));
        receiver.abandon();
        assert!(receiver.next().await.is_none());

        let counts = sender.counts();
        assert_conserved(&counts, 27);
        assert_eq!((counts.exported, counts.rejected), (3 + 1, 2 + 3));
        let expected = Dropped {
            queue_full: 0,
            closed: 3,
            refused: 3,
            gave_up: 3,
            shutdown: 9,
        };
        assert_eq!(counts.dropped, expected);
        assert_eq!(counts.queue_bytes, 0);
        assert_eq!(counts.last_refusal.as_deref(), Some("all are bad"));
    }

    #[tokio::test]
    async fn two_batches_reach_two_consumers() {
        let (sender, receiver) = queue(DEFAULT_CAPACITY);
        let waiting = [receiver.share(), receiver.share()]
            .map(|receiver| tokio::spawn(async move { receiver.next().await }));
        tokio::task::yield_now().await;
        sender.push(batch(1)).unwrap();
        sender.push(batch(1)).unwrap();
        for consumer in waiting {
            // Held until the test ends: neither consumer can take both.
            std::mem::forget(consumer.await.unwrap().unwrap());
        }
    }

    #[tokio::test]
    async fn closing_wakes_all_consumers() {
        let (_sender, receiver) = queue(DEFAULT_CAPACITY);
        let waiting = [receiver.share(), receiver.share()]
            .map(|receiver| tokio::spawn(async move { receiver.next().await }));
        tokio::task::yield_now().await;
        receiver.close();
        for consumer in waiting {
            assert!(consumer.await.unwrap().is_none());
        }
    }
}
