//! From rings to records, and where records go.
//!
//! ```text
//! kernel rings -> Watcher ---Step---> Judge --Record--> Outlet -> Batcher -> queue -> exporter (one each)
//!                    |                  ^                 |-----> lines -> terminal
//!                    +-> recording ---- replay            +-----> summary of `exec`
//! ```
//!
//! | what waits | bound | when it is full |
//! |---|---|---|
//! | lifecycle ring | 2 MiB | the kernel drops the newest and counts it |
//! | ring of opens | 4 MiB | the same; a folded repeat is counted all the same |
//! | questions about processes | 256 | not asked: the record goes out without, and is counted |
//! | records that wait for answers | 100 ms, 4096 | sent without |
//! | opens held for a round | [`OPENS_A_ROUND`] | the rest waits in the ring |
//! | tables of the detector | constants of `scoutline-detect` | counted in its counters, never silently |
//! | batch | `sending_queue.batch` | sealed |
//! | queue of an exporter | `sending_queue.queue_size` | the batch is dropped and its records are counted |
//! | records about losses | [`scoutline_otlp::RESERVE`] above the queue | they wait, and further losses are added up |
//! | heartbeats | one, in a queue that is idle | the newer one stays |
//! | lines for the terminal | [`LINES`] | `run` drops and counts the line, `replay` waits |
//!
//! One thread owns everything up to the queues and never waits for a Collector or a terminal.

mod export;
mod held;
mod judge;
mod outlet;
mod recording;
mod resources;
mod terminal;
mod watcher;

pub use export::{Delivered, Export, ExportError};
pub use judge::{Judge, Step};
pub use outlet::{Encoded, Outlet, OutletError, Queues};
pub use recording::{Preamble, ReadError, Reader, Recorder, Writer};
pub use resources::Resources;
pub use terminal::{Lines, WhenFull};
pub use watcher::{Before, Parts, StopSender, Watched, Watcher, stop_channel};

/// Opens taken off their ring before the lifecycle ring is read, so that each is judged with its process's
/// executions known.
pub const OPENS_A_ROUND: usize = 4096;

/// Lines that wait for a terminal.
pub const LINES: usize = 4096;
