//! What an index has to know: types, the names of the Elastic Common Schema, and what is made of a record as it arrives.
//!
//! The Elasticsearch exporter keeps names as they are on the wire, below `attributes` and `resource.attributes`, and
//! Elasticsearch's own templates let queries leave these two out. Fields of the Elastic Common Schema that are the same
//! under another name are aliases: they take no space, and nothing is in a document twice.

use std::collections::BTreeMap;
use std::path::PathBuf;

use scoutline_semconv::registry::{self, Definition, Kind, Place};
use scoutline_semconv::values::{DetectionKind, RecordKind};
use scoutline_semconv::{attr, resource};
use scoutline_semconv_generate::model::Relation;
use scoutline_semconv_generate::{Registry, Source, folder};
use serde_json::{Map, Value as Json, json};

use super::{PIPELINE, RECORDS};
use crate::{GenerateError, Generated};
use scoutline_semconv::collector::ADDED;

/// The component template with our types and aliases.
const MAPPINGS: &str = "logs-scoutline.otel@mappings";

/// The index template.
const TEMPLATE: &str = "logs-scoutline.otel";

/// Above Elasticsearch's own (120) and those of Fleet's packages (200).
const PRIORITY: u32 = 300;

/// As Elasticsearch's own, and no less than what the sensor sends.
const LENGTH: u32 = 1024;

/// Which of two attributes of the same name is meant; as in Elasticsearch's own templates.
const RESOURCE_FIRST: u32 = 40;
const RECORD_LAST: u32 = 20;

pub(super) fn files() -> Result<Vec<Generated>, GenerateError> {
    let file = |name: &str, value: &Json| {
        let path = PathBuf::from(format!("elastic/ingest/{name}.json"));
        Generated::json(path, value)
    };
    Ok(vec![
        file(PIPELINE, &pipeline()),
        file(MAPPINGS, &mappings()?),
        file(TEMPLATE, &template()),
    ])
}

/// Where an attribute is in a document.
enum Part {
    Record,
    Resource,
}

/// Of attributes that are in no log record, none.
fn part(definition: &Definition) -> Option<Part> {
    // The exporter makes it part of the name of the data stream.
    if definition.name == resource::DATA_STREAM_DATASET {
        return None;
    }
    let is = |found: fn(&Place) -> bool| definition.uses.iter().any(|it| found(&it.on));
    if is(|it| matches!(it, Place::Resource(_))) {
        return Some(Part::Resource);
    }
    is(|it| matches!(it, Place::Event(_))).then_some(Part::Record)
}

/// The type of an attribute in Elasticsearch.
fn kind_of(definition: &Definition) -> &'static str {
    match definition.kind {
        Kind::Bool => "boolean",
        Kind::Int => "long",
        Kind::Double => "double",
        Kind::Text | Kind::Texts | Kind::Word(_) if is_time(definition.name) => "date",
        Kind::Text | Kind::Texts | Kind::Word(_) => "keyword",
    }
}

/// RFC 3339, by the registry.
fn is_time(name: &str) -> bool {
    [
        attr::PROCESS_CREATION_TIME,
        attr::SCOUTLINE_DETECTION_FIRST_TIME,
        attr::SCOUTLINE_DETECTION_LAST_TIME,
    ]
    .contains(&name)
}

/// The type of a name that a query reads.
pub(super) fn kind(name: &str) -> Result<&'static str, GenerateError> {
    match registry::find(name) {
        Some(definition) => Ok(kind_of(definition)),
        None if ADDED.contains(&name) => Ok("keyword"),
        None => Err(GenerateError::Query {
            question: name.to_owned(),
            source: crate::ExpandError::Unknown(name.to_owned()),
        }),
    }
}

fn field(kind: &str) -> Json {
    match kind {
        "keyword" => json!({"type": kind, "ignore_above": LENGTH}),
        _ => json!({"type": kind}),
    }
}

