//! A real OpenTelemetry Collector on this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::backend::backend;
use crate::program::Program;
use crate::received::{Numbered, Told};
use crate::records::{Lines, Records};
use crate::span::ReceivedSpan;

/// What a Collector says once its receivers listen.
const READY: &str = "Everything is ready";

/// A Collector with ports of its own that writes all log records into a file. It can end and come back.
#[derive(Debug)]
pub struct Collector {
    binary: PathBuf,
    directory: TempDir,
    grpc_port: u16,
    http_port: u16,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    program: Option<Program>,
}

impl Collector {
    /// Path of the Collector's program.
    ///
    /// # Errors
    /// If it can not be built here.
    pub fn build() -> Result<PathBuf> {
        backend("collector")
    }

    /// Prepares one that does not run yet: its ports are free.
    ///
    /// # Errors
    /// If there are no ports, or no room for its files.
    pub fn prepare(binary: &Path) -> Result<Self> {
        // Both at once, so that they differ.
        let (grpc, http) = (free_port()?, free_port()?);
        let mut collector = Self {
            binary: binary.to_owned(),
            directory: TempDir::new()?,
            grpc_port: grpc.local_addr()?.port(),
            http_port: http.local_addr()?.port(),
            arguments: Vec::new(),
            variables: Vec::new(),
            program: None,
        };
        let config = collector.path("collector.yaml");
        for file in [collector.file(), collector.path("traces.jsonl")] {
            fs::write(file, "")?;
        }
        fs::write(&config, collector.config())?;
        collector.arguments = vec!["--config".to_owned(), config.display().to_string()];
        Ok(collector)
    }

    /// Starts one with a configuration from a file, but for the ports in it, which may be in use here. `variables` are what
    /// it reads from its environment, beside `DIRECTORY`, which is [`Collector::directory`].
    ///
    /// # Errors
    /// If it does not become ready.
    pub fn deploy(binary: &Path, config: &Path, variables: &[(&str, String)]) -> Result<Self> {
        Self::layered(binary, &[config], &[], variables)
    }

    /// The same with files on top of each other, and settings on top of these: `key=value`, with dots between keys.
    ///
    /// # Errors
    /// If it does not become ready.
    pub fn layered(
        binary: &Path,
        configs: &[&Path],
        settings: &[&str],
        variables: &[(&str, String)],
    ) -> Result<Self> {
        let mut collector = Self::prepare(binary)?;
        for (name, value) in variables {
            let variable = ((*name).to_owned(), value.clone());
            collector.variables.push(variable);
        }
        let health = free_port()?.local_addr()?.port();
        let mut arguments = Vec::new();
        for config in configs {
            arguments.extend(["--config".to_owned(), config.display().to_string()]);
        }
        for (key, port) in [
            (
                "receivers.otlp.protocols.grpc.endpoint",
                collector.grpc_port,
            ),
            (
                "receivers.otlp.protocols.http.endpoint",
                collector.http_port,
            ),
            ("extensions.health_check.endpoint", health),
        ] {
            arguments.push(format!("--set={key}=127.0.0.1:{port}"));
        }
        // It would show its own figures on a port that is always the same.
        let quiet = "service.telemetry.metrics.level=none";
        let settings = settings.iter().chain([&quiet]);
        arguments.extend(settings.map(|setting| format!("--set={setting}")));
        collector.arguments = arguments;
        collector.resume()?;
        Ok(collector)
    }

    /// Prepares one and starts it.
    ///
    /// # Errors
    /// If it does not become ready.
    pub fn start(binary: &Path) -> Result<Self> {
        let mut collector = Self::prepare(binary)?;
        collector.resume()?;
        Ok(collector)
    }

    /// Starts it, or starts it again where it was.
    ///
    /// # Errors
    /// If it runs already, or does not become ready.
    pub fn resume(&mut self) -> Result<()> {
        ensure!(self.program.is_none(), "the Collector runs already");
        // A killed one leaves it behind, and the next could not bind it.
        let _ = fs::remove_file(self.socket());
        let mut command = Command::new(&self.binary);
        command.args(&self.arguments);
        // What the shipped configuration asks for.
        command.env("SCOUTLINE_RECORDS", self.file());
        command.env("SCOUTLINE_SPOOL", self.path("spool"));
        command.env("DIRECTORY", self.directory());
        let variables = self.variables.iter();
        command.envs(variables.map(|(name, value)| (name, value)));
        let program = Program::start(command.stdin(Stdio::null()))?;
        program.wait_for_error_line(READY)?;
        self.program = Some(program);
        Ok(())
    }

