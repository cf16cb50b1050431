//! The sensor's own metrics, by the real SDK, at receivers that listen and at some that do not.

mod arrival;
mod loss;

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, UpDownCounter};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::metrics::v1::AggregationTemporality;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use scoutline_otlp::{Destination, Exporter, HttpPath, MetricSink, Metrics, Scope, Tally};
use scoutline_semconv::{Resource, resource, scope};
use tokio::runtime::Handle;

use crate::collector::{PATIENCE, Received, remote};
use crate::records::scope_meant;

/// Nothing is collected before the end.
const NEVER: Duration = Duration::from_secs(3600);

/// Often enough to wait for, long enough for an answer.
const OFTEN: Duration = Duration::from_millis(100);

fn sensor() -> Resource {
    Resource {
        attributes: vec![
            (resource::SERVICE_NAME.into(), "scoutline-sensor".into()),
            (resource::HOST_NAME.into(), "web1".into()),
            (resource::TELEMETRY_SDK_NAME.into(), "scoutline".into()),
            (resource::TELEMETRY_SDK_VERSION.into(), "0.0.0".into()),
        ],
    }
}

fn grpc(endpoint: &str) -> Destination {
    Destination::Grpc(remote(endpoint))
}

fn over_http(endpoint: &str) -> Destination {
    Destination::Http {
        remote: remote(endpoint),
        path: HttpPath::Base,
    }
}

fn sink(exporter: &Exporter) -> MetricSink {
    exporter.metric_sink().unwrap().unwrap()
}

fn metrics(sinks: Vec<MetricSink>, interval: Duration) -> Metrics {
    Metrics::start(&sensor(), sinks, interval, &Handle::current())
}

/// One of each kind that the sensor uses.
struct Instruments {
    counter: Counter<u64>,
    up_down: UpDownCounter<i64>,
    histogram: Histogram<f64>,
}

impl Instruments {
    fn new(metrics: &Metrics) -> Self {
        let meter = metrics.meter(Scope::DETECTIONS);
        meter
            .f64_observable_gauge("load")
            .with_callback(|gauge| gauge.observe(0.5, &[]))
            .build();
        Self {
            counter: meter.u64_counter("records").with_unit("{record}").build(),
            up_down: meter.i64_up_down_counter("queue").build(),
            histogram: meter
                .f64_histogram("duration")
                .with_boundaries(vec![1.0, 2.0])
                .build(),
        }
    }

    /// Says the same `times`, so that a sum tells how often.
    fn record(&self, times: u64) {
        for _ in 0..times {
            self.counter.add(3, &[KeyValue::new("outcome", "accepted")]);
            self.up_down.add(-2, &[]);
            self.histogram.record(1.5, &[]);
        }
    }
}

/// Checks all but the values, and returns how often [`Instruments::record`] must have been called.
fn times(request: &ExportMetricsServiceRequest) -> u64 {
    let [of_resource] = &request.resource_metrics[..] else {
        panic!("one resource: {request:?}");
    };
    assert_eq!(of_resource.schema_url, scope::UPSTREAM_SCHEMA_URL);
    let attributes: BTreeMap<_, _> = of_resource
        .resource
        .iter()
        .flat_map(|resource| &resource.attributes)
        .map(|attribute| {
            let value = attribute.value.clone().unwrap().value;
            let Some(any_value::Value::StringValue(text)) = value else {
                panic!("no text: {value:?}");
            };
            (attribute.key.as_str(), text)
        })
        .collect();
    // What the SDK says about itself is true: these bytes are its own.
    let keys: Vec<_> = attributes.keys().copied().collect();
    assert_eq!(
        keys,
        [
            resource::HOST_NAME,
            resource::SERVICE_NAME,
            resource::TELEMETRY_SDK_LANGUAGE,
            resource::TELEMETRY_SDK_NAME,
            resource::TELEMETRY_SDK_VERSION
        ]
    );
    assert_eq!(attributes[resource::SERVICE_NAME], "scoutline-sensor");
    assert_eq!(attributes[resource::HOST_NAME], "web1");
    assert_eq!(attributes[resource::TELEMETRY_SDK_NAME], "opentelemetry");

    let [of_scope] = &of_resource.scope_metrics[..] else {
        panic!("one scope: {request:?}");
    };
    assert_eq!(of_scope.scope, Some(scope_meant()));
    assert_eq!(of_scope.schema_url, scope::SCHEMA_URL);
    let mut times = 0;
    let mut kinds = BTreeMap::new();
    for metric in &of_scope.metrics {
        let name = metric.name.as_str();
        let kind = match metric.data.as_ref().unwrap() {
            Data::Sum(sum) => {
                assert_eq!(
                    sum.aggregation_temporality(),
                    AggregationTemporality::Cumulative
                );
                let [point] = &sum.data_points[..] else {
                    panic!("one point: {sum:?}");
                };
                let Some(Number::AsInt(value)) = point.value else {
                    panic!("no integer: {sum:?}");
                };
                if name == "records" {
                    assert_eq!(metric.unit, "{record}");
                    assert_eq!(point.attributes[0].key, "outcome");
                    times = u64::try_from(value).unwrap() / 3;
                }
                let each = if name == "records" { 3 } else { -2 };
                assert_eq!(value, each * i64::try_from(times).unwrap());
                if sum.is_monotonic {
                    "counter"
                } else {
                    "up-down"
                }
            }
            Data::Histogram(histogram) => {
                assert_eq!(
                    histogram.aggregation_temporality(),
                    AggregationTemporality::Cumulative
                );
                let point = &histogram.data_points[0];
                assert_eq!(point.explicit_bounds, [1.0, 2.0]);
                assert_eq!(point.bucket_counts, [0, times, 0]);
                assert_eq!(point.sum, Some(1.5 * times as f64));
                "histogram"
            }
            Data::Gauge(gauge) => {
                assert_eq!(gauge.data_points[0].value, Some(Number::AsDouble(0.5)));
                "gauge"
            }
            other => panic!("not asked for: {other:?}"),
        };
        kinds.insert(name, kind);
    }
    let expected = [
        ("duration", "histogram"),
        ("load", "gauge"),
        ("queue", "up-down"),
        ("records", "counter"),
    ];
    assert_eq!(kinds, BTreeMap::from(expected));
    times
}

/// Points of one collection of [`Instruments`].
const POINTS: u64 = 4;

async fn next(received: &mut Received) -> ExportMetricsServiceRequest {
    let (_, request) = tokio::time::timeout(PATIENCE, received.recv())
        .await
        .unwrap()
        .unwrap();
    request.metrics()
}

fn assert_all_exported(exporter: &Exporter, collections: u64) {
    let expected = Tally {
        accepted: collections * POINTS,
        exported: collections * POINTS,
        ..Tally::default()
    };
    assert_eq!(exporter.counts().points, expected);
}
