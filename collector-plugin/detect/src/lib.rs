//! Events in, records out: process lineage, recipes, aggregation. Pure: no I/O, no clock, no threads.

pub mod diagnostic;
pub mod recipe;
pub mod yaml;
