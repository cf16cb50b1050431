//! What it takes to know where processes come from.
//!
//! Memory: a `scoutline replay` reads a recording of a host with many live processes through a pipe. What its resident
//! memory grew by, and what a sensor at rest has, are together what a sensor on that host has. Memory above its limit is a
//! failure: it does not depend on what else the machine does.
//!
//! CPU: the detector alone, fed with the records of processes that fork, execute and end a thousand times a second. It
//! decodes, keeps the process table, interprets what was executed and matches it; nothing is detected. Time is the
//! thread's, user and system, as the scheduler counts it. What a detection costs on top is measured with one an
//! execution, told with its arguments as they are and redacted.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod cost;
mod host;
mod memory;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use comfy_table::Table;
use scoutline_bench::{REST_MB, keep, load_average, median};
use serde::Serialize;

use crate::cost::{Cost, Detections};
use crate::memory::Memory;

/// All that the sensor may have resident with that many processes alive, MB.
const MEMORY_MB: f64 = 40.0;

/// What an execution may cost, with the fork before it and the end after it, microseconds.
const EXEC_US: f64 = 5.0;

/// Memory and CPU of lineage.
#[derive(Parser)]
struct Args {
    /// Live processes.
    #[arg(long, default_value_t = 50_000)]
    processes: u32,
    /// Lives of processes in one run.
    #[arg(long, default_value_t = 200_000)]
    lives: u32,
    /// Runs of what costs CPU.
    #[arg(long, default_value_t = 5)]
    runs: u32,
    /// Seconds until the memory of a sensor at rest is read.
    #[arg(long, default_value_t = 10)]
    rest: u64,
    /// CPU only: needs neither root nor a sensor.
    #[arg(long)]
    no_memory: bool,
    /// Also write the figures here.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Figures {
    memory: Option<Memory>,
    runs: Vec<Cost>,
    detections: Vec<Detections>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    ensure!(args.runs > 0 && args.lives > 0, "nothing to measure");
    let memory = (!args.no_memory)
        .then(|| memory::measure(args.processes, Duration::from_secs(args.rest)))
        .transpose()?;
    let mut runs = Vec::new();
    let mut detections = Vec::new();
    for _ in 0..args.runs {
        runs.push(cost::of_lives(args.lives)?);
        detections.push(cost::of_detections()?);
    }

    let mut table = Table::new();
    let mut missed = Vec::new();
    table.set_header(["what", "measured", "target"]);
    if let Some(memory) = &memory {
        let processes = args.processes;
        let mb = |mb: f64| format!("{mb:.1} MB");
        let rest = memory.rest_mb;
        for (what, measured, target) in [
            ("sensor at rest".to_owned(), rest, Some(REST_MB)),
            (format!("{processes} processes"), memory.forked_mb, None),
            (
                "every second executed".to_owned(),
                memory.half_executed_mb,
                None,
            ),
            ("all executed".to_owned(), memory.executed_mb, None),
            (
                "sensor, every second executed".to_owned(),
                rest + memory.half_executed_mb,
                Some(MEMORY_MB),
            ),
            (
                "sensor, all executed".to_owned(),
                rest + memory.executed_mb,
                Some(MEMORY_MB),
            ),
        ] {
            if target.is_some_and(|target| measured > target) {
                missed.push(what.clone());
            }
            table.add_row([what, mb(measured), target.map_or_else(String::new, mb)]);
        }
    }
    let mut row = |what: &str, measured: Option<f64>, target: Option<f64>| -> Result<()> {
        let us = |us: f64| format!("{us:.2} us");
        let measured = us(measured.context("nothing was measured")?);
        let target = target.map_or_else(String::new, us);
        table.add_row([what, &measured, &target]);
        Ok(())
    };
    let of_runs = |figure: fn(&Cost) -> f64| median(runs.iter().map(figure));
    let of_detections = |figure: fn(&Detections) -> f64| median(detections.iter().map(figure));
    row("a fork", of_runs(|it| it.fork_us), None)?;
    row("an execution", of_runs(|it| it.exec_us), None)?;
    row("an end", of_runs(|it| it.exit_us), None)?;
    row(
        "fork, execution and end",
        of_runs(Cost::all_us),
        Some(EXEC_US),
    )?;
    row("a detection", of_detections(|it| it.redacted_us), None)?;
    row(
        "of it, redaction",
        of_detections(Detections::redaction_us),
        None,
    )?;
    println!("{table}\nload average {}", load_average());
    let figures = Figures {
        memory,
        runs,
        detections,
    };
    keep(&figures, args.json.as_deref())?;
    ensure!(missed.is_empty(), "too much memory: {}", missed.join("; "));
    Ok(())
}
