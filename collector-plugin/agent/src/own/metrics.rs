//! The sensor's own metrics: each reads what was put up on the [`Board`], or asks a queue, when it is collected.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};
use scoutline_detect::Counters;
use scoutline_loader::hooks::Family;
use scoutline_otlp::{Counts, Tally};
use scoutline_semconv::values::{
    DetectorOutcome, EncoderOutcome, EventKind, ExportOutcome, RecordKind,
};
use scoutline_semconv::{Metric, attr, metric};

use super::numbers::{Flow, flows};
use super::{Board, Exporter, Numbers};
use crate::losses::OF_KERNEL;

/// Attributes of a data point, and its value.
type Points<T> = Vec<(Vec<KeyValue>, T)>;

/// Makes all instruments. They are read while the meter's provider lives.
pub fn observe(
    meter: &Meter,
    board: &Board,
    hooks: &[(Family, &'static str)],
    exporters: &[Exporter],
) {
    let make = Maker { meter, board };
    make.kernel(hooks);
    make.detector();
    make.records();
    make.export(exporters);
    process(meter);
}

struct Maker<'a> {
    meter: &'a Meter,
    board: &'a Board,
}

impl Maker<'_> {
    fn kernel(&self, hooks: &[(Family, &'static str)]) {
        let hooks: Arc<[_]> = hooks.into();
        for (metric, read) in [
            (metric::SCOUTLINE_KERNEL_EVENTS, seen as fn(&Flow) -> u64),
            (metric::SCOUTLINE_KERNEL_SENT, |flow| flow.sent),
            (metric::SCOUTLINE_KERNEL_UNMATCHED, |flow| flow.unmatched),
            (metric::SCOUTLINE_KERNEL_FOLDED, |flow| flow.folded),
        ] {
            let hooks = Arc::clone(&hooks);
            self.counter(metric, move |numbers| {
                let flows = flows(&numbers.kernel);
                let point = |flow: &Flow| Some((vec![hook(&hooks, flow.family)?], read(flow)));
                flows.iter().filter_map(point).collect()
            });
        }
        let of_hooks = Arc::clone(&hooks);
        self.seconds(metric::SCOUTLINE_KERNEL_PROGRAM_RUN_TIME, move |numbers| {
            let times = numbers.run_times.iter();
            let point = |(family, time): (Family, Duration)| {
                Some((vec![hook(&of_hooks, family)?], time.as_secs_f64()))
            };
            times.filter_map(point).collect()
        });
        self.counter(metric::SCOUTLINE_KERNEL_DROPPED, move |numbers| {
            let point = |it: &crate::losses::OfKernel| {
                let reason = KeyValue::new(attr::SCOUTLINE_DROP_REASON, it.drop);
                let attributes = vec![hook(&hooks, it.family)?, reason];
                Some((attributes, (it.count)(&numbers.kernel)))
            };
            OF_KERNEL.iter().filter_map(point).collect()
        });
    }

    fn detector(&self) {
        self.counter(metric::SCOUTLINE_DETECTOR_EVENTS, |numbers| {
            let kind = |kind: EventKind| KeyValue::new(attr::SCOUTLINE_EVENT_KIND, kind.as_str());
            let taken = taken(numbers).into_iter();
            taken.map(|(it, count)| (vec![kind(it)], count)).collect()
        });
        self.counter(metric::SCOUTLINE_DETECTOR_JUDGED, |numbers| {
            let judged = judged(numbers).into_iter();
            let point = |(kind, outcome, count): (EventKind, DetectorOutcome, u64)| {
                let attributes = vec![
                    KeyValue::new(attr::SCOUTLINE_EVENT_KIND, kind.as_str()),
                    KeyValue::new(attr::SCOUTLINE_DETECTOR_OUTCOME, outcome.as_str()),
                ];
                (attributes, count)
            };
            judged.map(point).collect()
        });
        self.counter(metric::SCOUTLINE_ACCESS_MATCHED, |numbers| {
            vec![(vec![], numbers.detector.accesses)]
        });
        self.counter(metric::SCOUTLINE_ACCESS_SUMMARISED, |numbers| {
            vec![(vec![], numbers.summarised)]
        });
        self.up_down(metric::SCOUTLINE_ACCESS_OPEN, |numbers| {
            vec![(vec![], signed(numbers.detector.accesses_open))]
        });
        self.counter(metric::SCOUTLINE_DETECTIONS, |numbers| {
            let detections = numbers.detections.iter();
            let points = detections.map(|it| {
                let attributes = vec![
                    KeyValue::new(attr::SECURITY_RULE_NAME, Arc::clone(&it.recipe)),
                    KeyValue::new(attr::SCOUTLINE_DETECTION_SEVERITY, it.severity.name()),
                ];
                (attributes, it.count)
            });
            points.collect()
        });
    }

    fn records(&self) {
        self.counter(metric::SCOUTLINE_RECORD_MADE, |numbers| {
            let made = &numbers.made;
            let kinds = [
                (RecordKind::Detection, made.detection),
                (RecordKind::Heartbeat, made.heartbeat),
                (RecordKind::Loss, made.loss),
                (RecordKind::Sensor, made.sensor),
            ];
            let kind = |it: RecordKind| KeyValue::new(attr::SCOUTLINE_RECORD_KIND, it.as_str());
            kinds.map(|(it, count)| (vec![kind(it)], count)).into()
        });
        self.counter(metric::SCOUTLINE_ENCODER_RECORDS, |numbers| {
            let encoded = &numbers.encoded;
            let outcomes = [
                (EncoderOutcome::Encoded, encoded.records),
                (EncoderOutcome::Refused, encoded.refused_records),
            ];
            let outcome =
                |it: EncoderOutcome| KeyValue::new(attr::SCOUTLINE_ENCODER_OUTCOME, it.as_str());
            outcomes
                .map(|(it, count)| (vec![outcome(it)], count))
                .into()
        });
    }

    fn export(&self, exporters: &[Exporter]) {
        let exporters: Arc<[Exporter]> = exporters.into();
        let each = |point: fn(&Counts) -> i64| {
            let exporters = Arc::clone(&exporters);
            move |_: &Numbers| {
                let exporters = exporters.iter();
                let points = exporters.map(|it| (vec![name(it)], point(&it.queue.counts())));
                points.collect::<Points<i64>>()
            }
        };
        self.up_down(
            metric::SCOUTLINE_QUEUE_BYTES,
            each(|counts| signed(counts.queue_bytes as u64)),
        );
        self.up_down(
            metric::SCOUTLINE_QUEUE_CAPACITY,
            each(|counts| signed(counts.queue_capacity as u64)),
        );
        self.up_down(
            metric::SCOUTLINE_EXPORT_PENDING,
            each(|counts| signed(counts.records.pending)),
        );
        let of = Arc::clone(&exporters);
        self.counter(metric::SCOUTLINE_EXPORT_OFFERED, move |_| {
            let points = of.iter().map(|it| {
                let counts = it.queue.counts();
                (vec![name(it)], counts.records.offered())
            });
            points.collect()
        });
        for (metric, tally) in [
            (
                metric::SCOUTLINE_EXPORT_RECORDS,
                records as fn(&Counts) -> &Tally,
            ),
            (metric::SCOUTLINE_EXPORT_SPANS, |counts| &counts.spans),
        ] {
            let exporters = Arc::clone(&exporters);
            self.counter(metric, move |_| {
                let points = exporters.iter().flat_map(|it| {
                    let counts = it.queue.counts();
                    outcomes(tally(&counts)).map(|(outcome, count)| {
                        let outcome =
                            KeyValue::new(attr::SCOUTLINE_EXPORT_OUTCOME, outcome.as_str());
                        (vec![name(it), outcome], count)
                    })
                });
                points.collect()
            });
        }
    }

    fn counter(
        &self,
        metric: Metric,
        points: impl Fn(&Numbers) -> Points<u64> + Send + Sync + 'static,
    ) {
        let board = self.board.clone();
        self.meter
            .u64_observable_counter(metric.name)
            .with_unit(metric.unit)
            .with_description(metric.brief)
            .with_callback(move |instrument| put(instrument, board.read(&points)))
            .build();
    }

    fn seconds(
        &self,
        metric: Metric,
        points: impl Fn(&Numbers) -> Points<f64> + Send + Sync + 'static,
    ) {
        let board = self.board.clone();
        self.meter
            .f64_observable_counter(metric.name)
            .with_unit(metric.unit)
            .with_description(metric.brief)
            .with_callback(move |instrument| put(instrument, board.read(&points)))
            .build();
    }

    fn up_down(
        &self,
        metric: Metric,
        points: impl Fn(&Numbers) -> Points<i64> + Send + Sync + 'static,
    ) {
        let board = self.board.clone();
        self.meter
            .i64_observable_up_down_counter(metric.name)
            .with_unit(metric.unit)
            .with_description(metric.brief)
            .with_callback(move |instrument| put(instrument, board.read(&points)))
            .build();
    }
}

fn put<T>(instrument: &dyn AsyncInstrument<T>, points: Points<T>) {
    for (attributes, value) in points {
        instrument.observe(value, &attributes);
    }
}

fn seen(flow: &Flow) -> u64 {
    flow.seen
}

fn records(counts: &Counts) -> &Tally {
    &counts.records
}

/// `None` if no hook of the family is attached.
fn hook(hooks: &[(Family, &'static str)], family: Family) -> Option<KeyValue> {
    let (_, name) = hooks.iter().find(|(own, _)| *own == family)?;
    Some(KeyValue::new(attr::SCOUTLINE_HOOK_NAME, *name))
}

fn name(exporter: &Exporter) -> KeyValue {
    KeyValue::new(attr::SCOUTLINE_EXPORTER_NAME, Arc::clone(&exporter.name))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Events that user space took.
fn taken(numbers: &Numbers) -> [(EventKind, u64); 8] {
    let counters = &numbers.detector;
    [
        (EventKind::Open, counters.opens),
        (EventKind::Execution, counters.execs),
        (EventKind::Fork, counters.forks),
        (EventKind::Exit, counters.exits),
        (EventKind::Cgroup, counters.cgroups),
        (EventKind::Task, counters.tasks),
        (EventKind::TraceContext, counters.trace_contexts),
        (EventKind::Unknown, numbers.undecodable),
    ]
}

/// What became of them.
fn judged(numbers: &Numbers) -> Vec<(EventKind, DetectorOutcome, u64)> {
    use DetectorOutcome::{
        Lineage, Matched, OutOfScope, Repeated, Undecodable, Unmatched, Unresolved, Weak,
    };
    use EventKind::{Cgroup, Execution, Exit, Fork, Open, Task, TraceContext, Unknown};
    let it: &Counters = &numbers.detector;
    vec![
        (Open, Matched, it.opens_matched),
        (Open, Weak, it.opens_weak),
        (Open, Unmatched, it.opens_unmatched),
        (Open, Unresolved, it.opens_unresolved),
        (Open, OutOfScope, it.opens_out_of_scope),
        (Execution, Matched, it.execs_matched),
        (Execution, Weak, it.execs_weak),
        (Execution, Unmatched, it.execs_unmatched),
        (Execution, Unresolved, it.execs_unresolved),
        (Execution, OutOfScope, it.execs_out_of_scope),
        (Execution, Repeated, it.execs_repeated),
        (Fork, Lineage, it.forks),
        (Exit, Lineage, it.exits),
        (Cgroup, Lineage, it.cgroups),
        (Task, Lineage, it.tasks),
        (TraceContext, Lineage, it.trace_contexts),
        (Unknown, Undecodable, numbers.undecodable),
    ]
}

fn outcomes(tally: &Tally) -> [(ExportOutcome, u64); 5] {
    [
        (ExportOutcome::Accepted, tally.exported),
        (ExportOutcome::Rejected, tally.rejected),
        (ExportOutcome::Dropped, tally.dropped.total()),
        (ExportOutcome::Superseded, tally.superseded),
        (ExportOutcome::Retried, tally.retried),
    ]
}

/// What the sensor itself costs, from /proc; what cannot be read there is not told.
fn process(meter: &Meter) {
    let cpu = metric::PROCESS_CPU_TIME;
    meter
        .f64_observable_counter(cpu.name)
        .with_unit(cpu.unit)
        .with_description(cpu.brief)
        .with_callback(|instrument| {
            let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
            for (mode, ticks) in cpu_ticks(&stat).into_iter().flatten() {
                let seconds = ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
                instrument.observe(seconds, &[KeyValue::new(attr::CPU_MODE, mode)]);
            }
        })
        .build();
    let memory = metric::PROCESS_MEMORY_USAGE;
    meter
        .i64_observable_up_down_counter(memory.name)
        .with_unit(memory.unit)
        .with_description(memory.brief)
        .with_callback(|instrument| {
            let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
            if let Some(pages) = resident_pages(&statm) {
                let bytes = pages.saturating_mul(rustix::param::page_size() as u64);
                instrument.observe(signed(bytes), &[]);
            }
        })
        .build();
}

/// Time in user space and in the kernel, of `/proc/PID/stat`.
fn cpu_ticks(stat: &str) -> Option<[(&'static str, u64); 2]> {
    // The name is in parentheses and may have any character.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut ticks = fields.split(' ').skip(11).map_while(|it| it.parse().ok());
    Some([("user", ticks.next()?), ("system", ticks.next()?)])
}

/// Of `/proc/PID/statm`.
fn resident_pages(statm: &str) -> Option<u64> {
    statm.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_proc_says_is_read() {
        let stat = "7 (a) b) R 1 7 7 0 -1 4194560 100 0 0 0 12 34 0 0 20 0 1 0 99 1000 50 184";
        assert_eq!(cpu_ticks(stat), Some([("user", 12), ("system", 34)]));
        assert_eq!(cpu_ticks("7 (a"), None);
        assert_eq!(resident_pages("100 20 3 1 0 5 0\n"), Some(20));
        assert_eq!(resident_pages(""), None);
        let own = fs::read_to_string("/proc/self/stat").expect("/proc is mounted");
        assert!(cpu_ticks(&own).is_some(), "{own}");
    }
}
