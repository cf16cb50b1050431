//! Which CI job a process belongs to, from the variables that CI systems document.
//!
//! Variables are read from the environment of a process: whoever started it could have set them, and a job can set
//! them for its own children. Nothing here is proof.

mod systems;
#[cfg(test)]
mod tests;
mod url;

use std::collections::BTreeMap;

use scoutline_semconv::limits::STRING_BYTES;
use scoutline_semconv::values::CiSystem;
use serde::{Deserialize, Serialize};

use self::systems::SYSTEMS;
use super::traceparent;
use crate::text::{cut, readable};

pub use systems::CI_VARIABLES;

/// One job of one run of a pipeline. Strings are readable (see `text.rs`), not empty and at most
/// [`STRING_BYTES`] long; URLs are of the web, without user, password, query and fragment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CiJob {
    /// Who runs it.
    pub system: CiSystem,
    /// The workflow, definition or project: `cicd.pipeline.name`. Where pipelines have no names, the repository's.
    pub pipeline: Option<String>,
    /// What the system calls this run: `cicd.pipeline.run.id`.
    pub run_id: Option<String>,
    /// The page of this run; with CircleCI, which tells no other, of this job in it.
    pub run_url: Option<String>,
    /// The job or stage: `cicd.pipeline.task.name`.
    pub task: Option<String>,
    /// The page of the repository, without `.git`: `vcs.repository.url.full`.
    pub repository_url: Option<String>,
    /// The branch or tag, of a change request the branch it comes from: `vcs.ref.head.name`.
    pub ref_name: Option<String>,
    /// What is built, hexadecimal: `vcs.ref.head.revision`. Of a change request it may be a merge that is in no branch.
    pub revision: Option<String>,
}

/// Takes what this module and [`traceparent`] read out of an environment as the kernel has it: `NAME=value`, each
/// followed by NUL, any bytes.
///
/// Nothing else leaves: an environment is full of secrets. Values are readable and at most [`STRING_BYTES`]
/// long. Of two with the same name the first counts, as for `getenv`.
pub fn filter(environ: &[u8]) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for variable in environ.split(|byte| *byte == 0) {
        let Some(at) = variable.iter().position(|byte| *byte == b'=') else {
            continue;
        };
        let (name, value) = (&variable[..at], &variable[at + 1..]);
        let known = CI_VARIABLES
            .iter()
            .chain([&traceparent::VARIABLE])
            .find(|known| known.as_bytes() == name);
        if let Some(known) = known
            && !variables.contains_key(*known)
        {
            // More than is kept, so that the cut is marked.
            let value = &value[..value.len().min(2 * STRING_BYTES)];
            variables.insert((*known).to_owned(), cut(readable(value)));
        }
    }
    variables
}

/// The job that these variables tell of. If several systems have left some, the first of [`systems::SYSTEMS`].
pub fn job(variables: &BTreeMap<String, String>) -> Option<CiJob> {
    let variables = Variables(variables);
    SYSTEMS
        .iter()
        .find(|system| (system.is_running)(variables))
        .map(|system| (system.job)(variables))
}

/// Variables that are set to something.
#[derive(Clone, Copy)]
struct Variables<'a>(&'a BTreeMap<String, String>);

impl<'a> Variables<'a> {
    fn get(self, name: &str) -> Option<&'a str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    fn is_true(self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The first of these that is set, fit for the wire.
    fn text(self, names: &[&str]) -> Option<String> {
        names
            .iter()
            .find_map(|name| self.get(name))
            .map(|value| cut(readable(value.as_bytes())))
    }

    /// An id that goes into a URL.
    fn number(self, name: &str) -> Option<&'a str> {
        self.get(name)
            .filter(|value| value.len() <= 20 && value.bytes().all(|digit| digit.is_ascii_digit()))
    }

    /// A name of a branch or tag, without where git keeps it.
    fn reference(self, names: &[&str]) -> Option<String> {
        let name = names.iter().find_map(|name| self.get(name))?;
        let name = [
            "refs/heads/",
            "refs/tags/",
            "refs/remotes/origin/",
            "origin/",
        ]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
        (!name.is_empty()).then(|| cut(readable(name.as_bytes())))
    }

    /// The hash of a commit; a name such as `HEAD` is none.
    fn revision(self, name: &str) -> Option<String> {
        self.get(name)
            .filter(|hash| (7..=64).contains(&hash.len()))
            .filter(|hash| hash.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .map(str::to_owned)
    }
}
