//! The sensor's program.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Signal, geteuid};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Ended, Program};

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");

/// Types of the running kernel, without which no program of the sensor loads.
const BTF: &str = "/sys/kernel/btf/vmlinux";

/// How the sensor is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// For tests.
    Dev,
    /// For measurements.
    Release,
}

/// Why nothing can be watched here: a reason to skip, never to pass.
pub fn why_not() -> Option<&'static str> {
    if !geteuid().is_root() {
        return Some("only root may load eBPF programs");
    }
    if !Path::new(BTF).exists() {
        return Some("this kernel has no BTF");
    }
    None
}

/// Builds the sensor, or takes what `SCOUTLINE_BIN` names, for whoever runs as root what somebody else built.
///
/// # Errors
/// If it does not build.
pub fn build(profile: Profile) -> Result<PathBuf> {
    if let Some(built) = env::var_os("SCOUTLINE_BIN") {
        return Ok(built.into());
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--locked", "--package", "scoutline"]);
    command.args(["--message-format", "json", "--manifest-path", MANIFEST]);
    if profile == Profile::Release {
        command.arg("--release");
    }
    let output = command.output().context("start cargo")?;
    if !output.status.success() {
        bail!("cargo: {}", String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| Some(message.get("executable")?.as_str()?.into()))
        .context("cargo built no program")
}

/// A running sensor, ended when it is dropped.
#[derive(Debug)]
pub struct Sensor {
    program: Program,
    /// What it remembers is gone with it.
    _state: TempDir,
}

impl Sensor {
    /// The command, without any setting of this environment.
    pub fn command(binary: &Path) -> Command {
        let mut command = Command::new(binary);
        for (name, _) in env::vars_os() {
            let name_text = name.to_string_lossy();
            if name_text.starts_with("OTEL_") || name_text.starts_with("GITHUB_") {
                command.env_remove(&name);
            }
        }
        command.env("NO_COLOR", "1").stdin(Stdio::null());
        command
    }

    /// `scoutline run`, once it watches.
    ///
    /// # Errors
    /// If it does not say that it does.
    pub fn run<A: AsRef<OsStr>>(
        binary: &Path,
        arguments: impl IntoIterator<Item = A>,
        variables: &[(&str, String)],
    ) -> Result<Self> {
        let mut command = Self::command(binary);
        command.arg("run").args(arguments);
        let state = TempDir::with_prefix("state-")?;
        command.env("STATE_DIRECTORY", state.path());
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let program = Program::start(&mut command)?;
        program.wait_for_error_line("watching")?;
        Ok(Self {
            program,
            _state: state,
        })
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Ends it in order.
    ///
    /// # Errors
    /// If it has ended before, or does not.
    pub fn stop(self) -> Result<Ended> {
        self.stop_by(Signal::TERM)
    }

    /// Ends it by this signal.
    ///
    /// # Errors
    /// If it has ended before, or does not.
    pub fn stop_by(mut self, signal: Signal) -> Result<Ended> {
        self.program.signal(signal)?;
        self.program.wait()
    }
}
