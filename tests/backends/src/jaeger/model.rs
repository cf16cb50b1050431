//! Traces as Jaeger's query API has them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// All spans of one trace.
#[derive(Clone, Debug, Deserialize)]
pub struct Trace {
    /// Its id.
    #[serde(rename = "traceID")]
    pub id: TraceId,
    /// In no order.
    pub spans: Vec<Span>,
    /// Resources, by what [`Span::process`] refers to.
    pub processes: BTreeMap<String, Process>,
    /// What Jaeger finds wrong with it.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub warnings: Vec<String>,
}

/// One span.
#[derive(Clone, Debug, Deserialize)]
pub struct Span {
    /// Its id.
    #[serde(rename = "spanID")]
    pub id: SpanId,
    /// Its name.
    #[serde(rename = "operationName")]
    pub name: String,
    /// Its parent, and what it links to.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub references: Vec<Reference>,
    /// Start, microseconds since the Unix epoch, rounded down.
    #[serde(rename = "startTime")]
    pub start_us: u64,
    /// Duration, microseconds, rounded down.
    #[serde(rename = "duration")]
    pub duration_us: u64,
    /// Attributes, kind and status.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub tags: Vec<Tag>,
    /// Key of its resource in [`Trace::processes`].
    #[serde(rename = "processID")]
    pub process: String,
    /// What Jaeger finds wrong with it.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub warnings: Vec<String>,
}

/// From one span to another.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Reference {
    /// What it says.
    #[serde(rename = "refType")]
    pub kind: Kind,
    /// Where to.
    #[serde(rename = "traceID")]
    pub trace: TraceId,
    /// Where to.
    #[serde(rename = "spanID")]
    pub span: SpanId,
}

/// Kind of a reference.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// To the parent.
    ChildOf,
    /// A link. Its attributes are lost on the way into Jaeger.
    FollowsFrom,
}

/// A resource.
#[derive(Clone, Debug, Deserialize)]
pub struct Process {
    /// Its `service.name`.
    #[serde(rename = "serviceName")]
    pub service: String,
    /// Its other attributes.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub tags: Vec<Tag>,
}

/// An attribute.
#[derive(Clone, Debug, Deserialize)]
pub struct Tag {
    /// Its name.
    pub key: String,
    /// An array is its JSON as a string, an integer that JavaScript could not hold is a string as well.
    pub value: Value,
}

/// Id of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(pub u128);

/// Id of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(pub u64);

impl Trace {
    /// When it starts, microseconds since the Unix epoch.
    pub fn start_us(&self) -> Option<u64> {
        self.spans.iter().map(|span| span.start_us).min()
    }

    /// Resource of one of its spans.
    pub fn process(&self, span: &Span) -> Option<&Process> {
        self.processes.get(&span.process)
    }
}

impl Span {
    /// Its end, microseconds since the Unix epoch; up to two earlier than it was sent, as start and duration are rounded.
    pub fn end_us(&self) -> u64 {
        self.start_us.saturating_add(self.duration_us)
    }

    /// The parent that it names in its own trace.
    pub fn parent(&self, trace: TraceId) -> Option<SpanId> {
        self.references
            .iter()
            .find(|it| it.kind == Kind::ChildOf && it.trace == trace)
            .map(|it| it.span)
    }

    /// What it links to.
    pub fn links(&self) -> impl Iterator<Item = &Reference> {
        self.references
            .iter()
            .filter(|it| it.kind == Kind::FollowsFrom)
    }

    /// An attribute as text; empty if there is none.
    pub fn text(&self, name: &str) -> String {
        text(&self.tags, name)
    }
}

impl Process {
    /// An attribute as text; empty if there is none.
    pub fn text(&self, name: &str) -> String {
        text(&self.tags, name)
    }
}

fn text(tags: &[Tag], name: &str) -> String {
    match tags.iter().find(|tag| tag.key == name) {
        Some(Tag {
            value: Value::String(text),
            ..
        }) => text.clone(),
        Some(tag) => tag.value.to_string(),
        None => String::new(),
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

// Jaeger leaves out the first half of an id if it is all zeros, so ids are compared as numbers.
impl<'de> Deserialize<'de> for TraceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let id = u128::from_str_radix(&text, 16).map_err(de::Error::custom)?;
        Ok(Self(id))
    }
}

impl<'de> Deserialize<'de> for SpanId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let id = u64::from_str_radix(&text, 16).map_err(de::Error::custom)?;
        Ok(Self(id))
    }
}

/// Go writes a list without elements as null.
fn null_is_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
