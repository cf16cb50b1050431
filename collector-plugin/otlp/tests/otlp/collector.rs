//! Receivers that do as they are told, each on a runtime of its own, so that it can die with all its connections.

use std::collections::VecDeque;
use std::future::Future;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use scoutline_otlp::{
    Compression, DEFAULT_CAPACITY, Destination, Exporter, ExporterConfig, Headers, QueueSender,
    Remote, Retry, Signal, Tls, queue,
};
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::{self, Handle, Runtime};
use tokio::sync::mpsc;
use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;
use tonic::transport::server::Router;
use tonic::transport::{Server, ServerTlsConfig};
use tonic::{Request, Response, Status};

/// Long enough for any machine, short enough for a person to wait when a test hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A receiver at `remote`, trusted with nothing and without a limit of time.
pub(crate) fn remote(endpoint: impl Into<String>) -> Remote {
    Remote {
        endpoint: endpoint.into(),
        tls: Tls::default(),
        headers: Headers::default(),
        compression: Compression::None,
        timeout: Duration::ZERO,
    }
}

/// Retries at once.
pub(crate) fn impatient() -> Option<Retry> {
    Some(Retry {
        initial_interval: Duration::from_millis(1),
        max_interval: Duration::from_millis(10),
        ..Retry::default()
    })
}

/// Each way to compress, and what it is called on the wire.
pub(crate) const COMPRESSIONS: [(Compression, Option<&str>); 3] = [
    (Compression::None, None),
    (Compression::Gzip, Some("gzip")),
    (Compression::Zstd, Some("zstd")),
];

pub(crate) fn start(destination: Destination, retry: Option<Retry>) -> (QueueSender, Exporter) {
    let (sender, receiver) = queue(DEFAULT_CAPACITY);
    let config = ExporterConfig {
        name: "test".to_owned(),
        destination,
        signals: Signal::ALL.to_vec(),
        retry,
        consumers: NonZeroUsize::MIN,
    };
    let exporter = Exporter::spawn(&config, receiver, &Handle::current()).unwrap();
    (sender, exporter)
}

pub(crate) fn partial_success(rejected: i64, message: &str) -> ExportLogsServiceResponse {
    ExportLogsServiceResponse {
        partial_success: Some(ExportLogsPartialSuccess {
            rejected_log_records: rejected,
            error_message: message.to_owned(),
        }),
    }
}

/// Something that serves until it is dropped; then its port is free and its connections are cut.
pub(crate) struct Running {
    runtime: Option<Runtime>,
    pub(crate) address: SocketAddr,
}

