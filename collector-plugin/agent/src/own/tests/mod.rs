//! Own records over fake time, and into real queues.

mod events;
mod harness;
mod law;
mod replay;

use scoutline_otlp::{
    DEFAULT_CAPACITY, DEFAULT_CONSUMERS, Destination, ExporterConfig, QueueReceiver, RESERVE,
    Signal, queue,
};
use scoutline_semconv::{attr, event, resource as name};

use super::*;
use harness::{Harness, events, issuer, received, record_of};

const SECOND: Duration = Duration::from_secs(1);

pub(super) fn identity() -> Identity {
    let of_detections = Resource {
        attributes: vec![
            (name::SERVICE_NAME.into(), name::SERVICE_NAME_VALUE.into()),
            (name::HOST_NAME.into(), "h".into()),
        ],
    };
    Identity {
        resource: Arc::new(resource(&of_detections)),
        start_id: "this run".to_owned(),
        hooks: vec![
            (Family::Exec, "tp_btf/sched_process_exec"),
            (Family::FileOpen, "lsm/file_open"),
        ],
        recipes_hash: "r".to_owned(),
        settings_hash: "h".to_owned(),
    }
}

fn kernel(stats: Stats) -> Seen {
    Seen {
        kernel: Some(stats),
        ..Seen::default()
    }
}

fn run() -> Run {
    Run {
        start_id: "before".to_owned(),
        issued: 9,
        delivered: 4,
        settings: "h".to_owned(),
        ..Run::default()
    }
}

#[test]
fn a_start_says_what_the_last_run_left() {
    let mut harness = Harness::new(LastRun::Unknown, DEFAULT_CAPACITY);
    harness.start();
    let got = harness.got();
    assert_eq!(events(&got), [(event::SENSOR, "1")]);
    assert_eq!(got[0].of(attr::SCOUTLINE_SENSOR_PREVIOUS_END), "unknown");
    assert_eq!(got[0].service, name::SENSOR_SERVICE_NAME_VALUE);
    assert_eq!(got[0].scope, scoutline_semconv::scope::SENSOR);
    assert_eq!(got[0].of(attr::LOG_RECORD_UID), "uid 1");

    let other_settings = Run {
        settings: "old".to_owned(),
        ..run()
    };
    let mut harness = Harness::new(LastRun::Known(other_settings), DEFAULT_CAPACITY);
    harness.start();
    let got = harness.got();
    let expected = [
        (event::SENSOR, "1"),
        (event::SENSOR, "2"),
        (event::LOSS, "3"),
    ];
    assert_eq!(events(&got), expected);
    assert_eq!(got[0].of(attr::SCOUTLINE_SENSOR_PREVIOUS_END), "unclean");
    assert_eq!(
        got[1].of(attr::SCOUTLINE_SENSOR_ACTION),
        "configuration_change"
    );
    assert_eq!(got[2].of(attr::SCOUTLINE_LOSS_STAGE), "previous_run");
    assert_eq!(got[2].of(attr::SCOUTLINE_LOSS_COUNT), "5");
    assert_eq!(got[2].of(attr::SCOUTLINE_LOSS_FIRST_SEQUENCE), "5");
    assert_eq!(got[2].of(attr::SCOUTLINE_LOSS_START_ID), "before");
}

