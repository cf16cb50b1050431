use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use scoutline_semconv::{Severity, Span, Value, attr};

use super::*;
use crate::recipe::Environment;

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
/// What the wall clock is ahead of the kernel's.
const UNIX: u64 = 1_800_000_000 * SECOND;

fn slices() -> Slices {
    Slices::new(Identities::new([7; 16], "boot".to_owned()))
}

fn at(boot_ns: u64) -> Moment {
    Moment {
        boot_ns,
        unix_ns: UNIX + boot_ns,
    }
}

fn process(tgid: u32) -> ProcessId {
    ProcessId {
        tgid,
        start_ns: u64::from(tgid) * 1_000,
    }
}

fn program(process: ProcessId) -> Program {
    Program {
        process,
        parent_pid: 1,
        parent_uid: None,
        uid: format!("uid-{}", process.tgid).into(),
        name: format!("tool-{}", process.tgid).into(),
        path: Some(format!("/usr/bin/tool-{}", process.tgid).into()),
        args: vec!["tool".into(), "-x".into()],
        working_directory: Some("/root".into()),
        user_id: 0,
        user_name: Some("root".into()),
        ancestors: vec!["/bin/sh".into()],
        start_unix_ns: UNIX + process.start_ns,
    }
}

fn workload() -> Arc<Workload> {
    Workload::of(None, Environment::Staging)
}

/// Process 1 is the root of session `s`.
fn raise(
    slices: &mut Slices,
    tgid: u32,
    ancestors: &[u32],
    now: u64,
    out: &mut Vec<Closed>,
) -> TraceContext {
    raise_in(slices, "s", tgid, ancestors, now, out)
}

fn raise_in(
    slices: &mut Slices,
    session: &str,
    tgid: u32,
    ancestors: &[u32],
    now: u64,
    out: &mut Vec<Closed>,
) -> TraceContext {
    let ancestors: Vec<ProcessId> = ancestors.iter().map(|tgid| process(*tgid)).collect();
    let workload = workload();
    slices.raise(
        &Raise {
            session,
            kind: SessionKind::Login,
            root: &|| program(process(1)),
            opener: &Opener::default,
            workload: &workload,
            program: &|| program(process(tgid)),
            process: process(tgid),
            ancestors: &ancestors,
            raised: Raised {
                detections: 1,
                severity: Severity::Medium,
                recipes: vec![format!("recipe_{}", tgid % 3).into()],
                techniques: vec!["T1082".into()],
            },
            at: at(now),
        },
        out,
    )
}

/// What every trace must be, whatever happened.
fn check(spans: &[Span]) {
    let root = spans.first().expect("a trace has a root");
    assert!(spans.len() <= limits::SPANS, "{} spans", spans.len());
    assert_eq!(root.parent_span_id, None);
    let by_id: BTreeMap<[u8; 8], &Span> = spans
        .iter()
        .map(|span| (span.context.span_id, span))
        .collect();
    assert_eq!(by_id.len(), spans.len(), "span ids are unique");
    for span in spans {
        assert_eq!(span.context.trace_id, root.context.trace_id);
        assert_ne!(span.context.trace_id, [0; 16]);
        assert_ne!(span.context.span_id, [0; 8]);
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano + 1_000);
        assert!(!span.name.is_empty());
        let names: BTreeSet<_> = span.attributes.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), span.attributes.len(), "{:?}", span.attributes);
        if let Some(parent) = span.parent_span_id {
            let parent = by_id.get(&parent).expect("a named parent is there");
            assert!(parent.start_time_unix_nano <= span.start_time_unix_nano);
            assert!(parent.end_time_unix_nano >= span.end_time_unix_nano);
        }
    }
}

fn get<'a>(span: &'a Span, name: &str) -> Option<&'a Value> {
    span.attributes
        .iter()
        .find_map(|(key, value)| (*key == name).then_some(value))
}

fn parent_of(spans: &[Span], name: &str) -> String {
    let find = |name: &str| spans.iter().find(|span| &*span.name == name);
    let parent = find(name).expect("it is there").parent_span_id;
    let parent = spans
        .iter()
        .find(|span| Some(span.context.span_id) == parent)
        .expect("its parent is there");
    parent.name.to_string()
}

