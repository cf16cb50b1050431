//! Where records go: to the exporters' queues, to the terminal, into the summary of `exec`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use scoutline_detect::{Reported, Trace};
use scoutline_otlp::{
    Batch, BatchLimits, Batcher, QueueSender, Scope, Sequences, Signal, json_line, seal_spans,
};
use scoutline_semconv::{Record, Resource};
use thiserror::Error;

use super::resources::Resources;
use super::terminal::Lines;
use crate::cli::Output;
use crate::console::Console;
use crate::summary::Summary;

/// Takes records; never waits for whoever reads them.
#[derive(Debug)]
pub struct Outlet {
    resources: Resources,
    limits: BatchLimits,
    batcher: Batcher,
    queues: Queues,
    terminal: Option<Terminal>,
    summary: Option<Summary>,
    encoded: Encoded,
    /// Where the numbers of refused records are, until that is asked for.
    refused: Option<Sequences>,
}

/// The exporters' queues: not every exporter takes every signal.
#[derive(Clone, Debug, Default)]
pub struct Queues {
    /// Of those that take records.
    pub logs: Vec<QueueSender>,
    /// Of those that take spans.
    pub traces: Vec<QueueSender>,
}

#[derive(Debug)]
enum Terminal {
    Pretty(Console, Lines),
    Json(Batcher, Lines),
}

/// Why a record could not go out.
#[derive(Debug, Error)]
pub enum OutletError {
    /// It is larger than a record may be.
    #[error("a record cannot be encoded: {0}")]
    Encode(#[from] scoutline_otlp::encode::EncodeError),
    /// It cannot be written as JSON.
    #[error("a record cannot be written as JSON: {0}")]
    Json(#[from] scoutline_otlp::SendError),
}

impl Outlet {
    /// Into these queues, in batches of this size.
    pub fn new(resources: Resources, limits: BatchLimits, queues: Queues) -> Self {
        Self {
            resources,
            limits,
            batcher: Batcher::new(limits),
            queues,
            terminal: None,
            summary: None,
            encoded: Encoded::default(),
            refused: None,
        }
    }

    /// Also prints.
    #[must_use]
    pub fn print(mut self, output: Output, lines: Lines) -> Self {
        self.terminal = match output {
            Output::Pretty => Some(Terminal::Pretty(Console::new(TimeZone::system()), lines)),
            Output::Json => {
                let single = BatchLimits {
                    records: 1,
                    ..BatchLimits::default()
                };
                Some(Terminal::Json(Batcher::new(single), lines))
            }
            Output::None => None,
        };
        self
    }

    /// Also sums up.
    #[must_use]
    pub fn summarise(mut self) -> Self {
        self.summary = Some(Summary::default());
        self
    }

    /// Takes one record.
    ///
    /// # Errors
    /// If it cannot be encoded; it is lost then, and counted.
    pub fn take(&mut self, reported: &Reported) -> Result<(), OutletError> {
        let record = &reported.record;
        if let Some(summary) = &mut self.summary {
            summary.observe(record);
        }
        let now = Instant::now();
        let resource = self.resources.of(&reported.workload);
        let taken = self.take_for_people(&resource, record, now).and_then(|()| {
            if self.queues.logs.is_empty() {
                return Ok(());
            }
            let sealed = self
                .batcher
                .push(now, &resource, Scope::DETECTIONS, record)?;
            self.send(sealed);
            Ok(())
        });
        if taken.is_ok() {
            self.encoded.records += 1;
        } else {
            self.encoded.refused_records += 1;
            self.refused = Sequences::around(self.refused, Sequences::of(record));
        }
        taken
    }

    /// Takes the spans of one slice, which go out at once.
    ///
    /// # Errors
    /// For the first span that cannot be encoded; all others are sent.
    pub fn take_trace(&mut self, trace: &Trace) -> Result<(), OutletError> {
        if self.queues.traces.is_empty() {
            return Ok(());
        }
        let resource = self.resources.of(&trace.workload);
        let sealed = seal_spans(self.limits, &resource, Scope::DETECTIONS, &trace.spans);
        for batch in sealed.batches {
            self.send(Some(batch));
        }
        self.encoded.refused_spans += sealed.refused.len() as u64;
        match sealed.refused.into_iter().next() {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    /// When [`Outlet::flush`] has something to do.
    pub fn due_at(&self) -> Option<Instant> {
        self.batcher.due_at()
    }

    /// Sends a batch that has waited long enough.
    pub fn flush(&mut self) {
        let sealed = self.batcher.seal_due(Instant::now());
        self.send(sealed);
    }

    /// Sends what waits, however short it has.
    pub fn flush_now(&mut self) {
        let sealed = self.batcher.seal();
        self.send(sealed);
    }

    /// The lowest number of a record that waits here.
    pub fn first_waiting(&self) -> Option<u64> {
        self.batcher.sequences().map(|it| it.first)
    }

    /// What became of records and spans so far.
    pub fn encoded(&self) -> Encoded {
        self.encoded
    }

    /// Where the numbers of the records are that were refused since the last call.
    pub fn take_refused(&mut self) -> Option<Sequences> {
        self.refused.take()
    }

    /// Prints what waits; returns the summary, and how many lines a slow terminal did not take. The records of these
    /// were exported all the same.
    pub fn finish(mut self) -> (Option<Summary>, u64) {
        self.flush_now();
        let lines = match self.terminal {
            Some(Terminal::Pretty(_, lines) | Terminal::Json(_, lines)) => lines.finish(),
            None => 0,
        };
        (self.summary, lines)
    }

    fn send(&self, sealed: Option<Batch>) {
        let Some(batch) = sealed else { return };
        let queues = match batch.signal() {
            Signal::Traces => &self.queues.traces,
            Signal::Logs | Signal::Metrics => &self.queues.logs,
        };
        for queue in queues {
            if let Err(reason) = queue.push(batch.clone()) {
                // The queue has counted it; say it once a batch, not once an item.
                tracing::warn!(signal = %batch.signal(), items = batch.items(), ?reason, "a batch was dropped");
            }
        }
    }

    fn take_for_people(
        &mut self,
        resource: &Arc<Resource>,
        record: &Record,
        now: Instant,
    ) -> Result<(), OutletError> {
        match &mut self.terminal {
            Some(Terminal::Pretty(console, lines)) => {
                let mut text = Vec::new();
                // A Vec takes everything.
                let _ = console.write(record, &mut text);
                lines.push(text);
            }
            Some(Terminal::Json(batcher, lines)) => {
                let sealed = batcher.push(now, resource, Scope::DETECTIONS, record)?;
                if let Some(batch) = sealed {
                    lines.push(json_line(&batch)?);
                }
            }
            None => {}
        }
        Ok(())
    }
}

/// What became of records and spans at the [`Outlet`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// Records that were encoded, if anybody wants them, and are waiting or offered to the exporters.
    pub records: u64,
    /// Records that could not be encoded.
    pub refused_records: u64,
    /// Spans that could not be encoded.
    pub refused_spans: u64,
}

/// The smallest limits of all exporters: they share their batches.
pub(super) fn shared_limits(all: impl IntoIterator<Item = BatchLimits>) -> BatchLimits {
    all.into_iter()
        .reduce(|one, other| BatchLimits {
            bytes: one.bytes.min(other.bytes),
            records: one.records.min(other.records),
            age: Duration::min(one.age, other.age),
        })
        .unwrap_or_default()
}
