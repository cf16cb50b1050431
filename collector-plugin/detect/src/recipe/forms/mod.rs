//! The forms that a pattern's paths can have when they arrive: braces expanded, symbolic links followed.
//!
//! A form is a list of components, so that what is matched exactly ([`Form::globs`]) and what the kernel
//! sieves by are derived from one and the same thing.

mod links;

use std::collections::BTreeSet;

use globset::{Glob, GlobBuilder, GlobSet};

use super::Target;

/// Longer than any path that can be opened (PATH_MAX).
const MAX_LENGTH: usize = 4096;
/// More alternatives in one pattern are a list that wants to be one.
const MAX_ALTERNATIVES: usize = 256;

/// Why a pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What is wrong.
    pub(crate) message: String,
    /// What to write instead.
    pub(crate) help: String,
}

impl Refusal {
    pub(crate) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
        }
    }
}

/// Part of a [`Form`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Component {
    /// Exactly this.
    Literal(String),
    /// One component, by a glob without braces, escapes and classes that hold a `/`.
    Wild(String),
    /// Any number of components, also none.
    AnyDepth,
}

impl Component {
    fn glob(&self) -> String {
        match self {
            Self::Literal(name) => globset::escape(name),
            Self::Wild(glob) => glob.clone(),
            Self::AnyDepth => "**".to_owned(),
        }
    }
}

/// One shape of path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Form {
    /// From the root; not empty, and no two [`Component::AnyDepth`] in a row.
    pub(crate) components: Vec<Component>,
    /// Whether everything below fits as well.
    pub(crate) with_subtree: bool,
}

impl Form {
    /// The path, if there is just one (with what is below it).
    pub(crate) fn literal(&self) -> Option<String> {
        self.components
            .iter()
            .map(|component| match component {
                Component::Literal(name) => Some(format!("/{name}")),
                Component::Wild(_) | Component::AnyDepth => None,
            })
            .collect()
    }

    /// Globs that match these paths and no others.
    pub(crate) fn globs(&self) -> Result<Vec<Glob>, Refusal> {
        let mut text: String = self
            .components
            .iter()
            .map(|component| format!("/{}", component.glob()))
            .collect();
        let mut globs = vec![exact(&text)?];
        if self.with_subtree {
            text.push_str("/**");
            globs.push(exact(&text)?);
        }
        Ok(globs)
    }
}

/// All forms of a target: as written, and with the symbolic links followed that every system has.
pub(crate) fn forms(target: &Target) -> Result<Vec<Form>, Refusal> {
    let text = target.text();
    if !text.starts_with('/') {
        return Err(Refusal::new(
            format!("\"{text}\" is no absolute path"),
            "begin it with /",
        ));
    }
    if text.len() > MAX_LENGTH {
        return Err(Refusal::new(
            format!("more than {MAX_LENGTH} bytes"),
            "split the pattern",
        ));
    }
    let written = match target {
        Target::Path(path) => vec![literal(path)?],
        Target::Prefix(prefix) => {
            let directory = prefix.strip_suffix('/').ok_or_else(|| {
                Refusal::new(
                    "a prefix is a directory and ends with /",
                    format!("write {text}/ for the directory, or the glob {text}* for names that begin so"),
                )
            })?;
            if directory.is_empty() {
                return Err(Refusal::new(
                    "a prefix of / matches every file",
                    "name a directory",
                ));
            }
            vec![Form {
                with_subtree: true,
                ..literal(directory)?
            }]
        }
        Target::Glob(glob) => alternatives(glob)?
            .iter()
            .map(|glob| wild(glob))
            .collect::<Result<_, _>>()?,
    };
    let forms = links::follow(written)?;
    for form in &forms {
        form.globs()?;
    }
    Ok(forms)
}

fn exact(text: &str) -> Result<Glob, Refusal> {
    GlobBuilder::new(text)
        .literal_separator(true)
        .build()
        // Some mistakes are found only when it is compiled.
        .and_then(|glob| GlobSet::new([&glob]).map(|_| glob))
        .map_err(|error| {
            Refusal::new(
                format!("\"{text}\" is no glob: {}", error.kind()),
                "write *, ? and [a-z] within components, ** for any number of them, {a,b} for either",
            )
        })
}

