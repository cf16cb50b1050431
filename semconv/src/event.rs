//! Event names (`event_name` of a log record) and the values of `scoutline.record.kind`.

/// A recipe matched: [`crate::attr`] says with what.
pub const DETECTION: &str = "scoutline.detection";

/// `scoutline.record.kind` of [`DETECTION`].
pub const KIND_DETECTION: &str = "detection";
