//! Each batch is counted once, whatever becomes of it.

use std::sync::Arc;
use std::time::Instant;

use scoutline_semconv::{Record, Resource, Span, TraceContext, attr, event};

use super::*;
use crate::batch::{BatchLimits, Batcher, Scope, Sequences};
use crate::counts::{Dropped, Tally};
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
    let ended = tally.settled() + tally.pending;
    assert_eq!(
        (tally.offered(), tally.accepted),
        (offered, ended),
        "{tally:?}"
    );
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
