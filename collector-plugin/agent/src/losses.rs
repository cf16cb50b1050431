//! Everything that can be lost: where, why in one word, and why in a sentence. The log and the records about losses
//! say it with these.

use std::fmt;

use scoutline_abi::raw::Stats;
use scoutline_detect::Counters;
use scoutline_loader::hooks::Family;
use scoutline_otlp::{LostReason, Signal, Tally};
use scoutline_semconv::values::LossStage;

use crate::pipeline::{Delivered, Encoded, Watched};

/// Why something was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Where.
    pub stage: LossStage,
    /// One word of the stage: `scoutline.loss.reason`.
    pub word: &'static str,
    /// For people: what it is that was lost, or why.
    pub sentence: &'static str,
}

/// A counter of the kernel that counts losses.
#[derive(Debug)]
pub struct OfKernel {
    /// What it counts.
    pub reason: Reason,
    /// Of which events.
    pub family: Family,
    /// `scoutline.drop.reason`, which is told apart by the hook.
    pub drop: &'static str,
    /// The counter.
    pub count: fn(&Stats) -> u64,
}

const fn kernel(
    word: &'static str,
    sentence: &'static str,
    family: Family,
    drop: &'static str,
    count: fn(&Stats) -> u64,
) -> OfKernel {
    OfKernel {
        reason: Reason {
            stage: LossStage::Kernel,
            word,
            sentence,
        },
        family,
        drop,
        count,
    }
}

/// Events that the kernel could not hand over, or not look at.
pub static OF_KERNEL: [OfKernel; 10] = [
    kernel(
        "exec_ring_full",
        "executions that did not fit the ring",
        Family::Exec,
        "ring_full",
        |stats| stats.exec_ring_full,
    ),
    kernel(
        "fork_ring_full",
        "forks that did not fit the ring",
        Family::Fork,
        "ring_full",
        |stats| stats.fork_ring_full,
    ),
    kernel(
        "exit_ring_full",
        "ends of processes that did not fit the ring",
        Family::Exit,
        "ring_full",
        |stats| stats.exit_ring_full,
    ),
    kernel(
        "cgroup_ring_full",
        "changes of cgroups that did not fit the ring",
        Family::CgroupMade,
        "ring_full",
        |stats| stats.cgroup_ring_full,
    ),
    kernel(
        "open_ring_full",
        "opens that did not fit the ring",
        Family::FileOpen,
        "ring_full",
        |stats| stats.open_ring_full,
    ),
    kernel(
        "trace_context_ring_full",
        "places in traces that did not fit the ring",
        Family::FileOpen,
        "trace_context_ring_full",
        |stats| stats.trace_context_ring_full,
    ),
    kernel(
        "open_race",
        "descriptors closed before they were looked at",
        Family::FileOpen,
        "race",
        |stats| stats.open_race,
    ),
    kernel(
        "open_unreadable",
        "files that could not be read in the kernel",
        Family::FileOpen,
        "unreadable",
        |stats| stats.open_unreadable,
    ),
    kernel(
        "task_dropped",
        "running processes that could not be listed",
        Family::Tasks,
        "no_room",
        |stats| stats.task_dropped,
    ),
    kernel(
        "scratch_missing",
        "executions without a buffer",
        Family::Exec,
        "no_buffer",
        |stats| stats.scratch_missing,
    ),
];

/// What was handed over and is of no use.
static UNDECODABLE: Reason = Reason {
    stage: LossStage::Detector,
    word: "undecodable",
    sentence: "events that could not be decoded",
};

/// Repeats of an open whose counter could not be kept.
static KEYS_FULL: Reason = Reason {
    stage: LossStage::Detector,
    word: "keys_full",
    sentence: "files whose repeated opens could not be counted",
};

/// What does not fit the wire.
pub static REFUSED_RECORDS: Reason = Reason {
    stage: LossStage::Encoder,
    word: "refused",
    sentence: "records that could not be encoded",
};

static REFUSED_SPANS: Reason = Reason {
    stage: LossStage::Encoder,
    word: "span_refused",
    sentence: "spans that could not be encoded",
};

/// What an exporter can do to items of one signal.
#[derive(Debug)]
struct OfExporter {
    signal: Signal,
    why: &'static [LostReason],
    reason: Reason,
}

