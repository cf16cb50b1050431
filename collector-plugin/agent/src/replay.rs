//! `scoutline replay FILE`: the same records again, without a kernel.

use std::fs::File;
use std::io::{self, BufReader};

use anyhow::Context as _;
use scoutline_detect::{Detector, Output as Detected};
use scoutline_semconv::{Resource, Value};

use crate::cli::{CommonArgs, Output, ReplayArgs};
use crate::commands::read_recipes;
use crate::config;
use crate::exit::Exit;
use crate::pipeline::{Export, Judge, Outlet, ReadError, Reader, Resources, WhenFull};
use crate::run::terminal;
use crate::start::exporters_runtime;
use crate::variables::Variables;

/// Replays a recording with the recipes of now.
///
/// Detections are printed, and written to `--otlp-dir`; no configured exporter gets them, since what it would
/// tell is over.
///
/// # Errors
/// If this is no recording, or it is damaged. What comes before the damage is replayed.
pub fn replay(
    args: &CommonArgs,
    replay: &ReplayArgs,
    variables: &Variables,
) -> anyhow::Result<Exit> {
    let config = config::load(args.config.as_deref(), variables)?.config;
    let recipes = read_recipes(args, &config)?;
    for diagnostic in &recipes.diagnostics {
        tracing::warn!("{diagnostic}");
    }
    let matcher = recipes.compile(&config.recipes.options)?;

    let at = || format!("cannot replay {}", replay.file.display());
    let file = File::open(&replay.file).with_context(at)?;
    let (mut reader, preamble) = Reader::new(BufReader::new(file)).with_context(at)?;
    let runtime = exporters_runtime()?;
    let export = Export::start(&[], replay.output.otlp_dir.clone(), runtime.handle())?;
    let attributes = preamble
        .resource
        .into_iter()
        .map(|(key, value)| (key.into(), Value::from(value)))
        .collect();
    let resources = Resources::new(
        Resource { attributes },
        preamble.facts.is_environment_configured,
    );
    let mut outlet = Outlet::new(resources, export.limits(), export.queues());
    let output = replay.output.output.unwrap_or(Output::Pretty);
    if let Some((output, lines)) = terminal(io::stdout(), output, args, WhenFull::Wait)? {
        outlet = outlet.print(output, lines);
    }

    let detector = Detector::new(matcher, preamble.facts, preamble.settings);
    let mut judge = Judge::new(detector);
    let mut out = Detected::default();
    let ended: Result<(), ReadError> = loop {
        let step = match reader.step() {
            Ok(Some(step)) => step,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        };
        if let Err(error) = judge.apply(step, &mut out) {
            tracing::error!(%error, "an event of the recording is skipped");
        }
        for record in out.records.drain(..) {
            outlet.take(&record)?;
        }
        for trace in out.traces.drain(..) {
            outlet.take_trace(&trace)?;
        }
        // They are of no use to anybody here.
        out = Detected::default();
        judge.detector().questions();
        judge.detector().forget();
    };
    outlet.finish();
    runtime.block_on(export.finish());
    ended.with_context(at)?;
    Ok(Exit::Fine)
}
