//! The guest's root filesystem: a cpio archive that the kernel unpacks into memory.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cpio::newc::{Builder, trailer};

use crate::systemd::{self, Systemd};

/// Mounts what the sensor expects of a host.
const MOUNT: &str = r"#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
mount -t securityfs securityfs /sys/kernel/security
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /tmp
ip link set lo up
";

/// Runs `/script`, says how it ended, and switches the machine off.
const RUN: &str = r#"sh /script
echo "GUEST rc=$?"
poweroff -f
"#;

/// systemd wants its runtime folder in memory.
const EXEC_SYSTEMD: &str = "mount -t tmpfs tmpfs /run\nexec systemd --unit=guest.target\n";

const DIRECTORIES: [&str; 7] = ["bin", "dev", "etc", "proc", "run", "sys", "tmp"];
/// Enough for programs that look up their own user.
const PASSWD: &str = "root:x:0:0:root:/:/bin/sh\n";

const DIRECTORY: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const FILE: u32 = 0o100_644;

/// Why the archive could not be written.
#[derive(Debug, thiserror::Error)]
pub enum InitramfsError {
    /// A program for the guest could not be read.
    #[error("read {path} for the guest")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The archive could not be written.
    #[error("write {entry} to the guest's initramfs")]
    Write {
        /// The entry that was being written.
        entry: String,
        /// Why.
        source: io::Error,
    },
}

/// Writes an archive with `busybox`, `binaries` (a path here, a name in the guest's `/bin`) and `script`, which systemd
/// runs if it is there.
pub(crate) fn write(
    out: &mut impl Write,
    busybox: &Path,
    systemd: Option<&Systemd>,
    binaries: &[(&Path, &str)],
    script: &str,
) -> Result<(), InitramfsError> {
    for directory in DIRECTORIES {
        append(out, directory, DIRECTORY, &[])?;
    }
    let rest = if systemd.is_some() { EXEC_SYSTEMD } else { RUN };
    append(out, "init", PROGRAM, (MOUNT.to_owned() + rest).as_bytes())?;
    append(out, "script", FILE, script.as_bytes())?;
    append(out, "etc/passwd", FILE, PASSWD.as_bytes())?;
    for (path, name) in [(busybox, "busybox")].iter().chain(binaries) {
        append(out, &format!("bin/{name}"), PROGRAM, &read(path)?)?;
    }
    if let Some(systemd) = systemd {
        for directory in systemd.directories() {
            append(out, &directory, DIRECTORY, &[])?;
        }
        for (unit, text) in systemd::UNITS {
            append(
                out,
                &format!("etc/systemd/system/{unit}"),
                FILE,
                text.as_bytes(),
            )?;
        }
        for (path, name) in &systemd.files {
            append(out, name, PROGRAM, &read(path)?)?;
        }
    }
    trailer(&mut *out).map_err(|source| InitramfsError::Write {
        entry: "the end".to_owned(),
        source,
    })?;
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, InitramfsError> {
    fs::read(path).map_err(|source| InitramfsError::Read {
        path: path.to_path_buf(),
        source,
    })
}

fn append(
    out: &mut impl Write,
    entry: &str,
    mode: u32,
    content: &[u8],
) -> Result<(), InitramfsError> {
    let failed = |source| InitramfsError::Write {
        entry: entry.to_owned(),
        source,
    };
    let size = u32::try_from(content.len()).map_err(|error| failed(io::Error::other(error)))?;
    let mut file = Builder::new(entry).mode(mode).write(out, size);
    file.write_all(content).map_err(failed)?;
    file.finish().map_err(failed)?;
    Ok(())
}
