//! What the agent finds out about the host before it watches it.

mod environment;
mod mounts;
mod os_release;
mod resource;
mod users;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

pub use environment::environment;
pub use resource::{FIXED_ATTRIBUTES, NODE_VARIABLE, resource};
use scoutline_detect::Mount;
use thiserror::Error;

pub use os_release::OsRelease;

/// The host, as it was when the sensor started.
#[derive(Clone, Debug)]
pub struct Host {
    /// The kernel's boot id.
    pub boot_id: String,
    /// The machine id, 32 hex digits: a host without one has no `host.id`.
    pub machine_id: Option<String>,
    /// The host name.
    pub name: String,
    /// `host.arch` in OpenTelemetry's words: `amd64`, `arm64`, else what the kernel says.
    pub arch: String,
    /// The kernel release, `6.12.9-amd64`.
    pub kernel_release: String,
    /// The distribution; empty if it does not say.
    pub os: OsRelease,
    /// Names by user id, of the users in /etc/passwd. Users of a directory service have no name here.
    pub users: BTreeMap<u32, String>,
    /// The mounts that this process sees.
    pub mounts: Vec<Mount>,
}

/// Something without which no process could be told from another.
#[derive(Debug, Error)]
#[error("cannot read {path} for {what}")]
pub struct HostError {
    /// What it was needed for.
    pub what: &'static str,
    /// The file.
    pub path: PathBuf,
    /// Why not.
    #[source]
    pub source: io::Error,
}

impl Host {
    /// Looks around.
    ///
    /// # Errors
    /// If /proc has no boot id or no mounts. What else is missing is left empty.
    pub fn read() -> Result<Self, HostError> {
        let needed = |what, path: &str| {
            std::fs::read(path).map_err(|source| HostError {
                what,
                path: path.into(),
                source,
            })
        };
        let boot_id = needed("the boot id", "/proc/sys/kernel/random/boot_id")?;
        let mounts = needed("the mounts", "/proc/self/mountinfo")?;
        let uname = rustix::system::uname();
        Ok(Self {
            boot_id: String::from_utf8_lossy(&boot_id).trim().to_owned(),
            machine_id: machine_id(&["/etc/machine-id", "/var/lib/dbus/machine-id"]),
            name: uname.nodename().to_string_lossy().into_owned(),
            arch: arch(&uname.machine().to_string_lossy()).to_owned(),
            kernel_release: uname.release().to_string_lossy().into_owned(),
            os: first(&["/etc/os-release", "/usr/lib/os-release"])
                .map(|text| OsRelease::parse(&text))
                .unwrap_or_default(),
            users: first(&["/etc/passwd"])
                .map(|text| users::parse(&text))
                .unwrap_or_default(),
            mounts: mounts::parse(&mounts),
        })
    }
}

/// The first of these files that can be read.
fn first(paths: &[&str]) -> Option<String> {
    paths.iter().find_map(|path| {
        let bytes = std::fs::read(Path::new(path)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    })
}

/// A fresh image says `uninitialized` or nothing.
fn machine_id(paths: &[&str]) -> Option<String> {
    paths.iter().find_map(|path| {
        let text = std::fs::read_to_string(path).ok()?;
        let id = text.trim();
        (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.to_owned())
    })
}

fn arch(machine: &str) -> &str {
    match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_host_has_what_a_sensor_needs() {
        let host = Host::read().expect("/proc is mounted");
        assert_eq!(host.boot_id.len(), 36, "{}", host.boot_id);
        assert!(!host.kernel_release.is_empty() && !host.name.is_empty());
        assert!(host.mounts.iter().any(|mount| mount.mount_point == "/proc"));
        assert!(["amd64", "arm64"].contains(&host.arch.as_str()));
    }

    #[test]
    fn only_an_initialised_machine_id_counts() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path.to_str().expect("UTF-8").to_owned()
        };
        let fresh = file("fresh", "uninitialized\n");
        let empty = file("empty", "");
        let good = file("good", "0123456789abcdef0123456789abcdef\n");
        assert_eq!(machine_id(&[&fresh, &empty, "/nonexistent"]), None);
        assert_eq!(
            machine_id(&[&fresh, &good]).as_deref(),
            Some("0123456789abcdef0123456789abcdef")
        );
    }
}
