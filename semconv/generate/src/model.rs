//! The files of a registry as they are written: Weaver's `definition/2`, strictly.
//!
//! What Weaver would refuse is refused here, and also the parts of its language that this registry does not use. Brief
//! and stability may be missing here: the policies say so better.

use serde::{Deserialize, Serialize};

/// `manifest.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Name of the registry.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// Identifies registry and version.
    pub schema_url: String,
    /// Registries that it takes attributes from.
    pub dependencies: Vec<Dependency>,
}

/// A registry that another one builds on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// Identifies registry and version.
    pub schema_url: String,
    /// Where Weaver gets it.
    pub registry_path: String,
}

/// Any other file of the registry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Version of the language.
    pub file_format: FileFormat,
    /// Attributes that are defined here.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
    /// Lists of attributes that signals share or that describe something else than a signal.
    #[serde(default)]
    pub attribute_groups: Vec<Group>,
    /// Log records.
    #[serde(default)]
    pub events: Vec<Event>,
    /// Spans.
    #[serde(default)]
    pub spans: Vec<Span>,
    /// Metrics.
    #[serde(default)]
    pub metrics: Vec<Metric>,
    /// What is taken from dependencies as a whole.
    #[serde(default)]
    pub imports: Imports,
}

/// The only version of the language that is understood.
#[derive(Debug, Deserialize)]
pub enum FileFormat {
    /// `definition/2`.
    #[serde(rename = "definition/2")]
    Definition2,
}

/// The list of what is used of the upstream conventions; not a file of Weaver's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// Version of the conventions.
    pub version: String,
    /// Attributes, by family.
    pub attributes: std::collections::BTreeMap<String, Vec<Attribute>>,
    /// Metrics.
    pub metrics: Vec<Metric>,
}

/// An attribute where it is defined.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Its name; `key` in Weaver's files.
    #[serde(alias = "name")]
    pub key: String,
    /// What its value is.
    #[serde(rename = "type")]
    pub kind: Type,
    /// What it says, in a sentence.
    #[serde(default)]
    pub brief: String,
    /// More of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub examples: Option<Vec<Example>>,
    /// How far it may be relied on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stability: Option<Stability>,
    /// What Weaver passes through.
    #[serde(default)]
    pub annotations: Annotations,
}

/// Type of an attribute.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Type {
    /// By name.
    Plain(Plain),
    /// One of these words.
    Members {
        /// The words.
        members: Vec<Member>,
    },
}

/// Types that have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Plain {
    /// UTF-8 text.
    #[serde(rename = "string")]
    String,
    /// A signed 64-bit integer.
    #[serde(rename = "int")]
    Int,
    /// A floating point number.
    #[serde(rename = "double")]
    Double,
    /// A truth value.
    #[serde(rename = "boolean")]
    Boolean,
    /// Texts.
    #[serde(rename = "string[]")]
    Strings,
    /// Integers. The policies forbid it.
    #[serde(rename = "int[]")]
    Ints,
    /// Floating point numbers. The policies forbid it.
    #[serde(rename = "double[]")]
    Doubles,
    /// Truth values. The policies forbid it.
    #[serde(rename = "boolean[]")]
    Booleans,
}

/// A word that an attribute may be.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Identifies it in generated code.
    pub id: String,
    /// What is on the wire.
    pub value: String,
    /// What it says, in a sentence.
    pub brief: String,
    /// How far it may be relied on.
    pub stability: Stability,
}

/// A value of an attribute.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Example {
    /// A truth value.
    Boolean(bool),
    /// An integer.
    Int(i64),
    /// A floating point number.
    Double(f64),
    /// Text.
    String(String),
    /// Texts.
    Strings(Vec<String>),
}

/// How far a definition may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stability {
    /// May change or go.
    Development,
    /// Hardly changes any more.
    ReleaseCandidate,
    /// Does not change.
    Stable,
}

/// What Weaver passes through and the generator reads.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Annotations {
    /// The same in the Elastic Common Schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ecs: Option<Ecs>,
    /// The same in a Detection Finding of OCSF.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ocsf: Option<Ocsf>,
    /// The only value that it ever has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// For the generator of Rust.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rust: Option<Rust>,
}

/// A field of the Elastic Common Schema.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ecs {
    /// Its name.
    pub field: String,
    /// How close it is.
    pub relation: Relation,
}

