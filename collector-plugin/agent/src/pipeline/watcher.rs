//! The thread that reads the kernel.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::time::{ClockId, Timespec, clock_gettime};
use scoutline_abi::raw::{FoldKey, Stats};
use scoutline_detect::{BootNanos, Clock, Counters, Issued, Output, PATIENCE_NS};
use scoutline_loader::{Ring, Sensor};

use super::OPENS_A_ROUND;
use super::held::Held;
use super::judge::{Judge, Step};
use super::outlet::{Encoded, Outlet};
use super::recording::Recorder;
use crate::enrich::Enricher;
use crate::losses::Losses;
use crate::own::{At, Own, Seen};
use crate::state::{Keeper, LeftOpen};
use crate::summary::Summary;

/// Executions, forks and exits are gathered for this long: waking up costs more than what they bring. Opens that
/// passed the sieve are rare and wake at once, as does the kernel when the ring of the others fills up.
const LIFECYCLE_PAUSE: Duration = Duration::from_millis(500);

/// More than the lifecycle ring holds: whatever was in it when a round began is read in that round.
const LIFECYCLE_A_ROUND: usize = 128 * 1024;

/// Rounds after the stop, at most: what happened before it is read, an endless storm is not.
const LAST_ROUNDS: usize = 64;

/// Stops a [`Watcher`] when it is dropped.
#[derive(Debug)]
pub struct StopSender(#[expect(dead_code, reason = "closing it is the message")] OwnedFd);

/// A pair: dropping the sender makes the descriptor readable.
///
/// # Errors
/// If there can be no more descriptors.
pub fn stop_channel() -> std::io::Result<(StopSender, OwnedFd)> {
    let (reader, writer) = std::io::pipe()?;
    Ok((StopSender(writer.into()), reader.into()))
}

/// Reads rings, keeps the detector going, hands records out.
pub struct Watcher {
    sensor: Sensor,
    judge: Judge,
    outlet: Outlet,
    recorder: Recorder,
    opens: Held,
    counts: Vec<(FoldKey, u64)>,
    out: Output,
    enricher: Enricher,
    keeper: Keeper,
    own: Own,
}

/// What a [`Watcher`] is made of.
pub struct Parts {
    /// Where events come from.
    pub sensor: Sensor,
    /// What makes detections of them.
    pub judge: Judge,
    /// Where these go.
    pub outlet: Outlet,
    /// Keeps what came in.
    pub recorder: Recorder,
    /// Looks at processes.
    pub enricher: Enricher,
    /// Remembers for the next run.
    pub keeper: Keeper,
    /// Tells of the sensor itself.
    pub own: Own,
}

/// What there was before a [`Watcher`].
#[derive(Debug, Default)]
pub struct Before {
    /// The records of [`Sensor::tasks`].
    pub tasks: Vec<Vec<u8>>,
    /// What an earlier run has in its journal.
    pub left_open: LeftOpen,
}

/// What a [`Watcher`] leaves behind.
#[derive(Debug)]
pub struct Watched {
    /// If the outlet made one.
    pub summary: Option<Summary>,
    /// What became of what user space took.
    pub counters: Counters,
    /// What became of what the kernel saw; `None` if it could not be read at the end.
    pub stats: Option<Stats>,
    /// Events that could not be decoded.
    pub undecodable: u64,
    /// What became of records and spans before the queues.
    pub encoded: Encoded,
    /// Lines that a slow terminal did not take.
    pub unprinted_lines: u64,
    /// The recording is complete, or none was wanted.
    pub is_recorded: bool,
    own: Own,
    keeper: Keeper,
}

impl Watched {
    /// Events that did not reach user space, by reason.
    pub fn kernel_losses(&self) -> Losses {
        self.stats
            .as_ref()
            .map(Losses::of_kernel)
            .unwrap_or_default()
    }

    /// To be called when the exporters have ended: the next run knows then what they could not send.
    pub fn close(mut self) {
        self.keeper.run(&self.own.close());
    }

    /// Kernel events that nobody judged.
    pub fn lost_events(&self) -> u64 {
        self.kernel_losses().total() + self.undecodable
    }
}

impl Watcher {
    /// What was `before` is judged first.
    pub fn new(parts: Parts, before: Before) -> Self {
        let Parts {
            sensor,
            judge,
            outlet,
            recorder,
            enricher,
            keeper,
            own,
        } = parts;
        let Before { tasks, left_open } = before;
        let mut watcher = Self {
            sensor,
            judge,
            outlet,
            recorder,
            opens: Held::default(),
            counts: Vec::new(),
            out: Output::default(),
            enricher,
            keeper,
            own,
        };
        watcher.tell(Own::start);
        let (clock, now) = clocks();
        let LeftOpen {
            entries,
            is_of_earlier_boot,
        } = left_open;
        if is_of_earlier_boot {
            let detector = watcher.judge.detector();
            detector.close_earlier(entries, clock, &mut watcher.out);
            watcher.scan(&tasks);
        } else {
            watcher.scan(&tasks);
            watcher.judge.detector().restore(entries, now, clock);
        }
        watcher.hand_out();
        watcher.note();
        watcher
    }

    fn scan(&mut self, tasks: &[Vec<u8>]) {
        let (clock, now) = clocks();
        for bytes in tasks {
            self.step(Step::Event {
                bytes,
                observed_unix_ns: clock.unix(now),
                clock,
            });
        }
    }

    /// Watches until `stop` becomes readable, then finishes what is under way.
    pub fn run(mut self, stop: &OwnedFd) -> Watched {
        loop {
            let is_stopped = self.wait(stop);
            self.round();
            if is_stopped {
                break;
            }
        }
        // What happened before the stop is in the rings.
        for _ in 0..LAST_ROUNDS {
            if self.round() == 0 {
                break;
            }
        }
        self.await_answers();
        self.finish()
    }

    /// Waits for something to do; whether to stop.
    fn wait(&self, stop: &OwnedFd) -> bool {
        let timeout = self.timeout();
        let opens = self.sensor.ring_fd(Ring::Opens);
        let lifecycle = self.sensor.ring_fd(Ring::Lifecycle);
        let answers = self.enricher.ready_fd();
        let ready = wait_for([stop.as_fd(), opens, answers, lifecycle], timeout);
        let [is_stopped, has_opens, has_answers, has_lifecycle] = ready;
        if is_stopped || has_opens || has_answers || !has_lifecycle {
            return is_stopped;
        }
        let pause = timeout.map_or(LIFECYCLE_PAUSE, |timeout| timeout.min(LIFECYCLE_PAUSE));
        wait_for([stop.as_fd(), opens, answers], Some(pause))[0]
    }

    /// Until the detector, a batch or the sensor itself wants to be looked at; `None`: until something happens.
    fn timeout(&self) -> Option<Duration> {
        let (_, now) = clocks();
        let window = self
            .judge
            .next_deadline()
            .map(|at| Duration::from_nanos(at.saturating_sub(now)));
        let own = [Some(self.own.wake_at()), self.outlet.due_at()];
        let others = own
            .into_iter()
            .flatten()
            .map(|at| at.saturating_duration_since(Instant::now()));
        window.into_iter().chain(others).min()
    }

    /// One pass over everything; how many events there were.
    ///
    /// Opens come off their ring first and are judged last: the executions they depend on are older, so they
    /// are in the lifecycle ring by the time it is read.
    fn round(&mut self) -> usize {
        let (clock, now) = clocks();
        let observed_unix_ns = clock.unix(now);
        let mut opens = std::mem::take(&mut self.opens);
        let held = self
            .sensor
            .drain(Ring::Opens, OPENS_A_ROUND, |bytes| opens.push(bytes));

        let mut out = std::mem::take(&mut self.out);
        let (judge, recorder) = (&mut self.judge, &mut self.recorder);
        let lifecycle = self
            .sensor
            .drain(Ring::Lifecycle, LIFECYCLE_A_ROUND, |bytes| {
                let step = Step::Event {
                    bytes,
                    observed_unix_ns,
                    clock,
                };
                apply(judge, recorder, step, &mut out);
            });
        self.out = out;
        for bytes in opens.iter() {
            self.step(Step::Event {
                bytes,
                observed_unix_ns,
                clock,
            });
        }
        opens.clear();
        self.opens = opens;
        self.take_answers();
        self.hand_out();
        self.advance();
        self.outlet.flush();
        if self.own.is_due(Instant::now()) {
            self.look(Own::look);
        }
        self.note();
        held + lifecycle
    }

    fn advance(&mut self) {
        let (clock, now) = clocks();
        if self.judge.next_deadline().is_none_or(|at| at > now) {
            return;
        }
        let counts = self.read_counts(now);
        self.step(Step::Advance {
            now,
            counts: &counts,
            clock,
        });
        self.counts = counts;
        self.hand_out();
        let forgotten = self.judge.detector().forget();
        if let Err(error) = self.sensor.forget(&forgotten.keys, &forgotten.programs) {
            tracing::warn!(%error, "the kernel keeps counts of ended processes");
        }
    }

    fn read_counts(&mut self, now: BootNanos) -> Vec<(FoldKey, u64)> {
        let due = self.judge.detector().due(now);
        let mut counts = std::mem::take(&mut self.counts);
        counts.clear();
        if let Err(error) = self.sensor.counts(&due, &mut counts) {
            tracing::warn!(%error, "repeated opens could not be counted; they are looked at again");
        }
        counts
    }

    fn finish(mut self) -> Watched {
        let (clock, now) = clocks();
        let counts = self.read_counts(BootNanos::MAX);
        self.step(Step::Finish {
            now,
            counts: &counts,
            clock,
        });
        self.hand_out();
        let stats = self.look(Own::finish);
        self.note();
        let is_recorded = self.recorder.finish();
        let encoded = self.outlet.encoded();
        let (summary, unprinted_lines) = self.outlet.finish();
        Watched {
            summary,
            counters: self.judge.detector().counters(),
            undecodable: self.judge.undecodable(),
            stats,
            encoded,
            unprinted_lines,
            is_recorded,
            own: self.own,
            keeper: self.keeper,
        }
    }

    fn step(&mut self, step: Step<'_>) {
        apply(&mut self.judge, &mut self.recorder, step, &mut self.out);
    }

    fn hand_out(&mut self) {
        for question in self.judge.detector().questions() {
            self.enricher.ask(question);
        }
        // Whoever kills the sensor between these finds the slice in the journal, or with the exporters, or in both.
        let (closed, open): (Vec<_>, Vec<_>) =
            self.out.journal.drain(..).partition(|entry| entry.closes());
        self.keeper.journal(&open);
        self.keeper.seen(&std::mem::take(&mut self.out.seen));
        for record in self.out.records.drain(..) {
            self.own.observe(&record.record);
            if let Err(error) = self.outlet.take(&record) {
                tracing::error!(%error, "a detection is lost");
            }
        }
        for trace in self.out.traces.drain(..) {
            if let Err(error) = self.outlet.take_trace(&trace) {
                tracing::error!(%error, "a span is lost");
            }
        }
        self.keeper.journal(&closed);
        let detector = self.judge.detector();
        if !detector.has_open_slices() {
            self.keeper.tidy();
        } else if self.keeper.is_journal_long() {
            self.keeper.rewrite(&detector.open_slices());
        }
    }

    /// Records that wait go out with their answers, if these come in time.
    fn await_answers(&mut self) {
        let until = Instant::now() + Duration::from_nanos(PATIENCE_NS);
        while self.judge.detector().is_waiting() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            wait_for([self.enricher.ready_fd()], Some(left));
            self.take_answers();
            self.hand_out();
        }
    }

    fn take_answers(&mut self) {
        for answer in self.enricher.answers() {
            let (clock, now) = clocks();
            self.step(Step::Answer { now, answer, clock });
        }
    }

    /// Has `own` count, and tell what is to be told; returns what the kernel counted.
    fn look(
        &mut self,
        look: impl FnOnce(&mut Own, At, u64, Seen, &mut dyn FnMut() -> Issued),
    ) -> Option<Stats> {
        // Numbers of one batch are without gaps, and what a queue does not take now is told now.
        self.outlet.flush_now();
        let kernel = self.sensor.stats();
        if let Err(error) = &kernel {
            tracing::warn!(%error, "cannot tell what the kernel lost");
        }
        let kernel = kernel.ok();
        let last_sequence = self.judge.detector().sequence();
        let seen = Seen {
            kernel,
            run_times: self.sensor.run_times(),
            detector: self.judge.detector().counters(),
            undecodable: self.judge.undecodable(),
            encoded: self.outlet.encoded(),
            refused: self.outlet.take_refused(),
        };
        self.tell(|own, at, issue| look(own, at, last_sequence, seen, issue));
        kernel
    }

    fn tell(&mut self, tell: impl FnOnce(&mut Own, At, &mut dyn FnMut() -> Issued)) {
        let Self {
            own,
            judge,
            recorder,
            ..
        } = self;
        let (clock, now) = clocks();
        let at = At {
            instant: Instant::now(),
            unix_ns: clock.unix(now),
        };
        tell(own, at, &mut || {
            recorder.write(&Step::Issue { now, clock });
            judge.issue()
        });
    }

    /// Writes down how far this run got, if it is time.
    fn note(&mut self) {
        let issued = self.judge.detector().sequence();
        let waiting = self.outlet.first_waiting();
        if let Some(run) = self.own.note(Instant::now(), issued, waiting) {
            self.keeper.run(run);
        }
    }
}

fn apply(judge: &mut Judge, recorder: &mut Recorder, step: Step<'_>, out: &mut Output) {
    recorder.write(&step);
    if let Err(error) = judge.apply(step, out) {
        tracing::error!(%error, "a kernel event is lost");
    }
}

/// The offset between the clocks, and the time since boot.
fn clocks() -> (Clock, BootNanos) {
    let boot = nanos(clock_gettime(ClockId::Boottime));
    let unix = nanos(clock_gettime(ClockId::Realtime));
    let clock = Clock {
        boot_to_unix_ns: unix - boot,
    };
    (clock, u64::try_from(boot).unwrap_or(0))
}

fn nanos(time: Timespec) -> i64 {
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Which of these became readable; none after `timeout`.
fn wait_for<const N: usize>(
    fds: [std::os::fd::BorrowedFd<'_>; N],
    timeout: Option<Duration>,
) -> [bool; N] {
    let mut polled = fds.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    match poll(&mut polled, timeout.as_ref()) {
        // Interrupted is nothing; anything else shows as nothing too, and the next round finds what is there.
        Ok(0) | Err(Errno::INTR) => [false; N],
        Ok(_) | Err(_) => polled.map(|fd| !fd.revents().is_empty()),
    }
}
