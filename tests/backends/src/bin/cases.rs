//! Prints every case of the catalogue as a line of JSON, with its records as OTLP, for engines that are asked from elsewhere.
//!
//! ```json
//! {"question": …, "case": …, "begin": …, "at": …, "lines": […], "expect": […]}
//! ```
//! `begin` and `at` are the first moment of the window and the one at which is asked, in nanoseconds since the Unix epoch.
//! `lines` are requests in OTLP/JSON, a record each; a tenth of them, and the first, is there twice, as after a delivery that
//! was repeated. Cases that have only metrics are left out.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result};
use scoutline_backends::{Happened, twice};
use scoutline_dashboards::{Catalogue, folder};
use serde_json::{Value, json};

/// When it happened: always the same, so that two runs print the same.
const BEGIN: u64 = 1_790_000_000_000_000_000;

const SECOND: u64 = 1_000_000_000;

fn main() -> Result<()> {
    let mut out = io::stdout().lock();
    let catalogue = Catalogue::read(&folder().join("catalogue"))?;
    let mut happened = Happened::new();
    for (name, question) in &catalogue.questions {
        for case in question.cases.iter().filter(|it| it.samples.is_empty()) {
            let lines = happened
                .lines(&case.events, BEGIN + SECOND)
                .with_context(|| format!("{name}: {}", case.name))?;
            let lines: Vec<Value> = twice(&lines)
                .map(serde_json::from_slice)
                .collect::<Result<_, _>>()?;
            let line = json!({
                "question": name,
                "case": case.name,
                "begin": BEGIN,
                "at": BEGIN + case.window * SECOND,
                "lines": lines,
                "expect": case.expect,
            });
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}
