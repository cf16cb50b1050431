//! The tables of the README, each between a line that names it and a line that ends it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::COMMAND;
use crate::model::{
    Attribute, Example, Instrument, Level, Plain, Relation, Requirement, Stability, Type,
};
use crate::registry::{Kind, Registry, Signal, Use};

const START: &str = "<!-- table: ";
const START_END: &str = " -->";
const END: &str = "<!-- end -->";

/// What is wrong with the places for tables.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// A place for something that the registry has not.
    #[error("there is no table {0}")]
    Unknown(String),
    /// A place that does not end.
    #[error("table {0} does not end: `{END}` is missing")]
    Open(String),
    /// Something of the registry has no place.
    #[error("there is no place for table {0}: a line `{START}{0}{START_END}` and a line `{END}`")]
    Missing(String),
}

/// The document with its tables as the registry has them.
pub(crate) fn fill(document: &str, registry: &Registry) -> Result<String, DocumentError> {
    let mut out = String::new();
    let mut filled = BTreeSet::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        let name = line
            .strip_prefix(START)
            .and_then(|rest| rest.strip_suffix(START_END));
        let Some(name) = name else {
            continue;
        };
        let table = table(name, registry).ok_or_else(|| DocumentError::Unknown(name.to_owned()))?;
        let _ = write!(
            out,
            "<!-- Generated, do not edit: {COMMAND} -->\n\n{table}\n{END}\n"
        );
        if !lines.any(|line| line == END) {
            return Err(DocumentError::Open(name.to_owned()));
        }
        filled.insert(name.to_owned());
    }
    let missing = names(registry).find(|name| !filled.contains(name));
    missing.map_or(Ok(out), |name| Err(DocumentError::Missing(name)))
}

/// The tables that the document has to have.
fn names(registry: &Registry) -> impl Iterator<Item = String> {
    let signals = registry
        .signals
        .iter()
        .filter(|signal| !matches!(signal.kind, Kind::Metric { .. }))
        .map(|signal| signal.name.clone());
    let others = ["metrics", "values", "mapping"].map(str::to_owned);
    signals.chain(others)
}

fn table(name: &str, registry: &Registry) -> Option<String> {
    match name {
        "metrics" => Some(metrics(registry)),
        "values" => Some(values(registry)),
        "mapping" => Some(mapping(registry)),
        _ => {
            let is_named = |signal: &&Signal| {
                signal.name == name && !matches!(signal.kind, Kind::Metric { .. })
            };
            registry
                .signals
                .iter()
                .find(is_named)
                .map(|found| signal(found, registry))
        }
    }
}

fn signal(signal: &Signal, registry: &Registry) -> String {
    let mut out = paragraph(&signal.brief, signal.note.as_deref());
    if let Kind::Span { name } = &signal.kind {
        let _ = writeln!(out, "\nName: `{name}`. Kind: INTERNAL.");
    }
    out.push_str(
        "\n| attribute | type | requirement | what it says | for example |\n|---|---|---|---|---|\n",
    );
    for found in &signal.uses {
        if let Some(definition) = registry.attribute(&found.attribute) {
            row(&mut out, found, &definition.attribute);
        }
    }
    out
}

fn row(out: &mut String, found: &Use, attribute: &Attribute) {
    let brief = found.brief.as_ref().unwrap_or(&attribute.brief);
    let says = match (&attribute.note, &found.fixed) {
        (_, Some(fixed)) => format!("{brief} Always `{fixed}`."),
        (Some(note), None) => format!("{brief} {note}"),
        (None, None) => brief.clone(),
    };
    let examples = found.examples.as_ref().or(attribute.examples.as_ref());
    let _ = writeln!(
        out,
        "| `{}` | {} | {} | {} | {} |",
        attribute.key,
        kind(&attribute.kind),
        requirement(&found.requirement),
        cell(&says),
        cell(&examples.map_or_else(String::new, |examples| shown(examples))),
    );
}

fn metrics(registry: &Registry) -> String {
    let mut out =
        "| metric | instrument | unit | attributes | what it measures |\n|---|---|---|---|---|\n"
            .to_owned();
    for signal in &registry.signals {
        let Kind::Metric {
            instrument,
            unit,
            is_upstream,
            is_opt_in,
        } = &signal.kind
        else {
            continue;
        };
        let instrument = match instrument {
            Instrument::Counter => "counter",
            Instrument::UpDownCounter => "up-down counter",
            Instrument::Gauge => "gauge",
            Instrument::Histogram => "histogram",
        };
        let attributes: Vec<_> = signal
            .uses
            .iter()
            .map(|found| match found.requirement.level() {
                Some(Level::Required) => format!("`{}`", found.attribute),
                _ => format!(
                    "`{}` ({})",
                    found.attribute,
                    requirement(&found.requirement)
                ),
            })
            .collect();
        let mut about = vec![signal.brief.as_str()];
        about.extend(signal.note.as_deref());
        if *is_opt_in {
            about.push("Off unless switched on.");
        }
        if *is_upstream {
            about.push("OpenTelemetry's own.");
        }
        let _ = writeln!(
            out,
            "| `{}` | {instrument} | `{unit}` | {} | {} |",
            signal.name,
            attributes.join(", "),
            cell(&about.join(" ")),
        );
    }
    out
}

