//! Every query of the catalogue gives the answer that it should, on a real engine behind a real Collector.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use libtest_mimic::Trial;
use scoutline_backends::{Asked, Happened, Loki, Prometheus, Row, measured, twice};
use scoutline_dashboards::{
    Case, Catalogue, Language, PanelKind, Purpose, Question, Value, folder,
};
use scoutline_e2e::Collector;
use serde_json::Value as Json;

pub(crate) const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue.collector.yaml");

/// Alert rules as Grafana reads them.
const ALERTS: &str = "grafana/provisioning/alerting/scoutline.yaml";

const SECOND: u64 = 1_000_000_000;

/// Between the windows of two cases.
const GAP: u64 = 60 * SECOND;

/// What a panel over time takes a rate of, in seconds.
const RATE: u64 = 300;

/// A case with the time at which its question is asked.
#[derive(Clone, Debug)]
struct Timed {
    name: String,
    question: Question,
    case: Case,
    at: u64,
}

/// The programs that are asked.
#[derive(Debug)]
pub(crate) struct Engines<'a> {
    pub(crate) collector: &'a Path,
    pub(crate) loki: &'a Path,
    pub(crate) prometheus: &'a Path,
}

/// Those that run.
struct Running {
    loki: Loki,
    prometheus: Prometheus,
    /// By the name of the correlation.
    alerts: BTreeMap<String, String>,
}

/// Sends what happened in all cases, each in a window of its own, and makes a trial of each.
///
/// # Errors
/// If a backend does not start or does not take what is sent.
pub(crate) fn trials(engines: &Engines<'_>) -> Result<Vec<Trial>> {
    let catalogue = Catalogue::read(&folder().join("catalogue"))?;
    let cases = schedule(&catalogue, now()?);
    let running = Arc::new(Running {
        loki: Loki::start(engines.loki)?,
        prometheus: Prometheus::start(engines.prometheus)?,
        alerts: alerts()?,
    });
    let variables = [
        ("LOKI", running.loki.otlp()),
        ("PROMETHEUS", running.prometheus.otlp()),
    ];
    let collector = Collector::deploy(engines.collector, Path::new(CONFIG), &variables)?;
    let sent = send(&collector, &cases)?;
    let all = r#"sum(count_over_time({service_name=~"scoutline.*"}[14d]))"#;
    running.loki.wait_for_value(all, now()?, sent as f64)?;
    let trials = cases.into_iter().map(|timed| {
        let running = Arc::clone(&running);
        let language = if timed.case.samples.is_empty() {
            Language::LogQl
        } else {
            Language::PromQl
        };
        let name = format!(
            "catalogue: {language:?} {}: {}",
            timed.name, timed.case.name
        );
        crate::trial(name, move || answers(&running, language, &timed))
    });
    Ok(trials.collect())
}

pub(crate) fn now() -> Result<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(u64::try_from(since.as_nanos())?)
}

/// One window after another, the last one ending now: a stream takes nothing that is much older than what it has. The
/// longest come first, so that a query never looks back further than the window of its case, but into longer ones.
fn schedule(catalogue: &Catalogue, now: u64) -> Vec<Timed> {
    let questions = catalogue.questions.iter();
    let all = questions
        .flat_map(|(name, question)| question.cases.iter().map(move |it| (name, question, it)));
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(.., case)| std::cmp::Reverse(case.window));
    let whole: u64 = all
        .iter()
        .map(|(.., case)| case.window * SECOND + GAP)
        .sum();
    let mut at = now - whole;
    let timed = all.into_iter().map(|(name, question, case)| {
        at += case.window * SECOND + GAP;
        Timed {
            name: name.clone(),
            question: question.clone(),
            case: case.clone(),
            at,
        }
    });
    timed.collect()
}

/// How many records there are; a tenth of them, and the first of each case, is sent twice.
fn send(collector: &Collector, cases: &[Timed]) -> Result<usize> {
    let mut happened = Happened::new();
    let mut sent = 0;
    for timed in cases {
        let begin = timed.at - timed.case.window * SECOND;
        let lines = happened.lines(&timed.case.events, begin + SECOND)?;
        for line in twice(&lines) {
            post(collector, "logs", line)?;
        }
        sent += lines.len();
        for samples in &timed.case.samples {
            post(collector, "metrics", &measured(samples, begin)?)?;
        }
    }
    Ok(sent)
}

pub(crate) fn post(collector: &Collector, signal: &str, request: &[u8]) -> Result<()> {
    let response = ureq::post(format!("{}/v1/{signal}", collector.http()))
        .header("content-type", "application/json")
        .send(request)?;
    ensure!(response.status() == 200, "{}", response.status());
    Ok(())
}

