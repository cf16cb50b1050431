//! Names.

use std::fmt::Write as _;

use super::{CodeError, constant, doc, enum_name, text_constant};
use crate::model::{Instrument, Type};
use crate::registry::{Definition, Kind, Registry, Signal};

/// Attributes that are on something else than a resource.
pub(super) fn attributes(registry: &Registry) -> String {
    listed(registry, |kind| !matches!(kind, Kind::Resource), |_, _| {})
}

/// Attributes that are on a resource, and the constants that hold their values.
pub(super) fn resources(registry: &Registry) -> Result<String, CodeError> {
    for signal in &registry.signals {
        if let Some(wrong) = signal
            .uses
            .iter()
            .find(|found| found.constant.is_some() && found.fixed.is_none())
        {
            return Err(CodeError::Constant(wrong.attribute.clone()));
        }
    }
    let is_resource = |kind: &Kind| matches!(kind, Kind::Resource);
    Ok(listed(registry, is_resource, |out, definition| {
        let name = &definition.attribute.key;
        for (signal, found) in registry.uses_of(name) {
            if let (Some(constant), Some(value)) = (&found.constant, &found.fixed) {
                out.push('\n');
                let comment = format!("Value of [`{}`]. {}", super::constant(name), signal.brief);
                text_constant(out, &comment, constant, value);
            }
        }
    }))
}

/// Attributes that are on a signal of a kind that is wanted, by family. `more` is called after each.
fn listed(
    registry: &Registry,
    is_wanted: impl Fn(&Kind) -> bool,
    more: impl Fn(&mut String, &Definition),
) -> String {
    let mut out = String::new();
    for family in &registry.families {
        let mut is_first = true;
        for definition in &family.attributes {
            let attribute = &definition.attribute;
            if !registry
                .uses_of(&attribute.key)
                .any(|(signal, _)| is_wanted(&signal.kind))
            {
                continue;
            }
            if !out.is_empty() {
                out.push('\n');
            }
            if is_first {
                let _ = writeln!(out, "// {}.\n", family.title);
                is_first = false;
            }
            let mut comment = attribute.brief.clone();
            match enum_name(attribute) {
                Some((name, true)) => {
                    let _ = write!(comment, " See [`crate::{name}`].");
                }
                Some((name, false)) => {
                    let _ = write!(comment, " See [`crate::values::{name}`].");
                }
                None => {}
            }
            text_constant(
                &mut out,
                &comment,
                &constant(&attribute.key),
                &attribute.key,
            );
            more(&mut out, definition);
        }
    }
    out
}

pub(super) fn events(registry: &Registry) -> Result<String, CodeError> {
    let kinds = registry.attribute("scoutline.record.kind");
    let words: Vec<_> = match kinds.map(|found| &found.attribute.kind) {
        Some(Type::Members { members }) => members.iter().map(|member| &member.value).collect(),
        _ => Vec::new(),
    };
    let mut out = String::new();
    for signal in of_kind(registry, |kind| matches!(kind, Kind::Event)) {
        let word = signal.name.trim_start_matches("scoutline.");
        if !words.iter().any(|known| *known == word) {
            return Err(CodeError::Event(signal.name.clone()));
        }
        if !out.is_empty() {
            out.push('\n');
        }
        let name = constant(word);
        text_constant(&mut out, &signal.brief, &name, &signal.name);
    }
    Ok(out)
}

pub(super) fn metrics(registry: &Registry) -> String {
    let mut out = String::from("use crate::Metric;\n");
    for signal in of_kind(registry, |kind| matches!(kind, Kind::Metric { .. })) {
        let Kind::Metric {
            instrument, unit, ..
        } = &signal.kind
        else {
            continue;
        };
        out.push('\n');
        out.push_str(&doc("", &signal.brief));
        out.push_str("///\n");
        let instrument = match instrument {
            Instrument::Counter => "counter",
            Instrument::UpDownCounter => "up-down counter",
            Instrument::Gauge => "gauge",
            Instrument::Histogram => "histogram",
        };
        out.push_str(&doc("", &format!("Instrument: {instrument}.")));
        let Signal { name, brief, .. } = signal;
        let constant = constant(name);
        let _ = writeln!(out, "pub const {constant}: Metric = Metric {{");
        for (field, text) in [("name", name), ("unit", unit), ("brief", brief)] {
            let _ = writeln!(out, "    {field}: {text:?},");
        }
        out.push_str("};\n");
    }
    out
}

fn of_kind(
    registry: &Registry,
    is_wanted: impl Fn(&Kind) -> bool,
) -> impl Iterator<Item = &Signal> {
    registry
        .signals
        .iter()
        .filter(move |signal| is_wanted(&signal.kind))
}
