//! OTLP/JSON lines in files, one for each signal.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::error::SendError;
use super::{Acknowledgement, Transmit, json};
use crate::signal::Signal;

/// Readable by the group: what is in it tells an attacker what has been seen.
const MODE: u32 = 0o640;

/// Appends to the files in one directory. They are opened for each batch, so that they can be moved away at any time.
#[derive(Clone, Debug)]
pub(super) struct File {
    directory: PathBuf,
}

impl File {
    pub(super) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
        }
    }
}

impl File {
    /// The directory, for people.
    pub(super) fn shown(&self) -> String {
        self.directory.display().to_string()
    }
}

impl Transmit for File {
    async fn send(&self, signal: Signal, request: Bytes) -> Result<Acknowledgement, SendError> {
        let path = self.directory.join(signal.file_name());
        let shown = path.clone();
        let write = tokio::task::spawn_blocking(move || {
            // An empty request asks whether the file could be written.
            let line = if request.is_empty() {
                Vec::new()
            } else {
                json::line(signal, request)?
            };
            append(&path, &line).map_err(|source| SendError::Write { path, source })
        });
        match write.await {
            Ok(result) => result.map(|()| Acknowledgement::default()),
            Err(error) => Err(SendError::Write {
                path: shown,
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
