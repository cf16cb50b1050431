//! Passwords and tokens before the `@` of URLs and of what looks like one.

use super::MARK;
use super::{names, shell};

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

/// Passwords and tokens before the `@` of URLs.
pub(super) fn redact(text: &str, is_cut: bool) -> String {
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
        let is_cut = is_cut && end == after.len();
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
