//! Resident memory of a process that knows many processes.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use scoutline::pipeline::{Preamble, Step, Writer};
use scoutline_abi::raw::ABI_VERSION;
use scoutline_bench::{Live, process_id, status};
use scoutline_detect::recipe::Environment;
use scoutline_detect::{Clock, Facts, Settings};
use scoutline_e2e::{PATIENCE, Profile, build};
use serde::Serialize;
use tempfile::TempDir;

use crate::host::{Host, started_ns};

/// Resident memory, MB; that of processes is what they add.
#[derive(Serialize)]
pub(crate) struct Memory {
    pub(crate) rest_mb: f64,
    /// All run what their parents run.
    pub(crate) forked_mb: f64,
    /// Every second one executed a program.
    pub(crate) half_executed_mb: f64,
    /// All executed a program.
    pub(crate) executed_mb: f64,
}

pub(crate) fn measure(processes: u32, rest: Duration) -> Result<Memory> {
    Ok(Memory {
        rest_mb: at_rest(rest)?,
        forked_mb: growth(processes, |_| false)?,
        half_executed_mb: growth(processes, |number| number % 2 == 0)?,
        executed_mb: growth(processes, |_| true)?,
    })
}

/// Of a sensor that sends to a Collector.
fn at_rest(rest: Duration) -> Result<f64> {
    let live = Live::prepare()?;
    let sensor = live.run()?;
    // Rest is what is measured.
    thread::sleep(rest);
    let resident = resident_mb(process_id(&sensor))?;
    sensor.stop()?;
    Ok(resident)
}

/// What a replay grows by while it learns of processes of which none ends.
fn growth(processes: u32, executes: impl Fn(u32) -> bool) -> Result<f64> {
    let work = TempDir::new()?;
    let pipe = work.path().join("recording");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
    let replay = Replay::start(work.path(), &pipe)?;
    let out = File::options().write(true).open(&pipe)?;
    let watched = out.try_clone()?;
    let mut recording = Writer::new(BufWriter::new(out), &preamble())?;
    let mut host = Host::new();
    // More than the writer holds back, so that everything that any recording needs is there.
    for _ in 0..100 {
        recording.write(&step(host.init(started_ns(0))))?;
    }
    replay.settle(&watched)?;
    let before = resident_mb(replay.child.id())?;
    for number in 1..=processes {
        let now = started_ns(number);
        recording.write(&step(host.fork(number, now)))?;
        if executes(number) {
            recording.write(&step(host.exec(number, now)))?;
        }
    }
    replay.settle(&watched)?;
    let after = resident_mb(replay.child.id())?;
    recording.finish()?;
    drop(watched);
    replay.end()?;
    Ok(after - before)
}

struct Replay {
    child: Child,
}

impl Replay {
    fn start(work: &Path, recording: &Path) -> Result<Self> {
        let config = work.join("scoutline.yaml");
        fs::write(&config, "{}\n")?;
        let child = Command::new(build(Profile::Release)?)
            .arg("replay")
            .arg(recording)
            .args(["--output", "none", "--config"])
            .arg(config)
            .stdin(Stdio::null())
            .spawn()
            .context("start the replay")?;
        Ok(Self { child })
    }

    /// Waits until it has read all and has nothing more to do.
    fn settle(&self, pipe: &File) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut before = None;
        loop {
            let left = rustix::io::ioctl_fionread(pipe)?;
            let stat = fs::read_to_string(format!("/proc/{}/schedstat", self.child.id()))?;
            if left == 0 && before.as_ref() == Some(&stat) {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "the replay does not come to rest"
            );
            before = Some(stat);
            // Several times what it takes for a batch.
            thread::sleep(Duration::from_millis(200));
        }
    }

    fn end(mut self) -> Result<()> {
        let status = self.child.wait()?;
        ensure!(status.success(), "the replay ended with {status}");
        Ok(())
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        // Without effect if it has ended.
        let _ = self.child.kill();
        let _: io::Result<_> = self.child.wait();
    }
}

fn step(bytes: &[u8]) -> Step<'_> {
    Step::Event {
        bytes,
        observed_unix_ns: 0,
        clock: Clock { boot_to_unix_ns: 0 },
    }
}

/// What a detector is told about the host that never was.
pub(crate) fn facts() -> Facts {
    Facts {
        boot_id: "00000000-0000-4000-8000-000000000000".to_owned(),
        start_id: "0000000000000000".to_owned(),
        id_key: [0; 16],
        users: [(0, "root".to_owned()), (1000, "runner".to_owned())].into(),
        mounts: Vec::new(),
        environment: Environment::Production,
        is_environment_configured: true,
        job: None,
        seen: None,
        sensor_tgid: 2,
        hook_open: "tp_btf/sys_exit".to_owned(),
        hook_exec: "tp_btf/sched_process_exec".to_owned(),
    }
}

fn preamble() -> Preamble {
    Preamble {
        sensor_version: env!("CARGO_PKG_VERSION").to_owned(),
        abi_version: ABI_VERSION,
        facts: facts(),
        settings: Settings::default(),
        resource: Vec::new(),
    }
}

fn resident_mb(pid: u32) -> Result<f64> {
    Ok(status(pid, "VmRSS")? as f64 * 1.024e-3)
}
