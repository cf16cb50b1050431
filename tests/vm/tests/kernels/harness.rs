//! The guests themselves: a result from one is worth something only if these hold.

use std::time::Duration;

use libtest_mimic::Failed;
use scoutline_vm::{BootError, Guest, Kernel, Output};

/// A case, and the beginning of the release that the kernel has to have.
type Case = fn(&Guest, &Kernel, &str) -> Result<(), Failed>;

pub(crate) const CASES: [(&str, Case); 4] = [
    ("boots", boots),
    ("hands back the script's exit code", hands_back_the_status),
    ("switches off a guest that hangs", switches_off_at_the_limit),
    (
        "reports a script that ends the machine",
        reports_a_lost_script,
    ),
];

fn boots(guest: &Guest, kernel: &Kernel, version: &str) -> Result<(), Failed> {
    let Output { serial, status } = guest.boot(kernel, &[], "uname -r && cat /proc/mounts")?;
    assert_eq!(status, 0, "{serial}");
    assert!(kernel.release().starts_with(version), "{kernel:?}");
    assert!(
        serial.lines().any(|line| line == kernel.release()),
        "{serial}"
    );
    for filesystem in ["proc", "sysfs", "tracefs", "bpf", "cgroup2"] {
        let mounted = |line: &str| line.split(' ').nth(2) == Some(filesystem);
        assert!(
            serial.lines().any(mounted),
            "{filesystem} is not mounted:\n{serial}"
        );
    }
    Ok(())
}

fn hands_back_the_status(guest: &Guest, kernel: &Kernel, _: &str) -> Result<(), Failed> {
    let output = guest.boot(kernel, &[], "exit 42")?;
    assert_eq!(output.status, 42, "{}", output.serial);
    Ok(())
}

fn switches_off_at_the_limit(guest: &Guest, kernel: &Kernel, _: &str) -> Result<(), Failed> {
    let limit = Duration::from_secs(1);
    let result = guest
        .clone()
        .with_limit(limit)
        .boot(kernel, &[], "sleep 600");
    assert!(
        matches!(result, Err(BootError::Overdue { .. })),
        "{result:?}"
    );
    Ok(())
}

fn reports_a_lost_script(guest: &Guest, kernel: &Kernel, _: &str) -> Result<(), Failed> {
    let result = guest.boot(kernel, &[], "poweroff -f");
    assert!(
        matches!(result, Err(BootError::NoStatus { .. })),
        "{result:?}"
    );
    Ok(())
}
