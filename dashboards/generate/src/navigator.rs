//! What is covered of MITRE ATT&CK, as a layer of its Navigator.

use std::collections::BTreeMap;
use std::path::PathBuf;

use scoutline_detect::recipe::attack::{Tactic, Technique, VERSION};
use scoutline_detect::recipe::{Recipe, Strength, builtin};
use scoutline_semconv::Severity;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::Generated;
use crate::colour::hex;
use crate::guidance::page;

/// Of the layer's format; and the first Navigator that reads it.
const FORMAT: &str = "4.5";
const NAVIGATOR: &str = "5.0.0";

/// Keys are in the order in which people read them.
#[derive(Serialize)]
struct Layer {
    name: &'static str,
    versions: Json,
    domain: &'static str,
    description: String,
    filters: Json,
    techniques: Vec<Covered>,
    gradient: Json,
    #[serde(rename = "legendItems")]
    legend: Vec<Json>,
    metadata: Vec<Json>,
    links: Vec<Json>,
}

#[derive(Serialize)]
struct Covered {
    #[serde(rename = "techniqueID")]
    technique: &'static str,
    tactic: String,
    score: u8,
    comment: String,
    enabled: bool,
    metadata: Vec<Json>,
    links: Vec<Json>,
}

pub(crate) fn files() -> Vec<Generated> {
    let path = PathBuf::from("attack/scoutline-layer.json");
    vec![Generated::json(path, &layer())]
}

fn layer() -> Layer {
    let (recipes, _) = builtin();
    let mut covered = BTreeMap::<_, Vec<&Recipe>>::new();
    for recipe in &recipes {
        for attack in &recipe.attack {
            for tactic in &attack.tactics {
                let key = (attack.technique.id, tactic.id);
                covered.entry(key).or_default().push(recipe);
            }
        }
    }
    let techniques = covered.into_iter().filter_map(|((technique, tactic), by)| {
        let technique = Technique::find(technique)?;
        let tactic = technique.tactics.iter().find(|it| it.id == tactic)?;
        Some(cell(technique, tactic, &by))
    });
    let gradient = [
        Severity::Informational,
        Severity::Medium,
        Severity::Critical,
    ]
    .map(hex);
    Layer {
        name: "Scoutline",
        versions: json!({"attack": major(VERSION), "navigator": NAVIGATOR, "layer": FORMAT}),
        domain: "enterprise-attack",
        description: format!(
            "What the built-in recipes detect, by ATT&CK {VERSION}. The score is the severity of the most severe recipe \
             (its risk score, 0 to 100), not a share of the technique's procedures."
        ),
        filters: json!({"platforms": ["Linux", "Containers"]}),
        techniques: techniques.collect(),
        gradient: json!({
            "colors": gradient,
            "minValue": 0,
            "maxValue": 100,
        }),
        legend: Severity::ALL
            .map(|it| json!({"label": format!("{it} ({})", it.risk_score()), "color": hex(it)}))
            .into(),
        metadata: vec![
            pair("scoutline", env!("CARGO_PKG_VERSION")),
            pair("attack", VERSION),
        ],
        links: vec![json!({"label": "Scoutline", "url": env!("CARGO_PKG_REPOSITORY")})],
    }
}

fn cell(technique: &'static Technique, tactic: &Tactic, by: &[&Recipe]) -> Covered {
    let score = by.iter().map(|it| it.severity.risk_score()).max();
    Covered {
        technique: technique.id,
        tactic: tactic.name.to_lowercase().replace(' ', "-"),
        score: score.unwrap_or_default(),
        comment: by
            .iter()
            .map(|it| counted(it))
            .collect::<Vec<_>>()
            .join("\n"),
        enabled: true,
        metadata: by.iter().map(|it| pair("recipe", &it.name)).collect(),
        links: by
            .iter()
            .map(|it| json!({"label": it.title, "url": page(it)}))
            .collect(),
    }
}

/// How much a recipe looks for, what of it is enough alone, and what kinds of tools there are.
fn counted(recipe: &Recipe) -> String {
    let files = recipe.files.iter().map(|it| it.strength);
    let executables = recipe.executables.iter().map(|it| it.strength);
    let strengths: Vec<_> = files.chain(executables).collect();
    let strong = strengths.iter().filter(|it| **it == Strength::Strong);
    let strong = strong.count();
    let mut classes = BTreeMap::<_, usize>::new();
    for it in &recipe.executables {
        *classes.entry(it.class.as_str()).or_default() += 1;
    }
    let classes = classes
        .iter()
        .map(|(class, count)| format!("{count} {class}"));
    let classes: Vec<_> = classes.collect();
    let what = if classes.is_empty() {
        "of files".to_owned()
    } else {
        format!("of tools: {}", classes.join(", "))
    };
    format!(
        "{} ({}): {strong} strong and {} weak patterns {what}",
        recipe.name,
        recipe.severity,
        strengths.len() - strong,
    )
}

fn pair(name: &str, value: &str) -> Json {
    json!({"name": name, "value": value})
}

/// The Navigator knows major versions.
fn major(version: &str) -> &str {
    version.split_once('.').map_or(version, |(major, _)| major)
}
