//! This machine's systemd, as a guest's init.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::guest::BootError;

const PROGRAMS: [&str; 3] = [
    "/usr/lib/systemd/systemd",
    "/usr/bin/systemd-run",
    "/usr/bin/systemctl",
];

/// Units besides those that `systemd-run` makes: the script, and what every unit depends on.
pub(crate) const UNITS: [(&str, &str); 5] = [
    ("guest.target", "[Unit]\nWants=script.service\n"),
    (
        "script.service",
        r#"[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
Environment=PATH=/bin
ExecStart=/bin/busybox sh /script
ExecStopPost=/bin/busybox sh -c 'echo "GUEST rc=$EXIT_STATUS"; poweroff -f'
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
"#,
    ),
    ("sysinit.target", "[Unit]\n"),
    ("basic.target", "[Unit]\n"),
    ("shutdown.target", "[Unit]\n"),
];

/// What has to be in the guest.
#[derive(Clone, Debug)]
pub(crate) struct Systemd {
    /// Paths here and, relative to the root, there.
    pub(crate) files: Vec<(PathBuf, String)>,
}

impl Systemd {
    /// Folders of the files and of the units, each after the one that it is in.
    pub(crate) fn directories(&self) -> BTreeSet<String> {
        let files = self.files.iter().map(|(_, name)| name.as_str());
        files
            .chain(["etc/systemd/system/guest.target"])
            .flat_map(|name| name.match_indices('/').filter_map(|(at, _)| name.get(..at)))
            .map(str::to_owned)
            .collect()
    }
}

/// Looks for the programs and their libraries.
pub(crate) fn find() -> Result<Systemd, BootError> {
    let mut files = Vec::new();
    let mut libraries = BTreeSet::new();
    for program in PROGRAMS {
        let path = Path::new(program);
        let Some(name) = path.file_name().filter(|_| path.is_file()) else {
            return Err(BootError::Missing { program });
        };
        files.push((path.to_owned(), format!("bin/{}", name.to_string_lossy())));
        libraries.extend(libraries_of(program)?);
    }
    files.extend(libraries.into_iter().map(|library| {
        let name = library.trim_start_matches('/').to_owned();
        (library.into(), name)
    }));
    Ok(Systemd { files })
}

/// What the dynamic linker would load, itself included.
fn libraries_of(program: &'static str) -> Result<Vec<String>, BootError> {
    let failed = |reason| BootError::Libraries { program, reason };
    let output = Command::new("ldd")
        .arg(program)
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into()));
    }
    // `libc.so.6 => /lib/libc.so.6 (0x…)`, `/lib64/ld.so (0x…)`, and `linux-vdso.so.1 (0x…)`, which is no file.
    let text = String::from_utf8_lossy(&output.stdout);
    let paths = text
        .lines()
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')));
    Ok(paths.map(str::to_owned).collect())
}
