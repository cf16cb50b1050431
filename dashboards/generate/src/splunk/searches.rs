//! Correlations as saved searches: alerts for Splunk, and findings with risk where there is Enterprise Security.

use scoutline_detect::recipe::Environment;
use scoutline_semconv::values::RecordKind;
use scoutline_semconv::{Severity, attr, resource};
use serde_json::{Value as Json, json};

use super::conf::Conf;
use super::{filter, sourcetype, wrong};
use crate::GenerateError;
use crate::catalogue::{Alert, Catalogue, Question};
use crate::guidance;
use crate::language::{ExpandError, Language, Purpose};
use scoutline_semconv::collector::CONTAINER_IMAGE_NAME;

/// No alert says the same again for longer than this, in seconds.
const LONGEST_SILENCE: u32 = 24 * 60 * 60;

/// Splunk's own review of apps warns of less, in seconds.
const SHORTEST_INTERVAL: u32 = 5 * 60;

/// What Enterprise Security knows a column of an answer as.
#[derive(Clone, Copy, Debug)]
enum Object {
    /// Whose risk it adds to.
    Risk(&'static str),
    /// What it is a threat by.
    Threat(&'static str),
}

/// Columns that actions need, and what they are; searches name some of them themselves.
const OBJECTS: [(&str, Object); 4] = [
    ("dest", Object::Risk("system")),
    ("user", Object::Risk("user")),
    ("process_path", Object::Threat("file_path")),
    ("process_name", Object::Threat("process_name")),
];

/// What a subject is called in actions, whose tokens take no dots.
fn column(attribute: &str) -> Option<&'static str> {
    Some(match attribute {
        resource::HOST_NAME => "dest",
        attr::PROCESS_EXECUTABLE_PATH => "process_path",
        attr::PROCESS_EXECUTABLE_NAME => "process_name",
        attr::SCOUTLINE_SESSION_UID => "session",
        attr::SECURITY_RULE_NAME => "signature",
        attr::VCS_REPOSITORY_URL_FULL => "repository",
        attr::SCOUTLINE_LOSS_STAGE => "stage",
        attr::SCOUTLINE_LOSS_REASON => "reason",
        CONTAINER_IMAGE_NAME => "image",
        _ => return None,
    })
}

/// What the saved search is called; Enterprise Security wants the last word.
pub(super) fn stanza(question: &Question) -> String {
    format!("Scoutline - {} - Rule", question.title)
}

pub(super) fn saved(catalogue: &Catalogue) -> Result<String, GenerateError> {
    let mut conf = Conf::new();
    conf.note(
        "All are off until somebody enables them. Without Enterprise Security the lines of its actions mean nothing, and\n\
         a search is an alert among the triggered ones.",
    );
    for (number, (name, question, alert)) in (0..).zip(catalogue.correlations()) {
        one(&mut conf, number, name, question, alert)?;
    }
    Ok(conf.text())
}

fn one(
    conf: &mut Conf,
    number: u32,
    name: &str,
    question: &Question,
    alert: &Alert,
) -> Result<(), GenerateError> {
    let Some(query) = question.queries.spl.text() else {
        return Err(GenerateError::nothing_to_ask(name, "Splunk's alerts"));
    };
    let subject = Subject::of(alert).map_err(wrong(name))?;
    let query = Language::Spl.expand(query, Purpose::Alert);
    let query = query.map_err(wrong(name))?;
    let search = format!("{query} {} | `{}`", subject.named(), filter(name));
    conf.stanza(&stanza(question));
    conf.set("description", &question.answers);
    conf.set("search", &search);
    conf.set("disabled", "1");
    conf.set("is_visible", "1");
    schedule(conf, number, alert);
    conf.set("counttype", "number of events");
    conf.set("relation", "greater than");
    conf.set("quantity", "0");
    conf.set("alert.track", "1");
    conf.set("alert.severity", level(alert.severity));
    conf.set("alert.digest_mode", "1");
    conf.set("alert.suppress", "1");
    conf.set("alert.suppress.fields", &subject.columns.join(","));
    let silence = reach(alert).min(LONGEST_SILENCE);
    conf.set("alert.suppress.period", &format!("{silence}s"));
    of_security(conf, name, question, alert, &subject, &search);
    Ok(())
}

/// Seconds from one run to the next. More than twelve runs an hour cost what a scheduler is for.
pub(super) fn every(alert: &Alert) -> u32 {
    alert.every.max(SHORTEST_INTERVAL)
}

/// Looks at one interval more than the alert asks for, so that nothing falls between two runs.
fn reach(alert: &Alert) -> u32 {
    alert.window + every(alert)
}

fn schedule(conf: &mut Conf, number: u32, alert: &Alert) {
    let minutes = every(alert) / 60;
    let cron = format!("{}-59/{minutes} * * * *", number % minutes);
    conf.set("enableSched", "1");
    conf.set("cron_schedule", &cron);
    // Those of the same minute begin at different seconds of it.
    conf.set("allow_skew", "20%");
    // A run that was missed is made up for.
    conf.set("realtime_schedule", "0");
    conf.set("dispatch.earliest_time", &format!("-{}s", reach(alert)));
    conf.set("dispatch.latest_time", "now");
}

/// Of the list of triggered alerts.
const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Informational => "1",
        Severity::Low => "2",
        Severity::Medium => "3",
        Severity::High => "4",
        Severity::Critical => "5",
    }
}

/// What tells one answer from another, in the names of the language and as columns.
struct Subject {
    names: Vec<String>,
    columns: Vec<&'static str>,
}

