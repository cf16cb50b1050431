//! Follows the references of a registry.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::mem;

use crate::load::Source;
use crate::model::{Example, Group, Level, Metric, Plain, Reference, Type, Visibility};
use crate::registry::{Definition, Family, Kind, Registry, Signal, Use};

/// Files of attributes and what they are about, in the order in which people read them.
const FAMILIES: [(&str, &str); 10] = [
    ("record", "Every record"),
    ("rule", "Rule and ATT&CK"),
    ("detection", "Detection"),
    ("process", "Process"),
    ("session", "Session"),
    ("trace", "Spans and slices"),
    ("file", "File"),
    ("ci", "CI job"),
    ("sensor", "The sensor's own truth"),
    ("resource", "Resource"),
];

/// Public groups whose id starts like this describe a resource.
const RESOURCES: &str = "scoutline.resource.";

/// The public group that describes links of spans.
const LINK: &str = "scoutline.link";

/// Why references cannot be followed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// A file of attributes that nobody has put into the order.
    #[error("there is no family {0}")]
    Family(String),
    /// Two definitions of one attribute, group or signal.
    #[error("{0} is defined twice")]
    Twice(String),
    /// Neither defined here nor in `upstream.yaml`.
    #[error("{signal} refers to {name}, which is not defined")]
    Undefined {
        /// Where.
        signal: String,
        /// To what.
        name: String,
    },
    /// A reference that names both an attribute and a group, or neither.
    #[error("{0} has a reference that names not exactly one of attribute and group")]
    Reference(String),
    /// An attribute without a requirement level.
    #[error("{signal} does not say whether {name} is required")]
    Requirement {
        /// Where.
        signal: String,
        /// Of what.
        name: String,
    },
    /// An attribute that is on a signal twice.
    #[error("{signal} has {name} twice")]
    Repeated {
        /// Where.
        signal: String,
        /// What.
        name: String,
    },
    /// A public group that is neither a resource nor links, or that does not say what it is.
    #[error("group {0} is public: it needs brief, stability and an id that says what it describes")]
    Group(String),
    /// An upstream metric that is imported but not listed in `upstream.yaml`, or the other way round.
    #[error("metric {0} is either imported or listed, not both")]
    Import(String),
    /// An example that is no value of its attribute.
    #[error("{0} has an example of another type")]
    Example(String),
    /// An attribute that nothing uses.
    #[error("{0} is defined and never used")]
    Unused(String),
}

impl Registry {
    /// Follows all references.
    ///
    /// # Errors
    /// If one leads nowhere, or something is there twice or for nothing.
    pub fn resolve(source: Source) -> Result<Self, ResolveError> {
        let mut families: BTreeMap<&str, Vec<Definition>> = BTreeMap::new();
        for (name, attributes) in source.upstream.attributes {
            let definitions = attributes.into_iter().map(|attribute| Definition {
                attribute,
                is_upstream: true,
            });
            families
                .entry(family(&name)?)
                .or_default()
                .extend(definitions);
        }
        let mut groups = Vec::new();
        let (mut events, mut spans, mut metrics) = (Vec::new(), Vec::new(), Vec::new());
        let mut imported = BTreeSet::new();
        for (name, file) in source.files {
            if !file.attributes.is_empty() {
                let definitions = file.attributes.into_iter().map(|attribute| Definition {
                    attribute,
                    is_upstream: false,
                });
                families
                    .entry(family(&name)?)
                    .or_default()
                    .extend(definitions);
            }
            groups.extend(file.attribute_groups);
            events.extend(file.events);
            spans.extend(file.spans);
            metrics.extend(file.metrics);
            imported.extend(file.imports.metrics);
        }
        for metric in &source.upstream.metrics {
            if !imported.remove(&metric.name) {
                return Err(ResolveError::Import(metric.name.clone()));
            }
        }
        if let Some(name) = imported.pop_first() {
            return Err(ResolveError::Import(name));
        }

        let resolver = Resolver::new(&families, &groups)?;
        let mut signals = Vec::new();
        for event in events {
            signals.push(Signal {
                uses: resolver.uses(&event.name, &event.attributes)?,
                name: event.name,
                kind: Kind::Event,
                brief: event.brief,
                note: event.note,
                stability: event.stability,
            });
        }
        for span in spans {
            signals.push(Signal {
                uses: resolver.uses(&span.kind_of_span, &span.attributes)?,
                name: span.kind_of_span,
                kind: Kind::Span {
                    name: span.name.note,
                },
                brief: span.brief,
                note: span.note,
                stability: span.stability,
            });
        }
        signals.extend(resolver.described()?);
        let ours = metrics.into_iter().map(|metric| (metric, false));
        let theirs = source.upstream.metrics.into_iter();
        for (metric, is_upstream) in ours.chain(theirs.map(|metric| (metric, true))) {
            signals.push(resolver.metric(metric, is_upstream)?);
        }
        let registry = Self {
            families: FAMILIES
                .into_iter()
                .filter_map(|(name, title)| {
                    let attributes = families.remove(name)?;
                    Some(Family { title, attributes })
                })
                .collect(),
            signals,
        };
        registry.check()?;
        Ok(registry)
    }

    fn check(&self) -> Result<(), ResolveError> {
        let mut names = HashSet::new();
        for signal in &self.signals {
            // An event and a span may share a name, two events may not.
            if !names.insert((mem::discriminant(&signal.kind), &signal.name)) {
                return Err(ResolveError::Twice(signal.name.clone()));
            }
        }
        for definition in self.attributes() {
            let attribute = &definition.attribute;
            let uses = || self.uses_of(&attribute.key);
            if uses().next().is_none() {
                return Err(ResolveError::Unused(attribute.key.clone()));
            }
            let narrowed = uses().filter_map(|(_, found)| found.examples.as_ref());
            if !narrowed
                .chain(attribute.examples.as_ref())
                .flatten()
                .all(|example| attribute.kind.fits(example))
            {
                return Err(ResolveError::Example(attribute.key.clone()));
            }
        }
        Ok(())
    }
}

