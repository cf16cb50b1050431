//! Programs that the tests send to.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// Prints the path of one, and builds it first if it has to.
const BUILD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../make/backend");

/// Path of a program that `make/backend` knows by this name.
///
/// # Errors
/// If it can not be built here.
pub fn backend(name: &str) -> Result<PathBuf> {
    let output = Command::new(BUILD).arg(name).output().context(BUILD)?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?.trim().into())
}
