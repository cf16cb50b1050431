//! All that the registry defines is sent by somebody, where it says and as it says; and nothing else is.

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use scoutline_semconv::registry::{self, ATTRIBUTES, Kind, Level, Place};
use scoutline_semconv::{event, resource};
use scoutline_semconv_generate::model::Instrument;
use scoutline_semconv_generate::{self as generate, Registry, Source, folder};

use crate::sent::sent;
use crate::wire::Request;

const SESSION: Place = Place::Span("scoutline.session");
const EPISODE: Place = Place::Span("scoutline.episode");
const LINK: Place = Place::Link("scoutline.link");
const WORKLOAD: Place = Place::Resource("scoutline.resource.workload");
const SENSOR: Place = Place::Resource("scoutline.resource.sensor");
const EVENTS: [&str; 4] = [
    event::DETECTION,
    event::HEARTBEAT,
    event::LOSS,
    event::SENSOR,
];

/// Something with attributes, and these.
type Item = (Place, Vec<KeyValue>);

fn place_of_resource(resource: &Resource) -> Place {
    let is_sensor = resource.attributes.iter().any(|it| {
        it.key == resource::SERVICE_NAME
            && text(it.value.as_ref()) == Some(resource::SENSOR_SERVICE_NAME_VALUE)
    });
    if is_sensor { SENSOR } else { WORKLOAD }
}

