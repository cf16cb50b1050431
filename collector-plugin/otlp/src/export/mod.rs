//! Batches on their way to a Collector or into a file.

mod config;
mod error;
mod file;
mod grpc;
mod http;
mod json;
mod link;
mod metrics;
mod retry;
mod tls;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use opentelemetry::metrics::Meter;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::{DecodeError, Message};
use scoutline_semconv::metric;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::link::Durations;
use self::retry::deliver;
use crate::batch::Batch;
use crate::counts::Counts;
use crate::metrics::MetricSink;
use crate::queue::QueueReceiver;
use crate::signal::Signal;

pub use self::config::{
    Compression, DEFAULT_CONSUMERS, DEFAULT_TIMEOUT, Destination, ExporterConfig, HeaderError,
    Headers, HttpPath, Remote, Tls,
};
pub use self::error::{BuildError, SendError};
pub use self::retry::Retry;

pub(crate) use self::error::chain;
pub(crate) use self::link::Link;
pub(crate) use self::metrics::MetricTransport;

/// Longest answer that is read, as the OTLP specification has it.
const MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;

/// Bounds of durations, as the conventions have them for requests over HTTP.
const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// What the exporters call themselves.
const USER_AGENT: &str = concat!("Scoutline-OTLP-Exporter-Rust/", env!("CARGO_PKG_VERSION"));

/// The batch as one line of OTLP/JSON, newline included: what [`Destination::File`] writes.
///
/// # Errors
/// [`SendError::Json`] if it cannot be said in JSON.
pub fn json_line(batch: &Batch) -> Result<Vec<u8>, SendError> {
    json::line(batch.signal(), batch.bytes().clone())
}

/// A running exporter: takes batches off one queue and sends them to one destination, until it is shut down.
/// Dropping it stops it at once; what is pending is counted as lost in the shutdown.
#[derive(Debug)]
pub struct Exporter {
    name: String,
    carries: [bool; Signal::ALL.len()],
    transport: Transport,
    retries: bool,
    queue: QueueReceiver,
    durations: Durations,
    stop: watch::Sender<bool>,
    consumers: JoinSet<()>,
}

impl Exporter {
    /// Starts an exporter on `runtime`. Nothing is connected before there is something to send.
    ///
    /// # Errors
    /// [`BuildError`] if the configuration can not work on this host: a URL that is none, a certificate that
    /// can not be read. A destination that is away is no error.
    pub fn spawn(
        config: &ExporterConfig,
        queue: QueueReceiver,
        runtime: &Handle,
    ) -> Result<Self, BuildError> {
        let transport = Transport::new(&config.destination, runtime)?;
        let (stop, stopping) = watch::channel(false);
        let mut exporter = Self {
            name: config.name.clone(),
            carries: Signal::ALL.map(|signal| config.carries(signal)),
            transport: transport.clone(),
            retries: config.retry.is_some(),
            queue,
            durations: Durations::default(),
            stop,
            consumers: JoinSet::new(),
        };
        match transport {
            Transport::Grpc(it) => exporter.consume(config, &*it, &stopping, runtime),
            Transport::Http(it) => exporter.consume(config, &it, &stopping, runtime),
            Transport::File(it) => exporter.consume(config, &it, &stopping, runtime),
        }
        Ok(exporter)
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is for this signal.
    pub fn carries(&self, signal: Signal) -> bool {
        self.carries.get(signal as usize).is_some_and(|it| *it)
    }

    /// What became of all it was given so far.
    pub fn counts(&self) -> Counts {
        self.queue.counts()
    }

    /// Sends metrics to the same destination over the same connections, with the same TLS, proxy and headers; `None` if
    /// it is for other signals. Without [`ExporterConfig::retry`] there is one attempt each time.
    ///
    /// # Errors
    /// [`BuildError::Metrics`] if opentelemetry-otlp does not take the configuration.
    pub fn metric_sink(&self) -> Result<Option<MetricSink>, BuildError> {
        if !self.carries(Signal::Metrics) {
            return Ok(None);
        }
        let transport = match &self.transport {
            Transport::Grpc(it) => it.metrics(self.retries)?,
            Transport::Http(it) => MetricTransport::http(it.clone(), self.retries)?,
            Transport::File(it) => MetricTransport::file(it.clone()),
        };
        let queue = self.queue.share();
        Ok(Some(MetricSink::new(&self.name, queue, transport)))
    }

    /// Times requests of records and spans from now on, with an instrument of this meter.
    pub fn time_requests(&self, meter: &Meter) {
        let metric = metric::SCOUTLINE_EXPORT_DURATION;
        let histogram = meter
            .f64_histogram(metric.name)
            .with_unit(metric.unit)
            .with_description(metric.brief)
            .with_boundaries(SECONDS.to_vec())
            .build();
        self.durations.record_with(histogram);
    }

    /// Closes the queue, sends what is in it and returns what became of everything.
    ///
    /// Each batch gets one more attempt: waiting for a retry is cut short, and a batch that fails then is lost.
    /// After `deadline` the rest is lost too. Both are counted in [`crate::Dropped::shutdown`].
    pub async fn shutdown(mut self, deadline: Duration) -> Counts {
        self.queue.close();
        self.stop.send_replace(true);
        let all = async { while self.consumers.join_next().await.is_some() {} };
        if tokio::time::timeout(deadline, all).await.is_err() {
            // Awaits the aborted tasks, so that what they held is counted.
            self.consumers.shutdown().await;
            self.queue.abandon();
        }
        self.queue.counts()
    }

    fn consume<T>(
        &mut self,
        config: &ExporterConfig,
        transport: &T,
        stopping: &watch::Receiver<bool>,
        runtime: &Handle,
    ) where
        T: Transmit + Clone + 'static,
    {
        let link = Link::new(config.name.clone()).timed(self.durations.clone());
        let link = Arc::new(link);
        for _ in 0..transport.concurrency(config.consumers.get()) {
            let transport = transport.clone();
            let queue = self.queue.share();
            let retry = config.retry;
            let mut stopping = stopping.clone();
            let link = Arc::clone(&link);
            let consumer = async move {
                while let Some(delivery) = queue.next().await {
                    deliver(&link, &transport, delivery, retry.as_ref(), &mut stopping).await;
                }
            };
            self.consumers.spawn_on(consumer, runtime);
        }
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.queue.close();
        self.queue.abandon();
    }
}

/// Why a destination is of no use.
#[derive(Debug, Error)]
pub enum ProbeError {
    /// The configuration can not work on this host.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// It can not be reached, or what answers there does not take OTLP.
    #[error(transparent)]
    Send(#[from] SendError),
}

/// Whether a destination can be reached and takes OTLP logs (or the one signal that it is for): sends it an empty
/// request. For a file, whether it can be written to.
///
/// # Errors
/// What is wrong, in words for people. There is no retry, and it takes no longer than [`Remote::timeout`].
pub async fn probe(destination: &Destination) -> Result<(), ProbeError> {
    let signal = match destination {
        Destination::Http {
            path: HttpPath::Exact(signal),
            ..
        } => *signal,
        _ => Signal::Logs,
    };
    match Transport::new(destination, &Handle::current())? {
        Transport::Grpc(it) => it.send(signal, Bytes::new()).await?,
        Transport::Http(it) => it.send(signal, Bytes::new()).await?,
        Transport::File(it) => it.send(signal, Bytes::new()).await?,
    };
    Ok(())
}

/// Something that takes an encoded request.
trait Transmit: Send + Sync {
    /// Sends a request of this signal once.
    fn send(
        &self,
        signal: Signal,
        request: Bytes,
    ) -> impl Future<Output = Result<Acknowledgement, SendError>> + Send;

