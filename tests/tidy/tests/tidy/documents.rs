//! What the documents say is there, is there.

use std::collections::BTreeSet;
use std::fs;

use clap::Parser as _;
use scoutline::cli::{Cli, Command};
use scoutline::commands;
use scoutline::variables::Variables;
use scoutline_tidy::{Crates, Repository};

use crate::sources::repository;

const DOCUMENTS: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];
const README_LINES: usize = 120;
const ARCHITECTURE_WORDS: usize = 1200;

fn document<'a>(repository: &'a Repository, path: &str) -> &'a str {
    repository
        .text(path)
        .unwrap_or_else(|| panic!("there is no {path}"))
}

/// Fenced blocks in this language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("```")?.0))
        .collect()
}

/// What stands between backticks within a line.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.starts_with("```"))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// Lines to type: in blocks for a shell, without their comments, and between backticks.
fn commands_in(text: &str) -> Vec<&str> {
    blocks(text, "sh")
        .into_iter()
        .flat_map(str::lines)
        .map(|line| line.split("  #").next().unwrap_or(line).trim())
        .chain(quoted(text))
        .collect()
}

#[test]
fn are_short() {
    let repository = repository();
    let lines = document(&repository, "README.md").lines().count();
    assert!(lines <= README_LINES, "README.md: {lines} lines");
    let words = document(&repository, "ARCHITECTURE.md")
        .split_whitespace()
        .count();
    assert!(
        words <= ARCHITECTURE_WORDS,
        "ARCHITECTURE.md: {words} words"
    );
}

#[test]
fn name_every_crate_and_top_folder() {
    let repository = repository();
    let named: BTreeSet<_> = quoted(document(&repository, "ARCHITECTURE.md"))
        .map(|name| name.trim_end_matches('/'))
        .collect();
    let crates = Crates::ask().expect("cargo answers");
    let missing: Vec<_> = crates
        .members()
        .flat_map(|(name, folder)| [name, folder])
        .chain(repository.top_folders())
        .filter(|name| !named.contains(name))
        .collect();
    assert!(missing.is_empty(), "not in ARCHITECTURE.md: {missing:?}");
}

#[test]
fn name_only_paths_that_exist() {
    let repository = repository();
    let folders = repository.top_folders();
    for path in DOCUMENTS {
        let text = document(&repository, path);
        for name in quoted(text) {
            let is_ours = name
                .split_once('/')
                .is_some_and(|(first, _)| folders.contains(first));
            if is_ours && !name.contains(['*', ' ', '<']) {
                let exists = Repository::root().join(name).exists();
                assert!(exists, "{path}: there is no {name}");
            }
        }
        for rest in text.split("](").skip(1) {
            let target = rest.split([')', '#']).next().unwrap_or_default();
            let exists = target.starts_with("https://") || Repository::root().join(target).exists();
            assert!(exists, "{path}: a link leads to {target}");
        }
    }
}

#[test]
fn name_every_make_target_and_no_other() {
    let repository = repository();
    let makefile = document(&repository, "Makefile");
    let targets: BTreeSet<_> = makefile
        .lines()
        .find_map(|line| line.strip_prefix(".PHONY: "))
        .expect("the Makefile names its targets")
        .split_whitespace()
        .collect();
    let mut named = BTreeSet::new();
    for path in DOCUMENTS {
        for command in commands_in(document(&repository, path)) {
            if let Some(rest) = command.strip_prefix("make ") {
                let target = rest.split_whitespace().next().unwrap_or_default();
                assert!(
                    targets.contains(target),
                    "{path}: there is no `make {target}`"
                );
                if path == "README.md" {
                    named.insert(target);
                }
            }
        }
    }
    assert_eq!(named, targets, "README.md names the targets");
}

#[test]
fn show_commands_that_parse() {
    let repository = repository();
    let mut parsed = 0;
    for path in DOCUMENTS {
        for block in blocks(document(&repository, path), "sh") {
            for line in block.lines() {
                let line = line.split("  #").next().unwrap_or(line);
                let is_program = |word: &str| word.rsplit('/').next() == Some("scoutline");
                // Quotes do not matter here: words of CMD are not looked at.
                let words: Vec<_> = line
                    .split_whitespace()
                    .skip_while(|word| !is_program(word))
                    .collect();
                if words.is_empty() {
                    continue;
                }
                if let Err(error) = Cli::try_parse_from(&words) {
                    panic!("{path}: {line}: {error}");
                }
                parsed += 1;
            }
        }
    }
    assert!(parsed > 0, "no document shows how it is used");
}

#[test]
fn show_configurations_that_are_accepted() {
    let repository = repository();
    let readme = document(&repository, "README.md");
    let configurations = blocks(readme, "yaml");
    assert!(
        !configurations.is_empty(),
        "README.md shows no configuration"
    );
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("scoutline.yaml");
    let file = file.to_str().expect("its name is UTF-8");
    for configuration in configurations {
        fs::write(file, configuration).expect("a file can be written");
        let cli = Cli::try_parse_from(["scoutline", "config", "check", file]).expect("it parses");
        let Command::Config(command) = &cli.command else {
            panic!("the command line means something else now");
        };
        let variables = Variables::from([("SCOUTLINE_TOKEN", "secret")]);
        let mut said = Vec::new();
        let checked = commands::check_config(&cli.common, command, &variables, &mut said);
        checked.unwrap_or_else(|error| panic!("{configuration}\n{error:#}"));
        let said = String::from_utf8_lossy(&said);
        assert!(
            said.ends_with(": fine\n") && said.lines().count() == 1,
            "{said}"
        );
    }
}
