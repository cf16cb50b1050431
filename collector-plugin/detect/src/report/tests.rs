use proptest::prelude::*;
use scoutline_abi::raw::{FoldKey, TaskInfo};
use scoutline_semconv::{Record, Value, attr, limits};

use crate::fixture::{self, Exec, Open};
use crate::{BootNanos, Clock, Detector, Output, Settings};

const CLOCK: Clock = Clock {
    boot_to_unix_ns: 1_800_000_000_000_000_000,
};

fn observe(detector: &mut Detector, bytes: &[u8], out: &mut Vec<Record>) {
    let event = scoutline_abi::decode(bytes).expect("a fixture decodes");
    let mut told = Output::default();
    detector.observe(&event, 1_800_000_000_123_456_789, CLOCK, &mut told);
    out.extend(told.records.into_iter().map(|it| it.record));
}

fn finish(
    detector: &mut Detector,
    now: BootNanos,
    counts: &[(FoldKey, u64)],
    out: &mut Vec<Record>,
) {
    let mut told = Output::default();
    detector.finish(now, counts, CLOCK, &mut told);
    out.extend(told.records.into_iter().map(|it| it.record));
}

fn records(events: &[Vec<u8>]) -> Vec<Record> {
    let mut detector = Detector::new(fixture::matcher(), fixture::facts(), Settings::default());
    let mut out = Vec::new();
    for event in events {
        observe(&mut detector, event, &mut out);
    }
    let due: Vec<_> = detector
        .due(BootNanos::MAX)
        .into_iter()
        .map(|key| (key, 1204))
        .collect();
    finish(&mut detector, 62_000_000_000, &due, &mut out);
    out
}

/// What goes out, line by line.
fn printed(record: &Record) -> String {
    let Record {
        event_name,
        time_unix_nano,
        observed_time_unix_nano,
        severity_number,
        severity_text,
        body,
        attributes,
        ..
    } = record;
    let mut lines = vec![
        format!(
            "{event_name} {severity_number} {severity_text} at {time_unix_nano}, observed at {observed_time_unix_nano}"
        ),
        body.clone(),
    ];
    lines.extend(attributes.iter().map(|(name, value)| match value {
        Value::Static(text) => format!("{name} = {text:?}"),
        Value::Shared(text) => format!("{name} = {text:?}"),
        Value::String(text) => format!("{name} = {text:?}"),
        Value::Bool(value) => format!("{name} = {value}"),
        Value::Int(value) => format!("{name} = {value}"),
        Value::Double(value) => format!("{name} = {value}"),
        Value::Strings(texts) => format!("{name} = {texts:?}"),
    }));
    lines.join("\n")
}

#[test]
fn says_everything_that_is_known() {
    let init = TaskInfo {
        parent_tgid: 0,
        parent_start_ns: 0,
        ..fixture::task(1, 1, 1)
    };
    let shell = fixture::task(90, 500, 1);
    let cat = fixture::child_of(&shell, 100, 1_000);
    let events = [
        Exec {
            is_scan: true,
            ..Exec::of(init, 2, "/sbin/init")
        }
        .bytes(),
        Exec {
            is_scan: true,
            ..Exec::of(shell, 600, "/usr/bin/bash")
        }
        .bytes(),
        fixture::fork(cat, 1_000),
        Exec::of(
            TaskInfo {
                exec_id: 2,
                tty: 5,
                ..cat
            },
            1_100,
            "/usr/bin/cat",
        )
        .bytes(),
        Open {
            task: TaskInfo {
                exec_id: 2,
                tty: 5,
                ..cat
            },
            ..Open::default()
        }
        .bytes(),
        Exec::of(
            TaskInfo {
                exec_id: 3,
                euid: 1000,
                ..cat
            },
            3_000,
            "/usr/bin/nmap",
        )
        .bytes(),
    ];
    let printed: Vec<_> = records(&events).iter().map(printed).collect();
    insta::assert_snapshot!(printed.join("\n\n"));
}

#[test]
fn the_same_events_give_the_same_records() {
    let events = [Exec::default().bytes(), Open::default().bytes()];
    assert_eq!(records(&events), records(&events));
}

/// What protobuf needs at the least.
fn size(record: &Record) -> usize {
    let value = |value: &Value| match value {
        Value::Static(text) => text.len(),
        Value::Shared(text) => text.len(),
        Value::String(text) => text.len(),
        Value::Strings(texts) => texts.iter().map(|text| text.len() + 8).sum(),
        Value::Bool(_) | Value::Int(_) | Value::Double(_) => 8,
    };
    let attributes = record.attributes.iter();
    record.body.len()
        + attributes
            .map(|(name, v)| name.len() + value(v) + 12)
            .sum::<usize>()
}