const fn exporter(
    signal: Signal,
    why: &'static [LostReason],
    stage: LossStage,
    word: &'static str,
    sentence: &'static str,
) -> OfExporter {
    OfExporter {
        signal,
        why,
        reason: Reason {
            stage,
            word,
            sentence,
        },
    }
}

const QUEUE_FULL: &str = "without room in the queue";
const CLOSED: &str = "too late";
const REFUSED: &str = "refused by the receiver";
const GAVE_UP: &str = "given up";
const SHUTDOWN: &str = "unsent at the end";

/// Data points of metrics are not among them: the next collection says all that was lost of the one before.
static OF_EXPORTER: [OfExporter; 10] = {
    use LossStage::{Export, Queue};
    use LostReason as Lost;
    use Signal::{Logs, Traces};
    const REFUSALS: &[LostReason] = &[Lost::Refused, Lost::Rejected];
    [
        exporter(Logs, &[Lost::QueueFull], Queue, "queue_full", QUEUE_FULL),
        exporter(Logs, &[Lost::Closed], Queue, "closed", CLOSED),
        exporter(Logs, REFUSALS, Export, "refused", REFUSED),
        exporter(Logs, &[Lost::GaveUp], Export, "gave_up", GAVE_UP),
        exporter(Logs, &[Lost::Shutdown], Export, "shutdown", SHUTDOWN),
        exporter(
            Traces,
            &[Lost::QueueFull],
            Queue,
            "span_queue_full",
            QUEUE_FULL,
        ),
        exporter(Traces, &[Lost::Closed], Queue, "span_closed", CLOSED),
        exporter(Traces, REFUSALS, Export, "span_refused", REFUSED),
        exporter(Traces, &[Lost::GaveUp], Export, "span_gave_up", GAVE_UP),
        exporter(Traces, &[Lost::Shutdown], Export, "span_shutdown", SHUTDOWN),
    ]
};

/// The reason for what a queue says it lost; `None` if nothing is lost by it.
pub fn of_queue(signal: Signal, why: LostReason) -> Option<&'static Reason> {
    OF_EXPORTER
        .iter()
        .find(|it| it.signal == signal && it.why.contains(&why))
        .map(|it| &it.reason)
}

fn count(tally: &Tally, why: LostReason) -> u64 {
    match why {
        LostReason::QueueFull => tally.dropped.queue_full,
        LostReason::Closed => tally.dropped.closed,
        LostReason::Refused => tally.dropped.refused,
        LostReason::Rejected => tally.rejected,
        LostReason::GaveUp => tally.dropped.gave_up,
        LostReason::Shutdown => tally.dropped.shutdown,
    }
}

/// Reasons, and how often each was one: only those that were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses(Vec<(&'static Reason, u64)>);

impl Losses {
    /// Nothing was lost.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Events that the kernel could not hand over, or not look at.
    pub fn of_kernel(stats: &Stats) -> Self {
        Self::of(OF_KERNEL.iter().map(|it| (&it.reason, (it.count)(stats))))
    }

    /// Events that the detector could not use.
    pub fn of_detector(counters: &Counters, undecodable: u64) -> Self {
        Self::of([
            (&UNDECODABLE, undecodable),
            (&KEYS_FULL, counters.keys_dropped),
        ])
    }

    /// What did not fit the wire.
    pub fn of_encoder(encoded: &Encoded) -> Self {
        Self::of([
            (&REFUSED_RECORDS, encoded.refused_records),
            (&REFUSED_SPANS, encoded.refused_spans),
        ])
    }

    /// What an exporter did not deliver of one signal.
    pub fn of_exporter(signal: Signal, tally: &Tally) -> Self {
        let all = OF_EXPORTER.iter().filter(|it| it.signal == signal);
        Self::of(all.map(|it| {
            let counts = it.why.iter().map(|why| count(tally, *why));
            (&it.reason, counts.sum())
        }))
    }

    fn of(reasons: impl IntoIterator<Item = (&'static Reason, u64)>) -> Self {
        Self(
            reasons
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .collect(),
        )
    }

    /// Each reason.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Reason, u64)> {
        self.0.iter().copied()
    }

    /// All reasons together.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// What came in addition to `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let earlier = |reason| before.0.iter().find(|(it, _)| *it == reason);
        Self::of(self.0.iter().map(|&(reason, count)| {
            (
                reason,
                count.saturating_sub(earlier(reason).map_or(0, |(_, count)| *count)),
            )
        }))
    }
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (reason, count)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}: {count}", reason.sentence)?;
        }
        Ok(())
    }
}

