//! Makes dashboards from the catalogue: each question that people ask of what the sensor sends is written down once, with
//! its query and with events and the answer that they must give.
//!
//! Queries name attributes as they are on the wire, `@{host.name}`; what a language makes of a name is known in one place
//! ([`Language`]), and a name that the registry of `scoutline-semconv` lacks does not build.

mod catalogue;
mod colour;
mod elastic;
mod grafana;
mod grid;
mod guidance;
mod language;
mod navigator;
mod sigma;
mod splunk;

use std::path::{Path, PathBuf};

use serde::Serialize;

pub use catalogue::{
    Absent, Alert, Case, Catalogue, Dashboard, Elastic, Event, LoadError, NewTerms, Panel,
    PanelKind, Place, Queries, Query, Question, Response, Row, Samples, Sigma, Threshold, Value,
    Variable,
};
pub use language::{ExpandError, Language, Purpose};

/// How the files are made again.
pub const COMMAND: &str = "make content";

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
    /// A question has nothing for a product that should show it, or ask it by itself.
    #[error("question {question} has no query or no panel for {product}")]
    NothingToAsk {
        /// Its name.
        question: String,
        /// Grafana and the like.
        product: &'static str,
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
    /// The registry of names cannot be read.
    #[error("cannot read what attributes are called elsewhere")]
    Registry(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A file cannot be written as YAML.
    #[error("cannot write YAML")]
    Yaml(#[source] serde_saphyr::ser_error::Error),
}

impl GenerateError {
    fn nothing_to_ask(question: &str, product: &'static str) -> Self {
        Self::NothingToAsk {
            question: question.to_owned(),
            product,
        }
    }
}

impl Generated {
    /// A file of JSON as people read it.
    fn json(path: PathBuf, value: &impl Serialize) -> Self {
        // With maps of texts and no values of our own it cannot fail.
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        Self {
            path,
            text: text + "\n",
        }
    }
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
    let mut files = grafana::files(catalogue)?;
    files.extend(splunk::files(catalogue)?);
    files.extend(elastic::files(catalogue)?);
    files.extend(sigma::files(catalogue)?);
    files.extend(navigator::files());
    Ok(files)
}