/// Queries of the alert rules that are shipped, by the name of the correlation.
pub(crate) fn alerts() -> Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(folder().join(ALERTS))?;
    let file: Json = serde_saphyr::from_str(&text)?;
    let groups = file["groups"].as_array().context("there are groups")?;
    let rules = groups.iter().filter_map(|it| it["rules"].as_array());
    let alerts = rules.flatten().map(|rule| {
        let name = rule["labels"]["scoutline"].as_str().context("a name")?;
        let query = rule["data"][0]["model"]["expr"].as_str();
        let query = query.context("a query")?.replace("$$", "$");
        Ok((name.to_owned(), query))
    });
    alerts.collect()
}

fn answers(running: &Running, language: Language, timed: &Timed) -> Result<()> {
    let Timed {
        name,
        question,
        case,
        at,
    } = timed;
    let query = match running.alerts.get(name) {
        Some(query) => query.clone(),
        None => asked(language, question, case.window)?,
    };
    let (engine, answer) = match language {
        Language::PromQl => ("Prometheus", running.prometheus.query(&query, *at)?),
        _ => {
            let window = Duration::from_secs(case.window);
            ("Loki", running.loki.query(&query, *at, window)?)
        }
    };
    let mut expected: Vec<_> = case
        .expect
        .iter()
        .map(|row| expected_row(language, row))
        .collect::<Result<_>>()
        .with_context(|| query.clone())?;
    let found = answer.rows.iter().map(|row| found_row(row, &expected));
    let mut found: Vec<_> = found.collect();
    let shown = question.panel.as_ref().map(|it| it.kind);
    if found.is_empty() && shown == Some(PanelKind::Stat) {
        // Which is what the panel shows then.
        found.push(BTreeMap::from([("value".to_owned(), "0".to_owned())]));
    }
    let order = |row: &BTreeMap<String, String>| format!("{row:?}");
    expected.sort_by_key(order);
    found.sort_by_key(order);
    let is_equal = found == expected;
    Asked {
        question: name,
        case: &case.name,
        language: &format!("{language:?}"),
        engine,
        how: "executed",
        expected: &format!("{} rows", expected.len()),
        got: &if is_equal {
            format!("{} rows", found.len())
        } else {
            "something else".to_owned()
        },
    }
    .note()?;
    assert_eq!(found, expected, "{query}");
    Ok(())
}

/// As Grafana would send it for so many seconds, with nothing narrowed down.
pub(crate) fn asked(language: Language, question: &Question, window: u64) -> Result<String> {
    let queries = &question.queries;
    let query = match language {
        Language::PromQl => &queries.promql,
        _ => &queries.logql,
    };
    let query = query.text().context("a case without a query")?;
    let mut query = language.expand(query, Purpose::Panel)?;
    let window = format!("{window}s");
    for (variable, value) in [
        ("$__range", window.as_str()),
        ("$__auto", &window),
        ("$__rate_interval", &format!("{RATE}s")),
        ("$environment", ".*"),
        ("$host", ".*"),
        ("$session", ".*"),
        ("$repository", ".*"),
    ] {
        query = query.replace(variable, value);
    }
    ensure!(!query.contains('$'), "{query} has one variable more");
    Ok(query)
}

/// In the names of the language.
fn expected_row(
    language: Language,
    row: &BTreeMap<String, Value>,
) -> Result<BTreeMap<String, String>> {
    let cell = |(name, value): (&String, &Value)| {
        let name = match name.as_str() {
            "value" => "value".to_owned(),
            name => language.name(name)?,
        };
        let value = match value {
            Value::Bool(truth) => truth.to_string(),
            Value::Number(number) => rounded(*number),
            Value::Text(text) => text.clone(),
            Value::Texts(texts) => serde_json::to_string(texts)?,
        };
        Ok((name, value))
    };
    row.iter().map(cell).collect()
}

/// What of a row is asked about. All labels of a metric are; a record has many. An alert fires whatever its value is.
fn found_row(row: &Row, expected: &[BTreeMap<String, String>]) -> BTreeMap<String, String> {
    let is_asked = |name: &String| expected.iter().any(|row| row.contains_key(name));
    let labels = row.labels.iter();
    let labels = labels.filter(|(name, _)| row.value.is_some() || is_asked(name));
    let labels = labels.map(|(name, value)| (name.clone(), value.clone()));
    let value = row.value.map(|value| ("value".to_owned(), rounded(value)));
    labels
        .chain(value.filter(|(name, _)| is_asked(name)))
        .collect()
}

/// A rate is a quotient, so its last digits say nothing.
fn rounded(number: f64) -> String {
    ((number * 1e9).round() / 1e9).to_string()
}
