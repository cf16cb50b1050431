//! Events in, records out: process lineage, recipes, aggregation. Pure: no I/O, no clock, no threads.

pub mod recipe;
