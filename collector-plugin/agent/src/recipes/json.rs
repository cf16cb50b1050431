//! Recipes for programs.

use scoutline_detect::recipe::{Environments, Guidance, Options, Recipe, Strength};
use serde_json::{Value, json};

use super::Recipes;

/// An array with one object a recipe.
pub fn list(recipes: &Recipes, options: &Options) -> Value {
    recipes
        .recipes
        .iter()
        .map(|recipe| head(recipe, options))
        .collect()
}

/// One recipe, whole.
pub fn show(recipe: &Recipe, options: &Options) -> Value {
    let mut shown = head(recipe, options);
    let files: Vec<_> = recipe
        .files
        .iter()
        .map(|pattern| {
            json!({
                "pattern": pattern.target.text(),
                "strength": strength(pattern.strength),
                "severity": pattern.severity.map(|severity| severity.name()),
                "why": pattern.why,
            })
        })
        .collect();
    let executables: Vec<_> = recipe
        .executables
        .iter()
        .map(|pattern| {
            json!({
                "name": pattern.name,
                "class": pattern.class,
                "strength": strength(pattern.strength),
                "severity": pattern.severity.map(|severity| severity.name()),
                "why": pattern.why,
            })
        })
        .collect();
    let Environments {
        ci,
        staging,
        production,
    } = &recipe.environments;
    for (key, value) in [
        ("description", json!(recipe.description)),
        (
            "environments",
            json!({
                "ci": guidance(ci),
                "staging": guidance(staging),
                "production": guidance(production),
            }),
        ),
        ("files", json!(files)),
        ("executables", json!(executables)),
    ] {
        if let Some(object) = shown.as_object_mut() {
            object.insert(key.to_owned(), value);
        }
    }
    shown
}

fn head(recipe: &Recipe, options: &Options) -> Value {
    let attack: Vec<_> = recipe
        .attack
        .iter()
        .map(|attack| {
            let tactics: Vec<_> = attack.tactics.iter().map(|tactic| tactic.id).collect();
            json!({"technique": attack.technique.id, "name": attack.technique.name, "tactics": tactics})
        })
        .collect();
    json!({
        "name": recipe.name,
        "uuid": recipe.uuid,
        "version": recipe.version,
        "title": recipe.title,
        "severity": super::text::severity(recipe, options).name(),
        "enabled": !options.disable.contains(&recipe.name),
        "attack": attack,
        "path": recipe.path,
        "patterns": recipe.files.len() + recipe.executables.len(),
    })
}

fn guidance(guidance: &Guidance) -> Value {
    json!({"implication": guidance.implication, "actions": guidance.actions})
}

fn strength(strength: Strength) -> &'static str {
    match strength {
        Strength::Weak => "weak",
        Strength::Strong => "strong",
    }
}
