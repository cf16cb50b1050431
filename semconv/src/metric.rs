// Generated, do not edit: cargo run -p scoutline-semconv-generate
//! The sensor's own metrics.

use crate::Metric;

/// Events that the eBPF programs saw.
///
/// Instrument: counter.
pub const SCOUTLINE_KERNEL_EVENTS: Metric = Metric {
    name: "scoutline.kernel.events",
    unit: "{event}",
    brief: "Events that the eBPF programs saw.",
};

/// Repeats that the kernel counted instead of sending them.
///
/// Instrument: counter.
pub const SCOUTLINE_KERNEL_FOLDED: Metric = Metric {
    name: "scoutline.kernel.folded",
    unit: "{event}",
    brief: "Repeats that the kernel counted instead of sending them.",
};

/// Events that should have left the kernel and did not.
///
/// Instrument: counter.
pub const SCOUTLINE_KERNEL_DROPPED: Metric = Metric {
    name: "scoutline.kernel.dropped",
    unit: "{event}",
    brief: "Events that should have left the kernel and did not.",
};

/// Events that user space was given.
///
/// Instrument: counter.
pub const SCOUTLINE_KERNEL_SENT: Metric = Metric {
    name: "scoutline.kernel.sent",
    unit: "{event}",
    brief: "Events that user space was given.",
};

/// Events that no recipe can match.
///
/// Instrument: counter.
pub const SCOUTLINE_KERNEL_UNMATCHED: Metric = Metric {
    name: "scoutline.kernel.unmatched",
    unit: "{event}",
    brief: "Events that no recipe can match.",
};

/// Time that eBPF programs ran.
///
/// Instrument: counter.
pub const SCOUTLINE_KERNEL_PROGRAM_RUN_TIME: Metric = Metric {
    name: "scoutline.kernel.program.run_time",
    unit: "s",
    brief: "Time that eBPF programs ran.",
};

/// Events that user space took.
///
/// Instrument: counter.
pub const SCOUTLINE_DETECTOR_EVENTS: Metric = Metric {
    name: "scoutline.detector.events",
    unit: "{event}",
    brief: "Events that user space took.",
};

/// What became of events.
///
/// Instrument: counter.
pub const SCOUTLINE_DETECTOR_JUDGED: Metric = Metric {
    name: "scoutline.detector.judged",
    unit: "{event}",
    brief: "What became of events.",
};

/// Accesses that became part of a detection, repeats that only the kernel counted included.
///
/// Instrument: counter.
pub const SCOUTLINE_ACCESS_MATCHED: Metric = Metric {
    name: "scoutline.access.matched",
    unit: "{access}",
    brief: "Accesses that became part of a detection, repeats that only the kernel counted included.",
};

/// Accesses that a summary has told.
///
/// Instrument: counter.
pub const SCOUTLINE_ACCESS_SUMMARISED: Metric = Metric {
    name: "scoutline.access.summarised",
    unit: "{access}",
    brief: "Accesses that a summary has told.",
};

/// Accesses in detections whose summary is not out yet.
///
/// Instrument: up-down counter.
pub const SCOUTLINE_ACCESS_OPEN: Metric = Metric {
    name: "scoutline.access.open",
    unit: "{access}",
    brief: "Accesses in detections whose summary is not out yet.",
};

/// Detections, counted at their first access.
///
/// Instrument: counter.
pub const SCOUTLINE_DETECTIONS: Metric = Metric {
    name: "scoutline.detections",
    unit: "{detection}",
    brief: "Detections, counted at their first access.",
};

/// Records that were made.
///
/// Instrument: counter.
pub const SCOUTLINE_RECORD_MADE: Metric = Metric {
    name: "scoutline.record.made",
    unit: "{record}",
    brief: "Records that were made.",
};

/// What became of records on their way to the exporters.
///
/// Instrument: counter.
pub const SCOUTLINE_ENCODER_RECORDS: Metric = Metric {
    name: "scoutline.encoder.records",
    unit: "{record}",
    brief: "What became of records on their way to the exporters.",
};

/// Bytes that wait for an exporter or are being sent.
///
/// Instrument: up-down counter.
pub const SCOUTLINE_QUEUE_BYTES: Metric = Metric {
    name: "scoutline.queue.bytes",
    unit: "By",
    brief: "Bytes that wait for an exporter or are being sent.",
};

/// Most bytes that the queue takes.
///
/// Instrument: up-down counter.
pub const SCOUTLINE_QUEUE_CAPACITY: Metric = Metric {
    name: "scoutline.queue.capacity",
    unit: "By",
    brief: "Most bytes that the queue takes.",
};

/// Records that an exporter was given.
///
/// Instrument: counter.
pub const SCOUTLINE_EXPORT_OFFERED: Metric = Metric {
    name: "scoutline.export.offered",
    unit: "{record}",
    brief: "Records that an exporter was given.",
};

/// Records that wait for an exporter or are being sent.
///
/// Instrument: up-down counter.
pub const SCOUTLINE_EXPORT_PENDING: Metric = Metric {
    name: "scoutline.export.pending",
    unit: "{record}",
    brief: "Records that wait for an exporter or are being sent.",
};

/// What became of records.
///
/// Instrument: counter.
pub const SCOUTLINE_EXPORT_RECORDS: Metric = Metric {
    name: "scoutline.export.records",
    unit: "{record}",
    brief: "What became of records.",
};

/// What became of spans.
///
/// Instrument: counter.
pub const SCOUTLINE_EXPORT_SPANS: Metric = Metric {
    name: "scoutline.export.spans",
    unit: "{span}",
    brief: "What became of spans.",
};

/// Time from sending a request to its answer.
///
/// Instrument: histogram.
pub const SCOUTLINE_EXPORT_DURATION: Metric = Metric {
    name: "scoutline.export.duration",
    unit: "s",
    brief: "Time from sending a request to its answer.",
};

/// Processor time that the sensor used.
///
/// Instrument: counter.
pub const PROCESS_CPU_TIME: Metric = Metric {
    name: "process.cpu.time",
    unit: "s",
    brief: "Processor time that the sensor used.",
};

/// Memory of the sensor.
///
/// Instrument: up-down counter.
pub const PROCESS_MEMORY_USAGE: Metric = Metric {
    name: "process.memory.usage",
    unit: "By",
    brief: "Memory of the sensor.",
};
