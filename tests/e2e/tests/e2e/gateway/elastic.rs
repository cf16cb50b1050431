//! What the exporter for Elasticsearch makes of every signal, behind the processors that ship.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use scoutline_e2e::{HttpAnswer, HttpBackend, HttpRequest};
use scoutline_semconv::{metric, resource};
use serde_json::{Map, Value, json};

use super::{Chain, shipped};
use crate::{Binaries, golden};

const ELASTIC: &str = shipped!("gateway-elastic.yaml");

/// What Elasticsearch says first; each is to be asked again, and more often than the exporter does by itself.
const TROUBLE: [u16; 4] = [503, 401, 429, 502];

const LOGS: &str = "logs-scoutline.otel-default";
const TRACES: &str = "traces-scoutline.otel-default";
const METRICS: &str = "metrics-scoutline.otel-default";
const PIPELINE: &str = "scoutline-ecs";

/// What a document is made by, and the document.
#[derive(Clone, Debug)]
struct Action {
    about: Value,
    document: Value,
}

impl Action {
    fn text(&self, name: &str) -> &str {
        self.about[name].as_str().unwrap_or_default()
    }
}

pub(super) fn once(binaries: &Binaries) -> Result<()> {
    let elastic = elasticsearch()?;
    let mut variables = variables(&elastic);
    variables.push(("SCOUTLINE_ELASTIC_PIPELINE", PIPELINE.to_owned()));
    let chain = Chain::start(binaries, &[ELASTIC], &[], &variables)?;
    let (logs, traces) = (golden::logs()?, golden::traces()?);
    let (sent, spans) = (golden::records(&logs)?, golden::spans(&traces)?);
    // One request alone has all the trouble.
    chain.send(&logs[..1])?;
    elastic.wait_until("one record", |taken| {
        taken.iter().any(|it| it.status == 200)
    })?;
    chain.send(logs[1..].iter().chain(&traces))?;
    // What a retry is whose first answer was lost.
    chain.send(logs.iter().chain(&traces))?;
    let expected = 2 * (sent.len() + spans.len());
    let taken = elastic.wait_until("all records and spans, twice", |taken| {
        actions(taken).is_ok_and(|came| came.len() >= expected)
    })?;
    let statuses: Vec<_> = taken.iter().map(|it| it.status).collect();
    assert!(statuses.starts_with(&TROUBLE), "{statuses:?}");
    for it in &taken {
        let authorization = it.headers.get("authorization").map(String::as_str);
        assert_eq!(authorization, Some("APIKey key"));
    }

    let came = actions(&taken)?;
    for record in &sent {
        let of_record = |it: &&Action| it.text("_index") == LOGS && it.text("_id") == record.uid();
        let of_record: Vec<_> = came.iter().filter(of_record).collect();
        assert_eq!(of_record.len(), 2, "{} in {came:#?}", record.uid());
        for it in of_record {
            assert_eq!(it.text("pipeline"), PIPELINE);
            let document = &it.document;
            assert_eq!(
                document["attributes"],
                Value::Object(record.attributes.clone())
            );
            assert_eq!(document["resource"]["attributes"], about(&record.resource));
            assert_eq!(document["body"]["text"], record.sentence()?);
            assert_eq!(document["event_name"], record.log.event_name);
            assert_eq!(document["severity_number"], record.log.severity_number);
        }
    }
    for span in &spans {
        let text = |name: &str| span[name].as_str().unwrap_or_default();
        let id = format!("{}-{}", text("traceId"), text("spanId"));
        let of_span = |it: &&Action| it.text("_index") == TRACES && it.text("_id") == id;
        let of_span: Vec<_> = came.iter().filter(of_span).collect();
        assert_eq!(of_span.len(), 2, "{id} in {came:#?}");
        for it in of_span {
            assert_eq!(it.text("pipeline"), "", "which is for log records");
            let attributes = Value::Object(golden::attributes(span)?);
            assert_eq!(it.document["attributes"], attributes);
        }
    }
    assert_eq!(came.len(), expected, "and no other");
    let ids: BTreeSet<_> = came.iter().map(|it| it.text("_id")).collect();
    assert_eq!(ids.len(), sent.len() + spans.len());
    Ok(())
}

