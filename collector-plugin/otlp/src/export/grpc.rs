//! OTLP over gRPC: tonic with a codec that passes the bytes through.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{BufMut, Bytes};
use http::uri::PathAndQuery;
use tokio::runtime::Handle;
use tonic::client;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;
use tracing::warn;

use super::config::{Address, Compression, Remote};
use super::error::{BuildError, SendError, chain, excerpt};
use super::metrics::{GrpcParts, MetricTransport};
use super::tls::Pem;
use super::{Acknowledgement, MAX_RESPONSE_BYTES, Transmit, USER_AGENT, within};
use crate::signal::Signal;

/// The method that takes requests of this signal.
const fn method(signal: Signal) -> PathAndQuery {
    PathAndQuery::from_static(match signal {
        Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    })
}

/// A channel to one receiver. It connects when something is to be sent, and again after the connection broke.
/// Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Grpc {
    endpoint: Arc<str>,
    channel: Channel,
    client: client::Grpc<Channel>,
    compression: Option<CompressionEncoding>,
    compression_of_metrics: Option<opentelemetry_otlp::Compression>,
    /// The receiver does not know the compression.
    uncompressed: Arc<AtomicBool>,
    metadata: MetadataMap,
    timeout: Duration,
}

impl Grpc {
    pub(super) fn new(remote: &Remote, runtime: &Handle) -> Result<Self, BuildError> {
        // The channel spawns its connection.
        let _context = runtime.enter();
        let channel = connect(remote)?.connect_lazy();
        let client = client::Grpc::new(channel.clone())
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .max_decoding_message_size(MAX_RESPONSE_BYTES);
        Ok(Self {
            endpoint: remote.shown().into(),
            channel,
            client,
            compression: match remote.compression {
                Compression::Gzip => Some(CompressionEncoding::Gzip),
                Compression::Zstd => Some(CompressionEncoding::Zstd),
                Compression::None => None,
            },
            compression_of_metrics: remote.compression.of_metrics(),
            uncompressed: Arc::default(),
            metadata: MetadataMap::from_headers(remote.headers.as_map().clone()),
            timeout: remote.timeout,
        })
    }

    /// Carries metrics over the same channel.
    pub(super) fn metrics(&self, retries: bool) -> Result<MetricTransport, BuildError> {
        let parts = GrpcParts {
            channel: self.channel.clone(),
            metadata: self.metadata.clone(),
            compression: self.compression_of_metrics,
            uncompressed: Arc::clone(&self.uncompressed),
        };
        MetricTransport::grpc(parts, Arc::clone(&self.endpoint), self.timeout, retries)
    }

    async fn export(&self, signal: Signal, request: Bytes) -> Result<Acknowledgement, SendError> {
        let Some(compression) = self
            .compression
            .filter(|_| !self.uncompressed.load(Ordering::Relaxed))
        else {
            return self.call(self.client.clone(), signal, request).await;
        };
        let compressing = self.client.clone().send_compressed(compression);
        let refused = match self.call(compressing, signal, request.clone()).await {
            Err(
                error @ SendError::Grpc {
                    code: Code::Unimplemented,
                    ..
                },
            ) => error,
            other => return other,
        };
        // Either there is no such service, or it does not know the compression.
        let taken = self.call(self.client.clone(), signal, request).await?;
        self.uncompressed.store(true, Ordering::Relaxed);
        warn!(endpoint = &*self.endpoint, %compression, error = chain(&refused), "receiver does not know the compression, going on without");
        Ok(taken)
    }

    async fn call(
        &self,
        mut client: client::Grpc<Channel>,
        signal: Signal,
        request: Bytes,
    ) -> Result<Acknowledgement, SendError> {
        client
            .ready()
            .await
            .map_err(|error| SendError::Unreachable {
                endpoint: self.endpoint.to_string(),
                reason: chain(&error),
            })?;
        let mut request = Request::new(request);
        *request.metadata_mut() = self.metadata.clone();
        if !self.timeout.is_zero() {
            request.set_timeout(self.timeout);
        }
        let codec = PassThrough(signal);
        match client.unary(request, method(signal), codec).await {
            Ok(response) => Ok(response.into_inner()),
            Err(status) => Err(self.refusal(&status)),
        }
    }

    fn refusal(&self, status: &Status) -> SendError {
        let endpoint = self.endpoint.to_string();
        // Only a status that was made on this side has a cause.
        if let Some(cause) = std::error::Error::source(status) {
            return SendError::Unreachable {
                endpoint,
                reason: chain(cause),
            };
        }
        let message = excerpt(status.message());
        // tonic's own, for an answer above MAX_RESPONSE_BYTES; by its code it would be retried for ever.
        if status.code() == Code::OutOfRange
            && message.starts_with("Error, decoded message length too large")
        {
            return SendError::NotOtlp {
                endpoint,
                reason: message,
            };
        }
        SendError::Grpc {
            endpoint,
            code: status.code(),
            message,
            retry_after: status
                .get_details_retry_info()
                .and_then(|info| info.retry_delay),
        }
    }
}

impl Transmit for Grpc {
    async fn send(&self, signal: Signal, request: Bytes) -> Result<Acknowledgement, SendError> {
        within(self.timeout, &self.endpoint, self.export(signal, request)).await
    }
}

fn connect(remote: &Remote) -> Result<Endpoint, BuildError> {
    let invalid = |reason: String| BuildError::Endpoint {
        endpoint: remote.shown(),
        reason,
    };
    let url = match remote.address() {
        Address::Url(url) => url,
        Address::Unix(path) => format!("unix://{path}"),
    };
    let endpoint = Endpoint::from_shared(url)
        .and_then(|endpoint| endpoint.user_agent(USER_AGENT))
        .map_err(|error| invalid(chain(&error)))?;
    match endpoint.uri().scheme_str() {
        Some("https") => {}
        Some("http") | None => return Ok(endpoint),
        Some("unix") => return Ok(endpoint),
        Some(_) => {
            return Err(invalid(
                "the scheme is none of https, http, unix".to_owned(),
            ));
        }
    }
    let pem = Pem::read(&remote.tls)?;
    let mut tls = ClientTlsConfig::new();
    tls = match pem.ca {
        Some(ca) => tls.ca_certificate(Certificate::from_pem(ca)),
        None => tls.with_native_roots(),
    };
    if let Some(own) = pem.identity {
        tls = tls.identity(Identity::from_pem(own.cert, own.key));
    }
    if let Some(name) = &remote.tls.server_name_override {
        tls = tls.domain_name(name);
    }
    endpoint.tls_config(tls).map_err(|error| BuildError::Tls {
        endpoint: remote.shown(),
        reason: chain(&error),
    })
}

/// Requests are encoded already; only answers are decoded, those of one signal.
#[derive(Clone, Copy, Debug)]
struct PassThrough(Signal);

impl Codec for PassThrough {
    type Encode = Bytes;
    type Decode = Acknowledgement;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for PassThrough {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, request: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(request);
        Ok(())
    }
}

impl Decoder for PassThrough {
    type Item = Acknowledgement;
    type Error = Status;

    fn decode(&mut self, answer: &mut DecodeBuf<'_>) -> Result<Option<Self::Item>, Status> {
        Acknowledgement::decode(self.0, answer)
            .map(Some)
            .map_err(|error| Status::internal(error.to_string()))
    }
}
