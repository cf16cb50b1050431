//! What is wrong with a file that a person wrote, where, and what to write instead.

use std::fmt;
use std::sync::Arc;

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// The first character, for what concerns the whole text.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// Whether the text can be used nevertheless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It cannot.
    Error,
    /// It can, but its author will want to know.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, as it was named by whoever asked to read it.
    pub path: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Whether the text can be used nevertheless.
    pub level: Level,
    /// What is wrong; no period at the end.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// `path:line:column: error: message`, then `  help: ...` on a line of its own if there is help.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let Self {
            path,
            line,
            column,
            message,
            ..
        } = self;
        write!(f, "{path}:{line}:{column}: {level}: {message}")?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

/// Collects what is wrong with one file, so that its author hears of everything at once.
#[derive(Debug)]
pub struct Diagnostics {
    path: Arc<str>,
    found: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Nothing wrong yet with the file of this name.
    pub fn new(path: &str) -> Self {
        Self {
            path: path.into(),
            found: Vec::new(),
        }
    }

    /// Adds an error.
    pub fn error(&mut self, at: Position, message: impl Into<String>) {
        self.push(Level::Error, at, message.into(), None);
    }

    /// Adds an error and what to write instead.
    pub fn error_with_help(
        &mut self,
        at: Position,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Level::Error, at, message.into(), Some(help.into()));
    }

    /// Adds a warning and what to write instead.
    pub fn warning(&mut self, at: Position, message: impl Into<String>, help: impl Into<String>) {
        self.push(Level::Warning, at, message.into(), Some(help.into()));
    }

    /// Whether the text cannot be used.
    pub fn has_errors(&self) -> bool {
        self.found
            .iter()
            .any(|diagnostic| diagnostic.level == Level::Error)
    }

    /// All of them, in the order of the text.
    pub fn into_vec(mut self) -> Vec<Diagnostic> {
        self.found
            .sort_by_key(|diagnostic| (diagnostic.line, diagnostic.column));
        self.found
    }

    fn push(&mut self, level: Level, at: Position, message: String, help: Option<String>) {
        self.found.push(Diagnostic {
            path: Arc::clone(&self.path),
            line: at.line,
            column: at.column,
            level,
            message,
            help,
        });
    }
}

/// `did you mean "..."?` with the candidate that `word` is most like, if it is like one at all.
pub fn suggestion<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    const SIMILAR: f64 = 0.75;
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| format!("did you mean \"{candidate}\"?"))
}
