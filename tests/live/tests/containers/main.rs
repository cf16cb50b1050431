//! Containers of a real engine: what a detection in one is about, and what one beside it is not.
//!
//! Prints `suite containers: skipped: …` where there can be none.

mod cgroups;
mod contained;
mod engine;
mod shapes;
mod suite;
mod uncontained;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use cgroups::Hierarchy;
use suite::Suite;

type Case = fn(&Suite) -> Result<(), Failed>;

#[expect(clippy::print_stdout, reason = "a skip is told where the results are")]
fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let suite = scoutline_live::requirements()
        .map_err(str::to_owned)
        .and_then(|()| Suite::new());
    let suite = match suite {
        Ok(suite) => Arc::new(suite),
        Err(reason) => {
            println!("suite containers: skipped: {reason}");
            let skipped = vec![Trial::test("containers", || Ok(())).with_ignored_flag(true)];
            return libtest_mimic::run(&arguments, skipped).exit_code();
        }
    };
    let mut trials = Vec::new();
    for shape in &shapes::SHAPES {
        let suite = Arc::clone(&suite);
        trials.push(Trial::test(shape.name, move || {
            contained::is_known(&suite, shape)
        }));
    }
    for (name, case) in contained::CASES.iter().chain(&uncontained::CASES) {
        let suite = Arc::clone(&suite);
        trials.push(Trial::test(*name, move || case(&suite)));
    }
    let lacks_v1 = Hierarchy::v1().err();
    if let Some(reason) = &lacks_v1 {
        println!("suite containers: {}: skipped: {reason}", contained::IN_V1);
    }
    trials.push({
        let suite = Arc::clone(&suite);
        Trial::test(contained::IN_V1, move || contained::is_known_by_v1(&suite))
            .with_ignored_flag(lacks_v1.is_some())
    });

    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(Err(failed)) = Arc::into_inner(suite).map(Suite::end) {
        println!("suite containers: {failed}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}
