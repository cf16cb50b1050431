//! THE table: every way to open and to execute, one row each, and what the sensor makes of it on this kernel.
//!
//! Prints `suite live: skipped: …` where it cannot run.

mod counts;
mod executions;
mod opens;
mod quiet;
mod recording;
mod row;
mod suite;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

use row::Row;
use suite::Suite;

#[expect(clippy::print_stdout, reason = "a skip is told where the results are")]
fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if let Err(reason) = scoutline_live::requirements() {
        println!("suite live: skipped: {reason}");
        let skipped = vec![Trial::test("table", || Ok(())).with_ignored_flag(true)];
        return libtest_mimic::run(&arguments, skipped).exit_code();
    }
    let suite = match Suite::new() {
        Ok(suite) => Arc::new(suite),
        Err(error) => {
            println!("suite live: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut trials: Vec<Trial> = groups()
        .into_iter()
        .flat_map(|(group, rows)| rows.into_iter().map(move |row| (group, row)))
        .map(|(group, row)| {
            let name = format!("{group}: {}", row.name);
            let missing = suite.missing(&row);
            if let Some(reason) = &missing {
                println!("suite live: {name}: skipped: {reason}");
            }
            let suite = Arc::clone(&suite);
            Trial::test(name, move || suite.check(&row)).with_ignored_flag(missing.is_some())
        })
        .collect();
    trials.push(recording::trial(&suite));

    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(Err(failed)) = Arc::into_inner(suite).map(Suite::end) {
        println!("suite live: {failed}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

fn groups() -> [(&'static str, Vec<Row>); 8] {
    [
        ("open by a tool", opens::by_tools()),
        ("open by a call", opens::by_calls()),
        ("open a name of any length", opens::by_length()),
        ("open in a namespace", opens::in_namespaces()),
        ("execute by a tool", executions::by_tools()),
        ("execute by a call", executions::by_calls()),
        ("quiet", quiet::rows()),
        ("count", counts::rows()),
    ]
}
