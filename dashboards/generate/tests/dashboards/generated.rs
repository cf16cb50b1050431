//! What is committed is what the catalogue says.

use std::collections::BTreeSet;
use std::fs;

use scoutline_dashboards::{COMMAND, Catalogue, Place, folder, generate};
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
    let folders: BTreeSet<_> = made.iter().filter_map(|it| it.parent()).collect();
    for folder in folders {
        for entry in fs::read_dir(folder).expect("something is made there") {
            let path = entry.expect("it can be read").path();
            assert!(
                path.is_dir() || path.ends_with("README.md") || made.contains(&path),
                "nobody makes {}",
                path.display()
            );
        }
    }
}

#[test]
fn every_question_is_shown_or_asked_by_itself() {
    let catalogue = catalogue();
    for (name, question) in &catalogue.questions {
        assert_ne!(question.panel.is_some(), question.alert.is_some(), "{name}");
        let rows = catalogue.dashboards.iter().flat_map(|it| &it.rows);
        let mut places = rows.flat_map(|it| &it.panels);
        let is_shown = places.any(|it| match it {
            Place::Question(shown) => shown == name,
            Place::Sized(shown) => shown.contains_key(name),
        });
        assert_eq!(is_shown, question.panel.is_some(), "{name}");
        let is_executed = [&question.queries.logql, &question.queries.promql];
        let is_executed = is_executed.iter().any(|it| it.text().is_some());
        assert_eq!(is_executed, !question.cases.is_empty(), "{name}");
    }
}

#[test]
fn a_correlation_says_what_to_do() {
    for (name, question, alert) in catalogue().correlations() {
        let response = &alert.response;
        for text in [
            &alert.subject,
            &alert.false_positives,
            &response.ci,
            &response.staging,
            &response.production,
        ] {
            assert!(!text.is_empty(), "{name}");
        }
        let expected = question.cases.iter().any(|it| !it.expect.is_empty());
        assert!(expected, "{name} is never shown to fire");
    }
}

#[test]
fn panels_lie_side_by_side_and_say_what_they_are() {
    let files = generate(&catalogue()).expect("the catalogue is sound");
    let files = files
        .iter()
        .filter(|it| it.path.starts_with("grafana/dashboards"));
    for file in files {
        let dashboard: Value = serde_json::from_str(&file.text).expect("it is JSON");
        let variables = &dashboard["templating"]["list"];
        let variables = variables.as_array().expect("there are variables");
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
            let title = panel["title"].as_str().expect("a title");
            assert!(!title.is_empty());
            if panel["type"] == "row" {
                let texts = panel["panels"].as_array().expect("what is folded");
                assert!(!texts.is_empty(), "{title}");
                continue;
            }
            let description = panel["description"].as_str().expect("a description");
            assert!(!description.is_empty(), "{title}");
            assert!(panel["fieldConfig"]["defaults"]["unit"].is_string());
            for target in panel["targets"].as_array().expect("queries") {
                assert!(!target.to_string().contains("@{"), "{target}");
                let kind = target["datasource"]["type"].as_str().expect("a kind");
                let uid = format!("${{{kind}_datasource}}");
                assert_eq!(target["datasource"]["uid"], *uid);
                let name = format!("{kind}_datasource");
                assert!(variables.iter().any(|it| it["name"] == *name), "{name}");
            }
        }
    }
}
