//! What comes out of the detector.

use std::sync::Arc;

use scoutline_semconv::{Record, Span};

use crate::slices::JournalEntry;
use crate::workload::Workload;

/// A record, and whose doing it tells of: the Resource that it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Reported {
    /// The record.
    pub record: Record,
    /// Who did it.
    pub workload: Arc<Workload>,
}

/// What makes a record one of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// `scoutline.sequence`.
    pub sequence: u64,
    /// `log.record.uid`.
    pub uid: String,
}

/// All spans of one trace, to be exported together.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The root first.
    pub spans: Vec<Span>,
    /// Whose processes they are.
    pub workload: Arc<Workload>,
}

/// Everything that the agent has to pass on, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Output {
    /// To be sent.
    pub records: Vec<Reported>,
    /// To be sent.
    pub traces: Vec<Trace>,
    /// To be appended to the journal before any record of this output is sent, with the exception of those that say
    /// that a slice is closed: these only once its trace is sent.
    pub journal: Vec<JournalEntry>,
    /// To be remembered for [`crate::Facts::seen`].
    pub seen: Vec<u64>,
}
