//! What the fallback hook for opens, `tp_btf/sys_exit`, adds to system calls.
//!
//! Three states in turn, again and again: no program, an empty program on the same hook, the sensor. A figure is the
//! median over the rounds of the ratio within one round, so that a machine that gets slower does so for all three.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use aya::programs::BtfTracePoint;
use aya::{Btf, Ebpf};
use clap::Parser;
use comfy_table::Table;
use rustix::fs::{Mode, OFlags, open};
use scoutline_bench::{load_average, median};
use scoutline_e2e::{Profile, Sensor, build, why_not};
use serde::Serialize;
use tempfile::TempDir;

/// What the sensor may add to an empty program: to other system calls, and to open and close of a file that does not
/// match, on the file system of /etc.
const MAX_CALL: f64 = 1.03;
const MAX_OPEN: f64 = 1.12;

/// The fallback hook's cost.
#[derive(Parser)]
struct Args {
    /// Rounds of the three states.
    #[arg(long, default_value_t = 9)]
    rounds: u32,
    /// Also write the figures here.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// One thing that is timed.
struct Work {
    name: String,
    path: Option<PathBuf>,
    /// Most that the sensor may cost, the empty program being 1.
    limit: Option<f64>,
}

#[derive(Serialize)]
struct Figure {
    what: String,
    nothing_ns: f64,
    empty_ns: f64,
    sensor_ns: f64,
    /// Sensor against the empty program.
    ratio: f64,
    /// Sensor against no program.
    ratio_to_nothing: f64,
    limit: Option<f64>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    ensure!(args.rounds > 0, "nothing to measure");
    if let Some(reason) = why_not() {
        bail!("nothing can be measured: {reason}");
    }
    let sensor = build(Profile::Release)?;
    let folder = TempDir::new()?;
    let object = compile(folder.path())?;
    let config = folder.path().join("scoutline.yaml");
    fs::write(&config, "sensor: {hooks: {file_open: syscall}}\n")?;
    let works = works()?;

    // Per round and work: nothing, empty, sensor.
    let mut measured: Vec<Vec<[f64; 3]>> = Vec::new();
    for _ in 0..args.rounds {
        let nothing = time_all(&works)?;
        let empty = {
            let _attached = attach_empty(&object)?;
            time_all(&works)?
        };
        let arguments = [
            Path::new("--no-export"),
            Path::new("--output=none"),
            Path::new("--config"),
            &config,
        ];
        let running = Sensor::run(&sensor, arguments, &[])?;
        let watched = time_all(&works)?;
        running.stop()?;
        let round = nothing.into_iter().zip(empty).zip(watched);
        measured.push(round.map(|((a, b), c)| [a, b, c]).collect());
    }
    let figures = works
        .iter()
        .enumerate()
        .map(|(index, work)| figure(work, measured.iter().filter_map(|round| round.get(index))))
        .collect::<Result<Vec<_>>>()?;

