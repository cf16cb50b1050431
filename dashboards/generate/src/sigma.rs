//! Sigma rules, for everyone else: one a recipe, and one for each correlation that is a condition on a single record.

use std::collections::BTreeMap;
use std::path::PathBuf;

use scoutline_detect::recipe::attack::Technique;
use scoutline_detect::recipe::{Recipe, builtin};
use scoutline_semconv::values::{DetectionPhase, RecordKind};
use scoutline_semconv::{attr, resource};
use serde::Serialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::catalogue::{Alert, Catalogue, Question, Sigma};
use crate::guidance::page;
use crate::{GenerateError, Generated};

/// Keys are in the order of the specification.
#[derive(Serialize)]
struct Rule {
    title: String,
    id: String,
    status: &'static str,
    description: String,
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

/// When the rules were first published; a rule that changes its meaning gets a new name.
const DATE: &str = "2026-11-21";

const HEADER: &str = "# Generated from dashboards/catalogue and collector-plugin/recipes, do not edit: make content\n";

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
    let files = rules.into_iter().map(|(name, rule)| {
        let text = serde_saphyr::to_string(&rule).map_err(GenerateError::Yaml)?;
        Ok(Generated {
            path: PathBuf::from(format!("sigma/rules/{name}.yml")),
            text: format!("{HEADER}{text}"),
        })
    });
    files.collect()
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
