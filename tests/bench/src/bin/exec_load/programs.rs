//! Run time of eBPF programs.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

const SWITCH: &str = "/proc/sys/kernel/bpf_stats_enabled";

/// Has the kernel count run times; as before when dropped.
pub(crate) struct Statistics {
    before: String,
}

impl Statistics {
    pub(crate) fn enable() -> Result<Self> {
        let before = fs::read_to_string(SWITCH).context(SWITCH)?;
        fs::write(SWITCH, "1").context(SWITCH)?;
        Ok(Self { before })
    }
}

impl Drop for Statistics {
    fn drop(&mut self) {
        // What cannot be written now could not have been written before.
        let _ = fs::write(SWITCH, &self.before);
    }
}

/// One program, since it was loaded.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Loaded {
    pub(crate) id: u32,
    #[serde(default)]
    name: String,
    #[serde(default)]
    run_time_ns: u64,
    #[serde(default)]
    run_cnt: u64,
}

/// What a program cost in a while.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Cost {
    pub(crate) name: String,
    pub(crate) runs_per_second: f64,
    pub(crate) ns_per_run: f64,
    /// Of one core.
    pub(crate) percent: f64,
}

impl Loaded {
    /// `None` if it has not run.
    pub(crate) fn since(&self, before: &Self, seconds: f64) -> Option<Cost> {
        let runs = self
            .run_cnt
            .checked_sub(before.run_cnt)
            .filter(|&runs| runs > 0)?;
        let ns = self.run_time_ns.checked_sub(before.run_time_ns)?;
        Some(Cost {
            name: self.name.clone(),
            runs_per_second: runs as f64 / seconds,
            ns_per_run: ns as f64 / runs as f64,
            percent: ns as f64 / seconds / 1e7,
        })
    }
}

/// The programs that a process holds open.
pub(crate) fn of_process(pid: u32) -> Result<Vec<Loaded>> {
    let mut ids = BTreeSet::new();
    for descriptor in fs::read_dir(format!("/proc/{pid}/fdinfo"))? {
        // It may be closed in between.
        let Ok(text) = fs::read_to_string(descriptor?.path()) else {
            continue;
        };
        let id = text.lines().find_map(|line| line.strip_prefix("prog_id:"));
        if let Some(id) = id {
            ids.insert(id.trim().parse::<u32>()?);
        }
    }
    let output = Command::new("bpftool")
        .args(["-j", "prog", "show"])
        .output();
    let output = output.context("start bpftool")?;
    ensure!(
        output.status.success(),
        "bpftool: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut all: Vec<Loaded> = serde_json::from_slice(&output.stdout)?;
    all.retain(|program| ids.contains(&program.id));
    Ok(all)
}
