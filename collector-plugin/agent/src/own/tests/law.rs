//! At each stage what came in is what went out, was of no interest, was folded or was dropped: from the metrics alone.

use std::collections::BTreeMap;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use scoutline_detect::recipe::{Environment, compile};
use scoutline_detect::{Clock, Detector, Facts, Output, Settings, recipe};
use scoutline_otlp::BatchLimits;
use scoutline_semconv::registry::{self, Place};
use scoutline_semconv::{Metric, metric};

use super::harness::{Harness, received};
use super::*;
use crate::pipeline::{Judge, Outlet, Queues, Resources, Step};

/// Values by their attributes, of one metric.
type Points = BTreeMap<BTreeMap<String, String>, i128>;

/// All that was collected.
#[derive(Debug, Default)]
struct Collected(BTreeMap<String, Points>);

impl Collected {
    fn of(exporter: &InMemoryMetricExporter) -> Self {
        let mut all = Self::default();
        let collections = exporter.get_finished_metrics().expect("collected");
        let last = collections.last().expect("there is a collection");
        for metric in last.scope_metrics().flat_map(|it| it.metrics()) {
            let points = match metric.data() {
                AggregatedMetrics::U64(MetricData::Sum(sum)) => points(
                    sum.data_points()
                        .map(|it| (it.attributes(), it.value().into())),
                ),
                AggregatedMetrics::I64(MetricData::Sum(sum)) => points(
                    sum.data_points()
                        .map(|it| (it.attributes(), it.value().into())),
                ),
                AggregatedMetrics::F64(MetricData::Sum(sum)) => points(
                    sum.data_points()
                        .map(|it| (it.attributes(), (it.value() * 1e9) as i128)),
                ),
                other => panic!("{}: {other:?}", metric.name()),
            };
            all.0.insert(metric.name().to_owned(), points);
        }
        all
    }

    /// The sum of a metric's points, for each value of one attribute.
    fn by(&self, metric: Metric, attribute: &str) -> BTreeMap<String, i128> {
        let mut sums = BTreeMap::new();
        for (attributes, value) in self.0.get(metric.name).into_iter().flatten() {
            let is_retried = attributes.values().any(|value| value == "retried");
            let key = attributes.get(attribute).cloned().unwrap_or_default();
            *sums.entry(key).or_default() += if is_retried { 0 } else { *value };
        }
        sums
    }

    /// Each of `whole` is the sum of the same of `parts`.
    fn balances(&self, whole: Metric, parts: &[Metric], attribute: &str) -> BTreeMap<String, i128> {
        let whole_by = self.by(whole, attribute);
        let mut sums: BTreeMap<String, i128> = BTreeMap::new();
        for (key, value) in parts.iter().flat_map(|part| self.by(*part, attribute)) {
            *sums.entry(key).or_default() += value;
        }
        assert_eq!(whole_by, sums, "{} by {attribute}", whole.name);
        whole_by
    }
}

fn points<'a, I, A>(all: I) -> Points
where
    I: Iterator<Item = (A, i128)>,
    A: Iterator<Item = &'a opentelemetry::KeyValue>,
{
    all.map(|(attributes, value)| {
        let pair = |it: &opentelemetry::KeyValue| (it.key.to_string(), it.value.to_string());
        (attributes.map(pair).collect(), value)
    })
    .collect()
}

pub(super) fn facts() -> Facts {
    Facts {
        boot_id: "boot".to_owned(),
        start_id: "this run".to_owned(),
        id_key: [7; 16],
        users: BTreeMap::new(),
        mounts: Vec::new(),
        environment: Environment::Production,
        is_environment_configured: false,
        job: None,
        seen: None,
        sensor_tgid: 1,
        hook_open: "lsm/file_open".to_owned(),
        hook_exec: "tp_btf/sched_process_exec".to_owned(),
    }
}

/// With the built-in recipes.
pub(super) fn judge() -> Judge {
    let (recipes, _) = recipe::builtin();
    let recipes = recipes.into_iter().map(Arc::new);
    let matcher = compile(recipes, &recipe::Options::default()).expect("they compile");
    Judge::new(Detector::new(matcher, facts(), Settings::default()))
}

