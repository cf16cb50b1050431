//! /etc/os-release, see os-release(5).

/// The distribution, as it calls itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OsRelease {
    /// `NAME`: Debian GNU/Linux.
    pub name: Option<String>,
    /// `PRETTY_NAME`: Debian GNU/Linux 12 (bookworm).
    pub pretty_name: Option<String>,
}

impl OsRelease {
    /// Reads the shell-like assignments; a later one wins, and what is not one is skipped.
    pub fn parse(text: &str) -> Self {
        let mut os = Self::default();
        for line in text.lines() {
            let Some((key, value)) = line.trim().split_once('=') else {
                continue;
            };
            let field = match key {
                "NAME" => &mut os.name,
                "PRETTY_NAME" => &mut os.pretty_name,
                _ => continue,
            };
            *field = Some(unquote(value)).filter(|value| !value.is_empty());
        }
        os
    }
}

/// Quotes are optional; within double quotes a backslash makes the next character literal.
fn unquote(value: &str) -> String {
    let value = value.trim();
    if let Some(inner) = value
        .strip_prefix('\'')
        .and_then(|value| value.strip_suffix('\''))
    {
        return inner.to_owned();
    }
    let inner = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
        .unwrap_or(value);
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_noise() {
        for (text, name, pretty) in [
            (
                "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nID=debian\n",
                Some("Debian GNU/Linux"),
                Some("Debian GNU/Linux 12 (bookworm)"),
            ),
            ("NAME=Fedora\n# NAME=Other\n", Some("Fedora"), None),
            (
                r#"NAME='Single "quoted"'
PRETTY_NAME="a \"b\" \$c""#,
                Some("Single \"quoted\""),
                Some("a \"b\" $c"),
            ),
            ("NAME=\nPRETTY_NAME=\"\nnonsense", None, Some("\"")),
            ("", None, None),
        ] {
            let os = OsRelease::parse(text);
            assert_eq!(
                (os.name.as_deref(), os.pretty_name.as_deref()),
                (name, pretty),
                "{text}"
            );
        }
    }
}
