//! What the rules look at.

use std::collections::BTreeSet;

use scoutline_tidy::{Code, Repository};

pub(crate) fn repository() -> Repository {
    Repository::read().expect("the repository can be read")
}

/// Path and code of every Rust file that is neither a test nor only for tests.
pub(crate) fn shipped_rust(repository: &Repository) -> Vec<(&str, Code)> {
    let code: Vec<_> = repository
        .ending(&[".rs"])
        .map(|file| {
            let code = Code::of(&file.path, &file.text).expect("what compiles is Rust");
            (file.path.as_str(), code)
        })
        .collect();
    let tests: BTreeSet<String> = code
        .iter()
        .flat_map(|(path, code)| {
            let folder = modules_of(path);
            code.test_modules
                .iter()
                .map(move |module| format!("{folder}/{module}"))
        })
        .collect();
    code.into_iter()
        .filter(|(path, _)| {
            !path.starts_with("tests/")
                && !path.contains("/tests/")
                && !tests.iter().any(|module| {
                    *path == format!("{module}.rs") || path.starts_with(&format!("{module}/"))
                })
        })
        .collect()
}

/// The folder in which the modules lie that the file at `path` declares.
fn modules_of(path: &str) -> &str {
    let stem = path.trim_end_matches(".rs");
    ["/lib", "/main", "/mod"]
        .into_iter()
        .find_map(|name| stem.strip_suffix(name))
        .unwrap_or(stem)
}
