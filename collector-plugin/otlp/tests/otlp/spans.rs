//! Spans against opentelemetry-proto, as records: every field comes out as meant, and prost would have written the
//! same bytes.

use std::sync::Arc;

use bytes::BytesMut;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as ProtoSpan, span};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message;
use scoutline_otlp::encode::{EncodeError, put_span};
use scoutline_otlp::{Batch, BatchLimits, Scope, SealedSpans, Signal, seal_spans};
use scoutline_semconv::{Attribute, Link, Resource, Span, TraceContext, attr, limits, scope};

use crate::encode::{KEYS, any_resource, text, trace, value};
use crate::records::{attribute, host, resource_meant, scope_meant};

/// The root of a slice if `number` is 0, else a child of it.
pub(crate) fn span(number: u8) -> Span {
    Span {
        context: TraceContext {
            trace_id: *b"\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef",
            span_id: [1, 0, 0, 0, 0, 0, 0, number],
        },
        parent_span_id: (number > 0).then_some([1, 0, 0, 0, 0, 0, 0, 0]),
        name: "cat".into(),
        start_time_unix_nano: 1_700_000_000_000_000_001,
        end_time_unix_nano: 1_700_000_000_000_001_001,
        attributes: vec![
            (attr::PROCESS_PID, i64::from(number).into()),
            (attr::SCOUTLINE_DETECTION_COUNT, 3i64.into()),
        ],
        links: vec![Link {
            context: TraceContext {
                trace_id: [7; 16],
                span_id: [8; 8],
            },
            is_remote: number > 0,
            attributes: vec![(attr::SCOUTLINE_SESSION_UID, "s".into())],
        }],
    }
}

/// A slice with so many spans, sealed; it must fit one batch.
pub(crate) fn slice(spans: u8) -> Batch {
    let spans: Vec<_> = (0..spans).map(span).collect();
    let limits = BatchLimits::default();
    let mut sealed = seal_spans(limits, &host("web1"), Scope::DETECTIONS, &spans);
    assert_eq!((sealed.batches.len(), sealed.refused.len()), (1, 0));
    sealed.batches.remove(0)
}

/// What the spans of one resource are meant to be, built field by field.
pub(crate) fn meant(host: &Resource, spans: &[Span]) -> ResourceSpans {
    ResourceSpans {
        resource: Some(resource_meant(host)),
        scope_spans: vec![ScopeSpans {
            scope: Some(scope_meant()),
            spans: spans.iter().map(proto_span).collect(),
            schema_url: scope::SCHEMA_URL.to_owned(),
        }],
        schema_url: scope::UPSTREAM_SCHEMA_URL.to_owned(),
    }
}

fn proto_span(span: &Span) -> ProtoSpan {
    let parent = span.parent_span_id.filter(|id| *id != [0; 8]);
    ProtoSpan {
        trace_id: span.context.trace_id.to_vec(),
        span_id: span.context.span_id.to_vec(),
        trace_state: String::new(),
        parent_span_id: parent.map_or(vec![], |id| id.to_vec()),
        flags: if parent.is_some() { 0x101 } else { 0x01 },
        name: span.name.to_string(),
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: span.start_time_unix_nano,
        end_time_unix_nano: span.end_time_unix_nano,
        attributes: attributes(&span.attributes),
        dropped_attributes_count: 0,
        events: vec![],
        dropped_events_count: 0,
        links: span
            .links
            .iter()
            .filter(|link| is_valid(&link.context))
            .map(|link| span::Link {
                trace_id: link.context.trace_id.to_vec(),
                span_id: link.context.span_id.to_vec(),
                trace_state: String::new(),
                attributes: attributes(&link.attributes),
                dropped_attributes_count: 0,
                flags: if link.is_remote { 0x301 } else { 0x101 },
            })
            .collect(),
        dropped_links_count: 0,
        status: None,
    }
}

fn attributes(attributes: &[Attribute]) -> Vec<opentelemetry_proto::tonic::common::v1::KeyValue> {
    attributes
        .iter()
        .map(|(key, value)| attribute(key, value))
        .collect()
}

fn is_valid(context: &TraceContext) -> bool {
    context.trace_id != [0; 16] && context.span_id != [0; 8]
}

fn any_attributes(most: usize) -> impl Strategy<Value = Vec<Attribute>> {
    vec((prop::sample::select(KEYS.to_vec()), value()), 0..most)
}

fn any_span() -> impl Strategy<Value = Span> {
    let link =
        (trace(), any::<bool>(), any_attributes(6)).prop_map(|(context, is_remote, attributes)| {
            Link {
                context,
                is_remote,
                attributes,
            }
        });
    (
        trace(),
        option::of(prop_oneof![9 => any::<[u8; 8]>(), 1 => Just([0; 8])]),
        text(),
        prop_oneof![Just(0), any::<u64>()],
        prop_oneof![Just(0), any::<u64>()],
        any_attributes(40),
        vec(link, 0..4),
    )
        .prop_map(
            |(context, parent_span_id, name, start, end, attributes, links)| Span {
                context,
                parent_span_id,
                name: name.into(),
                start_time_unix_nano: start,
                end_time_unix_nano: end,
                attributes,
                links,
            },
        )
}

/// A span of so many bytes, at least 70; or one less, where its own lengths leave a gap.
fn of_bytes(bytes: usize) -> Span {
    let named = |len| Span {
        name: "x".repeat(len).into(),
        attributes: vec![],
        links: vec![],
        ..span(1)
    };
    (0..bytes)
        .rev()
        .map(named)
        .find(|span| proto_span(span).encoded_len() <= bytes)
        .unwrap()
}

