use serde_json::json;

use super::*;
use crate::jaeger::TraceId;

const TRACE: &str = "00000000000000aa";

/// Name (of one hexadecimal digit, which is its id as well), parent, start and duration.
type Row = (&'static str, Option<&'static str>, u64, u64);

/// A trace as Jaeger would hand it out.
fn trace(rows: &[Row]) -> Trace {
    let spans: Vec<_> = rows
        .iter()
        .map(|&(name, parent, start, duration)| {
            let references: Vec<_> = parent
                .map(|id| json!({"refType": "CHILD_OF", "traceID": TRACE, "spanID": id}))
                .into_iter()
                .collect();
            json!({
                "traceID": TRACE,
                "spanID": name,
                "operationName": name,
                "references": references,
                "startTime": start,
                "duration": duration,
                "tags": [{"key": "number", "type": "int64", "value": 7}],
                "logs": [],
                "processID": "p1",
                "warnings": null,
            })
        })
        .collect();
    let trace = json!({
        "traceID": TRACE,
        "spans": spans,
        "processes": {"p1": {"serviceName": "scoutline", "tags": []}},
        "warnings": null,
    });
    serde_json::from_value(trace).expect("it is what Jaeger sends")
}

fn faults(rows: &[Row]) -> Vec<Fault> {
    Tree::of(&trace(rows)).faults()
}

const WHOLE: [Row; 4] = [
    ("c", Some("b"), 15, 5),
    ("d", Some("a"), 12, 30),
    ("b", Some("a"), 11, 10),
    ("a", None, 10, 40),
];

#[test]
fn finds_nothing_wrong_with_a_whole_one() {
    let trace = trace(&WHOLE);
    let tree = Tree::of(&trace);
    assert_eq!(tree.faults(), []);
    tree.check(&[]).expect("nothing is wrong");
    assert_eq!(tree.outline(), "a\n  b\n    c\n  d\n");
    let root = tree.root().expect("there is a root");
    assert_eq!(root.span().name, "a");
    assert!(root.parent().is_none());
    let children: Vec<_> = root.children().map(|it| &*it.span().name).collect();
    assert_eq!(children, ["b", "d"]);
    let c = tree.named("c").next().expect("c is there");
    assert_eq!(c.parent().expect("it has one").span().name, "b");
}

#[test]
fn shows_what_people_ask_for() {
    let mut trace = trace(&WHOLE[3..]);
    trace.spans[0].references.push(crate::jaeger::Reference {
        kind: crate::jaeger::Kind::FollowsFrom,
        trace: TraceId(0xbb),
        span: SpanId(0xc),
    });
    let tree = Tree::of(&trace);
    assert_eq!(
        tree.render(&["number", "absent"]),
        "trace 000000000000000000000000000000aa\n\
         a 0.040 ms number=7 -> 000000000000000000000000000000bb/000000000000000c\n"
    );
    assert_eq!(tree.faults(), [], "a link is no parent");
}

#[test]
fn finds_a_missing_parent() {
    let rows = [("a", None, 10, 40), ("b", Some("e"), 11, 10)];
    let missing = Fault::MissingParent {
        span: SpanId(0xb),
        parent: SpanId(0xe),
    };
    assert_eq!(faults(&rows), [missing]);
    let trace = trace(&rows);
    let tree = Tree::of(&trace);
    assert_eq!(tree.outline(), "a\n(no parent) b\n");
    let said = tree.check(&[]).expect_err("it is broken").to_string();
    assert!(
        said.contains("000000000000000e is not in the trace"),
        "{said}"
    );
}

#[test]
fn finds_a_span_id_that_is_there_twice() {
    let rows = [
        ("a", None, 10, 40),
        ("b", Some("a"), 11, 10),
        ("b", Some("a"), 12, 10),
    ];
    assert_eq!(faults(&rows), [Fault::DuplicateSpanId(SpanId(0xb))]);
}

#[test]
fn finds_too_many_roots_and_none() {
    assert_eq!(
        faults(&[("a", None, 10, 40), ("b", None, 11, 10)]),
        [Fault::SeveralRoots(2)]
    );
    assert_eq!(faults(&[]), [Fault::NoRoot]);
}

#[test]
fn finds_a_circle() {
    let rows = [
        ("a", None, 10, 40),
        ("b", Some("c"), 11, 10),
        ("c", Some("b"), 11, 10),
        ("d", Some("d"), 11, 10),
    ];
    let cycles = [0xb, 0xc, 0xd].map(|id| Fault::Cycle(SpanId(id)));
    assert_eq!(faults(&rows), cycles);
    let trace = trace(&rows);
    let shown = Tree::of(&trace).outline();
    assert!(shown.contains("(in a circle) d"), "{shown}");
}

#[test]
fn finds_a_child_outside_its_parents_time() {
    for (start, duration, is_outside) in [
        (9, 5, true),
        (10, 40, false),
        // Rounding: 10.9 us and 40.9 us come out as these two.
        (10, 41, false),
        (10, 42, true),
    ] {
        let rows = [("a", None, 10, 40), ("b", Some("a"), start, duration)];
        let expected = is_outside.then_some(Fault::OutsideParent {
            span: SpanId(0xb),
            parent: SpanId(0xa),
        });
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(faults(&rows), expected, "{start} {duration}");
    }
}

#[test]
fn passes_on_what_jaeger_warns_of() {
    let mut trace = trace(&WHOLE);
    trace.warnings.push("of the trace".to_owned());
    trace.spans[0].warnings.push("of a span".to_owned());
    let warnings = ["000000000000000c: of a span", "of the trace"];
    let expected = warnings.map(|it| Fault::Warning(it.to_owned()));
    assert_eq!(Tree::of(&trace).faults(), expected);
}
