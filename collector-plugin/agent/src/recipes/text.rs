//! Recipes for people, with ANSI styles.

use std::fmt::{self, Write as _};

use anstyle::Style;
use comfy_table::{ContentArrangement, Table, presets};
use scoutline_detect::recipe::{Environment, Options, Recipe, Strength};
use scoutline_semconv::Severity;

use super::Recipes;
use crate::terminal::Safe;

const BOLD: Style = Style::new().bold();

/// A table with one line a recipe.
pub fn list(recipes: &Recipes, options: &Options) -> String {
    let mut table = table(&["NAME", "SEVERITY", "ATT&CK", "PATTERNS", "TITLE"]);
    for recipe in &recipes.recipes {
        let techniques: Vec<_> = recipe
            .attack
            .iter()
            .map(|attack| attack.technique.id)
            .collect();
        let severity = if options.disable.contains(&recipe.name) {
            "disabled"
        } else {
            severity(recipe, options).name()
        };
        table.add_row([
            recipe.name.clone(),
            severity.to_owned(),
            techniques.join(" "),
            (recipe.files.len() + recipe.executables.len()).to_string(),
            Safe(&recipe.title).to_string(),
        ]);
    }
    format!("{table}\n")
}

/// One recipe, whole.
///
/// # Errors
/// Never: a `String` takes everything.
pub fn show(recipe: &Recipe, options: &Options) -> Result<String, fmt::Error> {
    let mut out = String::new();
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}: {}",
        recipe.name,
        Safe(&recipe.title)
    )?;
    let state = if options.disable.contains(&recipe.name) {
        ", disabled"
    } else {
        ""
    };
    writeln!(
        out,
        "severity {}{state}, version {}, {}",
        severity(recipe, options),
        recipe.version,
        Safe(&recipe.path)
    )?;
    for attack in &recipe.attack {
        let tactics: Vec<_> = attack.tactics.iter().map(|tactic| tactic.name).collect();
        let (id, name) = (attack.technique.id, attack.technique.name);
        writeln!(out, "{id} {name} ({})", tactics.join(", "))?;
    }
    writeln!(out, "\n{}", paragraph(&recipe.description))?;
    if !recipe.files.is_empty() {
        let mut table = table(&["OPENS", "SEVERITY", "WHY"]);
        for pattern in &recipe.files {
            let severity = pattern_severity(pattern.severity, pattern.strength, recipe, options);
            let target = Safe(pattern.target.text()).to_string();
            table.add_row([target, severity, Safe(&pattern.why).to_string()]);
        }
        writeln!(out, "\n{table}")?;
    }
    if !recipe.executables.is_empty() {
        let mut table = table(&["RUNS", "SEVERITY", "CLASS", "WHY"]);
        for pattern in &recipe.executables {
            let severity = pattern_severity(pattern.severity, pattern.strength, recipe, options);
            let [name, class, why] =
                [&pattern.name, &pattern.class, &pattern.why].map(|text| Safe(text).to_string());
            table.add_row([name, severity, class, why]);
        }
        writeln!(out, "\n{table}")?;
    }
    for environment in Environment::ALL {
        let guidance = recipe.environments.get(environment);
        writeln!(
            out,
            "\n{BOLD}in {}{BOLD:#}: {}",
            environment.as_str(),
            paragraph(&guidance.implication)
        )?;
        for action in &guidance.actions {
            writeln!(out, "  - {}", paragraph(action))?;
        }
    }
    Ok(out)
}

/// The severity of a recipe under this configuration.
pub(super) fn severity(recipe: &Recipe, options: &Options) -> Severity {
    let configured = options.severity.get(&recipe.name);
    configured.copied().unwrap_or(recipe.severity)
}

fn pattern_severity(
    own: Option<Severity>,
    strength: Strength,
    recipe: &Recipe,
    options: &Options,
) -> String {
    let configured = options.severity.get(&recipe.name).copied();
    let severity = configured.or(own).unwrap_or(recipe.severity);
    match strength {
        Strength::Strong => severity.to_string(),
        Strength::Weak => format!("{severity}, weak"),
    }
}

/// As long as it is, on one line: the terminal wraps.
fn paragraph(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words
        .join(" ")
        .chars()
        .filter(|character| !character.is_control())
        .collect()
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    table
}
