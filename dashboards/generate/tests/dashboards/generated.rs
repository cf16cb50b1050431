//! What is committed is what the catalogue says.

use std::collections::BTreeSet;
use std::fs;

use scoutline_dashboards::{COMMAND, Catalogue, folder, generate};
use serde_json::Value;

fn catalogue() -> Catalogue {
    Catalogue::read(&folder().join("catalogue")).expect("the catalogue can be read")
}

#[test]
fn files_are_up_to_date() {
    let files = generate(&catalogue()).expect("the catalogue is sound");
    let differs = |path: &std::path::Path, text: &str| {
        fs::read_to_string(folder().join(path)).map_or(true, |found| found != text)
    };
    let stale: Vec<_> = files
        .iter()
        .filter(|it| differs(&it.path, &it.text))
        .map(|it| it.path.display().to_string())
        .collect();
    assert!(stale.is_empty(), "run `{COMMAND}`: {stale:?}");
    let made: BTreeSet<_> = files.iter().map(|it| folder().join(&it.path)).collect();
    for entry in fs::read_dir(folder().join("grafana")).expect("there are dashboards") {
        let path = entry.expect("it can be read").path();
        assert!(made.contains(&path), "nobody makes {}", path.display());
    }
}

#[test]
fn every_question_is_shown_and_has_an_answer() {
    let catalogue = catalogue();
    let files = generate(&catalogue).expect("the catalogue is sound");
    for (name, question) in &catalogue.questions {
        assert!(!question.cases.is_empty(), "{name} is not tested");
        let title = serde_json::to_string(&question.title).expect("a text");
        let is_shown = |text: &str| text.contains(&format!("\"title\": {title}"));
        assert!(
            files.iter().any(|it| is_shown(&it.text)),
            "{name} is nowhere"
        );
    }
}

#[test]
fn panels_lie_side_by_side_and_say_what_they_are() {
    for file in generate(&catalogue()).expect("the catalogue is sound") {
        let dashboard: Value = serde_json::from_str(&file.text).expect("it is JSON");
        let panels = dashboard["panels"].as_array().expect("there are panels");
        let mut taken = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for panel in panels {
            let at = |key: &str| panel["gridPos"][key].as_u64().expect("a number");
            assert!(at("x") + at("w") <= 24, "{panel}");
            for x in at("x")..at("x") + at("w") {
                for y in at("y")..at("y") + at("h") {
                    assert!(taken.insert((x, y)), "{panel} lies on another");
                }
            }
            assert!(ids.insert(panel["id"].as_u64()), "an id twice");
            for text in ["title", "description"] {
                assert!(panel[text].as_str().is_some_and(|it| !it.is_empty()));
            }
            assert!(panel["fieldConfig"]["defaults"]["unit"].is_string());
            for target in panel["targets"].as_array().expect("queries") {
                let query = target["expr"].as_str().expect("a query");
                assert!(!query.contains("@{"), "{query}");
                assert_eq!(target["datasource"]["uid"], "${loki_datasource}");
            }
        }
    }
}
