//! What an argument means because of those before it.

use super::embedded::{self, Place};
use super::names::{self, Smell};
use super::shell;
use super::tools::{self, Meaning, Tool, What};
use super::urls;

/// Shells within shells. What is deeper is looked at as one word.
const MAX_DEPTH: usize = 4;

/// Replaces the secrets in the arguments of one process. With `is_cut` the end of the last one is missing.
pub(super) fn redact(words: &mut [String], is_cut: bool) {
    let mut command = Command::default();
    let last = words.len().saturating_sub(1);
    for (index, word) in words.iter_mut().enumerate() {
        let at = At {
            is_cut: is_cut && index == last,
            is_shell: false,
            is_literal: false,
            depth: 0,
        };
        *word = command.word(word, at);
    }
}

/// Where a word stands.
#[derive(Clone, Copy)]
struct At {
    is_cut: bool,
    /// It was split from a text, so its quotes are still on it.
    is_shell: bool,
    /// It stood between single quotes, where `$NAME` is nothing but that.
    is_literal: bool,
    depth: usize,
}

impl At {
    /// The value of something that smells, fit to be shown.
    fn mask(self, value: &str, smell: Smell) -> &str {
        let is_literal = self.is_literal || value.starts_with('\'');
        if self.is_shell && !is_literal && shell::is_expansion(value.trim_matches('"')) {
            value
        } else {
            names::mask(value, smell)
        }
    }
}

/// What the words so far say about the next.
#[derive(Default)]
struct Command {
    /// The last tool that was named: `sudo`, `env` and `sshpass` stand before another.
    tool: Option<&'static Tool>,
    /// The word is there without which the options of `tool` mean something else.
    is_after: bool,
    next: Next,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Anything,
    Value(What),
    /// The value of an option that smells.
    Smelling(Smell),
    /// `config set NAME value`
    Setting,
    /// The text behind `sh -c`.
    Code,
}

impl Command {
    fn word(&mut self, word: &str, at: At) -> String {
        let next = std::mem::take(&mut self.next);
        let tool = self.tool;
        // Also of a value, which it may only seem to be: `--ask-password curl -u …`.
        if let Some(tool) = tools::named(word.rsplit('/').next().unwrap_or(word)) {
            self.tool = Some(tool);
            self.is_after = false;
        }
        // Whatever wants a value does not get an option.
        match next {
            Next::Value(what) if !is_option(word) => return value(word, what, at),
            Next::Smelling(smell) if !is_option(word) => {
                return at.mask(word, smell).to_owned();
            }
            _ => {}
        }
        if let Some(tool) = tool
            && (tool.after.is_none() || self.is_after)
            && let Some(meaning) = tool.read(word)
        {
            match meaning {
                Meaning::Next(what) => {
                    self.next = Next::Value(what);
                    return word.to_owned();
                }
                Meaning::From(start, what) => {
                    if let Some((option, rest)) = word.split_at_checked(start) {
                        // `mysql -password x` gives `assword`, and is not what was meant.
                        if matches!(word, "-pass" | "-passwd" | "-password") {
                            self.next = Next::Smelling(Smell::Strong);
                        }
                        return format!("{option}{}", value(rest, what, at));
                    }
                }
            }
        }
        if word.starts_with('-') && word.len() > 1 {
            return self.option(word, at);
        }
        self.is_after |= self.tool.and_then(|tool| tool.after) == Some(word);
        if next == Next::Setting && !word.contains('=') {
            self.next = Next::Smelling(names::smell(word));
        } else if word == "set" {
            self.next = Next::Setting;
        }
        if self.next == Next::Smelling(Smell::Nothing) {
            self.next = Next::Anything;
        }
        text(word, next == Next::Code, at)
    }

    fn option(&mut self, word: &str, at: At) -> String {
        if let Some((option, rest)) = word.split_once('=')
            && is_name(option)
        {
            let smell = names::smell(option.trim_start_matches('-'));
            if smell != Smell::Nothing {
                return format!("{option}={}", at.mask(rest, smell));
            }
            let is_header = matches!(option, "--header" | "--proxy-header");
            let rest = if is_header {
                value(rest, What::Header, at)
            } else {
                text(rest, false, at)
            };
            return format!("{option}={rest}");
        }
        // `--Password:…`, as programs for .NET take it.
        if let Some((option, rest)) = word.split_once(':')
            && is_name(option)
            && names::smell(option.trim_start_matches('-')) == Smell::Strong
        {
            return format!("{option}:{}", at.mask(rest, Smell::Strong));
        }
        if let Some(line) = word.strip_prefix("-H")
            && line.contains(':')
        {
            return format!("-H{}", value(line, What::Header, at));
        }
        if matches!(word, "-H" | "--header" | "--proxy-header") {
            self.next = Next::Value(What::Header);
        } else if is_code(word) {
            self.next = Next::Code;
        } else if is_name(word) {
            let name = word.trim_start_matches('-');
            let smell = names::smell(name);
            if smell != Smell::Nothing && !names::is_switch(name) {
                self.next = Next::Smelling(smell);
            }
        }
        text(word, false, at)
    }
}

