//! How long the queries of the dashboards take on a day of a fleet, in a real Loki on this machine.
//!
//! Each is asked as Grafana asks it, for all of the day and every host (one to investigate), one at a time, and more than once; the middle counts.
//! The first number of detections has a limit, the second one shows how it grows.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod fleet;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use comfy_table::Table;
use scoutline_backends::Loki;
use scoutline_bench::{keep, load_average, median};
use scoutline_dashboards::{
    Catalogue, Dashboard, Language, PanelKind, Place, Purpose, Variable, folder,
};
use serde::Serialize;

use crate::fleet::DAY;

/// What a query may take with the first number of detections, milliseconds.
const LIMIT_MS: f64 = 1000.0;

/// What Grafana makes of `$__auto` and of the step for a day on a panel of a hundred bars.
const STEP: Duration = Duration::from_secs(15 * 60);

/// A chunk has a whole day here and not two hours as usual, so its blocks are smaller by as much.
const BLOCK_BYTES: u32 = 32 * 1024;

/// How often the same number of bytes has to be read until Loki is taken to have come to rest.
const SAME: u32 = 15;

/// How long that may take.
const SETTLED_AFTER: Duration = Duration::from_secs(600);

/// Times of the dashboards' queries.
#[derive(Parser)]
struct Args {
    /// Numbers of detections; the first has a limit.
    #[arg(long, default_values_t = [100_000, 1_000_000])]
    detections: Vec<u64>,
    /// How often each query is asked.
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// Also write the figures here.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// A query of a panel.
#[derive(Clone, Debug)]
struct Asked {
    dashboard: String,
    question: String,
    query: String,
    is_over_time: bool,
}

#[derive(Serialize)]
struct Figure {
    detections: u64,
    dashboard: String,
    question: String,
    milliseconds: f64,
    scanned_bytes: u64,
    rows: usize,
}

fn main() -> Result<()> {
    let args = Args::parse();
    ensure!(
        args.runs > 0 && !args.detections.is_empty(),
        "nothing to measure"
    );
    let asked = queries()?;
    let overview = asked
        .iter()
        .filter(|it| it.dashboard == "scoutline-overview");
    let selectors: BTreeSet<_> = overview.map(|it| selector(&it.query)).collect();
    ensure!(selectors.len() == 1, "the Overview reads {selectors:?}");
    let binary = Loki::build()?;
    let mut figures = Vec::new();
    for count in &args.detections {
        let loki = Loki::start_with_blocks(&binary, BLOCK_BYTES)?;
        let end = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos())?;
        let started = Instant::now();
        fleet::send(&loki, *count, end)?;
        println!(
            "{count} detections sent in {:.0} s",
            started.elapsed().as_secs_f64()
        );
        let all = r#"sum(count_over_time({service_name="scoutline"}[25h]))"#;
        loki.wait_for_value(all, end, *count as f64)?;
        settle(&loki, all, end)?;
        for it in &asked {
            figures.push(measure(&loki, it, *count, end, args.runs)?);
        }
    }
    report(&args, &figures);
    keep(&figures, args.json.as_deref())?;
    let late = figures
        .iter()
        .filter(|it| Some(&it.detections) == args.detections.first() && it.milliseconds > LIMIT_MS);
    let late: Vec<_> = late.map(|it| it.question.as_str()).collect();
    ensure!(
        late.is_empty(),
        "more than {LIMIT_MS} ms: {}",
        late.join(", ")
    );
    Ok(())
}

/// Waits until Loki reads each record once: while it writes chunks out, it has some of them twice.
fn settle(loki: &Loki, query: &str, end: u64) -> Result<()> {
    let deadline = Instant::now() + SETTLED_AFTER;
    let mut same = 0;
    let mut before = 0;
    while same < SAME {
        ensure!(Instant::now() < deadline, "Loki does not come to rest");
        // It tells nobody when it has written all.
        thread::sleep(Duration::from_secs(1));
        let scanned = loki.query(query, end, Duration::ZERO)?.scanned;
        same = if scanned == before { same + 1 } else { 0 };
        before = scanned;
    }
    Ok(())
}

