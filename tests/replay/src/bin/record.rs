//! `record SENSOR [NAME...]`: makes the corpus anew on this kernel, all of it or these. Needs root.
//!
//! Each script of the corpus is run beside a sensor of its own. What is committed holds that script's processes only, and
//! nothing about the machine on which it was made but its kernel.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::mem::offset_of;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use scoutline::pipeline::{Preamble, Reader, Step, Writer};
use scoutline_abi::raw::{
    COMM_LEN, CgroupEvent, EventHeader, ExecEvent, ExitEvent, ForkEvent, OpenEvent, TaskInfo,
    TraceContextEvent,
};
use scoutline_abi::{Event, decode};
use scoutline_live::Sensor;
use scoutline_replay::{CORPUS, replay};
use tempfile::TempDir;

const WINDOW: Duration = Duration::from_millis(500);

fn main() -> Result<()> {
    let mut words = std::env::args_os().skip(1);
    let sensor = words.next().map(PathBuf::from);
    let sensor = sensor.context("record SENSOR [NAME...]: which one?")?;
    let wanted: Vec<_> = words.collect();
    for entry in fs::read_dir(CORPUS)? {
        let script = entry?.path();
        let name = script.file_stem().unwrap_or_default().to_owned();
        let is_wanted = wanted.is_empty() || wanted.contains(&name);
        if is_wanted && script.extension() == Some(OsStr::new("sh")) {
            record(&sensor, &script).with_context(|| script.display().to_string())?;
        }
    }
    Ok(())
}

/// Records a script among all that happens on this machine, and what its recording gives.
fn record(sensor: &Path, script: &Path) -> Result<()> {
    let work = TempDir::new()?;
    let whole = work.path().join("whole");
    let recording = whole.to_string_lossy();
    let sensor = Sensor::start(sensor, WINDOW, &["--record", &recording])?;
    let deed = deed(work.path(), script)?.spawn()?;
    let root = deed.id();
    let output = deed.wait_with_output()?;
    ensure!(output.status.success(), "it failed: {output:?}");
    // It takes what is in its rings before it ends.
    sensor.stop()?.unhurt().map_err(anyhow::Error::msg)?;
    let kept = script.with_extension("rec");
    keep(root, &whole, &kept)?;
    fs::write(kept.with_extension("jsonl"), replay(&kept)?)?;
    Ok(())
}

/// Runs a script as a login of its own, from a copy: where this repository is says something about the machine.
fn deed(work: &Path, script: &Path) -> Result<Command> {
    let name = script.file_name().context("a script has a name")?;
    let (copy, login) = (work.join("corpus").join(name), work.join("login.sh"));
    fs::create_dir(work.join("corpus"))?;
    fs::copy(script, &copy)?;
    fs::copy(Path::new(CORPUS).join("../login.sh"), &login)?;
    let mut command = Command::new("sh");
    command
        .args([&login, &copy])
        .current_dir("/")
        .env_clear()
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ok(command)
}

/// Copies what one process and its descendants did.
fn keep(root: u32, from: &Path, to: &Path) -> Result<()> {
    let (mut reader, preamble) = Reader::new(BufReader::new(File::open(from)?))?;
    let mut writer = Writer::new(BufWriter::new(File::create(to)?), &anonymous(preamble))?;
    let mut kept = BTreeSet::from([root]);
    while let Some(step) = reader.step()? {
        let is_kept = match &step {
            Step::Event { bytes, .. } => match decode(bytes)? {
                Event::Exec(record) | Event::Task(record) => is_ours(&mut kept, &record.fixed.task),
                Event::Open(record) => is_ours(&mut kept, &record.fixed.task),
                Event::Fork(fork) => is_ours(&mut kept, &fork.task),
                // Its number may be another's next.
                Event::Exit(exit) => kept.remove(&exit.tgid),
                // Which of them matter is not known here, and they are few.
                Event::Cgroup(_) | Event::TraceContext(_) => true,
            },
            // What the sensor said about itself is not kept: numbers begin with what is.
            Step::Issue { .. } => false,
            // Counters that nobody knows are not looked at.
            // The same with answers to questions that are not asked.
            Step::Advance { .. } | Step::Answer { .. } | Step::Finish { .. } => true,
        };
        if !is_kept {
            continue;
        }
        match step {
            Step::Event {
                bytes,
                observed_unix_ns,
                clock,
            } => writer.write(&Step::Event {
                bytes: &without_leftovers(bytes)?,
                observed_unix_ns,
                clock,
            })?,
            step => writer.write(&step)?,
        }
    }
    writer.finish()?;
    Ok(())
}

/// The record with zeros wherever none of its texts is: the kernel's buffers have there what was left by something earlier,
/// of whatever process that was.
fn without_leftovers(bytes: &[u8]) -> Result<Vec<u8>> {
    let (fixed, texts) = match decode(bytes)? {
        Event::Exec(record) | Event::Task(record) => {
            let it = &record.fixed;
            let file = [it.file.path_fs, it.file.path_mount];
            let own = [it.cwd, it.filename, it.interpreter, it.argv];
            (size_of::<ExecEvent>(), [&file[..], &own].concat())
        }
        Event::Open(record) => {
            let file = &record.fixed.file;
            let texts = vec![file.path_fs, file.path_mount];
            (size_of::<OpenEvent>(), texts)
        }
        Event::Cgroup(record) => (size_of::<CgroupEvent>(), vec![record.fixed.path]),
        Event::TraceContext(record) => (size_of::<TraceContextEvent>(), vec![record.fixed.value]),
        Event::Fork(_) => (size_of::<ForkEvent>(), Vec::new()),
        Event::Exit(_) => (size_of::<ExitEvent>(), Vec::new()),
    };
    let mut clean = bytes.to_vec();
    clean[fixed..].fill(0);
    for text in texts {
        let begin = fixed + usize::from(text.offset);
        let range = begin..begin + usize::from(text.len);
        clean[range.clone()].copy_from_slice(&bytes[range]);
    }
    if matches!(
        decode(bytes)?,
        Event::Exec(_) | Event::Task(_) | Event::Open(_) | Event::Fork(_)
    ) {
        // In all of them the task comes right after the header.
        let comm = size_of::<EventHeader>() + offset_of!(TaskInfo, comm);
        let comm = &mut clean[comm..comm + COMM_LEN];
        let end = comm.iter().position(|byte| *byte == 0);
        comm[end.unwrap_or(COMM_LEN)..].fill(0);
    }
    Ok(clean)
}

/// Whether it is one of them, or a child of one.
fn is_ours(kept: &mut BTreeSet<u32>, task: &TaskInfo) -> bool {
    let is_ours = kept.contains(&task.tgid) || kept.contains(&task.parent_tgid);
    if is_ours {
        kept.insert(task.tgid);
    }
    is_ours
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
    // A host on which nothing ever fired.
    preamble.facts.seen = Some(Vec::new());
    preamble
        .resource
        .retain(|(key, _)| !key.starts_with("host.") && !key.starts_with("service.instance"));
    preamble
}