fn mappings() -> Result<Json, GenerateError> {
    let mut record = Map::new();
    let mut about = Map::new();
    let mut root = BTreeMap::new();
    let registry = read()?;
    for definition in registry::ATTRIBUTES {
        let name = definition.name;
        let path = match part(definition) {
            Some(Part::Record) => {
                record.insert(name.to_owned(), field(kind_of(definition)));
                format!("attributes.{name}")
            }
            Some(Part::Resource) => {
                about.insert(name.to_owned(), field(kind_of(definition)));
                format!("resource.attributes.{name}")
            }
            None => continue,
        };
        let found = registry.attribute(name);
        let ecs = found.and_then(|it| it.attribute.annotations.ecs.as_ref());
        if let Some(ecs) = ecs
            && matches!(ecs.relation, Relation::Equivalent)
        {
            root.insert(ecs.field.clone(), json!({"type": "alias", "path": path}));
        }
    }
    for name in ADDED {
        about.insert(name.to_owned(), field("keyword"));
    }
    // What Elastic Security shows as who did it.
    let who = format!("attributes.{}", attr::PROCESS_USER_NAME);
    root.insert(
        "user.name".to_owned(),
        json!({"type": "alias", "path": who}),
    );
    for name in ["event.kind", "event.category", "event.type"] {
        root.insert(name.to_owned(), field("keyword"));
    }
    root.insert("event.ingested".to_owned(), field("date"));
    root.insert("event_name".to_owned(), field("keyword"));
    root.insert(
        "attributes".to_owned(),
        passthrough(RECORD_LAST, record.into()),
    );
    root.insert(
        "resource.attributes".to_owned(),
        passthrough(RESOURCE_FIRST, about.into()),
    );
    Ok(json!({
        "template": {"mappings": {"properties": nested(root)}},
        "_meta": {"description": format!("Types and names of what Scoutline sends. {MADE}")},
    }))
}

const MADE: &str = "Generated from dashboards/catalogue and semconv/registry: make content";

fn passthrough(priority: u32, properties: Json) -> Json {
    json!({"type": "passthrough", "dynamic": true, "priority": priority, "properties": properties})
}

/// `resource.attributes` is below an object; fields with dots in their names are what they say.
fn nested(mut root: BTreeMap<String, Json>) -> Json {
    if let Some(attributes) = root.remove("resource.attributes") {
        let resource = json!({"properties": {"attributes": attributes}});
        root.insert("resource".to_owned(), resource);
    }
    json!(root)
}

fn read() -> Result<Registry, GenerateError> {
    let source = Source::read(&folder()).map_err(|it| GenerateError::Registry(Box::new(it)))?;
    Registry::resolve(source).map_err(|it| GenerateError::Registry(Box::new(it)))
}

fn template() -> Json {
    json!({
        "index_patterns": [RECORDS],
        "priority": PRIORITY,
        "data_stream": {},
        "allow_auto_create": true,
        // Elasticsearch's own for logs of OpenTelemetry in their order, then ours, then the user's.
        "composed_of": [
            "logs@mappings",
            "logs@settings",
            "otel@mappings",
            "logs-otel@mappings",
            "semconv-resource-to-ecs@mappings",
            "logs@custom",
            "logs-otel@custom",
            "ecs@mappings",
            MAPPINGS,
            "logs-scoutline.otel@custom",
        ],
        "ignore_missing_component_templates": [
            "logs@custom", "logs-otel@custom", "logs-scoutline.otel@custom",
        ],
        // The default pipeline stays what it is.
        "template": {"settings": {"index": {"mode": "logsdb", "final_pipeline": PIPELINE}}},
        "_meta": {"description": format!("What Scoutline sends through the Elasticsearch exporter. {MADE}")},
    })
}

/// What no attribute says by itself. Twice is as good as once.
fn pipeline() -> Json {
    let detection = is(attr::SCOUTLINE_RECORD_KIND, RecordKind::Detection.as_str());
    let of = |kind: DetectionKind| {
        let kind = is(attr::SCOUTLINE_DETECTION_KIND, kind.as_str());
        format!("{detection} && {kind}")
    };
    let file = of(DetectionKind::FileAccess);
    let execution = of(DetectionKind::Execution);
    let append = |field: &str, value: &str, condition: &str| {
        json!({"append": {
            "field": field, "value": [value], "allow_duplicates": false, "if": condition,
        }})
    };
    json!({
        "description": format!("Fields of the Elastic Common Schema for what Scoutline sends. {MADE}"),
        "processors": [
            {"set": {"field": "event.ingested", "value": "{{{_ingest.timestamp}}}"}},
            {"set": {"field": "event.kind", "value": "event"}},
            {"set": {"field": "event.kind", "value": "alert", "if": detection}},
            append("event.category", "file", &file),
            append("event.type", "access", &file),
            append("event.category", "process", &execution),
            append("event.type", "start", &execution),
        ],
        "_meta": {"managed_by": "scoutline"},
    })
}

/// Whether a record's attribute has this value, in Painless; the exporter leaves names with dots as they are.
fn is(attribute: &str, value: &str) -> String {
    format!("ctx.attributes?.get('{attribute}') == '{value}'")
}