pub(super) fn metrics(binaries: &Binaries) -> Result<()> {
    let elastic = elasticsearch()?;
    let chain = Chain::start(binaries, &[ELASTIC], &[], &variables(&elastic))?;
    // The difference of two is the first that can be told.
    chain.send([&golden::metrics(1_767_225_660, 7)])?;
    elastic.wait_until("a metric", |taken| {
        actions(taken).is_ok_and(|came| !came.is_empty())
    })?;
    chain.send([&golden::metrics(1_767_225_720, 9)])?;
    let name = metric::SCOUTLINE_EXPORT_DURATION.name;
    let has_histogram = |it: &Action| !it.document["metrics"][name].is_null();
    let taken = elastic.wait_until("a histogram", |taken| {
        actions(taken).is_ok_and(|came| came.iter().any(has_histogram))
    })?;
    let came = actions(&taken)?;
    for it in &came {
        assert_eq!(it.text("_index"), METRICS, "{it:?}");
    }
    let histogram = came.iter().find(|it| has_histogram(it)).context("none")?;
    assert_eq!(histogram.document["metrics"][name]["counts"], json!([2]));
    // What only grows stays as it is.
    let name = metric::SCOUTLINE_DETECTIONS.name;
    let counts = came.iter().map(|it| &it.document["metrics"][name]);
    let counts: Vec<_> = counts.filter_map(Value::as_u64).collect();
    assert_eq!(counts, [7, 9]);
    Ok(())
}

/// A data stream: what it has got already, it refuses.
fn elasticsearch() -> Result<HttpBackend> {
    const HEADERS: &[(&str, &str)] = &[
        ("content-type", "application/json"),
        ("x-elastic-product", "Elasticsearch"),
    ];
    let ids = Mutex::new(BTreeSet::new());
    HttpBackend::start(move |request, before| {
        if let Some(&status) = TROUBLE.get(before) {
            return HttpAnswer::new(status, "");
        }
        let mut ids = ids.lock().unwrap_or_else(PoisonError::into_inner);
        let items = read(request).unwrap_or_default().into_iter().map(|it| {
            let (index, id) = (it.text("_index").to_owned(), it.text("_id").to_owned());
            let is_new = id.is_empty() || ids.insert((index.clone(), id));
            let mut item = json!({"_index": index, "status": 201});
            if !is_new {
                let kind = "version_conflict_engine_exception";
                item = json!({"_index": index, "status": 409, "error": {"type": kind}});
            }
            json!({"create": item})
        });
        let items: Vec<_> = items.collect();
        HttpAnswer {
            headers: HEADERS,
            ..HttpAnswer::new(200, json!({"errors": true, "items": items}).to_string())
        }
    })
}

fn variables(elastic: &HttpBackend) -> Vec<(&'static str, String)> {
    vec![
        ("SCOUTLINE_ELASTIC", elastic.url()),
        ("SCOUTLINE_ELASTIC_API_KEY", "key".to_owned()),
    ]
}

/// All actions that were taken.
fn actions(taken: &[HttpRequest]) -> Result<Vec<Action>> {
    let mut actions = Vec::new();
    for it in taken.iter().filter(|it| it.status == 200) {
        actions.extend(read(it)?);
    }
    Ok(actions)
}

/// A line for each action, and one for its document.
fn read(request: &HttpRequest) -> Result<Vec<Action>> {
    let lines = serde_json::Deserializer::from_slice(&request.body).into_iter();
    let lines = lines.collect::<Result<Vec<Value>, _>>()?;
    let pairs = lines.chunks_exact(2);
    Ok(pairs
        .map(|pair| Action {
            about: pair[0]["create"].clone(),
            document: pair[1].clone(),
        })
        .collect())
}

/// A resource as a document has it: what names the data stream has its place elsewhere.
fn about(resource: &Map<String, Value>) -> Value {
    let mut attributes = resource.clone();
    attributes.remove(resource::DATA_STREAM_DATASET);
    Value::Object(attributes)
}
