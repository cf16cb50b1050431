//! A Collector that is away, comes late, dies, or takes a part only.

use std::collections::BTreeSet;
use std::fs;
use std::io::{PipeWriter, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Result;
use scoutline_e2e::{Collector, Ended, Program, Received, Sensor};
use scoutline_semconv::attr;

use crate::{Binaries, Case, deeds};

pub(crate) const CASES: &[(&str, Case)] = &[
    ("run ends in time and counts what it lost", never_there),
    (
        "exec keeps CMD's code and counts what it lost",
        never_there_for_exec,
    ),
    (
        "records wait for a Collector that comes late, over grpc",
        |it| late(it, grpc),
    ),
    (
        "records wait for a Collector that comes late, over http",
        |it| late(it, http),
    ),
    ("nothing is lost when the Collector dies, over grpc", |it| {
        dies(it, grpc)
    }),
    ("nothing is lost when the Collector dies, over http", |it| {
        dies(it, http)
    }),
    (
        "a Collector without a pipeline for traces takes records, over grpc",
        |it| takes_no_traces(it, grpc),
    ),
    (
        "a Collector without a pipeline for traces takes records, over http",
        |it| takes_no_traces(it, http),
    ),
];

const LOGS_ONLY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/logs-only.yaml");

/// What the sensor says when a Collector is away.
const AWAY: &str = "export failed";

/// What the end of a sensor may take: its exporters get 5 s, the rest is quick.
const END: Duration = Duration::from_secs(8);

/// Makes the block of an exporter.
type Exporter = fn(&Collector) -> String;

fn grpc(collector: &Collector) -> String {
    format!("otlp_grpc:\n    endpoint: {}", collector.grpc())
}

fn http(collector: &Collector) -> String {
    format!("otlp_http:\n    endpoint: {}", collector.http())
}

/// A shell in `scoutline exec` that does what it is told: what it does is all that is watched.
struct Watched {
    program: Program,
    stdin: PipeWriter,
}

impl Watched {
    fn start(binaries: &Binaries, collector: &Collector, exporter: Exporter) -> Result<Self> {
        let file = collector.directory().join("scoutline.yaml");
        let retry = "retry_on_failure: {initial_interval: 50ms, max_interval: 100ms}";
        let text = format!("exporters:\n  {}\n    {retry}\n", exporter(collector));
        fs::write(&file, text)?;
        let (reader, stdin) = std::io::pipe()?;
        let mut command = Sensor::command(&binaries.sensor);
        command
            .arg("exec")
            .arg("--config")
            .arg(file)
            .args(["--", "sh"]);
        let program = Program::start(command.stdin(Stdio::from(reader)))?;
        Ok(Self { program, stdin })
    }

    /// Has it read a file and say so.
    fn read(&mut self, path: &str) -> Result<()> {
        writeln!(self.stdin, "cat {path} >/dev/null; echo done {path}")?;
        self.program.wait_for_output_line(&format!("done {path}"))?;
        Ok(())
    }

    fn end(mut self) -> Result<Ended> {
        drop(self.stdin);
        self.program.wait()
    }
}

fn never_there(binaries: &Binaries) -> Result<()> {
    let collector = Collector::prepare(&binaries.collector)?;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.http());
    let sensor = Sensor::run(&binaries.sensor, [""; 0], &[endpoint])?;
    deeds::read_version()?;
    let line = sensor.program().wait_for_error_line(AWAY)?;
    assert!(line.contains(&collector.http()), "says where: {line}");
    // It goes on: what comes now is seen, and lost, as well.
    deeds::read_version()?;
    let stopping = Instant::now();
    let ended = sensor.stop()?;
    let took = stopping.elapsed();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(took < END, "{took:?} for\n{}", ended.stderr);
    assert_eq!(ended.stderr.matches(AWAY).count(), 1, "{}", ended.stderr);
    // First and summary of two detections, and what else happened here.
    assert!(lost_records(&ended)? >= 4, "{}", ended.stderr);
    Ok(())
}

fn never_there_for_exec(binaries: &Binaries) -> Result<()> {
    let collector = Collector::prepare(&binaries.collector)?;
    let mut command = deeds::exec_command(&binaries.sensor, &[]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.http());
    let ended = Program::start(&mut command)?.wait()?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    // And that it started and stopped.
    let records = 2 * deeds::EXPECTED.len() as u64 + 2;
    assert_eq!(lost_records(&ended)?, records, "{}", ended.stderr);
    Ok(())
}

