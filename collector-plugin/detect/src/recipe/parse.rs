//! A YAML file to a [`Recipe`], or to everything that is wrong with it.

use std::path::Path;

use scoutline_semconv::Severity;
use uuid::Uuid;

use super::attack::{self, Technique};
use super::model::{
    Access, Attack, Environments, ExecutablePattern, FileKind, FilePattern, Guidance, Recipe,
    Target, Test, Tests,
};
use super::{Strength, executable, forms, sieve};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::yaml::{self, Fields, Node};

const STRENGTHS: [(&str, Strength); 2] = [("strong", Strength::Strong), ("weak", Strength::Weak)];
const ACCESSES: [(&str, Access); 3] = [
    ("read", Access::Read),
    ("write", Access::Write),
    ("any", Access::Any),
];
const KINDS: [(&str, FileKind); 3] = [
    ("file", FileKind::File),
    ("directory", FileKind::Directory),
    ("any", FileKind::Any),
];

/// Reads a recipe. `path` names the file in diagnostics, and its stem has to be the recipe's name.
///
/// `None` if there is at least one error among the diagnostics; a recipe may come with warnings. Everything
/// that [`compile`](super::compile) needs of a single recipe is checked here, so that a wrong one is left out
/// alone.
pub fn parse(path: &str, text: &str) -> (Option<Recipe>, Vec<Diagnostic>) {
    let mut found = Diagnostics::new(path);
    let recipe = yaml::parse(text, &mut found)
        .and_then(|root| root.mapping(&mut found, |fields| recipe(path, fields)))
        .filter(|_| !found.has_errors());
    (recipe, found.into_vec())
}

fn recipe(path: &str, fields: &mut Fields<'_, '_>) -> Option<Recipe> {
    let name = fields.required("name", |node, found| name(path, node, found));
    let uuid = fields.required("uuid", uuid);
    let version = fields.required("version", |node, found| node.integer(1..=u32::MAX, found));
    let title = fields.required("title", Node::string);
    let severity = fields.required("severity", severity);
    let attack = fields.required("attack", |node, found| {
        not_empty(node, node.sequence(found, attack)?, "a technique", found)
    });
    let description = fields.required("description", Node::string);
    let environments = fields.required("environments", environments);
    let patterns = fields.required("match", patterns);
    let tests = fields.required("tests", |node, found| node.mapping(found, tests));
    fields.unsupported("burst", "leave it out: weak patterns do not add up yet");
    fields.unsupported("exceptions", "leave it out: nothing can be excepted yet");
    let (files, executables) = patterns?;
    Some(Recipe {
        path: path.to_owned(),
        name: name?,
        uuid: uuid?,
        version: version?,
        title: title?,
        severity: severity?,
        attack: attack?,
        description: description?,
        environments: environments?,
        files,
        executables,
        tests: tests?,
    })
}

fn name(path: &str, node: &Node, found: &mut Diagnostics) -> Option<String> {
    let name = node.string(found)?;
    let well_formed = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    if !well_formed {
        return node.unexpected("a name of a-z, 0-9 and _ that begins with a letter", found);
    }
    let stem = Path::new(path).file_stem();
    if stem.is_some_and(|stem| stem != name.as_str()) {
        found.error_with_help(
            node.position,
            format!("the recipe \"{name}\" is in a file of another name"),
            format!("rename the file to {name}.yaml"),
        );
    }
    Some(name)
}

fn uuid(node: &Node, found: &mut Diagnostics) -> Option<String> {
    let text = node.string(found)?;
    match Uuid::try_parse(&text) {
        Ok(uuid) if !uuid.is_nil() && text.len() == uuid::fmt::Hyphenated::LENGTH => {
            Some(uuid.to_string())
        }
        _ => node.unexpected("a UUID such as 8c7e3a52-9d0f-4b6e-a1c4-5f2b8d7e6a90", found),
    }
}

fn severity(node: &Node, found: &mut Diagnostics) -> Option<Severity> {
    node.choice(
        &Severity::ALL.map(|severity| (severity.name(), severity)),
        found,
    )
}

fn attack(node: &Node, found: &mut Diagnostics) -> Option<Attack> {
    node.mapping(found, |fields| {
        let technique = fields.required("technique", technique);
        let tactics = fields.required("tactics", |node, found| {
            let ids = node.sequence(found, |id, found| {
                let text = id.string(found)?;
                let technique = technique?;
                let tactic = technique.tactics.iter().find(|tactic| tactic.id == text);
                if tactic.is_none() {
                    let allowed = technique.tactics.iter().map(|tactic| tactic.id);
                    let message = format!("{} does not serve the tactic \"{text}\"", technique.id);
                    let help = allowed.collect::<Vec<_>>().join(" or ");
                    found.error_with_help(id.position, message, format!("write {help}"));
                }
                tactic.copied()
            })?;
            // Without its technique no tactic could be judged.
            technique?;
            not_empty(node, ids, "a tactic", found)
        });
        Some(Attack {
            technique: technique?,
            tactics: tactics?,
        })
    })
}

fn technique(node: &Node, found: &mut Diagnostics) -> Option<&'static Technique> {
    let id = node.string(found)?;
    let technique = Technique::find(&id);
    if technique.is_none() {
        found.error(
            node.position,
            format!(
                "\"{id}\" is no discovery technique of MITRE ATT&CK v{}",
                attack::VERSION
            ),
        );
    }
    technique
}

fn environments(node: &Node, found: &mut Diagnostics) -> Option<Environments> {
    node.mapping(found, |fields| {
        let ci = fields.required("ci", guidance);
        let staging = fields.required("staging", guidance);
        let production = fields.required("production", guidance);
        Some(Environments {
            ci: ci?,
            staging: staging?,
            production: production?,
        })
    })
}

