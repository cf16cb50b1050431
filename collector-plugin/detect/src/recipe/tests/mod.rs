//! Recipes as a whole: files in, matches out.

mod builtin;
mod diagnostics;
mod matching;
mod sieving;

use std::sync::Arc;

use super::{Matcher, OpenSubject, Options, Recipe, compile, parse};

/// A recipe with these lines under `match:`, each indented by four.
fn recipe_text(name: &str, patterns: &str) -> String {
    let guidance = "{implication: i, actions: [a]}";
    format!(
        "name: {name}\nuuid: 5f54b616-c5f1-41f1-bc6d-a778259491db\nversion: 1\ntitle: t\nseverity: medium\n\
         attack: [{{technique: T1082, tactics: [TA0007]}}]\ndescription: d\nenvironments:\n  ci: {guidance}\n  \
         staging: {guidance}\n  production: {guidance}\nmatch:\n{patterns}\ntests:\n  \
         fires: [{{name: f, access: {{executable: /bin/x}}}}]\n  \
         quiet: [{{name: q, access: {{executable: /bin/y}}}}]\n"
    )
}

fn recipe(name: &str, patterns: &str) -> Arc<Recipe> {
    let (recipe, found) = parse(&format!("{name}.yaml"), &recipe_text(name, patterns));
    assert_eq!(found, []);
    Arc::new(recipe.expect("there are no diagnostics"))
}

fn matcher(patterns: &str) -> Matcher {
    compile([recipe("test", patterns)], &Options::default()).expect("the patterns are fine")
}

/// An open to read.
fn reading<'a>(paths: &'a [&'a str]) -> OpenSubject<'a> {
    OpenSubject {
        paths,
        reads: true,
        writes: false,
        is_directory: false,
    }
}
