// Generated, do not edit: cargo run -p scoutline-semconv-generate
//! Event names (`event_name` of a log record).

/// A recipe matched what a process did.
pub const DETECTION: &str = "scoutline.detection";

/// The sensor is alive and sees.
pub const HEARTBEAT: &str = "scoutline.heartbeat";

/// Something was lost on the way.
pub const LOSS: &str = "scoutline.loss";

/// The sensor started, stopped or was configured anew.
pub const SENSOR: &str = "scoutline.sensor";
