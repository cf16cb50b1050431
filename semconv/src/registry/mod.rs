//! The registry as data, for tests: what a name may be set to, and where it may be.

mod table;

pub use table::{ATTRIBUTES, METRICS};

use crate::Metric;
use crate::record::Value;

/// An attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// What it is on, each at most once.
    pub uses: &'static [Use],
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A truth value.
    Bool,
    /// A signed 64-bit integer.
    Int,
    /// A floating point number.
    Double,
    /// UTF-8 text.
    Text,
    /// An array of texts.
    Texts,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// An attribute on something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// On what.
    pub on: Place,
    /// Whether it is always there.
    pub level: Level,
}

/// What attributes can be on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A log record of this event name.
    Event(&'static str),
    /// A span; the name of its definition is not on the wire.
    Span(&'static str),
    /// A link of spans.
    Link(&'static str),
    /// A resource; the name of its definition is not on the wire.
    Resource(&'static str),
    /// A metric of this name.
    Metric(&'static str),
}

/// Whether an attribute is always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Always.
    Required,
    /// Whenever the condition holds that the registry gives in words.
    Conditional,
    /// If it can be had.
    Recommended,
    /// If switched on.
    OptIn,
}

/// A metric, and how it is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Its name and unit.
    pub metric: Metric,
    /// What adds up its values.
    pub instrument: Instrument,
}

/// An instrument of OpenTelemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instrument {
    /// A sum that only grows.
    Counter,
    /// A sum that also falls.
    UpDownCounter,
    /// The last value.
    Gauge,
    /// How often values were of which size.
    Histogram,
}

/// The definition of this name, `None` if there is none.
pub fn find(name: &str) -> Option<&'static Definition> {
    ATTRIBUTES.iter().find(|found| found.name == name)
}

/// The metric of this name, `None` if there is none.
pub fn measured(name: &str) -> Option<&'static Measured> {
    METRICS.iter().find(|found| found.metric.name == name)
}

/// What may be on this, in the order of [`ATTRIBUTES`].
pub fn on(place: Place) -> impl Iterator<Item = (&'static Definition, Level)> {
    ATTRIBUTES
        .iter()
        .filter_map(move |found| Some((found, found.level_on(place)?)))
}

impl Definition {
    /// Whether it is always on this, `None` if it never is.
    pub fn level_on(&self, place: Place) -> Option<Level> {
        self.uses
            .iter()
            .find_map(|found| (found.on == place).then_some(found.level))
    }

    /// Whether it may have this value.
    pub fn fits(&self, value: &Value) -> bool {
        match (self.kind, value) {
            (Kind::Bool, Value::Bool(_))
            | (Kind::Int, Value::Int(_))
            | (Kind::Double, Value::Double(_))
            | (Kind::Text, Value::Static(_) | Value::Shared(_) | Value::String(_))
            | (Kind::Texts, Value::Strings(_)) => true,
            (Kind::Word(words), Value::Static(text)) => words.contains(text),
            (Kind::Word(words), Value::Shared(text)) => words.contains(&&**text),
            (Kind::Word(words), Value::String(text)) => words.contains(&text.as_str()),
            _ => false,
        }
    }
}

const fn event(name: &'static str, level: Level) -> Use {
    let on = Place::Event(name);
    Use { on, level }
}

const fn span(name: &'static str, level: Level) -> Use {
    let on = Place::Span(name);
    Use { on, level }
}

const fn link(name: &'static str, level: Level) -> Use {
    let on = Place::Link(name);
    Use { on, level }
}

const fn resource(name: &'static str, level: Level) -> Use {
    let on = Place::Resource(name);
    Use { on, level }
}

const fn metric(name: &'static str, level: Level) -> Use {
    let on = Place::Metric(name);
    Use { on, level }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{Severity, attr, event as name, limits};

    const WORKLOAD: Place = Place::Resource("scoutline.resource.workload");

    #[test]
    fn a_value_has_to_be_what_the_registry_says() {
        let phase = find(attr::SCOUTLINE_DETECTION_PHASE).expect("it is defined");
        assert!(phase.fits(&"first".into()));
        assert!(phase.fits(&Value::String("summary".to_owned())));
        assert!(!phase.fits(&"last".into()));
        assert!(!phase.fits(&Value::Int(1)));
        let pid = find(attr::PROCESS_PID).expect("it is defined");
        assert!(pid.fits(&Value::Int(1)) && !pid.fits(&"1".into()));
        let paths = find(attr::SCOUTLINE_DETECTION_PATHS).expect("it is defined");
        assert!(paths.fits(&Value::Strings(Vec::new())) && !paths.fits(&"/etc".into()));
        assert_eq!(find("scoutline.detection"), None);
    }

    #[test]
    fn severities_are_those_of_the_registry() {
        for attribute in [
            attr::SCOUTLINE_DETECTION_SEVERITY,
            attr::SCOUTLINE_EPISODE_SEVERITY,
        ] {
            let definition = find(attribute).expect("it is defined");
            let Kind::Word(words) = definition.kind else {
                panic!("{attribute} is {:?}", definition.kind);
            };
            assert_eq!(words, Severity::ALL.map(Severity::name), "{attribute}");
        }
    }

    #[test]
    fn a_detection_with_everything_fits_the_budget() {
        let names: BTreeSet<_> = on(Place::Event(name::DETECTION))
            .chain(on(WORKLOAD))
            .map(|(definition, _)| definition.name)
            .collect();
        let count = names.len();
        assert!(count <= limits::ATTRIBUTES, "{count}");
        assert!(names.contains(attr::PROCESS_PID) && names.contains(crate::resource::HOST_ID));
    }

    #[test]
    fn a_heartbeat_is_small() {
        let count = on(Place::Event(name::HEARTBEAT)).count();
        assert!(
            (1..=limits::HEARTBEAT_ATTRIBUTES).contains(&count),
            "{count}"
        );
    }

    #[test]
    fn every_record_says_what_it_is() {
        for event in [name::DETECTION, name::HEARTBEAT, name::LOSS, name::SENSOR] {
            for attribute in [attr::SCOUTLINE_RECORD_KIND, attr::LOG_RECORD_UID] {
                let definition = find(attribute).expect("it is defined");
                let level = definition.level_on(Place::Event(event));
                assert_eq!(level, Some(Level::Required), "{attribute} of {event}");
            }
        }
    }
}
