//! What was lost, in words: each reason by itself, and only those that happened.

use std::fmt;

use scoutline_abi::raw::Stats;
use scoutline_otlp::Tally;

use crate::pipeline::{Delivered, Lost, Watched};

/// Reasons, and how often each was one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses(Vec<(&'static str, u64)>);

impl Losses {
    /// Events that the kernel could not hand over, or not look at.
    pub fn of_kernel(stats: &Stats) -> Self {
        Self::of([
            ("executions that did not fit the ring", stats.exec_ring_full),
            ("forks that did not fit the ring", stats.fork_ring_full),
            (
                "ends of processes that did not fit the ring",
                stats.exit_ring_full,
            ),
            ("opens that did not fit the ring", stats.open_ring_full),
            (
                "descriptors closed before they were looked at",
                stats.open_race,
            ),
            (
                "files that could not be read in the kernel",
                stats.open_unreadable,
            ),
            (
                "running processes that could not be listed",
                stats.task_dropped,
            ),
            ("executions without a buffer", stats.scratch_missing),
        ])
    }

    /// What an exporter did not deliver of one signal.
    pub fn of_exporter(tally: &Tally) -> Self {
        let dropped = tally.dropped;
        Self::of([
            ("without room in the queue", dropped.queue_full),
            ("too late", dropped.closed),
            ("refused by the receiver", dropped.refused + tally.rejected),
            ("given up", dropped.gave_up),
            ("unsent at the end", dropped.shutdown),
        ])
    }

    fn of_outlet(lost: &Lost) -> Self {
        Self::of([
            ("records that could not be encoded", lost.refused_records),
            ("lines that the terminal did not take", lost.unprinted_lines),
        ])
    }

    fn of(reasons: impl IntoIterator<Item = (&'static str, u64)>) -> Self {
        Self(
            reasons
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .collect(),
        )
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
            write!(f, "{separator}{reason}: {count}")?;
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
    if watched.undecodable > 0 {
        tracing::warn!(
            events = watched.undecodable,
            "kernel events could not be decoded"
        );
    }
    let outlet = Losses::of_outlet(&watched.lost);
    if outlet.total() > 0 {
        tracing::warn!("not everything could be handed out: {outlet}");
    }
    for delivered in delivered {
        let (records, spans) = (&delivered.counts.records, &delivered.counts.spans);
        let losses = Losses::of_exporter(records);
        if losses.total() > 0 {
            tracing::warn!(
                exporter = delivered.exporter,
                records = losses.total(),
                last_refusal = records.last_refusal,
                "records were not delivered: {losses}"
            );
        }
        let losses = Losses::of_exporter(spans);
        if losses.total() > 0 {
            tracing::warn!(
                exporter = delivered.exporter,
                spans = losses.total(),
                last_refusal = spans.last_refusal,
                "spans were not delivered: {losses}"
            );
        }
    }
}

#[cfg(test)]
mod tests {
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
            ..Tally::default()
        };
        tally.dropped.refused = 2;
        tally.dropped.shutdown = 4;
        let losses = Losses::of_exporter(&tally);
        assert_eq!(losses.total(), tally.dropped.total() + tally.rejected);
        assert_eq!(
            losses.to_string(),
            "refused by the receiver: 3, unsent at the end: 4"
        );
    }
}
