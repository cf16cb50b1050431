//! The queue between the detection thread and one exporter: in memory, bounded by bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use thiserror::Error;
use tokio::sync::Notify;

use crate::batch::Batch;
use crate::counts::{Counts, Tally};
use crate::signal::Signal;

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
    /// The reason, if the batch was dropped; what is in it is in [`Tally::dropped`](crate::Tally::dropped) then.
    pub fn push(&self, batch: Batch) -> Result<(), DropReason> {
        let mut state = self.0.lock();
        let items = u64::from(batch.items());
        let bytes = state.counts.queue_bytes.saturating_add(batch.bytes().len());
        let is_full = bytes > state.counts.queue_capacity;
        let is_closed = state.closed;
        let tally = state.counts.of_mut(batch.signal());
        if is_closed {
            tally.dropped.closed += items;
            return Err(DropReason::Closed);
        }
        if is_full {
            tally.dropped.queue_full += items;
            return Err(DropReason::QueueFull);
        }
        tally.accepted += items;
        tally.pending += items;
        state.counts.queue_bytes = bytes;
        state.batches.push_back(batch);
        drop(state);
        self.0.changed.notify_one();
        Ok(())
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
        Some(Account {
            signal,
            items,
            queue: Arc::clone(&self.0),
            outcome: Outcome::Shutdown,
        })
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
    /// Acknowledged, but for `rejected` items.
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

    pub(crate) fn signal(&self) -> Signal {
        self.batch.signal()
    }

    pub(crate) fn items(&self) -> u32 {
        self.batch.items()
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

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is only ever changed by code that does not panic half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn settle(&mut self, batch: &Batch, outcome: Outcome) {
        self.counts.queue_bytes = self.counts.queue_bytes.saturating_sub(batch.bytes().len());
        let tally = self.counts.of_mut(batch.signal());
        tally.settle(u64::from(batch.items()), outcome);
    }
}

impl Tally {
    /// Moves `items` from pending to where they ended.
    fn settle(&mut self, items: u64, outcome: Outcome) {
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
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Instant;

    use scoutline_semconv::{Record, Resource, Span, TraceContext, event};

    use super::*;
    use crate::batch::{BatchLimits, Batcher, Scope};
    use crate::counts::Dropped;
    use crate::slice::seal_spans;

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

    fn slice(spans: usize) -> Batch {
        let span = Span {
            context: TraceContext {
                trace_id: [1; 16],
                span_id: [2; 8],
            },
            parent_span_id: None,
            name: "x".into(),
            start_time_unix_nano: 1,
            end_time_unix_nano: 2,
            attributes: vec![],
            links: vec![],
        };
        let spans = vec![span; spans];
        let limits = BatchLimits::default();
        let mut sealed = seal_spans(limits, &Resource::default(), Scope::DETECTIONS, &spans);
        sealed.batches.remove(0)
    }

    fn assert_conserved(tally: &Tally, offered: u64) {
        let Dropped {
            queue_full,
            closed,
            refused,
            gave_up,
            shutdown,
        } = tally.dropped;
        assert_eq!(offered, tally.accepted + queue_full + closed, "{tally:?}");
        assert_eq!(
            tally.accepted,
            tally.exported + tally.rejected + refused + gave_up + shutdown + tally.pending,
            "{tally:?}"
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
        assert_conserved(&counts.records, 5);
        assert_eq!(counts.records.dropped.queue_full, 2);
        assert_eq!(counts.records.exported, 1);
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
            for batch in [batch(3), slice(5)] {
                sender.push(batch).unwrap();
                receiver.next().await.unwrap().settle(outcome.clone());
            }
            let counts = sender.counts();
            assert_eq!((counts.records.pending, counts.spans.pending), (0, 0));
        }
        for batch in [batch(3), slice(5)] {
            sender.push(batch).unwrap();
            drop(receiver.next().await);
        }
        sender.push(slice(5)).unwrap();
        sender.push(batch(3)).unwrap();
        let counts = sender.counts();
        assert_eq!((counts.records.pending, counts.spans.pending), (3, 5));
        receiver.close();
        for batch in [batch(3), slice(5)] {
            assert_eq!(sender.push(batch), Err(DropReason::Closed));
        }
        receiver.abandon();
        assert!(receiver.next().await.is_none());

        let counts = sender.counts();
        for (tally, items) in [(&counts.records, 3), (&counts.spans, 5)] {
            assert_conserved(tally, 9 * items);
            assert_eq!((tally.exported, tally.rejected), (2 * items - 2, 2 + items));
            let expected = Dropped {
                queue_full: 0,
                closed: items,
                refused: items,
                gave_up: items,
                shutdown: 3 * items,
            };
            assert_eq!(tally.dropped, expected);
            assert_eq!(tally.last_refusal.as_deref(), Some("all are bad"));
        }
        assert_eq!(counts.points, Tally::default());
        assert_eq!(counts.queue_bytes, 0);
    }

    #[tokio::test]
    async fn batches_of_both_signals_come_out_in_the_order_they_went_in() {
        let (sender, receiver) = queue(DEFAULT_CAPACITY);
        let batches = [batch(1), slice(1), slice(2), batch(2), slice(3)];
        for batch in &batches {
            sender.push(batch.clone()).unwrap();
        }
        for batch in &batches {
            let delivery = receiver.next().await.unwrap();
            assert_eq!(
                (delivery.signal(), delivery.bytes()),
                (batch.signal(), batch.bytes().clone())
            );
        }
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
