//! What the sensor tells of itself arrives: that it started, stopped, lives, and what it lost; and its metrics.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use opentelemetry_proto::tonic::metrics::v1::{MetricsData, metric, number_data_point};
use rustix::process::Signal;
use scoutline_e2e::{
    Collector, Ended, Item, Lines, Numbered, Program, Received, Records, Sensor, Told,
};
use scoutline_semconv::{Metric, attr, event, metric as name, resource, scope};
use tempfile::TempDir;

use crate::{Binaries, Case, deeds};

pub(crate) const CASES: &[(&str, Case)] = &[
    ("start, heartbeat and stop arrive", lives),
    ("a run that was killed is told by the next", killed),
    (
        "what a full queue dropped is told when its Collector is back",
        loses,
    ),
    ("metrics arrive and balance, over grpc", |it| {
        counts(it, grpc)
    }),
    ("metrics arrive and balance, over http", |it| {
        counts(it, http)
    }),
    ("exec leaves metrics in --otlp-dir", leaves_metrics),
];

/// Makes the block of an exporter.
type Exporter = fn(&Collector) -> String;

fn grpc(collector: &Collector) -> String {
    format!("otlp_grpc: {{endpoint: '{}'", collector.grpc())
}

fn http(collector: &Collector) -> String {
    format!("otlp_http: {{endpoint: '{}'", collector.http())
}

/// `--config` with this exporter, its other settings and this telemetry.
fn config(
    collector: &Collector,
    exporter: Exporter,
    more: &str,
    telemetry: &str,
) -> Result<[String; 2]> {
    let file = collector.directory().join("scoutline.yaml");
    let exporter = exporter(collector);
    let text = format!("exporters:\n  {exporter}{more}}}\ntelemetry: {{{telemetry}}}\n");
    fs::write(&file, text)?;
    Ok(["--config".to_owned(), file.display().to_string()])
}

fn is_event(told: &Told, event: &str) -> bool {
    told.0.record.event_name == event
}

fn has_action(told: &Told, action: &str) -> bool {
    is_event(told, event::SENSOR) && told.0.text(attr::SCOUTLINE_SENSOR_ACTION) == action
}

/// It is about the sensor and nothing else.
fn check_envelope(told: &Received) {
    assert_eq!(told.scope.name, scope::SENSOR);
    assert!(!told.body().is_empty());
    let kind = told.text(attr::SCOUTLINE_RECORD_KIND);
    assert_eq!(told.record.event_name, format!("scoutline.{kind}"));
    assert_eq!(told.resource_text(resource::CONTAINER_ID), "");
    assert!(!told.resource_text(resource::HOST_NAME).is_empty());
    assert!(!told.resource_text(resource::SERVICE_INSTANCE_ID).is_empty());
}

fn lives(binaries: &Binaries) -> Result<()> {
    let collector = Collector::start(&binaries.collector)?;
    let arguments = config(&collector, grpc, "", "heartbeat: 1s")?;
    let sensor = Sensor::run(&binaries.sensor, &arguments, &[])?;
    let mut told = collector.told()?;
    let beats = |all: &[Told]| {
        all.iter()
            .filter(|it| is_event(it, event::HEARTBEAT))
            .count()
    };
    told.wait_until("two heartbeats", |all| beats(all) >= 2)?;
    let ended = sensor.stop()?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    collector.wait_for_last()?;
    let all = told.now()?;
    let start = all.first().context("nothing was told")?;
    assert!(has_action(start, "start"), "{}", start.0.body());
    assert_eq!(start.0.text(attr::SCOUTLINE_SENSOR_PREVIOUS_END), "unknown");
    assert_eq!(start.0.number(attr::SCOUTLINE_SEQUENCE), Some(1));
    assert!(!start.0.texts(attr::SCOUTLINE_SENSOR_HOOKS).is_empty());
    assert_eq!(all.iter().filter(|it| has_action(it, "stop")).count(), 1);
    for it in all {
        check_envelope(&it.0);
        if is_event(it, event::HEARTBEAT) {
            assert_eq!(it.0.number(attr::SCOUTLINE_SEQUENCE), None);
            assert!(it.0.number(attr::SCOUTLINE_LAST_SEQUENCE) >= Some(1));
            assert_eq!(it.0.number(attr::SCOUTLINE_LOSS_TOTAL), Some(0));
            assert_eq!(it.0.texts(attr::SCOUTLINE_SENSOR_COUNTERS).len(), 16);
        }
    }
    assert!(!all.iter().any(|it| is_event(it, event::LOSS)));
    Ok(())
}

