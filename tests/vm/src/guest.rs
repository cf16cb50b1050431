//! One boot of one kernel.

use std::env;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::initramfs::{self, InitramfsError};
use crate::kernel::Kernel;
use crate::systemd::{self, Systemd};

/// What a boot may take, a busy machine included; a healthy one is done in a quarter of it.
pub const BOOT_LIMIT: Duration = Duration::from_secs(180);

/// Far above what any test prints; a guest that floods its console is switched off there.
const SERIAL_LIMIT: u64 = 16 << 20;
const QEMU: &str = "qemu-system-x86_64";
const BUSYBOX: &str = "busybox";
/// 5.10 attaches LSM programs that never run unless `bpf` is named in `lsm`. The speed of the TSC is measured against
/// another clock at boot, which goes wrong on a busy machine, and time then runs many times too fast: use the HPET.
const KERNEL_ARGUMENTS: &str =
    "console=ttyS0 quiet panic=-1 mitigations=off tsc=unstable lsm=lockdown,yama,apparmor,bpf";

/// What boots kernels on this machine.
#[derive(Clone, Debug)]
pub struct Guest {
    qemu: PathBuf,
    busybox: PathBuf,
    systemd: Option<Systemd>,
    limit: Duration,
}

/// What a guest left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Everything on its console, the kernel's own messages included; lines end in `\n`.
    pub serial: String,
    /// Exit code of the script.
    pub status: u8,
}

/// Why a boot says nothing about what was to run in it.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The machine cannot boot guests. To be expected: tests are skipped then.
    #[error("{program} is not installed")]
    Missing {
        /// What is not there.
        program: &'static str,
    },
    /// The libraries of a program for the guest could not be found.
    #[error("find the libraries of {program}: {reason}")]
    Libraries {
        /// The program.
        program: &'static str,
        /// Why.
        reason: String,
    },
    /// The guest's root filesystem could not be packed.
    #[error(transparent)]
    Initramfs(#[from] InitramfsError),
    /// QEMU could not be run.
    #[error("run {QEMU} for {release}")]
    Run {
        /// The kernel.
        release: String,
        /// Why.
        source: io::Error,
    },
    /// The guest was switched off at the limit.
    #[error("{release} did not end within {limit:?}; console:\n{serial}")]
    Overdue {
        /// The kernel.
        release: String,
        /// What it had.
        limit: Duration,
        /// What it had printed by then.
        serial: String,
    },
    /// The guest ended without the script's exit code: a panic, or a busybox that is not static.
    #[error("{release} ended before its script did; console and QEMU:\n{serial}")]
    NoStatus {
        /// The kernel.
        release: String,
        /// What it printed.
        serial: String,
    },
}

impl Guest {
    /// Looks for QEMU and busybox. Guests get [`BOOT_LIMIT`].
    pub fn find() -> Result<Self, BootError> {
        let find = |program| find_program(program).ok_or(BootError::Missing { program });
        Ok(Self {
            qemu: find(QEMU)?,
            busybox: find(BUSYBOX)?,
            systemd: None,
            limit: BOOT_LIMIT,
        })
    }

    /// The same, with this machine's systemd as its init: the script is a service of it, and may call `systemd-run` and
    /// `systemctl`. There is no journal and no bus.
    pub fn with_systemd(self) -> Result<Self, BootError> {
        Ok(Self {
            systemd: Some(systemd::find()?),
            ..self
        })
    }

    /// The same, with another limit from start to power-off.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Boots `kernel`, runs `script` with busybox's `sh` as root, and switches the guest off.
    ///
    /// `binaries` are statically linked programs: a path on this machine, and the name in the guest's `PATH`. A script
    /// that fails is no error: [`Output::status`] says so.
    pub fn boot(
        &self,
        kernel: &Kernel,
        binaries: &[(&Path, &str)],
        script: &str,
    ) -> Result<Output, BootError> {
        let run_failed = |source| BootError::Run {
            release: kernel.release(),
            source,
        };
        let initramfs = NamedTempFile::new().map_err(run_failed)?;
        let mut archive = BufWriter::new(initramfs.as_file());
        let systemd = self.systemd.as_ref();
        initramfs::write(&mut archive, &self.busybox, systemd, binaries, script)?;
        archive.flush().map_err(run_failed)?;

        let (serial, in_time) = self
            .run(kernel.image(), initramfs.path())
            .map_err(run_failed)?;
        let release = kernel.release();
        match exit_status(&serial) {
            Some(status) => Ok(Output { serial, status }),
            None if in_time => Err(BootError::NoStatus { release, serial }),
            None => Err(BootError::Overdue {
                release,
                limit: self.limit,
                serial,
            }),
        }
    }

    /// Runs QEMU to its end or to the limit: what it printed, and whether it ended by itself.
    fn run(&self, kernel: &Path, initramfs: &Path) -> io::Result<(String, bool)> {
        let (console, writer) = io::pipe()?;
        let mut qemu = Command::new(&self.qemu)
            // KVM may be there and unfit to boot a stock kernel; emulation always works.
            .args(["-accel", "tcg", "-cpu", "max", "-smp", "2", "-m", "1G"])
            .args(["-nodefaults", "-no-user-config", "-no-reboot"])
            .args(["-display", "none", "-serial", "stdio"])
            .arg("-kernel")
            .arg(kernel)
            .arg("-initrd")
            .arg(initramfs)
            .args(["-append", KERNEL_ARGUMENTS])
            .stdin(Stdio::null())
            .stderr(writer.try_clone()?)
            .stdout(writer)
            .spawn()?;

        // The channel holds the one message there will ever be.
        let (sender, printed) = mpsc::sync_channel(1);
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = console.take(SERIAL_LIMIT).read_to_end(&mut bytes);
            // Nobody listens any more only if the boot was given up.
            let _ = sender.send(read.map(|_| bytes));
        });
        let in_time = printed.recv_timeout(self.limit);
        // Its console is closed then, so that the reader comes to an end. Without effect on one that has ended.
        qemu.kill()?;
        qemu.wait()?;
        let (bytes, in_time) = match in_time {
            Ok(bytes) => (bytes?, true),
            Err(_) => (printed.recv().map_err(io::Error::other)??, false),
        };
        Ok((
            String::from_utf8_lossy(&bytes).replace("\r\n", "\n"),
            in_time,
        ))
    }
}

/// The script's exit code, as the guest's init prints it last.
fn exit_status(serial: &str) -> Option<u8> {
    serial
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("GUEST rc="))
        .and_then(|code| code.parse().ok())
}

fn find_program(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_the_last_whole_line() {
        for (serial, status) in [
            ("", None),
            ("Kernel panic - not syncing\n", None),
            ("GUEST rc=0\n", Some(0)),
            (
                "GUEST rc=7\nGUEST rc=0\n[   2.1] reboot: Power down\n",
                Some(0),
            ),
            ("it prints GUEST rc=0\n", None),
            ("GUEST rc=\n", None),
            ("GUEST rc=256\n", None),
        ] {
            assert_eq!(exit_status(serial), status, "{serial:?}");
        }
    }
}
