//! Executions at a steady rate.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// A program that opens nothing, not even a library, and ends at once, and one that executes it.
pub(crate) struct Tiny {
    directory: TempDir,
}

impl Tiny {
    pub(crate) fn build() -> Result<Self> {
        let tiny = Self {
            directory: TempDir::new()?,
        };
        compile("int main(void) { return 0; }\n", &tiny.path("tiny"))?;
        compile(include_str!("load.c"), &tiny.path("load"))?;
        Ok(tiny)
    }

    /// Executes it `rate` times a second for `time`, or waits that long if the rate is 0; how often that was, and
    /// the seconds it took.
    pub(crate) fn execute(&self, rate: u32, time: Duration) -> Result<(u32, f64)> {
        if rate == 0 {
            thread::sleep(time);
            return Ok((0, time.as_secs_f64()));
        }
        let output = Command::new(self.path("load"))
            .arg(self.path("tiny"))
            .args([rate.to_string(), time.as_secs().to_string()])
            .output()?;
        ensure!(
            output.status.success(),
            "the load ended with {}",
            output.status
        );
        let said = String::from_utf8_lossy(&output.stdout);
        let (count, nanoseconds) = said.trim().split_once(' ').context("no figures")?;
        Ok((count.parse()?, nanoseconds.parse::<f64>()? / 1e9))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

fn compile(source: &str, program: &Path) -> Result<()> {
    let file = program.with_extension("c");
    fs::write(&file, source)?;
    let mut compiler = Command::new("cc");
    compiler
        .args(["-O2", "-static", "-o"])
        .arg(program)
        .arg(file);
    ensure!(
        compiler.status().context("start cc")?.success(),
        "cc failed"
    );
    Ok(())
}