    /// Ends it without a warning.
    ///
    /// # Errors
    /// If it does not run.
    pub fn kill(&mut self) -> Result<()> {
        let mut program = self.program.take().context("the Collector does not run")?;
        program.signal(Signal::KILL)?;
        program.wait()?;
        Ok(())
    }

    /// Waits until it has said this since it was started last, and returns the line.
    ///
    /// # Errors
    /// If it does not run, or takes longer than [`crate::PATIENCE`].
    pub fn wait_for_line(&self, text: &str) -> Result<String> {
        let program = self.program.as_ref();
        let program = program.context("the Collector does not run")?;
        program.wait_for_error_line(text)
    }

    /// Where it takes OTLP over gRPC.
    pub fn grpc(&self) -> String {
        format!("http://127.0.0.1:{}", self.grpc_port)
    }

    /// Where it takes OTLP over HTTP.
    pub fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.http_port)
    }

    /// Where it takes OTLP over gRPC as well.
    pub fn unix(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// The detections that it has written, over all its lives.
    ///
    /// # Errors
    /// If the file can not be followed.
    pub fn records(&self) -> Result<Records> {
        Records::follow(&self.file())
    }

    /// What sensors told it of themselves.
    ///
    /// # Errors
    /// If the file can not be followed.
    pub fn told(&self) -> Result<Lines<Told>> {
        Lines::follow(&self.file())
    }

    /// Waits until all records of all sensors are in its file, which have to have ended.
    ///
    /// # Errors
    /// If that takes longer than [`crate::PATIENCE`].
    pub fn wait_for_last(&self) -> Result<()> {
        let mut numbers = Lines::<Numbered>::follow(&self.file())?;
        numbers.wait_until("all numbers of each run", |all| {
            let mut runs = BTreeMap::<_, (BTreeSet<i64>, i64)>::new();
            for it in all {
                let (numbers, last) = runs.entry(&it.start).or_default();
                numbers.insert(it.sequence);
                if it.is_last {
                    *last = it.sequence;
                }
            }
            let is_whole =
                |(numbers, last): &(BTreeSet<i64>, i64)| numbers.iter().copied().eq(1..=*last);
            !runs.is_empty() && runs.values().all(is_whole)
        })?;
        Ok(())
    }

    /// The spans in its other file, as they come.
    ///
    /// # Errors
    /// If the file can not be watched.
    pub fn spans(&self) -> Result<Lines<ReceivedSpan>> {
        Lines::follow(&self.path("traces.jsonl"))
    }

    /// A directory that lives as long as this.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Its file: one OTLP/JSON message a line.
    pub fn file(&self) -> PathBuf {
        self.path("records.jsonl")
    }

    /// Its file of metrics.
    pub fn metrics_file(&self) -> PathBuf {
        self.path("metrics.jsonl")
    }

    fn socket(&self) -> PathBuf {
        self.path("otlp.sock")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory().join(name)
    }

    fn config(&self) -> String {
        let (grpc, http) = (self.grpc_port, self.http_port);
        let (file, socket) = (self.file(), self.socket());
        format!(
            "receivers:
  otlp:
    protocols:
      grpc: {{endpoint: 127.0.0.1:{grpc}}}
      http: {{endpoint: 127.0.0.1:{http}}}
  otlp/unix:
    protocols:
      grpc: {{endpoint: {socket}, transport: unix}}
exporters:
  file: {{path: {file}, append: true, flush_interval: 10ms}}
  file/traces: {{path: {traces}, append: true, flush_interval: 10ms}}
  file/metrics: {{path: {metrics}, append: true, flush_interval: 10ms}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines:
    logs: {{receivers: [otlp, otlp/unix], exporters: [file]}}
    traces: {{receivers: [otlp, otlp/unix], exporters: [file/traces]}}
    metrics: {{receivers: [otlp, otlp/unix], exporters: [file/metrics]}}
",
            socket = socket.display(),
            file = file.display(),
            traces = file.with_file_name("traces.jsonl").display(),
            metrics = file.with_file_name("metrics.jsonl").display(),
        )
    }
}

/// A port that nobody uses, held until it is dropped.
///
/// # Errors
/// If there is none.
pub fn free_port() -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("find a free port")
}