#[test]
fn a_loss_is_told_once_and_what_came_meanwhile_is_added_up() {
    let mut harness = Harness::new(LastRun::Unknown, DEFAULT_CAPACITY);
    let mut stats = Stats::default();
    harness.look(1, kernel(stats));
    stats.open_ring_full = 3;
    harness.look(2, kernel(stats));
    harness.look(3, kernel(stats));
    // What the kernel does not say does not count as nothing.
    harness.look(4, Seen::default());
    stats.open_ring_full = 10;
    stats.fork_ring_full = 1;
    harness.look(5, kernel(stats));
    let got = harness.got();
    let told: Vec<_> = got
        .iter()
        .map(|it| {
            (
                it.of(attr::SCOUTLINE_LOSS_REASON),
                it.of(attr::SCOUTLINE_LOSS_COUNT),
            )
        })
        .collect();
    let expected = [
        ("open_ring_full", "3"),
        ("fork_ring_full", "1"),
        ("open_ring_full", "7"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn it_looks_now_and_then_and_seldom_when_nothing_happens() {
    let mut harness = Harness::new(LastRun::Unknown, DEFAULT_CAPACITY);
    let instant = |harness: &Harness, seconds| harness.at(seconds).instant;
    for (seconds, is_due) in [(4, false), (5, true), (9, true)] {
        assert_eq!(harness.own.is_due(instant(&harness, seconds)), is_due);
    }
    assert_eq!(harness.own.wake_at(), instant(&harness, 10));
    harness.look(7, Seen::default());
    assert!(!harness.own.is_due(instant(&harness, 11)));
    assert!(harness.own.is_due(instant(&harness, 12)));
    assert_eq!(harness.own.wake_at(), instant(&harness, 17));
}

#[test]
fn what_a_full_queue_drops_is_told_through_its_reserve() {
    let mut harness = Harness::new(LastRun::Unknown, 0);
    harness.start();
    harness.detect(4);
    harness.look(5, Seen::default());
    harness.detect(1);
    harness.look(6, Seen::default());
    let lost = harness.queue.counts().records.dropped.queue_full;
    let got = harness.got();
    let expected = [(event::SENSOR, "1"), (event::LOSS, "6"), (event::LOSS, "8")];
    assert_eq!(events(&got), expected);
    let told: Vec<_> = got[1..]
        .iter()
        .map(|it| {
            (
                it.of(attr::SCOUTLINE_LOSS_COUNT),
                it.of(attr::SCOUTLINE_LOSS_FIRST_SEQUENCE),
                it.of(attr::SCOUTLINE_LOSS_LAST_SEQUENCE),
                it.of(attr::SCOUTLINE_EXPORTER_NAME),
            )
        })
        .collect();
    assert_eq!(told, [("4", "2", "5", "otlp"), ("1", "7", "7", "otlp")]);
    assert_eq!(lost, 5);
}

#[test]
fn a_loss_that_no_queue_takes_waits_and_takes_no_more_numbers() {
    let mut harness = Harness::new(LastRun::Unknown, 0);
    let mut stats = Stats::default();
    let mut seconds = 0;
    // Until not even the reserve has room.
    while harness.own.outbox.is_empty() {
        stats.open_ring_full += 1;
        seconds += 5;
        harness.look(seconds, kernel(stats));
    }
    let told = harness.sequence;
    assert!(told > 50, "{told} records in {RESERVE} bytes");
    for _ in 0..1000 {
        stats.open_ring_full += 1;
        seconds += 5;
        harness.look(seconds, kernel(stats));
    }
    assert_eq!(harness.sequence, told, "further losses are added up");
    assert_eq!(harness.own.outbox.first_waiting(), Some(told));
    assert_eq!(harness.own.ledger.untold()[0].count, 1000);
    assert_eq!(harness.own.ledger.total(), told + 1000);
    assert_eq!(harness.queue.counts().records.dropped.total(), 0);
    // Until it is told, it is not delivered.
    assert_eq!(
        harness.note(seconds, None).map(|run| run.delivered),
        Some(0)
    );
}

#[test]
fn a_lost_record_about_a_loss_is_not_answered_with_another() {
    let mut harness = Harness::new(LastRun::Unknown, DEFAULT_CAPACITY);
    let (full, _full_end) = queue(0);
    let filler = Batch::of_record(
        &Arc::new(Resource::default()),
        Scope::SENSOR,
        &record_of(1),
        Care::Reserved,
    )
    .expect("it is small");
    while full.offer(&filler).is_ok() {}
    harness.own.exporters.push(Exporter {
        name: "full".into(),
        queue: full.clone(),
        takes_records: true,
    });
    harness.own.outbox = Outbox::new(vec![harness.queue.clone(), full.clone()]);
    let stats = Stats {
        open_ring_full: 1,
        ..Stats::default()
    };
    for seconds in 1..10 {
        harness.look(seconds, kernel(stats));
    }
    assert_eq!(full.counts().records.dropped.queue_full, 1);
    assert_eq!(harness.sequence, 1);
    let more = Stats {
        open_ring_full: 2,
        ..Stats::default()
    };
    harness.look(11, kernel(more));
    let got = harness.got();
    let told: Vec<_> = got
        .iter()
        .map(|it| {
            (
                it.of(attr::SCOUTLINE_LOSS_REASON),
                it.of(attr::SCOUTLINE_EXPORTER_NAME),
            )
        })
        .collect();
    let expected = [
        ("open_ring_full", ""),
        ("queue_full", "full"),
        ("open_ring_full", ""),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_heartbeat_comes_in_its_time_and_takes_no_number() {
    let mut harness = Harness::new(LastRun::Unknown, DEFAULT_CAPACITY);
    harness.own = Own::new(
        identity(),
        LastRun::Unknown,
        harness.own.exporters,
        Board::default(),
        harness.start,
    )
    .with_heartbeat(300 * SECOND, 0.01);
    harness.sequence = 41;
    assert_eq!(harness.own.wake_at(), harness.at(3).instant);
    assert!(!harness.own.is_due(harness.at(2).instant));
    assert!(harness.own.is_due(harness.at(3).instant));
    harness.look(2, Seen::default());
    assert_eq!(harness.queue.counts().records.accepted, 0);
    harness.look(3, Seen::default());
    assert_eq!(harness.queue.counts().records.accepted, 1);
    assert_eq!(harness.own.wake_at(), harness.at(13).instant);
    harness.look(302, Seen::default());
    assert_eq!(harness.queue.counts().records.accepted, 1);
    // The newer one takes the place of one that waits.
    harness.look(305, Seen::default());
    assert_eq!(harness.queue.counts().records.accepted, 2);
    assert_eq!(harness.sequence, 41);
    let counts = harness.queue.counts().records;
    assert_eq!((counts.superseded, counts.pending), (1, 1));
    let got = harness.got();
    assert_eq!(events(&got), [(event::HEARTBEAT, "")]);
    assert_eq!(got[0].of(attr::SCOUTLINE_SENSOR_UPTIME), "305");
    assert_eq!(got[0].of(attr::SCOUTLINE_LAST_SEQUENCE), "41");
    assert_eq!(got[0].service, name::SENSOR_SERVICE_NAME_VALUE);
}

#[test]
fn behind_a_backlog_no_heartbeat_is_made_and_nobody_wakes_up_for_one() {
    let mut harness = Harness::new(LastRun::Unknown, DEFAULT_CAPACITY);
    harness.own.heartbeat = Some(Schedule::new(20 * SECOND, 0.0, harness.start));
    harness.detect(1);
    harness.look(1, Seen::default());
    assert_eq!(harness.own.numbers.made.heartbeat, 0);
    assert!(!harness.own.is_due(harness.at(2).instant));
    assert_eq!(harness.own.wake_at(), harness.at(11).instant);
    assert_eq!(harness.own.ledger.total(), 0);
    let got = harness.got();
    assert_eq!(events(&got), [(event::DETECTION, "1")]);
}

#[test]
fn how_far_a_run_got_is_written_when_numbers_are_issued_and_seldom_otherwise() {
    let mut harness = Harness::new(LastRun::Unknown, DEFAULT_CAPACITY);
    harness.start();
    let run = harness.note(0, None).expect("at once");
    assert_eq!((run.issued, run.delivered, run.is_over), (1, 0, false));
    assert_eq!(harness.note(1, None), None);
    harness.detect(2);
    let run = harness.note(1, None).expect("more numbers");
    assert_eq!((run.issued, run.delivered), (3, 0));
    // What is still in a batch that is not sealed counts as not delivered, too.
    let Harness {
        own,
        receiver,
        start,
        sequence,
        ..
    } = &mut harness;
    let receiver = std::mem::replace(receiver, queue(0).1);
    assert_eq!(received(receiver).len(), 3);
    assert_eq!(own.note(*start + 2 * SECOND, *sequence, Some(3)), None);
    let run = own.note(*start + 6 * SECOND, *sequence, Some(3));
    assert_eq!(run.map(|run| run.delivered), Some(2));
    assert_eq!(own.note(*start + 60 * SECOND, *sequence, Some(3)), None);
    let run = own.note(*start + 60 * SECOND, *sequence, None);
    assert_eq!(run.map(|run| run.delivered), Some(3));
}

#[test]
fn the_end_is_told_and_what_is_unsent_then_is_for_the_next_run() {
    let mut harness = Harness::new(LastRun::Unknown, DEFAULT_CAPACITY);
    harness.start();
    let stats = Stats {
        exit_ring_full: 1,
        ..Stats::default()
    };
    let at = harness.at(3);
    let mut issue = issuer(&mut harness.sequence);
    harness.own.finish(at, 1, kernel(stats), &mut issue);
    drop(issue);
    let Harness {
        mut own,
        receiver,
        start,
        ..
    } = harness;
    own.note(start, 3, None);
    // Nobody ever takes anything.
    drop(receiver_without_exporter(receiver));
    let run = own.close();
    assert!(run.is_over);
    assert_eq!((run.issued, run.delivered), (3, 3));
    let untold: Vec<_> = run
        .untold
        .iter()
        .map(|it| (it.reason.as_str(), it.count, it.sequences))
        .collect();
    assert_eq!(untold, [("shutdown", 3, Some((1, 3)))]);

    let mut harness = Harness::new(LastRun::Known(run), DEFAULT_CAPACITY);
    harness.start();
    let got = harness.got();
    assert_eq!(events(&got), [(event::SENSOR, "1"), (event::LOSS, "2")]);
    assert_eq!(got[0].of(attr::SCOUTLINE_SENSOR_PREVIOUS_END), "clean");
    assert_eq!(got[1].of(attr::SCOUTLINE_LOSS_REASON), "shutdown");
    assert_eq!(got[1].of(attr::SCOUTLINE_LOSS_START_ID), "this run");
}

#[test]
fn an_exporter_for_spans_alone_is_told_nothing() {
    let (spans, of_spans) = queue(DEFAULT_CAPACITY);
    let exporters = vec![Exporter {
        name: "otlp/environment_traces".into(),
        queue: spans,
        takes_records: false,
    }];
    let now = Instant::now();
    let mut own = Own::new(
        identity(),
        LastRun::Unknown,
        exporters,
        Board::default(),
        now,
    )
    .with_heartbeat(Duration::from_secs(1), 0.0);
    let mut issue = || unreachable!("nobody is told");
    let at = At {
        instant: now + Duration::from_secs(5),
        unix_ns: 5,
    };
    own.start(at, &mut issue);
    let lossy = Stats {
        open_ring_full: 3,
        ..Stats::default()
    };
    own.look(at, 0, kernel(lossy), &mut issue);
    own.finish(at, 0, kernel(lossy), &mut issue);
    drop(own);
    assert!(received(of_spans).is_empty());
}

/// An exporter that is dropped at once: it counts what it was given as lost in the shutdown.
fn receiver_without_exporter(receiver: QueueReceiver) -> scoutline_otlp::Exporter {
    let config = ExporterConfig {
        name: "test".to_owned(),
        destination: Destination::File {
            directory: "/nonexistent".into(),
        },
        signals: Signal::ALL.to_vec(),
        retry: None,
        consumers: DEFAULT_CONSUMERS,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    scoutline_otlp::Exporter::spawn(&config, receiver, runtime.handle()).expect("it starts")
}

#[test]
fn without_an_exporter_nobody_is_told_and_no_number_is_taken() {
    let mut own = Own::new(
        identity(),
        LastRun::Known(run()),
        Vec::new(),
        Board::default(),
        Instant::now(),
    )
    .with_heartbeat(SECOND, 0.0);
    let mut issue = || -> Issued { panic!("nobody is told") };
    let at = At {
        instant: Instant::now() + 10 * SECOND,
        unix_ns: 1,
    };
    own.start(at, &mut issue);
    let stats = Stats {
        exec_ring_full: 1,
        ..Stats::default()
    };
    own.look(at, 0, kernel(stats), &mut issue);
    own.finish(at, 0, kernel(stats), &mut issue);
    assert_eq!(own.ledger.total(), 1);
    assert_eq!(own.board().read(|numbers| numbers.kernel), stats);
}
