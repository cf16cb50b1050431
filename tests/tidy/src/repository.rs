use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use ignore::WalkBuilder;

/// Where the repository is.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Every file that git does not ignore, in the order of their paths.
#[derive(Debug)]
pub struct Repository {
    files: Vec<File>,
}

/// A file of the repository.
#[derive(Debug)]
pub struct File {
    /// From the root of the repository, with `/` between names.
    pub path: String,
    /// Its content. What is not UTF-8, as in a recording, is replaced.
    pub text: String,
}

/// Why the repository could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// A folder.
    #[error("cannot list the repository")]
    List(#[from] ignore::Error),
    /// A file.
    #[error("cannot read {path}")]
    Read {
        /// Its path.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
}

impl Repository {
    /// Reads all of it: it is small.
    ///
    /// # Errors
    /// If a folder or a file cannot be read.
    pub fn read() -> Result<Self, RepositoryError> {
        let walk = WalkBuilder::new(Self::root())
            .standard_filters(false)
            .git_ignore(true)
            // A source package has no .git.
            .require_git(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        let mut files = Vec::new();
        for entry in walk {
            let entry = entry?;
            if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                continue;
            }
            let path = entry.path();
            let bytes = fs::read(path).map_err(|source| RepositoryError::Read {
                path: path.to_owned(),
                source,
            })?;
            let path = path.strip_prefix(Self::root()).unwrap_or(path);
            files.push(File {
                path: path.to_string_lossy().into_owned(),
                text: String::from_utf8_lossy(&bytes).into_owned(),
            });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { files })
    }

    /// Where it is.
    pub fn root() -> &'static Path {
        Path::new(ROOT)
    }

    /// The files whose path ends in one of these.
    pub fn ending<'a>(&'a self, ends: &'a [&str]) -> impl Iterator<Item = &'a File> {
        self.files
            .iter()
            .filter(|file| ends.iter().any(|end| file.path.ends_with(end)))
    }

    /// All files.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// The content of one file, if it is there.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.text.as_str())
    }

    /// The folders at the top.
    pub fn top_folders(&self) -> BTreeSet<&str> {
        self.files
            .iter()
            .filter_map(|file| Some(file.path.split_once('/')?.0))
            .collect()
    }
}
