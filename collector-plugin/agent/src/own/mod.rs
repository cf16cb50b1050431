//! What the sensor says about itself: that it lives, what it lost, how it starts and ends, and what it counts.
//!
//! ```text
//! kernel, detector, outlet, queues -> look, every few seconds -> Numbers -> Board -> metrics
//!                                                |-> Ledger of losses -> Outbox -> queues (into their reserve)
//!                                                '-> heartbeat --------------------> queues that are idle
//! ```
//!
//! Losses and sensor records take numbers from the same series as detections. They are never shed: a queue has a
//! [reserve](scoutline_otlp::RESERVE) above its capacity for them, and what does not fit there either waits in the
//! outbox, while further losses are added up. So that the receiver of a loss that was refused does not get one for
//! that, for ever, a lost record about a loss is told with the next other loss.
//!
//! A heartbeat has no number. It is made when a queue is idle, tried once, and replaced by the next while it waits.
//!
//! Nothing here has a clock: the caller says what time it is.

mod fingerprint;
mod heartbeat;
mod loss;
mod metrics;
mod numbers;
mod outbox;
mod record;
mod sensor;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use scoutline_abi::raw::Stats;
use scoutline_detect::{Counters, Issued};
use scoutline_loader::RunTimes;
use scoutline_loader::hooks::Family;
use scoutline_otlp::{Batch, Care, Counts, QueueSender, Scope, Sequences};
use scoutline_semconv::values::{SensorAction, SensorPreviousEnd};
use scoutline_semconv::{Record, Resource, limits};
use uuid::Uuid;

use crate::losses::{Losses, REFUSED_RECORDS, of_queue};
use crate::pipeline::Encoded;
use crate::state::{LastRun, Run};
use heartbeat::{Said, Schedule};
use loss::{Ledger, Loss};
use outbox::Outbox;

pub use fingerprint::{of_recipes, of_settings};
pub use metrics::observe;
pub use numbers::{Board, Numbers};

/// How often is looked what was lost while there is something else to do.
const BUSY: Duration = Duration::from_secs(5);

/// The same while there is nothing else: each wakes the processor up.
const IDLE: Duration = Duration::from_secs(10);

/// How often what was delivered is written down.
const NOTE: Duration = Duration::from_secs(5);

/// Who the sensor is, this time.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Of all that is about the sensor itself.
    pub resource: Arc<Resource>,
    /// `scoutline.sensor.start_id`.
    pub start_id: String,
    /// The hooks that are attached.
    pub hooks: Vec<(Family, &'static str)>,
    /// Of [`of_recipes`].
    pub recipes_hash: String,
    /// Of [`of_settings`].
    pub settings_hash: String,
}

impl Identity {
    fn hook_names(&self) -> impl Iterator<Item = &str> {
        self.hooks.iter().map(|(_, name)| *name)
    }
}

/// An exporter, as far as it matters here.
#[derive(Clone, Debug)]
pub struct Exporter {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// What goes to it.
    pub queue: QueueSender,
    /// Whether it takes what the sensor tells, and not only spans or metrics.
    pub takes_records: bool,
}

/// A moment on both clocks.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// To reckon with.
    pub instant: Instant,
    /// To tell, nanoseconds since the Unix epoch.
    pub unix_ns: u64,
}

/// What the thread that watches has counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// `None` if the kernel could not be asked: what it said last counts.
    pub kernel: Option<Stats>,
    /// Of the programs in it.
    pub run_times: RunTimes,
    /// Of the detector.
    pub detector: Counters,
    /// Events that could not be decoded.
    pub undecodable: u64,
    /// What became of detections on their way out.
    pub encoded: Encoded,
    /// Where the numbers of the records are that were refused since the last look.
    pub refused: Option<Sequences>,
}

/// Tells of the sensor.
#[derive(Debug)]
pub struct Own {
    identity: Identity,
    last_run: LastRun,
    exporters: Vec<Exporter>,
    outbox: Outbox,
    heartbeat: Option<Schedule>,
    ledger: Ledger,
    numbers: Numbers,
    /// Of `numbers`, what was made of records that are made here.
    encoded: Encoded,
    board: Board,
    before: [Losses; 3],
    run: Run,
    noted: Option<(Instant, Run)>,
    started: Instant,
    looked: Instant,
}

impl Own {
    /// Before the watch begins. Without exporters there is nobody to tell; what was lost still goes to the log.
    pub fn new(
        identity: Identity,
        last_run: LastRun,
        exporters: Vec<Exporter>,
        board: Board,
        now: Instant,
    ) -> Self {
        let queues = listeners(&exporters).map(|it| it.queue.clone()).collect();
        Self {
            run: Run {
                start_id: identity.start_id.clone(),
                settings: identity.settings_hash.clone(),
                ..Run::default()
            },
            identity,
            last_run,
            exporters,
            outbox: Outbox::new(queues),
            heartbeat: None,
            ledger: Ledger::default(),
            numbers: Numbers::default(),
            encoded: Encoded::default(),
            board,
            before: [const { Losses::none() }; 3],
            noted: None,
            started: now,
            looked: now,
        }
    }