#[test]
fn a_parent_is_the_nearest_ancestor_that_raised_something() {
    let (mut slices, mut out) = (slices(), Vec::new());
    let first = raise(&mut slices, 20, &[10, 1], MINUTE, &mut out);
    // Between 30 and 10 is 25, which raised nothing.
    raise(&mut slices, 30, &[25, 10, 1], MINUTE + 1, &mut out);
    raise(&mut slices, 10, &[1], MINUTE + 2, &mut out);
    slices.exit(process(20), End::of(3 << 8, UNIX + MINUTE + 9));
    slices.exit(process(30), End::of(9, UNIX + MINUTE + 8));
    assert!(out.is_empty());
    slices.finish(at(MINUTE + 10), &mut out);

    let spans = spans(&out[0]);
    check(&spans);
    assert_eq!(&*spans[0].name, "tool-1");
    assert_eq!(spans.len(), 4);
    assert_eq!(parent_of(&spans, "tool-20"), "tool-10");
    assert_eq!(parent_of(&spans, "tool-30"), "tool-10");
    assert_eq!(parent_of(&spans, "tool-10"), "tool-1");
    let twenty = spans.iter().find(|span| &*span.name == "tool-20");
    let twenty = twenty.expect("it is there");
    assert_eq!(twenty.context, first);
    assert_eq!(twenty.start_time_unix_nano, UNIX + 20_000);
    assert_eq!(get(twenty, attr::PROCESS_EXIT_CODE), Some(&Value::Int(3)));
    assert_eq!(
        get(twenty, attr::SCOUTLINE_EPISODE_RUNNING),
        Some(&Value::Bool(false))
    );
    let killed = spans.iter().find(|span| &*span.name == "tool-30");
    let code = killed.and_then(|span| get(span, attr::PROCESS_EXIT_CODE));
    assert_eq!(code, Some(&Value::Int(137)));
    let running = spans.iter().find(|span| &*span.name == "tool-10");
    let running = running.expect("it is there");
    assert_eq!(running.end_time_unix_nano, UNIX + MINUTE + 10);
    assert_eq!(get(running, attr::PROCESS_EXIT_CODE), None);
}

#[test]
fn a_root_that_raises_something_has_one_span() {
    let (mut slices, mut out) = (slices(), Vec::new());
    raise(&mut slices, 20, &[1], MINUTE, &mut out);
    let context = raise(&mut slices, 1, &[], MINUTE + 1, &mut out);
    slices.finish(at(MINUTE + 2), &mut out);
    let spans = spans(&out[0]);
    check(&spans);
    assert_eq!(spans.len(), 2);
    assert_eq!(spans[0].context, context);
    assert_eq!(
        get(&spans[0], attr::SCOUTLINE_EPISODE_DETECTIONS),
        Some(&Value::Int(2)),
        "those of the whole slice"
    );
}

#[test]
fn a_slice_ends_when_it_is_quiet_old_or_full_and_the_next_is_linked() {
    let (mut slices, mut out) = (slices(), Vec::new());
    let first = raise(&mut slices, 20, &[1], MINUTE, &mut out);
    assert_eq!(slices.next_deadline(), Some(2 * MINUTE));
    slices.advance(at(2 * MINUTE - 1), &mut out);
    assert!(out.is_empty());
    slices.advance(at(2 * MINUTE + SECOND), &mut out);
    assert_eq!(out.len(), 1, "quiet");
    assert_eq!(out[0].closed_unix_ns, UNIX + 2 * MINUTE, "when it was due");

    let begin = 10 * MINUTE;
    let second = raise(&mut slices, 21, &[1], begin, &mut out);
    assert_ne!(first.trace_id, second.trace_id);
    for step in 1..20 {
        raise(
            &mut slices,
            21 + step,
            &[1],
            begin + u64::from(step) * 30 * SECOND,
            &mut out,
        );
    }
    slices.advance(at(begin + LONGEST_NS), &mut out);
    assert_eq!(out.len(), 2, "old");
    let link = &spans(&out[1])[0].links[0];
    assert_eq!(link.context.trace_id, first.trace_id);
    assert_eq!(link.context.span_id, out[0].head.root_span);
    assert!(!link.is_remote);
    assert_eq!((out[0].head.number, out[1].head.number), (1, 2));

    let begin = 100 * MINUTE;
    for step in 0..600 {
        raise(
            &mut slices,
            100 + step,
            &[1],
            begin + u64::from(step),
            &mut out,
        );
    }
    assert_eq!(out.len(), 3, "full");
    assert_eq!(spans(&out[2]).len(), limits::SPANS);
    slices.finish(at(begin + SECOND), &mut out);
    assert_eq!(out.len(), 4);
    for closed in &out {
        check(&spans(closed));
    }
    assert_eq!(slices.counts(), (4, 0));
    assert_eq!(slices.next_deadline(), None);
}

#[test]
fn a_session_of_a_month_with_a_detection_a_minute_gives_small_traces() {
    let (mut slices, mut out) = (slices(), Vec::new());
    let mut traces = 0;
    for minute in 0..30 * 24 * 60_u32 {
        // Just within the quiet time, which is the worst.
        let now = MINUTE + u64::from(minute) * (MINUTE - SECOND);
        raise(&mut slices, 100 + minute, &[50, 1], now, &mut out);
        slices.exit(process(100 + minute), End::of(0, UNIX + now + 1));
        for closed in out.drain(..) {
            let spans = spans(&closed);
            check(&spans);
            let long = spans[0].end_time_unix_nano - closed.head.opened.unix_ns;
            assert!(long <= LONGEST_NS, "{long}");
            traces += 1;
        }
        assert!(slices.running.len() <= limits::SPANS);
    }
    assert!((3_900..=4_400).contains(&traces), "{traces} traces");
}

