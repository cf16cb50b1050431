//! What every recipe has.

use scoutline_detect::recipe;

use crate::sources::repository;

const FOLDER: &str = "collector-plugin/recipes/";

#[test]
fn every_recipe_fires_stays_quiet_and_is_built_in() {
    let repository = repository();
    let mut names = Vec::new();
    for file in repository.files() {
        let Some(name) = file.path.strip_prefix(FOLDER) else {
            continue;
        };
        let (recipe, diagnostics) = recipe::parse(name, &file.text);
        assert!(diagnostics.is_empty(), "{diagnostics:#?}");
        let recipe = recipe.expect("without diagnostics there is a recipe");
        assert!(!recipe.tests.fires.is_empty(), "{name} never fires");
        assert!(!recipe.tests.quiet.is_empty(), "{name} is never quiet");
        names.push(name);
    }
    let mut built_in = recipe::BUILTIN.map(|(path, _)| path.trim_start_matches("builtin/"));
    built_in.sort_unstable();
    assert_eq!(names, built_in);
}
