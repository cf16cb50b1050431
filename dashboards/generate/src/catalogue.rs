//! The catalogue as it is written down: `questions/*.yaml` and `correlations/*.yaml`, a question a file, and
//! `dashboards.yaml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use scoutline_semconv::Severity;
use scoutline_semconv::values::{DetectionEnvironment, RecordKind};
use serde::{Deserialize, Serialize};

use crate::GenerateError;

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
    /// How it is shown on a dashboard.
    pub panel: Option<Panel>,
    /// What is done about an answer, if it is asked by itself every now and then: then it is a correlation.
    pub alert: Option<Alert>,
    /// The query in each language, with `@{names}`.
    pub queries: Queries,
    /// What to do about too many answers, or what they leave out.
    pub tune: String,
    /// Events, and the answer that they must give in each language.
    pub cases: Vec<Case>,
}

/// A query in each language, side by side.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queries {
    /// For Loki.
    pub logql: Query,
    /// For Tempo.
    pub traceql: Query,
    /// For Prometheus.
    pub promql: Query,
    /// For Splunk.
    pub spl: Query,
    /// For Elasticsearch.
    pub elastic: Elastic,
    /// For everyone else.
    pub sigma: Sigma,
}

/// A query, or why there is none.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Query {
    /// It.
    Text(String),
    /// The language cannot ask it, or should not.
    Absent(Absent),
}

/// Why there is no query.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// The reason.
    #[serde(rename = "n/a")]
    pub reason: String,
}

/// One of the ways that Elasticsearch and Elastic Security have.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Elastic {
    /// A pipe of commands; for counts.
    Esql(String),
    /// Events, and sequences of them.
    Eql(String),
    /// So many different values at once.
    Threshold(Threshold),
    /// Values that were never there before.
    NewTerms(NewTerms),
    /// There is no query.
    #[serde(rename = "n/a")]
    Absent(String),
}

/// A rule that counts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// What is counted, in KQL.
    pub query: String,
    /// What has a count of its own.
    pub by: Vec<String>,
    /// Whose different values are counted.
    pub distinct: String,
    /// From how many on it fires.
    pub at_least: u32,
}

/// A rule that remembers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTerms {
    /// What is looked at, in KQL.
    pub query: String,
    /// What must not have been there together, at most three.
    pub fields: Vec<String>,
    /// For how many days.
    pub days: u32,
}

/// A condition on a single record.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Sigma {
    /// There is no rule.
    Absent(Absent),
    /// The `detection` of a rule, beside the selection `base` that every rule has.
    Detection(serde_json::Map<String, serde_json::Value>),
}

/// What is done about an answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// How bad an answer is.
    pub severity: Severity,
    /// Seconds that are looked at.
    pub window: u32,
    /// Seconds from one look to the next.
    pub every: u32,
    /// Attributes that tell one answer from another.
    pub subject: Vec<String>,
    /// What else it may be.
    pub false_positives: Vec<String>,
    /// Where to look next.
    pub drill_down: String,
    /// What to do, most urgent first.
    pub response: Response,
}

/// What to do, depending on where it happened.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// In a build or test job.
    pub ci: Vec<String>,
    /// Where a release is tried out.
    pub staging: Vec<String>,
    /// Where it counts.
    pub production: Vec<String>,
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
    /// Traces, a row each.
    Traces,
    /// One trace.
    Trace,
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
    #[serde(default)]
    pub events: Vec<Event>,
    /// What the sensors measured.
    #[serde(default)]
    pub samples: Vec<Samples>,
    /// Rows of attributes and a `value`, in any order. A row names the attributes that matter; there may be no other rows.
    pub expect: Vec<BTreeMap<String, Value>>,
}

/// Of an attribute, or of an answer.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
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

/// Values of a metric.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Samples {
    /// Its name.
    pub metric: String,
    /// Attributes of it or of its Resource.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// Seconds since the window began, and the value then.
    pub values: BTreeMap<u64, f64>,
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
    /// `scoutline.session.uid`.
    Session,
    /// `vcs.repository.url.full`.
    Repository,
    /// The id of a trace.
    Trace,
}

/// Panels of the same height.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// In Grafana's steps of 30 pixels.
    pub height: u32,
    /// From the left.
    #[serde(default)]
    pub panels: Vec<Place>,
    /// Instead of panels, what each recipe means in this environment: folded until somebody wants to read it.
    pub guidance: Option<DetectionEnvironment>,
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

impl Response {
    /// What to do in one of them.
    pub fn get(&self, environment: DetectionEnvironment) -> &[String] {
        match environment {
            DetectionEnvironment::Ci => &self.ci,
            DetectionEnvironment::Staging => &self.staging,
            DetectionEnvironment::Production => &self.production,
        }
    }
}

impl Query {
    /// The query, if there is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()),
            Self::Absent(_) => None,
        }
    }
}

impl Catalogue {
    /// The questions that are asked by themselves, by name.
    pub fn correlations(&self) -> impl Iterator<Item = (&str, &Question, &Alert)> {
        let questions = self.questions.iter();
        questions.filter_map(|(name, it)| Some((name.as_str(), it, it.alert.as_ref()?)))
    }

    /// A question of a dashboard.
    pub(crate) fn shown(&self, on: &Dashboard, name: &str) -> Result<&Question, GenerateError> {
        self.questions
            .get(name)
            .ok_or_else(|| GenerateError::NoQuestion {
                dashboard: on.uid.clone(),
                question: name.to_owned(),
            })
    }

    /// Reads the catalogue in a folder.
    ///
    /// # Errors
    /// If a file cannot be read, or says what it cannot say.
    pub fn read(folder: &Path) -> Result<Self, LoadError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| LoadError::Read { path, source }
        };
        let mut catalogue = Self {
            questions: BTreeMap::new(),
            dashboards: read(&folder.join("dashboards.yaml"))?,
        };
        for folder in ["questions", "correlations"].map(|it| folder.join(it)) {
            for entry in fs::read_dir(&folder).map_err(failed(&folder))? {
                let path = entry.map_err(failed(&folder))?.path();
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                catalogue.questions.insert(name.into(), read(&path)?);
            }
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
