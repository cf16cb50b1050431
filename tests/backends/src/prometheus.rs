//! A real Prometheus on this machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;
use scoutline_e2e::{Program, backend, free_port};
use tempfile::TempDir;

use crate::answer::{Answer, ask, wait_until_ready};

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/prometheus/prometheus.yaml");

/// A Prometheus with a folder of its own.
#[derive(Debug)]
pub struct Prometheus {
    _program: Program,
    _directory: TempDir,
    address: String,
}

impl Prometheus {
    /// Path of its program.
    ///
    /// # Errors
    /// If it can not be built here.
    pub fn build() -> Result<PathBuf> {
        backend("prometheus")
    }

    /// Starts one.
    ///
    /// # Errors
    /// If it does not become ready.
    pub fn start(binary: &Path) -> Result<Self> {
        let directory = TempDir::new()?;
        // It cannot choose a port itself and say which.
        let address = free_port()?.local_addr()?;
        let mut command = Command::new(binary);
        command
            .arg(format!("--config.file={CONFIG}"))
            .arg(format!("--web.listen-address={address}"))
            .arg("--web.enable-otlp-receiver")
            .arg("--log.level=warn")
            .arg("--storage.tsdb.path")
            .arg(directory.path());
        let prometheus = Self {
            _program: Program::start(command.stdin(Stdio::null()))?,
            _directory: directory,
            address: format!("http://{address}"),
        };
        wait_until_ready(&format!("{}/-/ready", prometheus.address))?;
        Ok(prometheus)
    }

    /// Where it is asked.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where it takes OTLP over HTTP.
    pub fn otlp(&self) -> String {
        format!("{}/api/v1/otlp", self.address)
    }

    /// Asks for a value at a time, nanoseconds since the Unix epoch.
    ///
    /// # Errors
    /// If Prometheus does not take the query.
    pub fn query(&self, query: &str, at: u64) -> Result<Answer> {
        let at = (at as f64 / 1e9).to_string();
        let url = format!("{}/api/v1/query", self.address);
        ask(&url, &[("query", query), ("time", &at)])
    }
}
