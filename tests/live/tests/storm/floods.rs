//! The floods.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use libtest_mimic::Failed;
use scoutline_semconv::attr;
use tempfile::TempDir;

use crate::{Suite, detection, reuse};

const VERSION: &str = "/proc/version";

/// How long a detection may take to be readable while others flood the sensor, 99 of 100 times.
const LATENCY_LIMIT: Duration = Duration::from_millis(250);

/// Detections that are timed during a flood.
const PROBES: usize = 100;

type Flood = fn(&Suite) -> Result<(), Failed>;

pub(crate) const FLOODS: [(&str, Flood); 4] = [
    ("what fits a window is one detection", counts),
    ("a flood of opens delays nobody", opens),
    ("a flood of processes confuses nobody", processes),
    (reuse::NAME, reuse::a_reused_pid_confuses_nobody),
];

/// However many accesses, threads and processes there are.
fn counts(suite: &Suite) -> Result<(), Failed> {
    const DEEDS: [(&[&str], i64, i64); 3] = [
        (&["ways", "threads", "1", "1000000", VERSION], 1_000_000, 1),
        (&["ways", "threads", "4", "250000", VERSION], 1_000_000, 1),
        (&["ways", "processes", "50", VERSION], 50, 50),
    ];
    let sensor = suite.sensor()?;
    let work = TempDir::new()?;
    let mut sessions = Vec::new();
    for (deed, ..) in DEEDS {
        let child = suite.tools.command(work.path(), deed).spawn()?;
        sessions.push(child.id());
        succeeded(child)?;
    }
    for (session, (_, accesses, processes)) in sessions.into_iter().zip(DEEDS) {
        let found = detection::only(sensor, session)?;
        equal("accesses and processes", (accesses, processes), found)?;
    }
    Ok(())
}

/// Four threads open what is looked for and what is not, as fast as they can, while others are timed.
fn opens(suite: &Suite) -> Result<(), Failed> {
    const TIMES: i64 = 100_000;
    let deed = [
        "ways",
        "threads",
        "4",
        "25000",
        VERSION,
        "/etc/hostname",
        "/etc/passwd",
        "/etc/group",
    ];
    let sensor = suite.sensor()?;
    let work = TempDir::new()?;
    let mut floods = Vec::new();
    let mut flood = suite.tools.command(work.path(), &deed).spawn()?;
    let mut latencies = Vec::with_capacity(PROBES);
    while latencies.len() < PROBES {
        if flood.try_wait()?.is_some() {
            let next = suite.tools.command(work.path(), &deed).spawn()?;
            floods.push(std::mem::replace(&mut flood, next));
        }
        latencies.push(timed(suite, work.path())?);
    }
    floods.push(flood);
    for flood in floods {
        let session = flood.id();
        succeeded(flood)?;
        equal(
            "accesses and processes",
            (TIMES, 1),
            detection::only(sensor, session)?,
        )?;
    }
    tell(&mut latencies)
}

/// Thousands of processes come and go while others do what is looked for.
fn processes(suite: &Suite) -> Result<(), Failed> {
    const FLOOD: &str = "i=0; while [ $i -lt 2000 ]; do sh -c : & i=$((i+1)); done; wait";
    let sensor = suite.sensor()?;
    let work = TempDir::new()?;
    let command = |deed: &[&str]| suite.tools.command(work.path(), deed).spawn();
    let mut flood = command(&["sh", "-c", FLOOD])?;
    let mut sessions = Vec::new();
    while sessions.len() < PROBES {
        if flood.try_wait()?.is_some() {
            succeeded(std::mem::replace(
                &mut flood,
                command(&["sh", "-c", FLOOD])?,
            ))?;
        }
        let alone = command(&["head", "-c1", VERSION])?;
        let below = command(&["sh", "-c", "cat /proc/version; :"])?;
        sessions.push((alone.id(), below.id()));
        succeeded(alone)?;
        succeeded(below)?;
    }
    succeeded(flood)?;

    let own = (Some(std::env::current_exe()?), std::process::id());
    for (alone, below) in sessions {
        let shell = (suite.tools.find("sh"), below);
        for (session, executable, parent) in [(alone, "head", own.clone()), (below, "cat", shell)] {
            let record = detection::first(sensor, session)?;
            let path = |name| record.text(name).map(PathBuf::from);
            let found = path(attr::PROCESS_EXECUTABLE_PATH);
            equal("executable", suite.tools.find(executable), found)?;
            let found = (
                path(attr::SCOUTLINE_PROCESS_PARENT_EXECUTABLE_PATH),
                record.number(attr::PROCESS_PARENT_PID),
            );
            equal("parent", (parent.0, Some(i64::from(parent.1))), found)?;
            equal(
                "accesses and processes",
                (1, 1),
                detection::only(sensor, session)?,
            )?;
        }
    }
    Ok(())
}

/// From just before an open to the moment when the line about it was read.
fn timed(suite: &Suite, work: &Path) -> Result<Duration, Failed> {
    let child = suite
        .tools
        .command(work, &["ways", "timed", "/etc/issue"])
        .stdout(Stdio::piped())
        .spawn()?;
    let session = child.id();
    let told = succeeded(child)?;
    let opened_ns: u64 = told.trim().parse()?;
    let record = detection::first(suite.sensor()?, session)?;
    let arrived_ns = detection::arrived_ns(&record).ok_or("the clock is before 1970")?;
    Ok(Duration::from_nanos(arrived_ns.saturating_sub(opened_ns)))
}

#[expect(
    clippy::print_stdout,
    reason = "what was measured belongs to the results"
)]
fn tell(latencies: &mut [Duration]) -> Result<(), Failed> {
    latencies.sort_unstable();
    let at =
        |percent: usize| latencies.get((latencies.len() * percent).div_ceil(100).saturating_sub(1));
    let (Some(median), Some(p99)) = (at(50), at(99)) else {
        return Err("nothing was measured".into());
    };
    println!(
        "suite live: {} detections during a flood: median {median:?}, p99 {p99:?}",
        latencies.len()
    );
    if *p99 > LATENCY_LIMIT {
        return Err(format!("p99 is {p99:?}, more than {LATENCY_LIMIT:?}").into());
    }
    Ok(())
}

/// What it printed.
pub(crate) fn succeeded(child: Child) -> Result<String, Failed> {
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the deed failed ({}): {said}", output.status).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, expected: T, found: T) -> Result<(), Failed> {
    if expected == found {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, found {found:?}").into())
}
