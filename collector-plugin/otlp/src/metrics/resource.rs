//! Scoutline's Resource as the SDK's.

use opentelemetry::{Array, KeyValue, StringValue, Value as SdkValue};
use opentelemetry_sdk::Resource as SdkResource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use scoutline_semconv::{Resource, Value, resource, scope};

/// What the SDK says about itself.
const OF_SDK: [&str; 3] = [
    resource::TELEMETRY_SDK_NAME,
    resource::TELEMETRY_SDK_LANGUAGE,
    resource::TELEMETRY_SDK_VERSION,
];

/// Exactly these attributes, but for those with which the SDK describes itself.
pub(super) fn convert(resource: &Resource) -> SdkResource {
    let own = resource
        .attributes
        .iter()
        .filter(|(key, _)| !OF_SDK.contains(&key.as_ref()))
        .map(|(key, value)| KeyValue::new(key.clone(), convert_value(value)));
    // Not `Resource::builder`: it asks the environment, and names the service if nobody else does.
    SdkResource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_schema_url(own, scope::UPSTREAM_SCHEMA_URL)
        .build()
}

fn convert_value(value: &Value) -> SdkValue {
    match value {
        Value::Static(text) => SdkValue::String((*text).into()),
        Value::Shared(text) => SdkValue::String(text.clone().into()),
        Value::String(text) => SdkValue::String(text.clone().into()),
        Value::Bool(truth) => SdkValue::Bool(*truth),
        Value::Int(number) => SdkValue::I64(*number),
        Value::Double(number) => SdkValue::F64(*number),
        Value::Strings(texts) => {
            let texts = texts.iter().map(|text| StringValue::from(text.clone()));
            SdkValue::Array(Array::String(texts.collect()))
        }
    }
}
