//! A Collector before its backends.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use scoutline_e2e::{Collector, Lines, Records};
use scoutline_semconv::attr;

use crate::jaeger::{Jaeger, Query, SpanId, Trace, TraceId};
use crate::passed::Passed;
use crate::tree::Tree;

/// What the Collector does here.
const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/collector.yaml");

/// `service.name` of what the sensor detects.
const SERVICE: &str = "scoutline";

/// The programs of a bed.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// OpenTelemetry Collector.
    pub collector: PathBuf,
    /// Jaeger.
    pub jaeger: PathBuf,
}

/// A Collector that passes traces to a Jaeger and keeps a copy of everything.
#[derive(Debug)]
pub struct Bed {
    collector: Collector,
    jaeger: Jaeger,
    passed: Lines<Passed>,
    records: Records,
}

impl Binaries {
    /// Builds what is not there yet.
    ///
    /// # Errors
    /// If one can not be built here.
    pub fn build() -> Result<Self> {
        Ok(Self {
            collector: Collector::build()?,
            jaeger: Jaeger::build()?,
        })
    }
}

impl Bed {
    /// Starts both.
    ///
    /// # Errors
    /// If one does not become ready.
    pub fn start(binaries: &Binaries) -> Result<Self> {
        let jaeger = Jaeger::start(&binaries.jaeger)?;
        let variables = [("JAEGER", jaeger.otlp().to_owned())];
        let collector = Collector::deploy(&binaries.collector, Path::new(CONFIG), &variables)?;
        let passed = Lines::follow(&collector.directory().join("traces.jsonl"))?;
        let records = collector.records()?;
        Ok(Self {
            collector,
            jaeger,
            passed,
            records,
        })
    }

    /// Where to send to.
    pub fn collector(&self) -> &Collector {
        &self.collector
    }

    /// Where traces end up.
    pub fn jaeger(&self) -> &Jaeger {
        &self.jaeger
    }

    /// Log records that have come through.
    pub fn records(&mut self) -> &mut Records {
        &mut self.records
    }

    /// Spans that have come through.
    pub fn passed(&mut self) -> &mut Lines<Passed> {
        &mut self.passed
    }

    /// Waits until Jaeger has as many traces with this tag, each with exactly the spans that the Collector has passed on;
    /// whole or not. Jaeger files a batch span by span, so what it has first may be a part.
    ///
    /// # Errors
    /// If that takes longer than [`scoutline_e2e::PATIENCE`]; then it shows what is there.
    pub fn arrived(&mut self, name: &str, value: &str, traces: usize) -> Result<Vec<Trace>> {
        self.wait(name, value, traces, |_| true)
    }

    /// The traces of a session, oldest first, once there are as many and all are whole.
    ///
    /// # Errors
    /// As [`Bed::arrived`]; also if one stays broken, with what is wrong.
    pub fn session(&mut self, uid: &str, traces: usize) -> Result<Vec<Trace>> {
        let is_whole = |trace: &Trace| Tree::of(trace).faults().is_empty();
        self.wait(attr::SCOUTLINE_SESSION_UID, uid, traces, is_whole)
    }

    fn wait(
        &mut self,
        name: &str,
        value: &str,
        traces: usize,
        is_fine: impl Fn(&Trace) -> bool,
    ) -> Result<Vec<Trace>> {
        let expected = format!("{traces} traces with {name}={value}");
        let with_tag = |passed: &[Passed]| -> BTreeSet<_> {
            let passed = passed.iter();
            let ours = passed.filter(|it| it.service == SERVICE && it.text(name) == value);
            ours.map(|it| it.trace).collect()
        };
        self.passed
            .wait_until(&expected, |all| with_tag(all).len() >= traces)?;
        let query = Query {
            service: SERVICE,
            tags: &[(name, value)],
        };
        let Self { jaeger, passed, .. } = self;
        jaeger.wait_until(&query, &expected, |found| {
            let all = passed.now()?;
            let ours = with_tag(all);
            ensure!(ours.len() <= traces, "{expected} and more: {ours:?}");
            let have_all = ours.iter().all(|id| {
                let trace = found.iter().find(|trace| trace.id == *id);
                trace.is_some_and(|trace| ids(trace) == expected_ids(all, *id))
            });
            Ok(have_all && found.iter().all(&is_fine))
        })
    }
}

/// Ids of all its spans, sorted.
fn ids(trace: &Trace) -> Vec<SpanId> {
    let mut ids: Vec<_> = trace.spans.iter().map(|span| span.id).collect();
    ids.sort_unstable();
    ids
}

/// Ids that a trace should have, sorted. A span that was sent twice is there once: Jaeger drops what is equal in everything.
fn expected_ids(passed: &[Passed], trace: TraceId) -> Vec<SpanId> {
    let mut spans = Vec::<&Passed>::new();
    for it in passed.iter().filter(|it| it.trace == trace) {
        if !spans.iter().any(|other| other.span == it.span) {
            spans.push(it);
        }
    }
    let mut ids: Vec<_> = spans.into_iter().map(|it| it.id).collect();
    ids.sort_unstable();
    ids
}
