//! OTLP/JSON lines in a file.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::error::SendError;
use super::{Acknowledgement, Transmit, json};

/// Name of the file in its directory: one signal a file, as the OTLP file exporter has it.
pub const LOGS_FILE: &str = "logs.jsonl";

/// Readable by the group: what is in it tells an attacker what has been seen.
const MODE: u32 = 0o640;

/// Appends to one file. It is opened for each batch, so that it can be moved away at any time.
#[derive(Clone, Debug)]
pub(super) struct File {
    path: PathBuf,
}

impl File {
    pub(super) fn new(directory: &Path) -> Self {
        Self {
            path: directory.join(LOGS_FILE),
        }
    }
}

impl Transmit for File {
    async fn send(&self, request: Bytes) -> Result<Acknowledgement, SendError> {
        let path = self.path.clone();
        let write = tokio::task::spawn_blocking(move || {
            // An empty request asks whether the file could be written.
            let line = if request.is_empty() {
                Vec::new()
            } else {
                json::line(request)?
            };
            append(&path, &line).map_err(|source| SendError::Write { path, source })
        });
        match write.await {
            Ok(result) => result.map(|()| Acknowledgement::default()),
            Err(error) => Err(SendError::Write {
                path: self.path.clone(),
                source: error.into(),
            }),
        }
    }

    fn concurrency(&self, _asked: usize) -> usize {
        1
    }
}

/// Appends whole lines only: what a full disk let through of a line is taken back, and a line that a crash tore
/// is ended first.
fn append(path: &Path, line: &[u8]) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(MODE)
        .open(path)?;
    let end = file.seek(SeekFrom::End(0))?;
    let torn = end > 0 && !line.is_empty() && {
        let mut last = [0];
        file.seek(SeekFrom::Start(end - 1))?;
        file.read_exact(&mut last)?;
        last != *b"\n"
    };
    let written = if torn { file.write_all(b"\n") } else { Ok(()) }
        .and_then(|()| file.write_all(line))
        .and_then(|()| file.flush());
    if written.is_err() {
        // The first error says more than one of taking back.
        let _ = file.set_len(end);
    }
    written
}
