//! What the fallback hook for opens, `tp_btf/sys_exit`, adds to system calls.
//!
//! Three states in turn, again and again: no program, an empty program on the same hook, the sensor. A figure is the
//! median over the rounds of the ratio within one round, so that a machine that gets slower does so for all three.
//!
//! The kernel keeps up to 64 descriptors of a process in an array of fixed size, which the sensor reads faster than a
//! larger table. A child inherits room for its parent's highest descriptor, and bash keeps 255 open: so what is timed
//! runs in a child of this program, and once more with a large table.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::env;
use std::fs;
use std::io::stdin;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use aya::programs::BtfTracePoint;
use aya::{Btf, Ebpf};
use clap::Parser;
use comfy_table::Table;
use rustix::fs::{Mode, OFlags, open};
use rustix::io::fcntl_dupfd_cloexec;
use scoutline_bench::{keep, load_average, median, status};
use scoutline_e2e::{Profile, Sensor, build, why_not};
use serde::Serialize;
use tempfile::TempDir;

/// What the sensor may add to an empty program: to other system calls, and to open and close of a file that does not
/// match, on the file system of /etc.
const MAX_CALL: f64 = 1.03;
const MAX_OPEN: f64 = 1.12;

/// Most descriptors that the kernel keeps without a table of their own.
const SMALL_TABLE: u32 = 64;

/// The fallback hook's cost.
#[derive(Parser)]
struct Args {
    /// Rounds of the three states.
    #[arg(long, default_value_t = 15)]
    rounds: u32,
    /// Also write the figures here.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Only time the system calls as things are, this file in /sys among them, and print the nanoseconds.
    #[arg(long, hide = true)]
    time: Option<PathBuf>,
}

/// One thing that is timed.
struct Work {
    name: String,
    path: Option<PathBuf>,
    /// With more than 64 descriptors' room. Comes last: a table never shrinks.
    has_large_table: bool,
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
    if let Some(deep) = args.time {
        println!("{}", serde_json::to_string(&time_all(&works(deep))?)?);
        return Ok(());
    }
    if let Some(reason) = why_not() {
        bail!("nothing can be measured: {reason}");
    }
    let deep = deepest(Path::new("/sys/devices"))?;
    let works = works(deep.clone());
    let sensor = build(Profile::Release)?;
    let folder = TempDir::new()?;
    let object = compile(folder.path())?;
    let config = folder.path().join("scoutline.yaml");
    fs::write(&config, "sensor: {hooks: {file_open: syscall}}\n")?;

    // Per round and work: nothing, empty, sensor.
    let mut measured: Vec<Vec<[f64; 3]>> = Vec::new();
    for _ in 0..args.rounds {
        let nothing = time_in_child(&deep)?;
        let empty = {
            let _attached = attach_empty(&object)?;
            time_in_child(&deep)?
        };
        let arguments = [
            Path::new("--no-export"),
            Path::new("--output=none"),
            Path::new("--config"),
            &config,
        ];
        let running = Sensor::run(&sensor, arguments, &[])?;
        let watching = running.program().wait_for_error_line("watching")?;
        ensure!(
            watching.contains("opens=\"tp_btf/sys_exit\""),
            "the sensor does not use the hook: {watching}"
        );
        let watched = time_in_child(&deep)?;
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
    keep(&figures, args.json.as_deref())
}

/// `deep` is a file in /sys that is far from its root.
fn works(deep: PathBuf) -> Vec<Work> {
    let call = Work {
        name: "getppid".to_owned(),
        path: None,
        has_large_table: false,
        limit: Some(MAX_CALL),
    };
    let file = |path: &str, limit| Work {
        name: format!("open+close {path}"),
        path: Some(path.into()),
        has_large_table: false,
        limit,
    };
    let deep = Work {
        name: format!(
            "open+close in /sys, depth {}",
            deep.components().count() - 1
        ),
        path: Some(deep),
        has_large_table: false,
        limit: None,
    };
    let large = Work {
        name: "open+close /etc/passwd, large table".to_owned(),
        has_large_table: true,
        ..file("/etc/passwd", None)
    };
    vec![
        call,
        file("/etc/passwd", Some(MAX_OPEN)),
        file("/dev/null", None),
        file("/proc/uptime", None),
        deep,
        large,
    ]
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

fn time_in_child(deep: &Path) -> Result<Vec<f64>> {
    let output = Command::new(env::current_exe()?)
        .arg("--time")
        .arg(deep)
        .stderr(Stdio::inherit())
        .output()
        .context("start the timing")?;
    ensure!(output.status.success(), "the timing failed");
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn time_all(works: &[Work]) -> Result<Vec<f64>> {
    ensure!(
        status(process::id(), "FDSize")? <= u64::from(SMALL_TABLE),
        "a descriptor above {SMALL_TABLE} was inherited; close it first"
    );
    works.iter().map(time).collect()
}

/// Nanoseconds of one, the least of several bursts: interruptions only ever add.
fn time(work: &Work) -> Result<f64> {
    const BURSTS: u32 = 8;
    let count: u32 = if work.path.is_some() { 8_000 } else { 100_000 };
    let mut least = f64::INFINITY;
    if work.has_large_table {
        fcntl_dupfd_cloexec(stdin(), SMALL_TABLE as i32)?;
    }
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
        .arg(format!("-I/usr/include/{}-linux-gnu", env::consts::ARCH))
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
