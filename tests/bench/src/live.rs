//! A sensor at default settings that sends to a Collector, and what it uses.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use scoutline_e2e::{Collector, Profile, Sensor, build, why_not};

/// A Collector, and what it takes to start a sensor that sends to it.
#[derive(Debug)]
pub struct Live {
    sensor: PathBuf,
    /// The Collector.
    pub collector: Collector,
    config: PathBuf,
}

impl Live {
    /// Builds both programs and starts the Collector.
    ///
    /// # Errors
    /// If nothing can be watched here, or something does not build or start.
    pub fn prepare() -> Result<Self> {
        if let Some(reason) = why_not() {
            bail!("nothing can be measured: {reason}");
        }
        let sensor = build(Profile::Release)?;
        let collector = Collector::start(&Collector::build()?)?;
        let config = collector.directory().join("scoutline.yaml");
        let endpoint = collector.grpc();
        let text = format!("exporters:\n  otlp_grpc:\n    endpoint: {endpoint}\n");
        fs::write(&config, text)?;
        Ok(Self {
            sensor,
            collector,
            config,
        })
    }

    /// Starts a sensor; returns once it says that it watches.
    ///
    /// # Errors
    /// If it does not.
    pub fn run(&self) -> Result<Sensor> {
        let arguments = [Path::new("--config"), &self.config];
        Sensor::run(&self.sensor, arguments, &[])
    }
}

/// Its pid.
pub fn process_id(sensor: &Sensor) -> u32 {
    sensor.program().pid()
}

/// One thread of a process.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Its id.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// CPU time so far, user and system, nanoseconds.
    pub ns: u64,
}

/// The CPU time of each thread.
///
/// # Errors
/// If /proc can not be read.
pub fn threads(pid: u32) -> Result<Vec<Thread>> {
    let mut threads = Vec::new();
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let entry = task?;
        let id = entry.file_name().to_string_lossy().parse()?;
        let task = entry.path();
        let name = fs::read_to_string(task.join("comm"))?.trim().to_owned();
        let schedstat = fs::read_to_string(task.join("schedstat"))?;
        let on_cpu = schedstat.split(' ').next().context("schedstat is empty")?;
        let ns = on_cpu.parse()?;
        threads.push(Thread { id, name, ns });
    }
    Ok(threads)
}

/// The number in a line of /proc/PID/status, in KiB where it has a unit: `VmRSS`, `FDSize`.
///
/// # Errors
/// If it can not be read.
pub fn status(pid: u32, key: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let value = status
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))
        .with_context(|| format!("no {key} in the status of {pid}"))?;
    Ok(value.trim().trim_end_matches(" kB").parse()?)
}
