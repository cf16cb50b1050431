//! Reads a registry from its folder.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::de::DeserializeOwned;

use crate::model::{File, Manifest, Upstream};

/// All files of a registry, as they are written.
#[derive(Debug)]
pub struct Source {
    /// `registry/manifest.yaml`.
    pub manifest: Manifest,
    /// The other files below `registry`, with their name without `.yaml`, in the order of their paths.
    pub files: Vec<(String, File)>,
    /// `upstream.yaml`.
    pub upstream: Upstream,
}

/// Why a registry cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A folder cannot be listed.
    #[error("cannot list {path}")]
    List {
        /// Its path.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Its path.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("cannot parse {path}")]
    Parse {
        /// Its path.
        path: PathBuf,
        /// What is wrong, and where.
        source: Box<serde_saphyr::Error>,
    },
}

impl Source {
    /// Reads `registry` and `upstream.yaml` in this folder.
    ///
    /// # Errors
    /// If one is missing or not what it should be.
    pub fn read(folder: &Path) -> Result<Self, LoadError> {
        let registry = folder.join("registry");
        let manifest = registry.join("manifest.yaml");
        let mut paths = Vec::new();
        list(&registry, &mut paths)?;
        paths.retain(|path| *path != manifest);
        paths.sort();
        let mut files = Vec::new();
        for path in paths {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            files.push((name.into_owned(), read(&path)?));
        }
        Ok(Self {
            manifest: read(&manifest)?,
            files,
            upstream: read(&folder.join("upstream.yaml"))?,
        })
    }
}

fn list(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), LoadError> {
    let failed = |source| LoadError::List {
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            list(&path, paths)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            paths.push(path);
        }
    }
    Ok(())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, LoadError> {
    let text = fs::read_to_string(path).map_err(|source| LoadError::Read {
        path: path.to_owned(),
        source,
    })?;
    serde_saphyr::from_str(&text).map_err(|source| LoadError::Parse {
        path: path.to_owned(),
        source: Box::new(source),
    })
}
