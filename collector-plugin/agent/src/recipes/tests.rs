use super::*;

fn builtin() -> Recipes {
    Recipes::read(&[]).expect("nothing to read")
}

#[test]
fn a_wrong_recipe_disables_itself_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("broken.yaml");
    std::fs::write(&path, "name: broken\nseverity: awful\n").expect("written");
    std::fs::write(folder.path().join("notes.txt"), "not a recipe").expect("written");
    let all = Recipes::read(&[folder.path().to_owned()]).expect("readable");
    assert_eq!(all.recipes.len(), builtin().recipes.len());
    assert!(all.has_errors());
    assert!(
        all.diagnostics
            .iter()
            .all(|found| *found.path == *path.to_string_lossy())
    );
    all.compile(&Options::default()).expect("the others work");
}

#[test]
fn says_which_directory_or_file_cannot_be_read() {
    let missing = [PathBuf::from("/nonexistent/recipes")];
    let told = Recipes::read(&missing).map(drop).map_err(|e| e.to_string());
    assert_eq!(
        told,
        Err("cannot list the recipes in /nonexistent/recipes".to_owned())
    );
    let endless = [PathBuf::from("/dev/zero")];
    let told = Recipes::read_files(&endless)
        .map(drop)
        .map_err(|e| e.to_string());
    assert_eq!(told, Err("cannot read the recipe /dev/zero".to_owned()));
}

#[test]
fn lists_what_the_configuration_made_of_them() {
    let options = Options {
        disable: ["os_fingerprint".to_owned()].into(),
        severity: [(
            "net_scan_tool_exec".to_owned(),
            scoutline_semconv::Severity::Low,
        )]
        .into(),
    };
    let text = list_text(&builtin(), &options);
    let line = |name: &str| {
        let line = text.lines().find(|line| line.contains(name));
        line.unwrap_or_default().split_whitespace().nth(1)
    };
    assert_eq!(line("os_fingerprint"), Some("disabled"));
    assert_eq!(line("net_scan_tool_exec"), Some("low"));
    assert_eq!(line("net_sniff_tool_exec"), Some("critical"));
    let json = list_json(&builtin(), &options);
    let enabled = json.as_array().into_iter().flatten();
    assert_eq!(enabled.filter(|row| row["enabled"] == true).count(), 4);
}

#[test]
fn shows_every_pattern_and_every_action() {
    let all = builtin();
    for recipe in &all.recipes {
        let text = show_text(recipe, &Options::default()).expect("a String takes everything");
        let json = show_json(recipe, &Options::default());
        assert_eq!(
            json["files"].as_array().map(Vec::len),
            Some(recipe.files.len())
        );
        for action in &recipe.environments.ci.actions {
            let first = action.split_whitespace().next().unwrap_or_default();
            assert!(text.contains(&format!("  - {first}")), "{action}");
        }
        for pattern in &recipe.executables {
            assert!(text.contains(&pattern.name), "{}", pattern.name);
        }
    }
}

#[test]
fn an_unknown_name_is_answered_with_a_near_one() {
    let told = |name: &str| builtin().unknown(name).to_string();
    assert_eq!(
        told("os_fingreprint"),
        "there is no recipe \"os_fingreprint\": did you mean \"os_fingerprint\"?"
    );
    assert_eq!(
        told("xyz"),
        "there is no recipe \"xyz\": `scoutline recipes list` shows all"
    );
}
