//! What the sensor says of itself.

use super::*;
use crate::bytes::of_event;
use crate::host::START_ID;
use crate::sent::FULL;

/// A record of the sensor itself, `at` seconds after the host was started.
fn own(request: &Request, at: u64, severity: (i32, &str), body: &str, meant: &[(&str, Meant<'_>)]) {
    let (message, record) = decoded(request);
    let Some((_, Text(kind))) = meant.first() else {
        panic!("the kind comes first");
    };
    let meant = LogRecord {
        time_unix_nano: BOOT + at * SECOND,
        observed_time_unix_nano: BOOT + at * SECOND,
        severity_number: severity.0,
        severity_text: severity.1.to_owned(),
        body: text(body),
        attributes: attributes(meant, &record.attributes),
        dropped_attributes_count: 0,
        flags: 0,
        trace_id: vec![],
        span_id: vec![],
        event_name: format!("scoutline.{kind}"),
    };
    let of = resource("scoutline-sensor", &[]);
    assert_eq!(message, logs(of, "scoutline.sensor", meant));
}

const INFO: (i32, &str) = (9, "INFO");
const ERROR: (i32, &str) = (17, "ERROR");
const HOOKS: Meant<'_> = Texts(&["tp_btf/sched_process_exec", "lsm/file_open"]);
const RECIPES: Meant<'_> = Text("00112233445566778899aabbccddeeff");

#[test]
fn the_sensor_says_that_it_starts_changed_and_stops() {
    let requests = of_event(&sent().own, "scoutline.sensor");
    let [start, change, stop] = requests[..] else {
        panic!("{} records", requests.len());
    };
    for (request, at, sequence, action, end, body) in [
        (
            start,
            0,
            1,
            "start",
            Some("unclean"),
            "The sensor began to watch; the run before was killed or crashed.",
        ),
        (
            change,
            0,
            2,
            "configuration_change",
            None,
            "The sensor has other recipes or settings than the run before.",
        ),
        (
            stop,
            60,
            6,
            "stop",
            None,
            "The sensor stopped, as it was told to.",
        ),
    ] {
        let mut meant = vec![
            ("scoutline.record.kind", Text("sensor")),
            ("log.record.uid", Id),
            ("scoutline.sensor.start_id", Text(START_ID)),
            ("scoutline.sequence", Int(sequence)),
            ("scoutline.sensor.action", Text(action)),
            ("scoutline.sensor.hooks", HOOKS),
            ("scoutline.sensor.recipes_hash", RECIPES),
        ];
        meant.extend(end.map(|end| ("scoutline.sensor.previous_end", Text(end))));
        own(request, at, INFO, body, &meant);
    }
}

#[test]
fn a_loss_says_where_why_how_many_and_which() {
    let requests = of_event(&sent().own, "scoutline.loss");
    let [crash, kernel, queue] = requests[..] else {
        panic!("{} records", requests.len());
    };
    let begin = |sequence, stage, reason, count| {
        vec![
            ("scoutline.record.kind", Text("loss")),
            ("log.record.uid", Id),
            ("scoutline.sensor.start_id", Text(START_ID)),
            ("scoutline.sequence", Int(sequence)),
            ("scoutline.loss.stage", Text(stage)),
            ("scoutline.loss.reason", Text(reason)),
            ("scoutline.loss.count", Int(count)),
        ]
    };
    let numbers = |first, last| {
        [
            ("scoutline.loss.first_sequence", Int(first)),
            ("scoutline.loss.last_sequence", Int(last)),
        ]
    };
    let mut meant = begin(3, "previous_run", "crash", 5);
    meant.extend(numbers(5, 9));
    let before = "5c0a71e0-0000-4000-8000-000000000000";
    meant.push(("scoutline.loss.start_id", Text(before)));
    let body = "Lost 5 with the last run: at most so many records that the last run had in memory.";
    own(crash, 0, ERROR, body, &meant);

    let meant = begin(4, "kernel", "open_ring_full", 3);
    let body = "Lost 3 in the kernel: opens that did not fit the ring.";
    own(kernel, 5, ERROR, body, &meant);

    let mut meant = begin(5, "queue", "queue_full", 2);
    meant.extend(numbers(40, 41));
    meant.push(("scoutline.exporter.name", Text(FULL)));
    let body = "Lost 2 records on the way to otlp_http/second: without room in the queue.";
    own(queue, 5, ERROR, body, &meant);
}

#[test]
fn a_heartbeat_says_that_all_is_well_or_what_is_not() {
    let requests = of_event(&sent().own, "scoutline.heartbeat");
    let [request] = requests[..] else {
        panic!("{} records", requests.len());
    };
    let counters = [
        // 7 executions, 1000 opens.
        "kernel_events=1007",
        "kernel_folded=2",
        "kernel_dropped=3",
        "opens=4",
        "opens_matched=4",
        "execs=7",
        "execs_matched=2",
        // Two of them are the repeats that the kernel folded.
        "accesses=8",
        "detections=6",
        "summaries=6",
        // Two for each detection, three losses, two of the sensor, and this one.
        "records=18",
        "refused=0",
        "exported=5",
        "retried=0",
        // Nobody takes what the other exporter has.
        "pending=5",
        "dropped=2",
    ];
    let recipes = [
        "os_fingerprint=2",
        "machine_fingerprint=1",
        "net_scan_tool_exec=1",
        "net_sniff_tool_exec=1",
        "own_recipe=1",
    ];
    let meant = [
        ("scoutline.record.kind", Text("heartbeat")),
        ("log.record.uid", Id),
        ("scoutline.sensor.start_id", Text(START_ID)),
        ("scoutline.last_sequence", Int(41)),
        ("scoutline.sensor.uptime", Int(30)),
        ("scoutline.sensor.hooks", HOOKS),
        ("scoutline.sensor.recipes_hash", RECIPES),
        ("scoutline.sensor.counters", Texts(&counters)),
        ("scoutline.sensor.recipe_counters", Texts(&recipes)),
        ("scoutline.loss.total", Int(5)),
    ];
    let body = "Watching for 30 s: 6 detections, 5 records and events were lost.";
    own(request, 30, INFO, body, &meant);
}
