//! How far a run got, for the next one: one line of JSON, written over the last.
//!
//! It is written when numbers were issued, and every few seconds while they are delivered. The kernel has it at once, so
//! that it outlives the sensor; a host that loses power may have an older one.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::private;

/// A longer line is no line of ours.
const LONGEST_LINE: u64 = 64 * 1024;

/// How far a run got.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// `scoutline.sensor.start_id`.
    pub start_id: String,
    /// The last `scoutline.sequence` that was issued.
    pub issued: u64,
    /// Up to here all were delivered, or are known to be lost.
    pub delivered: u64,
    /// It ended in order: what was not delivered is in `untold`.
    pub is_over: bool,
    /// Hash of recipes and configuration.
    pub settings: String,
    /// What is known to be lost, and nobody was told.
    pub untold: Vec<Untold>,
}

/// A loss that nobody was told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untold {
    /// `scoutline.loss.reason`.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// First and last number, if there are.
    pub sequences: Option<(u64, u64)>,
}

/// What is known of the run before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LastRun {
    /// There was none, or nobody remembers.
    #[default]
    Unknown,
    /// It left nothing that can be read.
    Damaged,
    /// How far it got.
    Known(Run),
}

/// Writes how far this run got.
#[derive(Debug)]
pub(super) struct RunFile {
    file: File,
}

impl RunFile {
    /// Opens the file; what the last run left in it.
    pub(super) fn open(path: &Path) -> io::Result<(Self, LastRun)> {
        let file = private().open(path)?;
        let mut text = String::new();
        let read = (&file).take(LONGEST_LINE).read_to_string(&mut text);
        let last = match text.lines().next() {
            None if read.is_ok() => LastRun::Unknown,
            line => match serde_json::from_str(line.unwrap_or_default()) {
                Ok(run) => LastRun::Known(run),
                Err(error) => {
                    tracing::warn!(%error, "what the last run left of itself is damaged");
                    LastRun::Damaged
                }
            },
        };
        Ok((Self { file }, last))
    }

    /// At once or not at all, if it is only this process that ends.
    pub(super) fn write(&mut self, run: &Run) -> io::Result<()> {
        let mut line = serde_json::to_vec(run)?;
        line.push(b'\n');
        // What is left of a longer line is behind the end of this one.
        self.file.write_all_at(&line, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(reasons: &[&str]) -> Run {
        let untold = |reason: &&str| Untold {
            reason: (*reason).to_owned(),
            count: 3,
            sequences: Some((4, 9)),
        };
        Run {
            start_id: "s".to_owned(),
            issued: 9,
            delivered: 3,
            is_over: true,
            settings: "h".to_owned(),
            untold: reasons.iter().map(untold).collect(),
        }
    }

    #[test]
    fn the_last_line_counts_however_long_the_one_before_was() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("run");
        let (mut file, last) = RunFile::open(&path)?;
        assert_eq!(last, LastRun::Unknown);
        file.write(&run(&["shutdown", "queue_full"]))?;
        let (mut file, last) = RunFile::open(&path)?;
        assert_eq!(last, LastRun::Known(run(&["shutdown", "queue_full"])));
        file.write(&run(&[]))?;
        assert_eq!(RunFile::open(&path)?.1, LastRun::Known(run(&[])));
        Ok(())
    }

    #[test]
    fn a_damaged_file_is_no_clean_end() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("run");
        for damaged in [
            &b"{\"start_id\": \"s\"}\n"[..],
            b"\xff\n",
            b"{\"start",
            b"\n",
        ] {
            std::fs::write(&path, damaged)?;
            assert_eq!(RunFile::open(&path)?.1, LastRun::Damaged, "{damaged:?}");
        }
        Ok(())
    }
}
