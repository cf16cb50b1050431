//! Command lines without the secrets that people type into them.
//!
//! Four things make a secret, and each has a file of its own:
//! - where it stands: after `--password`, after `curl -u` (`command`, with what single tools mean in `tools`);
//! - what it is called: `TOKEN=…`, `"password": "…"`, `Authorization: …` (`names`, found by `embedded`);
//! - how it is carried: `https://user:…@host` (`urls`), `Bearer …` (`embedded`);
//! - what it looks like: `ghp_…`, `AKIA…`, a private key (`tokens`).
//!
//! An argument with blanks is read as words of a shell (`shell`), each of which is looked at in the same way: that
//! is what `sh -c` and `ssh host` are given. In doubt a value is redacted, unless it is plainly a path, a switch or a
//! number where those are usual. What has no shape and no name cannot be known: `echo hunter2 | sudo -S id`.

mod command;
mod embedded;
mod names;
mod shell;
#[cfg(test)]
mod tests;
mod tokens;
mod tools;
mod urls;

use std::str::FromStr;
use std::sync::Arc;

use scoutline_semconv::limits::{ARRAY_LEN, CUT_MARK};
use serde::{Deserialize, Serialize};

use crate::text::{cut, readable};

/// What stands where a secret was.
pub(crate) const MARK: &str = "[redacted]";

/// How much of a command line leaves the host: `detection.command_args` of the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommandArgs {
    /// Nothing.
    None,
    /// All of it but secrets. The default: without its arguments an execution says little.
    #[default]
    Redacted,
    /// All of it.
    Full,
}

impl CommandArgs {
    /// All of them, as a message lists them.
    pub const ALL: [Self; 3] = [Self::None, Self::Redacted, Self::Full];

    /// The word of the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Redacted => "redacted",
            Self::Full => "full",
        }
    }
}

/// A word that is none of `none`, `redacted` and `full`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not known: expected none, redacted or full")]
pub struct UnknownCommandArgs {
    /// The word.
    pub word: String,
}

impl FromStr for CommandArgs {
    type Err = UnknownCommandArgs;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|how| how.name() == word)
            .ok_or_else(|| UnknownCommandArgs {
                word: word.to_owned(),
            })
    }
}

/// The arguments of a process, the program's own name first, fit for the wire.
///
/// `argv` is what the kernel has: any bytes, each argument followed by NUL. `is_truncated` says that it was cut at its
/// end: the last argument may be the beginning of a longer one, and more may have followed.
///
/// At most [`ARRAY_LEN`] elements of at most [`STRING_BYTES`](scoutline_semconv::limits::STRING_BYTES) bytes, readable
/// (see `text.rs`). If there were more, the last element says how many: `… 12 more`, or `… 12+ more` when
/// `argv` was truncated too. A truncated argument ends in `…`; if it was redacted, `…` is an element of its own.
///
/// Secrets are replaced before anything is cut, so that no cut hides what makes them known.
pub(crate) fn arguments(argv: &[u8], is_truncated: bool, how: CommandArgs) -> Vec<Arc<str>> {
    if how == CommandArgs::None || argv.is_empty() {
        return Vec::new();
    }
    let is_last_whole = argv.ends_with(&[0]);
    let argv = argv.strip_suffix(&[0]).unwrap_or(argv);
    let mut words: Vec<String> = argv.split(|byte| *byte == 0).map(readable).collect();
    if how == CommandArgs::Redacted {
        command::redact(&mut words, is_truncated && !is_last_whole);
    }

    let known = words.len();
    if is_truncated {
        match words.last_mut() {
            Some(last) if !is_last_whole && !last.ends_with(MARK) => last.push(CUT_MARK),
            _ => words.push(CUT_MARK.to_string()),
        }
    }
    if words.len() > ARRAY_LEN {
        let shown = ARRAY_LEN - 1;
        words.truncate(shown);
        let open = if is_truncated { "+" } else { "" };
        words.push(format!("{CUT_MARK} {}{open} more", known - shown));
    }
    words.into_iter().map(|word| cut(word).into()).collect()
}

/// What this module itself puts in place of arguments: nothing in it is secret.
fn is_own_word(word: &str) -> bool {
    word == MARK
        || word.strip_prefix(CUT_MARK).is_some_and(|rest| {
            rest.is_empty()
                || rest.strip_suffix(" more").is_some_and(|count| {
                    let mut count = count.trim_end_matches('+').bytes();
                    count.next() == Some(b' ') && count.all(|byte| byte.is_ascii_digit())
                })
        })
}
