//! Records on their way out: encoded once, batched, queued and sent as OTLP.
//!
//! ```text
//! Record -> Batcher -> Batch -> QueueSender | QueueReceiver -> Exporter -> gRPC, HTTP or file
//!           one per sensor      one queue for each exporter
//! ```
//!
//! The left side runs on the detection thread: it never blocks and never allocates per record. The right
//! side runs on tokio. Every queue is bounded by bytes, and every record that enters one ends in exactly one
//! of the [`Counts`].

mod batch;
mod counts;
pub mod encode;
mod export;
mod queue;

pub use batch::{Batch, BatchLimits, Batcher, Scope};
pub use counts::{Counts, Dropped};
pub use export::{
    BuildError, Compression, DEFAULT_CONSUMERS, DEFAULT_TIMEOUT, Destination, Exporter,
    ExporterConfig, HeaderError, Headers, HttpPath, LOGS_FILE, ProbeError, Remote, Retry,
    SendError, Tls, json_line, probe,
};
pub use queue::{DEFAULT_CAPACITY, DropReason, QueueReceiver, QueueSender, queue};
