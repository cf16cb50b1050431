//! The recipes that come with the program.

use std::collections::HashSet;
use std::sync::Arc;

use scoutline_semconv::Severity;

use super::super::*;
use super::reading;
use super::sieving::instances;

#[test]
fn pass_their_own_tests() {
    let (recipes, found) = builtin();
    assert_eq!(found, []);
    assert_eq!(recipes.len(), BUILTIN.len());
    for recipe in &recipes {
        let failed: Vec<_> = check_tests(recipe)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(failed, [""; 0]);
        assert!(recipe.tests.fires.len() >= 3 && recipe.tests.quiet.len() >= 3);
    }
}

#[test]
fn say_what_they_were_promised_to_say() {
    let (recipes, _) = builtin();
    let said: Vec<_> = recipes
        .iter()
        .map(|recipe| {
            let attack: Vec<_> = recipe
                .attack
                .iter()
                .flat_map(|attack| {
                    std::iter::once(attack.technique.id)
                        .chain(attack.tactics.iter().map(|tactic| tactic.id))
                })
                .collect();
            (recipe.name.as_str(), recipe.severity, attack.join(" "))
        })
        .collect();
    let promised = [
        (
            "os_network_fingerprint",
            Severity::Low,
            "T1082 TA0007 T1016 TA0007",
        ),
        ("os_fingerprint", Severity::Medium, "T1082 TA0007"),
        ("machine_fingerprint", Severity::Medium, "T1082 TA0007"),
        (
            "net_sniff_tool_exec",
            Severity::Critical,
            "T1040 TA0007 TA0006",
        ),
        ("net_scan_tool_exec", Severity::Critical, "T1046 TA0007"),
    ];
    assert_eq!(
        said,
        promised.map(|(name, severity, attack)| (name, severity, attack.to_owned()))
    );
    let uuids: HashSet<_> = recipes.iter().map(|recipe| &recipe.uuid).collect();
    assert_eq!(uuids.len(), recipes.len());
}

#[test]
fn no_two_match_the_same_access() {
    let recipes: Vec<_> = builtin().0.into_iter().map(Arc::new).collect();
    let matcher = compile(recipes.clone(), &Options::default()).expect("they compile");
    let mut tried = 0;
    for recipe in &recipes {
        for path in recipe.files.iter().flat_map(|file| instances(&file.target)) {
            for is_directory in [false, true] {
                let mut matches = Vec::new();
                let paths = [path.as_str()];
                let subject = OpenSubject {
                    is_directory,
                    ..reading(&paths)
                };
                matcher.matches_open(&subject, &mut matches);
                let names: Vec<_> = matches.iter().map(|found| &found.recipe.name).collect();
                assert!(names.len() <= 1, "{path}: {names:?}");
                tried += names.len();
            }
        }
        for tool in &recipe.executables {
            let mut matches = Vec::new();
            matcher.matches_exec(
                &ExecSubject {
                    names: &[&tool.name],
                },
                &mut matches,
            );
            assert_eq!(matches.len(), 1, "{}", tool.name);
        }
    }
    assert!(tried > 500, "{tried}");
}

#[test]
fn each_pattern_of_a_recipe_is_named_once() {
    for recipe in builtin().0 {
        let targets = recipe.files.iter().map(|file| file.target.text());
        let tools = recipe.executables.iter().map(|tool| tool.name.as_str());
        let mut seen = HashSet::new();
        for pattern in targets.chain(tools) {
            assert!(seen.insert(pattern), "{}: {pattern}", recipe.name);
        }
    }
}
