//! Makes dashboards from the catalogue: each question that people ask of what the sensor sends is written down once, with
//! its query and with events and the answer that they must give.
//!
//! Queries name attributes as they are on the wire, `@{host.name}`; what a language makes of a name is known in one place
//! ([`Language`]), and a name that the registry of `scoutline-semconv` lacks does not build.

mod catalogue;
mod grafana;
mod language;

use std::path::{Path, PathBuf};

pub use catalogue::{
    Case, Catalogue, Dashboard, Event, LoadError, Panel, PanelKind, Place, Queries, Question, Row,
    Value, Variable,
};
pub use language::{ExpandError, Language};

/// How the files are made again.
pub const COMMAND: &str = "cargo run -p scoutline-dashboards";

/// A file that the catalogue determines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Below the folder `dashboards`.
    pub path: PathBuf,
    /// All of it.
    pub text: String,
}

/// Why nothing can be made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// A dashboard names a question that there is none of.
    #[error("dashboard {dashboard} has a panel {question}, which is no question of the catalogue")]
    NoQuestion {
        /// Its uid.
        dashboard: String,
        /// The name.
        question: String,
    },
    /// A question of a dashboard has no panel.
    #[error("dashboard {dashboard} shows {question}, which does not say how (panel)")]
    NoPanel {
        /// Its uid.
        dashboard: String,
        /// The question.
        question: String,
    },
    /// The panels of a row do not fit.
    #[error("row {row} of dashboard {dashboard} takes {columns} columns of 24")]
    Width {
        /// Its uid.
        dashboard: String,
        /// From 1.
        row: usize,
        /// What it takes.
        columns: u32,
    },
    /// A query cannot be written in its language.
    #[error("question {question}")]
    Query {
        /// Its name.
        question: String,
        /// What is wrong.
        source: ExpandError,
    },
}

/// The folder `dashboards` of this repository.
pub fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// All files, in order.
///
/// # Errors
/// If the catalogue contradicts itself.
pub fn generate(catalogue: &Catalogue) -> Result<Vec<Generated>, GenerateError> {
    grafana::dashboards(catalogue)
}