    let mut table = Table::new();
    table.set_header([
        "what",
        "nothing ns",
        "empty ns",
        "sensor ns",
        "/ nothing",
        "/ empty",
        "limit",
    ]);
    for it in &figures {
        table.add_row([
            it.what.clone(),
            format!("{:.0}", it.nothing_ns),
            format!("{:.0}", it.empty_ns),
            format!("{:.0}", it.sensor_ns),
            format!("{:.3}", it.ratio_to_nothing),
            format!("{:.3}", it.ratio),
            it.limit.map_or_else(String::new, |limit| limit.to_string()),
        ]);
    }
    println!("{table}\nload average {}", load_average());
    if let Some(path) = &args.json {
        fs::write(path, serde_json::to_vec_pretty(&figures)?)
            .with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

fn works() -> Result<Vec<Work>> {
    let call = Work {
        name: "getppid".to_owned(),
        path: None,
        limit: Some(MAX_CALL),
    };
    let file = |path: &str, limit| Work {
        name: format!("open+close {path}"),
        path: Some(path.into()),
        limit,
    };
    let deep = deepest(Path::new("/sys/devices"))?;
    let deep = Work {
        name: format!(
            "open+close in /sys, depth {}",
            deep.components().count() - 1
        ),
        path: Some(deep),
        limit: None,
    };
    Ok(vec![
        call,
        file("/etc/passwd", Some(MAX_OPEN)),
        file("/dev/null", None),
        file("/proc/uptime", None),
        deep,
    ])
}

/// The readable file with the most components, at most twelve, that no recipe asks for.
fn deepest(root: &Path) -> Result<PathBuf> {
    const MAX_DEPTH: usize = 12;
    let mut found: Option<PathBuf> = None;
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let path = entry.path();
            let depth = path.components().count() - 1;
            if kind.is_dir() && depth < MAX_DEPTH {
                folders.push(path);
            } else if kind.is_file()
                && depth
                    > found
                        .as_ref()
                        .map_or(0, |found| found.components().count() - 1)
                && entry.file_name().to_string_lossy().starts_with("runtime_")
                && open(&path, OFlags::RDONLY, Mode::empty()).is_ok()
            {
                found = Some(path);
            }
        }
    }
    found.with_context(|| format!("nothing readable below {}", root.display()))
}

fn time_all(works: &[Work]) -> Result<Vec<f64>> {
    works.iter().map(time).collect()
}

/// Nanoseconds of one, the least of several bursts: interruptions only ever add.
fn time(work: &Work) -> Result<f64> {
    const BURSTS: u32 = 8;
    let count: u32 = if work.path.is_some() { 8_000 } else { 100_000 };
    let mut least = f64::INFINITY;
    for _ in 0..BURSTS {
        let begin = Instant::now();
        for _ in 0..count {
            match &work.path {
                Some(path) => drop(open(path, OFlags::RDONLY, Mode::empty())?),
                None => drop(rustix::process::getppid()),
            }
        }
        least = least.min(begin.elapsed().as_nanos() as f64 / f64::from(count));
    }
    Ok(least)
}

fn figure<'a>(work: &Work, rounds: impl Iterator<Item = &'a [f64; 3]> + Clone) -> Result<Figure> {
    let of = |figure: fn(&[f64; 3]) -> f64| {
        median(rounds.clone().map(figure)).context("no round was measured")
    };
    Ok(Figure {
        what: work.name.clone(),
        nothing_ns: of(|[nothing, ..]| *nothing)?,
        empty_ns: of(|[_, empty, _]| *empty)?,
        sensor_ns: of(|[.., sensor]| *sensor)?,
        ratio: of(|[_, empty, sensor]| sensor / empty)?,
        ratio_to_nothing: of(|[nothing, _, sensor]| sensor / nothing)?,
        limit: work.limit,
    })
}

fn compile(folder: &Path) -> Result<Vec<u8>> {
    let source = folder.join("empty.bpf.c");
    let object = folder.join("empty.bpf.o");
    fs::write(&source, include_str!("empty.bpf.c"))?;
    let status = Command::new("clang")
        .args(["-target", "bpf", "-O2", "-g", "-c"])
        .arg(format!(
            "-I/usr/include/{}-linux-gnu",
            std::env::consts::ARCH
        ))
        .arg(&source)
        .arg("-o")
        .arg(&object)
        .status()
        .context("start clang")?;
    ensure!(status.success(), "clang failed");
    Ok(fs::read(object)?)
}

/// Attached for as long as it lives.
fn attach_empty(object: &[u8]) -> Result<Ebpf> {
    let mut programs = Ebpf::load(object)?;
    let program: &mut BtfTracePoint = programs
        .program_mut("empty")
        .context("no program")?
        .try_into()?;
    program.load("sys_exit", &Btf::from_sys_fs()?)?;
    program.attach()?;
    Ok(programs)
}
