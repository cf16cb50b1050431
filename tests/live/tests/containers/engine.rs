//! What makes containers: `runc`, a root filesystem of busybox, and nothing else.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use libtest_mimic::Failed;
use scoutline_live::Tools;
use serde_json::json;
use tempfile::TempDir;

use crate::cgroups::Hierarchy;

/// What a container's processes are called besides `busybox`, whose copies they are: `nmap` for a recipe, the other
/// so that it is a detection of its own, as each executable is.
const COPIES: [&str; 2] = ["nmap", "busybox-entered"];
const LINKS: [&str; 2] = ["sh", "cat"];

/// runc writes into whatever is mounted there. Not every host has v2 there, so it gets a mount of its own, in a mount
/// namespace of its own. The numbers and paths of cgroups stay those of the host.
const IN_V2: &str =
    r#"umount -l /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@""#;

/// The inode of the cgroup namespace that the kernel starts with.
const HOSTS: &str = "cgroup:[4026531835]";

/// Starts containers.
#[derive(Debug)]
pub(crate) struct Engine {
    runc: PathBuf,
    directory: TempDir,
    hierarchy: Hierarchy,
    started: AtomicU32,
}

/// One container; it ends with this.
pub(crate) struct Container<'a> {
    engine: &'a Engine,
    name: String,
    process: Child,
}

impl Engine {
    /// Makes ready what every container needs, and tries one.
    pub(crate) fn new(tools: &Tools) -> Result<Self, String> {
        let runc = tools.find("runc").ok_or("runc is not installed")?;
        let busybox = tools.find("busybox").ok_or("busybox is not installed")?;
        let namespace = fs::read_link("/proc/self/ns/cgroup").unwrap_or_default();
        if namespace.as_os_str() != OsStr::new(HOSTS) {
            return Err("needs the host's cgroup namespace".to_owned());
        }
        let engine = Self {
            runc,
            directory: TempDir::with_prefix("containers-").map_err(|error| error.to_string())?,
            hierarchy: Hierarchy::v2()?,
            started: AtomicU32::new(0),
        };
        engine
            .fill_root(&busybox)
            .map_err(|error| error.to_string())?;
        let tried = engine.start("/docker/scoutline-tries", &["cat", "/dev/null"]);
        tried
            .and_then(Container::end)
            .map_err(|failed| failed.message().unwrap_or("runc").to_owned())?;
        Ok(engine)
    }

    /// What hand-made cgroups are made in.
    pub(crate) fn hierarchy(&self) -> &Hierarchy {
        &self.hierarchy
    }

    /// The root directory of all containers.
    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join("root")
    }

    /// Starts a container in a cgroup of this path.
    pub(crate) fn start(&self, cgroup: &str, args: &[&str]) -> Result<Container<'_>, Failed> {
        let name = format!("c{}", self.started.fetch_add(1, Ordering::Relaxed));
        let bundle = self.directory.path().join(&name);
        fs::create_dir(&bundle)?;
        fs::write(bundle.join("config.json"), self.config(cgroup, args))?;
        if let Some((parent, _)) = cgroup.rsplit_once('/') {
            // runc would make it, and leave it there.
            self.hierarchy.make(parent)?;
        }
        let process = self
            .runc()
            .args(["run", "--bundle"])
            .arg(&bundle)
            .arg(&name)
            .stdin(Stdio::piped())
            // A line of the kernel's version is all that is ever written, which nobody has to read.
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Container {
            engine: self,
            name,
            process,
        })
    }

    fn config(&self, cgroup: &str, args: &[&str]) -> String {
        let namespaces = ["pid", "network", "ipc", "uts", "mount", "cgroup"];
        json!({
            "ociVersion": "1.0.2",
            "process": {
                "user": {"uid": 0, "gid": 0},
                "args": args,
                "env": ["PATH=/bin"],
                "cwd": "/",
            },
            "root": {"path": self.root(), "readonly": true},
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["mode=755"]},
            ],
            "linux": {
                "cgroupsPath": cgroup,
                "namespaces": namespaces.map(|kind| json!({"type": kind})),
            },
        })
        .to_string()
    }

    fn fill_root(&self, busybox: &PathBuf) -> io::Result<()> {
        let root = self.root();
        for directory in ["bin", "proc", "dev"] {
            fs::create_dir_all(root.join(directory))?;
        }
        for name in ["busybox"].iter().chain(&COPIES) {
            fs::copy(busybox, root.join("bin").join(name))?;
        }
        for name in LINKS {
            symlink("busybox", root.join("bin").join(name))?;
        }
        Ok(())
    }

    fn runc(&self) -> Command {
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--propagation", "private"])
            .args(["sh", "-c", IN_V2, "sh"])
            .arg(&self.runc)
            .arg("--root")
            .arg(self.directory.path().join("state"));
        command
    }
}

impl Container<'_> {
    /// Runs another process in it.
    pub(crate) fn enter(&self, args: &[&str]) -> Result<(), Failed> {
        let mut command = self.engine.runc();
        let output = command.args(["exec", &self.name]).args(args).output()?;
        succeeded(&output)
    }

    /// Waits for the first byte that its first process writes: then there is one.
    pub(crate) fn ready(&mut self) -> Result<(), Failed> {
        let stdout = self.process.stdout.as_mut().ok_or("nobody speaks")?;
        Ok(stdout.read_exact(&mut [0])?)
    }

    /// Writes a line to its first process.
    pub(crate) fn tell(&mut self, line: &str) -> Result<(), Failed> {
        let stdin = self.process.stdin.as_mut().ok_or("nobody listens")?;
        Ok(writeln!(stdin, "{line}")?)
    }

    /// Waits until its first process has ended, which gets no more lines.
    pub(crate) fn end(mut self) -> Result<(), Failed> {
        drop(self.process.stdin.take());
        let mut said = String::new();
        if let Some(mut stderr) = self.process.stderr.take() {
            stderr.read_to_string(&mut said)?;
        }
        let status = self.process.wait()?;
        if status.success() {
            return Ok(());
        }
        Err(format!("the container ended with {status}: {said}").into())
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(Some(_))) {
            return;
        }
        // Without effect on one that has ended; runc then removes what it made and ends.
        let mut command = self.engine.runc();
        let _ = command.args(["delete", "--force", &self.name]).output();
        let _ = self.process.wait();
    }
}

pub(crate) fn succeeded(output: &Output) -> Result<(), Failed> {
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("the deed failed ({}): {said}", output.status).into())
}
