//! What tells one set of recipes, or one configuration, from another.

use std::fmt::Write as _;
use std::sync::Arc;

use scoutline_detect::recipe::{Options, Recipe};
use sha2::{Digest as _, Sha256};

use crate::config::Config;

/// Hexadecimal digits of a hash: no security rests on it.
const DIGITS: usize = 32;

/// Hash of what these recipes look for and how bad that is, whatever the order and wherever they were read.
pub fn of_recipes<'a>(
    recipes: impl IntoIterator<Item = &'a Arc<Recipe>>,
    options: &Options,
) -> String {
    let mut texts: Vec<_> = recipes
        .into_iter()
        .map(|recipe| of_recipe(recipe, options))
        .collect();
    texts.sort_unstable();
    hash(&texts)
}

/// Hash of all that the configuration decides, secrets not included.
pub fn of_settings(config: &Config, recipes_hash: &str) -> String {
    // Headers show their names only.
    hash(&[format!("{config:?}"), recipes_hash.to_owned()])
}

fn of_recipe(recipe: &Recipe, options: &Options) -> String {
    let Recipe {
        name,
        uuid,
        version,
        files,
        executables,
        ..
    } = recipe;
    let configured = options.severity.get(name).copied();
    let mut text = format!("{name} {uuid} {version}");
    let mut add = |pattern: std::fmt::Arguments<'_>| {
        // A String takes everything.
        let _ = write!(text, "\n{pattern}");
    };
    for it in files {
        let severity = configured.or(it.severity).unwrap_or(recipe.severity);
        add(format_args!(
            "{:?} {:?} {:?} {:?} {severity:?}",
            it.target, it.access, it.kind, it.strength
        ));
    }
    for it in executables {
        let severity = configured.or(it.severity).unwrap_or(recipe.severity);
        add(format_args!("{:?} {:?} {severity:?}", it.name, it.strength));
    }
    text
}

fn hash(texts: &[String]) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    let mut digits = format!("{:x}", hasher.finalize());
    digits.truncate(DIGITS);
    digits
}

#[cfg(test)]
mod tests {
    use scoutline_detect::recipe::builtin;
    use scoutline_semconv::Severity;

    use super::*;
    use crate::config;
    use crate::variables::Variables;

    fn recipes() -> Vec<Arc<Recipe>> {
        builtin().0.into_iter().map(Arc::new).collect()
    }

    #[test]
    fn the_hash_of_recipes_is_of_what_they_look_for() {
        let mut all = recipes();
        let plain = Options::default();
        let hash = of_recipes(&all, &plain);
        assert_eq!(hash.len(), DIGITS);
        all.reverse();
        assert_eq!(of_recipes(&all, &plain), hash, "the order does not matter");
        let mut moved = (*all[0]).clone();
        moved.path = "/elsewhere.yaml".to_owned();
        moved.description = "d".to_owned();
        all[0] = Arc::new(moved.clone());
        assert_eq!(of_recipes(&all, &plain), hash, "nor does where it is");
        moved.version += 1;
        all[0] = Arc::new(moved);
        assert_ne!(of_recipes(&all, &plain), hash);
        let milder = Options {
            severity: [(all[1].name.clone(), Severity::Informational)].into(),
            ..Options::default()
        };
        assert_ne!(of_recipes(&recipes(), &milder), hash);
        assert_ne!(of_recipes(&recipes()[1..], &plain), hash);
    }

    #[test]
    fn the_hash_of_settings_is_of_both() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s.yaml");
        let config = |text: &str| {
            std::fs::write(&path, text).expect("written");
            let loaded = config::load(Some(&path), &Variables::default());
            loaded.expect("it is fine").config
        };
        let plain = config("{}");
        let hash = of_settings(&plain, "a");
        assert_eq!(of_settings(&plain, "a"), hash);
        assert_ne!(of_settings(&plain, "b"), hash);
        assert_ne!(of_settings(&config("detection: {window: 5s}"), "a"), hash);
    }
}