/// `scoutline run` with a state folder that outlives it.
fn run_in(state: &Path, binaries: &Binaries, arguments: &[String]) -> Result<Program> {
    let mut command = Sensor::command(&binaries.sensor);
    command.arg("run").args(arguments);
    let program = Program::start(command.env("STATE_DIRECTORY", state))?;
    program.wait_for_error_line("watching")?;
    Ok(program)
}

fn stop(mut program: Program, signal: Signal) -> Result<Ended> {
    program.signal(signal)?;
    program.wait()
}

fn killed(binaries: &Binaries) -> Result<()> {
    let mut collector = Collector::prepare(&binaries.collector)?;
    let state = TempDir::new()?;
    let seen = collector.directory().join("seen");
    let mut arguments = config(&collector, http, "", "heartbeat: 0s")?.to_vec();
    arguments.extend(["--otlp-dir".to_owned(), seen.display().to_string()]);
    let program = run_in(state.path(), binaries, &arguments)?;
    deeds::read_version()?;
    let mut records = Records::follow(&seen.join("logs.jsonl"))?;
    records.wait_until("what was read", |all| deeds::firsts(all) > 0)?;
    stop(program, Signal::KILL)?;

    collector.resume()?;
    let mut told = collector.told()?;
    let other = config(&collector, http, "", "heartbeat: 1h")?;
    let program = run_in(state.path(), binaries, &other)?;
    // Each is a request of its own: they may overtake each other.
    let all = told.wait_until("start, change and loss", |all| all.len() >= 3)?;
    let starts: Vec<_> = all.iter().filter(|it| has_action(it, "start")).collect();
    assert_eq!(starts.len(), 1);
    assert_eq!(
        starts[0].0.text(attr::SCOUTLINE_SENSOR_PREVIOUS_END),
        "unclean"
    );
    assert!(all.iter().any(|it| has_action(it, "configuration_change")));
    let loss = all.iter().find(|it| is_event(it, event::LOSS));
    let loss = &loss.context("waited for")?.0;
    check_envelope(loss);
    assert_eq!(loss.record.severity_number, 17);
    assert_eq!(loss.text(attr::SCOUTLINE_LOSS_STAGE), "previous_run");
    assert_eq!(loss.text(attr::SCOUTLINE_LOSS_REASON), "crash");
    let earlier = loss.text(attr::SCOUTLINE_LOSS_START_ID);
    assert_ne!(earlier, loss.text(attr::SCOUTLINE_SENSOR_START_ID));
    assert!(!earlier.is_empty());
    assert_eq!(loss.number(attr::SCOUTLINE_LOSS_FIRST_SEQUENCE), Some(1));
    // That it started, and the first record of what was read.
    assert!(
        loss.number(attr::SCOUTLINE_LOSS_COUNT) >= Some(2),
        "{}",
        loss.body()
    );
    let ended = stop(program, Signal::TERM)?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    collector.wait_for_last()?;

    let program = run_in(state.path(), binaries, &other)?;
    let clean = |it: &Told| it.0.text(attr::SCOUTLINE_SENSOR_PREVIOUS_END) == "clean";
    told.wait_until("a clean start", |all| all.iter().any(clean))?;
    stop(program, Signal::TERM)?;
    Ok(())
}

