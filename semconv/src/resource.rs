// Generated, do not edit: cargo run -p scoutline-semconv-generate
//! Resource attributes.

// Resource.

/// Selects all detections of all hosts.
pub const SERVICE_NAME: &str = "service.name";

/// Value of [`SERVICE_NAME`]. Resource of heartbeats, losses, sensor records, the sensor's own log
/// and its metrics.
pub const SENSOR_SERVICE_NAME_VALUE: &str = "scoutline-sensor";

/// Value of [`SERVICE_NAME`]. Resource of detections and spans, one for each observed workload.
pub const SERVICE_NAME_VALUE: &str = "scoutline";

/// Version of the sensor.
pub const SERVICE_VERSION: &str = "service.version";

/// One per host, so that hosts never share a log stream.
pub const SERVICE_INSTANCE_ID: &str = "service.instance.id";

/// What made the bytes; no SDK of OpenTelemetry did.
pub const TELEMETRY_SDK_NAME: &str = "telemetry.sdk.name";

/// Language of the encoder.
pub const TELEMETRY_SDK_LANGUAGE: &str = "telemetry.sdk.language";

/// Version of the encoder: that of the sensor.
pub const TELEMETRY_SDK_VERSION: &str = "telemetry.sdk.version";

/// The machine id.
pub const HOST_ID: &str = "host.id";

/// The host name.
pub const HOST_NAME: &str = "host.name";

/// `amd64` or `arm64`.
pub const HOST_ARCH: &str = "host.arch";

/// Kind of operating system.
pub const OS_TYPE: &str = "os.type";

/// Kernel release.
pub const OS_VERSION: &str = "os.version";

/// Name of the distribution.
pub const OS_NAME: &str = "os.name";

/// For people: distribution with version.
pub const OS_DESCRIPTION: &str = "os.description";

/// `ci`, `staging`, `production` or what the user's configuration says.
pub const DEPLOYMENT_ENVIRONMENT_NAME: &str = "deployment.environment.name";

/// Id that the runtime gave the container of the observed process.
pub const CONTAINER_ID: &str = "container.id";

/// What runs the container, as far as the control group shows it.
pub const CONTAINER_RUNTIME_NAME: &str = "container.runtime.name";

/// Pod of the container.
pub const K8S_POD_UID: &str = "k8s.pod.uid";

/// Node that the sensor runs on.
pub const K8S_NODE_NAME: &str = "k8s.node.name";

/// Routes in Elasticsearch.
pub const DATA_STREAM_DATASET: &str = "data_stream.dataset";

/// Unit of systemd that the observed process belongs to.
pub const SCOUTLINE_WORKLOAD_UNIT: &str = "scoutline.workload.unit";
