//! Where programs are, and those that are compiled for these tests.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

const SYSTEM: &str = "/usr/bin:/bin:/usr/sbin:/sbin";
const SOURCES: &str = env!("CARGO_MANIFEST_DIR");
/// Each is a source file.
const PROGRAMS: [&str; 2] = ["ways", "reuse"];
/// Makes what it runs a session of its own.
const LOGIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../login.sh");

/// Programs that the tests run: those of the system, `ways` and `reuse`.
#[derive(Debug)]
pub struct Tools {
    directory: TempDir,
}

/// Why a program could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ToolsError {
    /// No directory, or no compiler.
    #[error("compile the programs of {SOURCES}: {0}")]
    Start(#[from] io::Error),
    /// It does not compile.
    #[error("compile {program}.c:\n{said}")]
    Compile {
        /// Its name.
        program: &'static str,
        /// What the compiler said.
        said: String,
    },
}

impl Tools {
    /// Compiles them with the compiler that Rust links with.
    ///
    /// # Errors
    /// If there is none, or one does not compile.
    pub fn build() -> Result<Self, ToolsError> {
        let directory = TempDir::with_prefix("ways-")?;
        for program in PROGRAMS {
            let output = Command::new("cc")
                .args(["-Wall", "-Wextra", "-Werror", "-O1", "-pthread", "-o"])
                .arg(directory.path().join(program))
                .arg(Path::new(SOURCES).join(program).with_extension("c"))
                .output()?;
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                return Err(ToolsError::Compile { program, said });
            }
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
