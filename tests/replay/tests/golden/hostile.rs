//! Whatever bytes a process puts where the sensor reads: what leaves is bounded, whole and harmless, to a backend and to
//! a terminal.

use std::collections::{BTreeMap, BTreeSet};

use bytes::BytesMut;
use jiff::tz::TimeZone;
use proptest::collection::vec;
use proptest::prelude::*;
use scoutline::console::Console;
use scoutline::pipeline::Resources;
use scoutline::summary::{Report, Summary};
use scoutline_abi::build::{Exec, Open, cgroup, child_of, exit, fork, task, trace_context};
use scoutline_abi::raw::{FoldKey, TaskInfo};
use scoutline_detect::workload::ci::CI_VARIABLES;
use scoutline_detect::{Answer, Detector, Login, Output, SessionAnswer};
use scoutline_otlp::encode::{put_record, put_span};
use scoutline_semconv::{Attribute, Record, Resource, TraceContext, Value, attr, limits};

use crate::host::{CLOCK, SECOND, host_resource, matcher, preamble};

/// What somebody chose.
#[derive(Clone, Debug)]
struct Hostile {
    /// Of the executable, and of the file that is opened.
    names: [Vec<u8>; 2],
    argv: Vec<Vec<u8>>,
    cgroup: String,
    traceparent: String,
    user: String,
    /// Variables of a CI job, and what logind says.
    words: Vec<String>,
}

/// Bytes that are no text, texts that no terminal should see, and long ones.
fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..most),
        text(most).prop_map(String::into_bytes),
    ]
}

fn text(most: usize) -> impl Strategy<Value = String> {
    let escapes = vec(
        prop::sample::select(vec![
            "\u{1b}[2J",
            "\u{1b}]0;t\u{7}",
            "\u{9b}31m",
            "\n",
            "\r",
            "\u{202e}",
            "\u{200b}",
            "ä",
            "x",
            "\u{1b}[31m",
            "\0",
            "\u{7f}",
        ]),
        0..most / 4,
    );
    prop_oneof![
        vec(any::<char>(), 0..most / 4).prop_map(|chars| chars.into_iter().collect()),
        escapes.prop_map(|parts| parts.concat()),
        (0..most).prop_map(|len| "y".repeat(len)),
    ]
}

fn hostile() -> impl Strategy<Value = Hostile> {
    let name = || {
        bytes(250).prop_map(|mut name| {
            // Of these no name is made.
            name.retain(|byte| *byte != 0 && *byte != b'/');
            name.truncate(250);
            if name.is_empty() {
                name.push(b'x');
            }
            name
        })
    };
    (
        [name(), name()],
        vec(bytes(600), 0..4),
        text(1_500),
        text(100),
        text(2_000),
        vec(text(3_000), 4),
    )
        .prop_map(|(names, argv, cgroup, traceparent, user, words)| Hostile {
            names,
            argv,
            cgroup,
            traceparent,
            user,
            words,
        })
}

/// A program of that name, somewhere, reads a file of the system and one of that name.
fn happen(hostile: &Hostile) -> Output {
    let Hostile {
        names: [program, file],
        argv,
        cgroup: path,
        traceparent,
        user,
        words,
    } = hostile;
    let mut preamble = preamble();
    preamble.facts.users = [(0, user.clone())].into();
    let mut detector = Detector::new(matcher(), preamble.facts, preamble.settings);
    let shell = TaskInfo {
        cgroup_id: 77,
        ..task(90, SECOND, 1)
    };
    let process = child_of(&shell, 100, 2 * SECOND);
    let program = |task: TaskInfo, is_scan| Exec {
        leaf: program.clone(),
        argv: argv.clone(),
        is_script: true,
        is_scan,
        ..Exec::of(task, task.start_ns, "/tmp")
    };
    let executed = TaskInfo {
        exec_id: 2,
        ..process
    };
    let open = Open {
        task: executed,
        time_ns: 3 * SECOND,
        ..Open::default()
    };
    let own = Open {
        // Whatever is below.
        path_fs: "/bus/pci",
        path_mount: "/proc/bus/pci",
        leaf: file.clone(),
        key: FoldKey {
            program: 1,
            object: 2,
        },
        ..open.clone()
    };
    let mut out = Output::default();
    for event in [
        cgroup(77, path, 0, SECOND),
        program(shell, true).bytes(),
        fork(process, process.start_ns),
        program(executed, false).bytes(),
        trace_context(&executed, 3 * SECOND, traceparent),
        open.bytes(),
        own.bytes(),
        exit(&executed, 4 * SECOND),
    ] {
        let event = scoutline_abi::decode(&event).expect("the kernel made it");
        detector.observe(&event, CLOCK.unix(5 * SECOND), CLOCK, &mut out);
        for question in detector.questions() {
            let word = |number: usize| words[number % words.len()].clone();
            let variables = CI_VARIABLES
                .iter()
                .enumerate()
                .map(|(number, name)| ((*name).to_owned(), word(number)));
            let mut variables: BTreeMap<_, _> = variables.collect();
            variables.insert("GITLAB_CI".to_owned(), "true".to_owned());
            let answer = Answer {
                ticket: question.ticket,
                sha256: Some(word(0)),
                traceparent: Some(word(1)),
                session: Some(SessionAnswer {
                    variables,
                    are_of_root: true,
                    login: Some(Login {
                        host: Some(word(1)),
                        tty: Some(word(2)),
                        service: Some(word(3)),
                    }),
                }),
            };
            detector.answer(answer, 5 * SECOND, CLOCK, &mut out);
        }
    }
    detector.finish(500 * SECOND, &[], CLOCK, &mut out);
    out
}

