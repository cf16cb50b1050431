//! The guest's root filesystem: a cpio archive that the kernel unpacks into memory.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cpio::newc::{Builder, trailer};

/// Mounts what the sensor expects of a host, runs `/script`, says how it ended, and switches the machine off.
const INIT: &str = r#"#!/bin/busybox sh
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
sh /script
echo "GUEST rc=$?"
poweroff -f
"#;

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

/// Writes an archive with `busybox`, `binaries` (a path here, a name in the guest's `/bin`) and `script`.
pub(crate) fn write(
    out: &mut impl Write,
    busybox: &Path,
    binaries: &[(&Path, &str)],
    script: &str,
) -> Result<(), InitramfsError> {
    for directory in DIRECTORIES {
        append(out, directory, DIRECTORY, &[])?;
    }
    append(out, "init", PROGRAM, INIT.as_bytes())?;
    append(out, "script", FILE, script.as_bytes())?;
    append(out, "etc/passwd", FILE, PASSWD.as_bytes())?;
    for (path, name) in [(busybox, "busybox")].iter().chain(binaries) {
        let content = fs::read(path).map_err(|source| InitramfsError::Read {
            path: path.to_path_buf(),
            source,
        })?;
        append(out, &format!("bin/{name}"), PROGRAM, &content)?;
    }
    trailer(&mut *out).map_err(|source| InitramfsError::Write {
        entry: "the end".to_owned(),
        source,
    })?;
    Ok(())
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
