//! Everything that is counted, at one moment: what heartbeats, losses and metrics say comes from here.

use std::sync::{Arc, Mutex, PoisonError};

use scoutline_abi::raw::Stats;
use scoutline_detect::Counters;
use scoutline_loader::RunTimes;
use scoutline_loader::hooks::Family;
use scoutline_semconv::values::DetectionPhase;
use scoutline_semconv::{Record, Severity, attr};

use crate::losses::{Losses, OF_KERNEL};
use crate::pipeline::Encoded;

/// Counts since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Of the kernel.
    pub kernel: Stats,
    /// Of the programs in it.
    pub run_times: RunTimes,
    /// Of the detector.
    pub detector: Counters,
    /// Events that could not be decoded.
    pub undecodable: u64,
    /// Records that were made.
    pub made: Made,
    /// What became of them on their way to the exporters.
    pub encoded: Encoded,
    /// Accesses that a summary has told.
    pub summarised: u64,
    /// Detections, by what they are.
    pub detections: Vec<Detections>,
}

/// Records by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Of detections.
    pub detection: u64,
    /// Heartbeats.
    pub heartbeat: u64,
    /// Losses.
    pub loss: u64,
    /// Starts, stops and changes.
    pub sensor: u64,
}

impl Made {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.detection + self.heartbeat + self.loss + self.sensor
    }
}

/// Detections of one recipe and severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detections {
    /// Its name.
    pub recipe: Arc<str>,
    /// How bad they are.
    pub severity: Severity,
    /// How many, by their first records.
    pub count: u64,
}

impl Numbers {
    /// Takes the record of a detection into account.
    pub fn observe(&mut self, record: &Record) {
        self.made.detection += 1;
        let phase = record.text(attr::SCOUTLINE_DETECTION_PHASE);
        if phase == Some(DetectionPhase::Summary.as_str()) {
            let accesses = record.int(attr::SCOUTLINE_DETECTION_COUNT).unwrap_or(0);
            self.summarised += u64::try_from(accesses).unwrap_or(0);
            return;
        }
        let text = |name| record.text(name).unwrap_or_default();
        let recipe = text(attr::SECURITY_RULE_NAME);
        let Ok(severity) = text(attr::SCOUTLINE_DETECTION_SEVERITY).parse() else {
            return;
        };
        // A handful of recipes, each of few severities.
        let same = |it: &&mut Detections| &*it.recipe == recipe && it.severity == severity;
        match self.detections.iter_mut().find(same) {
            Some(known) => known.count += 1,
            None => self.detections.push(Detections {
                recipe: recipe.into(),
                severity,
                count: 1,
            }),
        }
    }

    /// What was lost before the queues.
    pub fn losses(&self) -> [Losses; 3] {
        [
            Losses::of_kernel(&self.kernel),
            Losses::of_detector(&self.detector, self.undecodable),
            Losses::of_encoder(&self.encoded),
        ]
    }
}

/// What became of the events of one family in the kernel. What was dropped is in [`OF_KERNEL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flow {
    /// Whose. Cgroups that are made and removed are counted together, as made.
    pub(super) family: Family,
    /// All.
    pub(super) seen: u64,
    /// Handed to user space.
    pub(super) sent: u64,
    /// Of no interest to any recipe.
    pub(super) unmatched: u64,
    /// Repeats that were counted.
    pub(super) folded: u64,
}

