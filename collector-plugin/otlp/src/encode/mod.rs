//! Records and spans as OTLP protobuf, straight from [`Record`] and [`Span`](scoutline_semconv::Span) into a buffer.
//!
//! One pass: only the length of the record itself is filled in afterwards. Every length has its shortest form, and
//! nothing is allocated besides the buffer. The result is what any protobuf library would write: fields in the order
//! of their numbers, defaults left out. Numbers are those of
//! `opentelemetry/proto/logs/v1/logs.proto` and `common/v1/common.proto`.

mod envelope;
mod span;
mod value;
mod wire;

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use scoutline_semconv::{Record, TraceContext, limits};
use thiserror::Error;

use self::value::{put_attribute, put_text_value, text_value_len};
use self::wire::{
    DELIMITED, FIXED32, FIXED64, VARINT, put_delimited, put_header, put_optional, put_varint, tag,
    varint_len,
};

pub use self::span::put_span;

pub(crate) use self::envelope::{Envelope, REQUEST_ENTRY_OVERHEAD};

// LogRecord.
const TIME: u8 = tag(1, FIXED64);
const SEVERITY_NUMBER: u8 = tag(2, VARINT);
const SEVERITY_TEXT: u8 = tag(3, DELIMITED);
const BODY: u8 = tag(5, DELIMITED);
const ATTRIBUTES: u8 = tag(6, DELIMITED);
const FLAGS: u8 = tag(8, FIXED32);
const TRACE_ID: u8 = tag(9, DELIMITED);
const SPAN_ID: u8 = tag(10, DELIMITED);
const OBSERVED_TIME: u8 = tag(11, FIXED64);
const EVENT_NAME: u8 = tag(12, DELIMITED);

// ScopeLogs.
const LOG_RECORDS: u8 = tag(2, DELIMITED);

/// W3C `sampled`. The random bit stays unset: ids are hashes.
const SAMPLED: u32 = 0x01;

/// A record or span that cannot be put on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// The record is longer than a backend takes.
    #[error("record {event_name} would take {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// Its event name.
        event_name: &'static str,
        /// Bytes it would take.
        bytes: usize,
        /// [`limits::RECORD_BYTES`].
        limit: usize,
    },
    /// The span is longer than a record may be.
    #[error("span {name} would take {bytes} bytes, the limit is {limit}")]
    SpanTooLarge {
        /// Its name.
        name: Arc<str>,
        /// Bytes it would take.
        bytes: usize,
        /// [`limits::RECORD_BYTES`].
        limit: usize,
    },
    /// A span is found by its ids: there is nothing to leave out.
    #[error("span {name} has an id of zeros")]
    SpanWithoutIds {
        /// Its name.
        name: Arc<str>,
    },
}

/// Room for the length of a record, which is known once the record is written: nearly all have 128 bytes to 16 KiB.
const LENGTH_ROOM: usize = 2;

/// Appends `record` as one element of `ScopeLogs.log_records`; how many bytes that took.
///
/// # Errors
/// [`EncodeError::TooLarge`] above [`limits::RECORD_BYTES`]; `out` is as it was then, and counting the lost record is
/// the caller's part.
pub fn put_record(out: &mut BytesMut, record: &Record) -> Result<usize, EncodeError> {
    put_item(
        out,
        LOG_RECORDS,
        |out| put_fields(out, record),
        |bytes| EncodeError::TooLarge {
            event_name: record.event_name,
            bytes,
            limit: limits::RECORD_BYTES,
        },
    )
}

/// Appends what `put_fields` appends as one element of the repeated field that `tag` announces; how many bytes that
/// took. What is longer than [`limits::RECORD_BYTES`] is taken out again.
// Once for records and once for spans: a call through it would be one a record.
#[inline]
fn put_item(
    out: &mut BytesMut,
    tag: u8,
    put_fields: impl FnOnce(&mut BytesMut),
    too_large: impl FnOnce(usize) -> EncodeError,
) -> Result<usize, EncodeError> {
    let begin = out.len();
    out.put_u8(tag);
    out.put_bytes(0, LENGTH_ROOM);
    put_fields(out);
    let len = out.len() - begin - 1 - LENGTH_ROOM;
    if len > limits::RECORD_BYTES {
        out.truncate(begin);
        return Err(too_large(len));
    }
    put_len_before(out, begin + 1, len);
    Ok(out.len() - begin)
}

fn put_fields(out: &mut BytesMut, record: &Record) {
    put_fixed64(out, TIME, record.time_unix_nano);
    if record.severity_number != 0 {
        out.put_u8(SEVERITY_NUMBER);
        put_varint(out, record.severity_number.into());
    }
    put_optional(out, SEVERITY_TEXT, record.severity_text.as_bytes());
    put_header(out, BODY, text_value_len(&record.body));
    put_text_value(out, &record.body);
    for (key, value) in &record.attributes {
        put_attribute(out, ATTRIBUTES, key, value);
    }
    // A Collector refuses the whole request over one all-zero id.
    if let Some(trace) = record.trace.as_ref().filter(|trace| is_valid(trace)) {
        out.put_u8(FLAGS);
        out.put_u32_le(SAMPLED);
        put_delimited(out, TRACE_ID, &trace.trace_id);
        put_delimited(out, SPAN_ID, &trace.span_id);
    }
    put_fixed64(out, OBSERVED_TIME, record.observed_time_unix_nano);
    put_optional(out, EVENT_NAME, record.event_name.as_bytes());
}

/// Writes `len` at `at`, in front of the last `len` bytes of `out`, which move if it does not take
/// [`LENGTH_ROOM`] bytes.
fn put_len_before(out: &mut BytesMut, at: usize, len: usize) {
    let mut varint = [0; 10];
    let mut rest = varint.as_mut_slice();
    put_varint(&mut rest, len as u64);
    let taken = varint_len(len as u64);
    let begin = at + LENGTH_ROOM;
    if taken > LENGTH_ROOM {
        out.put_bytes(0, taken - LENGTH_ROOM);
    }
    if taken != LENGTH_ROOM {
        out.copy_within(begin..begin + len, at + taken);
    }
    out.truncate(at + taken + len);
    if let (Some(room), Some(varint)) = (out.get_mut(at..at + taken), varint.get(..taken)) {
        room.copy_from_slice(varint);
    }
}

/// Whether neither id is all zero, as both have to be on the wire.
fn is_valid(context: &TraceContext) -> bool {
    context.trace_id != [0; 16] && context.span_id != [0; 8]
}

fn put_fixed64(out: &mut BytesMut, tag: u8, value: u64) {
    if value != 0 {
        out.put_u8(tag);
        out.put_u64_le(value);
    }
}
