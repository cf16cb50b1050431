//! Floods: of opens, of processes and of reused pids. What is counted stays exact, and nobody else waits.
//!
//! Prints `suite live: skipped: …` where it cannot run.

mod bell;
mod detection;
mod floods;
mod reuse;

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use scoutline_live::{Sensor, Tools};

/// Longer than any flood here takes, so that each is one detection.
const WINDOW: Duration = Duration::from_secs(15);

/// What the floods share.
struct Suite {
    tools: Tools,
    sensor: OnceLock<Result<Sensor, String>>,
}

impl Suite {
    fn sensor(&self) -> Result<&Sensor, Failed> {
        let started = self.sensor.get_or_init(|| {
            let program = Path::new(env!("CARGO_BIN_EXE_sensor"));
            Sensor::start(program, WINDOW, &[]).map_err(|error| error.to_string())
        });
        Ok(started.as_ref()?)
    }
}

#[expect(clippy::print_stdout, reason = "a skip is told where the results are")]
fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each is to have the machine for itself.
    arguments.test_threads = Some(1);
    if let Err(reason) = scoutline_live::requirements() {
        println!("suite live: skipped: {reason}");
        let skipped = vec![Trial::test("storm", || Ok(())).with_ignored_flag(true)];
        return libtest_mimic::run(&arguments, skipped).exit_code();
    }
    let suite = match Tools::build() {
        Ok(tools) => Arc::new(Suite {
            tools,
            sensor: OnceLock::new(),
        }),
        Err(error) => {
            println!("suite live: {error}");
            return ExitCode::FAILURE;
        }
    };
    let trials = floods::FLOODS.iter().map(|(name, flood)| {
        let suite = Arc::clone(&suite);
        Trial::test(*name, move || flood(&suite))
    });
    let trials = std::iter::once(Trial::test(bell::NAME, bell::a_ring_that_fills_up_wakes))
        .chain(trials)
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(Err(failed)) = Arc::into_inner(suite).map(end) {
        println!("suite live: {failed}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

/// Ends the sensor, which says at its end what it lost.
fn end(suite: Suite) -> Result<(), String> {
    let Some(Ok(sensor)) = suite.sensor.into_inner() else {
        return Ok(());
    };
    sensor.stop().map_err(|error| error.to_string())?.unhurt()
}