/// How close two fields are.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Same name, same meaning.
    Match,
    /// Other name, same meaning.
    Equivalent,
    /// Nearly the same meaning.
    Related,
}

/// A place in a Detection Finding of OCSF.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ocsf {
    /// Names from the outside in, `[]` after a list.
    pub path: String,
}

/// How it is called in Rust.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rust {
    /// The enum, written by hand, whose `name()` gives the word.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The constant that holds the fixed value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constant: Option<String>,
}

/// A list of attributes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Identifies it.
    pub id: String,
    /// Whether readers of the registry see it.
    pub visibility: Visibility,
    /// What it is, in a sentence.
    pub brief: Option<String>,
    /// More of it.
    pub note: Option<String>,
    /// How far it may be relied on.
    pub stability: Option<Stability>,
    /// What is in it.
    pub attributes: Vec<Reference>,
}

/// Whether readers of a registry see a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// It only saves writing.
    Internal,
    /// It stands for something.
    Public,
}

/// An attribute, or a group of them, where it is used.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Name of an attribute.
    #[serde(rename = "ref")]
    pub attribute: Option<String>,
    /// Or id of a group.
    #[serde(rename = "ref_group")]
    pub group: Option<String>,
    /// Whether it is always there.
    pub requirement_level: Option<Requirement>,
    /// Narrows the definition's.
    pub brief: Option<String>,
    /// Narrows the definition's.
    pub examples: Option<Vec<Example>>,
    /// Besides the definition's.
    #[serde(default)]
    pub annotations: Annotations,
}

/// Whether an attribute is always there.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Requirement {
    /// Without a condition.
    Always(Level),
    /// Always there if the condition holds.
    Conditional {
        /// The condition, a sentence.
        conditionally_required: String,
    },
    /// Recommended, and why or when.
    Advised {
        /// A sentence.
        recommended: String,
    },
}

/// Requirement levels that need no condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Always there.
    Required,
    /// There unless switched off or not to be had.
    Recommended,
    /// Only there if switched on.
    OptIn,
}

/// A log record with a name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// What it says, in a sentence.
    pub brief: String,
    /// More of it.
    pub note: Option<String>,
    /// How far it may be relied on.
    pub stability: Stability,
    /// Whether it is sent by default.
    pub requirement_level: Level,
    /// What its resource is about.
    pub entity_associations: Vec<String>,
    /// What is on it.
    pub attributes: Vec<Reference>,
}

/// A span.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Identifies its definition; not on the wire.
    #[serde(rename = "type")]
    pub kind_of_span: String,
    /// `kind` of the span.
    pub kind: SpanKind,
    /// What it is, in a sentence.
    pub brief: String,
    /// More of it.
    pub note: Option<String>,
    /// How far it may be relied on.
    pub stability: Stability,
    /// Whether it is sent by default.
    pub requirement_level: Level,
    /// What it is called.
    pub name: SpanName,
    /// What its resource is about.
    pub entity_associations: Vec<String>,
    /// What is on it.
    pub attributes: Vec<Reference>,
}

/// The only kind of span that there is here.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// Neither side of a call.
    Internal,
}

/// How a span is called.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpanName {
    /// A pattern of attributes.
    pub note: String,
}

/// A metric.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// What is measured, in a sentence.
    pub brief: String,
    /// More of it.
    pub note: Option<String>,
    /// How it is measured.
    pub instrument: Instrument,
    /// UCUM unit.
    pub unit: String,
    /// How far it may be relied on.
    pub stability: Stability,
    /// Whether it is sent by default; upstream metrics leave it to their users.
    pub requirement_level: Option<Level>,
    /// What its resource is about.
    #[serde(default)]
    pub entity_associations: Vec<String>,
    /// What is on it.
    pub attributes: Vec<Reference>,
}

/// How a metric is measured.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Instrument {
    /// Only rises.
    Counter,
    /// Rises and falls.
    UpDownCounter,
    /// Is what it is now.
    Gauge,
    /// Is spread over buckets.
    Histogram,
}

/// What is taken from dependencies as a whole.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imports {
    /// Entities.
    #[serde(default)]
    pub entities: Vec<String>,
    /// Metrics.
    #[serde(default)]
    pub metrics: Vec<String>,
}
