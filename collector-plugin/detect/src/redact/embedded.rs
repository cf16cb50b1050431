//! Secrets within an argument that are known by what stands around them.

use std::collections::BTreeSet;

use super::MARK;
use super::names::{self, Smell};
use super::shell;
use super::tokens;
use super::urls;

/// Headers of which everything behind the colon is secret, but for the name of a scheme.
const HEADERS: [&str; 4] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
];

/// What an `Authorization` begins with. It says how, not what.
const SCHEMES: [&str; 9] = [
    "apikey",
    "aws4-hmac-sha256",
    "basic",
    "bearer",
    "digest",
    "key",
    "negotiate",
    "ntlm",
    "token",
];

/// Parts of a signed URL. Only in a query: `--signature` names a file.
const SIGNATURES: [&str; 6] = [
    "sig",
    "signature",
    "x-amz-credential",
    "x-amz-signature",
    "x-goog-credential",
    "x-goog-signature",
];

/// Where a text stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Words of a shell: `;` ends a value as a blank does.
    pub(super) is_shell: bool,
    /// Its end is missing.
    pub(super) is_cut: bool,
}

/// Replaces what can be known without knowing which argument it is.
pub(super) fn redact(text: &str, place: Place) -> String {
    let text = tokens::redact(text, place.is_cut);
    let text = urls::redact(&text, place.is_cut);
    let text = named(&text, place);
    let text = bearers(&text);
    statements(&text)
}

/// Where in a header line (`Name: value`) the secret begins. `None` if it is none, or has no secret.
pub(super) fn header(line: &str) -> Option<(usize, Smell)> {
    let (name, value) = line.split_once(':')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_name) {
        return None;
    }
    let smell = smell_of_header(name);
    let start = line.len() - value.trim_start().len();
    (smell != Smell::Nothing).then(|| (start + scheme(&line[start..]), smell))
}

/// `NAME=value`, `"name": "value"`, `Name: value`.
fn named(text: &str, place: Place) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        if at >= done
            && matches!(byte, b'=' | b':')
            && let Some((start, end)) = secret_after(text, at, place)
            && start >= done
        {
            out.push_str(&text[done..start]);
            out.push_str(MARK);
            done = end;
        }
    }
    out.push_str(&text[done..]);
    out
}

/// Where the secret begins and ends whose name ends before the separator at `at`.
fn secret_after(text: &str, at: usize, place: Place) -> Option<(usize, usize)> {
    let is_colon = text[at..].starts_with(':');
    let before = text[..at].trim_end_matches(' ');
    let is_spaced = before.len() < at;
    let name_end = before.trim_end_matches(['"', '\'', '\\']);
    let is_quoted = name_end.len() < before.len();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let length = name_end.bytes().rev().take_while(is_name).count();
    let (before, name) = name_end.split_at(name_end.len() - length);
    let rest = &text[at + 1..];
    if is_colon && !is_quoted && !rest.starts_with(' ') && !is_secret_header(name) {
        return None;
    }
    let is_query = before.ends_with(['?', '&']);
    let smell = match smell_of_header(name.trim_start_matches('-')) {
        Smell::Nothing if is_query && is_signature(name) => Smell::Strong,
        Smell::Nothing => return None,
        smell => smell,
    };

    let value = if is_colon || is_spaced {
        rest.trim_start_matches(' ')
    } else {
        rest
    };
    let escapes = value.len() - value.trim_start_matches('\\').len();
    let inner = &value[escapes..];
    let start = text.len() - inner.len();
    let (start, end) = if inner.starts_with(['"', '\'']) {
        let close = quoted_end(inner, &value[..escapes]);
        let end = value_end(inner, place, None);
        if is_colon || escapes > 0 || end <= close + 1 {
            (start + 1, start + close)
        } else {
            // `'a b'c` is one value to a shell.
            (start, start + end)
        }
    } else if inner.starts_with(MARK) || (is_colon && inner.starts_with(['{', '['])) {
        // Done before; or the names in it are looked at on their own.
        return None;
    } else if is_colon && is_secret_header(name) {
        let start = start + scheme(inner);
        (start, line_end(text, start))
    } else {
        (
            text.len() - value.len(),
            text.len() - value.len()
                + value_end(value, place, is_in(text, text.len() - value.len())),
        )
    };
    let secret = text.get(start..end)?;
    // The shell knows it, its text does not; between single quotes it means itself.
    let is_literal = inner.starts_with('\'') || is_in(text, start) == Some(b'\'');
    if place.is_shell && !is_literal && shell::is_expansion(secret) {
        return None;
    }
    // `auth: fix the login` is a sentence, `X-Api-Key: …` and `key: a1b2` are not.
    let is_sentence = is_colon
        && !is_quoted
        && smell == Smell::Faint
        && !name.contains(['-', '_'])
        && !secret.contains(|character: char| character.is_ascii_digit());
    if is_sentence || (is_secret_header(name) && is_scheme(secret)) {
        return None;
    }
    (names::mask(secret, smell) == MARK).then_some((start, end))
}

