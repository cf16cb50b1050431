//! Hashes of executables, each computed once.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant};

use rustix::fs::{major, minor};
use scoutline_detect::{Executable, Recent};
use sha2::{Digest as _, Sha256};

use super::process::Process;

/// Hashes that are kept.
const CACHED: usize = 4096;

/// A larger file is not hashed: browsers are half of it.
const LARGEST: u64 = 512 << 20;

/// Bytes that are hashed in [`PERIOD`] at most: about a second of one core. Who starts a new program all the time must
/// not keep it busy.
const BUDGET: u64 = 1 << 30;
const PERIOD: Duration = Duration::from_secs(60);

/// What has to be the same for a file to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Version {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Hashes executables, within a budget.
#[derive(Debug)]
pub(super) struct Hasher {
    known: Recent<Version, String>,
    spent: u64,
    since: Option<Instant>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self {
            known: Recent::new(CACHED),
            spent: 0,
            since: None,
        }
    }
}

impl Hasher {
    /// SHA-256 of the file that a program was made from, in hex. `None` if it is not to be had any longer, too large,
    /// or too much was hashed lately.
    pub(super) fn sha256(
        &mut self,
        executable: &Executable,
        process: Option<&Process>,
    ) -> Option<String> {
        let own = || process.and_then(Process::executable);
        // A file of that name is only it if it is the same inode; one of another mount namespace is not.
        let named = || File::open(&executable.path).ok();
        let file = [own(), named()]
            .into_iter()
            .flatten()
            .find(|file| is_it(file, executable))?;
        let version = version(&file)?;
        if let Some(hash) = self.known.get(&version) {
            return Some(hash.clone());
        }
        if version.size > LARGEST || !self.spend(version.size) {
            return None;
        }
        let hash = hash(file, version.size)?;
        self.known.insert(version, hash.clone());
        Some(hash)
    }

    fn spend(&mut self, bytes: u64) -> bool {
        if self.since.is_none_or(|since| since.elapsed() >= PERIOD) {
            self.since = Some(Instant::now());
            self.spent = 0;
        }
        self.spent += bytes;
        self.spent <= BUDGET
    }
}

/// Filesystems of several devices (btrfs, overlayfs) tell programs another number than the kernel uses.
fn is_it(file: &File, executable: &Executable) -> bool {
    let Ok(metadata) = file.metadata() else {
        return false;
    };
    let device = metadata.dev();
    let is_device = major(device) << 20 | minor(device) == executable.device;
    metadata.is_file()
        && metadata.ino() == executable.inode
        && (is_device || major(device) == 0 || executable.device >> 20 == 0)
}

fn version(file: &File) -> Option<Version> {
    let metadata = file.metadata().ok()?;
    Some(Version {
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.size(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    })
}

/// `None` if the file cannot be read or has not the size any longer.
fn hash(mut file: File, size: u64) -> Option<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    let mut left = size;
    loop {
        let len = file.read(&mut buffer).ok()?;
        if len == 0 {
            break;
        }
        left = left.checked_sub(u64::try_from(len).ok()?)?;
        hasher.update(buffer.get(..len)?);
    }
    if left > 0 {
        return None;
    }
    Some(format!("{:x}", hasher.finalize()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn executable(path: &std::path::Path) -> Executable {
        let metadata = fs::metadata(path).expect("it is there");
        Executable {
            path: path.to_str().expect("UTF-8").to_owned(),
            device: major(metadata.dev()) << 20 | minor(metadata.dev()),
            inode: metadata.ino(),
        }
    }

    #[test]
    fn a_file_is_hashed_once_and_again_when_it_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tool");
        fs::write(&path, "abc").expect("written");
        let mut hasher = Hasher::default();
        let of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let asked = executable(&path);
        for _ in 0..2 {
            assert_eq!(hasher.sha256(&asked, None).as_deref(), Some(of_abc));
        }
        assert_eq!(hasher.spent, 3, "the second time it was known");
        fs::write(&path, "abcd").expect("written");
        assert!(
            hasher
                .sha256(&asked, None)
                .is_some_and(|hash| hash != of_abc)
        );
    }

    #[test]
    fn another_file_of_the_name_is_not_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tool");
        fs::write(&path, "abc").expect("written");
        let asked = executable(&path);
        fs::rename(&path, folder.path().join("moved")).expect("renamed");
        fs::write(&path, "abc").expect("written");
        assert_eq!(Hasher::default().sha256(&asked, None), None);
    }

    #[test]
    fn what_was_spent_limits_what_is_hashed() {
        let mut hasher = Hasher::default();
        assert!(hasher.spend(BUDGET) && !hasher.spend(1));
    }
}
