//! The trace that a process was told it is part of: `TRACEPARENT`, in the form of W3C Trace Context.
//!
//! <https://www.w3.org/TR/trace-context/#traceparent-header>; OpenTelemetry carries it in an environment like that.
//! Whoever started the process chose it: it links, and proves nothing.

/// The variable of an environment that holds it.
pub const VARIABLE: &str = "TRACEPARENT";

/// The newest version that is defined.
const VERSION: u8 = 0;

/// Bytes of version 0: two, 32, 16 and two digits, and what parts them.
const LENGTH: usize = 55;

/// A position in somebody's trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    /// Not all zero.
    pub trace_id: [u8; 16],
    /// Not all zero.
    pub span_id: [u8; 8],
    /// As they were sent; `0x01` says that the caller may have recorded the trace. The meaning of others depends on
    /// the version, which for a later one nobody knows yet.
    pub flags: u8,
}

/// Why a text is no trace parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceParentError {
    /// Too short, or longer than its version is.
    #[error("a traceparent of {length} bytes")]
    Length {
        /// Its length, bytes.
        length: usize,
    },
    /// Other characters than lower-case hex digits, or no dash where one has to be.
    #[error("not digits and dashes of a traceparent")]
    Form,
    /// `ff`, which no version will ever be.
    #[error("version ff")]
    Version,
    /// A trace id of zeros.
    #[error("trace id of zeros")]
    NoTrace,
    /// A span id of zeros.
    #[error("span id of zeros")]
    NoSpan,
}

/// Reads `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
///
/// Of a later version its beginning is read in the same way, and anything may follow after a dash, as the
/// specification wants it.
///
/// # Errors
/// If it is none.
pub fn parse(text: &str) -> Result<TraceParent, TraceParentError> {
    let bytes = text.as_bytes();
    let length = bytes.len();
    let Some((known, more)) = bytes.split_at_checked(LENGTH) else {
        return Err(TraceParentError::Length { length });
    };
    let form = TraceParentError::Form;
    let [version] = digits(known, 0).ok_or(form)?;
    if version == u8::MAX {
        return Err(TraceParentError::Version);
    }
    match more.first() {
        Some(_) if version == VERSION => return Err(TraceParentError::Length { length }),
        None | Some(b'-') => {}
        Some(_) => return Err(form),
    }
    if [2, 35, 52]
        .iter()
        .any(|dash| known.get(*dash) != Some(&b'-'))
    {
        return Err(form);
    }
    let trace_id = digits(known, 3).ok_or(form)?;
    let span_id = digits(known, 36).ok_or(form)?;
    let [flags] = digits(known, 53).ok_or(form)?;
    if trace_id == [0; 16] {
        return Err(TraceParentError::NoTrace);
    }
    if span_id == [0; 8] {
        return Err(TraceParentError::NoSpan);
    }
    Ok(TraceParent {
        trace_id,
        span_id,
        flags,
    })
}

/// `N` bytes that begin at `start`, two lower-case hex digits each.
fn digits<const N: usize>(text: &[u8], start: usize) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let pairs = text.get(start..start + 2 * N)?.chunks_exact(2);
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn reads_this_version_and_later_ones() {
        let expected = TraceParent {
            trace_id: 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes(),
            span_id: 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes(),
            flags: 1,
        };
        for text in [
            format!("00-{TRACE}-{SPAN}-01"),
            format!("01-{TRACE}-{SPAN}-01"),
            format!("fe-{TRACE}-{SPAN}-01-what-ever"),
            format!("cc-{TRACE}-{SPAN}-01-"),
        ] {
            assert_eq!(parse(&text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn says_why_not() {
        use TraceParentError::{Form, Length, NoSpan, NoTrace, Version};
        let zeros = "0".repeat(32);
        let cases = [
            (String::new(), Length { length: 0 }),
            (format!("00-{TRACE}-{SPAN}-0"), Length { length: 54 }),
            (format!("00-{TRACE}-{SPAN}-01-"), Length { length: 56 }),
            (format!("00-{TRACE}-{SPAN}-01\n"), Length { length: 56 }),
            (format!("01-{TRACE}-{SPAN}-01x"), Form),
            (format!("ff-{TRACE}-{SPAN}-01"), Version),
            (format!("0A-{TRACE}-{SPAN}-01"), Form),
            (format!("00-{}-{SPAN}-01", TRACE.to_uppercase()), Form),
            (format!("00-{TRACE}-{SPAN}-0G"), Form),
            (format!("00_{TRACE}-{SPAN}-01"), Form),
            (format!("00-{TRACE}-{SPAN}_01"), Form),
            (format!("00-{zeros}-{SPAN}-01"), NoTrace),
            (format!("00-{TRACE}-{}-01", &zeros[..16]), NoSpan),
            (format!("00-{}-{SPAN}-01", "ö".repeat(16)), Form),
            ("x".repeat(100_000), Form),
        ];
        for (text, error) in cases {
            assert_eq!(parse(&text), Err(error), "{text:.80}");
        }
    }

    proptest! {
        #[test]
        fn reads_what_is_written(trace in 1_u128.., span in 1_u64.., flags: u8, version in 0_u8..255) {
            let text = format!("{version:02x}-{trace:032x}-{span:016x}-{flags:02x}");
            let (trace_id, span_id) = (trace.to_be_bytes(), span.to_be_bytes());
            prop_assert_eq!(parse(&text), Ok(TraceParent { trace_id, span_id, flags }));
        }

        #[test]
        fn takes_any_text(text in ".{0,80}") {
            let _ = parse(&text);
        }
    }
}
