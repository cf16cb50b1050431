mod exact;
mod release;

use std::collections::BTreeSet;

use scoutline_abi::raw::{FOLD_REARM_NS, FoldKey, TaskInfo};
use scoutline_semconv::{Record, Value, attr};

use super::*;
use crate::fixture::{self, Exec, Open};

const CLOCK: Clock = Clock {
    boot_to_unix_ns: 1_800_000_000_000_000_000,
};
const MS: u64 = 1_000_000;
const SECOND: u64 = 1000 * MS;

fn detector(scope: Scope) -> Detector {
    let settings = Settings {
        scope,
        spans: false,
        ..Settings::default()
    };
    Detector::new(fixture::matcher(), fixture::facts(), settings)
}

fn records(out: Output) -> Vec<Record> {
    out.records
        .into_iter()
        .map(|reported| reported.record)
        .collect()
}

fn advance(detector: &mut Detector, now: BootNanos, counts: &[(FoldKey, u64)]) -> Vec<Record> {
    let mut out = Output::default();
    detector.advance(now, counts, CLOCK, &mut out);
    records(out)
}

fn finish(detector: &mut Detector, now: BootNanos, counts: &[(FoldKey, u64)]) -> Vec<Record> {
    let mut out = Output::default();
    detector.finish(now, counts, CLOCK, &mut out);
    records(out)
}

fn observe(detector: &mut Detector, bytes: &[u8]) -> Vec<Record> {
    let mut out = Output::default();
    let event = scoutline_abi::decode(bytes).expect("a fixture decodes");
    detector.observe(&event, 1, CLOCK, &mut out);
    check_law(&detector.counters());
    records(out)
}

fn check_law(c: &Counters) {
    assert_eq!(
        c.opens,
        c.opens_matched
            + c.opens_weak
            + c.opens_unmatched
            + c.opens_unresolved
            + c.opens_out_of_scope,
        "{c:?}"
    );
    assert_eq!(
        c.execs,
        c.execs_matched
            + c.execs_weak
            + c.execs_unmatched
            + c.execs_unresolved
            + c.execs_out_of_scope
            + c.execs_repeated,
        "{c:?}"
    );
}

fn text<'a>(record: &'a Record, name: &str) -> &'a str {
    record.text(name).unwrap_or_default()
}

fn count(record: &Record) -> u64 {
    record
        .int(attr::SCOUTLINE_DETECTION_COUNT)
        .unwrap_or_default()
        .try_into()
        .unwrap_or_default()
}

/// (phase, recipe, executable, count)
fn told(records: &[Record]) -> Vec<(&str, &str, &str, u64)> {
    records
        .iter()
        .map(|record| {
            (
                text(record, attr::SCOUTLINE_DETECTION_PHASE),
                text(record, attr::SECURITY_RULE_NAME),
                text(record, attr::PROCESS_EXECUTABLE_PATH),
                count(record),
            )
        })
        .collect()
}

#[test]
fn a_first_at_once_and_a_summary_when_the_window_closes() {
    let mut detector = detector(Scope::Host);
    let cat = fixture::task(100, 1_000, 2);
    observe(&mut detector, &Exec::of(cat, 1_000, "/usr/bin/cat").bytes());
    let open = Open {
        task: cat,
        time_ns: 2_000,
        ..Open::default()
    };
    let first = observe(&mut detector, &open.bytes());
    assert_eq!(told(&first), [("first", "file_recipe", "/usr/bin/cat", 1)]);

    let end = 2_000 + 60 * SECOND;
    assert_eq!(detector.next_deadline(), Some(end));
    assert_eq!(detector.due(end - 1), []);
    assert_eq!(detector.due(end), [open.key]);
    let out = advance(&mut detector, end, &[(open.key, 1_000_000)]);
    assert_eq!(
        told(&out),
        [("summary", "file_recipe", "/usr/bin/cat", 1_000_000)]
    );
    let uids = [&first[0], &out[0]].map(|record| text(record, attr::SCOUTLINE_DETECTION_UID));
    assert_eq!(uids[0], uids[1]);

    // Accesses of less than a second after the last announced one are found by looking again.
    let again = end + FOLD_REARM_NS;
    assert_eq!(detector.next_deadline(), Some(again));
    assert_eq!(detector.due(again), [open.key]);
    let out = advance(&mut detector, again, &[(open.key, 1_000_005)]);
    assert_eq!(told(&out), [("first", "file_recipe", "/usr/bin/cat", 1)]);
    let out = finish(&mut detector, again + 1, &[(open.key, 1_000_006)]);
    assert_eq!(told(&out), [("summary", "file_recipe", "/usr/bin/cat", 6)]);
    let counters = detector.counters();
    assert_eq!((counters.accesses, counters.accesses_open), (1_000_006, 0));
    assert_eq!((counters.detections, counters.summaries), (2, 2));
}

