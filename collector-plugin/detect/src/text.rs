//! Bytes that somebody else chose, made fit for a terminal and a log backend.

use std::fmt::Write as _;

use scoutline_semconv::limits::{CUT_MARK, STRING_BYTES};

/// Valid UTF-8 without anything that a terminal obeys.
///
/// A byte that is no UTF-8 becomes `\xff`, a character that moves the cursor, changes colours, turns the
/// direction of writing or cannot be seen becomes `\u{1b}`: two different names stay different.
pub(crate) fn readable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if is_unprintable(character) {
                text.extend(character.escape_unicode());
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// At most [`STRING_BYTES`], cut at a character and then marked.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > STRING_BYTES {
        text.truncate(text.floor_char_boundary(STRING_BYTES - CUT_MARK.len_utf8()));
        text.push(CUT_MARK);
    }
    text
}

/// Controls (C0, DEL, C1), line and paragraph separators, direction marks, zero-width and tag characters.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_what_a_terminal_obeys() {
        let cases: [(&[u8], &str); 6] = [
            (b"/usr/bin/cat", "/usr/bin/cat"),
            (b"\x1b[31mred", "\\u{1b}[31mred"),
            ("a\u{9b}b\u{202e}c".as_bytes(), "a\\u{9b}b\\u{202e}c"),
            (b"a\xff\n", "a\\xff\\u{a}"),
            ("größe".as_bytes(), "größe"),
            (b"", ""),
        ];
        for (bytes, expected) in cases {
            assert_eq!(readable(bytes), expected);
        }
    }

    #[test]
    fn cuts_at_a_character() {
        let exact = "x".repeat(STRING_BYTES);
        assert_eq!(cut(exact.clone()), exact);
        let long = cut("ö".repeat(STRING_BYTES));
        assert!(long.len() <= STRING_BYTES && long.len() >= STRING_BYTES - 4);
        assert!(long.ends_with(CUT_MARK));
    }

    proptest! {
        #[test]
        fn is_bounded_and_harmless_for_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
            let text = cut(readable(&bytes));
            prop_assert!(text.len() <= STRING_BYTES);
            prop_assert!(!text.chars().any(is_unprintable));
        }
    }
}
