//! What the corpus gives in backends: so many detections, these correlations and no other, and no panel is empty.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use libtest_mimic::Trial;
use scoutline_backends::{Asked, Loki, Prometheus, Recording};
use scoutline_dashboards::{Catalogue, Language, folder};
use scoutline_e2e::Collector;

use crate::catalogue::{CONFIG, Engines, alerts, asked, now, post};

const SECOND: u64 = 1_000_000_000;

/// From the end of a recording to the beginning of the next one: no alert but one of a week looks back further.
const GAP: u64 = 3700 * SECOND;

/// How often an alert is asked meanwhile.
const STEP: Duration = Duration::from_secs(60);

/// Those that look back further than a recording is old, or at what the sensors say of themselves.
const ELSEWHERE: [&str; 3] = ["ci_then_production", "first_on_image", "sensor_silent"];

struct Running {
    loki: Loki,
    alerts: BTreeMap<String, String>,
    catalogue: Catalogue,
    end: u64,
    whole: Duration,
}

/// Sends all of it, one after another, and makes a trial of each recording and of each panel.
///
/// # Errors
/// If a backend does not start or does not take what is sent.
pub(crate) fn trials(engines: &Engines<'_>) -> Result<Vec<Trial>> {
    let recordings = Recording::all()?;
    let whole: u64 = recordings.iter().map(|it| it.length() + GAP).sum();
    let end = now()?;
    let loki = Loki::start(engines.loki)?;
    let prometheus = Prometheus::start(engines.prometheus)?;
    let variables = [("LOKI", loki.otlp()), ("PROMETHEUS", prometheus.otlp())];
    let collector = Collector::deploy(engines.collector, Path::new(CONFIG), &variables)?;
    let mut at = end - whole;
    let mut placed = Vec::new();
    let mut sent = 0;
    for recording in recordings {
        let (logs, _) = recording.at(at);
        for request in &logs {
            post(&collector, "logs", &serde_json::to_vec(request)?)?;
        }
        sent += recording.records();
        placed.push((at, recording.clone()));
        at += recording.length() + GAP;
    }
    let all = r#"sum(count_over_time({service_name="scoutline"}[14d]))"#;
    loki.wait_for_value(all, end, sent as f64)?;
    let running = Arc::new(Running {
        loki,
        alerts: alerts()?,
        catalogue: Catalogue::read(&folder().join("catalogue"))?,
        end,
        whole: Duration::from_nanos(whole + SECOND),
    });
    let mut trials = Vec::new();
    for (begin, recording) in placed {
        let running = Arc::clone(&running);
        let name = format!("corpus: {}", recording.name);
        trials.push(crate::trial(name, move || {
            gives(&running, &recording, begin)
        }));
    }
    let panels = running.catalogue.questions.iter().filter(|(_, it)| {
        let is_of_detections = !it.attack.is_empty();
        is_of_detections && it.panel.is_some() && it.queries.logql.text().is_some()
    });
    for (name, _) in panels {
        let (running, name) = (Arc::clone(&running), name.clone());
        let title = format!("corpus: panel {name}");
        trials.push(crate::trial(title, move || has_data(&running, &name)));
    }
    Ok(trials)
}

fn gives(running: &Running, recording: &Recording, begin: u64) -> Result<()> {
    let end = begin + recording.length() + SECOND;
    let Running { loki, .. } = running;
    let host = &recording.name;
    let query = format!(
        r#"sum by (security_rule_name) (count_over_time({{service_name="scoutline"}} | host_name="{host}" | scoutline_detection_phase="first" [{}s]))"#,
        recording.length() / SECOND + 2
    );
    let answer = loki.query(&query, end, Duration::ZERO)?;
    let found: BTreeMap<_, _> = answer
        .rows
        .iter()
        .filter_map(|row| {
            Some((
                row.labels.get("security_rule_name")?.clone(),
                row.value? as u32,
            ))
        })
        .collect();
    assert_eq!(found, recording.expected.detections, "{host}");
    let after = Duration::from_nanos(recording.length()) + STEP * 15;
    let until = begin + u64::try_from(after.as_nanos())?;
    let mut fired = BTreeSet::new();
    for (name, query) in &running.alerts {
        if ELSEWHERE.contains(&name.as_str()) {
            continue;
        }
        let answer = loki.query_range(query, until, after, STEP)?;
        if !answer.rows.is_empty() {
            fired.insert(name.clone());
        }
    }
    Asked {
        question: "all correlations",
        case: &format!("corpus: {host}"),
        language: "LogQl",
        engine: "Loki",
        how: "executed",
        expected: &listed(&recording.expected.fires),
        got: &listed(&fired),
    }
    .note()?;
    assert_eq!(fired, recording.expected.fires, "{host}");
    Ok(())
}

fn listed(names: &BTreeSet<String>) -> String {
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(" ")
    }
}

fn has_data(running: &Running, name: &str) -> Result<()> {
    let question = running
        .catalogue
        .questions
        .get(name)
        .context("it is there")?;
    let query = asked(Language::LogQl, question, running.whole.as_secs())?;
    let answer = running.loki.query(&query, running.end, running.whole)?;
    let values = answer.rows.iter().filter(|row| row.value != Some(0.0));
    assert!(values.count() > 0, "{query}");
    Ok(())
}
