//! A detection rule, in the form in which Kibana imports it.

use scoutline_detect::recipe::attack::{Tactic, Technique};
use scoutline_semconv::Severity;
use serde::Serialize;
use serde_json::{Value as Json, json};

/// Keys are in the order in which people read them.
#[derive(Debug, Serialize)]
pub(super) struct Rule {
    /// The same in every version of this project.
    pub(super) rule_id: String,
    pub(super) name: String,
    pub(super) description: String,
    #[serde(flatten)]
    pub(super) query: Query,
    pub(super) severity: &'static str,
    pub(super) risk_score: u8,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) severity_mapping: Vec<Json>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) risk_score_mapping: Vec<Json>,
    pub(super) enabled: bool,
    pub(super) interval: String,
    pub(super) from: String,
    pub(super) to: &'static str,
    /// By which time records are looked at; by `@timestamp` if by none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timestamp_override: Option<&'static str>,
    pub(super) alert_suppression: Json,
    pub(super) max_signals: u32,
    pub(super) threat: Vec<Json>,
    pub(super) tags: Vec<String>,
    pub(super) false_positives: Vec<String>,
    pub(super) note: String,
    pub(super) setup: &'static str,
    pub(super) references: Vec<String>,
    pub(super) investigation_fields: Json,
    pub(super) required_fields: Vec<Json>,
    pub(super) exceptions_list: Vec<Json>,
    pub(super) author: [&'static str; 1],
    pub(super) license: &'static str,
    pub(super) version: u32,
}

/// What is asked, by the type of the rule.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Query {
    /// Each record that fits.
    #[serde(rename = "query")]
    Records {
        language: &'static str,
        index: [&'static str; 1],
        query: String,
    },
    /// Records, and sequences of them.
    Eql {
        language: &'static str,
        index: [&'static str; 1],
        query: String,
    },
    /// Rows; the index is in the query.
    Esql {
        language: &'static str,
        query: String,
    },
    /// So many different values at once.
    Threshold {
        language: &'static str,
        index: [&'static str; 1],
        query: String,
        threshold: Json,
    },
    /// Values that were never there before.
    NewTerms {
        language: &'static str,
        index: [&'static str; 1],
        query: String,
        new_terms_fields: Vec<String>,
        history_window_start: String,
    },
}

/// A time in Elastic's date math, in the largest unit that divides it.
pub(super) fn span(seconds: u32) -> String {
    for (unit, length) in [("h", 3600), ("m", 60)] {
        if seconds.is_multiple_of(length) {
            return format!("{}{unit}", seconds / length);
        }
    }
    format!("{seconds}s")
}

/// Elastic has no word for what is informational.
pub(super) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Informational | Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// One element for each tactic, with the techniques that serve it.
pub(super) fn threat(attack: &[(&Tactic, &'static Technique)]) -> Vec<Json> {
    let mut tactics = Vec::new();
    for (tactic, _) in attack {
        if !tactics.contains(tactic) {
            tactics.push(*tactic);
        }
    }
    let of = |tactic: &Tactic| {
        let mut techniques = Vec::<(&Technique, Vec<Json>)>::new();
        for (_, technique) in attack.iter().filter(|(it, _)| *it == tactic) {
            let parent = technique.parent();
            let main = parent.unwrap_or(technique);
            let place = techniques.iter().position(|(it, _)| it.id == main.id);
            let place = place.unwrap_or_else(|| {
                techniques.push((main, Vec::new()));
                techniques.len() - 1
            });
            if parent.is_some() {
                techniques[place].1.push(link(technique));
            }
        }
        let techniques = techniques.into_iter().map(|(main, subtechniques)| {
            let mut it = link(main);
            if !subtechniques.is_empty() {
                it["subtechnique"] = json!(subtechniques);
            }
            it
        });
        techniques.collect::<Vec<_>>()
    };
    let threats = tactics.iter().map(|tactic| {
        json!({
            "framework": "MITRE ATT&CK",
            "tactic": {
                "id": tactic.id,
                "name": tactic.name,
                "reference": format!("https://attack.mitre.org/tactics/{}/", tactic.id),
            },
            "technique": of(tactic),
        })
    });
    threats.collect()
}

fn link(technique: &Technique) -> Json {
    let path = technique.id.replace('.', "/");
    json!({
        "id": technique.id,
        "name": technique.name,
        "reference": format!("https://attack.mitre.org/techniques/{path}/"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_in_the_largest_unit() {
        for (seconds, expected) in [(60, "1m"), (660, "11m"), (608_400, "169h"), (90, "90s")] {
            assert_eq!(span(seconds), expected);
        }
    }

    #[test]
    fn subtechniques_are_below_their_technique_once() {
        let find = |id| Technique::find(id).expect("it is in the table");
        let attack: Vec<_> = ["T1497.001", "T1082", "T1497.003"]
            .map(find)
            .into_iter()
            .flat_map(|it| it.tactics.iter().map(move |tactic| (*tactic, it)))
            .collect();
        let threat = threat(&attack);
        assert_eq!(threat.len(), 2, "{threat:?}");
        let techniques = threat[0]["technique"].as_array().expect("a list");
        assert_eq!(techniques.len(), 2);
        let below = techniques[0]["subtechnique"].as_array().expect("a list");
        assert_eq!(below.len(), 2);
        assert_eq!(
            below[1]["reference"],
            "https://attack.mitre.org/techniques/T1497/003/"
        );
    }
}
