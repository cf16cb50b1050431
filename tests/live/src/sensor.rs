//! One sensor for as long as it is needed.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::mem::MaybeUninit;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::{Arrivals, Record};

/// The verifier of a busy machine takes its time.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A running sensor and what it says.
#[derive(Debug)]
pub struct Sensor {
    process: Child,
    directory: TempDir,
    records: Arc<Arrivals<Record>>,
    log: Arc<Arrivals<Value>>,
    follower: JoinHandle<io::Result<()>>,
    /// Dropping it ends the follower.
    until: io::PipeWriter,
    hook_exec: String,
    hook_open: String,
}

/// What a sensor leaves behind.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// Its own log, warnings and errors only.
    pub complaints: Vec<String>,
    /// Where `logs.jsonl` is.
    pub directory: TempDir,
}

impl Ended {
    /// Whether it ended well and had nothing to complain of, losses above all.
    ///
    /// # Errors
    /// Says what it said.
    pub fn unhurt(&self) -> Result<(), String> {
        if self.status.success() && self.complaints.is_empty() {
            return Ok(());
        }
        Err(format!(
            "the sensor ended with {}, and said: {:#?}",
            self.status, self.complaints
        ))
    }
}

/// Why there is no sensor.
#[derive(Debug, thiserror::Error)]
pub enum SensorError {
    /// Something that it needs cannot be had.
    #[error("run the sensor {program}: {source}")]
    Run {
        /// The sensor.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It ended, or said nothing for a minute.
    #[error("the sensor does not watch; it said: {log:#?}")]
    NotWatching {
        /// What it said.
        log: Vec<String>,
    },
    /// The records could not be read.
    #[error("read the records of the sensor: {0}")]
    Follow(io::Error),
}

impl Sensor {
    /// Starts `program` with detections that are summed up for `window`, and waits until it watches.
    ///
    /// # Errors
    /// If it cannot be started, or does not watch.
    pub fn start(
        program: &Path,
        window: Duration,
        arguments: &[&str],
    ) -> Result<Self, SensorError> {
        Self::spawn(program, window, arguments)
            .map_err(|source| SensorError::Run {
                program: program.to_owned(),
                source,
            })?
            .watching()
    }