#[test]
fn ids_are_those_of_the_host_not_of_the_run() {
    let mut out = Vec::new();
    let run = |key| Slices::new(Identities::new([key; 16], "boot".to_owned()));
    let one = raise(&mut run(7), 20, &[1], MINUTE, &mut out);
    let same = raise(&mut run(7), 20, &[1], MINUTE, &mut out);
    let other_host = raise(&mut run(8), 20, &[1], MINUTE, &mut out);
    let other_time = raise(&mut run(7), 20, &[1], MINUTE + 1, &mut out);
    assert_eq!(one, same);
    assert_ne!(one.trace_id, other_host.trace_id);
    assert_ne!(one.trace_id, other_time.trace_id);
}

#[test]
fn an_application_is_linked_and_not_believed() {
    let (mut slices, mut out) = (slices(), Vec::new());
    raise(&mut slices, 20, &[1], MINUTE, &mut out);
    let application = TraceContext {
        trace_id: [3; 16],
        span_id: [4; 8],
    };
    slices.link(process(20), application);
    slices.finish(at(MINUTE + 1), &mut out);
    let spans = spans(&out[0]);
    check(&spans);
    let link = &spans[1].links[0];
    assert_eq!(link.context, application);
    assert!(link.is_remote);
    assert!(
        link.attributes
            .contains(&(attr::SCOUTLINE_TRACE_CONTEXT_TRUSTED, Value::Bool(false)))
    );
}

#[test]
fn what_the_host_left_open_when_it_went_down_is_closed_at_its_start() {
    let (mut before, mut out) = (slices(), Vec::new());
    raise(&mut before, 20, &[1], MINUTE, &mut out);
    let mut slices = slices();
    let started = Moment {
        boot_ns: 0,
        unix_ns: UNIX + 1_000 * MINUTE,
    };
    slices.close_earlier(before.take_entries(), started, &mut out);
    assert_eq!(out.len(), 1);
    assert_eq!(out[0].closed_unix_ns, started.unix_ns);
    check(&spans(&out[0]));
    assert_eq!(slices.next_deadline(), None);
}

#[derive(Clone, Debug)]
enum Step {
    Raise(u8, u8, Vec<u8>),
    Exit(u8),
    Wait(u64),
    Kill,
    Tidy,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..3_u8, 2..20_u8, prop::collection::vec(2..20_u8, 0..5))
            .prop_map(|(session, who, above)| Step::Raise(session, who, above)),
        2 => (2..20_u8).prop_map(Step::Exit),
        3 => (0..90_u64).prop_map(|seconds| Step::Wait(seconds * SECOND)),
        1 => Just(Step::Kill),
        1 => Just(Step::Tidy),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    /// A sensor that is killed at any time and starts again gives the traces of one that was not.
    #[test]
    fn a_kill_changes_nothing(steps in steps()) {
        let (mut calm, mut killed) = (slices(), slices());
        let (mut expected, mut got) = (Vec::new(), Vec::new());
        let mut journal: Vec<JournalEntry> = Vec::new();
        let mut now = MINUTE;
        for step in steps {
            now += 1;
            match step {
                Step::Raise(session, who, above) => {
                    let session = ["a", "b", "c"][usize::from(session)];
                    let above: Vec<u32> = above.into_iter().map(u32::from).filter(|it| *it != u32::from(who)).collect();
                    let one = raise_in(&mut calm, session, who.into(), &above, now, &mut expected);
                    let other = raise_in(&mut killed, session, who.into(), &above, now, &mut got);
                    prop_assert_eq!(one, other);
                }
                Step::Exit(who) => {
                    for slices in [&mut calm, &mut killed] {
                        slices.exit(process(who.into()), End::of(0, UNIX + now));
                    }
                }
                Step::Wait(ns) => {
                    now += ns;
                    calm.advance(at(now), &mut expected);
                    killed.advance(at(now), &mut got);
                }
                Step::Kill => {
                    let previous = killed.previous;
                    killed = slices();
                    // Which slice was the last is not in the journal; the numbers would differ.
                    killed.previous = previous;
                    let json: Vec<_> = journal.iter().map(|entry| serde_json::to_string(entry).expect("it serialises")).collect();
                    let read = json.iter().map(|line| serde_json::from_str(line).expect("and back"));
                    killed.restore(read, |_| true, at(now));
                }
                Step::Tidy => journal = killed.snapshot(),
            }
            journal.extend(killed.take_entries());
            if killed.is_empty() {
                journal.clear();
            }
        }
        calm.finish(at(now), &mut expected);
        killed.finish(at(now), &mut got);
        prop_assert_eq!(&expected, &got);
        let mut ids = BTreeSet::new();
        for closed in &got {
            let spans = spans(closed);
            check(&spans);
            prop_assert!(ids.insert(spans[0].context.trace_id), "a trace id twice");
        }
    }
}