impl Subject {
    fn of(alert: &Alert) -> Result<Self, ExpandError> {
        let mut subject = Self {
            names: Vec::new(),
            columns: Vec::new(),
        };
        for attribute in &alert.subject {
            let column = column(attribute);
            subject
                .columns
                .push(column.ok_or_else(|| ExpandError::Unknown(attribute.clone()))?);
            subject.names.push(Language::Spl.name(attribute)?);
        }
        Ok(subject)
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let names = self.names.iter().map(String::as_str);
        names.zip(self.columns.iter().copied())
    }

    /// The command that adds the columns.
    fn named(&self) -> String {
        let pairs = self.pairs();
        let pairs: Vec<_> = pairs.map(|(name, it)| format!("{it}='{name}'")).collect();
        format!("| eval {}", pairs.join(", "))
    }

    /// As tokens, for people.
    fn tokens(&self) -> String {
        let tokens: Vec<_> = self.columns.iter().map(|it| format!("${it}$")).collect();
        tokens.join(", ")
    }

    /// All records about it.
    fn records(&self, kinds: &[RecordKind]) -> String {
        let types: Vec<_> = kinds.iter().map(|it| sourcetype(*it)).collect();
        let conditions = self.pairs();
        let conditions: Vec<_> = conditions
            .map(|(name, it)| format!("{name}=\"${it}$\""))
            .collect();
        format!(
            "`scoutline_index` sourcetype IN ({}) {}",
            types.join(", "),
            conditions.join(" ")
        )
    }
}

fn of_security(
    conf: &mut Conf,
    name: &str,
    question: &Question,
    alert: &Alert,
    subject: &Subject,
    search: &str,
) {
    let is_of_sensors = question.attack.is_empty();
    let mut annotations = json!({"analytic_story": ["Scoutline"]});
    if !is_of_sensors {
        annotations["mitre_attack"] = json!(question.attack);
    }
    conf.set("action.correlationsearch.enabled", "1");
    conf.set("action.correlationsearch.label", &question.title);
    conf.set("action.correlationsearch.detection_type", "ebd");
    conf.set(
        "action.correlationsearch.annotations",
        &annotations.to_string(),
    );
    let title = format!("{}: {}", question.title, subject.tokens());
    let objects = objects(alert, subject, search);
    // A sensor that is silent or loses data makes its host no more dangerous.
    if !is_of_sensors && !objects.is_empty() {
        conf.set("action.risk", "1");
        conf.set("action.risk.param._risk_message", &title);
        conf.set("action.risk.param._risk", &Json::from(objects).to_string());
        conf.set("action.risk.param._risk_score", "0");
        conf.set("action.risk.param.verbose", "0");
    }
    let kinds: &[RecordKind] = if is_of_sensors {
        &[RecordKind::Heartbeat, RecordKind::Loss, RecordKind::Sensor]
    } else {
        &[RecordKind::Detection]
    };
    // Of a sensor everything matters, not only the losses of one kind.
    let of = match subject.columns.first() {
        Some(&"dest") if is_of_sensors => &Subject {
            names: subject.names.iter().take(1).cloned().collect(),
            columns: vec!["dest"],
        },
        _ => subject,
    };
    let drill_down = json!([{
        "name": format!("Records about {}", of.tokens()),
        "search": of.records(kinds),
        "earliest_offset": "$info_min_time$",
        "latest_offset": "$info_max_time$",
    }]);
    conf.set("action.notable", "1");
    conf.set("action.notable.param.rule_title", &title);
    conf.set("action.notable.param.rule_description", &question.answers);
    conf.set("action.notable.param.security_domain", "endpoint");
    conf.set("action.notable.param.severity", alert.severity.name());
    let fields = subject.columns.join(",");
    conf.set("action.notable.param.nes_fields", &fields);
    conf.set(
        "action.notable.param.drilldown_searches",
        &drill_down.to_string(),
    );
    let steps = json!({"version": 1, "data": steps(question, alert)});
    conf.set("action.notable.param.next_steps", &steps.to_string());
    conf.set(
        "action.correlationsearch.metadata",
        &json!({"detection_id": name, "detection_version": 1}).to_string(),
    );
}

/// Those whose column the answers have.
fn objects(alert: &Alert, subject: &Subject, search: &str) -> Vec<Json> {
    let has = |column: &str| {
        subject.columns.contains(&column) || search.contains(&format!(" AS {column}"))
    };
    let score = alert.severity.risk_score();
    let found = OBJECTS.into_iter().filter(|(column, _)| has(column));
    let found = found.map(|(column, object)| match object {
        Object::Risk(kind) => json!({
            "risk_object_field": column, "risk_object_type": kind, "risk_score": score,
        }),
        Object::Threat(kind) => json!({
            "threat_object_field": column, "threat_object_type": kind,
        }),
    });
    found.collect()
}

fn steps(question: &Question, alert: &Alert) -> String {
    let mut lines = vec![format!("Where to look next: {}", alert.drill_down)];
    for environment in Environment::ALL {
        lines.push(format!("\nWhat to do in {}:", guidance::name(environment)));
        let actions = (1..).zip(alert.response.get(environment));
        lines.extend(actions.map(|(number, it)| format!("{number}. {it}")));
    }
    lines.push("\nWhat else it may be:".to_owned());
    lines.extend(alert.false_positives.iter().map(|it| format!("- {it}")));
    lines.push(format!("\nTuning: {}", question.tune));
    lines.join("\n")
}
