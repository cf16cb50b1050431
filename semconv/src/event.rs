// Generated, do not edit: cargo run -p scoutline-semconv-generate
//! Event names (`event_name` of a log record) and the values of `scoutline.record.kind`.

/// A recipe matched what a process did.
pub const DETECTION: &str = "scoutline.detection";

/// `scoutline.record.kind` of [`DETECTION`].
pub const KIND_DETECTION: &str = "detection";

/// The sensor is alive and sees.
pub const HEARTBEAT: &str = "scoutline.heartbeat";

/// `scoutline.record.kind` of [`HEARTBEAT`].
pub const KIND_HEARTBEAT: &str = "heartbeat";

/// Something was lost on the way.
pub const LOSS: &str = "scoutline.loss";

/// `scoutline.record.kind` of [`LOSS`].
pub const KIND_LOSS: &str = "loss";

/// The sensor started, stopped or was configured anew.
pub const SENSOR: &str = "scoutline.sensor";

/// `scoutline.record.kind` of [`SENSOR`].
pub const KIND_SENSOR: &str = "sensor";
