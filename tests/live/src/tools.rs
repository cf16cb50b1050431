//! Where programs are, and the one that is compiled for these tests.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

const SYSTEM: &str = "/usr/bin:/bin:/usr/sbin:/sbin";
const WAYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ways.c");
/// Makes what it runs a session of its own.
const LOGIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../login.sh");

/// Programs that the tests run: those of the system, and `ways`.
#[derive(Debug)]
pub struct Tools {
    directory: TempDir,
}

/// Why `ways` could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ToolsError {
    /// No directory, or no compiler.
    #[error("compile {WAYS}: {0}")]
    Start(#[from] io::Error),
    /// It does not compile.
    #[error("compile {WAYS}:\n{0}")]
    Compile(String),
}

impl Tools {
    /// Compiles `ways` with the compiler that Rust links with.
    ///
    /// # Errors
    /// If there is none, or it does not compile.
    pub fn build() -> Result<Self, ToolsError> {
        let directory = TempDir::with_prefix("ways-")?;
        let output = Command::new("cc")
            .args(["-Wall", "-Wextra", "-Werror", "-O1", "-pthread", "-o"])
            .arg(directory.path().join("ways"))
            .arg(WAYS)
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(ToolsError::Compile(said.into_owned()));
        }
        Ok(Self { directory })
    }

    /// A program in a session of its own, whose leader it is: with a working directory of its own and little else.
    pub fn command(&self, directory: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command
            .arg(LOGIN)
            .args(arguments)
            .current_dir(directory)
            .env_clear()
            .env("PATH", self.path())
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The file that a name stands for, links resolved; `None` if there is none.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.path())
            .map(|directory| directory.join(name))
            .find_map(|path| path.canonicalize().ok())
    }

    fn path(&self) -> OsString {
        let mut path = self.directory.path().as_os_str().to_owned();
        path.push(":");
        path.push(SYSTEM);
        path
    }
}
