//! Makes what `scoutline-semconv` says about the wire from its registry: names, enums, typed setters, a table for tests,
//! and the tables of its README.
//!
//! Weaver could do the same with templates, but is not to be had as a crate. The registry stays one that Weaver accepts.

mod code;
mod document;
mod load;
pub mod model;
mod registry;
mod resolve;

use std::path::PathBuf;
use std::{fs, io};

pub use code::CodeError;
pub use document::DocumentError;
pub use load::{LoadError, Source};
pub use registry::{Definition, Family, Kind, Registry, Signal, Use};
pub use resolve::ResolveError;

/// How the files are made again.
pub const COMMAND: &str = "cargo run -p scoutline-semconv-generate";

/// The document whose tables are generated.
const DOCUMENT: &str = "README.md";

/// A file that the registry determines.
#[derive(Debug)]
pub struct Generated {
    /// Below the folder of `scoutline-semconv`.
    pub path: &'static str,
    /// All of it.
    pub text: String,
}

/// Why nothing can be generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The registry cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its references cannot be followed.
    #[error("the registry contradicts itself")]
    Resolve(#[from] ResolveError),
    /// There is no code for it.
    #[error("the registry has no form in Rust")]
    Code(#[from] CodeError),
    /// The document cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Its path.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// The document has not the right places for tables.
    #[error("cannot fill in the tables of {DOCUMENT}")]
    Document(#[from] DocumentError),
}

/// The folder of `scoutline-semconv`.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What the files should be.
///
/// # Errors
/// If the registry, or a place in the document, is not what it should be.
pub fn generate() -> Result<Vec<Generated>, GenerateError> {
    let folder = folder();
    let registry = Registry::resolve(Source::read(&folder)?)?;
    let mut files = code::files(&registry)?;
    let path = folder.join(DOCUMENT);
    let document =
        fs::read_to_string(&path).map_err(|source| GenerateError::Read { path, source })?;
    files.push(Generated {
        path: DOCUMENT,
        text: document::fill(&document, &registry)?,
    });
    Ok(files)
}
