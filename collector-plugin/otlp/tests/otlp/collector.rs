//! Receivers that do as they are told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::LogsService;
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use tokio::sync::mpsc;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

/// What the next request gets.
pub(crate) enum Answer {
    Take(ExportLogsServiceResponse),
    Refuse(Status),
    Never,
}

/// A LogsService that gives the answers of its script, then takes everything.
#[derive(Clone)]
pub(crate) struct Scripted {
    script: Arc<Mutex<VecDeque<Answer>>>,
    received: mpsc::Sender<(MetadataMap, ExportLogsServiceRequest)>,
}

pub(crate) type Received = mpsc::Receiver<(MetadataMap, ExportLogsServiceRequest)>;

impl Scripted {
    pub(crate) fn new(script: impl IntoIterator<Item = Answer>) -> (Self, Received) {
        let (received, receiver) = mpsc::channel(1000);
        let script = Arc::new(Mutex::new(script.into_iter().collect()));
        (Self { script, received }, receiver)
    }
}

#[tonic::async_trait]
impl LogsService for Scripted {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        self.received.send((metadata, request)).await.unwrap();
        let answer = self.script.lock().unwrap().pop_front();
        match answer {
            None => Ok(Response::new(ExportLogsServiceResponse::default())),
            Some(Answer::Take(response)) => Ok(Response::new(response)),
            Some(Answer::Refuse(status)) => Err(status),
            Some(Answer::Never) => std::future::pending().await,
        }
    }
}