    /// With a heartbeat, the first one after the part `phase` (0 to 1) of the interval.
    #[must_use]
    pub fn with_heartbeat(mut self, interval: Duration, phase: f64) -> Self {
        self.heartbeat = Some(Schedule::new(interval, phase, self.started));
        self
    }

    /// Tells that the watch begins, and what is left of the last run.
    pub fn start(&mut self, at: At, issue: &mut dyn FnMut() -> Issued) {
        let previous_end = sensor::previous_end(&self.last_run);
        self.tell_action(SensorAction::Start, Some(previous_end), at, issue);
        if sensor::has_changed(&self.last_run, &self.identity.settings_hash) {
            self.tell_action(SensorAction::ConfigurationChange, None, at, issue);
        }
        for loss in Loss::of_last_run(&self.last_run) {
            tracing::warn!(reason = %loss.word, count = loss.count, "the last run lost records");
            self.ledger.add(loss);
        }
        self.tell_losses(at, issue);
    }

    /// Takes the record of a detection into account.
    pub fn observe(&mut self, record: &Record) {
        self.numbers.observe(record);
    }

    /// Whether to [look](Own::look), given that the caller is awake.
    pub fn is_due(&self, now: Instant) -> bool {
        now >= self.looked + BUSY || self.heartbeat_due().is_some_and(|due| now >= due)
    }

    /// When to look at the latest.
    pub fn wake_at(&self) -> Instant {
        let idle = self.looked + IDLE;
        self.heartbeat_due().map_or(idle, |due| due.min(idle))
    }

    /// Finds out what was lost, tells it, and sends a heartbeat if one is due. Records that were made before must have
    /// been handed to the queues, so that the numbers that are `issue`d here are not among theirs.
    pub fn look(
        &mut self,
        at: At,
        last_sequence: u64,
        seen: Seen,
        issue: &mut dyn FnMut() -> Issued,
    ) {
        self.looked = at.instant;
        self.count(seen);
        self.outbox.retry();
        if self.outbox.is_empty() {
            self.tell_losses(at, issue);
        }
        self.beat(at, last_sequence.max(self.run.issued));
        self.publish();
    }

    /// Tells what is left to tell, and that the watch has ended.
    pub fn finish(
        &mut self,
        at: At,
        last_sequence: u64,
        seen: Seen,
        issue: &mut dyn FnMut() -> Issued,
    ) {
        // Who is about to leave does not say that he is well.
        self.heartbeat = None;
        self.look(at, last_sequence, seen, issue);
        self.tell_action(SensorAction::Stop, None, at, issue);
        self.outbox.give_up();
        self.publish();
    }

    /// What is to be written down now, if anything: at once if more numbers were issued, since a crash would lose these,
    /// and now and then if only more were delivered. `waiting` is the lowest number that no queue has yet.
    pub fn note(&mut self, now: Instant, issued: u64, waiting: Option<u64>) -> Option<&Run> {
        self.run.issued = issued;
        self.run.delivered = self.delivered(waiting);
        self.run.untold = self.ledger.untold();
        let is_due = match &self.noted {
            None => true,
            Some((_, noted)) if noted.issued != issued => true,
            Some((at, noted)) => now >= *at + NOTE && *noted != self.run,
        };
        if !is_due {
            return None;
        }
        self.noted = Some((now, self.run.clone()));
        Some(&self.run)
    }

    /// What is to be written down once the exporters have ended: what they could not send is told by the next run.
    pub fn close(mut self) -> Run {
        self.count_lost_by_exporters();
        self.run.delivered = self.delivered(None);
        self.run.untold = self.ledger.untold();
        self.run.is_over = true;
        self.run
    }

    /// Where the numbers are put up.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// `None` also if no queue would take one: whoever waits for that wakes up for nothing.
    fn heartbeat_due(&self) -> Option<Instant> {
        let schedule = self.heartbeat.as_ref()?;
        let is_wanted = listeners(&self.exporters).any(|it| it.queue.is_idle());
        is_wanted.then(|| schedule.due())
    }

    fn delivered(&self, waiting: Option<u64>) -> u64 {
        let queues = self.exporters.iter();
        let first = queues
            .filter_map(|it| it.queue.first_unsettled())
            .chain(waiting)
            .chain(self.outbox.first_waiting())
            .min();
        first.map_or(self.run.issued, |first| first.saturating_sub(1))
    }