#[test]
fn an_ended_program_is_read_once_more_and_then_forgotten() {
    let mut detector = detector(Scope::Host);
    let cat = fixture::task(100, 1_000, 2);
    observe(&mut detector, &Exec::of(cat, 1_000, "/usr/bin/cat").bytes());
    let open = Open {
        task: cat,
        ..Open::default()
    };
    let dull = FoldKey {
        program: 1,
        object: 2,
    };
    observe(&mut detector, &open.bytes());
    observe(
        &mut detector,
        &Open {
            key: dull,
            path_fs: "/x",
            path_mount: "/proc/x",
            ..open.clone()
        }
        .bytes(),
    );
    observe(&mut detector, &fixture::exit(&cat, 3_000));
    observe(&mut detector, &fixture::exit(&cat, 3_001));
    let last = 3_000 + 2 * SECOND;
    assert_eq!(detector.next_deadline(), Some(last));
    assert_eq!(
        detector.due(last),
        [open.key],
        "nobody wants to know about the dull one"
    );
    assert_eq!(detector.forget(), Forgotten::default());
    let mut out = advance(&mut detector, last, &[(open.key, 5)]);
    let forgotten = detector.forget();
    assert_eq!(forgotten.programs, [1]);
    assert_eq!(
        BTreeSet::from_iter(forgotten.keys.iter().map(|key| key.object)),
        BTreeSet::from([1, 2])
    );
    assert_eq!(detector.forget(), Forgotten::default());
    // A late event of it is accounted for already.
    let late = Open {
        count: 4,
        flags: 8,
        ..open
    };
    assert_eq!(observe(&mut detector, &late.bytes()), []);
    out.extend(finish(&mut detector, last + 1, &[]));
    assert_eq!(told(&out), [("summary", "file_recipe", "/usr/bin/cat", 5)]);
}

#[test]
fn weak_dull_partial_and_written_files_are_counted_only() {
    let mut detector = detector(Scope::Host);
    let key = |object| FoldKey { program: 1, object };
    let opens = [
        Open {
            path_fs: "/dull",
            path_mount: "/proc/dull",
            key: key(1),
            ..Open::default()
        },
        Open {
            path_fs: "/x",
            path_mount: "/proc/x",
            key: key(2),
            ..Open::default()
        },
        Open {
            fs_magic: 1,
            path_fs: "…/secret/x",
            path_mount: "…/secret/x",
            root_len: u32::MAX,
            key: key(3),
            ..Open::default()
        },
        Open {
            file_mode: 2,
            key: key(4),
            ..Open::default()
        },
    ];
    for open in opens.iter().chain(&opens) {
        assert_eq!(observe(&mut detector, &open.bytes()), []);
    }
    let counters = detector.counters();
    assert_eq!(
        (
            counters.opens_weak,
            counters.opens_unmatched,
            counters.opens_unresolved,
            counters.opens_matched
        ),
        (2, 4, 2, 0)
    );
    assert_eq!(detector.next_deadline(), None);
}

