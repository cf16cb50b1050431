//! The registry as data.

use std::fmt::Write as _;

use super::{CodeError, Wire, wire};
use crate::model::Level;
use crate::registry::{Kind, Registry};

pub(super) fn table(registry: &Registry) -> Result<String, CodeError> {
    let mut out = "\
use super::Kind::*;
use super::Level::*;
use super::{Definition, event, link, metric, resource, span};

/// Each attribute once, by family.
#[rustfmt::skip]
pub const ATTRIBUTES: &[Definition] = &[
"
    .to_owned();
    for definition in registry.attributes() {
        let name = &definition.attribute.key;
        let kind = match wire(&definition.attribute)? {
            Wire::Bool => "Bool".to_owned(),
            Wire::Int => "Int".to_owned(),
            Wire::Double => "Double".to_owned(),
            Wire::Text => "Text".to_owned(),
            Wire::Texts => "Texts".to_owned(),
            Wire::Word(words) => format!("Word(&{words:?})"),
        };
        let uses: Vec<_> = registry
            .uses_of(name)
            .map(|(signal, found)| {
                let place = match signal.kind {
                    Kind::Event => "event",
                    Kind::Span { .. } => "span",
                    Kind::Link => "link",
                    Kind::Resource => "resource",
                    Kind::Metric { .. } => "metric",
                };
                let level = match found.requirement.level() {
                    Some(Level::Required) => "Required",
                    Some(Level::Recommended) => "Recommended",
                    Some(Level::OptIn) => "OptIn",
                    None => "Conditional",
                };
                format!("{place}(\"{}\", {level})", signal.name)
            })
            .collect();
        let uses = uses.join(", ");
        let _ = writeln!(
            out,
            "    Definition {{ name: \"{name}\", kind: {kind}, uses: &[{uses}] }},"
        );
    }
    out.push_str("];\n");
    Ok(out)
}
