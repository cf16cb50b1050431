//! Resource attributes.

/// Selects all detections of all hosts; always [`SERVICE_NAME_VALUE`].
pub const SERVICE_NAME: &str = "service.name";
/// Value of [`SERVICE_NAME`].
pub const SERVICE_NAME_VALUE: &str = "scoutline";
/// Version of the sensor.
pub const SERVICE_VERSION: &str = "service.version";
/// One per host, so that hosts never share a log stream.
pub const SERVICE_INSTANCE_ID: &str = "service.instance.id";
/// The machine id.
pub const HOST_ID: &str = "host.id";
/// The host name.
pub const HOST_NAME: &str = "host.name";
/// `amd64` or `arm64`.
pub const HOST_ARCH: &str = "host.arch";
/// Always `linux`.
pub const OS_TYPE: &str = "os.type";
/// Kernel release.
pub const OS_VERSION: &str = "os.version";
/// Name of the distribution.
pub const OS_NAME: &str = "os.name";
/// For people: distribution with version.
pub const OS_DESCRIPTION: &str = "os.description";
/// `ci`, `staging`, `production` or what the user's configuration says.
pub const DEPLOYMENT_ENVIRONMENT_NAME: &str = "deployment.environment.name";
/// Routes in Elasticsearch; always `scoutline`.
pub const DATA_STREAM_DATASET: &str = "data_stream.dataset";
/// Always `scoutline`: the bytes are not made by an OpenTelemetry SDK.
pub const TELEMETRY_SDK_NAME: &str = "telemetry.sdk.name";
/// Always `rust`.
pub const TELEMETRY_SDK_LANGUAGE: &str = "telemetry.sdk.language";
/// Version of the encoder: that of the sensor.
pub const TELEMETRY_SDK_VERSION: &str = "telemetry.sdk.version";
