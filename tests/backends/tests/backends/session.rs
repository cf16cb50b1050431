//! A session as the sensor will send it, made by hand: its traces come back from Jaeger as they were sent.

use anyhow::{Context as _, Result, bail};
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, TracesData};
use scoutline_backends::{
    Asked, Bed, Binaries, Fault, Kind, Query, Reference, SpanId, TraceId, Tree,
};
use scoutline_dashboards::{Catalogue, Language, Purpose, folder};
use scoutline_semconv::{attr, resource, scope};

use crate::show;

/// A case without a sensor.
pub(crate) type Case = fn(&Binaries) -> Result<()>;

pub(crate) const CASES: &[(&str, Case)] = &[
    ("traces come back whole and linked", whole),
    (
        "what the catalogue asks in TraceQL names what is there",
        traceql,
    ),
    ("a missing parent is found", missing_parent),
    ("a span id that is there twice is found", duplicate_id),
    ("a span that is sent twice is there once", sent_twice),
];

const UID: &str = "de001ac84d3b357df93e200bf99556bd";

/// Ids of the two slices; the second has a half that is all zeros, as one of 2^64 ids has.
const FIRST: TraceId = TraceId(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
const SECOND: TraceId = TraceId(0xb7ad_6b71_6920_3331);

/// The first of January 2020, and nanoseconds that microseconds do not show.
const START_NS: u64 = 1_577_836_800_123_456_789;

/// Id, name, parent (0 is none), start and end in nanoseconds after [`START_NS`].
type Row = (u64, &'static str, u64, u64, u64);

const SLICE: [Row; 6] = [
    (0xa1, "bash", 0, 0, 9_000_000_999),
    (0xa2, "curl", 0xa1, 100, 2_000_000),
    (0xa3, "sh", 0xa1, 200, 9_000_000_999),
    (0xa4, "cat", 0xa3, 3_000_000, 4_000_001),
    (0xa5, "nmap", 0xa3, 5_000_000, 7_000_000_000),
    // As short as a span may be.
    (0xa6, "tcpdump", 0xa3, 8_000_000_000, 8_000_001_000),
];

const NEXT_SLICE: [Row; 2] = [
    (0xb1, "bash", 0, 60_000_000_000, 61_000_000_000),
    (0xb2, "cat", 0xb1, 60_500_000_000, 60_600_000_000),
];

fn whole(binaries: &Binaries) -> Result<()> {
    let mut bed = Bed::start(binaries)?;
    let first = spans(FIRST, &SLICE);
    let mut second = spans(SECOND, &NEXT_SLICE);
    second[0].links = vec![Link {
        trace_id: FIRST.0.to_be_bytes().into(),
        span_id: 0xa1_u64.to_be_bytes().into(),
        ..Link::default()
    }];
    send(&bed, first)?;
    send(&bed, second)?;

    let traces = bed.session(UID, 2)?;
    assert_eq!(bed.jaeger().services()?, ["scoutline"]);
    let [first, second] = traces.as_slice() else {
        bail!("two traces were asked for: {traces:#?}");
    };
    assert_eq!((first.id, second.id), (FIRST, SECOND));
    let trees = [Tree::of(first), Tree::of(second)];
    for tree in &trees {
        tree.check(&[])?;
        show(tree, &[attr::SCOUTLINE_SESSION_UID]);
    }
    assert_eq!(
        trees[0].outline(),
        "bash\n  curl\n  sh\n    cat\n    nmap\n    tcpdump\n"
    );
    assert_eq!(trees[1].outline(), "bash\n  cat\n");

    let shell = trees[0].named("sh").next().context("no sh")?;
    assert_eq!(
        shell.parent().context("it has one")?.span().id,
        SpanId(0xa1)
    );
    assert_eq!(shell.span().text("span.kind"), "internal");
    assert_eq!(shell.span().text(attr::PROCESS_PID), "163");
    assert_eq!(
        shell.span().text(attr::SCOUTLINE_ATTACK_TECHNIQUES),
        r#"["T1082","T1016"]"#
    );
    let process = first.process(shell.span()).context("no resource")?;
    assert_eq!(process.service, "scoutline");
    assert_eq!(process.text(resource::HOST_NAME), "host-1");
    let short = trees[0].named("tcpdump").next().context("no tcpdump")?;
    assert_eq!(short.span().duration_us, 1);

    let root = trees[1].root().context("no root")?.span();
    let link = Reference {
        kind: Kind::FollowsFrom,
        trace: FIRST,
        span: SpanId(0xa1),
    };
    assert_eq!(root.links().collect::<Vec<_>>(), [&link]);
    assert_eq!(
        trees[0].branches().flat_map(|it| it.span().links()).count(),
        0
    );
    let by_id = bed.jaeger().trace(SECOND)?.context("no such trace")?;
    assert_eq!(by_id.spans.len(), NEXT_SLICE.len());

    // What was not sent is not found.
    assert!(bed.jaeger().trace(TraceId(1))?.is_none());
    let other_session = Query {
        service: "scoutline",
        tags: &[(attr::SCOUTLINE_SESSION_UID, "other")],
    };
    assert!(bed.jaeger().traces(&other_session)?.is_empty());
    Ok(())
}

/// Jaeger knows no TraceQL, but names and values are the same: each condition becomes what Jaeger is asked for.
fn traceql(binaries: &Binaries) -> Result<()> {
    let mut bed = Bed::start(binaries)?;
    send(&bed, spans(FIRST, &SLICE))?;
    bed.session(UID, 1)?;
    let catalogue = Catalogue::read(&folder().join("catalogue"))?;
    let query = catalogue.questions["traces"].queries.traceql.text();
    let query = Language::TraceQl.expand(query.context("it has one")?, Purpose::Panel)?;
    for (session, expected) in [(UID, 1), ("another", 0)] {
        let query = query
            .replace("$host", "host-1")
            .replace("$session", session);
        let (service, tags) = conditions(&query)?;
        let tags: Vec<_> = tags
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(tags.len(), 2, "{query}");
        let asked = Query {
            service: &service,
            tags: &tags,
        };
        let found = bed.jaeger().traces(&asked)?;
        assert_eq!(found.len(), expected, "{query}");
        Asked {
            question: "traces",
            case: &format!("session {session}"),
            language: "TraceQl",
            engine: "Jaeger, condition by condition",
            how: "executed",
            expected: &format!("{expected} traces"),
            got: &format!("{} traces", found.len()),
        }
        .note()?;
    }
    Ok(())
}

/// The service of `{ A="a" && B=~"b" }`, and its other names and values.
fn conditions(query: &str) -> Result<(String, Vec<(String, String)>)> {
    let inner = query.split(['{', '}']).nth(1).context("no braces")?;
    let mut service = String::new();
    let mut tags = Vec::new();
    for condition in inner.split("&&") {
        let (name, value) = condition.split_once('=').context("no condition")?;
        let name = name.trim();
        let name = name
            .strip_prefix("resource.")
            .or_else(|| name.strip_prefix("span."))
            .context("neither of a resource nor of a span")?;
        let value = value.trim_matches(['~', ' ', '"']).to_owned();
        if name == resource::SERVICE_NAME {
            service = value;
        } else {
            tags.push((name.to_owned(), value));
        }
    }
    Ok((service, tags))
}

fn missing_parent(binaries: &Binaries) -> Result<()> {
    let mut broken = spans(FIRST, &SLICE);
    broken.retain(|span| span.name != "sh");
    let faults = faults(binaries, vec![broken])?;
    for child in [0xa4, 0xa5, 0xa6] {
        let missing = Fault::MissingParent {
            span: SpanId(child),
            parent: SpanId(0xa3),
        };
        assert!(faults.contains(&missing), "{faults:#?}");
    }
    assert_only_warnings_besides(&faults, 3);
    Ok(())
}

fn duplicate_id(binaries: &Binaries) -> Result<()> {
    let mut broken = spans(FIRST, &SLICE);
    let id = broken[4].span_id.clone();
    broken[5].span_id = id;
    let faults = faults(binaries, vec![broken])?;
    let duplicate = Fault::DuplicateSpanId(SpanId(0xa5));
    assert!(faults.contains(&duplicate), "{faults:#?}");
    assert_only_warnings_besides(&faults, 1);
    Ok(())
}

/// At least once is what the sensor promises.
fn sent_twice(binaries: &Binaries) -> Result<()> {
    let spans = spans(FIRST, &SLICE);
    assert_eq!(faults(binaries, vec![spans.clone(), spans])?, []);
    Ok(())
}

/// What is wrong with the one trace that has arrived after these batches.
fn faults(binaries: &Binaries, batches: Vec<Vec<Span>>) -> Result<Vec<Fault>> {
    let mut bed = Bed::start(binaries)?;
    let sent: usize = batches.iter().map(Vec::len).sum();
    for spans in batches {
        send(&bed, spans)?;
    }
    bed.passed()
        .wait_until("all spans", |all| all.len() == sent)?;
    let traces = bed.arrived(attr::SCOUTLINE_SESSION_UID, UID, 1)?;
    let tree = Tree::of(&traces[0]);
    show(&tree, &[attr::PROCESS_PID]);
    Ok(tree.faults())
}

/// Jaeger warns of the same.
fn assert_only_warnings_besides(faults: &[Fault], own: usize) {
    let warnings = faults.iter().filter(|it| matches!(it, Fault::Warning(_)));
    let warnings = warnings.count();
    assert!(warnings > 0, "{faults:#?}");
    assert_eq!(faults.len(), own + warnings, "{faults:#?}");
}

fn spans(trace: TraceId, rows: &[Row]) -> Vec<Span> {
    rows.iter()
        .map(|&(id, name, parent, start, end)| Span {
            trace_id: trace.0.to_be_bytes().into(),
            span_id: id.to_be_bytes().into(),
            parent_span_id: match parent {
                0 => Vec::new(),
                id => id.to_be_bytes().into(),
            },
            flags: 1,
            name: name.to_owned(),
            kind: SpanKind::Internal.into(),
            start_time_unix_nano: START_NS + start,
            end_time_unix_nano: START_NS + end,
            attributes: vec![
                text(attr::SCOUTLINE_SESSION_UID, UID),
                attribute(
                    attr::PROCESS_PID,
                    Value::IntValue(i64::try_from(id).unwrap_or_default()),
                ),
                attribute(
                    attr::SCOUTLINE_ATTACK_TECHNIQUES,
                    Value::ArrayValue(ArrayValue {
                        values: ["T1082", "T1016"].map(value).into(),
                    }),
                ),
            ],
            ..Span::default()
        })
        .collect()
}

/// Hands the spans to the Collector in one message.
fn send(bed: &Bed, spans: Vec<Span>) -> Result<()> {
    let mut scope_spans = ScopeSpans {
        spans,
        schema_url: scope::SCHEMA_URL.to_owned(),
        ..ScopeSpans::default()
    };
    scope_spans.scope.get_or_insert_default().name = scope::DETECTIONS.to_owned();
    let message = TracesData {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![
                    text(resource::SERVICE_NAME, "scoutline"),
                    text(resource::HOST_NAME, "host-1"),
                ],
                ..Resource::default()
            }),
            scope_spans: vec![scope_spans],
            schema_url: scope::UPSTREAM_SCHEMA_URL.to_owned(),
        }],
    };
    let response = ureq::post(format!("{}/v1/traces", bed.collector().http()))
        .header("content-type", "application/json")
        .send(serde_json::to_vec(&message)?.as_slice())?;
    assert_eq!(response.status(), 200);
    Ok(())
}

fn text(name: &str, content: &str) -> KeyValue {
    KeyValue {
        key: name.to_owned(),
        value: Some(value(content)),
        ..KeyValue::default()
    }
}

fn value(content: &str) -> AnyValue {
    AnyValue {
        value: Some(Value::StringValue(content.to_owned())),
    }
}

fn attribute(name: &str, value: Value) -> KeyValue {
    KeyValue {
        key: name.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}
