//! The records of the replay corpus are what the registry says of a detection.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use scoutline_semconv::registry::{self, Kind, Level, Place};
use scoutline_semconv::{attr, event};
use scoutline_semconv_generate::folder;
use serde_json::Value;

const DETECTION: Place = Place::Event(event::DETECTION);

/// Required by the registry and not sent yet.
const PENDING: [&str; 1] = [attr::SCOUTLINE_SESSION_KIND];

/// Records as OTLP/JSON, one a line.
fn records() -> Vec<Value> {
    let corpus = folder().join("../tests/replay/corpus");
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
fn records_are_as_specified() {
    let records = records();
    assert!(!records.is_empty(), "the corpus is empty");
    let mut found = BTreeSet::new();
    for record in &records {
        let attributes = record["attributes"]
            .as_array()
            .expect("there are attributes");
        let mut missing: BTreeSet<_> = registry::on(DETECTION)
            .filter(|(_, level)| *level == Level::Required)
            .map(|(definition, _)| definition.name)
            .filter(|name| !PENDING.contains(name))
            .collect();
        for attribute in attributes {
            let name = attribute["key"].as_str().expect("an attribute has a name");
            missing.remove(name);
            match registry::find(name) {
                None => found.insert(format!("{name} is not defined")),
                Some(definition) if definition.level_on(DETECTION).is_none() => {
                    found.insert(format!("{name} is not for detections"))
                }
                Some(definition) if !fits(definition.kind, &attribute["value"]) => {
                    let (kind, value) = (definition.kind, &attribute["value"]);
                    found.insert(format!("{name} is {value}, not {kind:?}"))
                }
                Some(_) => false,
            };
        }
        found.extend(missing.iter().map(|name| format!("{name} is missing")));
    }
    assert!(found.is_empty(), "{found:#?}");
}
