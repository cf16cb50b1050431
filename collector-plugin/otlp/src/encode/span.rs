//! Spans as OTLP protobuf, straight from [`Span`] into a buffer, in one pass as records. Numbers are those of
//! `opentelemetry/proto/trace/v1/trace.proto`.

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use scoutline_semconv::{Link, Span, TraceContext, limits};

use super::value::{attribute_len, put_attribute};
use super::wire::{
    DELIMITED, FIXED32, FIXED64, VARINT, delimited_len, put_delimited, put_header, put_optional,
    tag,
};
use super::{EncodeError, SAMPLED, is_valid, put_fixed64, put_item};

// ScopeSpans.
const SPANS: u8 = tag(2, DELIMITED);

// Span.
const TRACE_ID: u8 = tag(1, DELIMITED);
const SPAN_ID: u8 = tag(2, DELIMITED);
const PARENT_SPAN_ID: u8 = tag(4, DELIMITED);
const NAME: u8 = tag(5, DELIMITED);
const KIND: u8 = tag(6, VARINT);
const START_TIME: u8 = tag(7, FIXED64);
const END_TIME: u8 = tag(8, FIXED64);
const ATTRIBUTES: u8 = tag(9, DELIMITED);
const LINKS: u8 = tag(13, DELIMITED);
/// Field 16, the only one whose tag takes two bytes.
const FLAGS: [u8; 2] = [0x80 | FIXED32, 16 >> 4];

// Link: the ids have the numbers that those of a span have.
const LINK_ATTRIBUTES: u8 = tag(4, DELIMITED);
const LINK_FLAGS: u8 = tag(6, FIXED32);

/// `SPAN_KIND_INTERNAL`.
const INTERNAL: u8 = 1;

/// `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK`: whether the parent or the linked span is remote is known.
const HAS_IS_REMOTE: u32 = 0x100;

/// `SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK`: it is.
const IS_REMOTE: u32 = 0x200;

/// Appends `span` as one element of `ScopeSpans.spans`; how many bytes that took.
///
/// A link whose ids are all zero, and a parent of that kind, are left out: a Collector refuses the whole request over
/// one such id.
///
/// # Errors
/// [`EncodeError::SpanTooLarge`] above [`limits::RECORD_BYTES`], [`EncodeError::SpanWithoutIds`] if an own id is all
/// zero; `out` is as it was then, and counting the lost span is the caller's part.
pub fn put_span(out: &mut BytesMut, span: &Span) -> Result<usize, EncodeError> {
    if !is_valid(&span.context) {
        return Err(EncodeError::SpanWithoutIds {
            name: Arc::clone(&span.name),
        });
    }
    put_item(
        out,
        SPANS,
        |out| put_fields(out, span),
        |bytes| EncodeError::SpanTooLarge {
            name: Arc::clone(&span.name),
            bytes,
            limit: limits::RECORD_BYTES,
        },
    )
}

fn put_fields(out: &mut BytesMut, span: &Span) {
    let parent = span.parent_span_id.filter(|id| *id != [0; 8]);
    put_context(out, &span.context);
    if let Some(id) = &parent {
        put_delimited(out, PARENT_SPAN_ID, id);
    }
    put_optional(out, NAME, span.name.as_bytes());
    out.put_slice(&[KIND, INTERNAL]);
    put_fixed64(out, START_TIME, span.start_time_unix_nano);
    put_fixed64(out, END_TIME, span.end_time_unix_nano);
    for (key, value) in &span.attributes {
        put_attribute(out, ATTRIBUTES, key, value);
    }
    for link in span.links.iter().filter(|link| is_valid(&link.context)) {
        put_link(out, link);
    }
    out.put_slice(&FLAGS);
    // All spans of a trace are made here: a parent is never remote.
    let local = parent.map_or(0, |_| HAS_IS_REMOTE);
    out.put_u32_le(SAMPLED | local);
}

fn put_link(out: &mut BytesMut, link: &Link) {
    let attributes: usize = link
        .attributes
        .iter()
        .map(|(key, value)| delimited_len(attribute_len(key, value)))
        .sum();
    let ids =
        delimited_len(link.context.trace_id.len()) + delimited_len(link.context.span_id.len());
    put_header(out, LINKS, ids + attributes + 1 + size_of::<u32>());
    put_context(out, &link.context);
    for (key, value) in &link.attributes {
        put_attribute(out, LINK_ATTRIBUTES, key, value);
    }
    let remote = if link.is_remote { IS_REMOTE } else { 0 };
    out.put_u8(LINK_FLAGS);
    out.put_u32_le(SAMPLED | HAS_IS_REMOTE | remote);
}

fn put_context(out: &mut BytesMut, context: &TraceContext) {
    put_delimited(out, TRACE_ID, &context.trace_id);
    put_delimited(out, SPAN_ID, &context.span_id);
}