fn is_harmless(text: &str) -> bool {
    let turns =
        |it: char| matches!(it, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}');
    !text.chars().any(|it| it.is_control() || turns(it))
}

fn check_text(text: &str) {
    assert!(text.len() <= limits::STRING_BYTES, "{} bytes", text.len());
    assert!(is_harmless(text), "{text:?}");
}

fn check_value(value: &Value) {
    match value {
        Value::Static(text) => check_text(text),
        Value::Shared(text) => check_text(text),
        Value::String(text) => check_text(text),
        Value::Strings(texts) => {
            assert!((1..=limits::ARRAY_LEN).contains(&texts.len()));
            texts.iter().for_each(|text| check_text(text));
        }
        Value::Bool(_) | Value::Int(_) | Value::Double(_) => {}
    }
}

fn check_attributes(attributes: &[Attribute]) {
    attributes.iter().for_each(|(_, value)| check_value(value));
    let names: BTreeSet<_> = attributes.iter().map(|(name, _)| name).collect();
    assert_eq!(
        names.len(),
        attributes.len(),
        "a name twice: {attributes:?}"
    );
}

fn check_ids(context: &TraceContext) {
    assert_ne!(context.trace_id, [0; 16]);
    assert_ne!(context.span_id, [0; 8]);
}

fn check_record(record: &Record, resource: &Resource) {
    check_text(&record.body);
    assert!(!record.body.is_empty());
    check_attributes(&record.attributes);
    resource
        .attributes
        .iter()
        .for_each(|(_, value)| check_value(value));
    let all = record.attributes.len() + resource.attributes.len();
    assert!(all <= limits::ATTRIBUTES, "{all} attributes");
    check_ids(&record.trace.expect("there is a trace"));
    let bytes = put_record(&mut BytesMut::new(), record).expect("it fits");
    assert!(bytes <= limits::RECORD_BYTES + 4, "{bytes} bytes");
}

/// How often a terminal is told something.
fn escapes(shown: &str) -> usize {
    shown.matches('\u{1b}').count()
}

/// The same record with other texts wherever somebody chose one: the words that decide how it is shown are not chosen.
fn with_texts(record: &Record, mut text: impl FnMut() -> String) -> Record {
    let mut other = record.clone();
    other.body = text();
    for (name, value) in &mut other.attributes {
        let is_chosen = matches!(value, Value::Shared(_) | Value::String(_));
        if is_chosen && *name != attr::SCOUTLINE_FILE_REQUESTED_FLAGS {
            *value = text().into();
        }
    }
    other
}

fn printed(record: &Record) -> String {
    let mut shown = Vec::new();
    let console = Console::new(TimeZone::UTC);
    console.write(record, &mut shown).expect("a Vec takes all");
    String::from_utf8(shown).expect("it is UTF-8")
}

/// A terminal is told no more than by somebody who is harmless.
fn check_terminal(records: &[Record]) -> Report {
    let mut summary = Summary::default();
    for record in records {
        let shown = printed(record);
        let expected = printed(&with_texts(record, || "x".to_owned()));
        assert_eq!(escapes(&shown), escapes(&expected), "{shown:?}");
        assert_eq!(shown.lines().count(), expected.lines().count(), "{shown:?}");
        let plain = shown.replace(['\u{1b}', '\n'], "");
        assert!(is_harmless(&plain), "{shown:?}");
        summary.observe(record);
    }
    let report = summary.finish(0, None, 0);
    let shown = report.to_string();
    let plain = shown.replace(['\u{1b}', '\n'], "");
    assert!(is_harmless(&plain), "{shown:?}");
    // Two styles a finding, and as many lines as for anybody.
    assert_eq!(escapes(&shown), 2 * report.findings.len(), "{shown:?}");
    let lines = 1 + 3 * report.findings.len();
    assert_eq!(shown.lines().count(), lines, "{shown:?}");
    report
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_leaves_is_bounded_whole_and_harmless(hostile in hostile()) {
        let out = happen(&hostile);
        prop_assert!(out.records.len() >= 4, "two detections: {:?}", out.records.len());
        prop_assert!(!out.traces.is_empty());
        let mut resources = Resources::new(host_resource(), false);
        let mut ids = BTreeSet::new();
        for reported in &out.records {
            check_record(&reported.record, &resources.of(&reported.workload));
        }
        for trace in &out.traces {
            prop_assert!(trace.spans.len() <= limits::SPANS + 1);
            for span in &trace.spans {
                check_text(&span.name);
                prop_assert!(!span.name.is_empty());
                check_attributes(&span.attributes);
                check_ids(&span.context);
                prop_assert!(ids.insert((span.context.trace_id, span.context.span_id)));
                prop_assert!(span.end_time_unix_nano > span.start_time_unix_nano);
                for link in &span.links {
                    check_ids(&link.context);
                    check_attributes(&link.attributes);
                }
                let bytes = put_span(&mut BytesMut::new(), span).expect("it fits");
                prop_assert!(bytes <= limits::RECORD_BYTES + 4);
            }
        }
        for reported in &out.records {
            let context = reported.record.trace.expect("checked above");
            prop_assert!(ids.contains(&(context.trace_id, context.span_id)), "it has a span");
        }
        let records: Vec<_> = out.records.into_iter().map(|it| it.record).collect();
        let report = check_terminal(&records);
        let json = report.to_json().expect("it is JSON");
        prop_assert!(is_harmless(&json.replace('\n', "")), "{json:?}");
        // Nor by a record that nobody has made harmless.
        let mut words = hostile.words.iter().cycle();
        let raw = |record| with_texts(record, || words.next().cloned().unwrap_or_default());
        let raw: Vec<_> = records.iter().map(raw).collect();
        check_terminal(&raw);
    }
}
