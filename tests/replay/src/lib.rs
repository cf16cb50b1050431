//! Replays the corpus: what a kernel once said, on any machine and without root.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Parser as _;
use scoutline::cli::{Cli, Command};
use scoutline::variables::Variables;
use tempfile::TempDir;

/// Recordings, each with what it has to give: one log record a line, then one span a line.
pub const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../corpus");

/// Every recording of the corpus, and where what it has to give is.
///
/// # Errors
/// If the corpus cannot be read.
pub fn recordings() -> anyhow::Result<Vec<(PathBuf, PathBuf)>> {
    let mut recordings = Vec::new();
    for entry in fs::read_dir(CORPUS)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rec") {
            let expected = path.with_extension("jsonl");
            recordings.push((path, expected));
        }
    }
    Ok(recordings)
}

/// What a recording gives, as it would be sent: requests in OTLP/JSON, one a line.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// Of log records.
    pub logs: String,
    /// Of spans.
    pub traces: String,
}

/// What `scoutline replay` writes of a recording.
///
/// # Errors
/// If the recording cannot be replayed.
pub fn requests(recording: &Path) -> anyhow::Result<Replayed> {
    let directory = TempDir::new()?;
    // No configuration or a variable of whoever runs the tests.
    let config = directory.path().join("scoutline.yaml");
    fs::write(&config, "{}\n")?;
    let words = ["scoutline", "replay", "--output", "none", "--otlp-dir"].map(Path::new);
    let rest = [directory.path(), Path::new("--config"), &config, recording];
    let cli = Cli::try_parse_from(words.into_iter().chain(rest))?;
    let Command::Replay(args) = &cli.command else {
        anyhow::bail!("the command line means something else now");
    };
    scoutline::replay::replay(&cli.common, args, &Variables::default())?;

    let logs = directory.path().join("logs.jsonl");
    let traces = directory.path().join("traces.jsonl");
    Ok(Replayed {
        logs: fs::read_to_string(&logs).context("the replay wrote no records")?,
        traces: fs::read_to_string(&traces).context("the replay wrote no spans")?,
    })
}

/// The log records and spans of a recording, one a line, as `scoutline replay` writes them.
///
/// # Errors
/// If the recording cannot be replayed.
pub fn replay(recording: &Path) -> anyhow::Result<String> {
    let Replayed { logs, traces } = requests(recording)?;
    let mut items = Vec::new();
    for line in logs.lines() {
        items.extend(scoutline_live::raw_records(line)?);
    }
    for line in traces.lines() {
        items.extend(scoutline_live::raw_spans(line)?);
    }
    items.push("");
    Ok(items.join("\n"))
}