/// Every query of Loki's that a dashboard has, with nothing narrowed down.
fn queries() -> Result<Vec<Asked>> {
    let catalogue = Catalogue::read(&folder().join("catalogue"))?;
    let mut all = Vec::new();
    for dashboard in &catalogue.dashboards {
        for name in names(dashboard) {
            let question = &catalogue.questions[name];
            let panel = question.panel.as_ref().context("it is shown")?;
            let Some(query) = question.queries.logql.text() else {
                continue;
            };
            let query = Language::LogQl.expand(query, Purpose::Panel)?;
            let query = query
                .replace("$__range", &format!("{}s", DAY / 1_000_000_000))
                .replace("$__auto", &format!("{}s", STEP.as_secs()));
            // Nobody investigates every host at once.
            let host = if dashboard.variables.contains(&Variable::Session) {
                fleet::host_name(7)
            } else {
                ".*".to_owned()
            };
            let query = query.replace("$host", &host);
            let variables = ["$environment", "$session", "$repository"];
            let query = variables
                .iter()
                .fold(query, |it, name| it.replace(name, ".*"));
            all.push(Asked {
                dashboard: dashboard.uid.clone(),
                question: name.to_owned(),
                query,
                is_over_time: matches!(panel.kind, PanelKind::Bars | PanelKind::Lines),
            });
        }
    }
    Ok(all)
}

fn names(dashboard: &Dashboard) -> impl Iterator<Item = &str> {
    let places = dashboard.rows.iter().flat_map(|row| &row.panels);
    places.flat_map(|place| match place {
        Place::Question(name) => vec![name.as_str()],
        Place::Sized(sized) => sized.keys().map(String::as_str).collect(),
    })
}

/// Which streams a query reads.
fn selector(query: &str) -> &str {
    let begin = query.find('{').unwrap_or(0);
    let end = query[begin..]
        .find('}')
        .map_or(query.len(), |it| begin + it);
    &query[begin..end]
}

fn measure(loki: &Loki, it: &Asked, detections: u64, end: u64, runs: u32) -> Result<Figure> {
    let window = Duration::from_nanos(DAY);
    let mut took = Vec::new();
    let (mut scanned, mut rows) = (0, 0);
    for _ in 0..runs {
        let answer = if it.is_over_time {
            loki.query_range(&it.query, end, window, STEP)?
        } else {
            loki.query(&it.query, end, window)?
        };
        took.push(answer.took.as_secs_f64() * 1e3);
        (scanned, rows) = (answer.scanned, answer.rows.len());
    }
    Ok(Figure {
        detections,
        dashboard: it.dashboard.clone(),
        question: it.question.clone(),
        milliseconds: median(took).context("it ran")?,
        scanned_bytes: scanned,
        rows,
    })
}

fn report(args: &Args, figures: &[Figure]) {
    let mut table = Table::new();
    table.set_header([
        "detections",
        "dashboard",
        "question",
        "ms",
        "limit",
        "scanned MB",
        "rows",
    ]);
    for it in figures {
        let is_limited = Some(&it.detections) == args.detections.first();
        let limit = match it.milliseconds {
            _ if !is_limited => "-".to_owned(),
            ms if ms > LIMIT_MS => format!("{LIMIT_MS} MISSED"),
            _ => format!("{LIMIT_MS}"),
        };
        table.add_row([
            it.detections.to_string(),
            it.dashboard.clone(),
            it.question.clone(),
            format!("{:.0}", it.milliseconds),
            limit,
            format!("{:.1}", it.scanned_bytes as f64 / 1e6),
            it.rows.to_string(),
        ]);
    }
    println!(
        "{table}\nload average {}, {} runs each",
        load_average(),
        args.runs
    );
}
