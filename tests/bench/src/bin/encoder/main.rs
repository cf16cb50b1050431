//! Records per core-second of Scoutline's own way out and of the OpenTelemetry SDK's, next to each other.
//!
//! The same records go to the same sink: a LogsService in a process of its own, on another core. Each run of
//! each path is a process of its own too, pinned to one core, and only its CPU time counts, user and system, from
//! the first record until the last acknowledgement. Paths take turns, so that what else the machine does hits
//! them alike; the figures are medians. A run that lost a record is an error.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod client;
mod server;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use clap::{Parser, Subcommand};
use comfy_table::Table;
use rustix::thread::{CpuSet, sched_setaffinity};
use scoutline_bench::keep;
use serde::Serialize;

use crate::client::{Measurement, Path};

const CLIENT_CORE: usize = 0;
const SERVER_CORE: usize = 1;

/// What encoding and sending one record costs.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    part: Option<Part>,
    /// Runs of each path.
    #[arg(long, default_value_t = 7)]
    runs: u32,
    /// Records of one run.
    #[arg(long, default_value_t = 131_072)]
    records: u32,
    /// Also write the figures here.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Part {
    /// The sink.
    #[command(hide = true)]
    Server,
    /// One run.
    #[command(hide = true)]
    Client {
        path: Path,
        endpoint: String,
        records: u32,
    },
}

/// The figures of one path.
#[derive(Serialize)]
struct Figures {
    path: Path,
    records_per_core_second: f64,
    cpu_us_per_record: f64,
    wire_bytes_per_record: f64,
    runs: Vec<Measurement>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    match args.part {
        Some(Part::Server) => {
            pin(SERVER_CORE)?;
            server::run()
        }
        Some(Part::Client {
            path,
            ref endpoint,
            records,
        }) => {
            pin(CLIENT_CORE)?;
            let measurement = client::run(path, endpoint, records)?;
            println!("{}", serde_json::to_string(&measurement)?);
            Ok(())
        }
        None => compare(&args),
    }
}

fn compare(args: &Args) -> Result<()> {
    ensure!(args.runs > 0 && args.records > 0, "nothing to measure");
    let mut server = start_server()?;
    let measured = measure(args, &server.endpoint);
    server.child.kill().context("stopping the sink")?;
    server.child.wait().context("stopping the sink")?;
    let figures = measured?;

    let mut table = Table::new();
    table.set_header([
        "path",
        "records / core-second",
        "µs CPU / record",
        "bytes / record",
    ]);
    for it in &figures {
        table.add_row([
            it.path.title().to_owned(),
            format!("{:.0}", it.records_per_core_second),
            format!("{:.2}", it.cpu_us_per_record),
            format!("{:.0}", it.wire_bytes_per_record),
        ]);
    }
    println!("{table}");
    let speed = |path: Path| {
        figures
            .iter()
            .find(|it| it.path == path)
            .map(|it| it.records_per_core_second)
            .with_context(|| format!("{path:?} was not measured"))
    };
    let ratio = speed(Path::Scoutline)? / speed(Path::Sdk)?;
    println!("Scoutline sends {ratio:.1} times what the SDK sends, per core-second.");
    let json = serde_json::json!({"paths": figures, "ratio": ratio});
    keep(&json, args.json.as_deref())
}

fn measure(args: &Args, endpoint: &str) -> Result<Vec<Figures>> {
    let mut runs = Path::ALL.map(|path| (path, Vec::new()));
    for _ in 0..args.runs {
        for (path, measurements) in &mut runs {
            measurements.push(run_client(*path, endpoint, args.records)?);
        }
    }
    runs.into_iter()
        .map(|(path, runs)| Figures::new(path, runs))
        .collect()
}

impl Figures {
    fn new(path: Path, runs: Vec<Measurement>) -> Result<Self> {
        let mut seconds: Vec<f64> = runs
            .iter()
            .map(|run| run.cpu_seconds / f64::from(run.records))
            .collect();
        seconds.sort_by(f64::total_cmp);
        let median = *seconds.get(seconds.len() / 2).context("no run")?;
        let first = runs.first().context("no run")?;
        Ok(Self {
            path,
            records_per_core_second: 1.0 / median,
            cpu_us_per_record: median * 1e6,
            wire_bytes_per_record: first.wire_bytes_per_record,
            runs,
        })
    }
}

struct Server {
    child: Child,
    endpoint: String,
}

fn start_server() -> Result<Server> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("server")
        .stdout(Stdio::piped())
        .spawn()
        .context("starting the sink")?;
    let stdout = child.stdout.take().context("the sink has no output")?;
    let mut endpoint = String::new();
    BufReader::new(stdout).read_line(&mut endpoint)?;
    Ok(Server {
        child,
        endpoint: endpoint.trim().to_owned(),
    })
}

fn run_client(path: Path, endpoint: &str, records: u32) -> Result<Measurement> {
    let output = Command::new(std::env::current_exe()?)
        .args(["client", path.name(), endpoint, &records.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("starting a run of {path:?}"))?;
    if !output.status.success() {
        bail!("a run of {path:?} failed: {}", output.status);
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("reading a run of {path:?}"))
}

/// Pins this thread, and the threads that it will start.
fn pin(core: usize) -> Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).with_context(|| format!("pinning to core {core}"))
}
