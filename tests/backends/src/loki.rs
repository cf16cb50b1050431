//! A real Loki on this machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use scoutline_e2e::{PATIENCE, Program, backend, free_port};
use tempfile::TempDir;

use crate::answer::{Answer, PAUSE, ask, wait_until_ready};

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/loki/loki.yaml");

/// As Loki has it.
const BLOCK_BYTES: u32 = 262_144;

/// Lines in one answer: as many as the dashboards show.
const LIMIT: &str = "200";

/// A Loki with a folder of its own.
#[derive(Debug)]
pub struct Loki {
    _program: Program,
    _directory: TempDir,
    address: String,
}

impl Loki {
    /// Path of Loki's program.
    ///
    /// # Errors
    /// If it can not be built here.
    pub fn build() -> Result<PathBuf> {
        backend("loki")
    }

    /// Starts one.
    ///
    /// # Errors
    /// If it does not become ready.
    pub fn start(binary: &Path) -> Result<Self> {
        Self::start_with_blocks(binary, BLOCK_BYTES)
    }

    /// Starts one whose chunks have blocks of that size: a part of a day is read faster from small ones, but whatever comes
    /// twice is there twice if a block ended in between.
    ///
    /// # Errors
    /// If it does not become ready.
    pub fn start_with_blocks(binary: &Path, bytes: u32) -> Result<Self> {
        let directory = TempDir::new()?;
        // Both at once, so that they differ. Its parts find each other by them, so it cannot choose.
        let (http, grpc) = (free_port()?, free_port()?);
        let ports = [&http, &grpc].map(|it| it.local_addr().map(|it| it.port().to_string()));
        let [http_port, grpc_port] = ports;
        let (http_port, grpc_port) = (http_port?, grpc_port?);
        drop((http, grpc));
        let mut command = Command::new(binary);
        command
            .arg(format!("-config.file={CONFIG}"))
            .arg("-config.expand-env=true")
            .env("DIRECTORY", directory.path())
            .env("BLOCK_BYTES", bytes.to_string())
            .env("HTTP_PORT", &http_port)
            .env("GRPC_PORT", grpc_port);
        let loki = Self {
            _program: Program::start(command.stdin(Stdio::null()))?,
            _directory: directory,
            address: format!("http://127.0.0.1:{http_port}"),
        };
        wait_until_ready(&format!("{}/ready", loki.address))?;
        Ok(loki)
    }

    /// Where it is asked.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where it takes OTLP over HTTP.
    pub fn otlp(&self) -> String {
        format!("{}/otlp", self.address)
    }

    /// Asks a question at a time, nanoseconds since the Unix epoch. Records are looked for in `window` before it; a metric
    /// says itself how far it looks.
    ///
    /// # Errors
    /// If Loki does not take the query.
    pub fn query(&self, query: &str, at: u64, window: Duration) -> Result<Answer> {
        // Only a metric has a value at one time.
        if !query.trim_start().starts_with('{') {
            let url = format!("{}/loki/api/v1/query", self.address);
            let at = at.to_string();
            return ask(&url, &[("query", query), ("time", &at)]);
        }
        self.query_range(query, at, window, window)
    }

    /// Asks as a panel over time does: every `step` of the `window` that ends at a time.
    ///
    /// # Errors
    /// If Loki does not take the query.
    pub fn query_range(
        &self,
        query: &str,
        at: u64,
        window: Duration,
        step: Duration,
    ) -> Result<Answer> {
        let url = format!("{}/loki/api/v1/query_range", self.address);
        let from = at.saturating_sub(u64::try_from(window.as_nanos())?);
        let (from, at) = (from.to_string(), at.to_string());
        let step = step.as_secs_f64().to_string();
        let parameters = [("start", &*from), ("end", &at), ("step", &step)];
        let parameters = [&[("query", query), ("limit", LIMIT)][..], &parameters].concat();
        ask(&url, &parameters)
    }

    /// Asks until the first row has this value.
    ///
    /// # Errors
    /// If that takes longer than [`PATIENCE`].
    pub fn wait_for_value(&self, query: &str, at: u64, expected: f64) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.query(query, at, Duration::ZERO)?;
            let found = answer.rows.first().and_then(|row| row.value).unwrap_or(0.0);
            if (found - expected).abs() < 0.5 {
                return Ok(());
            }
            if Instant::now() >= deadline {
                bail!("waited for {expected} as the answer to {query}, got {found}");
            }
            thread::sleep(PAUSE);
        }
    }
}
