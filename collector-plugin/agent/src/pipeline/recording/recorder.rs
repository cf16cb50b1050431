//! The recording that a sensor makes while it runs, if it is to make one.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use super::Writer;
use crate::pipeline::judge::Step;

/// Writes each step, or does nothing. A disk that is full ends the recording, not the sensor.
#[derive(Debug, Default)]
pub struct Recorder {
    path: PathBuf,
    writer: Option<Writer<BufWriter<File>>>,
    has_failed: bool,
}

impl Recorder {
    /// Records with `writer` to the file at `path`.
    pub fn to(path: &Path, writer: Writer<BufWriter<File>>) -> Self {
        Self {
            path: path.to_owned(),
            writer: Some(writer),
            has_failed: false,
        }
    }

    /// Appends a step. The first that cannot be written is told, and is the last.
    pub fn write(&mut self, step: &Step<'_>) {
        if let Some(writer) = &mut self.writer
            && let Err(error) = writer.write(step)
        {
            self.fail(&error);
        }
    }

    /// Hands everything to the system; whether all steps are recorded, if they were to be.
    pub fn finish(&mut self) -> bool {
        if let Some(writer) = self.writer.take()
            && let Err(error) = writer.finish()
        {
            self.fail(&error);
        }
        !self.has_failed
    }

    fn fail(&mut self, error: &std::io::Error) {
        let path = self.path.display();
        tracing::error!(%error, "the recording ends here, {path} can be replayed up to this point");
        self.writer = None;
        self.has_failed = true;
    }
}
