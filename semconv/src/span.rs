//! The span of Scoutline before it is encoded.

use std::sync::Arc;

use crate::record::{Attribute, TraceContext};

/// The life of one process that raised detections, or the root of a slice of a session.
///
/// Its kind is always INTERNAL and its status always unset: a detection is no error of the process.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Its own ids.
    pub context: TraceContext,
    /// A span of the same trace; `None` for the root of a slice.
    pub parent_span_id: Option<[u8; 8]>,
    /// Name of the executable, never empty.
    pub name: Arc<str>,
    /// Start, nanoseconds since the Unix epoch.
    pub start_time_unix_nano: u64,
    /// End, at least one microsecond later: backends drop or hide spans without a duration.
    pub end_time_unix_nano: u64,
    /// Each name at most once.
    pub attributes: Vec<Attribute>,
    /// Other slices of the session, and the application's trace.
    pub links: Vec<Link>,
}

/// A span elsewhere that this one has to do with.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Where.
    pub context: TraceContext,
    /// The other span was made by somebody else than this sensor.
    pub is_remote: bool,
    /// Each name at most once.
    pub attributes: Vec<Attribute>,
}
