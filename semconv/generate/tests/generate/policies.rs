//! The policies, as Weaver would run them: they find nothing in the registry, and each finds what it is there for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regorus::Engine;
use scoutline_semconv_generate::model::{Attribute, File};
use scoutline_semconv_generate::{Kind, Registry, Source, folder};
use serde_json::{Value, json};

/// Name and text of each policy.
fn policies() -> Vec<(String, String)> {
    let mut paths: Vec<_> = fs::read_dir(folder().join("policies"))
        .expect("there are policies")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    paths.sort();
    let named = |path: PathBuf| {
        let name = path.file_stem()?.to_str()?.to_owned();
        Some((name, fs::read_to_string(&path).ok()?))
    };
    paths
        .into_iter()
        .map(|path| named(path).expect("a policy can be read"))
        .collect()
}

/// What `deny` of these policies contains.
fn findings(policies: &[(String, String)], input: Value) -> Vec<Value> {
    let mut engine = Engine::new();
    for (name, text) in policies {
        let package = engine.add_policy(format!("{name}.rego"), text.clone());
        let package = package.unwrap_or_else(|error| panic!("{name}: {error:#}"));
        assert_eq!(package, "data.after_resolution", "{name}");
    }
    engine.set_input(input.into());
    let denied = engine
        .eval_rule("data.after_resolution.deny".to_owned())
        .expect("the policies run");
    let denied = denied.to_json_str().expect("findings are JSON");
    serde_json::from_str(&denied).expect("a set becomes a list")
}

/// The registry as Weaver shows it to policies: own attributes, and on each signal those of others too.
fn input(registry: &Registry) -> Value {
    let mut signals = json!({"events": [], "spans": [], "metrics": [], "attribute_groups": []});
    for signal in &registry.signals {
        let (list, name) = match signal.kind {
            Kind::Event => ("events", "name"),
            Kind::Span { .. } => ("spans", "type"),
            Kind::Metric { .. } => ("metrics", "name"),
            Kind::Link | Kind::Resource => ("attribute_groups", "id"),
        };
        let attributes: Vec<_> = signal
            .uses
            .iter()
            .filter_map(|found| registry.attribute(&found.attribute))
            .map(|definition| &definition.attribute)
            .collect();
        let signal = json!({(name): signal.name, "attributes": attributes});
        signals[list]
            .as_array_mut()
            .expect("it is a list")
            .push(signal);
    }
    let own = registry
        .attributes()
        .filter(|definition| !definition.is_upstream)
        .map(|definition| &definition.attribute);
    signals["attributes"] = own.map(|attribute| json!(attribute)).collect();
    json!({"registry": signals})
}

fn bad_registry(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/generate/bad");
    let path = path.join(format!("{name}.yaml"));
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: File =
        serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let attributes: Vec<Attribute> = file.attributes;
    json!({"registry": {"attributes": attributes, "events": [], "spans": [], "metrics": [], "attribute_groups": []}})
}

#[test]
fn the_registry_keeps_them() {
    let source = Source::read(&folder()).expect("the registry can be read");
    let registry = Registry::resolve(source).expect("its references lead somewhere");
    let input = input(&registry);
    // Else they may be looking at nothing.
    for list in [
        "attributes",
        "events",
        "spans",
        "metrics",
        "attribute_groups",
    ] {
        let count = input["registry"][list].as_array().map_or(0, Vec::len);
        assert!(count > 0, "the policies are shown no {list}");
    }
    let found = findings(&policies(), input);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn each_finds_what_it_is_there_for() {
    let expected = |name: &str| -> &[(&str, &str)] {
        match name {
            "arrays" => &[("unportable_type", "scoutline.pids")],
            "attack" => &[
                ("malformed_attack_id", "scoutline.attack.tactics"),
                ("malformed_attack_id", "threat.technique.id"),
            ],
            "documented" => &[
                ("undocumented", "scoutline.kind"),
                ("undocumented", "scoutline.nothing"),
            ],
            "names" => &[
                ("leaf_is_namespace", "scoutline.sequence"),
                ("malformed_name", "scoutline.Count"),
            ],
            "namespaces" => &[("foreign_namespace", "process.risk")],
            _ => panic!("policy {name} has no bad registry"),
        }
    };
    for policy in policies() {
        let name = policy.0.clone();
        let found = findings(&[policy], bad_registry(&name));
        let ids: BTreeSet<_> = found.iter().map(|finding| id(&name, finding)).collect();
        let expected: BTreeSet<_> = expected(&name).iter().copied().collect();
        assert_eq!(ids, expected, "{name}: {found:#?}");
    }
}

#[test]
fn an_attribute_that_says_nothing_lacks_everything() {
    let found = findings(&policies(), bad_registry("documented"));
    let missing: BTreeSet<_> = found
        .iter()
        .filter(|finding| finding["context"]["attribute"] == "scoutline.nothing")
        .filter_map(|finding| finding["context"]["missing"].as_str())
        .collect();
    assert_eq!(missing, BTreeSet::from(["brief", "examples", "stability"]));
}

#[test]
fn attack_ids_that_are_right_are_left_alone() {
    let found = findings(&policies(), bad_registry("attack"));
    let examples: BTreeSet<_> = found
        .iter()
        .filter_map(|finding| finding["context"]["example"].as_str())
        .collect();
    assert_eq!(examples, BTreeSet::from(["T0006", "T108", "T1497.001"]));
}

/// Id and attribute of a finding that has all that Weaver wants of one.
fn id<'a>(policy: &str, finding: &'a Value) -> (&'a str, &'a str) {
    let keys: Vec<_> = finding
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    assert_eq!(keys, ["context", "id", "level", "message"], "{policy}");
    assert_eq!(finding["level"], "violation", "{policy}");
    let attribute = finding["context"]["attribute"].as_str();
    let attribute = attribute.unwrap_or_else(|| panic!("{policy}: {finding}"));
    let message = finding["message"].as_str().unwrap_or_default();
    assert!(message.contains(attribute), "{policy}: {message}");
    (finding["id"].as_str().unwrap_or_default(), attribute)
}