fn texts(record: &Record) -> Vec<String> {
    let mut texts = vec![record.body.clone()];
    for (_, value) in &record.attributes {
        match value {
            Value::Static(text) => texts.push((*text).to_owned()),
            Value::Shared(text) => texts.push(text.to_string()),
            Value::String(text) => texts.push(text.clone()),
            Value::Strings(array) => {
                assert!(!array.is_empty() && array.len() <= limits::ARRAY_LEN);
                texts.extend(array.iter().map(ToString::to_string));
            }
            Value::Bool(_) | Value::Int(_) | Value::Double(_) => {}
        }
    }
    texts
}

fn check(record: &Record) {
    for text in texts(record) {
        assert!(text.len() <= limits::STRING_BYTES, "{} bytes", text.len());
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    assert!(!record.body.is_empty());
    assert!(
        size(record) <= limits::RECORD_BYTES,
        "{} bytes",
        size(record)
    );
    let mut names: Vec<_> = record.attributes.iter().map(|(name, _)| *name).collect();
    // The resource needs its share of the budget.
    assert!(
        names.len() <= limits::ATTRIBUTES - 40,
        "{} attributes",
        names.len()
    );
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), record.attributes.len(), "a name twice");
}

/// As long as the kernel makes them, and of bytes that grow when they are escaped.
fn component(number: u8) -> Vec<u8> {
    vec![0x80 + number; 250]
}

#[test]
fn evidence_gives_way_when_a_record_grows_too_large() {
    let mut events = Vec::new();
    let mut parent = fixture::task(2, 2, 1);
    for generation in 0..20_u8 {
        let child = fixture::child_of(&parent, 100 + u32::from(generation), 1_000);
        events.push(fixture::fork(child, 1_000));
        parent = TaskInfo {
            exec_id: child.exec_id + 1,
            ..child
        };
        events.push(
            Exec {
                leaf: component(generation),
                ..Exec::of(parent, 1_001, "/usr/bin")
            }
            .bytes(),
        );
    }
    for number in 0..20_u8 {
        let key = FoldKey {
            program: 1,
            object: number.into(),
        };
        let open = Open {
            task: parent,
            path_fs: "/etc/secret",
            path_mount: "/etc/secret",
            fs_magic: 0xef53,
            leaf: component(number),
            key,
            ..Open::default()
        };
        events.push(open.bytes());
    }
    let records = records(&events);
    assert_eq!(records.len(), 2);
    for record in &records {
        check(record);
    }
    let summary = &records[1];
    assert_eq!(
        summary.get(attr::SCOUTLINE_DETECTION_EVIDENCE_TRUNCATED),
        Some(&Value::Bool(true))
    );
    assert!(
        size(summary) > limits::RECORD_BYTES * 3 / 4,
        "{} bytes",
        size(summary)
    );
}

proptest! {
    #[test]
    fn any_bytes_are_bounded_and_harmless(
        program in prop::collection::vec(1..=u8::MAX, 0..255),
        argv0 in prop::collection::vec(any::<u8>(), 0..2000),
        file in prop::collection::vec(1..=u8::MAX, 0..255),
        user in "\\PC{0,40}|\u{1b}.*",
    ) {
        let no_slash = |bytes: Vec<u8>| bytes.into_iter().filter(|byte| *byte != b'/').collect::<Vec<_>>();
        let mut facts = fixture::facts();
        facts.users = [(0, user)].into();
        let mut detector = Detector::new(fixture::matcher(), facts, Settings::default());
        let mut out = Vec::new();
        let exec = Exec { leaf: no_slash(program), argv: vec![argv0], ..Exec::default() };
        let open = Open { path_fs: "/etc/secret", path_mount: "/etc/secret", fs_magic: 0xef53, leaf: no_slash(file), ..Open::default() };
        observe(&mut detector, &exec.bytes(), &mut out);
        observe(&mut detector, &open.bytes(), &mut out);
        finish(&mut detector, 9_000_000_000, &[], &mut out);
        prop_assert!(out.len() >= 2);
        for record in &out {
            check(record);
        }
    }
}

#[test]
fn the_agent_takes_numbers_from_the_same_series() {
    let mut detector = Detector::new(fixture::matcher(), fixture::facts(), Settings::default());
    let mut out = Vec::new();
    let first = detector.issue();
    observe(&mut detector, &Open::default().bytes(), &mut out);
    let third = detector.issue();
    assert_eq!((first.sequence, third.sequence), (1, 3));
    assert_eq!(detector.sequence(), 3);
    finish(&mut detector, 62_000_000_000, &[], &mut out);
    let numbers: Vec<_> = out
        .iter()
        .map(|record| record.int(attr::SCOUTLINE_SEQUENCE))
        .collect();
    assert_eq!(numbers, [Some(2), Some(4)]);
    let mut uids: Vec<_> = out
        .iter()
        .filter_map(|record| record.text(attr::LOG_RECORD_UID))
        .chain([first.uid.as_str(), third.uid.as_str()])
        .collect();
    uids.sort_unstable();
    uids.dedup();
    assert_eq!(uids.len(), 4);
}
