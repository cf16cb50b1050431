//! The sink: decodes what it gets, counts and forgets.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// Response header: records since the sink was started.
pub(crate) const RECEIVED: &str = "x-received";

#[derive(Default)]
struct Sink {
    received: Arc<AtomicU64>,
}

#[tonic::async_trait]
impl LogsService for Sink {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let records: usize = request
            .get_ref()
            .resource_logs
            .iter()
            .flat_map(|logs| &logs.scope_logs)
            .map(|logs| logs.log_records.len())
            .sum();
        let before = self.received.fetch_add(records as u64, Ordering::Relaxed);
        let mut response = Response::new(ExportLogsServiceResponse::default());
        let metadata = response.metadata_mut();
        metadata.insert(RECEIVED, (before + records as u64).into());
        Ok(response)
    }
}

/// Prints its endpoint and serves until it is killed.
pub(crate) fn run() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("binding the sink")?;
        println!("http://{}", listener.local_addr()?);
        let service = LogsServiceServer::new(Sink::default()).max_decoding_message_size(64 << 20);
        Server::builder()
            // The 64 KiB of HTTP/2's default would measure the round trips of flow control.
            .initial_stream_window_size(8 << 20)
            .initial_connection_window_size(32 << 20)
            .add_service(service)
            .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)))
            .await
            .context("serving")
    })
}
