//! The instrumentation scopes of what Scoutline sends.

/// Scope name of detections.
pub const DETECTIONS: &str = "scoutline.detections";
/// Scope name of what the sensor says about itself: heartbeats, losses, sensor records and metrics.
pub const SENSOR: &str = "scoutline.sensor";
/// Version of the scope: that of the sensor.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// `schema_url` of ScopeLogs: the registry in `semconv/registry`.
pub const SCHEMA_URL: &str = "https://scoutline.dev/schemas/0.1.0";
/// `schema_url` of ResourceLogs: the upstream conventions that resource attributes follow.
pub const UPSTREAM_SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";
