//! A recording gives what the live run gave, byte for byte.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use scoutline_live::{Sensor, raw_records};
use tempfile::TempDir;

use crate::suite::{SENSOR, Suite, WINDOW};

/// One for each recipe.
const DEEDS: [&[&str]; 5] = [
    &["cat", "/proc/sys/net/ipv4/ip_forward"],
    &["cat", "/proc/version"],
    &["cat", "/proc/ioports"],
    &["ways", "execute", "/bin/true", "tcpdump"],
    &["ways", "execute", "/bin/true", "nmap"],
];

pub(crate) fn trial(suite: &Arc<Suite>) -> Trial {
    let suite = Arc::clone(suite);
    Trial::test("a recording of all recipes replays alike", move || {
        replays_alike(&suite)
    })
}

fn replays_alike(suite: &Suite) -> Result<(), Failed> {
    let work = TempDir::new()?;
    let recording = work.path().join("recording");
    let path = recording.to_string_lossy();
    let sensor = Sensor::start(Path::new(SENSOR), WINDOW, &["--record", &path])?;
    let mut pids = Vec::new();
    for deed in DEEDS {
        let mut child = suite.tools().command(work.path(), deed).spawn()?;
        pids.push(i64::from(child.id()));
        child.wait()?;
    }
    let is_complete = sensor.records().wait(Duration::from_secs(20), |records| {
        let is_closed = |pid: &i64| {
            let mine = |record: &_| is_summary_of(record, *pid);
            records.iter().any(mine)
        };
        pids.iter().all(is_closed).then_some(())
    });
    let ended = sensor.stop()?;
    ended.unhurt()?;
    is_complete.ok_or("not everything was found")?;
    let live = lines(ended.directory.path())?;
    for name in ["once", "twice"] {
        let directory = work.path().join(name);
        let output = Command::new(SENSOR)
            .arg("replay")
            .arg(&recording)
            .args(["--output", "none", "--otlp-dir"])
            .arg(&directory)
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        same(&live, &lines(&directory)?)?;
    }
    Ok(())
}

fn is_summary_of(record: &scoutline_live::Record, pid: i64) -> bool {
    record.session_leader() == Some(pid) && record.is_phase("summary")
}

/// Each record as it is written, in order.
fn lines(directory: &Path) -> Result<Vec<String>, Failed> {
    let text = fs::read_to_string(directory.join("logs.jsonl"))?;
    let mut records = Vec::new();
    for line in text.lines() {
        records.extend(raw_records(line)?.into_iter().map(str::to_owned));
    }
    Ok(records)
}

fn same(live: &[String], replayed: &[String]) -> Result<(), Failed> {
    for (index, (live, replayed)) in live.iter().zip(replayed).enumerate() {
        if live != replayed {
            return Err(format!("record {index}\nlive:     {live}\nreplayed: {replayed}").into());
        }
    }
    if live.len() != replayed.len() {
        return Err(format!("{} records live, {} replayed", live.len(), replayed.len()).into());
    }
    Ok(())
}
