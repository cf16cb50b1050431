//! A program under test: what it says, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::PATIENCE;

/// A running program whose output is collected. Dropping it kills it.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    pidfd: OwnedFd,
    said: Arc<Said>,
}

/// How a program ended, and all that it said.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// All of its standard output.
    pub stdout: String,
    /// All of its standard error.
    pub stderr: String,
}

#[derive(Debug, Default)]
struct Said {
    streams: Mutex<Streams>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Streams {
    stdout: String,
    stderr: String,
    ended: usize,
}

impl Program {
    /// Starts it with its output collected; its standard input is empty unless `command` has one.
    ///
    /// # Errors
    /// If it can not be started.
    pub fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let starting = || format!("start {name}");
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(starting)?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let pid = pid.with_context(starting)?;
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).with_context(starting)?;
        let said = Arc::new(Said::default());
        if let Some(stdout) = child.stdout.take() {
            said.collect(stdout, |streams| &mut streams.stdout)?;
        }
        if let Some(stderr) = child.stderr.take() {
            said.collect(stderr, |streams| &mut streams.stderr)?;
        }
        Ok(Self {
            name,
            child,
            pidfd,
            said,
        })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until its standard error has a line with `text`, and returns the line.
    ///
    /// # Errors
    /// If it ends without saying that, or takes longer than [`PATIENCE`].
    pub fn wait_for_error_line(&self, text: &str) -> Result<String> {
        self.wait_for_line(text, |streams| &streams.stderr)
    }

    /// The same for its standard output.
    ///
    /// # Errors
    /// As [`Program::wait_for_error_line`].
    pub fn wait_for_output_line(&self, text: &str) -> Result<String> {
        self.wait_for_line(text, |streams| &streams.stdout)
    }

    fn wait_for_line(&self, text: &str, stream: impl Fn(&Streams) -> &String) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut streams = self.said.lock();
        loop {
            let has_ended = streams.ended == 2;
            let found = stream(&streams).lines().find(|line| line.contains(text));
            if let Some(line) = found {
                return Ok(line.to_owned());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if has_ended || left.is_zero() {
                bail!("{} never said `{text}`:\n{}", self.name, stream(&streams));
            }
            streams = self.said.wait(streams, left);
        }
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// If it has been waited for already.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        pidfd_send_signal(&self.pidfd, signal)
            .with_context(|| format!("send {signal:?} to {}", self.name))
    }

    /// Waits until it has ended and nobody holds its output open.
    ///
    /// # Errors
    /// If that takes longer than [`PATIENCE`].
    pub fn wait(&mut self) -> Result<Ended> {
        let status = self.wait_for_exit()?;
        let deadline = Instant::now() + PATIENCE;
        let mut streams = self.said.lock();
        while streams.ended < 2 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("{} has ended, but its output is still open", self.name);
            }
            streams = self.said.wait(streams, left);
        }
        Ok(Ended {
            code: status.code(),
            signal: status.signal(),
            stdout: streams.stdout.clone(),
            stderr: streams.stderr.clone(),
        })
    }

    fn wait_for_exit(&mut self) -> Result<ExitStatus> {
        let mut exit = [PollFd::new(&self.pidfd, PollFlags::IN)];
        let timeout = Timespec::try_from(PATIENCE)?;
        if poll(&mut exit, Some(&timeout))? == 0 {
            let streams = self.said.lock();
            bail!("{} does not end:\n{}", self.name, streams.stderr);
        }
        Ok(self.child.wait()?)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Said {
    fn lock(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        streams: MutexGuard<'a, Streams>,
        timeout: Duration,
    ) -> MutexGuard<'a, Streams> {
        let waited = self.more.wait_timeout(streams, timeout);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn collect(
        self: &Arc<Self>,
        stream: impl Read + Send + 'static,
        into: fn(&mut Streams) -> &mut String,
    ) -> Result<()> {
        let said = Arc::clone(self);
        thread::Builder::new().spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            // A pipe that fails has nothing more to say.
            while stream
                .read_until(b'\n', &mut line)
                .is_ok_and(|bytes| bytes > 0)
            {
                into(&mut said.lock()).push_str(&String::from_utf8_lossy(&line));
                said.more.notify_all();
                line.clear();
            }
            said.lock().ended += 1;
            said.more.notify_all();
        })?;
        Ok(())
    }
}
