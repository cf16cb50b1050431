//! `scoutline exec -- CMD`: watch one command and everything it starts, then sum up.

use std::fs;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use scoutline_detect::Scope;
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

use crate::cli::{CommonArgs, ExecArgs, Format, Output, SummaryArg};
use crate::exit::Exit;
use crate::losses;
use crate::pipeline::WhenFull;
use crate::run::terminal;
use crate::start::{Prepared, Watching, exporters_runtime};
use crate::summary::{FailOn, Report};
use crate::variables::Variables;

/// As a shell says that a command could not be started, or is not there.
const NOT_STARTED: u8 = 126;
const NOT_FOUND: u8 = 127;
const BY_SIGNAL: i32 = 128;

/// Runs CMD under the sensor; returns when it has ended.
///
/// # Errors
/// If the sensor cannot start or breaks down, or a summary cannot be written. CMD's own failure is no error.
pub fn exec(args: &CommonArgs, exec: &ExecArgs, variables: &Variables) -> anyhow::Result<Exit> {
    let watch = &exec.watch;
    let prepared = Prepared::new(args, variables)?;
    let runtime = exporters_runtime()?;
    let export = prepared.export(watch, runtime.handle())?;
    // stdout belongs to CMD.
    let output = watch.output.output.unwrap_or(Output::None);
    let lines = terminal(io::stderr(), output, args, WhenFull::Drop)?;

    runtime.block_on(async {
        let mut forwarded = Forwarded::new()?;
        let mut watching = prepared.watch(watch, Scope::Tree, &export, lines, true)?;
        // The sensor is attached: nothing that CMD does is missed.
        let code = match start(exec) {
            Ok(child) => wait(child, &mut forwarded, &mut watching).await?,
            Err(error) => {
                let command = exec.command.first().map(|name| name.to_string_lossy());
                tracing::error!(%error, "cannot start {}", command.unwrap_or_default());
                match error.kind() {
                    io::ErrorKind::NotFound => NOT_FOUND,
                    _ => NOT_STARTED,
                }
            }
        };
        let watched = watching.stop().await?;
        let delivered = export.finish().await;
        losses::tell(&watched, &delivered);
        let fail_on = exec.fail_on.map(|severity| FailOn {
            severity,
            code: exec.fail_exit_code,
        });
        let lost_events = watched.lost_events();
        let report = watched
            .summary
            .unwrap_or_default()
            .finish(code, fail_on, lost_events);
        for summary in &exec.summary {
            write_summary(summary, &report, args)?;
        }
        Ok(report.exit())
    })
}

/// CMD inherits everything: stdin, stdout, stderr, terminal, process group and credentials.
fn start(exec: &ExecArgs) -> io::Result<Child> {
    let (program, arguments) = exec
        .command
        .split_first()
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no command"))?;
    Command::new(program).args(arguments).spawn()
}

async fn wait(
    mut child: Child,
    forwarded: &mut Forwarded,
    watching: &mut Watching,
) -> anyhow::Result<u8> {
    let pid = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    let mut is_watched = true;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(shell_code(status?)),
            signal = forwarded.next() => if let (Some(pid), Some(signal)) = (pid, signal) {
                // It may have ended in between.
                let _ = kill_process(pid, signal);
            },
            () = watching.broken(), if is_watched => {
                is_watched = false;
                tracing::error!("the sensor broke down; the command goes on unwatched");
            }
        }
    }
}

/// What a shell puts into `$?`.
fn shell_code(status: ExitStatus) -> u8 {
    let code = match (status.code(), status.signal()) {
        (Some(code), _) => code,
        (None, Some(signal)) => BY_SIGNAL + signal,
        (None, None) => i32::from(Exit::Failed.code()),
    };
    u8::try_from(code).unwrap_or(u8::MAX)
}

/// Signals that somebody may send to us alone, and means CMD. SIGINT and SIGQUIT come from the terminal, which
/// sends them to CMD as well: they are caught, so that the summary is still written, and not forwarded.
struct Forwarded {
    terminate: Signals,
    hangup: Signals,
    interrupt: Signals,
    quit: Signals,
}

impl Forwarded {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    async fn next(&mut self) -> Option<Signal> {
        tokio::select! {
            _ = self.terminate.recv() => Some(Signal::TERM),
            _ = self.hangup.recv() => Some(Signal::HUP),
            _ = self.interrupt.recv() => None,
            _ = self.quit.recv() => None,
        }
    }
}

fn write_summary(summary: &SummaryArg, report: &Report, args: &CommonArgs) -> anyhow::Result<()> {
    let text = match summary.format {
        Format::Text => report.to_string(),
        Format::Json => format!("{}\n", report.to_json()?),
    };
    match &summary.file {
        Some(path) => fs::write(path, anstream::adapter::strip_str(&text).to_string())
            .with_context(|| format!("cannot write the summary to {}", path.display())),
        None => {
            let mut stderr = anstream::AutoStream::new(io::stderr(), args.color.into());
            // CMD has run and its code counts, whether or not somebody still reads.
            let _ = stderr.write_all(text.as_bytes());
            Ok(())
        }
    }
}
