//! Metrics of what a case of the catalogue says that sensors measured.

use anyhow::{Context as _, Result, ensure};
use scoutline_dashboards::Samples;
use scoutline_semconv::registry::{self, Instrument, Place};
use scoutline_semconv::resource;
use serde_json::{Value as Json, json};

const SECOND: u64 = 1_000_000_000;

/// OTLP's number for values that add up from a start.
const CUMULATIVE: u32 = 2;

/// A request in OTLP/JSON with all values of a metric; times are nanoseconds since the Unix epoch.
///
/// # Errors
/// If they name what there is none of.
pub fn measured(samples: &Samples, begin: u64) -> Result<Vec<u8>> {
    let name = samples.metric.as_str();
    let measured = registry::measured(name).with_context(|| format!("no metric {name}"))?;
    let mut about = vec![
        (resource::SERVICE_NAME, resource::SENSOR_SERVICE_NAME_VALUE),
        (resource::HOST_NAME, "web-1"),
        (resource::DEPLOYMENT_ENVIRONMENT_NAME, "production"),
    ];
    let mut attributes = Vec::new();
    for (attribute, value) in &samples.with {
        let definition = registry::find(attribute);
        let definition = definition.with_context(|| format!("no attribute {attribute}"))?;
        if definition
            .level_on(Place::Metric(measured.metric.name))
            .is_some()
        {
            attributes.push((definition.name, value.as_str()));
            continue;
        }
        let is_of_resource = |it: &registry::Use| matches!(it.on, Place::Resource(_));
        ensure!(
            definition.uses.iter().any(is_of_resource),
            "{attribute} is not on {name}"
        );
        about.retain(|(key, _)| key != attribute);
        about.push((definition.name, value));
    }
    let points = samples.values.iter().map(|(second, value)| {
        json!({
            "attributes": pairs(&attributes),
            "startTimeUnixNano": begin.to_string(),
            "timeUnixNano": (begin + second * SECOND).to_string(),
            "asDouble": value,
        })
    });
    let points: Vec<_> = points.collect();
    let mut metric = json!({"name": name, "unit": measured.metric.unit});
    match measured.instrument {
        Instrument::Counter | Instrument::UpDownCounter => {
            metric["sum"] = json!({
                "aggregationTemporality": CUMULATIVE,
                "isMonotonic": measured.instrument == Instrument::Counter,
                "dataPoints": points,
            });
        }
        Instrument::Gauge => metric["gauge"] = json!({"dataPoints": points}),
        Instrument::Histogram => {
            anyhow::bail!("{name} is a histogram, whose cases nobody can write yet")
        }
    }
    let request = json!({"resourceMetrics": [{
        "resource": {"attributes": pairs(&about)},
        "scopeMetrics": [{"metrics": [metric]}],
    }]});
    Ok(serde_json::to_vec(&request)?)
}

fn pairs(pairs: &[(&str, &str)]) -> Json {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| json!({"key": key, "value": {"stringValue": value}}))
        .collect()
}
