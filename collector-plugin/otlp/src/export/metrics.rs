//! Metrics on the connections that batches take: sent by opentelemetry-otlp, or written into a file.
//!
//! opentelemetry-otlp also looks into the environment for headers and compression. What is configured wins here: headers
//! are replaced before they are sent, and HTTP compresses by itself. One thing is left: over gRPC it can not be told to
//! leave metrics uncompressed, so that `OTEL_EXPORTER_OTLP_COMPRESSION` counts where [`Compression::None`] is configured.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{
    MetricExporter, Protocol, RetryPolicy, WithExportConfig, WithHttpConfig, WithTonicConfig,
};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use prost::Message;
use tonic::Status;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;

use super::config::Compression;
use super::error::{BuildError, SendError, chain};
use super::file::File;
use super::http::Http;
use super::{Acknowledgement, Transmit, within};
use crate::signal::Signal;

/// What opentelemetry-otlp calls `UNIMPLEMENTED`. It gives a text and no code.
const UNIMPLEMENTED: &str = "Unimplemented";

/// Sends collected metrics to one destination.
#[derive(Debug)]
pub(crate) struct MetricTransport {
    to: To,
    endpoint: Arc<str>,
    /// For one collection, retries included; zero is for ever.
    timeout: Duration,
}

#[derive(Debug)]
enum To {
    Grpc(Box<GrpcMetrics>),
    Http(Box<HttpMetrics>),
    File(File),
}

impl MetricTransport {
    pub(super) fn grpc(
        grpc: GrpcParts,
        endpoint: Arc<str>,
        timeout: Duration,
        retries: bool,
    ) -> Result<Self, BuildError> {
        let to = GrpcMetrics::new(grpc, timeout, retries).map_err(|error| BuildError::Metrics {
            endpoint: endpoint.to_string(),
            reason: chain(&error),
        })?;
        Ok(Self {
            to: To::Grpc(Box::new(to)),
            endpoint,
            timeout,
        })
    }

    pub(super) fn http(http: Http, retries: bool) -> Result<Self, BuildError> {
        let (endpoint, timeout) = (http.endpoint(), http.timeout());
        let to = HttpMetrics::new(http, retries).map_err(|error| BuildError::Metrics {
            endpoint: endpoint.to_string(),
            reason: chain(&error),
        })?;
        Ok(Self {
            to: To::Http(Box::new(to)),
            endpoint,
            timeout,
        })
    }

    pub(super) fn file(file: File) -> Self {
        Self {
            endpoint: file.shown().into(),
            to: To::File(file),
            timeout: Duration::ZERO,
        }
    }

    /// Sends what was collected, within `limit` at most; opentelemetry-otlp tries again where that makes sense.
    pub(crate) async fn send(
        &self,
        metrics: &ResourceMetrics,
        limit: Option<Duration>,
    ) -> Result<Acknowledgement, SendError> {
        let own = Some(self.timeout).filter(|timeout| !timeout.is_zero());
        let timeout = own.into_iter().chain(limit).min().unwrap_or_default();
        let send = async {
            match &self.to {
                To::Grpc(grpc) => match grpc.send(metrics).await {
                    // What it rejected in part is not told.
                    Ok(()) => Ok(Acknowledgement::default()),
                    Err(error) => Err(self.failed(&error)),
                },
                To::Http(http) => match http.send(metrics).await {
                    (_, Some(said)) => said,
                    (Ok(()), None) => Ok(Acknowledgement::default()),
                    (Err(error), None) => Err(self.failed(&error)),
                },
                To::File(file) => {
                    let request = ExportMetricsServiceRequest::from(metrics).encode_to_vec();
                    file.send(Signal::Metrics, request.into()).await
                }
            }
        };
        within(timeout, &self.endpoint, send).await
    }

    fn failed(&self, error: &OTelSdkError) -> SendError {
        let reason = chain(error);
        SendError::Metrics {
            endpoint: self.endpoint.to_string(),
            is_unserved: reason.contains(UNIMPLEMENTED),
            reason,
        }
    }
}

/// What a channel needs to carry metrics as well.
pub(super) struct GrpcParts {
    pub(super) channel: Channel,
    pub(super) metadata: MetadataMap,
    pub(super) compression: Option<opentelemetry_otlp::Compression>,
    /// Shared with the batches: whoever finds out that the receiver does not know the compression tells the other.
    pub(super) uncompressed: Arc<AtomicBool>,
}

