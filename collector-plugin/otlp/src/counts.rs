//! What became of what was to be sent.

use crate::batch::Sequences;
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
/// accepted = settled + pending
/// settled  = exported + rejected + dropped.{refused, gave_up, shutdown} + superseded
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
    /// [Passing](crate::Care::Passing) items that could not be sent at once. They are not lost: the next ones say more.
    pub superseded: u64,
    /// Sent once more, counted at each attempt after the first.
    pub retried: u64,
    /// In the queue or being sent.
    pub pending: u64,
    /// What the receiver said when it last refused items, in a whole batch or in part.
    pub last_refusal: Option<String>,
}

impl Tally {
    /// All that the queue was given.
    pub fn offered(&self) -> u64 {
        self.accepted + self.dropped.queue_full + self.dropped.closed
    }

    /// All that were accepted and whose end is known.
    pub fn settled(&self) -> u64 {
        let Dropped {
            queue_full: _,
            closed: _,
            refused,
            gave_up,
            shutdown,
        } = self.dropped;
        self.exported + self.rejected + refused + gave_up + shutdown + self.superseded
    }
}

/// Items that were lost for one reason since that was last asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// What they were.
    pub signal: Signal,
    /// Why.
    pub reason: LostReason,
    /// They were [reserved](crate::Care::Reserved): what they said is lost with them.
    pub is_reserved: bool,
    /// How many.
    pub items: u64,
    /// Where their numbers are, if they had any.
    pub sequences: Option<Sequences>,
}

/// Why items were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LostReason {
    /// [`Dropped::queue_full`].
    QueueFull,
    /// [`Dropped::closed`].
    Closed,
    /// [`Dropped::refused`].
    Refused,
    /// [`Tally::rejected`].
    Rejected,
    /// [`Dropped::gave_up`].
    GaveUp,
    /// [`Dropped::shutdown`].
    Shutdown,
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
