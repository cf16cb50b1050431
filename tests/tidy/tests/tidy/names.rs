//! Who may spell what.

use std::collections::BTreeSet;

use scoutline_tidy::{Code, Repository, Token};

use crate::sources::{repository, shipped_rust};

/// Homes that are nobody's: what recipes and their tests are shown.
const EXAMPLE_HOMES: [&str; 3] = ["me/", "runner/", "*"];

/// The first words of the attributes that semconv names: `process` of `process.pid`.
fn namespaces(repository: &Repository) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in ["semconv/src/attr.rs", "semconv/src/resource.rs"] {
        let text = repository.text(path).expect("semconv has its files");
        let code = Code::of(path, text).expect("what compiles is Rust");
        for token in code.tokens {
            if let Token::Text(text) = token
                && let Some((first, _)) = text.split_once('.')
            {
                found.insert(first.to_owned());
            }
        }
    }
    found
}

/// Whether it is `namespace.word.word`.
fn is_name(text: &str, namespaces: &BTreeSet<String>) -> bool {
    let mut words = text.split('.');
    let is_ours = words.next().is_some_and(|first| namespaces.contains(first));
    let mut rest = words.peekable();
    is_ours
        && rest.peek().is_some()
        && rest.all(|word| {
            let is_part =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            !word.is_empty() && word.bytes().all(is_part)
        })
}

/// Looks like an attribute and is none: what containerd calls the containers of Kubernetes.
const OTHER_NAMES: [&str; 1] = ["k8s.io"];

#[test]
fn only_semconv_spells_attributes() {
    let repository = repository();
    let namespaces = namespaces(&repository);
    for known in ["scoutline", "process", "file", "threat", "host"] {
        assert!(namespaces.contains(known), "{known}: {namespaces:?}");
    }
    let mut found = Vec::new();
    for (path, code) in shipped_rust(&repository) {
        for token in code.tokens {
            if let Token::Text(text) = token
                && !path.starts_with("semconv/")
                && is_name(&text, &namespaces)
                && !OTHER_NAMES.contains(&text.as_str())
            {
                found.push(format!("{path}: {text}"));
            }
        }
    }
    assert!(found.is_empty(), "not taken from semconv: {found:#?}");
}

#[test]
fn no_file_names_somebodys_home() {
    let repository = repository();
    // In parts, so that this file names none either.
    let homes = [["/ho", "me/"], ["/Us", "ers/"], ["/ro", "ot/"]].map(|parts| parts.concat());
    let mut found = Vec::new();
    for file in repository.files() {
        for (number, line) in file.text.lines().enumerate() {
            let names_one = homes.iter().any(|home| {
                line.split(home.as_str()).skip(1).any(|rest| {
                    !EXAMPLE_HOMES
                        .iter()
                        .any(|example| rest.starts_with(example))
                })
            });
            if names_one {
                found.push(format!("{}:{}", file.path, number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{found:?}");
}