fn literal(path: &str) -> Result<Form, Refusal> {
    let components = split(path)?
        .into_iter()
        .map(|name| Component::Literal(name.to_owned()))
        .collect();
    Ok(Form {
        components,
        with_subtree: false,
    })
}

fn wild(glob: &str) -> Result<Form, Refusal> {
    let mut components = Vec::new();
    for part in split(glob)? {
        let component = if part == "**" {
            Component::AnyDepth
        } else if part.contains(['*', '?', '[', ']']) {
            Component::Wild(without_separators(part)?)
        } else {
            Component::Literal(part.to_owned())
        };
        if component != Component::AnyDepth || components.last() != Some(&Component::AnyDepth) {
            components.push(component);
        }
    }
    Ok(Form {
        components,
        with_subtree: false,
    })
}

/// The components of an absolute path. A `/` in a class would split it: it is found unpaired then.
fn split(path: &str) -> Result<Vec<&str>, Refusal> {
    let parts: Vec<_> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    for part in &parts {
        if matches!(*part, "" | "." | "..") {
            return Err(Refusal::new(
                format!("\"{path}\" has an empty component, . or .., which no resolved path has"),
                "write the path without it; a directory with everything below it is a prefix",
            ));
        }
    }
    Ok(parts)
}

/// A component's glob whose classes cannot match `/`: globset lets them, and then one component would be two.
fn without_separators(part: &str) -> Result<String, Refusal> {
    let refuse = |what: &str| {
        Err(Refusal::new(
            format!("\"{part}\" has {what}"),
            "write classes like [abc], [a-z] or [!abc], within one component",
        ))
    };
    let mut glob = String::with_capacity(part.len() + 1);
    let mut rest = part;
    while let Some(open) = rest.find(['[', ']']) {
        glob.push_str(&rest[..open]);
        if rest[open..].starts_with(']') {
            return refuse("a ] without a [");
        }
        let after = &rest[open + 1..];
        let (negation, content) = match after.strip_prefix(['!', '^']) {
            Some(content) => ("!/", content),
            None => ("", after),
        };
        // A first ] stands for itself.
        let Some(close) = content
            .char_indices()
            .skip(1)
            .find(|(_, character)| *character == ']')
            .map(|(index, _)| index)
        else {
            return refuse("a [ without a ]");
        };
        let class = &content[..close];
        if negation.is_empty() && spans_separator(class) {
            return refuse("a class with / in it");
        }
        if class.contains('[') {
            return refuse("a [ in a class");
        }
        glob.push('[');
        glob.push_str(negation);
        glob.push_str(class);
        glob.push(']');
        rest = &content[close + 1..];
    }
    glob.push_str(rest);
    Ok(glob)
}

fn spans_separator(class: &str) -> bool {
    let characters: Vec<_> = class.chars().collect();
    characters
        .windows(3)
        .any(|range| matches!(range, [low, '-', high] if *low <= '/' && '/' <= *high))
}

/// A glob without braces for each of its alternatives, nested ones included.
fn alternatives(glob: &str) -> Result<BTreeSet<String>, Refusal> {
    if glob.contains('\\') {
        return Err(Refusal::new(
            "a glob has no escapes",
            "write [*] for a literal *, and so on",
        ));
    }
    let mut pending = vec![glob.to_owned()];
    let mut done = BTreeSet::new();
    while let Some(glob) = pending.pop() {
        if done.len() + pending.len() >= MAX_ALTERNATIVES {
            return Err(Refusal::new(
                format!("more than {MAX_ALTERNATIVES} alternatives"),
                "split the pattern",
            ));
        }
        // The innermost braces come first: the last { and the first } after it.
        let Some(open) = glob.rfind('{') else {
            if glob.contains('}') {
                return Err(unpaired());
            }
            done.insert(glob);
            continue;
        };
        let (before, rest) = glob.split_at(open);
        let (inner, after) = rest
            .strip_prefix('{')
            .and_then(|rest| rest.split_once('}'))
            .ok_or_else(unpaired)?;
        pending.extend(
            inner
                .split(',')
                .map(|alternative| format!("{before}{alternative}{after}")),
        );
    }
    Ok(done)
}

fn unpaired() -> Refusal {
    Refusal::new("a brace without its partner", "write {a,b}")
}

#[cfg(test)]
mod tests;