fn decoded(batch: &Batch) -> ExportTraceServiceRequest {
    assert_eq!(batch.signal(), Signal::Traces);
    ExportTraceServiceRequest::decode(batch.bytes().clone()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requests_are_what_was_meant_and_canonical(
        host in any_resource(),
        spans in vec(any_span(), 1..8),
    ) {
        let (kept, refused): (Vec<_>, Vec<_>) = spans.iter().cloned().partition(|span| {
            is_valid(&span.context) && proto_span(span).encoded_len() <= limits::RECORD_BYTES
        });
        let unlimited = BatchLimits { bytes: usize::MAX, ..BatchLimits::default() };
        let sealed = seal_spans(unlimited, &host, Scope::DETECTIONS, &spans);
        prop_assert_eq!(sealed.refused.len(), refused.len());
        prop_assert_eq!(sealed.batches.len(), usize::from(!kept.is_empty()));
        for batch in &sealed.batches {
            let expected = ExportTraceServiceRequest { resource_spans: vec![meant(&host, &kept)] };
            prop_assert_eq!(expected.encode_to_vec(), batch.bytes().to_vec());
            prop_assert_eq!(kept.len(), batch.items() as usize);
            prop_assert_eq!(expected, decoded(batch));
        }
    }

    #[test]
    fn batches_keep_to_their_limits_and_the_spans_to_their_order(
        spans in vec(any_span(), 1..30),
        bytes in 0usize..20_000,
        records in 1u32..10,
    ) {
        let limits = BatchLimits { bytes, records, ..BatchLimits::default() };
        let SealedSpans { batches, refused } = seal_spans(limits, &host("a"), Scope::DETECTIONS, &spans);
        let mut seen = vec![];
        for batch in &batches {
            prop_assert!(batch.items() >= 1 && batch.items() <= records);
            prop_assert!(batch.bytes().len() <= bytes || batch.items() == 1);
            let [of_resource] = &decoded(batch).resource_spans[..] else { panic!("one resource") };
            prop_assert_eq!(of_resource.scope_spans[0].spans.len(), batch.items() as usize);
            seen.extend_from_slice(&of_resource.scope_spans[0].spans);
        }
        prop_assert_eq!(seen.len() + refused.len(), spans.len());
        let kept: Vec<_> = spans
            .iter()
            .filter(|span| is_valid(&span.context))
            .map(proto_span)
            .filter(|span| span.encoded_len() <= limits::RECORD_BYTES)
            .collect();
        prop_assert_eq!(seen.encode(), kept.encode());
    }
}

/// Bytes to compare instead of numbers, since NaN equals nothing.
trait Encode {
    fn encode(&self) -> Vec<Vec<u8>>;
}

impl Encode for Vec<ProtoSpan> {
    fn encode(&self) -> Vec<Vec<u8>> {
        self.iter().map(Message::encode_to_vec).collect()
    }
}

#[test]
fn the_length_of_a_span_is_as_short_as_it_can_be() {
    for bytes in [126, 127, 128, 129, 16_382, 16_383, 16_384, 16_385, 32_000] {
        let span = of_bytes(bytes);
        let mut out = BytesMut::from(&b"before"[..]);
        let added = put_span(&mut out, &span).unwrap();
        let meant = ScopeSpans {
            spans: vec![proto_span(&span)],
            ..ScopeSpans::default()
        };
        assert_eq!(out.split_off(6), meant.encode_to_vec(), "{bytes}");
        assert_eq!(out, &b"before"[..]);
        assert_eq!(added, meant.encoded_len());
    }
}

#[test]
fn a_span_may_take_the_limit_and_no_more() {
    let fits = of_bytes(limits::RECORD_BYTES);
    let mut out = BytesMut::new();
    put_span(&mut out, &fits).unwrap();
    let before = out.clone();
    let name: Arc<str> = format!("{}xx", fits.name).into();
    let long = Span {
        name: Arc::clone(&name),
        ..fits
    };
    assert_eq!(
        put_span(&mut out, &long).unwrap_err(),
        EncodeError::SpanTooLarge {
            name,
            bytes: proto_span(&long).encoded_len(),
            limit: limits::RECORD_BYTES,
        }
    );
    assert_eq!(out, before);
}

#[test]
fn a_span_without_ids_is_refused_and_the_others_go() {
    let mut spans = [span(0), span(1), span(2)];
    spans[1].context.span_id = [0; 8];
    let limits = BatchLimits::default();
    let sealed = seal_spans(limits, &host("a"), Scope::DETECTIONS, &spans);
    let refused = EncodeError::SpanWithoutIds { name: "cat".into() };
    assert_eq!(sealed.refused, [refused]);
    let kept = [span(0), span(2)];
    assert_eq!(
        decoded(&sealed.batches[0]).resource_spans,
        [meant(&host("a"), &kept)]
    );
}

#[test]
fn nothing_makes_no_batch() {
    let limits = BatchLimits::default();
    let sealed = seal_spans(limits, &host("a"), Scope::DETECTIONS, &[]);
    assert!(sealed.batches.is_empty() && sealed.refused.is_empty());
}

#[test]
fn a_full_slice_is_cut_at_the_default_limit() {
    let large = Span {
        name: "x".repeat(3_000).into(),
        ..span(1)
    };
    let spans = vec![large; 1 + limits::SPANS];
    let limits = BatchLimits::default();
    let sealed = seal_spans(limits, &host("a"), Scope::DETECTIONS, &spans);
    let items: Vec<_> = sealed.batches.iter().map(Batch::items).collect();
    assert_eq!(items.iter().sum::<u32>() as usize, spans.len());
    assert_eq!(items.len(), 2);
    // Full to the last span that fits.
    let first = sealed.batches[0].bytes().len();
    assert!(
        first <= limits.bytes && first + 3_300 > limits.bytes,
        "{first}"
    );
}
