//! What only another kernel can show. Prints `suite kernels: skipped: …` where no guest can be booted.

use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use scoutline_vm::{BootError, FetchError, Guest, Kernel, Output};

/// Debian suites, each with what its kernel calls itself.
const KERNELS: [(&str, &str); 1] = [("bookworm", "6.1.")];

#[expect(clippy::print_stdout, reason = "a skip is told where the results are")]
fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = match prepare() {
        Ok((guest, kernels)) => trials(&guest, &kernels),
        Err(reason) => {
            println!("suite kernels: skipped: {reason}");
            vec![Trial::test("kernels", || Ok(())).with_ignored_flag(true)]
        }
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

type Found = (Guest, Vec<(Kernel, &'static str)>);

/// Whatever is missing on this machine is a reason to skip, never to pass.
fn prepare() -> Result<Found, String> {
    let guest = Guest::find().map_err(|error| error.to_string())?;
    let kernels = KERNELS
        .iter()
        .map(|(suite, version)| Ok((Kernel::of_debian(suite)?, *version)))
        .collect::<Result<_, FetchError>>()
        .map_err(|error| error.to_string())?;
    Ok((guest, kernels))
}

fn trials(guest: &Guest, kernels: &[(Kernel, &'static str)]) -> Vec<Trial> {
    type Case = fn(&Guest, &Kernel, &str) -> Result<(), Failed>;
    let cases: [(&str, Case); 4] = [
        ("boots", boots),
        ("hands back the script's exit code", hands_back_the_status),
        ("switches off a guest that hangs", switches_off_at_the_limit),
        (
            "reports a script that ends the machine",
            reports_a_lost_script,
        ),
    ];
    let mut trials = Vec::new();
    for (kernel, version) in kernels {
        for (name, case) in cases {
            let (guest, kernel, version) = (guest.clone(), kernel.clone(), *version);
            trials.push(Trial::test(format!("{version}x {name}"), move || {
                case(&guest, &kernel, version)
            }));
        }
    }
    trials
}

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
