//! `scoutline run`: watch this host until told to stop.

use std::io;

use anstream::AutoStream;
use anstream::stream::{AsLockedWrite, RawStream};
use scoutline_detect::Scope;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{CommonArgs, Output, RunArgs};
use crate::exit::Exit;
use crate::losses;
use crate::pipeline::{Lines, WhenFull};
use crate::start::{Prepared, exporters_runtime};
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
    let lines = terminal(io::stdout(), output, args, WhenFull::Drop)?;

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
        let watched = watching.stop().await?;
        let delivered = export.finish().await;
        losses::tell(&watched, &delivered);
        let is_recorded = watched.is_recorded;
        watched.close();
        Ok(if is_recorded {
            Exit::Fine
        } else {
            Exit::Failed
        })
    })
}

/// Prints to `stream`, stdout or stderr, if anything is to be printed.
pub(crate) fn terminal<S: RawStream + AsLockedWrite + Send + 'static>(
    stream: S,
    output: Output,
    args: &CommonArgs,
    when_full: WhenFull,
) -> io::Result<Option<(Output, Lines)>> {
    if output == Output::None {
        return Ok(None);
    }
    let stream = AutoStream::new(stream, args.color.into());
    Ok(Some((output, Lines::start(stream, when_full)?)))
}
