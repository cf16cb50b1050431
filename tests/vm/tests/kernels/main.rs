//! What only another kernel can show. Prints `suite kernels: skipped: …` where no guest can be booted.

#![expect(clippy::print_stdout, reason = "a skip is told where the results are")]

mod harness;
mod otlp;
mod sensor;
mod units;

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use scoutline_vm::{Guest, Kernel};

/// Kernels, each with the beginning of its release.
type Kernels = Vec<(Kernel, &'static str)>;

/// Debian suites, each with what its kernel calls itself.
const KERNELS: [(&str, &str); 1] = [("bookworm", "6.1.")];

fn main() -> Result<ExitCode, sensor::BuildError> {
    let arguments = Arguments::from_args();
    let trials = match machine() {
        // A sensor that does not build is no reason to skip.
        Ok((guest, kernels)) => trials(&guest, &kernels, &sensor::build()?),
        Err(reason) => {
            println!("suite kernels: skipped: {reason}");
            vec![Trial::test("kernels", || Ok(())).with_ignored_flag(true)]
        }
    };
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

/// What this machine can boot, or why it cannot: a reason to skip, never to pass.
fn machine() -> Result<(Guest, Kernels), String> {
    let guest = Guest::find().map_err(|error| error.to_string())?;
    let mut kernels = Kernels::new();
    for (suite, version) in KERNELS {
        let kernel = Kernel::of_debian(suite).map_err(|error| error.to_string())?;
        kernels.push((kernel, version));
    }
    Ok((guest, kernels))
}

fn trials(guest: &Guest, kernels: &[(Kernel, &'static str)], sensor: &Path) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (kernel, version) in kernels {
        for (name, case) in harness::CASES {
            let (guest, kernel, version) = (guest.clone(), kernel.clone(), *version);
            trials.push(Trial::test(format!("{version}x {name}"), move || {
                case(&guest, &kernel, version)
            }));
        }
        for rung in sensor::RUNGS {
            let (guest, kernel, sensor) = (guest.clone(), kernel.clone(), sensor.to_owned());
            let name = format!("{version}x detects through {}", rung.hook);
            trials.push(Trial::test(name, move || {
                sensor::detects(&guest, &kernel, &sensor, &rung)
            }));
        }
        let (plain, image, program) = (guest.clone(), kernel.clone(), sensor.to_owned());
        trials.push(Trial::test(
            format!("{version}x knows units and logins"),
            move || units::are_known(&plain, &image, &program),
        ));
        let (kernel, sensor) = (kernel.clone(), sensor.to_owned());
        let name = format!("{version}x knows what systemd runs");
        trials.push(match guest.clone().with_systemd() {
            Ok(guest) => Trial::test(name, move || {
                units::of_systemd_are_known(&guest, &kernel, &sensor)
            }),
            Err(reason) => {
                println!("suite kernels: skipped: {name}: {reason}");
                Trial::test(name, || Ok(())).with_ignored_flag(true)
            }
        });
    }
    trials
}
