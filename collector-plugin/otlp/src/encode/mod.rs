//! Records as OTLP protobuf, straight from [`Record`] into a buffer.
//!
//! Two passes: [`measure`] sums up the lengths, [`Measured::put`] writes. So every length is known before it is
//! written, in its shortest form, and nothing is allocated besides the buffer. The result is what any protobuf
//! library would write: fields in the order of their numbers, defaults left out. Numbers are those of
//! `opentelemetry/proto/logs/v1/logs.proto` and `common/v1/common.proto`.

mod envelope;
mod value;
mod wire;

use bytes::{BufMut, BytesMut};
use scoutline_semconv::{Record, TraceContext, limits};
use thiserror::Error;

use self::value::{attribute_len, put_attribute, put_text_value, text_value_len};
use self::wire::{
    DELIMITED, FIXED32, FIXED64, VARINT, delimited_len, optional_len, put_delimited, put_header,
    put_optional, put_varint, tag, varint_len,
};

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
const TRACE_LEN: usize = (1 + 4) + delimited_len(16) + delimited_len(8);

/// A record that cannot be put on the wire.
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
}

/// A record whose length is known.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    record: &'a Record,
    trace: Option<TraceContext>,
    len: usize,
}

/// Sums up what `record` takes.
///
/// # Errors
/// [`EncodeError::TooLarge`] above [`limits::RECORD_BYTES`]; nothing has been written then, and counting the
/// lost record is the caller's part.
pub fn measure(record: &Record) -> Result<Measured<'_>, EncodeError> {
    // A Collector refuses the whole request over one all-zero id.
    let trace = record
        .trace
        .filter(|trace| trace.trace_id != [0; 16] && trace.span_id != [0; 8]);
    let mut len = fixed64_len(record.time_unix_nano)
        + fixed64_len(record.observed_time_unix_nano)
        + optional_len(record.severity_text.as_bytes())
        + delimited_len(text_value_len(&record.body))
        + optional_len(record.event_name.as_bytes());
    if record.severity_number != 0 {
        len += 1 + varint_len(record.severity_number.into());
    }
    if trace.is_some() {
        len += TRACE_LEN;
    }
    for (key, value) in &record.attributes {
        len += delimited_len(attribute_len(key, value));
    }
    if len > limits::RECORD_BYTES {
        return Err(EncodeError::TooLarge {
            event_name: record.event_name,
            bytes: len,
            limit: limits::RECORD_BYTES,
        });
    }
    Ok(Measured { record, trace, len })
}

impl Measured<'_> {
    /// Bytes that [`Self::put`] appends: the record and the header that makes it an element of `log_records`.
    pub fn encoded_len(&self) -> usize {
        delimited_len(self.len)
    }

    /// Appends the record as one element of `ScopeLogs.log_records`.
    pub fn put(&self, out: &mut BytesMut) {
        let record = self.record;
        out.reserve(self.encoded_len());
        put_header(out, LOG_RECORDS, self.len);
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
        if let Some(trace) = &self.trace {
            out.put_u8(FLAGS);
            out.put_u32_le(SAMPLED);
            put_delimited(out, TRACE_ID, &trace.trace_id);
            put_delimited(out, SPAN_ID, &trace.span_id);
        }
        put_fixed64(out, OBSERVED_TIME, record.observed_time_unix_nano);
        put_optional(out, EVENT_NAME, record.event_name.as_bytes());
    }
}

const fn fixed64_len(value: u64) -> usize {
    if value == 0 { 0 } else { 1 + 8 }
}

fn put_fixed64(out: &mut BytesMut, tag: u8, value: u64) {
    if value != 0 {
        out.put_u8(tag);
        out.put_u64_le(value);
    }
}
