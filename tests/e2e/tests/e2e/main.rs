//! The sensor and a real Collector, from the kernel to the Collector's file. Prints `suite e2e: skipped: …` where that
//! can not run.

mod deeds;
mod delivery;
mod deploy;
mod exec;
mod gateway;
mod golden;
mod json;
mod kubernetes;
mod ottl;
mod outage;
mod own;
mod refusal;
mod shipped;
mod shutdown;

use std::path::PathBuf;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use scoutline_e2e::{Collector, Profile, build, why_not};

/// The programs under test.
#[derive(Clone, Debug)]
pub(crate) struct Binaries {
    sensor: PathBuf,
    collector: PathBuf,
}

/// A case, which fails by a panic or by an error.
pub(crate) type Case = fn(&Binaries) -> anyhow::Result<()>;

#[expect(clippy::print_stdout, reason = "a skip is told where the results are")]
fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::from_args();
    let collector = match why_not() {
        Some(reason) => Err(reason.to_owned()),
        None => Collector::build().map_err(|error| format!("no Collector: {error:#}")),
    };
    let trials = match collector {
        Ok(collector) => {
            // A sensor that does not build is no reason to skip.
            let sensor = build(Profile::Dev)?;
            trials(&Binaries { sensor, collector })
        }
        Err(reason) => {
            println!("suite e2e: skipped: {reason}");
            vec![Trial::test("e2e", || Ok(())).with_ignored_flag(true)]
        }
    };
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn trials(binaries: &Binaries) -> Vec<Trial> {
    let mut trials = delivery::trials(binaries);
    for (suite, cases) in [
        ("exec", exec::CASES),
        ("gateway", gateway::CASES),
        ("json", json::CASES),
        ("kubernetes", kubernetes::CASES),
        ("ottl", ottl::CASES),
        ("outage", outage::CASES),
        ("own", own::CASES),
        ("refusal", refusal::CASES),
        ("shipped", shipped::CASES),
        ("shutdown", shutdown::CASES),
        ("deploy", deploy::CASES),
    ] {
        for (name, case) in cases {
            trials.push(trial(format!("{suite}: {name}"), binaries, case));
        }
    }
    trials
}

pub(crate) fn trial(
    name: String,
    binaries: &Binaries,
    case: impl FnOnce(&Binaries) -> anyhow::Result<()> + Send + 'static,
) -> Trial {
    let binaries = binaries.clone();
    Trial::test(name, move || {
        case(&binaries).map_err(|error| format!("{error:#}").into())
    })
}
