//! What a crate must not know.

use scoutline_tidy::{Crates, Token};

use crate::sources::{repository, shipped_rust};

/// A crate, and what may not be linked into it.
const WALLS: [(&str, &[&str]); 5] = [
    // Pure: events in, records out.
    (
        "scoutline-detect",
        &[
            "aya",
            "opentelemetry-proto",
            "prost",
            "reqwest",
            "rustix",
            "scoutline-loader",
            "scoutline-otlp",
            "tokio",
            "tonic",
        ],
    ),
    // Carries records, whatever they are about.
    (
        "scoutline-otlp",
        &[
            "aya",
            "scoutline-abi",
            "scoutline-detect",
            "scoutline-loader",
        ],
    ),
    // Names and plain data, under everything else.
    (
        "scoutline-semconv",
        &[
            "aya",
            "prost",
            "scoutline-abi",
            "scoutline-detect",
            "scoutline-loader",
            "scoutline-otlp",
            "serde-saphyr",
            "tokio",
        ],
    ),
    // A recording decodes on any machine.
    (
        "scoutline-abi",
        &[
            "aya",
            "scoutline-detect",
            "scoutline-loader",
            "scoutline-otlp",
            "scoutline-semconv",
            "tokio",
        ],
    ),
    // Knows the kernel, not what is looked for.
    (
        "scoutline-loader",
        &[
            "scoutline-detect",
            "scoutline-otlp",
            "scoutline-semconv",
            "tokio",
        ],
    ),
];

/// What one crate alone of those that ship may use.
const OWNERS: [(&str, &str); 8] = [
    ("aya", "scoutline-loader"),
    ("libc", "scoutline-loader"),
    ("opentelemetry-otlp", "scoutline-otlp"),
    ("opentelemetry_sdk", "scoutline-otlp"),
    ("prost", "scoutline-otlp"),
    ("tonic", "scoutline-otlp"),
    ("reqwest", "scoutline-otlp"),
    ("saphyr-parser", "scoutline-detect"),
];

/// Words of the standard library that reach out of the program.
const IMPURE: [&str; 5] = ["Instant", "SystemTime", "fs", "net", "thread"];

#[test]
fn no_crate_is_linked_behind_its_wall() {
    let crates = Crates::ask().expect("cargo answers");
    for (name, forbidden) in WALLS {
        let linked = crates.linked_into(name).expect("a wall is around a crate");
        let behind: Vec<_> = forbidden
            .iter()
            .filter(|crate_| linked.contains(**crate_))
            .collect();
        assert!(behind.is_empty(), "{name} must not depend on {behind:?}");
    }
}

#[test]
fn detection_is_pure() {
    let repository = repository();
    let mut found = Vec::new();
    for (path, code) in shipped_rust(&repository) {
        for token in code.tokens {
            if let Token::Word(word) = token
                && path.starts_with("collector-plugin/detect/")
                && IMPURE.contains(&word.as_str())
            {
                found.push(format!("{path}: {word}"));
            }
        }
    }
    assert!(found.is_empty(), "files, clocks, threads: {found:?}");
}

#[test]
fn one_crate_knows_each_library() {
    let crates = Crates::ask().expect("cargo answers");
    for (library, owner) in OWNERS {
        let users: Vec<_> = crates
            .members()
            .filter(|(_, folder)| !folder.starts_with("tests/"))
            .filter(|(name, _)| {
                let used = crates.used_by(name).expect("a member is a crate");
                used.contains(library)
            })
            .map(|(name, _)| name)
            .collect();
        assert_eq!(users, [owner], "{library}");
    }
}

/// What only makes files for the repository, or tests them, may read them in an easier way.
#[test]
fn only_generators_and_tests_read_yaml_by_serde() {
    let crates = Crates::ask().expect("cargo answers");
    let users = crates.members().filter(|(name, _)| {
        let used = crates.used_by(name).expect("a member is a crate");
        used.contains("serde-saphyr")
    });
    let mut users: Vec<_> = users.map(|(name, _)| name).collect();
    users.sort_unstable();
    assert_eq!(
        users,
        [
            "scoutline-backends",
            "scoutline-dashboards",
            "scoutline-semconv-generate"
        ]
    );
}

#[test]
fn only_the_loader_is_unsafe() {
    let repository = repository();
    let is_unsafe = |tokens: &[Token]| tokens.contains(&Token::Word("unsafe".to_owned()));
    let (mut loader, mut others) = (Vec::new(), Vec::new());
    for (path, code) in shipped_rust(&repository) {
        if is_unsafe(&code.tokens) {
            if path.starts_with("ebpf/loader/") {
                loader.push(path);
            } else {
                others.push(path);
            }
        }
    }
    assert!(
        others.is_empty(),
        "unsafe code outside the loader: {others:?}"
    );
    // Else this test may be looking at nothing.
    assert!(
        !loader.is_empty(),
        "the loader has no unsafe code any more: forbid it there too"
    );
}
