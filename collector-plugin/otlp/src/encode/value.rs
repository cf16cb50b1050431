//! `KeyValue`, `AnyValue` and `ArrayValue`.

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use scoutline_semconv::Value;

use super::wire::{
    DELIMITED, FIXED64, VARINT, delimited_len, optional_len, put_delimited, put_header,
    put_optional, put_varint, tag, varint_len,
};

// KeyValue.
const KEY: u8 = tag(1, DELIMITED);
const VALUE: u8 = tag(2, DELIMITED);

// AnyValue.
const STRING: u8 = tag(1, DELIMITED);
const BOOL: u8 = tag(2, VARINT);
const INT: u8 = tag(3, VARINT);
const DOUBLE: u8 = tag(4, FIXED64);
const ARRAY: u8 = tag(5, DELIMITED);

// ArrayValue.
const ELEMENTS: u8 = tag(1, DELIMITED);

/// Bytes of the `KeyValue` of an attribute.
#[inline]
pub(super) fn attribute_len(key: &str, value: &Value) -> usize {
    optional_len(key.as_bytes()) + delimited_len(value_len(value))
}

/// Appends an attribute as an element of the repeated field that `tag` announces.
#[inline]
pub(super) fn put_attribute(out: &mut BytesMut, tag: u8, key: &str, value: &Value) {
    let text = match value {
        Value::Static(text) => *text,
        Value::Shared(text) => text,
        Value::String(text) => text,
        _ => return put_any_attribute(out, tag, key, value),
    };
    // Most attributes are short texts. Their headers are put together in one write each, which halves the time.
    let attribute_len = 2 + key.len() + 2 + 2 + text.len();
    if attribute_len < 0x80 && !key.is_empty() {
        let text_len = text.len() as u8;
        out.put_slice(&[tag, attribute_len as u8, KEY, key.len() as u8]);
        out.put_slice(key.as_bytes());
        out.put_slice(&[VALUE, 2 + text_len, STRING, text_len]);
        out.put_slice(text.as_bytes());
    } else {
        put_any_attribute(out, tag, key, value);
    }
}

fn put_any_attribute(out: &mut BytesMut, tag: u8, key: &str, value: &Value) {
    let value_len = value_len(value);
    put_header(
        out,
        tag,
        optional_len(key.as_bytes()) + delimited_len(value_len),
    );
    put_optional(out, KEY, key.as_bytes());
    put_header(out, VALUE, value_len);
    match value {
        Value::Static(text) => put_text_value(out, text),
        Value::Shared(text) => put_text_value(out, text),
        Value::String(text) => put_text_value(out, text),
        Value::Bool(truth) => out.put_slice(&[BOOL, u8::from(*truth)]),
        Value::Int(number) => {
            out.put_u8(INT);
            put_varint(out, number.cast_unsigned());
        }
        Value::Double(number) => {
            out.put_u8(DOUBLE);
            out.put_f64_le(*number);
        }
        Value::Strings(texts) => {
            put_header(out, ARRAY, array_len(texts));
            for text in texts {
                put_header(out, ELEMENTS, text_value_len(text));
                put_text_value(out, text);
            }
        }
    }
}

/// Bytes of an `AnyValue` that holds `text`.
#[inline]
pub(super) const fn text_value_len(text: &str) -> usize {
    delimited_len(text.len())
}

/// Appends the content of an `AnyValue` that holds `text`.
#[inline]
pub(super) fn put_text_value(out: &mut BytesMut, text: &str) {
    put_delimited(out, STRING, text.as_bytes());
}

#[inline]
fn value_len(value: &Value) -> usize {
    match value {
        Value::Static(text) => text_value_len(text),
        Value::Shared(text) => text_value_len(text),
        Value::String(text) => text_value_len(text),
        Value::Bool(_) => 1 + 1,
        Value::Int(number) => 1 + varint_len(number.cast_unsigned()),
        Value::Double(_) => 1 + 8,
        Value::Strings(texts) => delimited_len(array_len(texts)),
    }
}

fn array_len(texts: &[Arc<str>]) -> usize {
    texts
        .iter()
        .map(|text| delimited_len(text_value_len(text)))
        .sum()
}