    /// How many requests may be under way, given how many were asked for.
    fn concurrency(&self, asked: usize) -> usize {
        asked
    }
}

/// A receiver took a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Acknowledgement {
    /// Items that it did not take all the same.
    pub(crate) rejected: u64,
    /// Why, or a warning if it took all; often empty.
    pub(crate) message: String,
}

impl Acknowledgement {
    /// Reads the answer to a request of this signal.
    fn decode(signal: Signal, answer: impl Buf) -> Result<Self, DecodeError> {
        let (rejected, message) = match signal {
            Signal::Logs => {
                let partial = ExportLogsServiceResponse::decode(answer)?.partial_success;
                let partial = partial.unwrap_or_default();
                (partial.rejected_log_records, partial.error_message)
            }
            Signal::Traces => {
                let partial = ExportTraceServiceResponse::decode(answer)?.partial_success;
                let partial = partial.unwrap_or_default();
                (partial.rejected_spans, partial.error_message)
            }
            Signal::Metrics => {
                let partial = ExportMetricsServiceResponse::decode(answer)?.partial_success;
                let partial = partial.unwrap_or_default();
                (partial.rejected_data_points, partial.error_message)
            }
        };
        Ok(Self {
            rejected: u64::try_from(rejected).unwrap_or(0),
            message: error::excerpt(&message),
        })
    }
}

/// Bounds an attempt by `timeout`, connecting included; zero is no bound.
async fn within<T>(
    timeout: Duration,
    endpoint: &str,
    attempt: impl Future<Output = Result<T, SendError>>,
) -> Result<T, SendError> {
    if timeout.is_zero() {
        return attempt.await;
    }
    match tokio::time::timeout(timeout, attempt).await {
        Ok(result) => result,
        Err(_) => Err(SendError::TimedOut {
            endpoint: endpoint.to_owned(),
            timeout,
        }),
    }
}

#[derive(Clone, Debug)]
enum Transport {
    Grpc(Box<grpc::Grpc>),
    Http(http::Http),
    File(file::File),
}

impl Transport {
    fn new(destination: &Destination, runtime: &Handle) -> Result<Self, BuildError> {
        Ok(match destination {
            Destination::Grpc(remote) => Self::Grpc(Box::new(grpc::Grpc::new(remote, runtime)?)),
            Destination::Http { remote, path } => Self::Http(http::Http::new(remote, *path)?),
            Destination::File { directory } => Self::File(file::File::new(directory)),
        })
    }
}
