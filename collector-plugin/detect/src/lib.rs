//! Events in, records out: process lineage, recipes, aggregation. Pure: no I/O, no clock, no threads.

mod aggregate;
mod counters;
mod detection;
mod detector;
mod facts;
#[cfg(test)]
mod fixture;
mod identity;
mod names;
mod paths;
mod process;
mod report;
mod text;

pub mod diagnostic;
pub mod recipe;
pub mod redact;
pub mod workload;
pub mod yaml;

pub use aggregate::Forgotten;
pub use counters::Counters;
pub use detector::Detector;
pub use facts::{BootNanos, Clock, Facts, Mount, Scope, Settings};