/// The value of an option of a tool.
fn value(value: &str, what: What, at: At) -> String {
    match what {
        What::Secret => at.mask(value, Smell::Strong).to_owned(),
        What::Key => at.mask(value, Smell::Faint).to_owned(),
        What::Source => text(value, false, at),
        What::SecretAfter(mark) => match value.split_once(mark) {
            // A token takes the place of the user, and nothing that of the password.
            Some((token, "")) if mark == ':' => {
                format!("{}{mark}", at.mask(token, Smell::Strong))
            }
            Some((open, secret)) => {
                let secret = unquoted_end(secret, at);
                format!("{open}{mark}{}", at.mask(secret, Smell::Strong))
            }
            None => text(value, false, at),
        },
        What::Header => {
            let (open, line, close) = shell::unquoted(value, at.is_cut)
                .filter(|_| at.is_shell)
                .unwrap_or(("", value, ""));
            let line = match embedded::header(line) {
                Some((start, smell)) => {
                    format!("{}{}", &line[..start], at.mask(&line[start..], smell))
                }
                None => text(line, false, at),
            };
            format!("{open}{line}{close}")
        }
    }
}

/// The quote that closes one before the secret goes with it.
fn unquoted_end(secret: &str, at: At) -> &str {
    if at.is_shell {
        secret.trim_end_matches(['"', '\''])
    } else {
        secret
    }
}

/// A word that is no option, or the value of one. `is_code`: blanks in it part words and are no part of a value.
fn text(word: &str, is_code: bool, at: At) -> String {
    let has_blank = shell::has_blank(word);
    if !(has_blank && is_code)
        && let Some(redacted) = assignment(word, at)
    {
        return redacted;
    }
    if let Some(redacted) = urls::login(word) {
        return redacted;
    }
    // How openssl takes a password from its command line.
    if let Some(password) = word.strip_prefix("pass:") {
        return format!("pass:{}", at.mask(password, Smell::Strong));
    }
    let place = Place {
        is_shell: at.is_shell || (is_code && has_blank),
        is_cut: at.is_cut,
    };
    let word = embedded::redact(word, place);
    if has_blank && at.depth < MAX_DEPTH {
        words(
            &word,
            At {
                depth: at.depth + 1,
                is_shell: true,
                ..at
            },
        )
    } else {
        word
    }
}

/// `NAME=value` with a name that smells, all of the value.
fn assignment(word: &str, at: At) -> Option<String> {
    let (name, value) = word.split_once('=')?;
    if !is_name(name) || name.contains("://") {
        return None;
    }
    let smell = names::smell(name);
    (smell != Smell::Nothing).then(|| format!("{name}={}", at.mask(value, smell)))
}

/// Whether it can name something: an option, a variable, `//registry/:_authToken`, `auths[0].password`.
fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/@[]+".contains(&byte);
    !text.is_empty() && text.bytes().all(is_part)
}

/// Each word of a text for a shell.
fn words(text: &str, at: At) -> String {
    let words = shell::words(text, at.is_cut);
    if let [word] = words.as_slice()
        && (word.start, word.end) == (0, text.len())
        && let Some(redacted) = quoted_part(text, at)
    {
        return redacted;
    }
    let mut out = String::with_capacity(text.len());
    let mut command = Command::default();
    let mut done = 0;
    for word in words {
        if word.is_command {
            command = Command::default();
        }
        let raw = &text[word.start..word.end];
        let at = At {
            is_cut: at.is_cut && word.end == text.len(),
            is_literal: false,
            ..at
        };
        out.push_str(&text[done..word.start]);
        match shell::unquoted(raw, at.is_cut) {
            Some((open, inner, close)) => {
                let is_literal = open == "'";
                let inner = command.word(inner, At { is_literal, ..at });
                out.extend([open, &inner, close]);
            }
            None => out.push_str(&command.word(raw, at)),
        }
        done = word.end;
    }
    out.push_str(&text[done..]);
    out
}

/// A single word with blanks has a quote somewhere: what it holds, read as words again.
fn quoted_part(word: &str, at: At) -> Option<String> {
    let open = word.find(['"', '\''])?;
    let close = shell::closing(word.as_bytes(), open).unwrap_or(word.len());
    let (before, rest) = word.split_at(open + 1);
    let (inner, after) = rest.split_at_checked(close - open - 1)?;
    let inner = text(
        inner,
        true,
        At {
            depth: at.depth + 1,
            ..at
        },
    );
    Some(format!("{before}{inner}{after}"))
}

/// `-x`, `--word`, `--word=…`, `-password`: a value that looks like that is taken for an option.
fn is_option(word: &str) -> bool {
    let Some(name) = word.strip_prefix('-') else {
        return false;
    };
    let is_named = |name: &str| name.starts_with(|first: char| first.is_ascii_alphabetic());
    match name.strip_prefix('-') {
        Some(name) => name.is_empty() || is_named(name),
        None => is_named(name) && (name.len() == 1 || names::smell(name) != Smell::Nothing),
    }
}

/// `-c`, `-lc`, `--command`.
fn is_code(word: &str) -> bool {
    word == "--command"
        || word.strip_prefix('-').is_some_and(|letters| {
            letters.len() <= 4
                && letters.ends_with('c')
                && letters.bytes().all(|letter| letter.is_ascii_lowercase())
        })
}