    fn count(&mut self, seen: Seen) {
        let numbers = &mut self.numbers;
        numbers.kernel = seen.kernel.unwrap_or(numbers.kernel);
        numbers.run_times = seen.run_times;
        numbers.detector = seen.detector;
        numbers.undecodable = seen.undecodable;
        numbers.encoded = Encoded {
            records: seen.encoded.records + self.encoded.records,
            refused_records: seen.encoded.refused_records + self.encoded.refused_records,
            refused_spans: seen.encoded.refused_spans,
        };
        let lost = numbers.losses();
        for (lost, before) in lost.iter().zip(&self.before) {
            let fresh = lost.since(before);
            if fresh.total() > 0 {
                tracing::warn!("lost: {fresh}");
            }
            for (reason, count) in fresh.iter() {
                let sequences = seen.refused.filter(|_| *reason == REFUSED_RECORDS);
                self.ledger.add(Loss::of(reason, count, sequences));
            }
        }
        self.before = lost;
        self.count_lost_by_exporters();
    }

    fn count_lost_by_exporters(&mut self) {
        for exporter in &self.exporters {
            for lost in exporter.queue.take_lost() {
                if let Some(reason) = of_queue(lost.signal, lost.reason) {
                    self.ledger.add(Loss {
                        exporter: Some(Arc::clone(&exporter.name)),
                        is_urgent: !lost.is_reserved,
                        ..Loss::of(reason, lost.items, lost.sequences)
                    });
                }
            }
        }
    }

    fn tell_losses(&mut self, at: At, issue: &mut dyn FnMut() -> Issued) {
        let losses = self.ledger.take();
        if listeners(&self.exporters).next().is_none() {
            return;
        }
        for loss in losses {
            let issued = issue();
            self.numbers.made.loss += 1;
            let record = loss.record(&issued, &self.identity.start_id, at.unix_ns);
            self.send(&record);
        }
    }

    fn tell_action(
        &mut self,
        action: SensorAction,
        previous_end: Option<SensorPreviousEnd>,
        at: At,
        issue: &mut dyn FnMut() -> Issued,
    ) {
        if listeners(&self.exporters).next().is_none() {
            return;
        }
        let issued = issue();
        self.numbers.made.sensor += 1;
        let record = sensor::record(action, previous_end, &self.identity, &issued, at.unix_ns);
        self.send(&record);
    }

    fn send(&mut self, record: &Record) {
        if let Some(batch) = self.encode(record, Care::Reserved) {
            self.outbox.send(batch);
        }
    }

    fn beat(&mut self, at: At, last_sequence: u64) {
        if self.heartbeat_due().is_none_or(|due| at.instant < due) {
            return;
        }
        if let Some(schedule) = &mut self.heartbeat {
            schedule.sent(at.instant);
        }
        let exporters: Vec<Counts> = self.exporters.iter().map(|it| it.queue.counts()).collect();
        self.numbers.made.heartbeat += 1;
        let said = Said {
            uptime: at.instant.saturating_duration_since(self.started),
            last_sequence,
            numbers: &self.numbers,
            exporters: &exporters,
            lost: self.ledger.total(),
        };
        let uid = heartbeat_uid(&self.identity.start_id, self.numbers.made.heartbeat);
        let record = said.record(&self.identity, &uid, at.unix_ns);
        if let Some(batch) = self.encode(&record, Care::Passing) {
            for exporter in listeners(&self.exporters) {
                // One that is not idle does without.
                let _ = exporter.queue.push(batch.clone());
            }
        }
    }

    fn encode(&mut self, record: &Record, care: Care) -> Option<Batch> {
        debug_assert!(record.attributes.len() <= limits::ATTRIBUTES);
        match Batch::of_record(&self.identity.resource, Scope::SENSOR, record, care) {
            Ok(batch) => {
                self.encoded.records += 1;
                self.numbers.encoded.records += 1;
                Some(batch)
            }
            Err(error) => {
                tracing::error!(%error, "a record about the sensor is lost");
                self.encoded.refused_records += 1;
                None
            }
        }
    }

    fn publish(&self) {
        self.board.publish(&self.numbers);
    }
}

/// The Resource of the sensor itself, made of that of detections of its host.
pub fn resource(of_detections: &Resource) -> Resource {
    use scoutline_semconv::resource as name;
    let mut resource = of_detections.clone();
    for (key, value) in &mut resource.attributes {
        if &**key == name::SERVICE_NAME {
            *value = name::SENSOR_SERVICE_NAME_VALUE.into();
        }
    }
    resource
}

/// Those that take records.
fn listeners(exporters: &[Exporter]) -> impl Iterator<Item = &Exporter> {
    exporters.iter().filter(|it| it.takes_records)
}

/// `log.record.uid` of a heartbeat, which has no number of the series that all others have.
fn heartbeat_uid(start_id: &str, number: u64) -> String {
    let name = format!("heartbeat {number} of {start_id}");
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
        .simple()
        .to_string()
}

/// A part of an interval, drawn anew in each run.
pub fn random_phase() -> f64 {
    f64::from(Uuid::new_v4().as_fields().0) / f64::from(u32::MAX)
}