fn guidance(node: &Node, found: &mut Diagnostics) -> Option<Guidance> {
    node.mapping(found, |fields| {
        let implication = fields.required("implication", Node::string);
        let actions = fields.required("actions", |node, found| {
            let actions = node.sequence(found, Node::string)?;
            not_empty(node, actions, "an action", found)
        });
        Some(Guidance {
            implication: implication?,
            actions: actions?,
        })
    })
}

fn patterns(
    node: &Node,
    found: &mut Diagnostics,
) -> Option<(Vec<FilePattern>, Vec<ExecutablePattern>)> {
    node.mapping(found, |fields| {
        fields.unsupported("network", "match files and executables instead");
        let files = fields.optional("files", |node, found| node.sequence(found, file));
        let executables = fields.optional("executables", |node, found| {
            node.sequence(found, executable_pattern)
        });
        let is_empty = |node: &Node| match &node.value {
            yaml::Value::Sequence(items) => items.is_empty(),
            _ => node.is_null(),
        };
        if ["files", "executables"]
            .into_iter()
            .all(|key| fields.node(key).is_none_or(is_empty))
        {
            let at = fields.position();
            fields.diagnostics().error(
                at,
                "expected at least one pattern in files or executables, found none",
            );
        }
        Some((files.unwrap_or_default(), executables.unwrap_or_default()))
    })
}

fn file(node: &Node, found: &mut Diagnostics) -> Option<FilePattern> {
    node.mapping(found, |fields| {
        let target = target(fields);
        let access = fields.optional("access", |node, found| node.choice(&ACCESSES, found));
        let kind = fields.optional("kind", |node, found| node.choice(&KINDS, found));
        let strength = fields.required("strength", |node, found| node.choice(&STRENGTHS, found));
        let severity = fields.optional("severity", severity);
        let why = fields.required("why", Node::string);
        Some(FilePattern {
            target: target?,
            access: access.unwrap_or_default(),
            kind: kind.unwrap_or_default(),
            strength: strength?,
            severity,
            why: why?,
            position: node.position,
        })
    })
}

fn target(fields: &mut Fields<'_, '_>) -> Option<Target> {
    let written = [
        (fields.node("path"), Target::Path as fn(String) -> Target),
        (fields.node("prefix"), Target::Prefix),
        (fields.node("glob"), Target::Glob),
    ];
    let mut written = written
        .into_iter()
        .filter_map(|(node, target)| Some((node?, target)));
    let (Some((node, target)), None) = (written.next(), written.next()) else {
        let at = fields.position();
        fields
            .diagnostics()
            .error(at, "expected exactly one of path, prefix and glob");
        return None;
    };
    let found = fields.diagnostics();
    let target = target(node.string(found)?);
    let sieved = forms::forms(&target).and_then(|forms| sieve::signatures(&forms));
    match sieved {
        Ok(_) => Some(target),
        Err(refusal) => {
            found.error_with_help(node.position, refusal.message, refusal.help);
            None
        }
    }
}

fn executable_pattern(node: &Node, found: &mut Diagnostics) -> Option<ExecutablePattern> {
    node.mapping(found, |fields| {
        let name = fields.required("name", |node, found| {
            let name = node.string(found)?;
            if !executable::is_literal(&name) {
                return node.unexpected("a file name without directory and wildcards", found);
            }
            Some(name)
        });
        let class = fields.required("class", Node::string);
        let strength = fields.required("strength", |node, found| node.choice(&STRENGTHS, found));
        let severity = fields.optional("severity", severity);
        let why = fields.required("why", Node::string);
        Some(ExecutablePattern {
            name: name?,
            class: class?,
            strength: strength?,
            severity,
            why: why?,
            position: node.position,
        })
    })
}

fn tests(fields: &mut Fields<'_, '_>) -> Option<Tests> {
    let mut list = |key| {
        fields.required(key, |node, found| {
            let tests = node.sequence(found, test)?;
            not_empty(node, tests, "a test", found)
        })
    };
    let fires = list("fires");
    let quiet = list("quiet");
    Some(Tests {
        fires: fires?,
        quiet: quiet?,
    })
}

fn test(node: &Node, found: &mut Diagnostics) -> Option<Test> {
    node.mapping(found, |fields| {
        let name = fields.required("name", Node::string);
        let access = fields.required("access", |node, found| {
            node.mapping(found, |fields| {
                let executable = fields.required("executable", absolute);
                let path = fields.optional("path", absolute);
                let args =
                    fields.optional("args", |node, found| node.sequence(found, Node::string));
                Some((executable?, path, args.unwrap_or_default()))
            })
        });
        let (executable, path, args) = access?;
        Some(Test {
            name: name?,
            executable,
            path,
            args,
            position: node.position,
        })
    })
}

fn absolute(node: &Node, found: &mut Diagnostics) -> Option<String> {
    let path = node.string(found)?;
    if !path.starts_with('/') {
        return node.unexpected("an absolute path", found);
    }
    Some(path)
}

/// A list that must not be empty. It is no second error if its items are there and wrong.
fn not_empty<T>(
    node: &Node,
    items: Vec<T>,
    expected: &str,
    found: &mut Diagnostics,
) -> Option<Vec<T>> {
    let is_written_empty = match &node.value {
        yaml::Value::Sequence(written) => written.is_empty(),
        _ => true,
    };
    if is_written_empty {
        found.error(
            node.position,
            format!("expected at least {expected}, found none"),
        );
    }
    Some(items).filter(|items| !items.is_empty())
}
