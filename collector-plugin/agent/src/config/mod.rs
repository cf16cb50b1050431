//! What the user wants: a file, the environment, and a default for everything else.
//!
//! Two steps, two types. [`file`](self) reads what was typed, every value with its place, nothing filled in;
//! [`load`] lays it over `OTEL_*` variables and defaults and gives a [`Config`] in which nothing is open.
//! All problems are told at once ([`Finding`]), with a place and what to write instead.

mod endpoint;
mod expand;
mod file;
mod foreign;
mod otel;
mod pairs;
mod resolve;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use scoutline_detect::CommandArgs;
use scoutline_detect::diagnostic::{Diagnostic, Level};
use scoutline_detect::recipe;
use scoutline_loader::FileOpen;
use scoutline_otlp::{BatchLimits, ExporterConfig};
use thiserror::Error;

use crate::variables::Variables;

/// The file that is used when none is named and it exists.
pub const DEFAULT_FILE: &str = "/etc/scoutline/scoutline.yaml";

/// Where recipes of the user are looked for when the file does not say, if it exists.
pub const DEFAULT_RECIPE_DIRECTORY: &str = "/etc/scoutline/recipes.d";

/// Long enough to fold a build's or a scanner's repeats, short enough to be read while it matters.
pub const DEFAULT_WINDOW: Duration = Duration::from_secs(60);

/// Soon enough to miss a sensor, rare enough for a hundred thousand of them.
pub const DEFAULT_HEARTBEAT: Duration = Duration::from_secs(300);

/// What the user wants, everything decided.
#[derive(Clone, Debug)]
pub struct Config {
    /// Resource attributes of the user's own, none twice and none of
    /// [`FIXED_ATTRIBUTES`](crate::host::FIXED_ATTRIBUTES).
    pub resource: Vec<(String, String)>,
    /// `sensor.hooks.file_open`.
    pub file_open: FileOpen,
    /// `recipes`.
    pub recipes: Recipes,
    /// `detection.window`: how long accesses are summed up to one detection.
    pub window: Duration,
    /// `detection.spans`: whether there are traces.
    pub spans: bool,
    /// `detection.command_args`: how much of command lines is told.
    pub command_args: CommandArgs,
    /// Where detections are sent; none: they are printed for people.
    pub exporters: Vec<Exporter>,
    /// `telemetry`: what the sensor tells of itself.
    pub telemetry: Telemetry,
}

/// `telemetry`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Telemetry {
    /// How often the sensor's metrics are sent; `None`: never.
    pub metrics_interval: Option<Duration>,
    /// How often the sensor says that it is alive; `None`: never.
    pub heartbeat: Option<Duration>,
}

/// `recipes`.
#[derive(Clone, Debug, Default)]
pub struct Recipes {
    /// Where more recipes are, on top of the built-in ones.
    pub directories: Vec<PathBuf>,
    /// `disable` and `severity`.
    pub options: recipe::Options,
}

/// One exporter and what waits for it.
#[derive(Clone, Debug)]
pub struct Exporter {
    /// Where to, and how.
    pub config: ExporterConfig,
    /// `sending_queue.queue_size`: bytes of encoded batches that wait.
    pub queue_bytes: usize,
    /// `sending_queue.batch`: when a batch is sealed. All exporters share their batches, so that the smallest
    /// limits of all count.
    pub batch: BatchLimits,
}

impl Config {
    /// `deployment.environment.name`, if the user gave one.
    pub fn environment_name(&self) -> Option<&str> {
        self.resource.iter().find_map(|(key, value)| {
            (key == scoutline_semconv::resource::DEPLOYMENT_ENVIRONMENT_NAME)
                .then_some(value.as_str())
        })
    }
}

/// A configuration and what is odd about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the user wants.
    pub config: Config,
    /// The file it comes from; `None` if there is none.
    pub file: Option<PathBuf>,
    /// Only warnings.
    pub warnings: Vec<Finding>,
}

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file is there or was asked for, and cannot be read.
    #[error("cannot read the configuration {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The file or a variable is wrong; at least one of them is an error.
    #[error("the configuration is wrong\n{}", lines(.0))]
    Wrong(Vec<Finding>),
}

/// Something that is wrong or odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// In the file.
    File(Diagnostic),
    /// In an environment variable.
    Variable {
        /// Its name.
        name: &'static str,
        /// Whether the sensor can go on without it.
        level: Level,
        /// What is wrong, and what comes of it. Never the value: it may be a secret.
        message: String,
    },
}

impl Finding {
    /// Whether the sensor can go on.
    pub fn level(&self) -> Level {
        match self {
            Self::File(diagnostic) => diagnostic.level,
            Self::Variable { level, .. } => *level,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(diagnostic) => diagnostic.fmt(f),
            Self::Variable {
                name,
                level,
                message,
            } => {
                let level = match level {
                    Level::Error => "error",
                    Level::Warning => "warning",
                };
                write!(f, "environment variable {name}: {level}: {message}")
            }
        }
    }
}

/// Reads the file (`None`: [`DEFAULT_FILE`] if it exists) and resolves it.
///
/// # Errors
/// If the file cannot be read, or if anything in it or in the variables is wrong.
pub fn load(path: Option<&Path>, variables: &Variables) -> Result<Loaded, LoadError> {
    let default = Path::new(DEFAULT_FILE);
    let text = match std::fs::read_to_string(path.unwrap_or(default)) {
        Ok(text) => Some(text),
        Err(error) if path.is_none() && error.kind() == io::ErrorKind::NotFound => None,
        Err(source) => {
            return Err(LoadError::Unreadable {
                path: path.unwrap_or(default).to_owned(),
                source,
            });
        }
    };
    let file = text.is_some().then(|| path.unwrap_or(default).to_owned());
    let named = text
        .as_deref()
        .zip(file.as_deref())
        .map(|(text, path)| (path, text));
    let (config, findings) = resolve::resolve(named, variables);
    match config {
        Some(config)
            if findings
                .iter()
                .all(|finding| finding.level() != Level::Error) =>
        {
            Ok(Loaded {
                config,
                file,
                warnings: findings,
            })
        }
        _ => Err(LoadError::Wrong(findings)),
    }
}

fn lines(findings: &[Finding]) -> String {
    let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests;
