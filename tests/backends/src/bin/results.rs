//! `results FILE`: prints what was asked of which engine, what it should have answered and what it did. Fails if one differs.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::{env, fs, io};

use anyhow::{Context as _, Result, ensure};
use comfy_table::Table;
use comfy_table::presets::NOTHING;

const COLUMNS: [&str; 7] = [
    "question", "case", "language", "engine", "how", "expected", "got",
];

fn main() -> Result<()> {
    let path = env::args_os().nth(1).context("results FILE: which one?")?;
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut lines: Vec<Vec<&str>> = text.lines().map(|it| it.split('\t').collect()).collect();
    lines.sort();
    let mut table = Table::new();
    table.load_preset(NOTHING).set_header(COLUMNS);
    let mut sums = BTreeMap::<[&str; 3], [usize; 2]>::new();
    for line in &lines {
        ensure!(
            line.len() == COLUMNS.len(),
            "not a line of the table: {line:?}"
        );
        table.add_row(line);
        let sum = sums.entry([line[2], line[3], line[4]]).or_default();
        sum[usize::from(line[5] != line[6])] += 1;
    }
    let mut short = Table::new();
    short
        .load_preset(NOTHING)
        .set_header(["language", "engine", "how", "as expected", "not"]);
    let mut wrong = 0;
    for ([language, engine, how], [right, not]) in sums {
        short.add_row([language, engine, how, &right.to_string(), &not.to_string()]);
        wrong += not;
    }
    writeln!(io::stdout().lock(), "{table}\n{short}")?;
    ensure!(!lines.is_empty(), "nothing was asked");
    ensure!(wrong == 0, "{wrong} answers are not as expected");
    Ok(())
}
