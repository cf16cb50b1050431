//! Executions at a steady rate.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// A program that opens nothing, not even a library, and ends at once.
pub(crate) struct Tiny {
    directory: TempDir,
}

impl Tiny {
    pub(crate) fn build() -> Result<Self> {
        let tiny = Self {
            directory: TempDir::new()?,
        };
        let source = tiny.directory.path().join("tiny.c");
        fs::write(&source, "int main(void) { return 0; }\n")?;
        let mut compiler = Command::new("cc");
        compiler
            .args(["-O2", "-static", "-o"])
            .arg(tiny.path())
            .arg(source);
        ensure!(
            compiler.status().context("start cc")?.success(),
            "cc failed"
        );
        Ok(tiny)
    }

    /// Executes it `rate` times a second for `time`, or waits that long if the rate is 0; how often that was, and the seconds it took.
    pub(crate) fn execute(&self, rate: u32, time: Duration) -> Result<(u32, f64)> {
        let mut command = Command::new(self.path());
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let begin = Instant::now();
        let Some(period) = Duration::from_secs(1).checked_div(rate) else {
            thread::sleep(time);
            return Ok((0, begin.elapsed().as_secs_f64()));
        };
        let mut count = 0;
        while begin.elapsed() < time {
            command.spawn()?.wait()?;
            count += 1;
            // Against the beginning, so that what one execution took longer, the next take less.
            let next = begin + period * count;
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        Ok((count, begin.elapsed().as_secs_f64()))
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("tiny")
    }
}
