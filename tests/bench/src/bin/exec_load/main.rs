//! What the sensor costs while a host executes programs at a steady rate and nothing is detected.
//!
//! Two parts, both in percent of one core. The process: CPU time of all its threads, user and system, as the scheduler
//! counts it. The kernel: run time of its eBPF programs, which is spent in whoever executes, forks or opens; the kernel
//! counts it while `kernel.bpf_stats_enabled` is on, which itself costs tens of nanoseconds a run and is in the figure.
//! Whatever else this host does meanwhile is in both.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod load;
mod programs;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use comfy_table::Table;
use scoutline_bench::{Live, keep, load_average, median, process_id, threads};
use serde::Serialize;

use crate::load::Tiny;
use crate::programs::{Cost, Statistics, of_process};

/// Executions a second, and what they may cost in percent of a core. None at all shows what the rest of the host costs.
const RATES: [(u32, Option<f64>); 3] = [(0, None), (100, Some(0.2)), (1000, Some(1.5))];

/// What executions cost.
#[derive(Parser)]
struct Args {
    /// Runs of each rate.
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// Seconds of one run.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Also write the figures here.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// One run of one rate; shares are percent of a core.
#[derive(Serialize)]
struct Run {
    rate: u32,
    /// Executions a second that there really were.
    reached: f64,
    process: f64,
    /// Of `process`, as its ticks say.
    user_share: f64,
    threads: Vec<(String, f64)>,
    kernel: f64,
    programs: Vec<Cost>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    ensure!(args.runs > 0 && args.seconds > 0, "nothing to measure");
    let live = Live::prepare()?;
    let tiny = Tiny::build()?;
    let _counting = Statistics::enable()?;
    let mut runs = Vec::new();
    for _ in 0..args.runs {
        for (rate, _) in RATES {
            runs.push(measure(
                &live,
                &tiny,
                rate,
                Duration::from_secs(args.seconds),
            )?);
        }
    }

    let mut table = Table::new();
    table.set_header([
        "execs / s",
        "reached",
        "process %",
        "user in it",
        "eBPF %",
        "together %",
        "target %",
    ]);
    for (rate, target) in RATES {
        let of_rate = |figure: fn(&Run) -> f64| {
            let runs = runs.iter().filter(|run| run.rate == rate);
            median(runs.map(figure)).context("no run")
        };
        table.add_row([
            rate.to_string(),
            format!("{:.0}", of_rate(|run| run.reached)?),
            format!("{:.3}", of_rate(|run| run.process)?),
            format!("{:.0} %", 100.0 * of_rate(|run| run.user_share)?),
            format!("{:.3}", of_rate(|run| run.kernel)?),
            format!("{:.3}", of_rate(|run| run.process + run.kernel)?),
            target.map_or_else(String::new, |target| target.to_string()),
        ]);
    }
    println!("{table}\nload average {}", load_average());
    if let Some(last) = runs.last() {
        println!("{}\n{}", parts_of(last), last.threads_line());
    }
    keep(&runs, args.json.as_deref())
}

fn measure(live: &Live, tiny: &Tiny, rate: u32, time: Duration) -> Result<Run> {
    let sensor = live.run()?;
    let pid = process_id(&sensor);
    let (threads_before, ticks, programs) = (threads(pid)?, ticks(pid)?, of_process(pid)?);
    let (count, seconds) = tiny.execute(rate, time)?;
    let (threads_after, ticks_after, programs_after) =
        (threads(pid)?, self::ticks(pid)?, of_process(pid)?);
    sensor.stop()?;

    let percent = |ns: u64| ns as f64 / seconds / 1e7;
    let threads: Vec<_> = threads_after
        .into_iter()
        .map(|it| {
            // A thread that was not there yet had used nothing.
            let before = threads_before.iter().find(|before| before.id == it.id);
            let before = before.map_or(0, |before| before.ns);
            (it.name, percent(it.ns.saturating_sub(before)))
        })
        .collect();
    let programs: Vec<_> = programs_after
        .iter()
        .filter_map(|after| {
            let before = programs.iter().find(|before| before.id == after.id)?;
            after.since(before, seconds)
        })
        .collect();
    let (user, system) = (ticks_after.0 - ticks.0, ticks_after.1 - ticks.1);
    Ok(Run {
        rate,
        reached: f64::from(count) / seconds,
        process: threads.iter().map(|(_, share)| share).sum(),
        user_share: user as f64 / (user + system).max(1) as f64,
        threads,
        kernel: programs.iter().map(|program| program.percent).sum(),
        programs,
    })
}

impl Run {
    fn threads_line(&self) -> String {
        let threads = self.threads.iter();
        let shares: Vec<_> = threads
            .map(|(name, share)| format!("{name} {share:.3} %"))
            .collect();
        format!("threads at {} execs / s: {}", self.rate, shares.join(", "))
    }
}

fn parts_of(run: &Run) -> Table {
    let mut table = Table::new();
    table.set_header(["eBPF program", "runs / s", "ns / run", "% of a core"]);
    for it in &run.programs {
        table.add_row([
            it.name.clone(),
            format!("{:.0}", it.runs_per_second),
            format!("{:.0}", it.ns_per_run),
            format!("{:.3}", it.percent),
        ]);
    }
    table
}

/// User and system time, in ticks of 10 ms.
fn ticks(pid: u32) -> Result<(u64, u64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold anything; state is the first field after it, utime the twelfth.
    let (_, fields) = stat.rsplit_once(')').context("stat has no name")?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut next = || -> Result<u64> { Ok(fields.next().context("stat is short")?.parse()?) };
    Ok((next()?, next()?))
}