fn values(registry: &Registry) -> String {
    let mut out = "| attribute | value | what it says |\n|---|---|---|\n".to_owned();
    for definition in registry.attributes() {
        let attribute = &definition.attribute;
        if let Type::Members { members } = &attribute.kind {
            let mut name = format!("`{}`", attribute.key);
            for member in members {
                let _ = writeln!(
                    out,
                    "| {name} | `{}` | {} |",
                    member.value,
                    cell(&member.brief)
                );
                name.clear();
            }
        }
    }
    out
}

fn mapping(registry: &Registry) -> String {
    let mut out = "| attribute | defined by | ECS | OCSF |\n|---|---|---|---|\n".to_owned();
    for definition in registry.attributes() {
        let attribute = &definition.attribute;
        let owner = if definition.is_upstream {
            "OpenTelemetry"
        } else if attribute.key.starts_with("scoutline.") {
            "Scoutline"
        } else {
            "ECS"
        };
        let stability = match attribute.stability {
            Some(Stability::Stable) => "stable",
            Some(Stability::ReleaseCandidate) => "release candidate",
            Some(Stability::Development) | None => "development",
        };
        let ecs = attribute.annotations.ecs.as_ref().map(|ecs| {
            let relation = match ecs.relation {
                Relation::Match => "the same",
                Relation::Equivalent => "equivalent",
                Relation::Related => "related",
            };
            format!("`{}`, {relation}", ecs.field)
        });
        let ocsf = attribute.annotations.ocsf.as_ref();
        let ocsf = ocsf.map(|ocsf| format!("`{}`", ocsf.path));
        let _ = writeln!(
            out,
            "| `{}` | {owner}, {stability} | {} | {} |",
            attribute.key,
            ecs.unwrap_or_default(),
            ocsf.unwrap_or_default(),
        );
    }
    out
}

fn paragraph(brief: &str, note: Option<&str>) -> String {
    let mut out = brief.trim().to_owned();
    if let Some(note) = note {
        let _ = write!(out, " {}", note.trim());
    }
    out + "\n"
}

fn kind(kind: &Type) -> String {
    let name = match kind {
        Type::Plain(Plain::String) => "string",
        Type::Plain(Plain::Int) => "int",
        Type::Plain(Plain::Double) => "double",
        Type::Plain(Plain::Boolean) => "boolean",
        Type::Plain(Plain::Strings) => "string[]",
        Type::Plain(Plain::Ints) => "int[]",
        Type::Plain(Plain::Doubles) => "double[]",
        Type::Plain(Plain::Booleans) => "boolean[]",
        Type::Members { members } => {
            let words: Vec<_> = members
                .iter()
                .map(|member| format!("`{}`", member.value))
                .collect();
            return words.join(", ");
        }
    };
    name.to_owned()
}

fn requirement(requirement: &Requirement) -> String {
    match requirement {
        Requirement::Always(Level::Required) => "required".to_owned(),
        Requirement::Always(Level::Recommended) => "recommended".to_owned(),
        Requirement::Always(Level::OptIn) => "opt-in".to_owned(),
        Requirement::Conditional {
            conditionally_required,
        } => format!("required if: {}", cell(conditionally_required)),
        Requirement::Advised { recommended } => format!("recommended: {}", cell(recommended)),
    }
}

fn shown(examples: &[Example]) -> String {
    let shown: Vec<_> = examples
        .iter()
        .map(|example| match example {
            Example::Boolean(value) => format!("`{value}`"),
            Example::Int(value) => format!("`{value}`"),
            Example::Double(value) => format!("`{value}`"),
            Example::String(value) => format!("`{value}`"),
            Example::Strings(values) => format!("`[{}]`", values.join(", ")),
        })
        .collect();
    shown.join("; ")
}

/// Text within a table.
fn cell(text: &str) -> String {
    text.trim().replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Registry = Registry {
        families: Vec::new(),
        signals: Vec::new(),
    };

    fn document(names: &[&str]) -> String {
        names
            .iter()
            .map(|name| format!("About {name}.\n{START}{name}{START_END}\nold\n{END}\n"))
            .collect()
    }

    #[test]
    fn only_what_is_between_the_lines_changes() {
        let filled = fill(&document(&["metrics", "values", "mapping"]), &NOTHING);
        let filled = filled.expect("all tables have a place");
        assert!(
            !filled.contains("old") && filled.starts_with("About metrics.\n"),
            "{filled}"
        );
        assert_eq!(filled.matches(END).count(), 3);
        assert_eq!(fill(&filled, &NOTHING), Ok(filled));
    }

    #[test]
    fn a_table_without_a_place_and_a_place_without_a_table_are_told() {
        let error = fill(&document(&["metrics", "mapping"]), &NOTHING);
        assert_eq!(error, Err(DocumentError::Missing("values".to_owned())));
        let error = fill(&document(&["metric"]), &NOTHING);
        assert_eq!(error, Err(DocumentError::Unknown("metric".to_owned())));
        let open = document(&["metrics"]).replace(END, "");
        assert_eq!(
            fill(&open, &NOTHING),
            Err(DocumentError::Open("metrics".to_owned()))
        );
    }

    #[test]
    fn a_bar_does_not_end_a_cell() {
        assert_eq!(cell(" a|b\nc "), "a\\|b c");
    }
}
