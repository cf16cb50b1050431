//! Correlations and recipes as detection rules of Elastic Security, a file each, and all of them for one import.

use std::collections::BTreeSet;
use std::path::PathBuf;

use scoutline_detect::recipe::attack::{Tactic, Technique};
use scoutline_detect::recipe::{Recipe, builtin};
use scoutline_semconv::{Severity, attr, resource};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::rule::{Query, Rule, severity, span, threat};
use super::{RECORDS, ingest};
use crate::catalogue::{Alert, Catalogue, Elastic, Question};
use crate::guidance::{about, briefing, page};
use crate::language::{Language, Purpose};
use crate::{GenerateError, Generated};

/// The list of exceptions that all rules share.
const EXCEPTIONS: &str = "scoutline";

/// A rule that looks at more than a day looks once an hour, because it reads all of it each time.
const DAY: u32 = 86_400;
const HOUR: u32 = 3_600;

/// Of rules on a single recipe: the same session and program again within it is no new alert.
const QUIET: u32 = HOUR;

/// Of rules on a single recipe, from one look to the next.
const EVERY: u32 = 300;

/// What Elasticsearch notes when a record arrives: a record that waited in a queue is looked at then.
const ARRIVED: &str = "event.ingested";

const SETUP: &str = "Needs the index template, the mappings and the ingest pipeline of dashboards/elastic/ingest, \
and records that a Collector put into logs-scoutline.otel-*; see docs/siem/elastic.md.";

pub(super) fn files(catalogue: &Catalogue) -> Result<Vec<Generated>, GenerateError> {
    let mut rules = Vec::new();
    for (name, question, alert) in catalogue.correlations() {
        if let Elastic::Absent(_) = question.queries.elastic {
            continue;
        }
        rules.push((name.to_owned(), correlation(name, question, alert)?));
    }
    let (recipes, _) = builtin();
    for recipe in &recipes {
        let name = format!("recipe_{}", recipe.name);
        let rule = of_recipe(&name, recipe)?;
        rules.push((name, rule));
    }
    let lines = rules.iter().map(|(_, rule)| json_line(rule));
    // Kibana takes the list first, wherever it is, so that the rules may refer to it.
    let lines: String = [json_line(&exceptions())]
        .into_iter()
        .chain(lines)
        .collect();
    let mut files = vec![Generated {
        path: PathBuf::from("elastic/scoutline.ndjson"),
        text: lines,
    }];
    files.extend(rules.iter().map(|(name, rule)| {
        let path = PathBuf::from(format!("elastic/rules/{name}.json"));
        Generated::json(path, rule)
    }));
    Ok(files)
}

