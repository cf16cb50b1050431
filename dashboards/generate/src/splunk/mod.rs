//! Splunk: an app with searches, dashboards of Dashboard Studio, lookups, and what maps events to the Common Information
//! Model. Events come from the Collector's `splunk_hec` exporter, which makes every attribute a field of the index.

mod conf;
mod knowledge;
mod lookups;
mod panel;
mod searches;
mod studio;

use std::path::Path;

use scoutline_semconv::values::RecordKind;
use serde_json::json;

use crate::catalogue::Catalogue;
use crate::language::ExpandError;
use crate::{GenerateError, Generated};

use conf::Conf;

/// The app's folder, and its id.
const APP: &str = "scoutline";

const DESCRIPTION: &str =
    "Reconnaissance on Linux hosts, in containers and in CI jobs, as the sensor Scoutline sees it.";

/// What the Collector's configuration for Splunk sets.
fn sourcetype(kind: RecordKind) -> String {
    format!("scoutline:{}", kind.as_str())
}

/// The macro that a saved search ends in.
fn filter(name: &str) -> String {
    format!("scoutline_{name}_filter")
}

fn wrong(question: &str) -> impl Fn(ExpandError) -> GenerateError {
    let question = question.to_owned();
    move |source| GenerateError::Query {
        question: question.clone(),
        source,
    }
}

/// All that Splunk is given.
pub(crate) fn files(catalogue: &Catalogue) -> Result<Vec<Generated>, GenerateError> {
    let wrong = wrong("Splunk's configuration");
    let lookups = lookups::all(catalogue);
    let mut files = vec![
        file("app.manifest", manifest()),
        file("README.md", include_str!("README.md").to_owned()),
        file("LICENSE", include_str!("../../../../LICENSE").to_owned()),
        file("default/app.conf", app()),
        file("default/props.conf", knowledge::props().map_err(&wrong)?),
        file("default/transforms.conf", lookups::transforms(&lookups)),
        file("default/fields.conf", knowledge::fields()),
        file(
            "default/eventtypes.conf",
            knowledge::event_types().map_err(&wrong)?,
        ),
        file("default/tags.conf", knowledge::tags()),
        file(
            "default/macros.conf",
            knowledge::macros(catalogue).map_err(&wrong)?,
        ),
        file("default/savedsearches.conf", searches::saved(catalogue)?),
        file("default/data/ui/nav/default.xml", navigation(catalogue)),
        file("metadata/default.meta", METADATA.to_owned()),
    ];
    for lookup in &lookups {
        let path = format!("lookups/{}.csv", lookup.name);
        files.push(file(&path, lookup.csv()));
    }
    for dashboard in &catalogue.dashboards {
        let path = format!("default/data/ui/views/{}.xml", view(&dashboard.uid));
        files.push(file(&path, studio::view(catalogue, dashboard)?));
    }
    Ok(files)
}

fn file(path: &str, text: String) -> Generated {
    Generated {
        path: Path::new("splunk").join(APP).join(path),
        text,
    }
}

/// What a dashboard is called in addresses.
fn view(uid: &str) -> String {
    uid.replace('-', "_")
}

fn app() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let stanzas = [
        ("install", &[("is_configured", "0"), ("build", "1")][..]),
        ("ui", &[("is_visible", "1"), ("label", "Scoutline")]),
        (
            "launcher",
            &[
                ("author", "Scoutline"),
                ("description", DESCRIPTION),
                ("version", version),
            ],
        ),
        ("package", &[("id", APP), ("check_for_updates", "0")]),
        ("id", &[("name", APP), ("version", version)]),
    ];
    let mut conf = Conf::new();
    for (stanza, keys) in stanzas {
        conf.stanza(stanza);
        for (key, value) in keys {
            conf.set(key, value);
        }
    }
    conf.text()
}

fn manifest() -> String {
    let manifest = json!({
        "schemaVersion": "2.0.0",
        "info": {
            "title": "Scoutline",
            "id": {"group": null, "name": APP, "version": env!("CARGO_PKG_VERSION")},
            "author": [{"name": "Scoutline", "email": null, "company": null}],
            "releaseDate": null,
            "description": DESCRIPTION,
            "classification": {
                "intendedAudience": "IT Professionals",
                "categories": ["Security, Fraud & Compliance"],
                "developmentStatus": "Production/Stable",
            },
            "commonInformationModels": null,
            "license": {
                "name": env!("CARGO_PKG_LICENSE"),
                "text": "LICENSE",
                "uri": null,
            },
            "privacyPolicy": null,
            "releaseNotes": null,
        },
        "dependencies": null,
        "tasks": null,
        "inputGroups": null,
        "incompatibleApps": null,
        "platformRequirements": null,
        "supportedDeployments": ["_standalone", "_distributed", "_search_head_clustering"],
        "targetWorkloads": ["_search_heads"],
    });
    // A map of texts cannot fail to be written.
    serde_json::to_string_pretty(&manifest).unwrap_or_default() + "\n"
}

fn navigation(catalogue: &Catalogue) -> String {
    let mut lines = vec![r#"<nav search_view="search">"#.to_owned()];
    for (index, dashboard) in catalogue.dashboards.iter().enumerate() {
        let first = if index == 0 { r#" default="true""# } else { "" };
        lines.push(format!(
            r#"  <view name="{}"{first} />"#,
            view(&dashboard.uid)
        ));
    }
    for name in ["search", "reports", "alerts"] {
        lines.push(format!(r#"  <view name="{name}" />"#));
    }
    lines.push("</nav>\n".to_owned());
    lines.join("\n")
}

/// Knowledge about fields is everybody's, everything else the app's own.
const METADATA: &str = "\
[]
access = read : [ * ], write : [ admin, sc_admin ]

[props]
export = system

[fields]
export = system

[eventtypes]
export = system

[tags]
export = system

[macros]
export = system

[transforms]
export = system

[lookups]
export = system

[savedsearches]
export = system
";
