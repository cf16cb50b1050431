//! What fired before on this host: hashes, one after the other.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::private;

/// Hashes that are read; the detector keeps as many.
const KEPT: usize = 65_536;

/// A file that has this many is written anew.
const LONGEST: usize = 2 * KEPT;

/// Appends to the file.
#[derive(Debug)]
pub(super) struct SeenFile {
    file: File,
}

impl SeenFile {
    /// Opens the file; what is in it, oldest first.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Vec<u64>)> {
        let mut file = private().open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (words, cut) = bytes.as_chunks::<8>();
        let mut pairs: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let is_long = pairs.len() >= LONGEST;
        pairs.drain(..pairs.len().saturating_sub(KEPT));
        let mut seen = Self { file };
        if is_long || !cut.is_empty() {
            // Losing it in the middle of this only makes old things new again.
            seen.file.set_len(0)?;
            seen.file.seek(SeekFrom::Start(0))?;
            seen.append(&pairs)?;
        }
        Ok((seen, pairs))
    }

    pub(super) fn append(&mut self, pairs: &[u64]) -> io::Result<()> {
        let bytes: Vec<u8> = pairs.iter().flat_map(|pair| pair.to_le_bytes()).collect();
        self.file.write_all(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use super::*;

    #[test]
    fn what_was_appended_is_read_again_also_after_a_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("seen");
        let (mut seen, before) = SeenFile::open(&path).expect("made");
        assert!(before.is_empty());
        seen.append(&[1, u64::MAX]).expect("written");
        seen.append(&[7]).expect("written");
        assert_eq!(SeenFile::open(&path).expect("read").1, [1, u64::MAX, 7]);
        let mut file = OpenOptions::new().append(true).open(&path).expect("opened");
        file.write_all(&[1, 2, 3]).expect("cut");
        let (mut seen, pairs) = SeenFile::open(&path).expect("read");
        assert_eq!(pairs, [1, u64::MAX, 7]);
        seen.append(&[8]).expect("written");
        assert_eq!(SeenFile::open(&path).expect("read").1, [1, u64::MAX, 7, 8]);
    }

    #[test]
    fn a_long_file_keeps_the_newest() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("seen");
        let (mut seen, _) = SeenFile::open(&path).expect("made");
        let all: Vec<u64> = (0..LONGEST as u64).collect();
        seen.append(&all).expect("written");
        let (_, pairs) = SeenFile::open(&path).expect("read");
        assert_eq!(pairs, all[KEPT..]);
        assert_eq!(
            std::fs::metadata(&path).expect("there").len(),
            8 * KEPT as u64
        );
    }
}
