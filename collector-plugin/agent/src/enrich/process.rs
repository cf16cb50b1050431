//! One process in /proc, and never another one that got its number.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::PathBuf;

use scoutline_detect::Pid;
use scoutline_detect::workload::ci;

/// Start times in /proc are in ticks of 10 ms.
const TICK_NS: u64 = 10_000_000;

/// An environment beyond this is not looked at.
const ENVIRONMENT_BYTES: u64 = 256 * 1024;

/// A process that was the wanted one when it was opened.
#[derive(Debug)]
pub(super) struct Process {
    pid: Pid,
}

impl Process {
    /// `None` if it is gone, or if the number has a new owner.
    pub(super) fn open(pid: Pid) -> Option<Self> {
        let process = Self { pid };
        process.is_same().then_some(process)
    }

    /// Whether the number still belongs to it.
    pub(super) fn is_same(&self) -> bool {
        let Some(ticks) = fs::read_to_string(self.path("stat"))
            .ok()
            .as_deref()
            .and_then(start_ticks)
        else {
            return false;
        };
        // Kernel and sensor may round the same time differently.
        (self.pid.start_ns / TICK_NS).abs_diff(ticks) <= 1
    }

    /// The executable itself, whatever its path leads to by now.
    pub(super) fn executable(&self) -> Option<File> {
        File::open(self.path("exe")).ok()
    }

    /// What of the environment may be known.
    pub(super) fn environment(&self) -> BTreeMap<String, String> {
        let mut bytes = Vec::new();
        let read = File::open(self.path("environ"))
            .and_then(|file| file.take(ENVIRONMENT_BYTES).read_to_end(&mut bytes));
        if read.is_err() || !self.is_same() {
            return BTreeMap::new();
        }
        ci::filter(&bytes)
    }

    /// Device of the controlling terminal: `(major << 20) | minor`, 0 without one.
    pub(super) fn terminal(&self) -> u32 {
        let stat = fs::read_to_string(self.path("stat")).unwrap_or_default();
        let number: Option<u32> = fields(&stat).nth(4).and_then(|it| it.parse().ok());
        number.map_or(0, |device| {
            let (major, minor) = (device >> 8 & 0xfff, device & 0xff | device >> 12 & 0xfff00);
            major << 20 | minor
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.pid.pid))
    }
}

/// Field 22 of /proc/PID/stat.
fn start_ticks(stat: &str) -> Option<u64> {
    fields(stat).nth(19)?.parse().ok()
}

/// The fields from the third on: the second may hold anything, parentheses and spaces too.
fn fields(stat: &str) -> impl Iterator<Item = &str> {
    let behind = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    behind.split_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn own_start_ns(pid: u32) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
        start_ticks(&stat).expect("a start") * TICK_NS
    }

    #[test]
    fn only_the_right_owner_of_a_number_is_read() {
        let mut child = Command::new("cat")
            .env_clear()
            .env("GITHUB_ACTIONS", "true")
            .env("SECRET", "x")
            .env("TRACEPARENT", "t")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .expect("cat starts");
        let pid = child.id();
        let start_ns = own_start_ns(pid);
        let process = Process::open(Pid { pid, start_ns }).expect("it runs");
        assert!(process.executable().is_some());
        let names: Vec<_> = process.environment().into_keys().collect();
        assert_eq!(names, ["GITHUB_ACTIONS", "TRACEPARENT"]);
        let other = Pid {
            pid,
            start_ns: start_ns + 5 * TICK_NS,
        };
        assert!(Process::open(other).is_none());
        drop(child.stdin.take());
        child.wait().expect("it ends");
        assert!(!process.is_same());
        assert!(process.environment().is_empty());
    }

    #[test]
    fn a_name_cannot_shift_the_fields() {
        let stat = "7 (a) S 1 2) R 1 7 7 34816 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 99 0";
        assert_eq!(start_ticks(stat), Some(99));
        assert_eq!(fields(stat).nth(4), Some("34816"));
        assert_eq!(start_ticks("7 (a"), None);
    }
}
