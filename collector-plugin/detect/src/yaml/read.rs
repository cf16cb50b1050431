//! What a node is expected to be.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;

use super::{Fields, Key, Node, Scalar, Value};
use crate::diagnostic::{Diagnostics, suggestion};

impl Node {
    /// Whether nothing, `~` or `null` was written.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// A mapping whose keys are known: `read` asks for each, and any other is an error. An empty value
    /// (`key:`) is a mapping without keys.
    pub fn mapping<T>(
        &self,
        found: &mut Diagnostics,
        read: impl FnOnce(&mut Fields<'_, '_>) -> Option<T>,
    ) -> Option<T> {
        let entries = match &self.value {
            Value::Mapping(entries) => entries.as_slice(),
            Value::Null => &[],
            Value::Scalar(_) | Value::Sequence(_) => {
                return self.unexpected("a mapping (`key: value`)", found);
            }
        };
        Fields::read(self.position, entries, found, read)
    }

    /// A mapping whose keys are the author's to choose.
    pub fn entries(&self, found: &mut Diagnostics) -> Option<&[(Key, Self)]> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            Value::Null => Some(&[]),
            Value::Scalar(_) | Value::Sequence(_) => {
                self.unexpected("a mapping (`key: value`)", found)
            }
        }
    }

    /// A sequence. Items that cannot be read are left out, and told.
    pub fn sequence<T>(
        &self,
        found: &mut Diagnostics,
        mut read: impl FnMut(&Self, &mut Diagnostics) -> Option<T>,
    ) -> Option<Vec<T>> {
        match &self.value {
            Value::Sequence(items) => {
                Some(items.iter().filter_map(|item| read(item, found)).collect())
            }
            Value::Null => Some(Vec::new()),
            Value::Scalar(_) | Value::Mapping(_) => self.unexpected("a sequence (`[a, b]`)", found),
        }
    }

    /// Any scalar, as text; not empty.
    pub fn string(&self, found: &mut Diagnostics) -> Option<String> {
        let scalar = self.scalar("a string", found)?;
        if scalar.text.trim().is_empty() {
            found.error(self.position, "expected a string, found an empty one");
            return None;
        }
        Some(scalar.text.clone())
    }

    /// `true` or `false`.
    pub fn boolean(&self, found: &mut Diagnostics) -> Option<bool> {
        match self.scalar("true or false", found)?.text.as_str() {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => self.unexpected("true or false", found),
        }
    }

    /// A whole number in `range`.
    pub fn integer<T>(&self, range: RangeInclusive<T>, found: &mut Diagnostics) -> Option<T>
    where
        T: FromStr + PartialOrd + Display,
    {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        match self.scalar(&expected, found)?.text.parse() {
            Ok(number) if range.contains(&number) => Some(number),
            _ => self.unexpected(&expected, found),
        }
    }

    /// A number in `range`.
    pub fn number(&self, range: RangeInclusive<f64>, found: &mut Diagnostics) -> Option<f64> {
        let expected = format!("a number from {} to {}", range.start(), range.end());
        match self.scalar(&expected, found)?.text.parse() {
            Ok(number) if range.contains(&number) => Some(number),
            _ => self.unexpected(&expected, found),
        }
    }

    /// A duration with its unit: `250ms`, `5s`, `1h30m`; `0s` as well as `0`.
    pub fn duration(&self, found: &mut Diagnostics) -> Option<Duration> {
        const EXPECTED: &str = "a duration such as 250ms, 5s or 1h";
        let scalar = self.scalar(EXPECTED, found)?;
        match humantime::parse_duration(&scalar.text) {
            Ok(duration) => Some(duration),
            Err(_) => self.unexpected(EXPECTED, found),
        }
    }

    /// A size in bytes: `1048576`, `64MiB`, `10MB`.
    pub fn size(&self, found: &mut Diagnostics) -> Option<u64> {
        const EXPECTED: &str = "a size in bytes such as 1048576 or 64MiB";
        let scalar = self.scalar(EXPECTED, found)?;
        match scalar.text.parse::<ByteSize>() {
            Ok(ByteSize(bytes)) => Some(bytes),
            Err(_) => self.unexpected(EXPECTED, found),
        }
    }

    /// One of a few words, each with its meaning.
    pub fn choice<T: Copy>(&self, choices: &[(&str, T)], found: &mut Diagnostics) -> Option<T> {
        let words = || choices.iter().map(|(word, _)| *word);
        let expected = format!("one of {}", words().collect::<Vec<_>>().join(", "));
        let scalar = self.scalar(&expected, found)?;
        let meaning = choices.iter().find(|(word, _)| *word == scalar.text);
        if let Some((_, meaning)) = meaning {
            return Some(*meaning);
        }
        let message = format!("expected {expected}, found \"{}\"", scalar.written());
        match suggestion(&scalar.text, words()) {
            Some(help) => found.error_with_help(self.position, message, help),
            None => found.error(self.position, message),
        }
        None
    }

    fn scalar(&self, expected: &str, found: &mut Diagnostics) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::Null | Value::Sequence(_) | Value::Mapping(_) => {
                self.unexpected(expected, found)
            }
        }
    }

    /// Adds `expected ..., found ...` and returns nothing, for readers of one's own.
    pub fn unexpected<T>(&self, expected: &str, found: &mut Diagnostics) -> Option<T> {
        let what = match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Scalar(scalar) => format!("\"{}\"", scalar.written()),
            Value::Sequence(_) => "a sequence".to_owned(),
            Value::Mapping(_) => "a mapping".to_owned(),
        };
        found.error(self.position, format!("expected {expected}, found {what}"));
        None
    }
}
