//! Starts a Collector, Loki, Jaeger and Prometheus on loopback, sends them the corpus as if it had happened in the last
//! hours, and shows what the Overview says of it. They run until Enter is pressed or its input ends.

use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use scoutline_backends::{Happened, Jaeger, Loki, Prometheus, Recording, measured};
use scoutline_dashboards::{Catalogue, Event, Language, Place, Purpose, Question, Samples, folder};
use scoutline_e2e::Collector;

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/up.collector.yaml");

const SECOND: u64 = 1_000_000_000;

/// What is filled, in seconds.
const HOURS: u64 = 6 * 3600;

/// Rows that are shown of an answer.
const ROWS: usize = 5;

fn main() -> Result<()> {
    let loki = Loki::start(&Loki::build()?)?;
    let jaeger = Jaeger::start(&Jaeger::build()?)?;
    let prometheus = Prometheus::start(&Prometheus::build()?)?;
    let variables = [
        ("LOKI", loki.otlp()),
        ("PROMETHEUS", prometheus.otlp()),
        ("JAEGER", jaeger.otlp().to_owned()),
    ];
    let binary = Collector::build()?;
    let collector = Collector::deploy(&binary, Path::new(CONFIG), &variables)?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let now = u64::try_from(since.as_nanos())?;
    let sent = fill(&collector, now)?;
    let all = r#"sum(count_over_time({service_name=~"scoutline.*"}[14d]))"#;
    loki.wait_for_value(all, now, sent as f64)?;
    let mut out = io::stdout().lock();
    overview(&mut out, &loki, now)?;
    writeln!(
        out,
        "Collector   {} (OTLP/HTTP), {} (OTLP/gRPC)",
        collector.http(),
        collector.grpc()
    )?;
    writeln!(out, "Loki        {}", loki.address())?;
    writeln!(out, "Jaeger      {}", jaeger.address())?;
    writeln!(out, "Prometheus  {}", prometheus.address())?;
    writeln!(
        out,
        "\nGrafana reads them as data sources; docs/siem/grafana.md says how. A sensor sends to the Collector:"
    )?;
    writeln!(
        out,
        "  sudo OTEL_EXPORTER_OTLP_ENDPOINT={} target/release/scoutline run",
        collector.http()
    )?;
    writeln!(out, "\nEnter ends them.")?;
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}

/// Sends recordings, oldest first, and what their sensors say and measure; how many records these are.
fn fill(collector: &Collector, now: u64) -> Result<usize> {
    let begin = now - HOURS * SECOND;
    let recordings = Recording::all()?;
    ensure!(!recordings.is_empty(), "there is no corpus");
    let mut sent = 0;
    let step = HOURS * SECOND / (recordings.len() as u64 + 1);
    for (index, recording) in (1..).zip(&recordings) {
        let (logs, traces) = recording.at(begin + index * step - recording.length().min(step / 2));
        for (signal, requests) in [("logs", &logs), ("traces", &traces)] {
            for request in requests {
                post(collector, signal, &serde_json::to_vec(request)?)?;
            }
        }
        sent += recording.records();
    }
    let mut happened = Happened::new();
    for recording in &recordings {
        for at in (0..HOURS).step_by(300) {
            let event = format!(
                "{{kind: heartbeat, with: {{host.name: {}}}}}",
                recording.name
            );
            let event: Event = serde_saphyr::from_str(&event)?;
            for line in happened.lines(&[event], begin + at * SECOND)? {
                post(collector, "logs", &line)?;
                sent += 1;
            }
        }
        for (metric, with, a_minute) in MEASURED {
            let samples = samples(&recording.name, metric, with, a_minute)?;
            post(collector, "metrics", &measured(&samples, begin)?)?;
        }
    }
    Ok(sent)
}

