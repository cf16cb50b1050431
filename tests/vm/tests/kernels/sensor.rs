//! The sensor on another kernel: every way to see an open loads, fires, and says who it was.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Failed;
use scoutline_semconv::attr;
use scoutline_vm::{Guest, Kernel, Output};

use crate::otlp::{Record, messages, records};

/// One way to see opens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rung {
    /// What the configuration calls it.
    forced: &'static str,
    /// What detections call it.
    pub(crate) hook: &'static str,
}

/// All that the guests' kernels have to offer.
pub(crate) const RUNGS: [Rung; 3] = [
    rung("lsm", "lsm/file_open"),
    rung("fentry", "fentry/security_file_open"),
    rung("syscall", "tp_btf/sys_exit"),
];

const fn rung(forced: &'static str, hook: &'static str) -> Rung {
    Rung { forced, hook }
}

/// A function for scripts: waits for words in a file.
pub(crate) const AWAIT: &str = r#"
await() {
    tries=0
    until grep -q "$1" "$2"; do
        tries=$((tries + 1))
        [ $tries -lt 1200 ] || { echo "no $1 in $2"; cat /tmp/log; exit 10; }
        usleep 100000
    done
}
"#;

/// Watches with one rung only, reads a fingerprint, and prints what `doctor` and `run` have to say about it.
const SCRIPT: &str = r#"
echo "sensor: {hooks: {file_open: FORCED}}" >/tmp/scoutline.yaml
scoutline doctor --config /tmp/scoutline.yaml --format json >/tmp/doctor || exit 11
tr -d '\n' </tmp/doctor
echo
scoutline run --config /tmp/scoutline.yaml --no-export --output json >/tmp/records 2>/tmp/log &
sensor=$!
await watching /tmp/log
cat /proc/version
await os_fingerprint /tmp/records
kill $sensor
wait $sensor || exit 12
cat /tmp/records
"#;

/// Prints the path of a sensor for guests; builds it first.
const BUILD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../make/static");

/// Why there is no sensor for guests.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    #[error("start {BUILD}: {0}")]
    Start(#[from] io::Error),
    #[error("{BUILD}: {0}")]
    Failed(String),
}

/// Builds the sensor, or takes the one that `SCOUTLINE_STATIC` names, for whoever tests as root what somebody else
/// built.
pub(crate) fn build() -> Result<PathBuf, BuildError> {
    if let Some(built) = env::var_os("SCOUTLINE_STATIC") {
        return Ok(built.into());
    }
    let output = Command::new(BUILD).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(BuildError::Failed(said.into_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}

/// Exactly the forced rung is in use, `doctor` says so, and a detection names the file, the program and the hook.
pub(crate) fn detects(
    guest: &Guest,
    kernel: &Kernel,
    sensor: &Path,
    rung: &Rung,
) -> Result<(), Failed> {
    let script = AWAIT.to_owned() + &SCRIPT.replace("FORCED", rung.forced);
    let Output { serial, status } = guest.boot(kernel, &[(sensor, "scoutline")], &script)?;
    assert_eq!(status, 0, "{serial}");

    let messages = messages(&serial);
    let doctor = messages
        .iter()
        .find(|message| message.get("checks").is_some())
        .ok_or_else(|| format!("no report of doctor:\n{serial}"))?;
    assert!(doctor.to_string().contains(rung.hook), "{doctor:#}");

    let records: Vec<Record<'_>> = messages.iter().flat_map(records).collect();
    let first = records
        .iter()
        .find(|record| {
            record.text(attr::SECURITY_RULE_NAME) == Some("os_fingerprint")
                && record.text(attr::SCOUTLINE_DETECTION_PHASE) == Some("first")
        })
        .ok_or_else(|| format!("no detection:\n{serial}"))?;
    assert_eq!(first.text(attr::SCOUTLINE_HOOK_NAME), Some(rung.hook));
    assert_eq!(first.text(attr::FILE_PATH), Some("/proc/version"));
    let executable = first.text(attr::PROCESS_EXECUTABLE_PATH);
    assert_eq!(executable, Some("/bin/busybox"));
    // Its ancestors were there before the sensor: the iterator has to show all of them, up to pid 1.
    let is_incomplete = first.is(attr::SCOUTLINE_PROCESS_LINEAGE_INCOMPLETE);
    assert_eq!(is_incomplete, Some(false), "{first:#?}");
    Ok(())
}
