//! Text that somebody else chose, on its way to a terminal.

use std::fmt::{self, Write as _};

/// Shows a text without what a terminal would obey or hide: escape sequences, line breaks, direction marks,
/// zero-width and combining characters appear as `\u{1b}`. At most [`Safe::MAX_CHARS`] characters of the
/// text, then `…`.
#[derive(Clone, Copy, Debug)]
pub struct Safe<'a>(pub &'a str);

impl Safe<'_> {
    /// Longer than any path that a person would read, short enough for a line or two.
    pub const MAX_CHARS: usize = 200;
}

impl fmt::Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(Self::MAX_CHARS) {
            match character {
                // Only inside a literal do these need a backslash.
                '\'' | '"' | '\\' => f.write_char(character)?,
                _ => write!(f, "{}", character.escape_debug())?,
            }
        }
        match characters.next() {
            Some(_) => f.write_char('…'),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        for (hostile, shown) in [
            ("/usr/bin/größe", "/usr/bin/größe"),
            (r#"it's "a\b""#, r#"it's "a\b""#),
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("a\nb\rc\td", "a\\nb\\rc\\td"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("txt\u{202e}exe", "txt\\u{202e}exe"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("\u{e0041}", "\\u{e0041}"),
        ] {
            assert_eq!(Safe(hostile).to_string(), shown);
        }
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let exact = "ö".repeat(Safe::MAX_CHARS);
        assert_eq!(Safe(&exact).to_string(), exact);
        assert_eq!(Safe(&format!("{exact}x")).to_string(), format!("{exact}…"));
    }
}