impl Running {
    /// Binds `port` of the loopback (0 for any) and serves on it.
    pub(crate) fn tcp<S>(port: u16, serve: impl FnOnce(TcpListener) -> S) -> Self
    where
        S: Future<Output = ()> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let runtime = new_runtime();
        let _context = runtime.enter();
        runtime.spawn(serve(TcpListener::from_std(listener).unwrap()));
        drop(_context);
        Self {
            runtime: Some(runtime),
            address,
        }
    }

    pub(crate) fn unix<S>(path: &Path, serve: impl FnOnce(UnixListener) -> S) -> Self
    where
        S: Future<Output = ()> + Send + 'static,
    {
        let runtime = new_runtime();
        let context = runtime.enter();
        runtime.spawn(serve(UnixListener::bind(path).unwrap()));
        drop(context);
        Self {
            runtime: Some(runtime),
            address: ([0, 0, 0, 0], 0).into(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A runtime can not be dropped within another, and all must be closed when this returns.
        let runtime = self.runtime.take();
        std::thread::spawn(move || drop(runtime)).join().unwrap();
    }
}

fn new_runtime() -> Runtime {
    runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// What the next request gets.
pub(crate) enum Answer {
    /// A partial success is one of the signal that was asked for.
    Take(ExportLogsServiceResponse),
    Refuse(Status),
    Never,
}

/// A request, by the service that got it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Got {
    Logs(ExportLogsServiceRequest),
    Traces(ExportTraceServiceRequest),
    Metrics(ExportMetricsServiceRequest),
}

impl Got {
    pub(crate) fn logs(self) -> ExportLogsServiceRequest {
        match self {
            Self::Logs(request) => request,
            other => panic!("no logs: {other:?}"),
        }
    }

    pub(crate) fn traces(self) -> ExportTraceServiceRequest {
        match self {
            Self::Traces(request) => request,
            other => panic!("no traces: {other:?}"),
        }
    }

    pub(crate) fn metrics(self) -> ExportMetricsServiceRequest {
        match self {
            Self::Metrics(request) => request,
            other => panic!("no metrics: {other:?}"),
        }
    }
}

pub(crate) type Received = mpsc::Receiver<(MetadataMap, Got)>;

/// Where the address of a TCP client is found in what was received.
pub(crate) const PEER: &str = "test-peer";

/// A receiver of all signals that gives the answers of its script, then takes everything.
#[derive(Clone)]
pub(crate) struct Scripted {
    script: Arc<Mutex<VecDeque<Answer>>>,
    received: mpsc::Sender<(MetadataMap, Got)>,
    encodings: &'static [CompressionEncoding],
}

impl Scripted {
    pub(crate) fn new(script: impl IntoIterator<Item = Answer>) -> (Self, Received) {
        let (received, receiver) = mpsc::channel(100);
        let it = Self {
            script: Arc::new(Mutex::new(script.into_iter().collect())),
            received,
            encodings: &[CompressionEncoding::Gzip, CompressionEncoding::Zstd],
        };
        (it, receiver)
    }

    pub(crate) fn without_compression(self) -> Self {
        Self {
            encodings: &[],
            ..self
        }
    }

    pub(crate) fn tcp(self, port: u16, tls: Option<ServerTlsConfig>) -> Running {
        Running::tcp(port, |listener| async move {
            let mut server = Server::builder();
            if let Some(tls) = tls {
                server = server.tls_config(tls).unwrap();
            }
            self.add_to(&mut server)
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await
                .unwrap();
        })
    }

    pub(crate) fn unix(self, path: &Path) -> Running {
        Running::unix(path, |listener| async move {
            self.add_to(&mut Server::builder())
                .serve_with_incoming(UnixListenerStream::new(listener))
                .await
                .unwrap();
        })
    }

    fn add_to(self, server: &mut Server) -> Router {
        let mut logs = LogsServiceServer::new(self.clone());
        let mut traces = TraceServiceServer::new(self.clone());
        let mut metrics = MetricsServiceServer::new(self.clone());
        for &encoding in self.encodings {
            logs = logs.accept_compressed(encoding);
            traces = traces.accept_compressed(encoding);
            metrics = metrics.accept_compressed(encoding);
        }
        server
            .add_service(logs)
            .add_service(traces)
            .add_service(metrics)
    }

    /// What was rejected and why, if the script has a partial success for this request.
    async fn take<T>(
        &self,
        request: Request<T>,
        got: fn(T) -> Got,
    ) -> Result<Option<(i64, String)>, Status> {
        let peer = request.remote_addr();
        let (mut metadata, _, request) = request.into_parts();
        if let Some(peer) = peer {
            metadata.insert(PEER, peer.to_string().parse().unwrap());
        }
        self.received.send((metadata, got(request))).await.unwrap();
        let answer = self.script.lock().unwrap().pop_front();
        match answer {
            None => Ok(None),
            Some(Answer::Take(response)) => Ok(response
                .partial_success
                .map(|partial| (partial.rejected_log_records, partial.error_message))),
            Some(Answer::Refuse(status)) => Err(status),
            Some(Answer::Never) => std::future::pending().await,
        }
    }
}

#[tonic::async_trait]
impl LogsService for Scripted {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let partial_success =
            self.take(request, Got::Logs)
                .await?
                .map(
                    |(rejected_log_records, error_message)| ExportLogsPartialSuccess {
                        rejected_log_records,
                        error_message,
                    },
                );
        Ok(Response::new(ExportLogsServiceResponse { partial_success }))
    }
}

#[tonic::async_trait]
impl TraceService for Scripted {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let partial_success =
            self.take(request, Got::Traces)
                .await?
                .map(
                    |(rejected_spans, error_message)| ExportTracePartialSuccess {
                        rejected_spans,
                        error_message,
                    },
                );
        Ok(Response::new(ExportTraceServiceResponse {
            partial_success,
        }))
    }
}

#[tonic::async_trait]
impl MetricsService for Scripted {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let partial_success =
            self.take(request, Got::Metrics)
                .await?
                .map(
                    |(rejected_data_points, error_message)| ExportMetricsPartialSuccess {
                        rejected_data_points,
                        error_message,
                    },
                );
        Ok(Response::new(ExportMetricsServiceResponse {
            partial_success,
        }))
    }
}
