//! The queue between the detection thread and one exporter: in memory, bounded by bytes.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use thiserror::Error;
use tokio::sync::Notify;

use crate::batch::{Batch, Care, Sequences};
use crate::counts::{Counts, Lost, LostReason, Tally};
use crate::signal::Signal;

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
    let shared = Arc::new(Shared {
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
    /// First number of each batch that waits or is being sent.
    unsettled: BTreeSet<u64>,
    /// Since it was last asked for, an entry for each reason and kind.
    lost: Vec<Lost>,
    closed: bool,
}

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
    fn is_idle(&self) -> bool {
        !self.closed && self.batches.iter().all(|it| it.care() == Care::Passing)
    }

    fn room_for(&self, batch: &Batch) -> Result<(), DropReason> {
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

    fn append(&mut self, batch: Batch) {
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
    fn refuse(&mut self, batch: &Batch, why: LostReason) {
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

    fn settle(&mut self, batch: &Batch, outcome: Outcome) {
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
            Outcome::Superseded => self.superseded += items,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Instant;

    use scoutline_semconv::{Record, Resource, Span, TraceContext, attr, event};

    use super::*;
    use crate::batch::{BatchLimits, Batcher, Scope};
    use crate::counts::Dropped;
    use crate::slice::seal_spans;

    pub(crate) fn batch(records: u32) -> Batch {
        let mut batcher = Batcher::new(BatchLimits::default());
        let resource = Arc::new(Resource::default());
        for _ in 0..records {
            let sealed = batcher.push(Instant::now(), &resource, Scope::DETECTIONS, &record());
            assert!(sealed.unwrap().is_none());
        }
        batcher.seal().unwrap()
    }

    fn record() -> Record {
        Record {
            event_name: event::DETECTION,
            time_unix_nano: 1,
            observed_time_unix_nano: 2,
            severity_number: 9,
            severity_text: "INFO",
            body: "x".to_owned(),
            trace: None,
            attributes: vec![],
        }
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
            tally.exported
                + tally.rejected
                + refused
                + gave_up
                + shutdown
                + tally.superseded
                + tally.pending,
            "{tally:?}"
        );
        assert_eq!(tally.offered(), offered, "{tally:?}");
    }

    /// A batch of one record with this number.
    pub(crate) fn numbered(number: Option<i64>, care: Care) -> Batch {
        let attributes = number.map(|number| (attr::SCOUTLINE_SEQUENCE, number.into()));
        let record = Record {
            attributes: attributes.into_iter().collect(),
            ..record()
        };
        let resource = Arc::new(Resource::default());
        Batch::of_record(&resource, Scope::SENSOR, &record, care).unwrap()
    }

    fn range(first: u64, last: u64) -> Option<Sequences> {
        Some(Sequences { first, last })
    }

    #[tokio::test]
    async fn what_says_what_was_lost_finds_room_in_a_full_queue() {
        let one = numbered(Some(1), Care::Ordinary);
        let (sender, _receiver) = queue(one.bytes().len());
        sender.push(one.clone()).unwrap();
        for number in 2..5 {
            let more = numbered(Some(number), Care::Ordinary);
            assert_eq!(sender.push(more), Err(DropReason::QueueFull));
        }
        let loss = numbered(Some(5), Care::Reserved);
        let mut taken = 0;
        while sender.offer(&loss).is_ok() {
            taken += 1;
        }
        assert_eq!(taken, RESERVE / loss.bytes().len());
        assert_eq!(sender.counts().records.dropped.queue_full, 3);
        let lost = sender.take_lost();
        let expected = Lost {
            signal: Signal::Logs,
            reason: LostReason::QueueFull,
            is_reserved: false,
            items: 3,
            sequences: range(2, 4),
        };
        assert_eq!(lost, std::slice::from_ref(&expected));
        assert_eq!(sender.take_lost(), []);
        // One that is no longer offered is lost as others are, and told apart.
        assert_eq!(sender.push(loss), Err(DropReason::QueueFull));
        let expected = Lost {
            is_reserved: true,
            items: 1,
            sequences: range(5, 5),
            ..expected
        };
        assert_eq!(sender.take_lost(), [expected]);
        assert_conserved(&sender.counts().records, 1 + 3 + taken as u64 + 1);
    }

    #[tokio::test]
    async fn a_heartbeat_waits_behind_nothing_and_only_the_newest_waits() {
        let (sender, receiver) = queue(DEFAULT_CAPACITY);
        let heartbeat = || numbered(None, Care::Passing);
        // What is being sent is no backlog.
        sender.push(numbered(Some(1), Care::Ordinary)).unwrap();
        let under_way = receiver.next().await.unwrap();
        assert!(sender.is_idle());
        for _ in 0..3 {
            sender.push(heartbeat()).unwrap();
        }
        let counts = sender.counts().records;
        assert_eq!((counts.superseded, counts.pending), (2, 2));
        let newest = receiver.next().await.unwrap();
        assert!(newest.is_passing());
        newest.settle(Outcome::GaveUp);
        // A backlog is: it is not taken.
        sender.push(numbered(Some(2), Care::Ordinary)).unwrap();
        assert!(!sender.is_idle());
        assert_eq!(sender.offer(&heartbeat()), Err(DropReason::QueueFull));
        sender.push(heartbeat()).unwrap();
        under_way.settle(Outcome::Exported {
            rejected: 0,
            message: String::new(),
        });
        receiver.close();
        assert!(!sender.is_idle());
        sender.push(heartbeat()).unwrap();
        let counts = sender.counts().records;
        assert_eq!((counts.superseded, counts.dropped.total()), (5, 0));
        assert_conserved(&counts, 7);
        assert_eq!(sender.take_lost(), []);
    }

    #[tokio::test]
    async fn what_is_lost_is_told_with_its_numbers_whatever_the_reason() {
        let (sender, receiver) = queue(DEFAULT_CAPACITY);
        let message = || "no".to_owned();
        for (outcome, reason) in [
            (
                Outcome::Exported {
                    rejected: 1,
                    message: message(),
                },
                LostReason::Rejected,
            ),
            (Outcome::Refused { message: message() }, LostReason::Refused),
            (Outcome::GaveUp, LostReason::GaveUp),
            (Outcome::Shutdown, LostReason::Shutdown),
        ] {
            for number in [7, 9] {
                sender.push(numbered(Some(number), Care::Ordinary)).unwrap();
                assert_eq!(sender.first_unsettled(), u64::try_from(number).ok());
                receiver.next().await.unwrap().settle(outcome.clone());
            }
            assert_eq!(sender.first_unsettled(), None);
            let lost = sender.take_lost();
            assert_eq!(lost.len(), 1, "{lost:?}");
            assert_eq!((lost[0].reason, lost[0].items), (reason, 2));
            assert_eq!(lost[0].sequences, range(7, 9));
        }
        receiver.close();
        let late = sender.push(slice(5));
        assert_eq!(late, Err(DropReason::Closed));
        let lost = sender.take_lost();
        assert_eq!((lost[0].signal, lost[0].items), (Signal::Traces, 5));
        assert_eq!(lost[0].sequences, None);
    }

    #[tokio::test]
    async fn the_lowest_number_that_is_not_settled_is_known() {
        let (sender, receiver) = queue(DEFAULT_CAPACITY);
        let settled = || Outcome::Exported {
            rejected: 0,
            message: String::new(),
        };
        for number in 3..6 {
            sender.push(numbered(Some(number), Care::Ordinary)).unwrap();
        }
        let three = receiver.next().await.unwrap();
        receiver.next().await.unwrap().settle(settled());
        assert_eq!(sender.first_unsettled(), Some(3));
        three.settle(settled());
        assert_eq!(sender.first_unsettled(), Some(5));
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