fn loses(binaries: &Binaries) -> Result<()> {
    let mut collector = Collector::prepare(&binaries.collector)?;
    // Room for one batch of a few records, and then for losses only.
    let tiny = ", retry_on_failure: {initial_interval: 50ms, max_interval: 100ms}, \
                sending_queue: {queue_size: 65536, batch: {max_size: 65536}}";
    let arguments = config(&collector, grpc, tiny, "heartbeat: 0s")?;
    let sensor = Sensor::run(&binaries.sensor, &arguments, &[])?;
    // Each a session of its own, so a detection of its own.
    for _ in 0..60 {
        deeds::read_version()?;
    }
    sensor
        .program()
        .wait_for_error_line("a batch was dropped")?;
    collector.resume()?;
    let mut told = collector.told()?;
    let is_loss = |it: &&Told| {
        is_event(it, event::LOSS) && it.0.text(attr::SCOUTLINE_LOSS_REASON) == "queue_full"
    };
    told.wait_until("the loss", |all| all.iter().any(|it| is_loss(&it)))?;
    let ended = sensor.stop()?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    // What is missing is what was told to be lost, no more and no less.
    let mut lines = Lines::<Balance>::follow(&collector.file())?;
    let all = lines.wait_until("all but what was lost, and the end", |all| {
        let arrived: i64 = all.iter().map(|it| it.arrived).sum();
        let lost: i64 = all.iter().map(|it| it.lost).sum();
        let last = all.iter().map(|it| it.last).max();
        Some(arrived + lost) == last && all.iter().any(|it| it.is_end)
    })?;
    assert!(all.iter().map(|it| it.lost).sum::<i64>() > 0);
    let all = told.now()?;
    for loss in all.iter().filter(is_loss).map(|it| &it.0) {
        check_envelope(loss);
        assert_eq!(loss.text(attr::SCOUTLINE_EXPORTER_NAME), "otlp_grpc");
        let number = |name| loss.number(name).unwrap_or_default();
        let first = number(attr::SCOUTLINE_LOSS_FIRST_SEQUENCE);
        let last = number(attr::SCOUTLINE_LOSS_LAST_SEQUENCE);
        let count = number(attr::SCOUTLINE_LOSS_COUNT);
        assert!(0 < first && first <= last && count <= last - first + 1);
    }
    Ok(())
}

/// What one message says of numbers of records.
struct Balance {
    arrived: i64,
    lost: i64,
    last: i64,
    is_end: bool,
}

impl Item for Balance {
    fn read(line: &[u8]) -> Result<Vec<Self>> {
        let numbers = Numbered::read(line)?;
        let told = Told::read(line)?;
        let losses = told
            .iter()
            .filter(|it| it.0.text(attr::SCOUTLINE_LOSS_REASON) == "queue_full");
        Ok(vec![Self {
            arrived: i64::try_from(numbers.len())?,
            lost: losses
                .filter_map(|it| it.0.number(attr::SCOUTLINE_LOSS_COUNT))
                .sum(),
            last: numbers.iter().map(|it| it.sequence).max().unwrap_or(0),
            is_end: numbers.iter().any(|it| it.is_last),
        }])
    }

    fn title(&self) -> &str {
        if self.is_end { "the end" } else { "a message" }
    }
}

/// The last value of each data point of a metric, summed up but for what was `retried`.
fn sum(all: &[MetricsData], wanted: Metric) -> i64 {
    let metrics = |data: &MetricsData| {
        let of_scopes = data
            .resource_metrics
            .iter()
            .flat_map(|it| &it.scope_metrics);
        of_scopes
            .flat_map(|it| it.metrics.clone())
            .collect::<Vec<_>>()
    };
    let last = all
        .iter()
        .rev()
        .flat_map(metrics)
        .find(|it| it.name == wanted.name);
    let Some(metric::Data::Sum(sum)) = last.and_then(|it| it.data) else {
        return 0;
    };
    let is_retried = |text: &str| text.contains("retried");
    let points = sum.data_points.iter();
    let points = points.filter(|it| !is_retried(&format!("{:?}", it.attributes)));
    points
        .map(|it| match it.value {
            Some(number_data_point::Value::AsInt(value)) => value,
            _ => 0,
        })
        .sum()
}

