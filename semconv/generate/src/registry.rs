//! A registry with all references followed.

use crate::model::{Attribute, Example, Instrument, Level, Requirement, Stability};

/// A registry with all references followed.
#[derive(Debug)]
pub struct Registry {
    /// Attributes by family, in the order in which people read them.
    pub families: Vec<Family>,
    /// What attributes are on, in the order events, spans, links, resources, metrics.
    pub signals: Vec<Signal>,
}

/// Attributes that are about the same thing.
#[derive(Debug)]
pub struct Family {
    /// What they are about.
    pub title: &'static str,
    /// Upstream's first.
    pub attributes: Vec<Definition>,
}

/// An attribute that is defined.
#[derive(Debug)]
pub struct Definition {
    /// As written.
    pub attribute: Attribute,
    /// It is OpenTelemetry's.
    pub is_upstream: bool,
}

/// Something that attributes are on.
#[derive(Debug)]
pub struct Signal {
    /// Name, or id.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// What it says, in a sentence.
    pub brief: String,
    /// More of it.
    pub note: Option<String>,
    /// How far it may be relied on.
    pub stability: Stability,
    /// Each attribute at most once.
    pub uses: Vec<Use>,
}

/// What attributes can be on.
#[derive(Debug)]
pub enum Kind {
    /// A log record.
    Event,
    /// A span.
    Span {
        /// Pattern of its name.
        name: String,
    },
    /// A link of spans.
    Link,
    /// A resource.
    Resource,
    /// A metric.
    Metric {
        /// How it is measured.
        instrument: Instrument,
        /// UCUM unit.
        unit: String,
        /// It is OpenTelemetry's.
        is_upstream: bool,
        /// Only sent if switched on.
        is_opt_in: bool,
    },
}

/// An attribute on a signal.
#[derive(Debug)]
pub struct Use {
    /// Name of the attribute.
    pub attribute: String,
    /// Whether it is always there.
    pub requirement: Requirement,
    /// Narrows the definition's.
    pub brief: Option<String>,
    /// Narrows the definition's.
    pub examples: Option<Vec<Example>>,
    /// The only value that it has here.
    pub fixed: Option<String>,
    /// The constant that holds the fixed value.
    pub constant: Option<String>,
}

impl Registry {
    /// All attributes, by family.
    pub fn attributes(&self) -> impl Iterator<Item = &Definition> {
        self.families.iter().flat_map(|family| &family.attributes)
    }

    /// The attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&Definition> {
        self.attributes().find(|found| found.attribute.key == name)
    }

    /// Where an attribute is used.
    pub fn uses_of(&self, name: &str) -> impl Iterator<Item = (&Signal, &Use)> {
        self.signals.iter().flat_map(move |signal| {
            let uses = signal
                .uses
                .iter()
                .filter(move |found| found.attribute == name);
            uses.map(move |found| (signal, found))
        })
    }

    /// The value of an attribute that has the same one everywhere.
    pub fn fixed(&self, name: &str) -> Option<&str> {
        let mut values = self.uses_of(name).map(|(_, found)| found.fixed.as_deref());
        let first = values.next()??;
        values.all(|value| value == Some(first)).then_some(first)
    }
}

impl Requirement {
    /// The level without its condition; `None` for one that is conditionally required.
    pub fn level(&self) -> Option<Level> {
        match self {
            Self::Always(level) => Some(*level),
            Self::Conditional { .. } => None,
            Self::Advised { .. } => Some(Level::Recommended),
        }
    }
}
