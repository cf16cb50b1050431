//! Runs the sensor on this kernel and reads what it finds, for tests that need root and BTF.

mod arrivals;
mod otlp;
mod record;
mod resource;
mod sensor;
mod span;
mod tools;

pub use arrivals::Arrivals;
pub use record::{Record, raw_records};
pub use resource::Resource;
pub use sensor::{Ended, Sensor, SensorError};
pub use span::{Span, raw_spans};
pub use tools::{Tools, ToolsError};

use std::path::Path;

/// What is missing to run the sensor here, a reason to skip.
///
/// # Errors
/// Says what is missing.
pub fn requirements() -> Result<(), &'static str> {
    if !rustix::process::geteuid().is_root() {
        return Err("needs root");
    }
    if !Path::new("/sys/kernel/btf/vmlinux").exists() {
        return Err("needs a kernel with BTF");
    }
    Ok(())
}