#[derive(Debug)]
struct GrpcMetrics {
    compressing: Option<MetricExporter>,
    plain: MetricExporter,
    uncompressed: Arc<AtomicBool>,
}

impl GrpcMetrics {
    fn new(
        parts: GrpcParts,
        timeout: Duration,
        retries: bool,
    ) -> Result<Self, opentelemetry_otlp::ExporterBuildError> {
        let builder = || {
            let metadata = parts.metadata.clone();
            MetricExporter::builder()
                .with_temporality(Temporality::Cumulative)
                .with_tonic()
                .with_channel(parts.channel.clone())
                .with_timeout(budget(timeout))
                .with_retry_policy(policy(retries))
                .with_interceptor(move |mut request: tonic::Request<()>| {
                    *request.metadata_mut() = metadata.clone();
                    if !timeout.is_zero() {
                        request.set_timeout(timeout);
                    }
                    Ok::<_, Status>(request)
                })
        };
        let compressing = parts
            .compression
            .map(|compression| builder().with_compression(compression).build())
            .transpose()?;
        Ok(Self {
            compressing,
            plain: builder().build()?,
            uncompressed: parts.uncompressed,
        })
    }

    async fn send(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let Some(compressing) = self
            .compressing
            .as_ref()
            .filter(|_| !self.uncompressed.load(Ordering::Relaxed))
        else {
            return self.plain.export(metrics).await;
        };
        match compressing.export(metrics).await {
            // Either there is no such service, or it does not know the compression.
            Err(OTelSdkError::InternalFailure(reason)) if reason.contains(UNIMPLEMENTED) => {
                self.plain.export(metrics).await?;
                self.uncompressed.store(true, Ordering::Relaxed);
                Ok(())
            }
            other => other,
        }
    }
}

#[derive(Debug)]
struct HttpMetrics {
    exporter: MetricExporter,
    said: Said,
}

/// What came of the last attempt: opentelemetry-otlp neither counts what was rejected nor says what went wrong.
type Said = Arc<Mutex<Option<Result<Acknowledgement, SendError>>>>;

impl HttpMetrics {
    fn new(http: Http, retries: bool) -> Result<Self, opentelemetry_otlp::ExporterBuildError> {
        let said = Said::default();
        let client = Client {
            http,
            said: Arc::clone(&said),
        };
        let exporter = MetricExporter::builder()
            .with_temporality(Temporality::Cumulative)
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            // The client knows better, and does not ask.
            .with_endpoint("http://localhost")
            .with_timeout(budget(client.http.timeout()))
            .with_retry_policy(policy(retries))
            .with_http_client(client)
            .build()?;
        Ok(Self { exporter, said })
    }

    async fn send(
        &self,
        metrics: &ResourceMetrics,
    ) -> (OTelSdkResult, Option<Result<Acknowledgement, SendError>>) {
        let result = self.exporter.export(metrics).await;
        let said = lock(&self.said).take();
        (result, said)
    }
}

/// Our own HTTP client, as opentelemetry-otlp wants it. Of its request only the body is sent: URL, headers and
/// compression are those of the batches.
#[derive(Debug)]
struct Client {
    http: Http,
    said: Said,
}

#[tonic::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        match self.http.post(Signal::Metrics, request.into_body()).await {
            Ok(response) => {
                *lock(&self.said) = Some(self.http.acknowledge(Signal::Metrics, &response));
                Ok(response)
            }
            Err(error) => {
                let reason = chain(&error);
                *lock(&self.said) = Some(Err(error));
                Err(reason.into())
            }
        }
    }
}

fn lock(said: &Said) -> std::sync::MutexGuard<'_, Option<Result<Acknowledgement, SendError>>> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As opentelemetry-otlp takes a limit of time: there, zero is none at all.
fn budget(timeout: Duration) -> Duration {
    if timeout.is_zero() {
        Duration::MAX
    } else {
        timeout
    }
}

fn policy(retries: bool) -> RetryPolicy {
    if retries {
        RetryPolicy::recommended()
    } else {
        RetryPolicy::disabled()
    }
}

impl Compression {
    pub(super) fn of_metrics(self) -> Option<opentelemetry_otlp::Compression> {
        match self {
            Self::Gzip => Some(opentelemetry_otlp::Compression::Gzip),
            Self::Zstd => Some(opentelemetry_otlp::Compression::Zstd),
            Self::None => None,
        }
    }
}
