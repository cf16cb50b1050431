//! The exact matcher.

use std::collections::{BTreeMap, BTreeSet};

use scoutline_semconv::Severity;

use super::super::*;
use super::{matcher, reading, recipe};

fn opens(matcher: &Matcher, subject: OpenSubject<'_>) -> Vec<Match> {
    let mut matches = Vec::new();
    matcher.matches_open(&subject, &mut matches);
    matches
}

fn runs(matcher: &Matcher, names: &[&str]) -> Vec<Match> {
    let mut matches = Vec::new();
    matcher.matches_exec(&ExecSubject { names }, &mut matches);
    matches
}

#[test]
fn paths_prefixes_and_globs() {
    let matcher = matcher(
        "  files:
    - {path: /etc/issue, strength: strong, why: w}
    - {prefix: /etc/ssl/, strength: strong, why: w}
    - {glob: '/etc/*[!s]-release', strength: strong, why: w}
    - {glob: /sys/class/net/*/address, strength: strong, why: w}",
    );
    let cases = [
        ("/etc/issue", true),
        ("/etc/issue.net", false),
        ("/etc/issue/x", false),
        ("/etc/ssl", true),
        ("/etc/ssl/certs/a.pem", true),
        ("/etc/ssl2/a.pem", false),
        ("/etc/alpine-release", true),
        ("/etc/os-release", false),
        ("/etc/x/alpine-release", false),
        ("/etc/x/-release", false),
        ("/sys/class/net/lo/address", true),
        ("/sys/devices/virtual/net/lo/address", true),
        ("/sys/devices/net/lo/address", true),
        ("/sys/devices/virtual/net/lo/x/address", false),
        ("", false),
        ("/", false),
        ("etc/issue", false),
    ];
    for (path, expected) in cases {
        assert_eq!(
            !opens(&matcher, reading(&[path])).is_empty(),
            expected,
            "{path}"
        );
    }
}

#[test]
fn what_is_opened_and_for_what() {
    let matcher = matcher(
        "  files:
    - {path: /r, strength: strong, why: w}
    - {path: /w, access: write, strength: strong, why: w}
    - {path: /a, access: any, strength: strong, why: w}
    - {path: /f, kind: file, strength: strong, why: w}
    - {path: /d, kind: directory, strength: strong, why: w}",
    );
    // Path, then whether it matches when opened to read, to write, both, and as a directory.
    let cases = [
        ("/r", [true, false, true, true]),
        ("/w", [false, true, true, false]),
        ("/a", [true, true, true, true]),
        ("/f", [true, false, true, false]),
        ("/d", [false, false, false, true]),
    ];
    for (path, expected) in cases {
        let modes = [
            (true, false, false),
            (false, true, false),
            (true, true, false),
            (true, false, true),
        ];
        let got = modes.map(|(reads, writes, is_directory)| {
            let paths = [path];
            let subject = OpenSubject {
                paths: &paths,
                reads,
                writes,
                is_directory,
            };
            !opens(&matcher, subject).is_empty()
        });
        assert_eq!(got, expected, "{path}");
    }
}

#[test]
fn one_match_a_recipe_the_strongest_then_the_most_severe() {
    let matcher = matcher(
        "  files:
    - {path: /etc/a, strength: weak, severity: critical, why: w}
    - {prefix: /etc/b/, strength: strong, severity: low, why: w}
    - {glob: '/etc/b/[c]', strength: strong, severity: high, why: w}
    - {path: /etc/b/d, strength: weak, severity: high, why: w}",
    );
    let cases: [(&[&str], Strength, Severity, usize); 4] = [
        (&["/etc/a"], Strength::Weak, Severity::Critical, 0),
        (
            &["/etc/a", "/x", "/etc/b/x"],
            Strength::Strong,
            Severity::Low,
            2,
        ),
        (
            &["/etc/b/x", "/etc/b/c"],
            Strength::Strong,
            Severity::High,
            1,
        ),
        (&["/etc/b/d"], Strength::Strong, Severity::Low, 0),
    ];
    for (paths, strength, severity, subject) in cases {
        let matches = opens(&matcher, reading(paths));
        assert_eq!(matches.len(), 1, "{paths:?}");
        let found = &matches[0];
        assert_eq!(
            (found.strength, found.severity, found.subject),
            (strength, severity, subject),
            "{paths:?}"
        );
    }
}

#[test]
fn keeps_what_was_in_the_list_before() {
    let matcher = matcher("  files: [{path: /etc/a, strength: strong, why: w}]");
    let mut matches = Vec::new();
    matcher.matches_open(&reading(&["/etc/a"]), &mut matches);
    matcher.matches_open(&reading(&["/etc/a"]), &mut matches);
    assert_eq!(matches.len(), 2);
}

#[test]
fn executables_by_any_of_their_names() {
    let matcher = matcher(
        "  executables:
    - {name: tcpdump, class: c, strength: strong, why: w}
    - {name: Responder.py, class: c, strength: strong, why: w}
    - {name: responder, class: c, strength: weak, severity: low, why: w}
    - {name: hping3, class: c, strength: strong, why: w}",
    );
    let strong = |names: &[&str], subject: usize| {
        let matches = runs(&matcher, names);
        assert_eq!(matches.len(), 1, "{names:?}");
        let got = (matches[0].strength, matches[0].subject);
        assert_eq!(got, (Strength::Strong, subject), "{names:?}");
    };
    strong(&["tcpdump"], 0);
    strong(&["TCPDump-4.99"], 0);
    strong(&["python3.11", "tcpdump.py"], 1);
    strong(&["responder.py"], 0);
    strong(&["hping3-1.0_linux_x64"], 0);
    assert_eq!(runs(&matcher, &["responder"])[0].strength, Strength::Weak);
    for name in ["hping", "xtcpdump", "tcpdump-wrapper", ""] {
        assert_eq!(runs(&matcher, &[name]), [], "{name}");
    }
}

#[test]
fn the_configuration_has_the_last_word() {
    let file = "  files: [{path: /etc/a, strength: strong, severity: high, why: w}]";
    let options = Options {
        disable: BTreeSet::from(["one".to_owned()]),
        severity: BTreeMap::from([("two".to_owned(), Severity::Informational)]),
    };
    let both = [recipe("one", file), recipe("two", file)];
    let matcher = compile(both.clone(), &options).expect("they compile");
    let matches = opens(&matcher, reading(&["/etc/a"]));
    let said: Vec<_> = matches
        .iter()
        .map(|found| (found.recipe.name.as_str(), found.severity))
        .collect();
    assert_eq!(said, [("two", Severity::Informational)]);

    let unknown = Options {
        disable: BTreeSet::from(["three".to_owned()]),
        ..Options::default()
    };
    assert!(matches!(
        compile(both.clone(), &unknown),
        Err(CompileError::Unknown { name }) if name == "three"
    ));
    let twice = [recipe("one", file), recipe("one", file)];
    assert!(matches!(
        compile(twice, &Options::default()),
        Err(CompileError::Duplicate { name, .. }) if name == "one"
    ));
}

#[test]
fn tests_of_a_recipe_can_fail() {
    let mut recipe = (*recipe("test", "  files: [{path: /etc/a, strength: weak, why: w}]")).clone();
    recipe.tests.fires[0].path = Some("/etc/a".to_owned());
    let told: Vec<_> = check_tests(&recipe)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(told, ["test.yaml:15:11: error: \"f\" does not fire"]);
    recipe.files[0].strength = Strength::Strong;
    assert_eq!(check_tests(&recipe), []);
    recipe.tests.quiet[0].path = Some("/etc/a".to_owned());
    assert_eq!(check_tests(&recipe)[0].message, "\"q\" is not quiet");
}
