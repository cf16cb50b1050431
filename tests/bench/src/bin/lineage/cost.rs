//! CPU time of a detector that is fed with records.

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};
use scoutline_abi::decode;
use scoutline_detect::recipe::{Matcher, Options, builtin, compile};
use scoutline_detect::{Clock, CommandArgs, Detector, Output, Settings};
use serde::Serialize;

use crate::host::{Host, PARENTS, SHORT_LIVED, started_ns};
use crate::memory::facts;

/// Records between two readings of the clock, so that reading it does not count.
const BATCH: u32 = 64;

/// Detections of one run.
const DETECTIONS: u32 = 2_000;

/// A life of a process, microseconds.
#[derive(Serialize)]
pub(crate) struct Cost {
    pub(crate) fork_us: f64,
    pub(crate) exec_us: f64,
    pub(crate) exit_us: f64,
}

impl Cost {
    pub(crate) fn all_us(&self) -> f64 {
        self.fork_us + self.exec_us + self.exit_us
    }
}

/// From a matching execution to its record, microseconds, by what is told of its arguments.
#[derive(Serialize)]
pub(crate) struct Detections {
    pub(crate) full_us: f64,
    pub(crate) redacted_us: f64,
}

impl Detections {
    pub(crate) fn redaction_us(&self) -> f64 {
        self.redacted_us - self.full_us
    }
}

/// Makes one record of the process of that number, at that time.
type Kind = fn(&mut Host, u32, u64) -> &[u8];

/// What a life costs, of `lives` that follow each other, one a millisecond.
pub(crate) fn of_lives(lives: u32) -> Result<Cost> {
    let mut it = Fed::new(Settings::default())?;
    let mut records = Records::default();
    let mut host = Host::new();
    let mut spent = [0.0; 3];
    for batch in 0..lives / BATCH {
        let first = SHORT_LIVED + batch * BATCH;
        let numbers = first..first + BATCH;
        let now = started_ns(first + BATCH);
        let kinds: [Kind; 3] = [Host::fork, Host::exec, Host::exit];
        for (record, spent) in kinds.into_iter().zip(&mut spent) {
            records.clear();
            for number in numbers.clone() {
                records.push(record(&mut host, number, now));
            }
            *spent += it.feed(&records)?;
        }
        it.advance(now);
    }
    anyhow::ensure!(it.out.records.is_empty(), "something was detected");
    let each = spent.map(|ns| ns / f64::from(lives / BATCH * BATCH) / 1e3);
    let [fork_us, exec_us, exit_us] = each;
    Ok(Cost {
        fork_us,
        exec_us,
        exit_us,
    })
}

/// What a detection costs.
pub(crate) fn of_detections() -> Result<Detections> {
    let run = |command_args| -> Result<f64> {
        let mut it = Fed::new(Settings {
            command_args,
            ..Settings::default()
        })?;
        let mut host = Host::new();
        let mut records = Records::default();
        let first = SHORT_LIVED;
        let now = started_ns(first);
        for number in first..first + DETECTIONS {
            it.feed_one(host.fork(number, now))?;
            records.push(host.scanner(number, now));
        }
        let ns = it.feed(&records)?;
        let found = it.out.records.len();
        anyhow::ensure!(found == DETECTIONS as usize, "{found} detections");
        Ok(ns / f64::from(DETECTIONS) / 1e3)
    };
    Ok(Detections {
        full_us: run(CommandArgs::Full)?,
        redacted_us: run(CommandArgs::Redacted)?,
    })
}

/// A detector and what it gave.
struct Fed {
    detector: Detector,
    out: Output,
}

impl Fed {
    /// One that knows the processes that all others come from.
    fn new(settings: Settings) -> Result<Self> {
        let mut it = Self {
            detector: Detector::new(matcher()?, facts(), settings),
            out: Output::default(),
        };
        let mut host = Host::new();
        it.feed_one(host.init(started_ns(0)))?;
        for number in 1..PARENTS {
            it.feed_one(host.fork(number, started_ns(number)))?;
            it.feed_one(host.exec(number, started_ns(number)))?;
        }
        Ok(it)
    }

    fn feed_one(&mut self, record: &[u8]) -> Result<()> {
        let event = decode(record)?;
        self.detector.observe(&event, 0, CLOCK, &mut self.out);
        Ok(())
    }

    /// CPU time of that, nanoseconds.
    fn feed(&mut self, records: &Records) -> Result<f64> {
        let before = thread_ns();
        for record in records.iter() {
            self.feed_one(record)?;
        }
        Ok(thread_ns() - before)
    }

    fn advance(&mut self, now: u64) {
        self.detector.advance(now, &[], CLOCK, &mut self.out);
        self.detector.forget();
    }
}

const CLOCK: Clock = Clock { boot_to_unix_ns: 0 };

/// Records one after the other.
#[derive(Default)]
struct Records {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Records {
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    fn push(&mut self, record: &[u8]) {
        self.bytes.extend_from_slice(record);
        self.ends.push(self.bytes.len());
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(&0).chain(&self.ends);
        let pairs = begins.zip(&self.ends);
        pairs.filter_map(|(begin, end)| self.bytes.get(*begin..*end))
    }
}

fn matcher() -> Result<Matcher> {
    let (recipes, _) = builtin();
    let recipes = recipes.into_iter().map(Into::into);
    compile(recipes, &Options::default()).context("compile the built-in recipes")
}

fn thread_ns() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
