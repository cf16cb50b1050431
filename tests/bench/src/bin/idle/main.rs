//! How fast the sensor watches, and what it takes while nothing happens.
//!
//! Starting is from before the process is spawned until its line `watching` could be read. Memory and CPU are those of
//! the process alone, with a Collector configured: with the rings, which it maps, without the kernel's other maps. Memory
//! above its limit is a failure: it does not depend on what else the machine does.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use comfy_table::Table;
use scoutline_bench::{Live, REST_MB, keep, load_average, median, process_id, status, threads};
use serde::Serialize;

/// Start and rest of the sensor.
#[derive(Parser)]
struct Args {
    /// Starts.
    #[arg(long, default_value_t = 10)]
    runs: u32,
    /// Seconds from the start of the last one until its memory is read.
    #[arg(long, default_value_t = 10)]
    rest: u64,
    /// Also write the figures here.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Figures {
    start_ms: f64,
    start_ms_max: f64,
    resident_mb: f64,
    peak_mb: f64,
    cpu_percent: f64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    ensure!(args.runs > 0 && args.rest > 0, "nothing to measure");
    let live = Live::prepare()?;
    let mut starts = Vec::new();
    for _ in 1..args.runs {
        let begin = Instant::now();
        let sensor = live.run()?;
        starts.push(begin.elapsed().as_secs_f64() * 1e3);
        sensor.stop()?;
    }
    let begin = Instant::now();
    let sensor = live.run()?;
    starts.push(begin.elapsed().as_secs_f64() * 1e3);
    let pid = process_id(&sensor);
    let cpu = || -> Result<u64> { Ok(threads(pid)?.iter().map(|it| it.ns).sum()) };
    let before = cpu()?;
    // Rest is what is measured.
    thread::sleep(Duration::from_secs(args.rest));
    let mb = |key| -> Result<f64> { Ok(status(pid, key)? as f64 * 1.024e-3) };
    let figures = Figures {
        start_ms: median(starts.iter().copied()).context("no start")?,
        start_ms_max: starts.iter().copied().fold(0.0, f64::max),
        resident_mb: mb("VmRSS")?,
        peak_mb: mb("VmHWM")?,
        cpu_percent: (cpu()? - before) as f64 / 1e7 / args.rest as f64,
    };
    sensor.stop()?;

    let limit = format!("{REST_MB:.0} MB");
    let mut table = Table::new();
    table.set_header(["what", "measured", "target"]);
    for (what, measured, target) in [
        (
            "start to watching, median",
            format!("{:.0} ms", figures.start_ms),
            "1000 ms",
        ),
        (
            "start to watching, longest",
            format!("{:.0} ms", figures.start_ms_max),
            "",
        ),
        (
            "resident at rest",
            format!("{:.1} MB", figures.resident_mb),
            limit.as_str(),
        ),
        ("resident, peak", format!("{:.1} MB", figures.peak_mb), ""),
        (
            "CPU at rest",
            format!("{:.3} % of a core", figures.cpu_percent),
            "",
        ),
    ] {
        table.add_row([what, &measured, target]);
    }
    println!("{table}\nload average {}", load_average());
    keep(&figures, args.json.as_deref())?;
    ensure!(
        figures.resident_mb <= REST_MB,
        "too much memory: resident at rest"
    );
    Ok(())
}
