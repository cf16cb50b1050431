//! The few pieces of the protobuf wire format that OTLP needs, always in their shortest form.
//!
//! Field numbers are below 16 throughout, so that a tag is one byte; a span's flags are the exception.

use bytes::{BufMut, BytesMut};

/// A varint follows.
pub(super) const VARINT: u8 = 0;
/// Eight bytes follow, little endian.
pub(super) const FIXED64: u8 = 1;
/// A length and that many bytes follow.
pub(super) const DELIMITED: u8 = 2;
/// Four bytes follow, little endian.
pub(super) const FIXED32: u8 = 5;

/// The byte that announces `field`, which must be below 16.
pub(super) const fn tag(field: u8, wire_type: u8) -> u8 {
    field << 3 | wire_type
}

/// Bytes that `value` takes as a varint, 1 to 10.
#[inline]
pub(super) const fn varint_len(value: u64) -> usize {
    // Nearly all are.
    if value < 0x80 {
        return 1;
    }
    let bits = u64::BITS - value.leading_zeros();
    bits.div_ceil(7) as usize
}

/// Bytes of a length-delimited field with `len` bytes of content.
#[inline]
pub(super) const fn delimited_len(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

/// Bytes of a string or bytes field, which is absent when empty.
#[inline]
pub(super) const fn optional_len(content: &[u8]) -> usize {
    if content.is_empty() {
        0
    } else {
        delimited_len(content.len())
    }
}

#[inline]
pub(super) fn put_varint(out: &mut impl BufMut, mut value: u64) {
    while value >= 0x80 {
        out.put_u8(value as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}

/// Announces a length-delimited field; its `len` bytes are the caller's to put.
#[inline]
pub(super) fn put_header(out: &mut BytesMut, tag: u8, len: usize) {
    // Nearly all lengths are below 128: tag and length go out in one write.
    if len < 0x80 {
        out.put_slice(&[tag, len as u8]);
    } else {
        out.put_u8(tag);
        put_varint(out, len as u64);
    }
}

/// A string or bytes field that is present even when empty, as the members of a oneof are.
#[inline]
pub(super) fn put_delimited(out: &mut BytesMut, tag: u8, content: &[u8]) {
    put_header(out, tag, content.len());
    out.put_slice(content);
}

/// A string or bytes field, which is absent when empty.
#[inline]
pub(super) fn put_optional(out: &mut BytesMut, tag: u8, content: &[u8]) {
    if !content.is_empty() {
        put_delimited(out, tag, content);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_have_the_length_that_was_announced() {
        for bits in 0..64 {
            for value in [(1u64 << bits) - 1, 1 << bits, u64::MAX >> bits] {
                let mut out = BytesMut::new();
                put_varint(&mut out, value);
                assert_eq!(out.len(), varint_len(value), "{value}");
                assert_eq!(
                    prost::decode_length_delimiter(&out[..]).ok(),
                    usize::try_from(value).ok()
                );
            }
        }
    }
}
