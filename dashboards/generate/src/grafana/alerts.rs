//! Correlations as alert rules, in the form in which Grafana reads them from a file.

use std::collections::BTreeMap;

use scoutline_semconv::{attr, resource};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::Source;
use crate::GenerateError;
use crate::catalogue::{Alert, Catalogue, Question};
use crate::guidance::briefing;
use crate::language::{Language, Purpose};

/// A rule in a file cannot choose its data source, so this is the uid that the provisioned one has.
const LOKI: &str = "loki";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File {
    api_version: u32,
    groups: Vec<Group>,
}

/// Rules that are evaluated together.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    org_id: u32,
    name: String,
    folder: &'static str,
    interval: String,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    uid: String,
    title: String,
    condition: &'static str,
    data: Vec<Json>,
    no_data_state: &'static str,
    exec_err_state: &'static str,
    #[serde(rename = "for")]
    lasting: &'static str,
    labels: BTreeMap<&'static str, String>,
    annotations: BTreeMap<&'static str, String>,
    is_paused: bool,
}

pub(super) fn rules(catalogue: &Catalogue) -> Result<String, GenerateError> {
    let mut groups = BTreeMap::<u32, Vec<Rule>>::new();
    for (name, question, alert) in catalogue.correlations() {
        let rule = rule(name, question, alert)?;
        groups.entry(alert.every).or_default().push(rule);
    }
    let groups = groups.into_iter().map(|(every, rules)| Group {
        org_id: 1,
        name: format!("scoutline every {every} s"),
        folder: "Scoutline",
        interval: format!("{every}s"),
        rules,
    });
    let file = File {
        api_version: 1,
        groups: groups.collect(),
    };
    let text = serde_saphyr::to_string(&file).map_err(GenerateError::Yaml)?;
    Ok(format!("{HEADER}{text}"))
}

const HEADER: &str = "\
# Generated from dashboards/catalogue, do not edit: make content
# Grafana reads $ in this file as a variable of its environment, so it is written twice where it is meant.
";

fn rule(name: &str, question: &Question, alert: &Alert) -> Result<Rule, GenerateError> {
    let wrong = |source| GenerateError::Query {
        question: name.to_owned(),
        source,
    };
    let Some(query) = question.queries.logql.text() else {
        return Err(GenerateError::nothing_to_ask(name, "Grafana's alerts"));
    };
    let query = Language::LogQl
        .expand(query, Purpose::Alert)
        .map_err(wrong)?;
    let subject = alert.subject.iter().map(|it| Language::LogQl.name(it));
    let subject: Vec<_> = subject.collect::<Result<_, _>>().map_err(wrong)?;
    let who: Vec<_> = subject
        .iter()
        .map(|it| format!("{{{{ $labels.{it} }}}}"))
        .collect();
    let mut annotations = BTreeMap::from([
        ("summary", format!("{}: {}", question.title, who.join(", "))),
        ("description", briefing(question, alert)),
    ]);
    if let Some(url) = investigate(&alert.subject, &subject) {
        annotations.insert("investigate", url);
    }
    let mut labels = BTreeMap::from([
        ("scoutline", name.to_owned()),
        ("severity", alert.severity.name().to_owned()),
    ]);
    if !question.attack.is_empty() {
        labels.insert("attack", question.attack.join(" "));
    }
    for text in annotations.values_mut() {
        *text = text.replace('$', "$$");
    }
    Ok(Rule {
        uid: format!("scoutline-{}", name.replace('_', "-")),
        title: question.title.clone(),
        condition: "B",
        data: data(alert, &query.replace('$', "$$")),
        // Silence is what is hoped for; a Loki that does not answer is not.
        no_data_state: "OK",
        exec_err_state: "Error",
        lasting: "0s",
        labels,
        annotations,
        is_paused: false,
    })
}

/// The query, and that whatever it answers is above zero.
fn data(alert: &Alert, query: &str) -> Vec<Json> {
    vec![
        json!({
            "refId": "A",
            "relativeTimeRange": {"from": alert.window, "to": 0},
            "datasourceUid": LOKI,
            "model": {
                "refId": "A",
                "datasource": {"type": Source::Loki.kind(), "uid": LOKI},
                "expr": query,
                "queryType": "instant",
            },
        }),
        json!({
            "refId": "B",
            "relativeTimeRange": {"from": 0, "to": 0},
            "datasourceUid": "__expr__",
            "model": {
                "refId": "B",
                "datasource": {"type": "__expr__", "uid": "__expr__"},
                "type": "threshold",
                "expression": "A",
                "conditions": [{"evaluator": {"type": "gt", "params": [0]}}],
            },
        }),
    ]
}

/// The dashboard with what the alert is about.
fn investigate(subject: &[String], labels: &[String]) -> Option<String> {
    let mut parameters = Vec::new();
    for (attribute, label) in subject.iter().zip(labels) {
        let variable = match attribute.as_str() {
            resource::HOST_NAME => "host",
            attr::SCOUTLINE_SESSION_UID => "session",
            _ => continue,
        };
        parameters.push(format!("var-{variable}={{{{ $labels.{label} }}}}"));
    }
    let board = if subject.iter().any(|it| it == attr::SCOUTLINE_SESSION_UID) {
        "investigate"
    } else {
        "health"
    };
    (!parameters.is_empty()).then(|| format!("/d/scoutline-{board}?{}", parameters.join("&")))
}
