//! Real backends behind a real Collector. Prints `suite backends: skipped: …` where they can not run.

mod break_in;
mod catalogue;
mod corpus;
mod session;

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use scoutline_backends::{Binaries, Loki, Prometheus, Tree};
use scoutline_e2e::{Collector, Profile, build, why_not};

#[expect(clippy::print_stdout, reason = "a skip is told where the results are")]
fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::from_args();
    let mut trials = match Binaries::build() {
        Ok(binaries) => {
            let mut trials = session_trials(&binaries);
            match why_not() {
                // A sensor that does not build is no reason to skip.
                None => trials.extend(break_in_trials(&binaries, &build(Profile::Dev)?)),
                Some(reason) => {
                    println!("suite backends: skipped: break-in: {reason}");
                    trials.push(skipped("break-in"));
                }
            }
            trials
        }
        Err(error) => {
            println!("suite backends: skipped: {error:#}");
            vec![skipped("backends")]
        }
    };
    let engines = || anyhow::Ok((Collector::build()?, Loki::build()?, Prometheus::build()?));
    match engines() {
        Ok((collector, loki, prometheus)) => {
            let engines = catalogue::Engines {
                collector: &collector,
                loki: &loki,
                prometheus: &prometheus,
            };
            trials.extend(catalogue::trials(&engines)?);
            trials.extend(corpus::trials(&engines)?);
        }
        Err(error) => {
            println!("suite backends: skipped: catalogue: {error:#}");
            trials.push(skipped("catalogue"));
        }
    }
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn session_trials(binaries: &Binaries) -> Vec<Trial> {
    let cases = session::CASES.iter();
    let trials = cases.map(|(name, case)| {
        let binaries = binaries.clone();
        trial(format!("session: {name}"), move || case(&binaries))
    });
    trials.collect()
}

fn break_in_trials(binaries: &Binaries, sensor: &Path) -> Vec<Trial> {
    let cases = break_in::CASES.iter();
    let trials = cases.map(|(name, case)| {
        let (binaries, sensor) = (binaries.clone(), sensor.to_owned());
        trial(format!("break-in: {name}"), move || {
            case(&binaries, &sensor)
        })
    });
    trials.collect()
}

/// A case fails by a panic or by an error.
fn trial(name: String, case: impl FnOnce() -> anyhow::Result<()> + Send + 'static) -> Trial {
    Trial::test(name, || case().map_err(|error| format!("{error:#}").into()))
}

fn skipped(name: &str) -> Trial {
    Trial::test(name, || Ok(())).with_ignored_flag(true)
}

/// Prints a tree for who reads along with `--nocapture`; a failure shows it anyway.
#[expect(clippy::print_stdout, reason = "it is asked for")]
pub(crate) fn show(tree: &Tree<'_>, tags: &[&str]) {
    if Arguments::from_args().nocapture {
        println!("{}", tree.report(tags));
    }
}
