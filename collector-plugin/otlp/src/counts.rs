//! What became of what was to be sent.

use crate::signal::Signal;

/// What became of all that one exporter was given since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Of logs.
    pub records: Tally,
    /// Of traces.
    pub spans: Tally,
    /// Data points of metrics. They do not wait in the queue: a later collection says all that an earlier one said.
    pub points: Tally,
    /// Bytes in the queue or being sent.
    pub queue_bytes: usize,
    /// Most bytes that the queue takes.
    pub queue_capacity: usize,
}

impl Counts {
    /// The tally of one signal.
    pub fn of(&self, signal: Signal) -> &Tally {
        match signal {
            Signal::Logs => &self.records,
            Signal::Traces => &self.spans,
            Signal::Metrics => &self.points,
        }
    }

    pub(crate) fn of_mut(&mut self, signal: Signal) -> &mut Tally {
        match signal {
            Signal::Logs => &mut self.records,
            Signal::Traces => &mut self.spans,
            Signal::Metrics => &mut self.points,
        }
    }
}

/// What became of the items of one signal. At any moment
///
/// ```text
/// offered  = accepted + dropped.queue_full + dropped.closed
/// accepted = exported + rejected + dropped.{refused, gave_up, shutdown} + pending
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Taken into the queue.
    pub accepted: u64,
    /// Acknowledged by the receiver.
    pub exported: u64,
    /// Refused by the receiver in a request that it took otherwise (partial success).
    pub rejected: u64,
    /// Lost, by reason.
    pub dropped: Dropped,
    /// Sent once more, counted at each attempt after the first.
    pub retried: u64,
    /// In the queue or being sent.
    pub pending: u64,
    /// What the receiver said when it last refused items, in a whole batch or in part.
    pub last_refusal: Option<String>,
}

/// Items that were lost on the way, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// The queue was full.
    pub queue_full: u64,
    /// The exporter had been shut down already.
    pub closed: u64,
    /// The receiver refused them for good.
    pub refused: u64,
    /// Retrying is switched off, or took longer than [`crate::Retry::max_elapsed`].
    pub gave_up: u64,
    /// Still unsent when the exporter was shut down.
    pub shutdown: u64,
}

impl Dropped {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.queue_full + self.closed + self.refused + self.gave_up + self.shutdown
    }
}
