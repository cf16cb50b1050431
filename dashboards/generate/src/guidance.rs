//! What recipes and correlations mean and ask for, as people read it.

use std::fmt::Write as _;

use scoutline_detect::recipe::{Environment, Recipe, builtin};

use crate::catalogue::{Alert, Question};

/// What people call it.
pub(crate) const fn name(environment: Environment) -> &'static str {
    match environment {
        Environment::Ci => "CI",
        Environment::Staging => "staging",
        Environment::Production => "production",
    }
}

/// Of each recipe a title, and Markdown.
pub(crate) fn guidance(environment: Environment) -> Vec<(String, String)> {
    let (recipes, _) = builtin();
    let texts = recipes.iter().map(|recipe| {
        let guidance = recipe.environments.get(environment);
        let techniques = recipe.attack.iter().map(|it| it.technique.id);
        let title = format!(
            "{} ({})",
            recipe.title,
            techniques.collect::<Vec<_>>().join(", ")
        );
        let severity = recipe.severity.name();
        let mut text = format!(
            "`{}`, {severity}\n\n{}\n",
            recipe.name, guidance.implication
        );
        for (number, action) in (1..).zip(&guidance.actions) {
            let _ = write!(text, "\n{number}. {action}");
        }
        (title, text)
    });
    texts.collect()
}

/// What whoever gets an alert of a single recipe has to know, as Markdown.
pub(crate) fn about(recipe: &Recipe) -> String {
    let mut text = format!("{}\n", recipe.description);
    for environment in Environment::ALL {
        let guidance = recipe.environments.get(environment);
        let _ = write!(
            text,
            "\nWhat it means in {}: {}\n\nWhat to do:\n",
            name(environment),
            guidance.implication
        );
        for (number, action) in (1..).zip(&guidance.actions) {
            let _ = write!(text, "\n{number}. {action}");
        }
        text.push('\n');
    }
    text
}

/// Where a recipe can be read.
pub(crate) fn page(recipe: &Recipe) -> String {
    format!("{RECIPES}/{}.yaml", recipe.name)
}

const RECIPES: &str = concat!(
    env!("CARGO_PKG_REPOSITORY"),
    "/blob/v",
    env!("CARGO_PKG_VERSION"),
    "/collector-plugin/recipes"
);

/// What whoever gets an alert has to know, as Markdown.
pub(crate) fn briefing(question: &Question, alert: &Alert) -> String {
    let mut text = format!("{}\n\nWhat else it may be:\n", question.answers);
    for it in &alert.false_positives {
        let _ = write!(text, "\n- {it}");
    }
    let _ = write!(text, "\n\nWhere to look next: {}\n", alert.drill_down);
    for environment in Environment::ALL {
        let _ = write!(text, "\nWhat to do in {}:\n", name(environment));
        for (number, action) in (1..).zip(alert.response.get(environment)) {
            let _ = write!(text, "\n{number}. {action}");
        }
        text.push('\n');
    }
    let _ = write!(text, "\nTuning: {}", question.tune);
    text
}
