//! The sensor's own metrics, by OpenTelemetry's SDK, to where its records go.
//!
//! ```text
//! Meter -> SdkMeterProvider -> reader <- a task for each MetricSink, every interval -> the exporter's connections
//! ```
//!
//! The SDK's periodic reader is not used: it waits for an export on a thread of its own and for that thread, for five
//! seconds, when it is shut down or dropped. On the thread that drives the connections it would wait for itself. Here
//! each sink has a task that collects and sends, so that a receiver that is away delays nobody else, and so that a stop
//! has a deadline.
//!
//! Everything is cumulative: a collection that is lost is made up for by the next, so nothing waits in a queue.

mod reader;
mod resource;
mod sink;

use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::reader::MetricReader;
use scoutline_semconv::Resource;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tracing::warn;

use self::reader::Reader;
use crate::batch::Scope;

pub use self::sink::MetricSink;

/// Time between two collections, as the OpenTelemetry specification has it.
pub const DEFAULT_METRIC_INTERVAL: Duration = Duration::from_secs(60);

/// Shortest time between two collections: each calls back whoever observes something.
const MIN_INTERVAL: Duration = Duration::from_millis(10);

/// Running metrics: collected and sent until they are shut down. Dropping them stops them at once, unsent.
#[derive(Debug)]
pub struct Metrics {
    provider: SdkMeterProvider,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Metrics {
    /// Starts to send to each of `sinks` on `runtime`, every `interval` (10 ms at least) from a random moment of the
    /// first one on, so that the sensors of a fleet do not come in step.
    ///
    /// `resource` must be the sensor's, not that of a workload. Its `telemetry.sdk.*` are left out: these bytes are made
    /// by OpenTelemetry's SDK, which says so itself. Nothing is read from the environment.
    ///
    /// What observable instruments call back runs on `runtime`, so it must not block; one that panics ends the metrics
    /// and nothing else.
    pub fn start(
        resource: &Resource,
        sinks: Vec<MetricSink>,
        interval: Duration,
        runtime: &Handle,
    ) -> Self {
        let interval = interval.max(MIN_INTERVAL);
        let reader = Reader::default();
        let provider = SdkMeterProvider::builder()
            .with_resource(resource::convert(resource))
            .with_reader(reader.clone())
            .build();
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for sink in sinks {
            let running = run(reader.clone(), sink, interval, stopping.clone());
            tasks.spawn_on(running, runtime);
        }
        Self {
            provider,
            stop,
            tasks,
        }
    }

    /// Makes instruments of this scope. They outlive the metrics, and then count for nobody.
    pub fn meter(&self, scope: Scope) -> Meter {
        let scope = InstrumentationScope::builder(scope.name)
            .with_version(scope.version)
            .with_schema_url(scope.schema_url)
            .build();
        self.provider.meter_with_scope(scope)
    }

    /// Collects and sends for the last time, for at most `deadline`. What is unsent then is lost, and counted in
    /// [`crate::Dropped::shutdown`] of [`crate::Counts::points`].
    ///
    /// To be called before the exporters are shut down: they take nothing afterwards.
    pub async fn shutdown(mut self, deadline: Duration) {
        self.stop.send_replace(true);
        let all = async {
            while let Some(ended) = self.tasks.join_next().await {
                if let Err(error) = ended {
                    warn!(%error, "metrics ended early");
                }
            }
        };
        if tokio::time::timeout(deadline, all).await.is_err() {
            // Awaits the aborted tasks, so that what they held is counted.
            self.tasks.shutdown().await;
        }
        // Its only reader just forgets whom to ask; an error would mean that it had before.
        let _ = self.provider.shutdown();
    }
}

/// Collects and sends every `interval`, and once more when `stopping` is set.
async fn run(
    reader: Reader,
    mut sink: MetricSink,
    interval: Duration,
    mut stopping: watch::Receiver<bool>,
) {
    let mut metrics = ResourceMetrics::default();
    let first = Instant::now() + interval.mul_f64(fastrand::f64());
    let mut ticks = interval_at(first, interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let last = tokio::select! {
            _ = ticks.tick() => false,
            // Also when the metrics were dropped: the task is about to be aborted then.
            _ = stopping.wait_for(|stopping| *stopping) => true,
        };
        // What has not been taken until the next collection is out of date. The last one has the deadline of the stop.
        sink.set_limit((!last).then_some(interval));
        match reader.collect(&mut metrics) {
            // The sink has counted and told what went wrong.
            Ok(()) => _ = sink.export(&metrics).await,
            Err(error) => warn!(%error, "metrics cannot be collected"),
        }
        if last {
            return;
        }
    }
}