fn json_line(value: &impl serde::Serialize) -> String {
    // As with `Generated::json`, nothing in it can fail.
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

fn correlation(name: &str, question: &Question, alert: &Alert) -> Result<Rule, GenerateError> {
    let wrong = |source| GenerateError::Query {
        question: name.to_owned(),
        source,
    };
    let mut every = alert.every;
    let mut window = alert.window;
    if window > DAY {
        every = every.max(HOUR);
    }
    let (language, text) = asked(&question.queries.elastic);
    let query = language.expand(text, Purpose::Alert).map_err(wrong)?;
    let mut read = language.reads(text, Purpose::Alert).map_err(wrong)?;
    let mut arrived = true;
    let query = match &question.queries.elastic {
        Elastic::Eql(_) => Query::Eql {
            language: "eql",
            index: [RECORDS],
            query,
        },
        Elastic::Esql(_) => {
            // What asks how long ago something happened goes by when it happened.
            arrived = !query.contains("NOW()");
            Query::Esql {
                language: "esql",
                query,
            }
        }
        Elastic::Threshold(it) => {
            read.extend(it.by.iter().cloned());
            read.insert(it.distinct.clone());
            // What arrives together need not have happened together.
            arrived = false;
            Query::Threshold {
                language: "kuery",
                index: [RECORDS],
                query,
                threshold: json!({
                    "field": names(&it.by).map_err(wrong)?,
                    "value": it.at_least,
                    "cardinality": [{
                        "field": Language::Kql.name(&it.distinct).map_err(wrong)?,
                        "value": it.at_least,
                    }],
                }),
            }
        }
        Elastic::NewTerms(it) => {
            read.extend(it.fields.iter().cloned());
            every = alert.every;
            window = alert.every;
            Query::NewTerms {
                language: "kuery",
                index: [RECORDS],
                query,
                new_terms_fields: names(&it.fields).map_err(wrong)?,
                history_window_start: format!("now-{}d", it.days),
            }
        }
        Elastic::Absent(_) => return Err(GenerateError::nothing_to_ask(name, "Elastic's rules")),
    };
    let subject = names(&alert.subject).map_err(wrong)?;
    let suppression = match query {
        // It has a field to group by already.
        Query::Threshold { .. } => json!({"duration": duration(alert.window)}),
        _ => suppression(&subject, alert.window),
    };
    let techniques = question.attack.iter().filter_map(|id| Technique::find(id));
    let attack: Vec<_> = techniques
        .flat_map(|it| it.tactics.iter().map(move |tactic| (*tactic, it)))
        .collect();
    let (recipes, _) = builtin();
    let references = recipes.iter().filter(|recipe| {
        let mut attack = recipe.attack.iter();
        attack.any(|it| question.attack.iter().any(|id| id == it.technique.id))
    });
    let references = references.map(page).collect();
    Ok(Rule {
        rule_id: id(name),
        name: format!("Scoutline: {}", question.title),
        description: question.answers.clone(),
        query,
        severity: severity(alert.severity),
        risk_score: alert.severity.risk_score(),
        severity_mapping: Vec::new(),
        risk_score_mapping: Vec::new(),
        enabled: false,
        interval: span(every),
        from: format!("now-{}", span(window + every)),
        to: "now",
        timestamp_override: arrived.then_some(ARRIVED),
        alert_suppression: suppression,
        max_signals: 100,
        threat: threat(&attack),
        tags: tags("Correlation", &attack),
        false_positives: alert.false_positives.clone(),
        note: briefing(question, alert),
        setup: SETUP,
        references,
        investigation_fields: highlighted(&subject, !question.attack.is_empty()),
        required_fields: required(&read)?,
        exceptions_list: vec![reference()],
        author: ["Scoutline"],
        license: env!("CARGO_PKG_LICENSE"),
        version: 1,
    })
}

fn of_recipe(name: &str, recipe: &Recipe) -> Result<Rule, GenerateError> {
    let text = format!(
        "@{{detections}} and @{{{}}}: \"{}\"",
        attr::SECURITY_RULE_NAME,
        recipe.name
    );
    let wrong = |source| GenerateError::Query {
        question: name.to_owned(),
        source,
    };
    let attack: Vec<(&Tactic, &'static Technique)> = recipe
        .attack
        .iter()
        .flat_map(|it| it.tactics.iter().map(|tactic| (*tactic, it.technique)))
        .collect();
    let subject = [
        resource::HOST_NAME,
        attr::SCOUTLINE_SESSION_UID,
        attr::PROCESS_EXECUTABLE_PATH,
    ];
    let subject = names(&subject.map(str::to_owned)).map_err(wrong)?;
    let expand = Language::Kql.expand(&text, Purpose::Alert);
    let read = Language::Kql.reads(&text, Purpose::Alert).map_err(wrong)?;
    // A pattern may have a severity of its own.
    let severities = Severity::ALL.map(|it| {
        json!({
            "field": attr::SCOUTLINE_DETECTION_SEVERITY,
            "operator": "equals",
            "value": it.name(),
            "severity": severity(it),
        })
    });
    Ok(Rule {
        rule_id: id(name),
        name: format!("Scoutline: {}", recipe.title),
        description: recipe.description.clone(),
        query: Query::Records {
            language: "kuery",
            index: [RECORDS],
            query: expand.map_err(wrong)?,
        },
        severity: severity(recipe.severity),
        risk_score: recipe.severity.risk_score(),
        severity_mapping: severities.into(),
        risk_score_mapping: vec![json!({
            "field": attr::SCOUTLINE_DETECTION_RISK_SCORE,
            "operator": "equals",
            "value": "",
        })],
        enabled: false,
        interval: span(EVERY),
        from: format!("now-{}", span(2 * EVERY)),
        to: "now",
        timestamp_override: Some(ARRIVED),
        alert_suppression: suppression(&subject, QUIET),
        max_signals: 100,
        threat: threat(&attack),
        tags: tags("Recipe", &attack),
        false_positives: Vec::new(),
        note: about(recipe),
        setup: SETUP,
        references: vec![page(recipe)],
        investigation_fields: highlighted(&subject, true),
        required_fields: required(&read)?,
        exceptions_list: vec![reference()],
        author: ["Scoutline"],
        license: env!("CARGO_PKG_LICENSE"),
        version: recipe.version,
    })
}

/// The text with `@{names}`, and what it is written in.
fn asked(elastic: &Elastic) -> (Language, &str) {
    match elastic {
        Elastic::Esql(text) => (Language::EsQl, text.trim()),
        Elastic::Eql(text) => (Language::Eql, text.trim()),
        Elastic::Threshold(it) => (Language::Kql, it.query.trim()),
        Elastic::NewTerms(it) => (Language::Kql, it.query.trim()),
        Elastic::Absent(_) => (Language::Kql, ""),
    }
}

fn names(attributes: &[String]) -> Result<Vec<String>, crate::ExpandError> {
    let names = attributes.iter().map(|it| Language::Kql.name(it));
    names.collect()
}

/// The same for the same name, everywhere and always.
fn id(name: &str) -> String {
    let url = concat!(env!("CARGO_PKG_REPOSITORY"), "/dashboards/elastic/rules/");
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{url}{name}").as_bytes()).to_string()
}

/// What lacks a part of the subject is told by itself: rather one alert too many than two that have nothing in common as one.
fn suppression(subject: &[String], seconds: u32) -> Json {
    json!({
        "group_by": subject,
        "duration": duration(seconds),
        "missing_fields_strategy": "doNotSuppress",
    })
}

/// A day at most: what goes on for longer is told anew.
fn duration(seconds: u32) -> Json {
    json!({"value": seconds.min(DAY) / 60, "unit": "m"})
}

fn tags(kind: &str, attack: &[(&Tactic, &'static Technique)]) -> Vec<String> {
    let mut tags = vec!["Scoutline".to_owned(), format!("Scoutline: {kind}")];
    tags.extend(["OS: Linux", "Data Source: OpenTelemetry"].map(str::to_owned));
    let tactics: BTreeSet<_> = attack.iter().map(|(tactic, _)| tactic.name).collect();
    tags.extend(tactics.iter().map(|it| format!("Tactic: {it}")));
    tags
}

/// What an alert shows first.
fn highlighted(subject: &[String], is_of_detections: bool) -> Json {
    let usual = [
        resource::HOST_NAME,
        attr::PROCESS_EXECUTABLE_PATH,
        attr::PROCESS_COMMAND_ARGS,
        attr::FILE_PATH,
        attr::PROCESS_USER_NAME,
        attr::SCOUTLINE_SESSION_UID,
        attr::SCOUTLINE_SESSION_USER_NAME,
        attr::SCOUTLINE_SESSION_LOGIN_HOST,
        attr::SCOUTLINE_DETECTION_ENVIRONMENT,
        attr::SCOUTLINE_DETECTION_ADVICE,
    ];
    let usual = usual.iter().filter(|_| is_of_detections);
    let usual = usual.filter(|it| subject.iter().all(|found| found != *it));
    let fields = subject.iter().map(String::as_str).chain(usual.copied());
    json!({"field_names": fields.collect::<Vec<_>>()})
}

fn required(read: &BTreeSet<String>) -> Result<Vec<Json>, GenerateError> {
    let fields = read.iter().map(|name| {
        let kind = ingest::kind(name)?;
        Ok(json!({"name": name, "type": kind}))
    });
    fields.collect()
}

/// An empty list, so that an exception made once holds for all rules.
fn exceptions() -> Json {
    json!({
        "list_id": EXCEPTIONS,
        "name": "Scoutline: exceptions of all rules",
        "description": "What no rule of Scoutline should alert on.",
        "type": "detection",
        "namespace_type": "single",
        "tags": ["Scoutline"],
    })
}

fn reference() -> Json {
    // Kibana puts the id that the list has there in its place.
    json!({"id": EXCEPTIONS, "list_id": EXCEPTIONS, "type": "detection", "namespace_type": "single"})
}
