//! Every query of the catalogue gives the answer that it should, on a real engine behind a real Collector.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use libtest_mimic::Trial;
use scoutline_backends::{Happened, Loki, Row};
use scoutline_dashboards::{Case, Catalogue, Language, Question, Value, folder};
use scoutline_e2e::Collector;

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/loki.collector.yaml");

const SECOND: u64 = 1_000_000_000;

/// Between the windows of two cases.
const GAP: u64 = 60 * SECOND;

/// A case with the time at which its question is asked.
#[derive(Clone, Debug)]
struct Asked {
    name: String,
    question: Question,
    case: Case,
    at: u64,
}

/// Sends what happened in all cases, each in a window of its own, and makes a trial of each.
///
/// # Errors
/// If a backend does not start or does not take what is sent.
pub(crate) fn trials(loki: &Path, collector: &Path) -> Result<Vec<Trial>> {
    let catalogue = Catalogue::read(&folder().join("catalogue"))?;
    let cases = schedule(&catalogue, now()?);
    let loki = Loki::start(loki)?;
    let collector = Collector::deploy(collector, Path::new(CONFIG), &[("LOKI", loki.otlp())])?;
    let sent = send(&collector, &cases)?;
    let loki = std::sync::Arc::new(loki);
    let all = r#"sum(count_over_time({service_name=~"scoutline.*"}[14d]))"#;
    loki.wait_for_value(all, now()?, sent as f64)?;
    let trials = cases.into_iter().map(|asked| {
        let loki = std::sync::Arc::clone(&loki);
        let name = format!("catalogue: LogQL {}: {}", asked.name, asked.case.name);
        crate::trial(name, move || answers(&loki, &asked))
    });
    Ok(trials.collect())
}

fn now() -> Result<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(u64::try_from(since.as_nanos())?)
}

/// One window after another, the last one ending now: a stream takes nothing that is much older than what it has.
fn schedule(catalogue: &Catalogue, now: u64) -> Vec<Asked> {
    let questions = catalogue.questions.iter();
    let all = questions
        .flat_map(|(name, question)| question.cases.iter().map(move |it| (name, question, it)));
    let all: Vec<_> = all.collect();
    let whole: u64 = all
        .iter()
        .map(|(.., case)| case.window * SECOND + GAP)
        .sum();
    let mut at = now - whole;
    let asked = all.into_iter().map(|(name, question, case)| {
        at += case.window * SECOND + GAP;
        Asked {
            name: name.clone(),
            question: question.clone(),
            case: case.clone(),
            at,
        }
    });
    asked.collect()
}

/// How many records there are; a tenth of them, and the first of each case, is sent twice.
fn send(collector: &Collector, cases: &[Asked]) -> Result<usize> {
    let mut happened = Happened::new();
    let mut sent = 0;
    for asked in cases {
        let begin = asked.at - asked.case.window * SECOND + SECOND;
        for (index, line) in happened
            .lines(&asked.case.events, begin)?
            .iter()
            .enumerate()
        {
            for _ in 0..if index % 10 == 0 { 2 } else { 1 } {
                let response = ureq::post(format!("{}/v1/logs", collector.http()))
                    .header("content-type", "application/json")
                    .send(&line[..])?;
                ensure!(response.status() == 200, "{}", response.status());
            }
            sent += 1;
        }
    }
    Ok(sent)
}

fn answers(loki: &Loki, asked: &Asked) -> Result<()> {
    let Asked {
        question, case, at, ..
    } = asked;
    let query = Language::LogQl.expand(question.queries.logql.trim())?;
    let window = format!("{}s", case.window);
    let query = query
        .replace("$__range", &window)
        .replace("$__auto", &window)
        .replace("$environment", ".*")
        .replace("$host", ".*");
    let found = loki.query(&query, *at, Duration::from_secs(case.window))?;
    let mut expected: Vec<_> = case
        .expect
        .iter()
        .map(expected_row)
        .collect::<Result<_>>()
        .with_context(|| query.clone())?;
    let mut found: Vec<_> = found.iter().map(|row| found_row(row, &expected)).collect();
    let order = |row: &BTreeMap<String, String>| format!("{row:?}");
    expected.sort_by_key(order);
    found.sort_by_key(order);
    assert_eq!(found, expected, "{query}");
    Ok(())
}

/// In the names of the language.
fn expected_row(row: &BTreeMap<String, Value>) -> Result<BTreeMap<String, String>> {
    let cell = |(name, value): (&String, &Value)| {
        let name = match name.as_str() {
            "value" => "value".to_owned(),
            name => Language::LogQl.name(name)?,
        };
        Ok((
            name,
            match value {
                Value::Number(number) => number.to_string(),
                Value::Text(text) => text.clone(),
            },
        ))
    };
    row.iter().map(cell).collect()
}

/// What of a row is asked about. All labels of a metric are; a record has many.
fn found_row(row: &Row, expected: &[BTreeMap<String, String>]) -> BTreeMap<String, String> {
    let is_asked = |name: &String| expected.iter().any(|row| row.contains_key(name));
    let labels = row.labels.iter();
    let labels = labels.filter(|(name, _)| row.value.is_some() || is_asked(name));
    let labels = labels.map(|(name, value)| (name.clone(), value.clone()));
    let value = row
        .value
        .map(|value| ("value".to_owned(), value.to_string()));
    labels.chain(value).collect()
}