/// What a sensor does with these steps, up to its queue.
struct Pipeline {
    judge: Judge,
    outlet: Outlet,
    harness: Harness,
    out: Output,
}

impl Pipeline {
    fn new() -> Self {
        let harness = Harness::new(LastRun::Unknown, 4096);
        let queues = Queues {
            logs: vec![harness.queue.clone()],
            traces: vec![harness.queue.clone()],
        };
        let limits = BatchLimits {
            records: 1,
            ..BatchLimits::default()
        };
        Self {
            judge: judge(),
            outlet: Outlet::new(Resources::new(Resource::default(), false), limits, queues),
            harness,
            out: Output::default(),
        }
    }

    fn step(&mut self, step: Step<'_>) {
        // What cannot be decoded is counted.
        let _ = self.judge.apply(step, &mut self.out);
        for reported in self.out.records.drain(..) {
            self.harness.own.observe(&reported.record);
            // What cannot be encoded is counted.
            let _ = self.outlet.take(&reported);
        }
        self.out = Output::default();
    }

    fn event(&mut self, bytes: &[u8]) {
        self.step(Step::Event {
            bytes,
            observed_unix_ns: 1,
            clock: Clock::default(),
        });
    }

    fn look(&mut self, seconds: u64, kernel: Stats) {
        self.outlet.flush_now();
        let at = self.harness.at(seconds);
        let seen = Seen {
            kernel: Some(kernel),
            detector: self.judge.detector().counters(),
            undecodable: self.judge.undecodable(),
            encoded: self.outlet.encoded(),
            refused: self.outlet.take_refused(),
            ..Seen::default()
        };
        let last = self.judge.detector().sequence();
        let Self { judge, harness, .. } = self;
        harness.own.look(at, last, seen, &mut || judge.issue());
    }
}

