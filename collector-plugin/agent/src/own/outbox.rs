//! Records that are never shed, until a queue took them.

use std::collections::VecDeque;

use scoutline_otlp::{Batch, QueueSender};

/// Batches in their order. No new losses are told while any waits, which bounds how many there are.
#[derive(Debug)]
pub(super) struct Outbox {
    queues: Vec<QueueSender>,
    waiting: VecDeque<Batch>,
}

impl Outbox {
    pub(super) fn new(queues: Vec<QueueSender>) -> Self {
        Self {
            queues,
            waiting: VecDeque::new(),
        }
    }

    /// Sends a batch, or keeps it.
    pub(super) fn send(&mut self, batch: Batch) {
        self.waiting.push_back(batch);
        self.retry();
    }

    /// Offers what waits once more.
    pub(super) fn retry(&mut self) {
        while let Some(batch) = self.waiting.front() {
            if !self.offer(batch) {
                break;
            }
            self.waiting.pop_front();
        }
    }

    /// Drops what still waits; the queues count it.
    pub(super) fn give_up(&mut self) {
        for batch in self.waiting.drain(..) {
            for queue in &self.queues {
                // It counts.
                let _ = queue.push(batch.clone());
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The lowest number that waits.
    pub(super) fn first_waiting(&self) -> Option<u64> {
        let numbers = self.waiting.iter().filter_map(Batch::sequences);
        numbers.map(|it| it.first).min()
    }

    /// Whether any queue took it. One alone that did not is full for good, as far as this record is concerned: it
    /// counts it as lost.
    fn offer(&self, batch: &Batch) -> bool {
        let taken: Vec<_> = self
            .queues
            .iter()
            .map(|queue| queue.offer(batch).is_ok())
            .collect();
        if !taken.contains(&true) {
            return false;
        }
        for (queue, _) in self.queues.iter().zip(taken).filter(|(_, taken)| !taken) {
            // It counts.
            let _ = queue.push(batch.clone());
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use scoutline_otlp::{Care, RESERVE, Scope, queue};
    use scoutline_semconv::{Record, Resource, attr, event};

    use super::*;

    fn batch(sequence: i64, care: Care) -> Batch {
        let record = Record {
            event_name: event::LOSS,
            time_unix_nano: 1,
            observed_time_unix_nano: 1,
            severity_number: 17,
            severity_text: "ERROR",
            body: "x".to_owned(),
            trace: None,
            attributes: vec![(attr::SCOUTLINE_SEQUENCE, sequence.into())],
        };
        Batch::of_record(&Arc::new(Resource::default()), Scope::SENSOR, &record, care)
            .expect("it is small")
    }

    /// A queue with room for so many bytes.
    fn with_room(bytes: usize) -> (QueueSender, scoutline_otlp::QueueReceiver) {
        let large = batch(1, Care::Reserved);
        let (sender, receiver) = queue(0);
        let mut left = RESERVE;
        while left >= bytes + large.bytes().len() {
            sender.offer(&large).expect("there is room");
            left -= large.bytes().len();
        }
        (sender, receiver)
    }

    #[test]
    fn what_no_queue_takes_waits_and_what_one_takes_is_sent() {
        let size = batch(9, Care::Reserved).bytes().len();
        let (full, full_end) = with_room(0);
        let (other, other_end) = with_room(0);
        let mut outbox = Outbox::new(vec![full.clone(), other.clone()]);
        let before = full.counts().records;
        for sequence in [8, 9] {
            outbox.send(batch(sequence, Care::Reserved));
        }
        assert!(!outbox.is_empty());
        assert_eq!(outbox.first_waiting(), Some(8));
        // Offers that are not taken are not counted, however many there are.
        outbox.retry();
        assert_eq!(full.counts().records, before);
        drop((full, full_end, other, other_end));

        let (full, _full_end) = with_room(0);
        let (spacious, _spacious_end) = with_room(2 * size);
        let mut outbox = Outbox::new(vec![full.clone(), spacious.clone()]);
        let before = spacious.counts().records.accepted;
        for sequence in [8, 9] {
            outbox.send(batch(sequence, Care::Reserved));
        }
        assert!(outbox.is_empty());
        assert_eq!(spacious.counts().records.accepted, before + 2);
        // The one that has no room says so, once for each.
        assert_eq!(full.counts().records.dropped.queue_full, 2);
        assert!(full.take_lost().iter().all(|lost| lost.is_reserved));
    }

    #[test]
    fn what_waits_at_the_end_is_counted() {
        let (full, _full_end) = with_room(0);
        let mut outbox = Outbox::new(vec![full.clone()]);
        outbox.send(batch(7, Care::Reserved));
        outbox.give_up();
        assert!(outbox.is_empty());
        assert_eq!(full.counts().records.dropped.queue_full, 1);
    }
}
