//! What goes out of all that happens on the host, and of the sensor itself.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use scoutline::own::{At, Board, Exporter, Identity, Own, Seen, observe, resource};
use scoutline::pipeline::{Outlet, Queues, Reader, Resources};
use scoutline::state::{LastRun, Run};
use scoutline_abi::raw::Stats;
use scoutline_detect::{Issued, Output, Reported, Trace};
use scoutline_loader::hooks::Family;
use scoutline_otlp::{
    Batch, BatchLimits, Care, DEFAULT_CAPACITY, Metrics, QueueSender, Scope, queue,
};
use scoutline_semconv::{Record, Resource, Value, attr};

use crate::host::{CLOCK, SECOND, START_ID, host_resource, judge, record};
use crate::wire::{PATIENCE, Request, Wire, config};

/// Each record, and each trace, with the request that it went out in.
pub(crate) struct Sent {
    pub(crate) records: Vec<(Reported, Request)>,
    pub(crate) traces: Vec<(Trace, Request)>,
    /// What the sensor said of itself, in its order.
    pub(crate) own: Vec<Request>,
    /// And what it counted.
    pub(crate) metrics: Request,
}

/// It is the same each time.
pub(crate) fn sent() -> &'static Sent {
    static SENT: OnceLock<Sent> = OnceLock::new();
    SENT.get_or_init(|| send().expect("it is sent"))
}

/// The hooks of both kinds of detections.
pub(crate) const HOOKS: [(Family, &str); 2] = [
    (Family::Exec, "tp_btf/sched_process_exec"),
    (Family::FileOpen, "lsm/file_open"),
];

/// An exporter whose queue takes nothing but what says so.
pub(crate) const FULL: &str = "otlp_http/second";

fn send() -> Result<Sent> {
    let recording = record()?;
    let (mut reader, preamble) = Reader::new(recording.as_slice())?;
    let mut judge = judge(&preamble);
    let mut out = Output::default();
    while let Some(step) = reader.step()? {
        judge.apply(step, &mut out)?;
    }
    let wire = Wire::open()?;
    let attributes = preamble.resource.into_iter();
    let attributes = attributes.map(|(key, value)| (key.into(), Value::from(value)));
    let host = Resource {
        attributes: attributes.collect(),
    };
    let each = BatchLimits {
        records: 1,
        ..BatchLimits::default()
    };
    let queues = Queues {
        logs: vec![wire.queue.clone()],
        traces: vec![wire.queue.clone()],
    };
    let mut outlet = Outlet::new(Resources::new(host, false), each, queues);
    let (own, metrics) = own(&out.records)?;
    let mut sent = Sent {
        records: Vec::new(),
        traces: Vec::new(),
        own,
        metrics,
    };
    for reported in out.records {
        outlet.take(&reported)?;
        sent.records.push((reported, wire.next()?));
    }
    // The limit is one of spans as well, which shall be in one request.
    let queues = Queues {
        traces: vec![wire.queue.clone()],
        ..Queues::default()
    };
    let resources = Resources::new(host_resource(), false);
    let mut outlet = Outlet::new(resources, BatchLimits::default(), queues);
    for trace in out.traces {
        outlet.take_trace(&trace)?;
        sent.traces.push((trace, wire.next()?));
    }
    assert_eq!(wire.close()?, [], "one request each");
    Ok(sent)
}

/// Metrics are collected once, at the end.
const NEVER: Duration = Duration::from_secs(3600);

/// Who the sensor is.
pub(crate) fn identity() -> Identity {
    Identity {
        resource: Arc::new(resource(&host_resource())),
        start_id: START_ID.to_owned(),
        hooks: HOOKS.into(),
        recipes_hash: "00112233445566778899aabbccddeeff".to_owned(),
        settings_hash: "ffeeddccbbaa99887766554433221100".to_owned(),
    }
}

