//! Tables that searches and people look things up in.

use scoutline_detect::recipe::{Environment, builtin};
use scoutline_semconv::Severity;
use scoutline_semconv::registry::{self, Kind, Level, Place};
use scoutline_semconv::values::RecordKind;

use super::conf::Conf;
use super::searches;
use crate::catalogue::Catalogue;
use crate::language::Language;
use scoutline_semconv::collector::ADDED;

/// A table: what it is called, and its rows, of which the first has the names of the columns.
pub(super) struct Lookup {
    pub(super) name: &'static str,
    rows: Vec<Vec<String>>,
}

impl Lookup {
    pub(super) fn csv(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let cells: Vec<_> = row.iter().map(|it| quoted(it)).collect();
            text.push_str(&cells.join(","));
            text.push('\n');
        }
        text
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

pub(super) fn all(catalogue: &Catalogue) -> [Lookup; 4] {
    [recipes(), severities(), correlations(catalogue), fields()]
}

pub(super) fn transforms(lookups: &[Lookup]) -> String {
    let mut conf = Conf::new();
    for lookup in lookups {
        conf.stanza(lookup.name);
        conf.set("filename", &format!("{}.csv", lookup.name));
        conf.set("case_sensitive_match", "true");
    }
    conf.text()
}

fn header(names: &[&str]) -> Vec<String> {
    names.iter().map(|it| (*it).to_owned()).collect()
}

fn numbered(actions: &[String]) -> String {
    let lines = (1..).zip(actions);
    let lines: Vec<_> = lines
        .map(|(number, it)| format!("{number}. {it}"))
        .collect();
    lines.join("\n")
}

/// Of each recipe what it means and asks for.
fn recipes() -> Lookup {
    let mut names = header(&[
        "name",
        "uuid",
        "version",
        "title",
        "severity",
        "risk_score",
        "techniques",
        "tactics",
        "description",
    ]);
    for environment in Environment::ALL {
        let environment = environment.as_str();
        names.push(format!("{environment}_implication"));
        names.push(format!("{environment}_actions"));
    }
    let mut rows = vec![names];
    for recipe in builtin().0 {
        let techniques: Vec<_> = recipe.attack.iter().map(|it| it.technique.id).collect();
        let mut tactics = Vec::new();
        for tactic in recipe.attack.iter().flat_map(|it| &it.tactics) {
            if !tactics.contains(&tactic.id) {
                tactics.push(tactic.id);
            }
        }
        let mut row = vec![
            recipe.name.clone(),
            recipe.uuid.clone(),
            recipe.version.to_string(),
            recipe.title.clone(),
            recipe.severity.name().to_owned(),
            recipe.severity.risk_score().to_string(),
            techniques.join(" "),
            tactics.join(" "),
            recipe.description.clone(),
        ];
        for environment in Environment::ALL {
            let guidance = recipe.environments.get(environment);
            row.push(guidance.implication.clone());
            row.push(numbered(&guidance.actions));
        }
        rows.push(row);
    }
    Lookup {
        name: "scoutline_recipes",
        rows,
    }
}

/// What the word stands for.
fn severities() -> Lookup {
    let mut rows = vec![header(&["severity", "severity_id", "risk_score"])];
    rows.extend(Severity::ALL.map(|it| {
        vec![
            it.name().to_owned(),
            it.number().to_string(),
            it.risk_score().to_string(),
        ]
    }));
    Lookup {
        name: "scoutline_severities",
        rows,
    }
}

/// Of each saved search what it means and asks for.
fn correlations(catalogue: &Catalogue) -> Lookup {
    let mut rows = vec![header(&[
        "name",
        "search_name",
        "title",
        "severity",
        "risk_score",
        "techniques",
        "window_seconds",
        "every_seconds",
        "answers",
        "false_positives",
        "drill_down",
        "ci_actions",
        "staging_actions",
        "production_actions",
        "tune",
    ])];
    for (name, question, alert) in catalogue.correlations() {
        let mut row = vec![
            name.to_owned(),
            searches::stanza(question),
            question.title.clone(),
            alert.severity.name().to_owned(),
            alert.severity.risk_score().to_string(),
            question.attack.join(" "),
            alert.window.to_string(),
            searches::every(alert).to_string(),
            question.answers.clone(),
            alert.false_positives.join("\n"),
            alert.drill_down.clone(),
        ];
        row.extend(Environment::ALL.map(|it| numbered(alert.response.get(it))));
        row.push(question.tune.clone());
        rows.push(row);
    }
    Lookup {
        name: "scoutline_correlations",
        rows,
    }
}

/// Which field an event of which kind has, and how surely.
fn fields() -> Lookup {
    let mut names = header(&["field", "type"]);
    names.extend(RecordKind::ALL.map(|it| it.as_str().to_owned()));
    let mut rows = vec![names];
    for definition in registry::ATTRIBUTES {
        let levels = RecordKind::ALL.map(|kind| {
            let resource = match kind {
                RecordKind::Detection => "workload",
                _ => "sensor",
            };
            let of_record = definition.level_on(Place::Event(kind.event_name()));
            let of_resource = definition
                .uses
                .iter()
                .find(|it| matches!(it.on, Place::Resource(name) if name.ends_with(resource)));
            let level = of_record.or(of_resource.map(|it| it.level));
            level.map_or("", level_name).to_owned()
        });
        if levels.iter().all(String::is_empty) {
            continue;
        }
        // Only PromQL has names of its own for what the registry knows.
        let name = Language::Spl.name(definition.name).unwrap_or_default();
        let mut row = vec![name, kind_name(definition.kind).to_owned()];
        row.extend(levels);
        rows.push(row);
    }
    for added in ADDED {
        let mut row = header(&[added, "text"]);
        row.extend(RecordKind::ALL.map(|_| "recommended".to_owned()));
        rows.push(row);
    }
    // What the exporter makes of the record itself.
    let of_exporter = [
        ("otel.log.name", "text", "required"),
        ("otel.log.severity.number", "int", "required"),
        ("otel.log.severity.text", "text", "required"),
        ("span_id", "text", "recommended"),
        ("trace_id", "text", "recommended"),
    ];
    for (name, kind, level) in of_exporter {
        let mut row = header(&[name, kind]);
        row.extend(RecordKind::ALL.map(|_| level.to_owned()));
        rows.push(row);
    }
    Lookup {
        name: "scoutline_fields",
        rows,
    }
}

const fn level_name(level: Level) -> &'static str {
    match level {
        Level::Required => "required",
        Level::Conditional => "conditional",
        Level::Recommended => "recommended",
        Level::OptIn => "opt-in",
    }
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "bool",
        Kind::Int => "int",
        Kind::Double => "double",
        Kind::Text | Kind::Word(_) => "text",
        Kind::Texts => "texts",
    }
}
