//! The agent: what stands around the detector on one host.
//!
//! `main.rs` turns a command line ([`cli`]) into an [`exit::Exit`]. Everything between is here, a module a
//! concern: what the user wants ([`config`]), what the host is ([`host`]), what people see ([`console`],
//! [`summary`], [`doctor`], [`recipes`], [`log`]), what the sensor tells of itself ([`own`]). [`commands`] ties
//! them together for the commands that only look. Only this crate reads the environment, files and /proc.

pub mod cli;
pub mod commands;
pub mod config;
pub mod console;
pub mod doctor;
pub mod enrich;
pub mod exec;
pub mod exit;
pub mod host;
pub mod log;
pub mod losses;
pub mod own;
pub mod pipeline;
pub mod recipes;
pub mod replay;
pub mod run;
pub mod start;
pub mod state;
pub mod summary;
pub mod terminal;
pub mod variables;

pub use scoutline_loader::keep_buffers;
