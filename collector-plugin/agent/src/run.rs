//! `scoutline run`: watch this host until told to stop.

use std::io;

use scoutline_detect::Scope;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{CommonArgs, Output, RunArgs};
use crate::exit::Exit;
use crate::pipeline::{Lines, WhenFull};
use crate::start::{Prepared, exporters_runtime, tell_losses};
use crate::variables::Variables;

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// If the sensor cannot start, or breaks down.
pub fn run(args: &CommonArgs, run: &RunArgs, variables: &Variables) -> anyhow::Result<Exit> {
    let watch = &run.watch;
    let prepared = Prepared::new(args, variables)?;
    let runtime = exporters_runtime()?;
    let export = prepared.export(watch, runtime.handle())?;
    // Whoever configured no exporter wants to see something.
    let output = watch
        .output
        .output
        .unwrap_or(if prepared.exporters(watch).is_empty() {
            Output::Pretty
        } else {
            Output::None
        });
    let lines = terminal(output, args, WhenFull::Drop)?;

    runtime.block_on(async {
        // Before it watches: a signal from here on ends it in order.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut watching = prepared.watch(watch, Scope::Host, &export, lines, false)?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = watching.broken() => {}
        }
        // Short, and the exporters' queues take what comes meanwhile.
        let watched = watching.stop()?;
        let delivered = export.finish().await;
        tell_losses(&watched, &delivered);
        Ok(Exit::Fine)
    })
}

/// A terminal on stdout, if anything is to be printed.
pub(crate) fn terminal(
    output: Output,
    args: &CommonArgs,
    when_full: WhenFull,
) -> io::Result<Option<(Output, Lines)>> {
    if output == Output::None {
        return Ok(None);
    }
    let stdout = anstream::AutoStream::new(io::stdout(), args.color.into());
    Ok(Some((output, Lines::start(stdout, when_full)?)))
}

/// The same on stderr: stdout belongs to CMD.
pub(crate) fn stderr(output: Output, args: &CommonArgs) -> io::Result<Option<(Output, Lines)>> {
    if output == Output::None {
        return Ok(None);
    }
    let stderr = anstream::AutoStream::new(io::stderr(), args.color.into());
    Ok(Some((output, Lines::start(stderr, WhenFull::Drop)?)))
}