/// A run after a crash: it starts, loses something, is alive, and ends; and its metrics then.
fn own(detected: &[Reported]) -> Result<(Vec<Request>, Request)> {
    let wire = Wire::open()?;
    let sink = wire.exporter.metric_sink()?.context("it takes metrics")?;
    let runtime = wire.runtime.handle().clone();
    let metrics = Metrics::start(&identity().resource, vec![sink], NEVER, &runtime);
    let meter = metrics.meter(Scope::SENSOR);
    wire.exporter.time_requests(&meter);
    // Nobody is there to take what is sent.
    let (lonely, end) = queue(DEFAULT_CAPACITY);
    let away = config("otlp_http/away", "http://127.0.0.1:1".to_owned());
    let away = scoutline_otlp::Exporter::spawn(&away, end, &runtime)?;
    away.time_requests(&meter);
    let (full, _end) = queue(0);
    let exporter = |name: &str, queue: &QueueSender| Exporter {
        name: name.into(),
        queue: queue.clone(),
        takes_records: true,
    };
    let exporters = vec![exporter("otlp", &wire.queue), exporter(FULL, &full)];
    let crashed = Run {
        start_id: "5c0a71e0-0000-4000-8000-000000000000".to_owned(),
        issued: 9,
        delivered: 4,
        settings: "another configuration".to_owned(),
        ..Run::default()
    };
    let begin = Instant::now();
    let at = |seconds: u64| At {
        instant: begin + Duration::from_secs(seconds),
        unix_ns: CLOCK.unix(seconds * SECOND),
    };
    let board = Board::default();
    observe(&meter, &board, &HOOKS, &exporters);
    let mut own = Own::new(identity(), LastRun::Known(crashed), exporters, board, begin)
        .with_heartbeat(Duration::from_secs(300), 0.1);
    let mut sequence = 0;
    let mut issue = || {
        sequence += 1;
        Issued {
            sequence,
            uid: format!("{sequence:032x}"),
        }
    };
    let mut sent = Vec::new();
    let mut take = |requests: usize| -> Result<()> {
        for _ in 0..requests {
            sent.push(wire.next()?);
        }
        // The receiver has it, but the exporter may not know yet.
        while wire.queue.counts().records.pending > 0 {
            std::thread::yield_now();
        }
        Ok(())
    };
    own.start(at(0), &mut issue);
    take(3)?;
    for reported in detected {
        own.observe(&reported.record);
    }
    // Detections 40 to 41 find no room.
    for number in [40_i64, 41] {
        let detection = detected.first().context("there are detections")?;
        let lost = Record {
            attributes: vec![(attr::SCOUTLINE_SEQUENCE, number.into())],
            ..detection.record.clone()
        };
        let resource = Arc::new(host_resource());
        let batch = Batch::of_record(&resource, Scope::DETECTIONS, &lost, Care::Ordinary)?;
        assert!(full.push(batch).is_err(), "the queue is full");
    }
    let mut seen = Seen {
        kernel: Some(Stats {
            exec_sent: 7,
            open_seen: 1_000,
            open_unmatched: 990,
            open_folded: 2,
            open_sent: 5,
            open_ring_full: 3,
            ..Stats::default()
        }),
        ..Seen::default()
    };
    let time = Duration::from_millis(1_250);
    seen.run_times = HOOKS
        .map(|(family, _)| (family, time))
        .into_iter()
        .collect();
    seen.detector.opens = 4;
    seen.detector.opens_matched = 4;
    seen.detector.execs = 7;
    seen.detector.execs_matched = 2;
    seen.detector.accesses = 8;
    seen.detector.detections = 6;
    seen.detector.summaries = 6;
    own.look(at(5), 41, seen, &mut issue);
    take(2)?;
    own.look(at(30), 41, seen, &mut issue);
    take(1)?;
    own.finish(at(60), 41, seen, &mut issue);
    take(1)?;

    let batch = Batch::of_record(
        &identity().resource,
        Scope::SENSOR,
        &detected.first().context("there are detections")?.record,
        Care::Ordinary,
    )?;
    lonely.push(batch)?;
    while lonely.counts().records.pending > 0 {
        std::thread::yield_now();
    }
    wire.runtime.block_on(metrics.shutdown(PATIENCE));
    let metrics = wire.next()?;
    wire.runtime.block_on(away.shutdown(PATIENCE));
    assert_eq!(wire.close()?, [], "one request each");
    Ok((sent, metrics))
}
