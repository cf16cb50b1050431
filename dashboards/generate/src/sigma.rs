//! Sigma rules, for everyone else: one a recipe, and one for each correlation that is a condition on a single record.

use std::collections::BTreeMap;
use std::path::PathBuf;

use scoutline_detect::recipe::attack::Technique;
use scoutline_detect::recipe::{Recipe, builtin};
use scoutline_semconv::registry::{self, Place};
use scoutline_semconv::values::{DetectionPhase, RecordKind};
use scoutline_semconv::{attr, resource};
use serde::Serialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::catalogue::{Alert, Catalogue, Question, Sigma};
use crate::guidance::page;
use crate::language::Language;
use crate::{GenerateError, Generated};

/// Keys are in the order of the specification.
#[derive(Serialize)]
struct Rule {
    title: String,
    id: String,
    status: &'static str,
    description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<String>,
    author: &'static str,
    date: &'static str,
    tags: Vec<String>,
    logsource: BTreeMap<&'static str, &'static str>,
    detection: BTreeMap<String, Json>,
    fields: Vec<String>,
    falsepositives: Vec<String>,
    level: &'static str,
}

/// A processing pipeline of pySigma: what a backend calls the fields, and where it looks.
#[derive(Serialize)]
struct Pipeline {
    name: String,
    priority: u32,
    transformations: Vec<Json>,
}

/// When the rules were first published; a rule that changes its meaning gets a new name.
const DATE: &str = "2026-11-21";

const HEADER: &str = "# Generated from dashboards/catalogue and collector-plugin/recipes, do not edit: make content\n";

/// Where Elasticsearch and Loki have detections.
const RECORDS: &str = "logs-scoutline.otel-*";
const STREAM: &str = r#"{service_name="scoutline"}"#;

/// The key of a detection that says how its other parts go together.
const CONDITION: &str = "condition";

pub(crate) fn files(catalogue: &Catalogue) -> Result<Vec<Generated>, GenerateError> {
    let (recipes, _) = builtin();
    let mut rules: Vec<_> = recipes.iter().map(of_recipe).collect();
    for (name, question, alert) in catalogue.correlations() {
        if let Sigma::Detection(detection) = &question.queries.sigma {
            rules.push((
                name.to_owned(),
                of_correlation(name, question, alert, detection)?,
            ));
        }
    }
    let files = rules
        .iter()
        .map(|(name, rule)| yaml(format!("rules/{name}"), rule));
    let pipelines = pipelines()?;
    let pipelines = pipelines
        .iter()
        .map(|it| yaml(format!("pipelines/{}", it.name), it));
    files.chain(pipelines).collect()
}

fn yaml(name: String, value: &impl Serialize) -> Result<Generated, GenerateError> {
    let text = serde_saphyr::to_string(value).map_err(GenerateError::Yaml)?;
    Ok(Generated {
        path: PathBuf::from(format!("sigma/{name}.yml")),
        text: format!("{HEADER}{text}"),
    })
}

fn pipelines() -> Result<Vec<Pipeline>, GenerateError> {
    let places = [
        (
            "splunk",
            Language::Spl,
            json!({"type": "add_condition", "conditions": {"sourcetype": "scoutline:detection"}}),
        ),
        (
            "elastic",
            Language::EsQl,
            json!({"type": "set_state", "key": "index", "val": RECORDS}),
        ),
        (
            "loki",
            Language::LogQl,
            json!({
                "type": "set_custom_attribute",
                "attribute": "logsource_loki_selection",
                "value": STREAM,
            }),
        ),
    ];
    let pipelines = places.into_iter().map(|(name, language, place)| {
        let mut transformations = vec![renamed(language)?, place];
        if language == Language::LogQl {
            // What is asked about are labels already; the backend would parse the line else.
            transformations.push(json!({
                "type": "set_custom_attribute",
                "attribute": "loki_parser",
                "value": "drop __error__",
            }));
        }
        for it in &mut transformations {
            it["rule_conditions"] =
                json!([{"type": "logsource", "product": "linux", "service": "scoutline"}]);
        }
        Ok(Pipeline {
            name: name.to_owned(),
            priority: 20,
            transformations,
        })
    });
    pipelines.collect()
}