/// What a sensor that is well measures: a metric, its attributes, and what is added to it in a minute. None: it stays.
const MEASURED: [(&str, &str, Option<f64>); 7] = [
    ("process.cpu.time", "cpu.mode: user", Some(0.1)),
    ("process.cpu.time", "cpu.mode: system", Some(0.05)),
    ("process.memory.usage", "", None),
    (
        "scoutline.queue.bytes",
        "scoutline.exporter.name: otlp_http",
        None,
    ),
    (
        "scoutline.queue.capacity",
        "scoutline.exporter.name: otlp_http",
        None,
    ),
    (
        "scoutline.kernel.events",
        "scoutline.hook.name: tp_btf/sys_exit",
        Some(9000.0),
    ),
    (
        "scoutline.export.records",
        "scoutline.exporter.name: otlp_http, scoutline.export.outcome: accepted",
        Some(2.0),
    ),
];

fn samples(host: &str, metric: &str, with: &str, a_minute: Option<f64>) -> Result<Samples> {
    let still = match metric {
        "process.memory.usage" => 20e6,
        "scoutline.queue.bytes" => 0.0,
        _ => 67_108_864.0,
    };
    let value = |minute: u64| a_minute.map_or(still, |it| it * minute as f64);
    let values = (0..=HOURS / 60).map(|minute| format!("{}: {}", minute * 60, value(minute)));
    let values: Vec<_> = values.collect();
    let comma = if with.is_empty() { "" } else { ", " };
    let text = format!(
        "{{metric: {metric}, with: {{host.name: {host}{comma}{with}}}, values: {{{}}}}}",
        values.join(", ")
    );
    Ok(serde_saphyr::from_str(&text)?)
}

fn post(collector: &Collector, signal: &str, request: &[u8]) -> Result<()> {
    let response = ureq::post(format!("{}/v1/{signal}", collector.http()))
        .header("content-type", "application/json")
        .send(request)?;
    ensure!(response.status() == 200, "{}", response.status());
    Ok(())
}

/// Each panel of the Overview, in words and numbers.
fn overview(out: &mut impl io::Write, loki: &Loki, now: u64) -> Result<()> {
    let catalogue = Catalogue::read(&folder().join("catalogue"))?;
    let board = catalogue
        .dashboards
        .first()
        .context("there is an Overview")?;
    writeln!(out, "{}: {}\n", board.title, board.description)?;
    let places = board.rows.iter().flat_map(|row| &row.panels);
    let names = places.flat_map(|it| match it {
        Place::Question(name) => vec![name],
        Place::Sized(sized) => sized.keys().collect(),
    });
    for name in names {
        panel(out, loki, &catalogue.questions[name], now)?;
    }
    Ok(())
}

fn panel(out: &mut impl io::Write, loki: &Loki, question: &Question, now: u64) -> Result<()> {
    let query = question.queries.logql.text().context("Loki is asked")?;
    let query = Language::LogQl
        .expand(query, Purpose::Panel)?
        .replace("$__range", &format!("{HOURS}s"))
        .replace("$__auto", &format!("{HOURS}s"))
        .replace("$environment", ".*")
        .replace("$host", ".*");
    let mut rows = loki.query(&query, now, Duration::from_secs(HOURS))?.rows;
    rows.sort_by(|one, other| {
        other
            .value
            .unwrap_or(0.0)
            .total_cmp(&one.value.unwrap_or(0.0))
    });
    let mut table = Table::new();
    table.load_preset(NOTHING);
    let has_values = rows.iter().any(|row| row.value.is_some());
    for row in rows.iter().take(ROWS).filter(|_| has_values) {
        let value = row.value.unwrap_or(0.0).to_string();
        let labels = row.labels.values().map(String::as_str);
        table.add_row([value.as_str()].into_iter().chain(labels));
    }
    writeln!(out, "{}", question.title)?;
    if has_values {
        writeln!(out, "{table}\n")?;
    } else {
        writeln!(out, " {} records\n", rows.len())?;
    }
    Ok(())
}
