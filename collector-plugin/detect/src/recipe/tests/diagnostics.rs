//! What the author of a wrong recipe is told.

use super::super::parse;
use super::recipe_text;

fn told(path: &str, text: &str) -> String {
    let (recipe, found) = parse(path, text);
    assert_eq!(recipe, None);
    let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    insta::assert_snapshot!(told("recipes.d/nasty.yaml", include_str!("nasty.yaml")));
}

#[test]
fn a_recipe_without_anything_is_told_what_is_missing() {
    insta::assert_snapshot!(told("empty.yaml", "{}"));
}

#[test]
fn patterns_that_cannot_be_sieved_are_refused() {
    let cases = [
        ("glob: /**", "nothing is known"),
        ("glob: '/etc/*'", "nothing is known"),
        ("glob: '/home/*/*.conf'", "nothing is known"),
        ("glob: '/sys/devices/**/net/*/*'", "nothing is known"),
        ("prefix: /etc/", "a prefix needs two"),
        ("prefix: /proc/", "a prefix needs two"),
        ("prefix: /sys/class/net/", "a prefix needs two"),
        ("prefix: /proc/self/", "a prefix needs two"),
        ("prefix: /sys/class/", "a prefix needs two"),
        ("glob: /sys/class/net/**", "goes through the symbolic links"),
        ("path: /proc", "the root of a pseudo file system"),
    ];
    for (pattern, expected) in cases {
        let line = format!("  files: [{{{pattern}, strength: strong, why: w}}]");
        let told = told("test.yaml", &recipe_text("test", &line));
        assert!(told.starts_with("test.yaml:13:"), "{told}");
        assert!(
            told.contains(expected) && told.contains("\n  help: "),
            "{pattern}: {told}"
        );
    }
}