fn check_metrics(lines: &str) -> Result<()> {
    let all: Vec<MetricsData> = lines
        .lines()
        .map(serde_json::from_str)
        .collect::<serde_json::Result<_>>()?;
    let sum = |wanted| sum(&all, wanted);
    assert!(sum(name::SCOUTLINE_KERNEL_EVENTS) > 0, "{lines}");
    for (whole, parts) in [
        (
            name::SCOUTLINE_KERNEL_EVENTS,
            &[
                name::SCOUTLINE_KERNEL_SENT,
                name::SCOUTLINE_KERNEL_UNMATCHED,
                name::SCOUTLINE_KERNEL_FOLDED,
                name::SCOUTLINE_KERNEL_DROPPED,
            ][..],
        ),
        (
            name::SCOUTLINE_DETECTOR_EVENTS,
            &[name::SCOUTLINE_DETECTOR_JUDGED],
        ),
        (
            name::SCOUTLINE_ACCESS_MATCHED,
            &[
                name::SCOUTLINE_ACCESS_SUMMARISED,
                name::SCOUTLINE_ACCESS_OPEN,
            ],
        ),
        (
            name::SCOUTLINE_RECORD_MADE,
            &[name::SCOUTLINE_ENCODER_RECORDS],
        ),
    ] {
        let parts: i64 = parts.iter().map(|part| sum(*part)).sum();
        assert_eq!(sum(whole), parts, "{}", whole.name);
    }
    assert!(sum(name::SCOUTLINE_ACCESS_MATCHED) > 0, "{lines}");
    assert!(sum(name::PROCESS_MEMORY_USAGE) > 1 << 20, "{lines}");
    let of_sensor = |data: &MetricsData| {
        let resources = data.resource_metrics.iter();
        let mut resources = resources.filter_map(|it| it.resource.as_ref());
        resources.all(|it| format!("{it:?}").contains(resource::SENSOR_SERVICE_NAME_VALUE))
    };
    assert!(all.iter().all(of_sensor));
    Ok(())
}

fn counts(binaries: &Binaries, exporter: Exporter) -> Result<()> {
    let collector = Collector::start(&binaries.collector)?;
    let arguments = config(&collector, exporter, "", "metrics_interval: 1s")?;
    let sensor = Sensor::run(&binaries.sensor, &arguments, &[])?;
    deeds::read_version()?;
    let ended = sensor.stop()?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("WARN"), "{}", ended.stderr);
    collector.wait_for_last()?;
    check_metrics(&fs::read_to_string(collector.metrics_file())?)
}

fn leaves_metrics(binaries: &Binaries) -> Result<()> {
    for (disabled, is_there) in [("false", true), ("true", false)] {
        let directory = TempDir::new()?;
        let option = [
            "--otlp-dir".to_owned(),
            directory.path().display().to_string(),
        ];
        let mut command = deeds::exec_command(&binaries.sensor, &option);
        let ended = Program::start(command.env("OTEL_SDK_DISABLED", disabled))?.wait()?;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let lines = fs::read_to_string(directory.path().join("metrics.jsonl"));
        assert_eq!(lines.is_ok(), is_there, "OTEL_SDK_DISABLED={disabled}");
        if let Ok(lines) = lines {
            check_metrics(&lines)?;
        }
        // What is not metrics is told all the same.
        let logs = fs::read_to_string(directory.path().join("logs.jsonl"))?;
        assert!(logs.contains(event::SENSOR), "OTEL_SDK_DISABLED={disabled}");
    }
    Ok(())
}
