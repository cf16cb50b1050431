//! Records and spans on their way out: encoded once, batched, queued and sent as OTLP.
//!
//! ```text
//! Record -> Batcher --,
//!                     Batch -> QueueSender | QueueReceiver -> Exporter -> gRPC, HTTP or file
//! Spans of a slice ---'
//!           one per sensor     one queue for each exporter
//! ```
//!
//! The left side runs on the detection thread: it never blocks and never allocates per record. The right
//! side runs on tokio, as do the sensor's own [`Metrics`], which take the exporters' connections. Every queue is bounded by bytes, and every record and span that enters one ends in exactly
//! one of the [`Counts`].

mod batch;
mod counts;
pub mod encode;
mod export;
mod metrics;
mod queue;
mod signal;
mod slice;

pub use batch::{Batch, BatchLimits, Batcher, Care, Scope, Sequences};
pub use counts::{Counts, Dropped, Lost, LostReason, Tally};
pub use export::{
    BuildError, Compression, DEFAULT_CONSUMERS, DEFAULT_TIMEOUT, Destination, Exporter,
    ExporterConfig, HeaderError, Headers, HttpPath, ProbeError, Remote, Retry, SendError, Tls,
    json_line, probe,
};
pub use metrics::{DEFAULT_METRIC_INTERVAL, MetricSink, Metrics};
pub use queue::{DEFAULT_CAPACITY, DropReason, QueueReceiver, QueueSender, RESERVE, queue};
pub use signal::Signal;
pub use slice::{SealedSpans, seal_spans};
