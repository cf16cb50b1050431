//! The spans of one slice as batches.

use bytes::{Bytes, BytesMut};
use scoutline_semconv::{Resource, Span, limits};

use crate::batch::{Batch, BatchLimits, Scope};
use crate::encode::{self, EncodeError, Envelope, REQUEST_ENTRY_OVERHEAD};
use crate::signal::Signal;

/// Bytes to make room for, a span; more are found when they are needed.
const EXPECTED_SPAN_BYTES: usize = 512;

/// A slice that is ready for the queues.
#[derive(Debug, Default)]
pub struct SealedSpans {
    /// Usually one. A receiver puts the trace together again by its id.
    pub batches: Vec<Batch>,
    /// One for each span that is in none of them; counting it as lost is the caller's part.
    pub refused: Vec<EncodeError>,
}

/// Seals the spans of one slice, in their order, in as few batches as `limits` allow. All of them are due at once:
/// [`BatchLimits::age`] does not matter, and only a batch of a single span may exceed [`BatchLimits::bytes`].
///
/// Not for the hot path: it makes room for the batches anew each time. A slice ends once a minute at most.
pub fn seal_spans(
    limits: BatchLimits,
    resource: &Resource,
    scope: Scope,
    spans: &[Span],
) -> SealedSpans {
    let envelope = Envelope::new(resource, &scope);
    let fixed = envelope.len() + REQUEST_ENTRY_OVERHEAD;
    let room = (spans.len() * EXPECTED_SPAN_BYTES)
        .min(limits.bytes)
        .saturating_add(limits::RECORD_BYTES);
    let mut sealed = SealedSpans::default();
    let mut open = Open::new(&envelope, room);
    for span in spans {
        let before = open.entry.len();
        if let Err(error) = encode::put_span(&mut open.entry, span) {
            sealed.refused.push(error);
            continue;
        }
        let bytes = fixed + envelope.records_len(&open.entry);
        if open.spans > 0 && (bytes > limits.bytes || open.spans >= limits.records) {
            let moved = Bytes::copy_from_slice(open.entry.get(before..).unwrap_or_default());
            open.entry.truncate(before);
            let full = std::mem::replace(&mut open, Open::new(&envelope, room));
            sealed.batches.extend(full.seal(&envelope));
            open.entry.extend_from_slice(&moved);
        }
        open.spans += 1;
    }
    sealed.batches.extend(open.seal(&envelope));
    sealed
}

/// A batch that still takes spans.
struct Open {
    entry: BytesMut,
    spans: u32,
}

impl Open {
    fn new(envelope: &Envelope, room: usize) -> Self {
        Self {
            entry: envelope.open(room),
            spans: 0,
        }
    }

    fn seal(self, envelope: &Envelope) -> Option<Batch> {
        // An envelope around nothing is not sent.
        (self.spans > 0).then(|| Batch::new(Signal::Traces, envelope.close(self.entry), self.spans))
    }
}
