//! Loads Scoutline's eBPF programs, attaches the best hooks that the kernel accepts, and reads what they
//! send. The only crate that knows aya.
//!
//! [`hooks`] is the table of all hooks. [`Sensor::load`] makes maps, [`Sensor::attach`] walks the table;
//! then [`Sensor::tasks`] reads what was there before and [`Sensor::drain`] what happens since.

mod attach;
mod memory;
mod ring;
mod run_time;
mod sensor;

pub mod hooks;

pub use attach::{AttachError, Attachment, FileOpen, Outcome};
pub use memory::{keep_buffers, trim_heap};
pub use run_time::RunTimes;
pub use sensor::{LoadError, ReadError, Ring, Sensor};