impl Type {
    /// Whether an example is a value of this type. A flat list of arrays' elements is one array.
    fn fits(&self, example: &Example) -> bool {
        match self {
            Self::Plain(Plain::String) => matches!(example, Example::String(_)),
            Self::Plain(Plain::Int | Plain::Ints) => matches!(example, Example::Int(_)),
            Self::Plain(Plain::Double | Plain::Doubles) => matches!(example, Example::Double(_)),
            Self::Plain(Plain::Boolean | Plain::Booleans) => matches!(example, Example::Boolean(_)),
            Self::Plain(Plain::Strings) => matches!(example, Example::Strings(_)),
            Self::Members { members } => {
                matches!(example, Example::String(text) if members.iter().any(|member| member.value == *text))
            }
        }
    }
}

fn family(name: &str) -> Result<&'static str, ResolveError> {
    FAMILIES
        .into_iter()
        .map(|(known, _)| known)
        .find(|known| *known == name)
        .ok_or_else(|| ResolveError::Family(name.to_owned()))
}

struct Resolver<'a> {
    attributes: BTreeSet<&'a str>,
    groups: BTreeMap<&'a str, &'a Group>,
}

impl<'a> Resolver<'a> {
    fn new(
        families: &'a BTreeMap<&str, Vec<Definition>>,
        groups: &'a [Group],
    ) -> Result<Self, ResolveError> {
        let mut attributes = BTreeSet::new();
        for definition in families.values().flatten() {
            let name = definition.attribute.key.as_str();
            if !attributes.insert(name) {
                return Err(ResolveError::Twice(name.to_owned()));
            }
        }
        let mut by_id = BTreeMap::new();
        for group in groups {
            if by_id.insert(group.id.as_str(), group).is_some() {
                return Err(ResolveError::Twice(group.id.clone()));
            }
        }
        Ok(Self {
            attributes,
            groups: by_id,
        })
    }

    /// The attributes that these references lead to.
    fn uses(&self, signal: &str, references: &[Reference]) -> Result<Vec<Use>, ResolveError> {
        let mut uses = Vec::new();
        for reference in references {
            match (&reference.attribute, &reference.group) {
                (Some(name), None) => uses.push(self.attribute(signal, name, reference)?),
                (None, Some(id)) => {
                    let group =
                        self.groups
                            .get(id.as_str())
                            .ok_or_else(|| ResolveError::Undefined {
                                signal: signal.to_owned(),
                                name: id.clone(),
                            })?;
                    // Groups within groups are hard to read, and could go round in circles.
                    for member in &group.attributes {
                        let name = member.attribute.as_ref();
                        let name = name.ok_or_else(|| ResolveError::Reference(id.clone()))?;
                        uses.push(self.attribute(signal, name, member)?);
                    }
                }
                _ => return Err(ResolveError::Reference(signal.to_owned())),
            }
        }
        let mut names = BTreeSet::new();
        match uses.iter().find(|found| !names.insert(&found.attribute)) {
            Some(repeated) => Err(ResolveError::Repeated {
                signal: signal.to_owned(),
                name: repeated.attribute.clone(),
            }),
            None => Ok(uses),
        }
    }

    fn attribute(
        &self,
        signal: &str,
        name: &str,
        reference: &Reference,
    ) -> Result<Use, ResolveError> {
        if !self.attributes.contains(name) {
            return Err(ResolveError::Undefined {
                signal: signal.to_owned(),
                name: name.to_owned(),
            });
        }
        let requirement = reference.requirement_level.clone();
        let annotations = &reference.annotations;
        Ok(Use {
            attribute: name.to_owned(),
            requirement: requirement.ok_or_else(|| ResolveError::Requirement {
                signal: signal.to_owned(),
                name: name.to_owned(),
            })?,
            brief: reference.brief.clone(),
            examples: reference.examples.clone(),
            fixed: annotations.fixed.clone(),
            constant: annotations
                .rust
                .as_ref()
                .and_then(|rust| rust.constant.clone()),
        })
    }

    fn metric(&self, metric: Metric, is_upstream: bool) -> Result<Signal, ResolveError> {
        Ok(Signal {
            uses: self.uses(&metric.name, &metric.attributes)?,
            name: metric.name,
            kind: Kind::Metric {
                instrument: metric.instrument,
                unit: metric.unit,
                is_upstream,
                is_opt_in: metric.requirement_level == Some(Level::OptIn),
            },
            brief: metric.brief,
            note: metric.note,
            stability: metric.stability,
        })
    }

    /// The public groups: what describes resources and links.
    fn described(&self) -> Result<Vec<Signal>, ResolveError> {
        let public = self
            .groups
            .values()
            .filter(|group| group.visibility == Visibility::Public);
        public
            .map(|group| {
                let wrong = || ResolveError::Group(group.id.clone());
                let kind = if group.id == LINK {
                    Kind::Link
                } else if group.id.starts_with(RESOURCES) {
                    Kind::Resource
                } else {
                    return Err(wrong());
                };
                Ok(Signal {
                    name: group.id.clone(),
                    kind,
                    brief: group.brief.clone().ok_or_else(wrong)?,
                    note: group.note.clone(),
                    stability: group.stability.ok_or_else(wrong)?,
                    uses: self.uses(&group.id, &group.attributes)?,
                })
            })
            .collect()
    }
}
