//! Words of a shell, without a parser: blanks and operators part them, quotes hold them together.

/// A blank that [`readable`](crate::text::readable) has written out.
const ESCAPED_BLANKS: [&str; 3] = ["\\u{9}", "\\u{a}", "\\u{d}"];

/// Blanks after which another command begins.
const LINES: [&str; 2] = ["\n", "\\u{a}"];

/// One word as it is written, with its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether another command may begin here.
    pub(super) is_command: bool,
}

/// Length of the blank at the beginning of `text`, 0 if there is none.
pub(super) fn blank(text: &str) -> usize {
    match text.bytes().next() {
        Some(first) if first.is_ascii_whitespace() => 1,
        Some(b'\\') => ESCAPED_BLANKS
            .iter()
            .find(|blank| text.starts_with(**blank))
            .map_or(0, |blank| blank.len()),
        _ => 0,
    }
}

/// Length of a line's end that a backslash in front of it makes a mere blank, 0 if there is none.
fn continuation(text: &str) -> usize {
    text.strip_prefix('\\')
        .and_then(|rest| LINES.iter().find(|line| rest.starts_with(**line)))
        .map_or(0, |line| 1 + line.len())
}

/// Whether there is a blank anywhere in `text`.
pub(super) fn has_blank(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_whitespace())
        || ESCAPED_BLANKS.iter().any(|blank| text.contains(blank))
}

/// The words of `text`. A quote that is not closed is an ordinary character, but with `is_cut` it reaches to the end.
pub(super) fn words(text: &str, is_cut: bool) -> Vec<Word> {
    let bytes = text.as_bytes();
    let mut words = Vec::new();
    let mut start = None;
    let mut is_command = true;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let gap = match byte {
            b';' | b'|' | b'&' | b'(' | b')' | b'<' | b'>' | b'`' => 1,
            _ => text
                .get(at..)
                .map_or(0, |rest| blank(rest).max(continuation(rest))),
        };
        if gap > 0 {
            if let Some(start) = start.take() {
                words.push(Word {
                    start,
                    end: at,
                    is_command,
                });
                is_command = false;
            }
            is_command |= matches!(byte, b';' | b'|' | b'&' | b'(' | b'`')
                || LINES.contains(&&text[at..at + gap]);
            at += gap;
            continue;
        }
        start.get_or_insert(at);
        at = match byte {
            b'\\' => at + 2,
            b'\'' | b'"' => match closing(bytes, at) {
                Some(close) => close + 1,
                None if is_cut => bytes.len(),
                None => at + 1,
            },
            _ => at + 1,
        };
    }
    if let Some(start) = start {
        words.push(Word {
            start,
            end: bytes.len(),
            is_command,
        });
    }
    for word in &mut words {
        // A backslash may have skipped the first byte of a longer character.
        word.end = text.floor_char_boundary(word.end);
    }
    words
}

/// Where the quote that opens at `open` closes.
pub(super) fn closing(bytes: &[u8], open: usize) -> Option<usize> {
    let quote = *bytes.get(open)?;
    let mut at = open + 1;
    while let Some(byte) = bytes.get(at) {
        if *byte == quote {
            return Some(at);
        }
        at += if *byte == b'\\' && quote == b'"' {
            2
        } else {
            1
        };
    }
    None
}

/// The quote around a whole word, and what it holds. With `is_cut` the closing one may be missing.
pub(super) fn unquoted(word: &str, is_cut: bool) -> Option<(&str, &str, &str)> {
    let bytes = word.as_bytes();
    if !matches!(bytes.first(), Some(b'\'' | b'"')) {
        return None;
    }
    match closing(bytes, 0) {
        Some(close) if close + 1 == bytes.len() => {
            Some((&word[..1], &word[1..close], &word[close..]))
        }
        None if is_cut => Some((&word[..1], &word[1..], "")),
        _ => None,
    }
}

/// Whether a shell puts something else in the place of `word`: `$NAME`, `${…}`, `$(…)`. Of the last only the beginning
/// is a word.
pub(super) fn is_expansion(word: &str) -> bool {
    let Some(rest) = word.strip_prefix('$') else {
        return false;
    };
    let name = rest
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(rest);
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        || rest.starts_with('(')
}