    fn spawn(program: &Path, window: Duration, arguments: &[&str]) -> io::Result<Self> {
        let directory = TempDir::with_prefix("live-")?;
        let config = directory.path().join("scoutline.yaml");
        std::fs::write(
            &config,
            format!("detection: {{window: {}ms}}\n", window.as_millis()),
        )?;

        let records = Arc::new(Arrivals::default());
        let (ended, until) = io::pipe()?;
        let lines = Lines::new(directory.path())?;
        let follower = thread::spawn({
            let records = Arc::clone(&records);
            move || lines.follow(&ended, &records)
        });

        let mut process = Command::new(program)
            .args(["run", "--no-export", "--output", "none"])
            .args(["--log-format", "json", "--config"])
            .arg(&config)
            .arg("--otlp-dir")
            .arg(directory.path())
            .args(arguments)
            .current_dir("/")
            .env("STATE_DIRECTORY", directory.path().join("state"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let log = Arc::new(Arrivals::default());
        if let Some(stderr) = process.stderr.take() {
            let log = Arc::clone(&log);
            thread::spawn(move || read_log(stderr, &log));
        }
        Ok(Self {
            process,
            directory,
            records,
            log,
            follower,
            until,
            hook_exec: String::new(),
            hook_open: String::new(),
        })
    }

    fn watching(mut self) -> Result<Self, SensorError> {
        let watching = self.log.wait(START_LIMIT, |lines| {
            lines
                .iter()
                .map(|line| line.get("fields").unwrap_or(line))
                .find(|fields| fields.get("message").and_then(Value::as_str) == Some("watching"))
                .cloned()
        });
        let Some(fields) = watching else {
            // Without effect if it has ended by itself.
            let _ = self.process.kill();
            let _ = self.process.wait();
            let log = self
                .log
                .with(|lines| lines.iter().map(Value::to_string).collect());
            return Err(SensorError::NotWatching { log });
        };
        let hook = |family| {
            let name = fields.get(family).and_then(Value::as_str);
            name.unwrap_or_default().to_owned()
        };
        self.hook_exec = hook("executions");
        self.hook_open = hook("opens");
        Ok(self)
    }

    /// Everything that it has found so far.
    pub fn records(&self) -> &Arrivals<Record> {
        &self.records
    }

    /// What it says sees executions.
    pub fn hook_exec(&self) -> &str {
        &self.hook_exec
    }

    /// What it says sees opens.
    pub fn hook_open(&self) -> &str {
        &self.hook_open
    }

    /// Ends it as a service manager does.
    ///
    /// # Errors
    /// If its records could not be read.
    pub fn stop(mut self) -> Result<Ended, SensorError> {
        if let Some(pid) = i32::try_from(self.process.id())
            .ok()
            .and_then(Pid::from_raw)
        {
            // Fails only if it has ended, which its status tells.
            let _ = kill_process(pid, Signal::TERM);
        }
        let status = self.process.wait().map_err(SensorError::Follow)?;
        drop(self.until);
        match self.follower.join() {
            Ok(followed) => followed.map_err(SensorError::Follow)?,
            Err(_) => {
                return Err(SensorError::Follow(io::Error::other(
                    "the reader broke down",
                )));
            }
        }
        // Its log ends with it.
        self.log.wait(START_LIMIT, |_| None::<()>);
        let is_complaint =
            |line: &&Value| line.get("level").and_then(Value::as_str) != Some("INFO");
        let complaints = self.log.with(|lines| {
            let complaints = lines.iter().filter(is_complaint);
            complaints.map(Value::to_string).collect()
        });
        Ok(Ended {
            status,
            complaints,
            directory: self.directory,
        })
    }
}

fn read_log(stderr: ChildStderr, log: &Arrivals<Value>) {
    for line in BufReader::new(stderr).lines() {
        let Ok(line) = line else { break };
        // What is no JSON, a panic for one, is kept as it is.
        log.push(serde_json::from_str(&line).unwrap_or(Value::String(line)));
    }
    log.end();
}

/// The lines of a file that others append to.
struct Lines {
    path: PathBuf,
    watch: rustix::fd::OwnedFd,
}

impl Lines {
    fn new(directory: &Path) -> io::Result<Self> {
        let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        inotify::add_watch(&watch, directory, WatchFlags::CREATE | WatchFlags::MODIFY)?;
        Ok(Self {
            path: directory.join("logs.jsonl"),
            watch,
        })
    }

    /// Reads until nobody holds the other end of `ended`, and then what is left.
    fn follow(self, ended: &io::PipeReader, records: &Arrivals<Record>) -> io::Result<()> {
        let result = self.read(ended, records);
        records.end();
        result
    }

    fn read(&self, ended: &io::PipeReader, records: &Arrivals<Record>) -> io::Result<()> {
        let mut file = None;
        let mut line = Vec::new();
        let mut is_last = false;
        loop {
            if file.is_none() {
                file = File::open(&self.path).ok().map(BufReader::new);
            }
            while let Some(file) = &mut file
                && file.read_until(b'\n', &mut line)? > 0
            {
                // A line of which only a part is written goes on with the next read.
                if line.ends_with(b"\n") {
                    let text = std::str::from_utf8(&line).map_err(io::Error::other)?;
                    for record in Record::of_line(text).map_err(io::Error::other)? {
                        records.push(record);
                    }
                    line.clear();
                }
            }
            if is_last {
                return Ok(());
            }
            is_last = self.wait(ended)?;
        }
    }

    /// Waits for something to read; whether it is the last.
    fn wait(&self, ended: &io::PipeReader) -> io::Result<bool> {
        let mut fds = [
            PollFd::new(&self.watch, PollFlags::IN),
            PollFd::from_borrowed_fd(ended.as_fd(), PollFlags::IN),
        ];
        poll(&mut fds, None)?;
        let is_last = !fds[1].revents().is_empty();
        // What happened does not matter, only that something did.
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(&self.watch, &mut buffer);
        while events.next().is_ok() {}
        Ok(is_last)
    }
}
