//! Programs in sessions of their own.

use std::process::Command;

const LOGIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../login.sh");

/// A command that runs what is added to it as a login of its own: no other detection of this host shares its session.
pub fn login() -> Command {
    let mut command = Command::new("sh");
    command.arg(LOGIN);
    command
}
