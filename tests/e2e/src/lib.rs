//! The sensor beside a real OpenTelemetry Collector, for tests and benchmarks.
//!
//! [`Sensor`] and [`Collector`] are running programs, ended by pid when they are dropped. [`Records`] is what the
//! Collector has written, and waits for more. [`backend`] builds what the tests send to, [`HttpBackend`] stands for what can
//! not be built.

mod backend;
mod collector;
mod http;
mod login;
mod program;
mod received;
mod records;
mod sensor;
mod span;

use std::time::Duration;

pub use backend::backend;
pub use collector::{Collector, free_port};
pub use http::{HttpAnswer, HttpBackend, HttpRequest};
pub use login::login;
pub use program::{Ended, Program};
pub use received::{Numbered, Received, Told};
pub use records::{Item, Lines, Records};
pub use sensor::{Profile, Sensor, build, why_not};
pub use span::ReceivedSpan;

/// Long enough for a busy machine, short enough for a person to wait when something hangs.
pub const PATIENCE: Duration = Duration::from_secs(30);