#[test]
fn executions_of_tools_are_told_once_each() {
    let mut detector = detector(Scope::Host);
    let of_shell = |task: TaskInfo| TaskInfo {
        session_id: 90,
        ..task
    };
    let nmap = of_shell(fixture::task(100, 1_000, 2));
    let exec = Exec::of(nmap, 1_000, "/usr/bin/nmap").bytes();
    let first = observe(&mut detector, &exec);
    assert_eq!(told(&first), [("first", "tool_recipe", "/usr/bin/nmap", 1)]);
    assert_eq!(observe(&mut detector, &exec), [], "reported before");
    let next = of_shell(fixture::task(101, 1_001, 2));
    assert_eq!(
        observe(
            &mut detector,
            &Exec::of(next, 1_001, "/usr/bin/nmap").bytes()
        ),
        []
    );
    observe(
        &mut detector,
        &Exec::of(fixture::task(102, 1, 1), 1, "/usr/bin/gulp").bytes(),
    );
    let out = finish(&mut detector, 2_000, &[]);
    assert_eq!(told(&out), [("summary", "tool_recipe", "/usr/bin/nmap", 2)]);
    assert_eq!(out[0].int(attr::SCOUTLINE_DETECTION_PROCESS_COUNT), Some(2));
    let counters = detector.counters();
    assert_eq!(
        (
            counters.execs_matched,
            counters.execs_repeated,
            counters.execs_weak
        ),
        (2, 1, 1)
    );
}

#[test]
fn the_tree_alone_is_watched_when_asked_for() {
    let mut detector = detector(Scope::Tree);
    let mine = TaskInfo {
        parent_tgid: 50,
        ..fixture::task(100, 1_000, 1)
    };
    let grandchild = fixture::child_of(&mine, 101, 1_100);
    observe(&mut detector, &fixture::fork(mine, 1_000));
    observe(&mut detector, &fixture::fork(grandchild, 1_100));
    let key = |program| FoldKey { program, object: 1 };
    let other = Open {
        key: key(1),
        task: fixture::task(7, 7, 1),
        ..Open::default()
    };
    assert_eq!(observe(&mut detector, &other.bytes()), []);
    assert_eq!(observe(&mut detector, &other.bytes()), []);
    let records = observe(
        &mut detector,
        &Open {
            key: key(2),
            task: grandchild,
            ..Open::default()
        }
        .bytes(),
    );
    assert_eq!(records.len(), 1);
    let sibling = observe(
        &mut detector,
        &Open {
            key: key(3),
            task: mine,
            ..Open::default()
        }
        .bytes(),
    );
    assert_eq!(sibling, [], "the same tree is the same session");
    let counters = detector.counters();
    assert_eq!(
        (counters.opens_out_of_scope, counters.opens_matched),
        (2, 2)
    );
}

#[test]
fn evidence_is_distinct_and_bounded() {
    let mut detector = detector(Scope::Host);
    for number in 0..20 {
        let open = Open {
            fs_magic: 1,
            path_fs: "/etc/secret",
            path_mount: "/etc/secret",
            leaf: format!("f{}", number % 18).into_bytes(),
            key: FoldKey {
                program: 1,
                object: number,
            },
            ..Open::default()
        };
        observe(&mut detector, &open.bytes());
    }
    let out = finish(&mut detector, 3_000, &[]);
    let Some(Value::Strings(paths)) = out[0].get(attr::SCOUTLINE_DETECTION_PATHS) else {
        panic!("no paths");
    };
    assert_eq!(paths.len(), 16);
    assert_eq!(
        out[0].get(attr::SCOUTLINE_DETECTION_EVIDENCE_TRUNCATED),
        Some(&Value::Bool(true))
    );
    assert_eq!((count(&out[0]), out[0].severity_text), (20, "ERROR"));
}

#[test]
fn facts_survive_a_recording() {
    let facts = fixture::facts();
    let json = serde_json::to_string(&facts).expect("facts serialise");
    assert_eq!(
        serde_json::from_str::<Facts>(&json).expect("and back"),
        facts
    );
}