fn text(value: Option<&AnyValue>) -> Option<&str> {
    match value?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

fn of_logs(request: &Request, items: &mut Vec<Item>) {
    let message = ExportLogsServiceRequest::decode(&request.body[..]).expect("it is OTLP");
    for of_resource in message.resource_logs {
        let resource = of_resource.resource.expect("records are about something");
        items.push((place_of_resource(&resource), resource.attributes));
        for record in of_resource
            .scope_logs
            .into_iter()
            .flat_map(|it| it.log_records)
        {
            let mut events = EVENTS.into_iter();
            let name = events.find(|name| *name == record.event_name);
            let name = name.unwrap_or_else(|| panic!("{record:?}"));
            items.push((Place::Event(name), record.attributes));
        }
    }
}

fn of_traces(request: &Request, items: &mut Vec<Item>) {
    let message = ExportTraceServiceRequest::decode(&request.body[..]).expect("it is OTLP");
    for of_resource in message.resource_spans {
        let resource = of_resource.resource.expect("spans are about something");
        items.push((place_of_resource(&resource), resource.attributes));
        for span in of_resource.scope_spans.into_iter().flat_map(|it| it.spans) {
            let is_root = span.parent_span_id.is_empty();
            items.push((if is_root { SESSION } else { EPISODE }, span.attributes));
            let links = span.links.into_iter();
            items.extend(links.map(|link| (LINK, link.attributes)));
        }
    }
}

/// Its points, whatever they count.
fn points(metric: &Metric) -> Vec<Vec<KeyValue>> {
    let of_numbers = |points: &[NumberDataPoint]| {
        let attributes = points.iter().map(|point| point.attributes.clone());
        attributes.collect()
    };
    match metric.data.as_ref().expect("a metric says something") {
        Data::Sum(sum) => of_numbers(&sum.data_points),
        Data::Gauge(gauge) => of_numbers(&gauge.data_points),
        Data::Histogram(histogram) => {
            let points = histogram.data_points.iter();
            points.map(|point| point.attributes.clone()).collect()
        }
        other => panic!("nobody asked for {other:?}"),
    }
}

fn metrics() -> Vec<Metric> {
    let body = &sent().metrics.body[..];
    let message = ExportMetricsServiceRequest::decode(body).expect("it is OTLP");
    let of_resources = message.resource_metrics.into_iter();
    let scopes = of_resources.flat_map(|it| it.scope_metrics);
    scopes.flat_map(|it| it.metrics).collect()
}

fn items() -> Vec<Item> {
    let mut items = Vec::new();
    let detections = sent().records.iter().map(|(_, request)| request);
    for request in detections.chain(&sent().own) {
        of_logs(request, &mut items);
    }
    for (_, request) in &sent().traces {
        of_traces(request, &mut items);
    }
    for metric in metrics() {
        let mut uses = ATTRIBUTES.iter().flat_map(|it| it.uses);
        let place = uses.find(|it| matches!(it.on, Place::Metric(name) if name == metric.name));
        // One that has no attributes in the registry has no place there.
        if let Some(place) = place {
            let points = points(&metric).into_iter();
            items.extend(points.map(|attributes| (place.on, attributes)));
        }
    }
    items
}

fn fits(kind: Kind, value: Option<&AnyValue>) -> bool {
    let is_text = |value: &AnyValue| matches!(value.value, Some(Value::StringValue(_)));
    match (kind, value.and_then(|it| it.value.as_ref())) {
        (Kind::Bool, Some(Value::BoolValue(_)))
        | (Kind::Int, Some(Value::IntValue(_)))
        | (Kind::Double, Some(Value::DoubleValue(_)))
        | (Kind::Text, Some(Value::StringValue(_))) => true,
        (Kind::Texts, Some(Value::ArrayValue(array))) => array.values.iter().all(is_text),
        (Kind::Word(words), Some(Value::StringValue(word))) => words.contains(&word.as_str()),
        _ => false,
    }
}

#[test]
fn what_is_sent_is_defined() {
    let mut wrong = BTreeSet::new();
    for (place, attributes) in items() {
        let mut missing: BTreeSet<_> = registry::on(place)
            .filter(|(_, level)| *level == Level::Required)
            .map(|(definition, _)| definition.name)
            .collect();
        for attribute in &attributes {
            let name = attribute.key.as_str();
            missing.remove(name);
            let kind = registry::find(name)
                .filter(|it| it.level_on(place).is_some())
                .map(|it| it.kind);
            match kind {
                None => wrong.insert(format!("{name} is not defined for {place:?}")),
                Some(kind) if !fits(kind, attribute.value.as_ref()) => {
                    wrong.insert(format!("{name} on {place:?} is no {kind:?}: {attribute:?}"))
                }
                Some(_) => false,
            };
        }
        let missing = missing.iter();
        wrong.extend(missing.map(|name| format!("{name} is missing on {place:?}")));
        let names: BTreeSet<_> = attributes.iter().map(|it| &it.key).collect();
        assert_eq!(
            names.len(),
            attributes.len(),
            "a name twice: {attributes:?}"
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_defined_is_sent() {
    let items = items();
    let is_sent = |place: Place, name: &str| {
        let mut of_place = items.iter().filter(|(found, _)| *found == place);
        of_place.any(|(_, attributes)| attributes.iter().any(|it| it.key == name))
    };
    let metrics: BTreeSet<_> = metrics().into_iter().map(|it| it.name).collect();
    let mut unsent = BTreeSet::new();
    for definition in ATTRIBUTES {
        for usage in definition.uses {
            if !is_sent(usage.on, definition.name) {
                unsent.insert(match usage.on {
                    Place::Event(of) | Place::Span(of) | Place::Link(of) | Place::Resource(of) => {
                        format!("{} on {of}", definition.name)
                    }
                    // The metric itself is not there, which is told once.
                    Place::Metric(of) if !metrics.contains(of) => continue,
                    Place::Metric(of) => format!("{} on {of}", definition.name),
                });
            }
        }
    }
    let source = Source::read(&folder()).expect("the registry can be read");
    let registry = Registry::resolve(source).expect("the registry is sound");
    for signal in &registry.signals {
        if matches!(signal.kind, generate::Kind::Metric { .. }) && !metrics.contains(&signal.name) {
            unsent.insert(signal.name.clone());
        }
    }
    assert!(
        unsent.is_empty(),
        "defined, and sent by nobody: {unsent:#?}"
    );
}

#[test]
fn metrics_are_measured_as_defined() {
    let source = Source::read(&folder()).expect("the registry can be read");
    let registry = Registry::resolve(source).expect("the registry is sound");
    for metric in metrics() {
        let mut signals = registry.signals.iter();
        let defined = signals.find_map(|signal| match &signal.kind {
            generate::Kind::Metric {
                instrument, unit, ..
            } if signal.name == metric.name => Some((*instrument, unit)),
            _ => None,
        });
        let (instrument, unit) =
            defined.unwrap_or_else(|| panic!("{} is not defined", metric.name));
        assert_eq!(*unit, metric.unit, "{}", metric.name);
        let is_it = match metric.data.as_ref().expect("a metric says something") {
            Data::Sum(sum) if sum.is_monotonic => matches!(instrument, Instrument::Counter),
            Data::Sum(_) => matches!(instrument, Instrument::UpDownCounter),
            Data::Histogram(_) => matches!(instrument, Instrument::Histogram),
            _ => matches!(instrument, Instrument::Gauge),
        };
        assert!(is_it, "{} is no {instrument:?}", metric.name);
    }
}
