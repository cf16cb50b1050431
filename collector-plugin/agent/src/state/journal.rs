//! The open slices of sessions, a line for each change.
//!
//! The first line names the boot of the host: what was open before a restart of the host is over. A journal that grew
//! long is written anew with what is open. Lines are handed to
//! the kernel at once, which keeps them when the sensor is killed; a host that loses power may lose the last ones.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use scoutline_detect::JournalEntry;
use serde::{Deserialize, Serialize};

use super::private;

/// A journal of which nothing is needed any longer begins anew at this size.
const TIDY_BYTES: u64 = 64 * 1024;

/// One of which something is needed, at this, and not before it has doubled since.
const LONG_BYTES: u64 = 16 << 20;

/// A longer line is no line of ours.
const LONGEST_LINE: usize = 4 << 20;

#[derive(Debug, Serialize, Deserialize)]
struct Head {
    boot_id: String,
}

/// Writes the journal.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    head: Vec<u8>,
    len: u64,
    /// Of what was open when it was last written anew.
    needed_len: u64,
}

impl Journal {
    /// Opens the journal; what is open according to it.
    pub(super) fn open(path: &Path, boot_id: &str) -> io::Result<(Self, LeftOpen)> {
        let left = match File::open(path) {
            Ok(file) => read(file, boot_id),
            Err(error) if error.kind() == io::ErrorKind::NotFound => LeftOpen::default(),
            Err(error) => return Err(error),
        };
        let mut head = serde_json::to_vec(&Head {
            boot_id: boot_id.to_owned(),
        })?;
        head.push(b'\n');
        // A cut line is gone after this; until then the old journal is there.
        let fresh = path.with_extension("new");
        let mut journal = Self {
            file: private().truncate(true).open(&fresh)?,
            head,
            len: 0,
            needed_len: 0,
        };
        journal.rewrite(&left.entries)?;
        fs::rename(&fresh, path)?;
        Ok((journal, left))
    }

    /// Appends these entries.
    pub(super) fn append<'a>(
        &mut self,
        entries: impl IntoIterator<Item = &'a JournalEntry>,
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut bytes, entry)?;
            bytes.push(b'\n');
        }
        self.file.write_all(&bytes)?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Begins anew if that is worth the while, nothing being needed any longer.
    pub(super) fn tidy(&mut self) -> io::Result<()> {
        if self.len > TIDY_BYTES {
            self.rewrite([])?;
        }
        Ok(())
    }

    /// Whether it is worth the while to write it anew.
    pub(super) fn is_long(&self) -> bool {
        self.len > LONG_BYTES.max(2 * self.needed_len)
    }

    /// Begins anew with these entries, which are all that is needed. A sensor that is killed meanwhile loses them.
    pub(super) fn rewrite<'a>(
        &mut self,
        entries: impl IntoIterator<Item = &'a JournalEntry>,
    ) -> io::Result<()> {
        self.begin()?;
        self.append(entries)?;
        self.needed_len = self.len;
        Ok(())
    }

    fn begin(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&self.head)?;
        self.len = self.head.len() as u64;
        Ok(())
    }
}

/// What the last run left open.
#[derive(Debug, Default)]
pub struct LeftOpen {
    /// In the order in which it happened.
    pub entries: Vec<JournalEntry>,
    /// The host started anew since.
    pub is_of_earlier_boot: bool,
}

fn read(file: File, boot_id: &str) -> LeftOpen {
    let mut left = LeftOpen::default();
    let mut lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
    match serde_json::from_slice::<Head>(&lines.next().unwrap_or_default()) {
        Ok(head) => left.is_of_earlier_boot = head.boot_id != boot_id,
        Err(error) => {
            tracing::warn!(%error, "the journal of open traces is damaged");
            return left;
        }
    }
    for line in lines.filter(|line| !line.is_empty() && line.len() < LONGEST_LINE) {
        match serde_json::from_slice(&line) {
            Ok(entry) => left.entries.push(entry),
            Err(error) => {
                tracing::warn!(%error, "the journal of open traces ends in a damaged line");
                break;
            }
        }
    }
    left
}
