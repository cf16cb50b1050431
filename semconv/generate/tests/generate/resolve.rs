//! A registry that contradicts itself is refused.

use std::fs;

use scoutline_semconv_generate::{LoadError, Registry, ResolveError, Source};
use tempfile::TempDir;

const MANIFEST: &str = "
name: test
description: A test.
schema_url: https://example.org/schemas/0.1.0
dependencies: []
";

const UPSTREAM: &str = "
version: 1.44.0
attributes:
  process:
    - {name: process.pid, type: int, brief: A process., examples: [1], stability: stable}
metrics: []
";

const ATTRIBUTES: &str = "
file_format: definition/2
attributes:
  - {key: scoutline.a, type: string, brief: A text., examples: [a], stability: development}
";

/// An event with these attributes.
fn event(attributes: &str) -> String {
    format!(
        "
file_format: definition/2
attribute_groups:
  - id: both
    visibility: internal
    attributes:
      - {{ref: scoutline.a, requirement_level: required}}
      - {{ref: process.pid, requirement_level: {{conditionally_required: There is one.}}}}
  - {{id: circle, visibility: internal, attributes: [{{ref_group: circle}}]}}
events:
  - name: scoutline.event
    brief: Something.
    stability: development
    requirement_level: recommended
    entity_associations: [host]
    attributes: [{attributes}]
"
    )
}

fn registry(attributes: &str, events: &str) -> Result<Source, LoadError> {
    let folder = TempDir::new().expect("a folder can be made");
    let registry = folder.path().join("registry");
    fs::create_dir(&registry).expect("a folder can be made");
    for (path, text) in [
        (registry.join("manifest.yaml"), MANIFEST),
        (registry.join("record.yaml"), attributes),
        (registry.join("events.yaml"), events),
        (folder.path().join("upstream.yaml"), UPSTREAM),
    ] {
        fs::write(path, text).expect("a file can be written");
    }
    Source::read(folder.path())
}

fn resolved(attributes: &str, events: &str) -> Result<Registry, ResolveError> {
    Registry::resolve(registry(attributes, events).expect("it can be read"))
}

#[test]
fn references_are_followed_through_groups() {
    let registry = resolved(ATTRIBUTES, &event("{ref_group: both}")).expect("it is sound");
    let signal = registry.signals.first().expect("there is an event");
    let names: Vec<_> = signal
        .uses
        .iter()
        .map(|found| found.attribute.as_str())
        .collect();
    assert_eq!(names, ["scoutline.a", "process.pid"]);
    let upstream = registry.attribute("process.pid").expect("it is listed");
    assert!(upstream.is_upstream);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let signal = || "scoutline.event".to_owned();
    let name = |text: &str| text.to_owned();
    let required = "{ref: scoutline.a, requirement_level: required}";
    for (attributes, expected) in [
        (
            "{ref: scoutline.b, requirement_level: required}",
            ResolveError::Undefined {
                signal: signal(),
                name: name("scoutline.b"),
            },
        ),
        (
            "{ref_group: neither}",
            ResolveError::Undefined {
                signal: signal(),
                name: name("neither"),
            },
        ),
        (
            "{ref: scoutline.a}",
            ResolveError::Requirement {
                signal: signal(),
                name: name("scoutline.a"),
            },
        ),
        (
            "{requirement_level: required}",
            ResolveError::Reference(signal()),
        ),
        (
            "{ref_group: both}, {ref: process.pid, requirement_level: required}",
            ResolveError::Repeated {
                signal: signal(),
                name: name("process.pid"),
            },
        ),
        (
            "{ref_group: circle}",
            ResolveError::Reference(name("circle")),
        ),
        (required, ResolveError::Unused(name("process.pid"))),
    ] {
        let error = resolved(ATTRIBUTES, &event(attributes)).expect_err(attributes);
        assert_eq!(error, expected, "{attributes}");
    }
    let twice = format!(
        "{ATTRIBUTES}{}",
        ATTRIBUTES.lines().last().unwrap_or_default()
    );
    let error =
        resolved(&twice, &event("{ref_group: both}")).expect_err("scoutline.a is there twice");
    assert_eq!(error, ResolveError::Twice(name("scoutline.a")));
}

#[test]
fn examples_are_values_of_their_attribute() {
    for wrong in ["[1]", "[[a]]", "[a, 2]"] {
        let attributes = ATTRIBUTES.replace("[a]", wrong);
        let error = resolved(&attributes, &event("{ref_group: both}")).expect_err(wrong);
        assert_eq!(
            error,
            ResolveError::Example("scoutline.a".to_owned()),
            "{wrong}"
        );
    }
}

#[test]
fn keys_that_weaver_does_not_know_are_refused() {
    for (wrong, right) in [
        ("briefs: A text.", "brief: A text."),
        ("kind: string", "type: string"),
    ] {
        let attributes = ATTRIBUTES.replace(right, wrong);
        assert_ne!(attributes, ATTRIBUTES);
        let error = registry(&attributes, &event("{ref_group: both}")).expect_err(wrong);
        let LoadError::Parse { path, .. } = error else {
            panic!("{error}");
        };
        assert!(path.ends_with("registry/record.yaml"), "{}", path.display());
    }
}