/// Where a quoted value ends: at the same quote behind as many backslashes, or with the text.
fn quoted_end(value: &str, escapes: &str) -> usize {
    if escapes.is_empty() {
        return shell::closing(value.as_bytes(), 0).unwrap_or(value.len());
    }
    let close = format!("{escapes}{}", &value[..1]);
    value[1..].find(&close).map_or(value.len(), |at| at + 1)
}

/// The quote that `at` is between, if there is an odd number of one kind before it.
fn is_in(text: &str, at: usize) -> Option<u8> {
    let count = |quote: u8| text.bytes().take(at).filter(|byte| *byte == quote).count();
    [b'"', b'\'']
        .into_iter()
        .find(|quote| count(*quote) % 2 == 1)
}

/// Where a value without quotes ends. A quote within holds it together; `around` it, or closing nothing, ends it.
fn value_end(value: &str, place: Place, around: Option<u8>) -> usize {
    let bytes = value.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let rest = value.get(at..).unwrap_or_default();
        if shell::blank(rest) > 0 {
            return at;
        }
        match byte {
            _ if Some(*byte) == around => return at,
            b'\'' | b'"' => match shell::closing(bytes, at) {
                Some(close) => at = close,
                None => return at,
            },
            b';' | b'|' | b'&' | b')' | b'`' if place.is_shell => return at,
            b',' | b';' | b'&' if begins_with_name(&rest[1..]) => return at,
            _ => {}
        }
        at += 1;
    }
    value.len()
}

/// Whether another `name=` or `name:` follows.
fn begins_with_name(text: &str) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-. ".contains(byte);
    let length = text.bytes().take_while(is_name).count();
    length > 0 && text[length..].starts_with(['=', ':'])
}

/// Where the line of a header ends: with the quote or the line that it stands in.
fn line_end(text: &str, start: usize) -> usize {
    let line = &text[start..];
    let ends = ["\"", "'", "\\u{a}", "\\u{d}", "\n", "\r", "\\n", "\\r"];
    let end = ends.iter().filter_map(|end| line.find(end)).min();
    start + end.unwrap_or(line.len())
}

/// What follows `Bearer` or `Basic` without a header's name in front of it.
fn bearers(text: &str) -> String {
    let small = text.to_ascii_lowercase();
    let found: BTreeSet<usize> = ["bearer ", "basic "]
        .iter()
        .flat_map(|scheme| small.match_indices(scheme))
        .map(|(at, _)| at)
        .collect();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for at in found {
        let is_word = !small[..at].ends_with(|last: char| last.is_ascii_alphanumeric());
        let rest = text[at..].trim_start_matches(|character: char| character.is_ascii_alphabetic());
        let start = text.len() - rest.trim_start_matches(' ').len();
        let length = credentials(&text[start..]);
        let secret = &text[start..start + length];
        // Words of a sentence have small letters only.
        let is_secret = length >= 8
            && !secret
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || b".-".contains(&byte));
        if is_word && is_secret && at >= done {
            out.push_str(&text[done..start]);
            out.push_str(MARK);
            done = start + length;
        }
    }
    out.push_str(&text[done..]);
    out
}

/// `PASSWORD '…'` and `IDENTIFIED BY '…'` in statements for a database.
fn statements(text: &str) -> String {
    let small = text.to_ascii_lowercase();
    let found: BTreeSet<usize> = ["password ", "identified by "]
        .iter()
        .flat_map(|words| small.match_indices(words).map(|(at, _)| at + words.len()))
        .collect();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for at in found {
        let value = text[at..].trim_start_matches(' ');
        let start = text.len() - value.len() + 1;
        if value.starts_with(['"', '\''])
            && let Some(close) = shell::closing(value.as_bytes(), 0)
            && close > 1
            && start >= done
        {
            out.push_str(&text[done..start]);
            out.push_str(MARK);
            done = start + close - 1;
        }
    }
    out.push_str(&text[done..]);
    out
}

/// Length of what a header's credentials are written with, including what was replaced in it.
fn credentials(text: &str) -> usize {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    let mut length = 0;
    loop {
        let rest = &text[length..];
        length += match rest.bytes().take_while(is_part).count() {
            0 if rest.starts_with(MARK) => MARK.len(),
            0 => return length,
            more => more,
        };
    }
}

/// Length of a scheme and the blanks behind it, if `value` is a scheme and something more.
fn scheme(value: &str) -> usize {
    let Some((scheme, rest)) = value.split_once(' ') else {
        return 0;
    };
    let is_known = is_scheme(scheme);
    let rest = rest.trim_start_matches(' ');
    if is_known && !rest.is_empty() {
        value.len() - rest.len()
    } else {
        0
    }
}

fn is_scheme(word: &str) -> bool {
    SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn smell_of_header(name: &str) -> Smell {
    if is_secret_header(name) {
        Smell::Strong
    } else {
        names::smell(name)
    }
}

fn is_secret_header(name: &str) -> bool {
    HEADERS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn is_signature(name: &str) -> bool {
    SIGNATURES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}
