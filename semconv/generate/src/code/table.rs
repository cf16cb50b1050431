//! The registry as data.

use std::fmt::Write as _;

use super::{CodeError, Wire, constant, wire};
use crate::model::{Instrument, Level};
use crate::registry::{Kind, Registry};

pub(super) fn table(registry: &Registry) -> Result<String, CodeError> {
    let mut out = "\
use super::Instrument::*;
use super::Kind::*;
use super::Level::*;
use super::{Definition, Measured, event, link, metric, resource, span};
use crate::metric as name;

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
    out.push_str(
        "];\n\n/// Each metric once, in the order of the registry.\n#[rustfmt::skip]\npub const METRICS: &[Measured] = &[\n",
    );
    for signal in &registry.signals {
        let Kind::Metric { instrument, .. } = &signal.kind else {
            continue;
        };
        let instrument = match instrument {
            Instrument::Counter => "Counter",
            Instrument::UpDownCounter => "UpDownCounter",
            Instrument::Gauge => "Gauge",
            Instrument::Histogram => "Histogram",
        };
        let metric = constant(&signal.name);
        let _ = writeln!(
            out,
            "    Measured {{ metric: name::{metric}, instrument: {instrument} }},"
        );
    }
    out.push_str("];\n");
    Ok(out)
}
