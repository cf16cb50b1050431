//! Bad input: the exit code, one clear message, and never a panic.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;
use scoutline_e2e::{Ended, Program, Sensor};
use tempfile::TempDir;

use crate::{Binaries, Case};

pub(crate) const CASES: &[(&str, Case)] = &[
    ("what can not start says why", starts_not),
    ("without privileges", without_privileges),
    ("a broken recipe disables itself only", broken_recipe),
    ("a full disk ends a recording, not the watch", full_disk),
    (
        "a run without its recording says so by its code",
        full_disk_of_run,
    ),
];

/// Nobody's user and group on every Linux.
const NOBODY: u32 = 65534;

fn starts_not(binaries: &Binaries) -> Result<()> {
    let directory = TempDir::new()?;
    let path = |name: &str| directory.path().join(name).display().to_string();
    fs::write(path("unknown.yaml"), "exporter: {}\n")?;
    fs::write(path("later.yaml"), "recipes: {exceptions: [/a]}\n")?;
    fs::write(path("torn.yaml"), "exporters: {otlp_grpc\n")?;
    fs::write(path("text"), "no recording at all\n")?;
    fs::write(path("empty"), "")?;
    for (arguments, code, said) in [
        (
            vec!["run", "--config", &path("unknown.yaml")],
            2,
            vec![
                "unknown.yaml:1:1: error: unknown key \"exporter\"",
                "did you mean \"exporters\"?",
            ],
        ),
        (
            vec!["run", "--config", &path("later.yaml")],
            2,
            vec!["later.yaml:1:11: error: ", "exceptions"],
        ),
        (
            vec!["exec", "--config", &path("torn.yaml"), "--", "true"],
            2,
            vec!["torn.yaml:", "error: "],
        ),
        (
            vec!["run", "--config", &path("missing.yaml")],
            2,
            vec![
                "cannot read the configuration",
                "missing.yaml: No such file",
            ],
        ),
        (
            vec!["run", "--recipes", &path("missing")],
            2,
            vec!["cannot list the recipes in", "missing: No such file"],
        ),
        (
            vec!["run", "--otlp-dir", &path("text/in-a-file")],
            1,
            vec!["--otlp-dir", "text/in-a-file", "Not a directory"],
        ),
        (
            vec!["exec", "--otlp-dir", &path("text/in-a-file"), "--", "true"],
            1,
            vec!["--otlp-dir", "text/in-a-file", "Not a directory"],
        ),
        (
            vec!["exec", "--record", &path("missing/file"), "--", "true"],
            1,
            vec!["cannot record to", "missing/file: No such file"],
        ),
        (
            vec!["replay", &path("missing")],
            1,
            vec!["cannot replay", "missing: No such file"],
        ),
        (
            vec!["replay", &path("text")],
            1,
            vec!["cannot replay", "text: this is no recording of scoutline"],
        ),
        (
            vec!["replay", &path("empty")],
            1,
            vec!["cannot replay", "empty: this is no recording of scoutline"],
        ),
    ] {
        let mut command = Sensor::command(&binaries.sensor);
        let ended = Program::start(command.args(&arguments))?.wait()?;
        check(&ended, code, &said);
    }
    Ok(())
}

fn without_privileges(binaries: &Binaries) -> Result<()> {
    // Where the sensor was built, others need not be able to reach it.
    let directory = TempDir::new()?;
    let sensor = directory.path().join("scoutline");
    fs::copy(&binaries.sensor, &sensor)?;
    for path in [directory.path(), &sensor] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    let ids = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")];
    let nobody = [&ids[0], &ids[1], "--clear-groups"];
    let powerless = ["--inh-caps=-all", "--bounding-set=-all"];
    for options in [&nobody[..], &powerless] {
        for arguments in [&["run"][..], &["exec", "--", "true"]] {
            let mut command = Command::new("setpriv");
            command.args(options).arg(&sensor).args(arguments);
            command.current_dir(Path::new("/")).stdin(Stdio::null());
            let ended = Program::start(&mut command)?.wait()?;
            check(&ended, 4, &["does not allow", "root", "CAP_BPF"]);
        }
    }
    Ok(())
}

fn broken_recipe(binaries: &Binaries) -> Result<()> {
    let directory = TempDir::new()?;
    let recipe = directory.path().join("broken.yaml");
    fs::write(&recipe, "name: broken\nseverity: awful\n")?;
    let mut command = Sensor::command(&binaries.sensor);
    command.arg("exec").arg("--recipes").arg(directory.path());
    command.args(["--", "cat", "/proc/version"]);
    let ended = Program::start(&mut command)?.wait()?;
    check_sober(&ended);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let told = format!(
        "{}:2:11: error: expected one of informational",
        recipe.display()
    );
    assert!(ended.stderr.contains(&told), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("MEDIUM   os_fingerprint"),
        "{}",
        ended.stderr
    );
    Ok(())
}

fn full_disk(binaries: &Binaries) -> Result<()> {
    let mut command = Sensor::command(&binaries.sensor);
    command.args([
        "exec",
        "--record",
        "/dev/full",
        "--",
        "cat",
        "/proc/version",
    ]);
    let ended = Program::start(&mut command)?.wait()?;
    check_sober(&ended);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let errors: Vec<_> = ended
        .stderr
        .lines()
        .filter(|line| line.contains("ERROR"))
        .collect();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    for said in ["the recording", "/dev/full", "No space left on device"] {
        assert!(errors[0].contains(said), "{errors:#?}");
    }
    assert!(
        ended.stderr.contains("MEDIUM   os_fingerprint"),
        "{}",
        ended.stderr
    );
    Ok(())
}

/// Nobody else says that the recording of a long run is worth nothing.
fn full_disk_of_run(binaries: &Binaries) -> Result<()> {
    let arguments = ["--no-export", "--output=none", "--record=/dev/full"];
    let sensor = Sensor::run(&binaries.sensor, arguments, &[])?;
    let ended = sensor.stop()?;
    check_sober(&ended);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains("/dev/full can be replayed up to this point"),
        "{}",
        ended.stderr
    );
    Ok(())
}

/// It ended with this code and one message, in which all of this is said, and has printed nothing else.
fn check(ended: &Ended, code: i32, said: &[&str]) {
    check_sober(ended);
    assert_eq!(ended.code, Some(code), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    let messages = ended
        .stderr
        .lines()
        .filter(|line| line.starts_with("scoutline: "));
    assert_eq!(messages.count(), 1, "{}", ended.stderr);
    for part in said {
        assert!(
            ended.stderr.contains(part),
            "no `{part}` in:\n{}",
            ended.stderr
        );
    }
}

fn check_sober(ended: &Ended) {
    for word in ["panicked", "backtrace", "Error {"] {
        assert!(!ended.stderr.contains(word), "{}", ended.stderr);
    }
}
