// Generated, do not edit: cargo run -p scoutline-semconv-generate
//! Names of the sensor's own metrics.

/// Events that the eBPF programs saw.
///
/// Instrument: counter. Unit: `{event}`.
pub const SCOUTLINE_KERNEL_EVENTS: &str = "scoutline.kernel.events";

/// Repeats that the kernel counted instead of sending them.
///
/// Instrument: counter. Unit: `{event}`.
pub const SCOUTLINE_KERNEL_FOLDED: &str = "scoutline.kernel.folded";

/// Events that should have left the kernel and did not.
///
/// Instrument: counter. Unit: `{event}`.
pub const SCOUTLINE_KERNEL_DROPPED: &str = "scoutline.kernel.dropped";

/// Time that eBPF programs ran.
///
/// Instrument: counter. Unit: `s`.
pub const SCOUTLINE_KERNEL_PROGRAM_RUN_TIME: &str = "scoutline.kernel.program.run_time";

/// Detections, counted at their first access.
///
/// Instrument: counter. Unit: `{detection}`.
pub const SCOUTLINE_DETECTIONS: &str = "scoutline.detections";

/// Matches that were kept back on purpose.
///
/// Instrument: counter. Unit: `{match}`.
pub const SCOUTLINE_SUPPRESSED: &str = "scoutline.suppressed";

/// Bytes that wait for an exporter or are being sent.
///
/// Instrument: up-down counter. Unit: `By`.
pub const SCOUTLINE_QUEUE_BYTES: &str = "scoutline.queue.bytes";

/// Most bytes that the queue takes.
///
/// Instrument: up-down counter. Unit: `By`.
pub const SCOUTLINE_QUEUE_CAPACITY: &str = "scoutline.queue.capacity";

/// What became of records.
///
/// Instrument: counter. Unit: `{record}`.
pub const SCOUTLINE_EXPORT_RECORDS: &str = "scoutline.export.records";

/// Time from sending a request to its answer.
///
/// Instrument: histogram. Unit: `s`.
pub const SCOUTLINE_EXPORT_DURATION: &str = "scoutline.export.duration";

/// Processor time that the sensor used.
///
/// Instrument: counter. Unit: `s`.
pub const PROCESS_CPU_TIME: &str = "process.cpu.time";

/// Memory of the sensor.
///
/// Instrument: up-down counter. Unit: `By`.
pub const PROCESS_MEMORY_USAGE: &str = "process.memory.usage";