/// The flows of all families that have one.
pub(super) fn flows(stats: &Stats) -> [Flow; 6] {
    let dropped = |family| {
        let of_family = OF_KERNEL.iter().filter(|it| it.family == family);
        of_family.map(|it| (it.count)(stats)).sum::<u64>()
    };
    let whole = |family, sent| Flow {
        family,
        seen: sent + dropped(family),
        sent,
        unmatched: 0,
        folded: 0,
    };
    [
        whole(Family::Exec, stats.exec_sent),
        whole(Family::Fork, stats.fork_sent),
        whole(Family::Exit, stats.exit_sent),
        whole(Family::CgroupMade, stats.cgroup_sent),
        whole(Family::Tasks, stats.task_sent),
        Flow {
            family: Family::FileOpen,
            // Opens are counted by themselves; where a program's trace is known, that is sent before its first one.
            seen: stats.open_seen + stats.trace_context_sent + stats.trace_context_ring_full,
            sent: stats.open_sent + stats.trace_context_sent,
            unmatched: stats.open_unmatched + stats.open_own + stats.open_path,
            folded: stats.open_folded,
        },
    ]
}

/// Where the thread that counts puts its numbers for those who read them.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<Numbers>>);

impl Board {
    /// Puts up these.
    pub fn publish(&self, numbers: &Numbers) {
        let mut published = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        published.clone_from(numbers);
    }

    /// What was put up last.
    pub fn read<T>(&self, read: impl FnOnce(&Numbers) -> T) -> T {
        read(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each counter of the kernel that is a flow of its own has another value.
    fn stats() -> Stats {
        Stats {
            exec_sent: 1,
            exec_ring_full: 2,
            fork_sent: 4,
            fork_ring_full: 8,
            exit_sent: 16,
            exit_ring_full: 32,
            cgroup_sent: 64,
            cgroup_ring_full: 128,
            open_seen: (1 << 16) - (1 << 8),
            open_unmatched: 1 << 8,
            open_own: 1 << 9,
            open_path: 1 << 10,
            open_race: 1 << 11,
            open_unreadable: 1 << 12,
            open_folded: 1 << 13,
            open_sent: 1 << 14,
            open_ring_full: 1 << 15,
            fold_full: 3,
            fold_quota: 5,
            task_sent: 1 << 16,
            task_dropped: 1 << 17,
            scratch_missing: 1 << 18,
            trace_context_sent: 1 << 19,
            trace_context_ring_full: 1 << 20,
        }
    }

    #[test]
    fn what_the_kernel_saw_is_sent_unmatched_folded_or_dropped() {
        let stats = stats();
        let mut all = 0;
        for flow in flows(&stats) {
            let of_family = OF_KERNEL.iter().filter(|it| it.family == flow.family);
            let dropped: u64 = of_family.map(|it| (it.count)(&stats)).sum();
            let out = flow.sent + flow.unmatched + flow.folded + dropped;
            assert_eq!(flow.seen, out, "{flow:?}");
            all += out;
        }
        // Each counter is in one flow and in no other.
        assert_eq!(all, (1 << 21) - 1);
    }

    #[test]
    fn detections_are_counted_by_their_firsts_and_accesses_by_summaries() {
        let record = |recipe: &'static str, phase: &'static str, count: i64| Record {
            event_name: scoutline_semconv::event::DETECTION,
            time_unix_nano: 1,
            observed_time_unix_nano: 1,
            severity_number: 9,
            severity_text: "INFO",
            body: "x".to_owned(),
            trace: None,
            attributes: vec![
                (attr::SECURITY_RULE_NAME, recipe.into()),
                (attr::SCOUTLINE_DETECTION_SEVERITY, "low".into()),
                (attr::SCOUTLINE_DETECTION_PHASE, phase.into()),
                (attr::SCOUTLINE_DETECTION_COUNT, count.into()),
            ],
        };
        let mut numbers = Numbers::default();
        for (recipe, phase, count) in [
            ("a", "first", 1),
            ("b", "first", 1),
            ("a", "summary", 7),
            ("a", "first", 1),
        ] {
            numbers.observe(&record(recipe, phase, count));
        }
        assert_eq!((numbers.made.detection, numbers.summarised), (4, 7));
        let counts: Vec<_> = numbers
            .detections
            .iter()
            .map(|it| (&*it.recipe, it.severity, it.count))
            .collect();
        assert_eq!(counts, [("a", Severity::Low, 2), ("b", Severity::Low, 1)]);
    }
}
