//! The records and spans of the replay corpus are what the registry says of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use scoutline_semconv::event;
use scoutline_semconv::registry::{self, Kind, Level, Place};
use scoutline_semconv_generate::folder;
use serde_json::Value;

const DETECTION: Place = Place::Event(event::DETECTION);
const SESSION: Place = Place::Span("scoutline.session");
const EPISODE: Place = Place::Span("scoutline.episode");

/// What an item of the corpus is: records have an event name, and of spans only the root has no parent.
fn place(item: &Value) -> Place {
    if item["eventName"].is_string() {
        DETECTION
    } else if item["parentSpanId"] == "" {
        SESSION
    } else {
        EPISODE
    }
}

/// Records and spans as OTLP/JSON, one a line.
fn items() -> Vec<Value> {
    let corpus = folder().join("../tests/corpus");
    let files = fs::read_dir(corpus).expect("there is a corpus");
    let paths = files.map(|entry| entry.expect("the folder can be read").path());
    let is_golden = |path: &PathBuf| path.extension().is_some_and(|end| end == "jsonl");
    let texts = paths
        .filter(is_golden)
        .map(|path| fs::read_to_string(path).expect("a corpus can be read"));
    texts
        .flat_map(|text| {
            let lines = text.lines().map(serde_json::from_str);
            lines
                .collect::<Result<Vec<_>, _>>()
                .expect("lines are JSON")
        })
        .collect()
}

/// Whether a value in OTLP/JSON is one of the kind.
fn fits(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::Bool => value["boolValue"].is_boolean(),
        // 64 bits are text in OTLP/JSON.
        Kind::Int => value["intValue"].is_string(),
        Kind::Double => value["doubleValue"].is_number(),
        Kind::Text => value["stringValue"].is_string(),
        Kind::Texts => value["arrayValue"]["values"]
            .as_array()
            .is_some_and(|values| values.iter().all(|value| value["stringValue"].is_string())),
        Kind::Word(words) => value["stringValue"]
            .as_str()
            .is_some_and(|word| words.contains(&word)),
    }
}

#[test]
fn records_and_spans_are_as_specified() {
    let items = items();
    for wanted in [DETECTION, SESSION, EPISODE] {
        let has_one = items.iter().any(|item| place(item) == wanted);
        assert!(has_one, "the corpus has no {wanted:?}");
    }
    let mut found = BTreeSet::new();
    for item in &items {
        let place = place(item);
        let attributes = item["attributes"].as_array().expect("there are attributes");
        let mut missing: BTreeSet<_> = registry::on(place)
            .filter(|(_, level)| *level == Level::Required)
            .map(|(definition, _)| definition.name)
            .collect();
        for attribute in attributes {
            let name = attribute["key"].as_str().expect("an attribute has a name");
            missing.remove(name);
            match registry::find(name) {
                None => found.insert(format!("{name} is not defined")),
                Some(definition) if definition.level_on(place).is_none() => {
                    found.insert(format!("{name} is not for {place:?}"))
                }
                Some(definition) if !fits(definition.kind, &attribute["value"]) => {
                    let (kind, value) = (definition.kind, &attribute["value"]);
                    found.insert(format!("{name} is {value}, not {kind:?}"))
                }
                Some(_) => false,
            };
        }
        found.extend(
            missing
                .iter()
                .map(|name| format!("{name} is missing on {place:?}")),
        );
    }
    assert!(found.is_empty(), "{found:#?}");
}
