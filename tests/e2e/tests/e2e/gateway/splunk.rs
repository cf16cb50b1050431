//! What the exporter for Splunk's HTTP Event Collector makes of records, behind the processor that ships.

use anyhow::{Context as _, Result};
use scoutline_e2e::{Collector, HttpAnswer, HttpBackend, HttpRequest};
use scoutline_semconv::{attr, resource};
use serde_json::{Map, Value, json};

use super::{Chain, shipped};
use crate::Binaries;
use crate::golden::{self, KINDS, Record};

const OTLP: &str = shipped!("gateway-otlp.yaml");
const SPLUNK: &str = shipped!("gateway-splunk.yaml");

/// Longer pauses are for backends, not for tests.
const QUICK: &str = "exporters.splunk_hec.retry_on_failure.initial_interval=50ms";

/// What the collector of events says first; each is to be asked again.
const TROUBLE: [u16; 3] = [503, 500, 429];

const INDEX: &str = "security";

pub(super) fn sourcetypes(binaries: &Binaries) -> Result<()> {
    let splunk = collector_of_events()?;
    let chain = Chain::start(binaries, &[SPLUNK], &[QUICK], &variables(&splunk))?;
    let logs = golden::logs()?;
    chain.send(&logs)?;
    let sent = golden::records(&logs)?;
    let taken = splunk.wait_until("all records", |taken| {
        events(taken).is_ok_and(|came| came.len() >= sent.len())
    })?;
    let statuses: Vec<_> = taken.iter().map(|it| it.status).collect();
    assert!(statuses.starts_with(&TROUBLE), "{statuses:?}");
    for it in &taken {
        let authorization = it.headers.get("authorization").map(String::as_str);
        assert_eq!(authorization, Some("Splunk hec"));
        assert_eq!(it.target, "/services/collector");
    }
    let mut came = events(&taken)?;
    for record in &sent {
        let expected = event(record)?;
        let at = came.iter().position(|it| *it == expected);
        let at = at.with_context(|| format!("{expected:#} is not in {came:#?}"))?;
        came.swap_remove(at);
    }
    assert_eq!(came, [Value::Null; 0], "and no other");
    Ok(())
}

pub(super) fn beside(binaries: &Binaries) -> Result<()> {
    let splunk = collector_of_events()?;
    let other = Collector::start(&binaries.collector)?;
    let mut variables = variables(&splunk);
    variables.push(("SCOUTLINE_BACKEND", other.http()));
    let chain = Chain::start(binaries, &[OTLP, SPLUNK], &[QUICK], &variables)?;
    let (logs, traces) = (golden::logs()?, golden::traces()?);
    chain.send(logs.iter().chain(&traces))?;
    let sent = golden::records(&logs)?.len();
    splunk.wait_until("all records", |taken| {
        events(taken).is_ok_and(|came| came.len() == sent)
    })?;
    let spans = golden::spans(&traces)?.len();
    other
        .spans()?
        .wait_until("all spans", |all| all.len() == spans)?;
    assert!(other.records()?.now()?.is_empty(), "traces only");
    Ok(())
}

fn collector_of_events() -> Result<HttpBackend> {
    HttpBackend::start(|_, before| {
        let trouble = TROUBLE.get(before);
        let good = HttpAnswer::new(200, r#"{"text":"Success","code":0}"#);
        trouble.map_or(good, |&status| HttpAnswer::new(status, ""))
    })
}

fn variables(splunk: &HttpBackend) -> Vec<(&'static str, String)> {
    vec![
        ("SCOUTLINE_SPLUNK", splunk.url()),
        ("SCOUTLINE_SPLUNK_TOKEN", "hec".to_owned()),
        ("SCOUTLINE_SPLUNK_INDEX", INDEX.to_owned()),
    ]
}

/// All events that were taken.
fn events(taken: &[HttpRequest]) -> Result<Vec<Value>> {
    let mut events = Vec::new();
    for it in taken.iter().filter(|it| it.status == 200) {
        for event in serde_json::Deserializer::from_slice(&it.body).into_iter() {
            let mut event: Value = event?;
            // A whole second comes without its fraction.
            event["time"] = json!(event["time"].as_f64());
            events.push(event);
        }
    }
    Ok(events)
}

/// What is to become of a record: all attributes are fields, truth values as texts, but for what Splunk has a place of its own for.
fn event(record: &Record) -> Result<Value> {
    let kind = record.text(attr::SCOUTLINE_RECORD_KIND);
    assert!(KINDS.iter().any(|it| it.as_str() == kind), "{kind}");
    let mut fields = record.resource.clone();
    let host = fields.remove(resource::HOST_NAME).context("no host")?;
    let attributes = record.attributes.clone().into_iter();
    fields.extend(attributes.map(|(name, value)| match value {
        Value::Bool(truth) => (name, json!(truth.to_string())),
        other => (name, other),
    }));
    let log = &record.log;
    let own = [
        ("otel.log.name", json!(log.event_name)),
        ("otel.log.severity.number", json!(log.severity_number)),
        ("otel.log.severity.text", json!(log.severity_text)),
    ];
    fields.extend(own.map(|(name, value)| (name.to_owned(), value)));
    for (name, id) in [("trace_id", &log.trace_id), ("span_id", &log.span_id)] {
        if !id.is_empty() {
            let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
            fields.insert(name.to_owned(), json!(id));
        }
    }
    // Seconds, to the millisecond.
    let time = format!(
        "{}.{:03}",
        log.time_unix_nano / 1_000_000_000,
        log.time_unix_nano / 1_000_000 % 1000
    );
    Ok(json!({
        "time": time.parse::<f64>()?,
        "host": host,
        "source": "scoutline",
        "sourcetype": format!("scoutline:{kind}"),
        "index": INDEX,
        "event": record.sentence()?,
        "fields": Map::from_iter(fields),
    }))
}
