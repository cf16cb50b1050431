//! What was asked of which engine, what it should have answered and what it did, for the table that `make backends` prints.

use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;

use anyhow::{Context as _, Result};

/// The file that lines are appended to, if this variable names one.
const FILE: &str = "SCOUTLINE_RESULTS";

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// By the name of its file.
    pub question: &'a str,
    /// Of the question.
    pub case: &'a str,
    /// Of the query.
    pub language: &'a str,
    /// What was asked, with its version.
    pub engine: &'a str,
    /// `executed`, `interpreted`, `parsed` or `checked`.
    pub how: &'a str,
    /// In short.
    pub expected: &'a str,
    /// In short.
    pub got: &'a str,
}

impl Asked<'_> {
    /// Appends it, if somebody collects.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn note(&self) -> Result<()> {
        let Some(path) = env::var_os(FILE) else {
            return Ok(());
        };
        let fields = [
            self.question,
            self.case,
            self.language,
            self.engine,
            self.how,
            self.expected,
            self.got,
        ];
        // In one write, so that lines of several threads and programs stay whole.
        let line = fields.join("\t") + "\n";
        let file = OpenOptions::new().append(true).create(true).open(&path);
        let mut file = file.with_context(|| format!("open {}", path.display()))?;
        Ok(file.write_all(line.as_bytes())?)
    }
}
