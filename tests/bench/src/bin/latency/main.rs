//! From the open of a file in the kernel to the line in a Collector's file, at the sensor's default settings.
//!
//! Each open is by a process of a session of its own, so that each sends a record at once. In the figure are: the
//! sensor's ring, judgement, encoding and batching, gRPC over the loopback, the Collector, and up to 10 ms until it
//! flushes its file. The beginning is the kernel's time in the record, the end is when the line could be read.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::Parser;
use comfy_table::Table;
use scoutline_bench::{Live, Quantiles, keep, load_average};
use scoutline_e2e::{Program, login};
use scoutline_semconv::attr;

/// 99 of 100 opens have to be in the file by then.
const TARGET_MS: f64 = 100.0;

/// How long after an open its detection can be read.
#[derive(Parser)]
struct Args {
    /// Opens.
    #[arg(long, default_value_t = 250)]
    opens: u32,
    /// Between the arrival of one and the next, milliseconds.
    #[arg(long, default_value_t = 37)]
    pause: u64,
    /// Also write the figures here.
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let live = Live::prepare()?;
    let sensor = live.run()?;
    let mut records = live.collector.records()?;
    let mut measured = Vec::new();
    for _ in 0..args.opens {
        let mut command = login();
        let mut reader = Program::start(command.args(["cat", "/proc/version"]))?;
        let pid = i64::from(reader.pid());
        let is_it = |it: &&_| scoutline_e2e::Received::number(it, attr::PROCESS_PID) == Some(pid);
        let all = records.wait_until("its record", |all| all.iter().rev().any(|it| is_it(&it)))?;
        let arrived = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos() as u64;
        let opened = all.iter().rev().find(is_it).context("was there")?;
        let opened = opened.record.time_unix_nano;
        measured.push(arrived.saturating_sub(opened) as f64 / 1e6);
        reader.wait()?;
        // Spreads the opens over the phases of every timer on the way.
        thread::sleep(Duration::from_millis(args.pause));
    }
    sensor.stop()?;

    let it = Quantiles::of(measured).context("nothing was measured")?;
    let mut table = Table::new();
    table.set_header([
        "opens",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "max ms",
        "target p99",
    ]);
    let figures = [it.p50, it.p90, it.p99, it.max].map(|ms| format!("{ms:.1}"));
    let row = [args.opens.to_string()].into_iter().chain(figures);
    table.add_row(row.chain([format!("{TARGET_MS} ms")]));
    println!("{table}\nload average {}", load_average());
    let json = serde_json::json!({"opens": args.opens, "ms": it, "target_p99_ms": TARGET_MS});
    keep(&json, args.json.as_deref())
}