#[test]
fn every_stage_balances() {
    let mut pipeline = Pipeline::new();
    pipeline.harness.own.heartbeat = Some(Schedule::new(SECOND, 0.0, pipeline.harness.start));
    let own = &pipeline.harness.own;
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(exporter.clone()).build())
        .build();
    let meter = provider.meter("test");
    let hooks = &own.identity.hooks;
    observe(&meter, own.board(), hooks, &own.exporters);

    // The first one finds the queue idle, the second does not.
    pipeline.look(1, Stats::default());
    for tgid in 100..110 {
        let time = u64::from(tgid) * 1_000_000;
        pipeline.event(&events::exec(tgid, time, "/usr/bin/nmap"));
        pipeline.event(&events::exec(tgid + 100, time, "/usr/bin/true"));
        pipeline.event(&events::open(
            tgid,
            time + 1,
            "/proc/version",
            u64::from(tgid),
        ));
        pipeline.event(&events::open(tgid, time + 2, "/proc/nothing", 7));
        pipeline.event(&events::exit(tgid, time + 3));
        pipeline.event(b"no event at all");
    }
    let kernel = Stats {
        exec_sent: 20,
        exec_ring_full: 2,
        exit_sent: 10,
        open_seen: 1_000,
        open_unmatched: 950,
        open_own: 3,
        open_path: 2,
        open_folded: 20,
        open_sent: 20,
        open_race: 1,
        open_ring_full: 4,
        ..Stats::default()
    };
    pipeline.look(2, kernel);

    let check = |what: &str| -> Collected {
        provider.force_flush().expect(what);
        let all = Collected::of(&exporter);
        let by_hook = all.balances(
            metric::SCOUTLINE_KERNEL_EVENTS,
            &[
                metric::SCOUTLINE_KERNEL_SENT,
                metric::SCOUTLINE_KERNEL_UNMATCHED,
                metric::SCOUTLINE_KERNEL_FOLDED,
                metric::SCOUTLINE_KERNEL_DROPPED,
            ],
            attr::SCOUTLINE_HOOK_NAME,
        );
        assert_eq!(by_hook.get("lsm/file_open"), Some(&1_000), "{what}");
        assert_eq!(by_hook.get("tp_btf/sched_process_exec"), Some(&22));
        let by_kind = all.balances(
            metric::SCOUTLINE_DETECTOR_EVENTS,
            &[metric::SCOUTLINE_DETECTOR_JUDGED],
            attr::SCOUTLINE_EVENT_KIND,
        );
        let taken = ["open", "execution", "exit", "unknown"].map(|kind| by_kind.get(kind));
        assert_eq!(taken, [Some(&20), Some(&20), Some(&10), Some(&10)]);
        let accesses = all.balances(
            metric::SCOUTLINE_ACCESS_MATCHED,
            &[
                metric::SCOUTLINE_ACCESS_SUMMARISED,
                metric::SCOUTLINE_ACCESS_OPEN,
            ],
            "",
        );
        assert!(accesses[""] >= 20, "{what}: {accesses:?}");
        let made = all.by(metric::SCOUTLINE_RECORD_MADE, "");
        assert_eq!(
            made,
            all.by(metric::SCOUTLINE_ENCODER_RECORDS, ""),
            "{what}"
        );
        let offered = all.balances(
            metric::SCOUTLINE_EXPORT_OFFERED,
            &[
                metric::SCOUTLINE_EXPORT_RECORDS,
                metric::SCOUTLINE_EXPORT_PENDING,
            ],
            attr::SCOUTLINE_EXPORTER_NAME,
        );
        // Nothing waits in a batch: what was encoded was offered.
        let encoded = all.by(
            metric::SCOUTLINE_ENCODER_RECORDS,
            attr::SCOUTLINE_ENCODER_OUTCOME,
        );
        assert_eq!(offered.get("otlp"), encoded.get("encoded"), "{what}");
        all
    };
    let open = check("while windows are open");
    assert!(open.by(metric::SCOUTLINE_ACCESS_OPEN, "")[""] > 0);
    let outcomes = open.by(
        metric::SCOUTLINE_EXPORT_RECORDS,
        attr::SCOUTLINE_EXPORT_OUTCOME,
    );
    assert!(
        outcomes["dropped"] > 0,
        "the queue was too small: {outcomes:?}"
    );

    pipeline.step(Step::Finish {
        now: 100_000_000_000,
        counts: &[],
        clock: Clock::default(),
    });
    pipeline.look(3, kernel);
    let closed = check("once they are closed");
    assert_eq!(closed.by(metric::SCOUTLINE_ACCESS_OPEN, "")[""], 0);
    let detections = closed.by(metric::SCOUTLINE_DETECTIONS, attr::SECURITY_RULE_NAME);
    assert_eq!(
        detections.keys().map(String::as_str).collect::<Vec<_>>(),
        ["net_scan_tool_exec", "os_fingerprint"]
    );
    let kinds = closed.by(metric::SCOUTLINE_RECORD_MADE, attr::SCOUTLINE_RECORD_KIND);
    assert_eq!(kinds["heartbeat"], 1);
    assert!(kinds["loss"] >= 3, "kernel, detector and queue: {kinds:?}");

    let Harness { receiver, .. } = pipeline.harness;
    assert!(!received(receiver).is_empty());
    let sent = check("once all is sent");
    let outcomes = sent.by(
        metric::SCOUTLINE_EXPORT_RECORDS,
        attr::SCOUTLINE_EXPORT_OUTCOME,
    );
    assert!(outcomes["accepted"] > 0, "{outcomes:?}");
    assert_eq!(sent.by(metric::SCOUTLINE_EXPORT_PENDING, "")[""], 0);
    are_specified(&sent);
}

/// Each metric has the attributes that the registry gives it, and no others.
fn are_specified(all: &Collected) {
    for (name, points) in &all.0 {
        let names: Vec<_> = registry::ATTRIBUTES
            .iter()
            .filter(|it| {
                let mut uses = it.uses.iter();
                uses.any(|found| matches!(found.on, Place::Metric(metric) if metric == name))
            })
            .map(|it| it.name)
            .collect();
        assert!(!points.is_empty(), "{name} says nothing");
        for attributes in points.keys() {
            let mut found: Vec<_> = attributes.keys().map(String::as_str).collect();
            let mut names = names.clone();
            found.sort_unstable();
            names.sort_unstable();
            assert_eq!(found, names, "{name}");
        }
    }
}