/// What the language calls what detections have, where that is another name.
fn renamed(language: Language) -> Result<Json, GenerateError> {
    let mut mapping = serde_json::Map::new();
    let attributes = registry::ATTRIBUTES.iter().filter(|it| {
        let mut uses = it.uses.iter();
        uses.any(|it| matches!(it.on, Place::Resource(_) | Place::Event(_)))
    });
    for attribute in attributes {
        let name = language.name(attribute.name);
        let name = name.map_err(|source| GenerateError::Query {
            question: attribute.name.to_owned(),
            source,
        })?;
        if name != attribute.name {
            mapping.insert(attribute.name.to_owned(), json!(name));
        }
    }
    Ok(json!({"type": "field_name_mapping", "mapping": mapping}))
}

fn of_recipe(recipe: &Recipe) -> (String, Rule) {
    let name = format!("recipe_{}", recipe.name);
    let techniques = recipe.attack.iter().map(|it| it.technique);
    let detection = BTreeMap::from([
        ("base".to_owned(), base()),
        (
            "recipe".to_owned(),
            json!({attr::SECURITY_RULE_NAME: recipe.name}),
        ),
        (CONDITION.to_owned(), json!("base and recipe")),
    ]);
    let rule = Rule {
        title: format!("Scoutline: {}", recipe.title),
        id: id(&name),
        status: "test",
        description: recipe.description.clone(),
        references: vec![page(recipe)],
        author: "Scoutline",
        date: DATE,
        tags: tags(techniques),
        logsource: logsource(),
        detection,
        fields: fields(),
        falsepositives: vec![
            "Whatever the description calls ordinary; except it in the sensor, by program and path."
                .to_owned(),
        ],
        level: recipe.severity.name(),
    };
    (name, rule)
}

fn of_correlation(
    name: &str,
    question: &Question,
    alert: &Alert,
    given: &serde_json::Map<String, Json>,
) -> Result<Rule, GenerateError> {
    let mut detection: BTreeMap<_, _> = given
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let condition = detection.remove(CONDITION);
    let Some(condition) = condition.as_ref().and_then(Json::as_str) else {
        return Err(GenerateError::nothing_to_ask(name, "Sigma"));
    };
    let condition = json!(format!("base and ({condition})"));
    detection.insert(CONDITION.to_owned(), condition);
    detection.insert("base".to_owned(), base());
    let techniques = question.attack.iter().filter_map(|id| Technique::find(id));
    Ok(Rule {
        title: format!("Scoutline: {}", question.title),
        id: id(name),
        status: "test",
        description: question.answers.clone(),
        references: Vec::new(),
        author: "Scoutline",
        date: DATE,
        tags: tags(techniques),
        logsource: logsource(),
        detection,
        fields: fields(),
        falsepositives: alert.false_positives.clone(),
        level: alert.severity.name(),
    })
}

/// What every rule is about: the first record of a detection.
fn base() -> Json {
    json!({
        attr::SCOUTLINE_RECORD_KIND: RecordKind::Detection.as_str(),
        attr::SCOUTLINE_DETECTION_PHASE: DetectionPhase::First.as_str(),
    })
}

fn logsource() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([("product", "linux"), ("service", "scoutline")])
}

/// The same for the same name, everywhere and always.
fn id(name: &str) -> String {
    let url = concat!(env!("CARGO_PKG_REPOSITORY"), "/dashboards/sigma/rules/");
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{url}{name}").as_bytes()).to_string()
}

fn tags(techniques: impl Iterator<Item = &'static Technique>) -> Vec<String> {
    let mut tactics = Vec::new();
    let mut ids = Vec::new();
    for technique in techniques {
        for tactic in technique.tactics {
            let tag = format!("attack.{}", tactic.name.to_lowercase().replace(' ', "-"));
            if !tactics.contains(&tag) {
                tactics.push(tag);
            }
        }
        ids.push(format!("attack.{}", technique.id.to_lowercase()));
    }
    tactics.extend(ids);
    tactics
}

/// What an analyst wants to see of a record.
fn fields() -> Vec<String> {
    let fields = [
        resource::HOST_NAME,
        attr::SECURITY_RULE_NAME,
        attr::PROCESS_EXECUTABLE_PATH,
        attr::PROCESS_COMMAND_ARGS,
        attr::PROCESS_USER_NAME,
        attr::FILE_PATH,
        attr::SCOUTLINE_SESSION_UID,
        attr::SCOUTLINE_SESSION_USER_NAME,
        attr::SCOUTLINE_DETECTION_ENVIRONMENT,
    ];
    fields.map(str::to_owned).into()
}

#[cfg(test)]
mod tests {
    use scoutline_semconv::Severity;

    #[test]
    fn severities_are_levels_of_sigma() {
        let levels = Severity::ALL.map(Severity::name);
        assert_eq!(
            levels,
            ["informational", "low", "medium", "high", "critical"]
        );
    }
}
