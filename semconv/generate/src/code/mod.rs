//! The registry as Rust, formatted as rustfmt would.

mod constants;
mod setters;
mod table;
mod values;

use std::fmt::Write as _;

use crate::model::{Attribute, Plain, Type};
use crate::registry::Registry;
use crate::{COMMAND, Generated};

/// Columns of a comment.
const COMMENT_WIDTH: usize = 100;

/// Columns of code.
const CODE_WIDTH: usize = 100;

/// What has no form in Rust.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// An array of anything but strings.
    #[error("{0} is an array of something else than strings")]
    Array(String),
    /// An event without a value of `scoutline.record.kind`.
    #[error("{0} is an event, but scoutline.record.kind has no word for it")]
    Event(String),
    /// A constant for a value that is not fixed.
    #[error("{0} has a constant for its value, but the value is not fixed")]
    Constant(String),
}

/// A file below `semconv/`, what it says of itself, and what is in it.
type File = (
    &'static str,
    &'static str,
    fn(&Registry) -> Result<String, CodeError>,
);

const FILES: [File; 7] = [
    (
        "src/attr.rs",
        "Attributes of log records, spans, links and metrics.",
        |registry| Ok(constants::attributes(registry)),
    ),
    (
        "src/resource.rs",
        "Resource attributes.",
        constants::resources,
    ),
    (
        "src/event.rs",
        "Event names (`event_name` of a log record).",
        constants::events,
    ),
    ("src/metric.rs", "The sensor's own metrics.", |registry| {
        Ok(constants::metrics(registry))
    }),
    (
        "src/values.rs",
        "What attributes that are one of a few words can be.",
        |registry| Ok(values::enums(registry)),
    ),
    (
        "src/setters.rs",
        "A method for each attribute of records, spans and links, so that none is set to what it cannot be.",
        setters::setters,
    ),
    ("src/registry/table.rs", "All attributes.", table::table),
];

/// All files of code.
pub(crate) fn files(registry: &Registry) -> Result<Vec<Generated>, CodeError> {
    let file = |(path, about, body): File| {
        Ok(Generated {
            path,
            text: format!(
                "// Generated, do not edit: {COMMAND}\n//! {about}\n\n{}",
                body(registry)?
            ),
        })
    };
    FILES.into_iter().map(file).collect()
}

/// `SCOUTLINE_RECORD_KIND` of `scoutline.record.kind`.
fn constant(name: &str) -> String {
    name.replace('.', "_").to_uppercase()
}

/// `scoutline_record_kind` of `scoutline.record.kind`.
fn method(name: &str) -> String {
    name.replace('.', "_")
}

/// `GithubActions` of `github_actions` and of `github.actions`.
fn camel(name: &str) -> String {
    name.split(['.', '_'])
        .flat_map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            [first.to_uppercase(), rest.to_owned()]
        })
        .collect()
}

/// Name of the enum of an attribute, and whether it is written by hand. `None` if it is no enum.
fn enum_name(attribute: &Attribute) -> Option<(String, bool)> {
    let Type::Members { .. } = attribute.kind else {
        return None;
    };
    let rust = attribute.annotations.rust.as_ref();
    let by_hand = rust.and_then(|rust| rust.kind.clone());
    Some(match by_hand {
        Some(name) => (name, true),
        None => (camel(attribute.key.trim_start_matches("scoutline.")), false),
    })
}

/// What the value of an attribute is on the wire.
enum Wire<'a> {
    Bool,
    Int,
    Double,
    Text,
    Texts,
    Word(Vec<&'a str>),
}

fn wire(attribute: &Attribute) -> Result<Wire<'_>, CodeError> {
    Ok(match &attribute.kind {
        Type::Plain(Plain::Boolean) => Wire::Bool,
        Type::Plain(Plain::Int) => Wire::Int,
        Type::Plain(Plain::Double) => Wire::Double,
        Type::Plain(Plain::String) => Wire::Text,
        Type::Plain(Plain::Strings) => Wire::Texts,
        Type::Plain(Plain::Ints | Plain::Doubles | Plain::Booleans) => {
            return Err(CodeError::Array(attribute.key.clone()));
        }
        Type::Members { members } => {
            Wire::Word(members.iter().map(|member| member.value.as_str()).collect())
        }
    })
}

/// A comment for rustdoc, broken into lines.
fn doc(indent: &str, text: &str) -> String {
    let mut lines = String::new();
    let mut line = format!("{indent}///");
    for word in text.split_whitespace() {
        let is_started = line.len() > indent.len() + 3;
        if is_started && line.chars().count() + 1 + word.chars().count() > COMMENT_WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line = format!("{indent}///");
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}

/// A constant with its comment.
fn text_constant(out: &mut String, comment: &str, name: &str, value: &str) {
    out.push_str(&doc("", comment));
    let start = format!("pub const {name}: &str =");
    // `write!` into a `String` does not fail.
    let _ = if start.len() + value.len() + 4 > CODE_WIDTH {
        writeln!(out, "{start}\n    \"{value}\";")
    } else {
        writeln!(out, "{start} \"{value}\";")
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_rust() {
        assert_eq!(constant("k8s.pod.uid"), "K8S_POD_UID");
        assert_eq!(method("k8s.pod.uid"), "k8s_pod_uid");
        assert_eq!(camel("ci.azure_pipelines"), "CiAzurePipelines");
    }

    #[test]
    fn comments_are_broken_and_never_lose_a_word() {
        let text = "word ".repeat(60);
        let comment = doc("    ", &text);
        assert!(
            comment
                .lines()
                .all(|line| line.len() <= COMMENT_WIDTH && line.starts_with("    /// "))
        );
        assert_eq!(comment.matches("word").count(), 60);
        assert_eq!(comment.lines().count(), 4);
    }

    #[test]
    fn a_long_constant_is_broken_where_rustfmt_breaks_it() {
        let broken = |value: &str| {
            let mut out = String::new();
            text_constant(&mut out, "About it.", "NAME", value);
            out.lines().nth(1).is_some_and(|line| line.ends_with('='))
        };
        // `pub const NAME: &str = "";` is 26 columns.
        assert!(!broken(&"x".repeat(CODE_WIDTH - 26)));
        assert!(broken(&"x".repeat(CODE_WIDTH - 25)));
    }
}
