//! What happens to the detector, as data: live and replayed, it is the same steps.

use scoutline_abi::raw::FoldKey;
use scoutline_abi::{DecodeError, decode};
use scoutline_detect::{Answer, BootNanos, Clock, Detector, Issued, Output};

/// One call of the detector. A recording is a list of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A record of a ring.
    Event {
        /// As the kernel wrote it.
        bytes: &'a [u8],
        /// When it was taken off the ring, nanoseconds since the Unix epoch.
        observed_unix_ns: u64,
        /// The clocks then.
        clock: Clock,
    },
    /// Time went by.
    Advance {
        /// The time.
        now: BootNanos,
        /// What the kernel had counted by then.
        counts: &'a [(FoldKey, u64)],
        /// The clocks then.
        clock: Clock,
    },
    /// The agent found something out.
    Answer {
        /// The time.
        now: BootNanos,
        /// What it found.
        answer: Answer,
        /// The clocks then.
        clock: Clock,
    },
    /// A number went to a record that the agent made itself. It is of no use to a replay, but the numbers of what follows
    /// are.
    Issue {
        /// The time.
        now: BootNanos,
        /// The clocks then.
        clock: Clock,
    },
    /// The end.
    Finish {
        /// The time.
        now: BootNanos,
        /// What the kernel had counted by then.
        counts: &'a [(FoldKey, u64)],
        /// The clocks then.
        clock: Clock,
    },
}

/// The detector, fed with [`Step`]s.
#[derive(Debug)]
pub struct Judge {
    detector: Detector,
    undecodable: u64,
}

impl Judge {
    /// Around a detector that has seen nothing yet.
    pub fn new(detector: Detector) -> Self {
        Self {
            detector,
            undecodable: 0,
        }
    }

    /// Applies one step; what it gives is appended to `out`.
    ///
    /// # Errors
    /// If the bytes of an event are none. The step has no effect then, and is counted.
    pub fn apply(&mut self, step: Step<'_>, out: &mut Output) -> Result<(), DecodeError> {
        match step {
            Step::Event {
                bytes,
                observed_unix_ns,
                clock,
            } => match decode(bytes) {
                Ok(event) => self.detector.observe(&event, observed_unix_ns, clock, out),
                Err(error) => {
                    self.undecodable += 1;
                    return Err(error);
                }
            },
            Step::Advance { now, counts, clock } => {
                self.detector.advance(now, counts, clock, out);
            }
            Step::Answer { now, answer, clock } => {
                self.detector.answer(answer, now, clock, out);
            }
            Step::Issue { .. } => {
                self.detector.issue();
            }
            Step::Finish { now, counts, clock } => {
                self.detector.finish(now, counts, clock, out);
            }
        }
        Ok(())
    }

    /// [`Step::Issue`], and what it gives.
    pub fn issue(&mut self) -> Issued {
        self.detector.issue()
    }

    /// The detector, to ask what it needs.
    pub fn detector(&mut self) -> &mut Detector {
        &mut self.detector
    }

    /// When the detector has something to do, `None` if only an event can change that.
    pub fn next_deadline(&self) -> Option<BootNanos> {
        self.detector.next_deadline()
    }

    /// Events that could not be decoded.
    pub fn undecodable(&self) -> u64 {
        self.undecodable
    }
}
