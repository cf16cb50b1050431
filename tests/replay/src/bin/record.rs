//! `record SENSOR`: makes the corpus anew on this kernel. Needs root.
//!
//! What is committed holds one session only, and nothing about the machine on which it was made but its kernel.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use scoutline::pipeline::{Preamble, Reader, Step, Writer};
use scoutline_abi::{Event, decode};
use scoutline_live::{Sensor, Tools};
use scoutline_replay::{CORPUS, replay};
use tempfile::TempDir;

/// What each recipe looks for; no descendant leaves the session.
const DEED: &str = "cat /proc/sys/net/ipv4/ip_forward
    head -c1 /proc/version; head -c1 /proc/version
    cat /proc/ioports
    tcpdump --version
    nmap --version";
const RECIPES: usize = 5;

const WINDOW: Duration = Duration::from_millis(500);
const LIMIT: Duration = Duration::from_secs(20);

fn main() -> anyhow::Result<()> {
    let sensor = std::env::args_os().nth(1).map(PathBuf::from);
    let sensor = sensor.context("record SENSOR: which one?")?;
    let work = TempDir::new()?;
    let whole = work.path().join("whole");
    let session = record(&sensor, &whole)?;

    let path = Path::new(CORPUS).join("five-recipes.rec");
    keep(session, &whole, &path)?;
    fs::write(path.with_extension("jsonl"), replay(&path)?)?;
    Ok(())
}

/// Records the deed among all that happens on this machine; gives its session.
fn record(sensor: &Path, recording: &Path) -> anyhow::Result<u32> {
    let recording = recording.to_string_lossy();
    let sensor = Sensor::start(sensor, WINDOW, &["--record", &recording])?;
    let deed = Tools::build()?
        .command(Path::new("/"), &["sh", "-ec", DEED])
        .spawn()?;
    let session = deed.id();
    let output = deed.wait_with_output()?;
    anyhow::ensure!(output.status.success(), "the deed failed: {output:?}");
    let found = sensor.records().wait(LIMIT, |records| {
        let closed = records.iter().filter(|record| {
            record.session_leader() == Some(i64::from(session)) && record.is_phase("summary")
        });
        (closed.count() >= RECIPES).then_some(())
    });
    sensor.stop()?.unhurt().map_err(anyhow::Error::msg)?;
    found.context("not every recipe fired")?;
    Ok(session)
}

/// Copies what one session did.
fn keep(session: u32, from: &Path, to: &Path) -> anyhow::Result<()> {
    let (mut reader, preamble) = Reader::new(BufReader::new(File::open(from)?))?;
    let mut writer = Writer::new(BufWriter::new(File::create(to)?), &anonymous(preamble))?;
    let mut kept = BTreeSet::new();
    while let Some(step) = reader.step()? {
        let is_kept = match &step {
            Step::Event { bytes, .. } => {
                let program = match decode(bytes)? {
                    Event::Exec(record) | Event::Task(record) => Ok(record.fixed.task),
                    Event::Open(record) => Ok(record.fixed.task),
                    Event::Fork(fork) => Ok(fork.task),
                    Event::Exit(exit) => Err(exit.tgid),
                    // Which of them matter is not known here, and they are few.
                    Event::Cgroup(_) | Event::TraceContext(_) => {
                        writer.write(&step)?;
                        continue;
                    }
                };
                match program {
                    Ok(task) if task.session_id == session => {
                        kept.insert(task.tgid);
                        true
                    }
                    Ok(_) => false,
                    Err(tgid) => kept.contains(&tgid),
                }
            }
            // What the sensor said about itself is not kept: numbers begin with what is.
            Step::Issue { .. } => false,
            // Counters that nobody knows are not looked at.
            // The same with answers to questions that are not asked.
            Step::Advance { .. } | Step::Answer { .. } | Step::Finish { .. } => true,
        };
        if is_kept {
            writer.write(&step)?;
        }
    }
    writer.finish()?;
    Ok(())
}

/// Without what tells one machine from another.
fn anonymous(mut preamble: Preamble) -> Preamble {
    preamble.facts.users.retain(|id, _| *id == 0);
    preamble
        .facts
        .mounts
        .retain(|mount| mount.mount_point == "/");
    preamble.facts.boot_id = "00000000-0000-4000-8000-000000000000".to_owned();
    preamble.facts.id_key = [0; 16];
    preamble
        .resource
        .retain(|(key, _)| !key.starts_with("host.") && !key.starts_with("service.instance"));
    preamble
}