/// What it counts as lost in its last words.
fn lost_records(ended: &Ended) -> Result<u64> {
    let words = ended
        .stderr
        .lines()
        .find(|line| line.contains("records were not delivered"));
    let number = words.and_then(|line| line.split("lost=").nth(1)?.split(' ').next());
    Ok(number.unwrap_or_default().parse()?)
}

fn late(binaries: &Binaries, exporter: Exporter) -> Result<()> {
    let mut collector = Collector::prepare(&binaries.collector)?;
    let mut watched = Watched::start(binaries, &collector, exporter)?;
    watched.read("/proc/version")?;
    watched.program.wait_for_error_line(AWAY)?;
    // Another batch, which fails as well.
    watched.read("/proc/ioports")?;
    collector.resume()?;
    let mut records = collector.records()?;
    let recipes = ["os_fingerprint", "machine_fingerprint"];
    records.wait_until("what was read before", |all| {
        recipes.iter().all(|recipe| has_first(all, recipe))
    })?;
    let ended = watched.end()?;
    assert_eq!(ended.stderr.matches(AWAY).count(), 1, "{}", ended.stderr);
    collector.wait_for_last()?;
    check(&ended, &mut records, &recipes)
}

fn dies(binaries: &Binaries, exporter: Exporter) -> Result<()> {
    let mut collector = Collector::start(&binaries.collector)?;
    let mut records = collector.records()?;
    let mut watched = Watched::start(binaries, &collector, exporter)?;
    watched.read("/proc/version")?;
    records.wait_until("what was read at first", |all| {
        has_first(all, "os_fingerprint")
    })?;
    collector.kill()?;
    watched.read("/proc/ioports")?;
    watched.program.wait_for_error_line(AWAY)?;
    collector.resume()?;
    watched.read("/proc/sys/net/ipv4/tcp_syncookies")?;
    let recipes = [
        "os_fingerprint",
        "machine_fingerprint",
        "os_network_fingerprint",
    ];
    records.wait_until("all that was read", |all| {
        recipes.iter().all(|recipe| has_first(all, recipe))
    })?;
    let ended = watched.end()?;
    collector.wait_for_last()?;
    check_at_least_once(&ended, &mut records, &recipes)
}

fn has_first(all: &[Received], recipe: &str) -> bool {
    let of_recipe = |it: &&Received| it.text(attr::SECURITY_RULE_NAME) == recipe;
    deeds::firsts(all.iter().filter(of_recipe)) > 0
}

/// Nothing was lost or doubled.
fn check(ended: &Ended, records: &mut scoutline_e2e::Records, recipes: &[&str]) -> Result<()> {
    let expected = 2 * recipes.len();
    let all = records.wait_until("first and summary of each", |all| all.len() >= expected)?;
    check_records(ended, all, recipes);
    Ok(())
}

/// Nothing was lost. A Collector that is killed can have taken what it had not acknowledged: that comes again, with
/// the uid by which a backend tells.
fn check_at_least_once(
    ended: &Ended,
    records: &mut scoutline_e2e::Records,
    recipes: &[&str],
) -> Result<()> {
    let expected = 2 * recipes.len();
    let all = records.wait_until("first and summary of each", |all| {
        distinct(all).len() >= expected
    })?;
    check_records(ended, &distinct(all), recipes);
    Ok(())
}

fn check_records(ended: &Ended, all: &[Received], recipes: &[&str]) {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("not delivered"), "{}", ended.stderr);
    assert_eq!(all.len(), 2 * recipes.len());
    deeds::check_transport(all);
    assert!(recipes.iter().all(|recipe| has_first(all, recipe)));
}

/// The first of each uid.
fn distinct(all: &[Received]) -> Vec<Received> {
    let mut uids = BTreeSet::new();
    all.iter()
        .filter(|it| uids.insert(it.text(attr::LOG_RECORD_UID).to_owned()))
        .cloned()
        .collect()
}

fn takes_no_traces(binaries: &Binaries, exporter: Exporter) -> Result<()> {
    let collector = Collector::deploy(&binaries.collector, Path::new(LOGS_ONLY), &[])?;
    let mut records = collector.records()?;
    let mut watched = Watched::start(binaries, &collector, exporter)?;
    watched.read("/proc/version")?;
    let ended = watched.end()?;
    collector.wait_for_last()?;
    let all = records.wait_until("first and summary", |all| all.len() >= 2)?;
    assert_eq!((ended.code, all.len()), (Some(0), 2), "{}", ended.stderr);
    for told in [
        "give the Collector a traces pipeline",
        "give the Collector a metrics pipeline",
        "spans were not delivered: refused by the receiver: 2",
    ] {
        let count = ended.stderr.matches(told).count();
        assert_eq!(count, 1, "{told}: {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("records were not delivered"));
    Ok(())
}
