//! The recipes that come with the program.

use super::Recipe;
use super::parse::parse;
use crate::diagnostic::Diagnostic;

macro_rules! recipes {
    ($($name:literal),* $(,)?) => {
        [$((
            concat!("builtin/", $name, ".yaml"),
            include_str!(concat!("../../../recipes/", $name, ".yaml")),
        )),*]
    };
}

/// Name and text of each, as they are in the repository.
pub const BUILTIN: [(&str, &str); 5] = recipes![
    "os_network_fingerprint",
    "os_fingerprint",
    "machine_fingerprint",
    "net_sniff_tool_exec",
    "net_scan_tool_exec",
];

/// The built-in recipes. Their diagnostics are empty, unless this build is broken.
pub fn builtin() -> (Vec<Recipe>, Vec<Diagnostic>) {
    let mut recipes = Vec::with_capacity(BUILTIN.len());
    let mut found = Vec::new();
    for (path, text) in BUILTIN {
        let (recipe, diagnostics) = parse(path, text);
        recipes.extend(recipe);
        found.extend(diagnostics);
    }
    (recipes, found)
}
