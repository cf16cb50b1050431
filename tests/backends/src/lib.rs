//! Real backends behind a real Collector, and what they make of the sensor's signals.
//!
//! [`Bed`] is a Collector before a [`Jaeger`], both on ports of their own and ended by pid when it is dropped. Its
//! [`Bed::session`] waits for the traces of a session; a [`Tree`] checks one and shows it to people.

mod answer;
mod bed;
mod corpus;
mod happened;
mod jaeger;
mod loki;
mod measured;
mod passed;
mod prometheus;
mod results;
mod tree;

pub use answer::{Answer, Row};
pub use bed::{Bed, Binaries};
pub use corpus::{Expected, Recording};
pub use happened::{Happened, twice};
pub use jaeger::{Jaeger, Kind, Process, Query, Reference, Span, SpanId, Tag, Trace, TraceId};
pub use loki::Loki;
pub use measured::measured;
pub use passed::Passed;
pub use prometheus::Prometheus;
pub use results::Asked;
pub use tree::{Branch, Fault, Tree};
