//! What a program is called, whatever its file is called: `Nmap-7.94`, `naabu_linux_amd64`, `Responder.py`.

use std::borrow::Cow;

/// Extensions that say how a program is packed, not what it is.
const EXTENSIONS: [&str; 7] = ["py", "sh", "pl", "rb", "jar", "bin", "appimage"];
/// What builds append to a name, after `-`, `_` or `.`.
const PLATFORMS: [&str; 33] = [
    "linux", "linux32", "linux64", "darwin", "macos", "freebsd", "windows", "ubuntu", "debian",
    "kali", "alpine", "amd64", "x86", "x64", "32", "64", "32bit", "64bit", "i386", "i686", "arm",
    "armv6", "armv7", "armhf", "arm64", "aarch64", "gnu", "musl", "static", "release", "latest",
    "unknown", "rc",
];

/// Whether a recipe may name a program so: one component, nothing that looks like a pattern.
pub(super) fn is_literal(name: &str) -> bool {
    !name.contains(['/', '*', '?', '[', ']', '{', '}']) && name.trim() == name
}

/// As programs are compared: ASCII letters in lower case.
pub(super) fn fold(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// A folded name, then shorter and shorter ones, each without one more extension, platform or version at its
/// end. Never empty.
pub(super) fn shortenings(folded: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folded), |name| shorten(name)).filter(|name| !name.is_empty())
}

fn shorten(name: &str) -> Option<&str> {
    if let Some((stem, suffix)) = name.rsplit_once(['-', '_', '.'])
        && (EXTENSIONS.contains(&suffix) || PLATFORMS.contains(&suffix) || is_version(suffix))
    {
        return Some(stem);
    }
    // `python3.11` and `mdk4`: a version that follows without a separator.
    let stem = name.trim_end_matches(|last: char| last.is_ascii_digit());
    (stem.len() < name.len()).then_some(stem)
}

/// `7`, `v2`, `3rc1`; dots were separators already.
fn is_version(text: &str) -> bool {
    let digits = text.strip_prefix('v').unwrap_or(text);
    digits.starts_with(|first: char| first.is_ascii_digit())
        && digits
            .trim_start_matches(|digit: char| digit.is_ascii_digit())
            .trim_start_matches(['a', 'b', 'r', 'c', 'p'])
            .bytes()
            .all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_builds_append_does_not_count() {
        let cases = [
            ("tcpdump", "tcpdump"),
            ("Nmap-7.94", "nmap"),
            ("nmap-7.94SVN", "nmap-7.94svn"),
            ("naabu_linux_amd64", "naabu"),
            ("nuclei_3.2.1_linux_amd64", "nuclei"),
            ("nxc-ubuntu-latest", "nxc"),
            ("Responder.py", "responder"),
            ("python3.11", "python"),
            ("rustscan-v2.3.0-x86_64-unknown-linux-musl", "rustscan"),
            ("Termshark_2.4.0_linux_x64.AppImage", "termshark"),
            ("tcpdump-wrapper", "tcpdump-wrapper"),
            ("2048", "2048"),
        ];
        for (name, expected) in cases {
            let folded = fold(name);
            assert_eq!(shortenings(&folded).last(), Some(expected), "{name}");
        }
    }

    #[test]
    fn a_name_with_a_digit_of_its_own_comes_first() {
        let all: Vec<_> = shortenings("hping3-1.0").collect();
        assert_eq!(all, ["hping3-1.0", "hping3-1", "hping3", "hping"]);
    }
}
