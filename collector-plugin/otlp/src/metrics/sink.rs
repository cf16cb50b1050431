//! One destination of metrics.

use std::time::Duration;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use tracing::{debug, info, warn};

use crate::export::{Link, MetricTransport, chain};
use crate::queue::{Outcome, QueueReceiver};
use crate::signal::Signal;

/// Sends metrics to where an exporter sends its batches, over the same connections, and counts them in its
/// [`crate::Counts::points`]. Made by [`crate::Exporter::metric_sink`], for [`crate::Metrics::start`].
#[derive(Debug)]
pub struct MetricSink {
    link: Link,
    queue: QueueReceiver,
    transport: MetricTransport,
    limit: Option<Duration>,
}

impl MetricSink {
    pub(crate) fn new(exporter: &str, queue: QueueReceiver, transport: MetricTransport) -> Self {
        Self {
            link: Link::new(exporter.to_owned()),
            queue,
            transport,
            limit: None,
        }
    }

    /// Bounds how long one collection is tried, beyond the exporter's own timeout.
    pub(super) fn set_limit(&mut self, limit: Option<Duration>) {
        self.limit = limit;
    }
}

impl PushMetricExporter for MetricSink {
    /// Must be awaited on a tokio runtime while the exporter's own makes progress.
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let exporter = self.link.exporter();
        let points = points(metrics);
        if points == 0 {
            // Without an envelope around nothing.
            return Ok(());
        }
        let Some(account) = self.queue.admit(Signal::Metrics, points) else {
            return Err(OTelSdkError::AlreadyShutdown);
        };
        match self.transport.send(metrics, self.limit).await {
            Ok(taken) => {
                if taken.rejected > 0 || !taken.message.is_empty() {
                    let (rejected, message) = (taken.rejected, &taken.message);
                    warn!(
                        exporter,
                        points, rejected, message, "receiver warns about metrics"
                    );
                }
                self.link.serves(Signal::Metrics);
                if self.link.comes_up() {
                    info!(exporter, points, "exporting metrics again");
                }
                account.settle(Outcome::Exported {
                    rejected: taken.rejected,
                    message: taken.message,
                });
                Ok(())
            }
            Err(error) => {
                let message = chain(&error);
                if error.is_unserved() {
                    self.link.tell_unserved(Signal::Metrics, points, &message);
                } else if self.link.goes_down() {
                    warn!(
                        exporter,
                        points, message, "metrics were not exported, the next collection says more"
                    );
                } else {
                    debug!(exporter, points, message, "metrics were not exported again");
                }
                account.settle(if error.is_final() {
                    Outcome::Refused {
                        message: message.clone(),
                    }
                } else {
                    Outcome::GaveUp
                });
                Err(OTelSdkError::InternalFailure(message))
            }
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        // Nothing is held back.
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        // The connections are the exporter's.
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

/// Data points in a collection.
fn points(metrics: &ResourceMetrics) -> u64 {
    let points = metrics
        .scope_metrics()
        .flat_map(|of_scope| of_scope.metrics())
        .map(|metric| match metric.data() {
            AggregatedMetrics::F64(data) => points_in(data),
            AggregatedMetrics::U64(data) => points_in(data),
            AggregatedMetrics::I64(data) => points_in(data),
        });
    points.sum()
}

fn points_in<T>(data: &MetricData<T>) -> u64 {
    let points = match data {
        MetricData::Gauge(it) => it.data_points().count(),
        MetricData::Sum(it) => it.data_points().count(),
        MetricData::Histogram(it) => it.data_points().count(),
        MetricData::ExponentialHistogram(it) => it.data_points().count(),
    };
    points as u64
}
