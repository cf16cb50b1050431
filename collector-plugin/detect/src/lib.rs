//! Events in, records out: process lineage, recipes, aggregation. Pure: no I/O, no clock, no threads.

mod aggregate;
mod attributes;
mod counters;
mod detection;
mod detector;
mod enrich;
mod facts;
#[cfg(test)]
mod fixture;
mod identity;
mod names;
mod output;
mod paths;
mod process;
mod recent;
mod redact;
mod report;
mod seen;
mod sessions;
mod slices;
mod text;

pub mod diagnostic;
pub mod recipe;
pub mod workload;
pub mod yaml;

pub use aggregate::Forgotten;
pub use attributes::Attributes;
pub use counters::Counters;
pub use detector::Detector;
pub use enrich::{
    Answer, Executable, Login, PATIENCE_NS, Pid, Question, SessionAnswer, SessionQuestion,
};
pub use facts::{BootNanos, Clock, Facts, Mount, Scope, Settings};
pub use output::{Issued, Output, Reported, Trace};
pub use recent::Recent;
pub use redact::CommandArgs;
pub use slices::JournalEntry;
pub use workload::Workload;
