//! URLs that somebody set, without what must not be passed on.

use scoutline_semconv::limits::STRING_BYTES;

/// The page at `url`: `http` or `https`, without user, password, query and fragment. What is written in any other way
/// than it has to be is refused, since no part of it can be trusted to be what it seems.
pub(super) fn page(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "http" | "https") {
        return None;
    }
    let Parts { host, port, path } = Parts::of(rest)?;
    bounded(format!("{scheme}://{host}{port}{path}"))
}

/// The page `path` below `url`.
pub(super) fn below(url: &str, path: &str) -> Option<String> {
    let url = page(url)?;
    page(&format!("{}/{path}", url.trim_end_matches('/')))
}

/// The page of a repository that git reaches by `url`, without `.git`.
///
/// `ssh://git@host:22/org/repo.git` and `git@host:org/repo.git` become `https://host/org/repo`: forges show there
/// what they serve over SSH, as the semantic conventions want it. Paths of files have no page.
pub(super) fn repository(url: &str) -> Option<String> {
    let page = match url.split_once("://") {
        Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => page(url)?,
            "ssh" | "git" | "git+ssh" | "ssh+git" => {
                let Parts { host, path, .. } = Parts::of(rest)?;
                format!("https://{host}{path}")
            }
            _ => return None,
        },
        None => {
            let (login, path) = url.split_once(':')?;
            let host = login.rsplit('@').next()?;
            // `C:\x` is a drive, and a name without dots stands for a host in somebody's configuration of SSH.
            let is_host = login.contains('@') || host.contains('.');
            if login.contains('/') || !is_host || path.is_empty() {
                return None;
            }
            page(&format!("https://{host}/{}", path.trim_start_matches('/')))?
        }
    };
    let page = page.trim_end_matches('/');
    bounded(page.strip_suffix(".git").unwrap_or(page).to_owned())
}

/// A URL behind `://`.
struct Parts<'a> {
    host: &'a str,
    /// With its colon, or nothing.
    port: &'a str,
    /// With its slash, or nothing.
    path: &'a str,
}

impl<'a> Parts<'a> {
    fn of(rest: &'a str) -> Option<Self> {
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        let (authority, path) = match rest[..end].find('/') {
            Some(slash) => rest[..end].split_at(slash),
            None => (&rest[..end], ""),
        };
        // A slash in a password would make the rest of it a path.
        if rest[authority.len()..].contains('@') || !path.bytes().all(is_of_path) {
            return None;
        }
        let address = authority.rsplit('@').next().unwrap_or(authority);
        let (host, port) = match address.rfind(':') {
            Some(colon) if !address.ends_with(']') => address.split_at(colon),
            _ => (address, ""),
        };
        let is_port = port.is_empty()
            || ((2..=6).contains(&port.len())
                && port.bytes().skip(1).all(|digit| digit.is_ascii_digit()));
        (is_port && is_host(host)).then_some(Self { host, port, path })
    }
}

fn is_host(host: &str) -> bool {
    let is_address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .is_some_and(|address| {
            address
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte))
        });
    let is_name = host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    !host.is_empty() && host.len() <= 253 && (is_name || is_address)
}

/// What RFC 3986 allows in a path, but `@`.
fn is_of_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte)
}

fn bounded(url: String) -> Option<String> {
    (url.len() <= STRING_BYTES).then_some(url)
}
