//! Kernels to boot.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Prints the path of a suite's kernel; fetches it first if none is cached.
const FETCH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../make/kernel");

/// A bootable kernel image for x86_64.
#[derive(Clone, Debug)]
pub struct Kernel {
    image: PathBuf,
}

/// Why there is no kernel. Where the machine is no Debian, that is to be expected.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The script could not be started.
    #[error("start {FETCH} for the kernel of {suite}")]
    Start {
        /// Debian suite.
        suite: String,
        /// Why.
        source: io::Error,
    },
    /// The script gave up.
    #[error("fetch the kernel of {suite}: {reason}")]
    Refused {
        /// Debian suite.
        suite: String,
        /// What the script said.
        reason: String,
    },
}

impl Kernel {
    /// The cloud kernel of a Debian suite, `bookworm` (6.1). Cached; the first time takes the newest that Debian's
    /// archive has, over the network.
    pub fn of_debian(suite: &str) -> Result<Self, FetchError> {
        let output =
            Command::new(FETCH)
                .arg(suite)
                .output()
                .map_err(|source| FetchError::Start {
                    suite: suite.to_owned(),
                    source,
                })?;
        if !output.status.success() {
            return Err(FetchError::Refused {
                suite: suite.to_owned(),
                reason: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            });
        }
        let image = String::from_utf8_lossy(&output.stdout).trim().into();
        Ok(Self { image })
    }

    /// Where the image is.
    pub fn image(&self) -> &Path {
        &self.image
    }

    /// What `uname -r` says in it, read off the image's name: `6.1.0-56-cloud-amd64`.
    pub fn release(&self) -> String {
        let name = self.image.file_name().unwrap_or_default().to_string_lossy();
        name.trim_start_matches("vmlinuz-").to_owned()
    }
}
