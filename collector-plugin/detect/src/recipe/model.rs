//! What a recipe says.

use scoutline_semconv::Severity;

use super::attack::{Tactic, Technique};
use super::{Environment, Strength};
use crate::diagnostic::Position;

/// One recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// The file it came from, as it was named by whoever read it.
    pub path: String,
    /// Its id, and the name of its file without `.yaml`: `[a-z][a-z0-9_]*`.
    pub name: String,
    /// Never changes; lower case, hyphenated.
    pub uuid: String,
    /// Raised when the meaning changes; from 1.
    pub version: u32,
    /// For people.
    pub title: String,
    /// Of its detections, unless a pattern says otherwise.
    pub severity: Severity,
    /// The first is the primary one; never empty.
    pub attack: Vec<Attack>,
    /// What it sees, and what that may mean.
    pub description: String,
    /// What a detection means and asks for, depending on where it happens.
    pub environments: Environments,
    /// Opens that it matches.
    pub files: Vec<FilePattern>,
    /// Executions that it matches.
    pub executables: Vec<ExecutablePattern>,
    /// Its own tests.
    pub tests: Tests,
}

/// A technique of MITRE ATT&CK and the tactics it serves here.
#[derive(Clone, Debug, PartialEq)]
pub struct Attack {
    /// The technique or sub-technique.
    pub technique: &'static Technique,
    /// The first is the primary one; never empty.
    pub tactics: Vec<&'static Tactic>,
}

/// What a detection means and asks for, for each [`Environment`].
#[derive(Clone, Debug, PartialEq)]
pub struct Environments {
    /// In a build or test job.
    pub ci: Guidance,
    /// Where a release is tried out.
    pub staging: Guidance,
    /// Where it counts.
    pub production: Guidance,
}

impl Environments {
    /// The guidance for one of them.
    pub fn get(&self, environment: Environment) -> &Guidance {
        match environment {
            Environment::Ci => &self.ci,
            Environment::Staging => &self.staging,
            Environment::Production => &self.production,
        }
    }
}

/// What a detection means and asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Guidance {
    /// What it means.
    pub implication: String,
    /// What to do, most urgent first; never empty.
    pub actions: Vec<String>,
}

/// Opens that matter.
#[derive(Clone, Debug, PartialEq)]
pub struct FilePattern {
    /// Which paths.
    pub target: Target,
    /// Opened for what.
    pub access: Access,
    /// What is opened.
    pub kind: FileKind,
    /// Fires alone or not.
    pub strength: Strength,
    /// Instead of the recipe's.
    pub severity: Option<Severity>,
    /// Why it matters, in one clause.
    pub why: String,
    /// Where it is written.
    pub position: Position,
}

/// The paths of a [`FilePattern`], absolute and in the usual form; symbolic links that every system has are
/// followed (`/proc/net`, `/sys/class`, `/bin` and the like).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// One file or directory.
    Path(String),
    /// A directory, written with `/` at its end, and everything below it.
    Prefix(String),
    /// globset syntax: `*` and `?` within a component, `**` for any number of components, `[ab]`, `{a,b}`; no
    /// escapes.
    Glob(String),
}

impl Target {
    /// As written.
    pub fn text(&self) -> &str {
        match self {
            Self::Path(text) | Self::Prefix(text) | Self::Glob(text) => text,
        }
    }
}

/// What a file is opened for. Listing a directory is reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// To read, also to read and write.
    #[default]
    Read,
    /// To write, also to read and write.
    Write,
    /// Either.
    Any,
}

impl Access {
    /// Whether an open with these modes is one.
    pub fn covers(self, reads: bool, writes: bool) -> bool {
        match self {
            Self::Read => reads,
            Self::Write => writes,
            Self::Any => true,
        }
    }
}

/// What is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileKind {
    /// Anything but a directory.
    File,
    /// A directory.
    Directory,
    /// Either.
    #[default]
    Any,
}

impl FileKind {
    /// Whether a directory, or something else, is one.
    pub fn covers(self, is_directory: bool) -> bool {
        match self {
            Self::File => !is_directory,
            Self::Directory => is_directory,
            Self::Any => true,
        }
    }
}

/// Executions that matter.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutablePattern {
    /// A file name; version, platform, script extension and case do not count.
    pub name: String,
    /// What kind of tool it is, in the recipe's own words.
    pub class: String,
    /// Fires alone or not.
    pub strength: Strength,
    /// Instead of the recipe's.
    pub severity: Option<Severity>,
    /// Why it matters, in one clause.
    pub why: String,
    /// Where it is written.
    pub position: Position,
}

/// A recipe's own tests; neither list is empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Tests {
    /// What it must detect.
    pub fires: Vec<Test>,
    /// What it must not detect.
    pub quiet: Vec<Test>,
}

/// One access and what is expected of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// For people.
    pub name: String,
    /// The program, absolute.
    pub executable: String,
    /// What it opens to read, absolute; with `/` at its end it is a directory. `None`: the execution itself is
    /// the access.
    pub path: Option<String>,
    /// Its whole argv; empty: just the executable.
    pub args: Vec<String>,
    /// Where it is written.
    pub position: Position,
}
