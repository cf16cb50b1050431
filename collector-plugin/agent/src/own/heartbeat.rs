//! A sign of life now and then, and what it says.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use scoutline_otlp::Counts;
use scoutline_semconv::values::RecordKind;
use scoutline_semconv::{Record, Setters as _, Severity, limits, number};

use super::Identity;
use super::numbers::{Numbers, flows};
use super::record;

/// When the next one is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    interval: Duration,
    due: Instant,
}

impl Schedule {
    /// Every `interval`, the first one after the part `phase` (0 to 1) of it: sensors that were started together do not
    /// speak together.
    pub(super) fn new(interval: Duration, phase: f64, now: Instant) -> Self {
        Self {
            interval,
            due: now + interval.mul_f64(phase.clamp(0.0, 1.0)),
        }
    }

    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// One was sent: the next keeps the phase, and those that were missed are not made up for.
    pub(super) fn sent(&mut self, now: Instant) {
        while self.due <= now {
            self.due += self.interval;
        }
    }
}

/// What a heartbeat says besides who sends it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    pub(super) uptime: Duration,
    pub(super) last_sequence: u64,
    pub(super) numbers: &'a Numbers,
    pub(super) exporters: &'a [Counts],
    pub(super) lost: u64,
}

impl Said<'_> {
    /// The record. It has no number of its own: if it is lost, the next one says more.
    pub(super) fn record(&self, identity: &Identity, uid: &str, unix_ns: u64) -> Record {
        let kind = RecordKind::Heartbeat;
        let mut draft = record::draft(kind, uid, &identity.start_id);
        draft.scoutline_last_sequence(number(self.last_sequence));
        draft.scoutline_sensor_uptime(number(self.uptime.as_secs()));
        draft.scoutline_sensor_hooks(identity.hook_names());
        draft.scoutline_sensor_recipes_hash(&identity.recipes_hash);
        let counters = self.counters();
        let counters = counters.map(|(name, count)| format!("{name}={count}"));
        draft.scoutline_sensor_counters(counters.iter().map(String::as_str));
        let recipes = self.recipe_counters();
        draft.scoutline_sensor_recipe_counters(recipes.iter().map(String::as_str));
        draft.scoutline_loss_total(number(self.lost));
        record::finish(draft, kind, Severity::Informational, unix_ns, self.body())
    }

    fn body(&self) -> String {
        let up = self.uptime.as_secs();
        let (hours, minutes, seconds) = (up / 3600, up / 60 % 60, up % 60);
        let watched = match (hours, minutes) {
            (0, 0) => format!("{seconds} s"),
            (0, _) => format!("{minutes} min"),
            _ => format!("{hours} h {minutes} min"),
        };
        let detections = self.numbers.detector.detections;
        let lost = match self.lost {
            0 => "nothing was lost".to_owned(),
            lost => format!("{lost} records and events were lost"),
        };
        format!("Watching for {watched}: {detections} detections, {lost}.")
    }

    /// What each stage took and what it made of it, in their order.
    fn counters(&self) -> [(&'static str, u64); limits::ARRAY_LEN] {
        let Numbers {
            kernel,
            detector,
            made,
            encoded,
            ..
        } = self.numbers;
        let [seen, dropped] = flows(kernel).iter().fold([0, 0], |[seen, dropped], flow| {
            let kept = flow.sent + flow.unmatched + flow.folded;
            [seen + flow.seen, dropped + flow.seen.saturating_sub(kept)]
        });
        let of_all = |count: fn(&Counts) -> u64| self.exporters.iter().map(count).sum();
        [
            ("kernel_events", seen),
            ("kernel_folded", kernel.open_folded),
            ("kernel_dropped", dropped),
            ("opens", detector.opens),
            ("opens_matched", detector.opens_matched),
            ("execs", detector.execs),
            ("execs_matched", detector.execs_matched),
            ("accesses", detector.accesses),
            ("detections", detector.detections),
            ("summaries", detector.summaries),
            ("records", made.total()),
            ("refused", encoded.refused_records + encoded.refused_spans),
            ("exported", of_all(|it| it.records.exported)),
            ("retried", of_all(|it| it.records.retried)),
            ("pending", of_all(|it| it.records.pending)),
            (
                "dropped",
                of_all(|it| it.records.dropped.total() + it.records.rejected),
            ),
        ]
    }

    /// The recipes with most detections; what does not fit is summed up.
    fn recipe_counters(&self) -> Vec<String> {
        let mut by_recipe = BTreeMap::new();
        for detections in &self.numbers.detections {
            *by_recipe.entry(&*detections.recipe).or_insert(0u64) += detections.count;
        }
        let mut by_count: Vec<_> = by_recipe.into_iter().collect();
        by_count.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let kept = if by_count.len() > limits::ARRAY_LEN {
            limits::ARRAY_LEN - 1
        } else {
            by_count.len()
        };
        let others: u64 = by_count.iter().skip(kept).map(|(_, count)| count).sum();
        let others = (others > 0).then(|| format!("others={others}"));
        by_count
            .iter()
            .take(kept)
            .map(|(recipe, count)| format!("{recipe}={count}"))
            .chain(others)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use scoutline_abi::raw::Stats;
    use scoutline_semconv::{Value, attr};

    use super::super::numbers::Detections;
    use super::super::tests::identity;
    use super::*;
    use crate::own::record::tests::assert_specified;

    const SECOND: Duration = Duration::from_secs(1);

    fn said<'a>(numbers: &'a Numbers, exporters: &'a [Counts], uptime: u64, lost: u64) -> Said<'a> {
        Said {
            uptime: Duration::from_secs(uptime),
            last_sequence: 41,
            numbers,
            exporters,
            lost,
        }
    }

    fn texts(record: &Record, name: &str) -> Vec<String> {
        match record.get(name) {
            Some(Value::Strings(texts)) => texts.iter().map(ToString::to_string).collect(),
            None => Vec::new(),
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn the_phase_is_kept_and_missed_ones_are_not_made_up_for() {
        let start = Instant::now();
        let mut schedule = Schedule::new(10 * SECOND, 0.3, start);
        assert_eq!(schedule.due(), start + 3 * SECOND);
        schedule.sent(start + 4 * SECOND);
        assert_eq!(schedule.due(), start + 13 * SECOND);
        schedule.sent(start + 58 * SECOND);
        assert_eq!(schedule.due(), start + 63 * SECOND);
    }

    #[test]
    fn says_what_the_registry_asks_for_within_its_budget() {
        let mut numbers = Numbers {
            kernel: Stats {
                exec_sent: 5,
                fork_ring_full: 2,
                open_seen: 10,
                open_sent: 3,
                open_folded: 7,
                ..Stats::default()
            },
            ..Numbers::default()
        };
        numbers.detector.detections = 3;
        let mut counts = Counts::default();
        counts.records.exported = 6;
        counts.records.rejected = 1;
        counts.records.dropped.gave_up = 1;
        let quiet = said(&numbers, &[], 59, 0).record(&identity(), "u", 17);
        assert_specified(&quiet);
        assert_eq!(
            quiet.body,
            "Watching for 59 s: 3 detections, nothing was lost."
        );
        assert_eq!(quiet.get(attr::SCOUTLINE_SENSOR_RECIPE_COUNTERS), None);
        assert_eq!(quiet.get(attr::SCOUTLINE_SEQUENCE), None);

        numbers.detections = (1..=20)
            .map(|count| Detections {
                recipe: format!("r{}", count / 2).into(),
                severity: if count % 2 == 0 {
                    Severity::Low
                } else {
                    Severity::High
                },
                count,
            })
            .collect();
        let exporters = [counts.clone(), counts];
        let loud = said(&numbers, &exporters, 7_265, 9).record(&identity(), "u", 17);
        assert_specified(&loud);
        assert_eq!(
            loud.body,
            "Watching for 2 h 1 min: 3 detections, 9 records and events were lost."
        );
        assert!(loud.attributes.len() <= limits::HEARTBEAT_ATTRIBUTES);
        assert_eq!(loud.int(attr::SCOUTLINE_LAST_SEQUENCE), Some(41));
        assert_eq!(loud.int(attr::SCOUTLINE_LOSS_TOTAL), Some(9));
        let counters = texts(&loud, attr::SCOUTLINE_SENSOR_COUNTERS);
        for counter in [
            "kernel_events=17",
            "kernel_folded=7",
            "kernel_dropped=2",
            "exported=12",
            "dropped=4",
        ] {
            assert!(counters.contains(&counter.to_owned()), "{counters:?}");
        }
        let recipes = texts(&loud, attr::SCOUTLINE_SENSOR_RECIPE_COUNTERS);
        assert_eq!(recipes.len(), 11);
        assert_eq!(recipes[0], "r9=37");
    }

    #[test]
    fn more_recipes_than_fit_are_summed_up() {
        let numbers = Numbers {
            detections: (0..30)
                .map(|number| Detections {
                    recipe: format!("r{number:02}").into(),
                    severity: Severity::Low,
                    count: 30 - number,
                })
                .collect(),
            ..Numbers::default()
        };
        let recipes = said(&numbers, &[], 1, 0).recipe_counters();
        assert_eq!(recipes.len(), limits::ARRAY_LEN);
        assert_eq!(recipes[14], "r14=16");
        assert_eq!(recipes[15], "others=120");
    }
}
