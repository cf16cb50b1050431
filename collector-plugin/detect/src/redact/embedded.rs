//! Secrets within an argument that are known by what stands around them.

use std::collections::BTreeSet;

use super::MARK;
use super::names::{self, Smell};
use super::shell;
use super::tokens;

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

/// Schemes of which a name alone before the `@` is a token: what logs in otherwise has a user there.
const TOKEN_SCHEMES: [&str; 4] = ["http", "https", "git+http", "git+https"];

/// Names that stand before an `@` without being one.
const KNOWN_USERS: [&str; 6] = [
    "anonymous",
    "git",
    "oauth2",
    "root",
    "user",
    "x-access-token",
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
    let text = urls(&text, place);
    let text = named(&text, place);
    bearers(&text)
}

/// The value of a header line: `Name: value`. `None` if it is none, or is not secret.
pub(super) fn header(line: &str) -> Option<String> {
    let (name, value) = line.split_once(':')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_name) {
        return None;
    }
    let smell = smell_of_header(name);
    if smell == Smell::Nothing {
        return None;
    }
    let start = line.len() - value.trim_start().len();
    let start = start + scheme(&line[start..]);
    Some(format!(
        "{}{}",
        &line[..start],
        names::mask(&line[start..], smell)
    ))
}

/// `user:password@host` without a scheme, as proxies and remote tools are told: the password replaced.
pub(super) fn login(word: &str) -> Option<String> {
    let (user, rest) = word.split_once(':')?;
    let (password, host) = rest.rsplit_once('@')?;
    // `registry/image:tag@sha256:…`, `npm:package@1.2.3`, `mailto:me@example.org`.
    let is_other = ["acct", "mailto", "npm", "sip", "sips", "xmpp"].contains(&user)
        || host.starts_with("sha256:")
        || host.starts_with("sha512:");
    let is_user = !user.is_empty() && !user.contains(['@', ' ', '=', '"', '\'']);
    let is_host = host.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[')
        && !shell::has_blank(word);
    (!is_other && is_user && is_host && !password.is_empty() && !rest.starts_with("//"))
        .then(|| format!("{user}:{MARK}@{host}"))
}

/// Passwords and tokens before the `@` of URLs.
fn urls(text: &str, place: Place) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+.-".contains(byte);
        let length = before[..at].bytes().rev().take_while(is_scheme).count();
        let scheme = before[at - length..at].to_ascii_lowercase();
        out.push_str(before);
        rest = after;
        let end = after
            .find(|character: char| {
                character.is_ascii_whitespace() || "\"'<>`\\".contains(character)
            })
            .unwrap_or(after.len());
        let is_cut = place.is_cut && end == after.len();
        if let Some((user, password)) = userinfo(&after[..end], &scheme, is_cut) {
            out.push_str(&after[..user]);
            if password > user {
                out.push_str(MARK);
            }
            rest = &after[password..];
        }
    }
    out.push_str(rest);
    out
}

/// Where the secret before the `@` of `url` (without its scheme) begins and ends.
fn userinfo(url: &str, scheme: &str, is_cut: bool) -> Option<(usize, usize)> {
    let authority = &url[..url.find(['/', '?', '#']).unwrap_or(url.len())];
    let Some(at) = authority.rfind('@') else {
        return unfinished(url, authority, is_cut);
    };
    let known = &authority[..at];
    match known.split_once(':') {
        // How GitHub and others take a token: as the user.
        Some((_, "" | "x-oauth-basic")) => Some((0, at)),
        Some((user, _)) => Some((user.len() + 1, at)),
        None => {
            (TOKEN_SCHEMES.contains(&scheme) && !KNOWN_USERS.contains(&known)).then_some((0, at))
        }
    }
}

/// A password that no `@` follows before the first slash: there is a slash in it, or its end is missing.
fn unfinished(url: &str, authority: &str, is_cut: bool) -> Option<(usize, usize)> {
    let Some((user, rest)) = authority.split_once(':') else {
        let is_token = is_cut && authority.len() == url.len() && names::is_random(authority);
        return is_token.then_some((0, url.len()));
    };
    let start = user.len() + 1;
    let is_port = rest.len() <= 5 && rest.bytes().all(|byte| byte.is_ascii_digit());
    // `[::1]` is an address.
    if is_port || user.starts_with('[') {
        return None;
    }
    match url.rfind('@') {
        Some(at) => Some((start, at)),
        None if is_cut => Some((start, url.len())),
        None => None,
    }
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
        let end = value_end(inner, place);
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
            text.len() - value.len() + value_end(value, place),
        )
    };
    let secret = text.get(start..end)?;
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

/// Where a value without quotes ends. A quote within holds it together; one that closes nothing ends it.
fn value_end(value: &str, place: Place) -> usize {
    let bytes = value.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let rest = value.get(at..).unwrap_or_default();
        if shell::blank(rest) > 0 {
            return at;
        }
        match byte {
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
