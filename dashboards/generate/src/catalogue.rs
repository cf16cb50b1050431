//! The catalogue as it is written down: `questions/*.yaml`, a question a file, and `dashboards.yaml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use scoutline_semconv::Severity;
use scoutline_semconv::values::RecordKind;
use serde::Deserialize;

/// All of it.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// By the names of their files.
    pub questions: BTreeMap<String, Question>,
    /// In their order.
    pub dashboards: Vec<Dashboard>,
}

/// Something that people want to know.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// A few words, which are on its panel.
    pub title: String,
    /// Who asks it, and when.
    pub asks: String,
    /// What they know then.
    pub answers: String,
    /// Techniques of ATT&CK that it is about; none: it is about the sensors.
    pub attack: Vec<String>,
    /// How it is shown.
    pub panel: Option<Panel>,
    /// The query in each language, with `@{names}`.
    pub queries: Queries,
    /// What to do about too many answers, or what they leave out.
    pub tune: String,
    /// Events, and the answer that they must give in each language.
    pub cases: Vec<Case>,
}

/// A query in each language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queries {
    /// For Loki.
    pub logql: String,
}

/// How a question is shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// As what.
    pub kind: PanelKind,
    /// Unit of its values, in the words of Grafana.
    pub unit: String,
    /// Attributes of a table or a ranking, in their order.
    #[serde(default)]
    pub columns: Vec<String>,
    /// From which value on it has the colour of which severity.
    #[serde(default)]
    pub thresholds: BTreeMap<u32, Severity>,
}

/// What a panel looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PanelKind {
    /// One number.
    Stat,
    /// Stacked bars over time.
    Bars,
    /// Lines over time.
    Lines,
    /// Parts of a whole.
    Share,
    /// Rows of attributes, and a number for each.
    Table,
    /// The most first.
    Ranking,
    /// The records themselves, newest first.
    Records,
}

/// What happened, and what is to be answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// Seconds that are looked at, ending when the question is asked.
    #[serde(default = "ten_minutes")]
    pub window: u64,
    /// What was sent.
    pub events: Vec<Event>,
    /// Rows of attributes and a `value`, in any order. A row names the attributes that matter; there may be no other rows.
    pub expect: Vec<BTreeMap<String, Value>>,
}

/// A text or a number.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

/// A record, by what matters about it. What it does not say is as it usually is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// `scoutline.record.kind`.
    #[serde(default = "detection")]
    pub kind: RecordKind,
    /// Of a detection, by its name: what the recipe determines is as it says.
    pub recipe: Option<String>,
    /// Seconds since the window began; one after the event before, if it does not say.
    pub at: Option<u64>,
    /// How many of them, a second from one to the next.
    #[serde(default = "once")]
    pub times: u32,
    /// Attributes of the record or of its Resource.
    #[serde(default)]
    pub with: BTreeMap<String, Value>,
}

/// Where questions are shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dashboard {
    /// What links know it by.
    pub uid: String,
    /// Its name.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// What one can narrow it down by.
    pub variables: Vec<Variable>,
    /// From the top.
    pub rows: Vec<Row>,
}

/// Something that one can narrow a dashboard down by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variable {
    /// `deployment.environment.name`.
    Environment,
    /// `host.name`.
    Host,
}

/// Panels of the same height.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// In Grafana's steps of 30 pixels.
    pub height: u32,
    /// From the left.
    pub panels: Vec<Place>,
}

/// A question's place.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Place {
    /// As wide as the others without a width.
    Question(String),
    /// So many of 24 columns wide.
    Sized(BTreeMap<String, u32>),
}

/// Why the catalogue cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or a folder cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Its path.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} is no part of the catalogue")]
    Parse {
        /// Its path.
        path: PathBuf,
        /// Where and why.
        source: Box<serde_saphyr::Error>,
    },
}

fn detection() -> RecordKind {
    RecordKind::Detection
}

fn ten_minutes() -> u64 {
    600
}

fn once() -> u32 {
    1
}

impl Catalogue {
    /// Reads the catalogue in a folder.
    ///
    /// # Errors
    /// If a file cannot be read, or says what it cannot say.
    pub fn read(folder: &Path) -> Result<Self, LoadError> {
        let questions = folder.join("questions");
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| LoadError::Read { path, source }
        };
        let mut catalogue = Self {
            questions: BTreeMap::new(),
            dashboards: read(&folder.join("dashboards.yaml"))?,
        };
        for entry in fs::read_dir(&questions).map_err(failed(&questions))? {
            let path = entry.map_err(failed(&questions))?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            catalogue.questions.insert(name.into(), read(&path)?);
        }
        Ok(catalogue)
    }
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, LoadError> {
    let text = fs::read_to_string(path).map_err(|source| LoadError::Read {
        path: path.to_owned(),
        source,
    })?;
    serde_saphyr::from_str(&text).map_err(|source| LoadError::Parse {
        path: path.to_owned(),
        source: Box::new(source),
    })
}