/// Says at the end what was lost, if anything was.
pub fn tell(watched: &Watched, delivered: &[Delivered]) {
    let kernel = watched.kernel_losses();
    if kernel.total() > 0 {
        tracing::warn!("kernel events were lost: {kernel}");
    }
    let detector = Losses::of_detector(&watched.counters, watched.undecodable);
    if detector.total() > 0 {
        tracing::warn!("not everything could be judged: {detector}");
    }
    let encoder = Losses::of_encoder(&watched.encoded);
    if encoder.total() > 0 {
        tracing::warn!("not everything could be handed out: {encoder}");
    }
    if watched.unprinted_lines > 0 {
        tracing::warn!(
            lines = watched.unprinted_lines,
            "the terminal did not take every line"
        );
    }
    for delivered in delivered {
        let counts = &delivered.counts;
        for (signal, items, tally) in [
            (Signal::Logs, "records", &counts.records),
            (Signal::Traces, "spans", &counts.spans),
        ] {
            let losses = Losses::of_exporter(signal, tally);
            if losses.total() > 0 {
                tracing::warn!(
                    exporter = delivered.exporter,
                    lost = losses.total(),
                    last_refusal = tally.last_refusal,
                    "{items} were not delivered: {losses}"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn only_what_happened_is_said() {
        let mut stats = Stats {
            open_seen: 1_000,
            ..Stats::default()
        };
        assert_eq!(Losses::of_kernel(&stats), Losses::default());
        stats.exec_ring_full = 2;
        stats.open_race = 1;
        let losses = Losses::of_kernel(&stats);
        assert_eq!(losses.total(), 3);
        assert_eq!(
            losses.to_string(),
            "executions that did not fit the ring: 2, descriptors closed before they were looked at: 1"
        );
    }

    #[test]
    fn what_was_said_is_not_said_again() {
        let mut stats = Stats {
            exec_ring_full: 2,
            open_race: 1,
            ..Stats::default()
        };
        let before = Losses::of_kernel(&stats);
        assert_eq!(before.since(&before), Losses::default());
        stats.exec_ring_full = 5;
        stats.fork_ring_full = 1;
        assert_eq!(
            Losses::of_kernel(&stats).since(&before).to_string(),
            "executions that did not fit the ring: 3, forks that did not fit the ring: 1"
        );
    }

    #[test]
    fn an_exporter_loses_what_it_drops_and_what_is_rejected() {
        let mut tally = Tally {
            exported: 7,
            rejected: 1,
            superseded: 3,
            ..Tally::default()
        };
        tally.dropped.refused = 2;
        tally.dropped.shutdown = 4;
        for signal in [Signal::Logs, Signal::Traces] {
            let losses = Losses::of_exporter(signal, &tally);
            assert_eq!(losses.total(), tally.dropped.total() + tally.rejected);
            assert_eq!(
                losses.to_string(),
                "refused by the receiver: 3, unsent at the end: 4"
            );
        }
        assert_eq!(Losses::of_exporter(Signal::Metrics, &tally).total(), 0);
    }

    #[test]
    fn a_word_means_one_thing_in_its_stage() {
        let all: Vec<_> = OF_KERNEL
            .iter()
            .map(|it| &it.reason)
            .chain(OF_EXPORTER.iter().map(|it| &it.reason))
            .chain([&UNDECODABLE, &KEYS_FULL, &REFUSED_RECORDS, &REFUSED_SPANS])
            .collect();
        let words: BTreeSet<_> = all.iter().map(|it| (it.stage.as_str(), it.word)).collect();
        assert_eq!(words.len(), all.len());
        let why = [
            LostReason::QueueFull,
            LostReason::Closed,
            LostReason::Refused,
            LostReason::Rejected,
            LostReason::GaveUp,
            LostReason::Shutdown,
        ];
        for why in why {
            for (signal, is_span) in [(Signal::Logs, false), (Signal::Traces, true)] {
                let reason = of_queue(signal, why).expect("it is a loss");
                assert_eq!(reason.word.starts_with("span_"), is_span);
            }
            assert_eq!(of_queue(Signal::Metrics, why), None);
        }
    }
}
