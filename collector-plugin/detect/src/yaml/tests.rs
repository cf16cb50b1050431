use std::time::Duration;

use proptest::prelude::*;

use super::{Node, parse, parse_with};
use crate::diagnostic::Diagnostics;

fn read<T>(
    text: &str,
    read: impl FnOnce(&Node, &mut Diagnostics) -> Option<T>,
) -> (Option<T>, Vec<String>) {
    let mut found = Diagnostics::new("t.yaml");
    let value = parse(text, &mut found).and_then(|root| read(&root, &mut found));
    let told = found.into_vec().iter().map(ToString::to_string).collect();
    (value, told)
}

#[test]
fn a_scalar_is_what_it_is_read_as() {
    assert_eq!(read("1.2", Node::string).0.as_deref(), Some("1.2"));
    assert_eq!(read("'true'", Node::boolean).0, Some(true));
    assert_eq!(
        read("64", |node, found| node.integer(1..=64_u16, found)).0,
        Some(64)
    );
    assert_eq!(
        read("1.5", |node, found| node.number(1.0..=2.0, found)).0,
        Some(1.5)
    );
    assert_eq!(
        read("1h30m", Node::duration).0,
        Some(Duration::from_secs(5400))
    );
    assert_eq!(read("64MiB", Node::size).0, Some(64 << 20));
    assert_eq!(read("1000", Node::size).0, Some(1000));
    let sides = [("left", -1), ("right", 1)];
    assert_eq!(
        read("right", |node, found| node.choice(&sides, found)).0,
        Some(1)
    );
}

#[test]
fn says_what_was_expected_and_where() {
    let told = |(value, told): (Option<()>, Vec<String>)| {
        assert_eq!(value, None);
        told.join("\n")
    };
    let cases = [
        (
            told(read("\n  {a: 1}", |n, f| n.string(f).map(drop))),
            "t.yaml:2:3: error: expected a string, found a mapping",
        ),
        (
            told(read("' '", |n, f| n.string(f).map(drop))),
            "t.yaml:1:1: error: expected a string, found an empty one",
        ),
        (
            told(read("yes", |n, f| n.boolean(f).map(drop))),
            "t.yaml:1:1: error: expected true or false, found \"yes\"",
        ),
        (
            told(read("65536", |n, f| n.integer(0..=u16::MAX, f).map(drop))),
            "t.yaml:1:1: error: expected a whole number from 0 to 65535, found \"65536\"",
        ),
        (
            told(read(".nan", |n, f| n.number(0.0..=1.0, f).map(drop))),
            "t.yaml:1:1: error: expected a number from 0 to 1, found \".nan\"",
        ),
        (
            told(read("5", |n, f| n.duration(f).map(drop))),
            "t.yaml:1:1: error: expected a duration such as 250ms, 5s or 1h, found \"5\"",
        ),
        (
            told(read("-1", |n, f| n.size(f).map(drop))),
            "t.yaml:1:1: error: expected a size in bytes such as 1048576 or 64MiB, found \"-1\"",
        ),
        (
            told(read("rigth", |n, f| {
                n.choice(&[("left", ()), ("right", ())], f)
            })),
            "t.yaml:1:1: error: expected one of left, right, found \"rigth\"\n  help: did you mean \"right\"?",
        ),
        (
            told(read("3", |n, f| n.sequence(f, Node::string).map(drop))),
            "t.yaml:1:1: error: expected a sequence (`[a, b]`), found \"3\"",
        ),
        (
            told(read("", |n, f| n.string(f).map(drop))),
            "t.yaml:1:1: error: the file is empty",
        ),
    ];
    for (told, expected) in cases {
        assert_eq!(told, expected);
    }
}

#[test]
fn tells_every_problem_of_a_mapping() {
    let text = "name: a\nnmae: b\nname: c\nkeepalive: 1\n";
    let (value, told) = read(text, |root, found| {
        root.mapping(found, |fields| {
            let name = fields.required("name", Node::string);
            let version = fields.required("version", Node::string);
            fields.unsupported("keepalive", "leave it out");
            Some((name?, version?))
        })
    });
    assert_eq!(value, None);
    assert_eq!(
        told,
        [
            "t.yaml:1:1: error: the key \"version\" is missing",
            "t.yaml:2:1: error: unknown key \"nmae\"\n  help: did you mean \"name\"?",
            "t.yaml:3:1: error: duplicate key \"name\", first on line 1",
            "t.yaml:4:1: error: \"keepalive\" is not supported by this version\n  help: leave it out",
        ]
    );
}

#[test]
fn expands_values_but_not_keys_and_never_shows_what_came_of_it() {
    let mut found = Diagnostics::new("t.yaml");
    let expand = |text: &str| match text {
        "${env:TOKEN}" => Ok(Some("hunter2".to_owned())),
        "${env:NONE}" => Err("the environment has no NONE".to_owned()),
        "${env:EMPTY}" => Ok(Some(String::new())),
        _ => Ok(None),
    };
    let text = "${env:TOKEN}: ${env:TOKEN}\nnone: ${env:NONE}\nempty: ${env:EMPTY}\n";
    let root = parse_with(text, &mut found, expand).expect("it is YAML");
    let entries = root.entries(&mut found).expect("it is a mapping");
    assert_eq!(entries[0].0.name, "${env:TOKEN}");
    assert_eq!(entries[0].1.string(&mut found).as_deref(), Some("hunter2"));
    assert!(entries[2].1.is_null());
    assert_eq!(entries[0].1.duration(&mut found), None);
    let told: Vec<_> = found.into_vec().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "t.yaml:1:15: error: expected a duration such as 250ms, 5s or 1h, found \"${env:TOKEN}\"",
            "t.yaml:2:7: error: the environment has no NONE",
        ]
    );
}

#[test]
fn bounds_what_a_hostile_file_can_cost() {
    let bomb: String = (0..30)
        .map(|level| match level {
            0 => "a0: &a0 [x, x]\n".to_owned(),
            _ => format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1),
        })
        .collect();
    let cases = [
        (bomb.as_str(), "aliases make more than 100000 nodes"),
        (&"- ".repeat(100_000), "more than 64 levels"),
        (&"[".repeat(100), "more than 64 levels"),
        (&"[".repeat(100_000), "recursion limit"),
        ("a: 1\n---\nb: 2\n", "a second document"),
        ("a: &a [*a]", "an alias within its own anchor"),
        ("? [a, b]\n: c", "a key is a plain word"),
        ("a: !exec rm", "the tag !exec means nothing here"),
        ("a: [1, 2", "not valid YAML"),
        ("a: *b", "not valid YAML"),
    ];
    for (text, expected) in cases {
        let (_, told) = read(text, |_, _| Some(()));
        assert!(
            told.iter().any(|told| told.contains(expected)),
            "{expected}: {told:?}"
        );
    }
}

#[test]
fn aliases_stand_for_their_anchor() {
    let (value, told) = read("[&a {x: 1}, *a]", |root, found| {
        root.sequence(found, |item, found| {
            item.mapping(found, |fields| fields.required("x", Node::string))
        })
    });
    assert_eq!(told, [""; 0]);
    assert_eq!(value, Some(vec!["1".to_owned(); 2]));
}

proptest! {
    #[test]
    fn never_panics_and_never_fails_silently(text in "[-a\\[\\]{}:,#&*!|>'\"%@` \\n\\t?0.~]{0,60}|\\PC{0,40}") {
        let mut found = Diagnostics::new("t.yaml");
        let root = parse(&text, &mut found);
        prop_assert!(root.is_some() || found.has_errors());
    }
}
