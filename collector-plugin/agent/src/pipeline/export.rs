//! The exporters that are running, and their end.

use std::path::PathBuf;
use std::time::Duration;

use opentelemetry::metrics::Meter;
use scoutline_otlp::{
    BatchLimits, BuildError, Counts, DEFAULT_CAPACITY, DEFAULT_CONSUMERS, Destination, Exporter,
    ExporterConfig, MetricSink, ProbeError, QueueSender, Signal, probe, queue,
};
use thiserror::Error;
use tokio::runtime::Handle;

use super::outlet::{Queues, shared_limits};
use crate::{config, own};

/// All exporters of this run.
#[derive(Debug)]
pub struct Export {
    exporters: Vec<Exporter>,
    /// One for each exporter.
    senders: Vec<QueueSender>,
    queues: Queues,
    limits: BatchLimits,
    runtime: Handle,
}

/// What became of all that one exporter was given.
#[derive(Debug)]
pub struct Delivered {
    /// Its name in the configuration.
    pub exporter: String,
    /// What became of them.
    pub counts: Counts,
}

/// Why the exporters cannot start.
#[derive(Debug, Error)]
pub enum ExportError {
    /// A configuration can not work on this host: a URL that is none, a certificate that cannot be read.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Whoever names a directory is there to name another one; a Collector may be away and come back.
    #[error("cannot write to --otlp-dir")]
    Directory(#[source] ProbeError),
}

impl Export {
    /// How long the end of the sensor waits for Collectors.
    pub const SHUTDOWN: Duration = Duration::from_secs(5);

    /// Starts `configured`, and one for `--otlp-dir`.
    ///
    /// Blocks while it tries the directory, and so must not be called within the runtime.
    ///
    /// # Errors
    /// [`ExportError`], before anything has started.
    pub fn start(
        configured: &[config::Exporter],
        otlp_dir: Option<PathBuf>,
        runtime: &Handle,
    ) -> Result<Self, ExportError> {
        let directory = otlp_dir.map(|directory| config::Exporter {
            config: ExporterConfig {
                name: "--otlp-dir".to_owned(),
                destination: Destination::File { directory },
                signals: Signal::ALL.to_vec(),
                retry: Some(scoutline_otlp::Retry::default()),
                consumers: DEFAULT_CONSUMERS,
            },
            queue_bytes: DEFAULT_CAPACITY,
            batch: BatchLimits::default(),
        });
        if let Some(directory) = &directory {
            runtime
                .block_on(probe(&directory.config.destination))
                .map_err(ExportError::Directory)?;
        }
        let mut export = Self {
            exporters: Vec::new(),
            senders: Vec::new(),
            queues: Queues::default(),
            limits: shared_limits(configured.iter().chain(&directory).map(|it| it.batch)),
            runtime: runtime.clone(),
        };
        for exporter in configured.iter().chain(&directory) {
            let (sender, receiver) = queue(exporter.queue_bytes);
            export
                .exporters
                .push(Exporter::spawn(&exporter.config, receiver, runtime)?);
            for (signal, queues) in [
                (Signal::Logs, &mut export.queues.logs),
                (Signal::Traces, &mut export.queues.traces),
            ] {
                if exporter.config.carries(signal) {
                    queues.push(sender.clone());
                }
            }
            export.senders.push(sender);
        }
        Ok(export)
    }

    /// What each exporter takes goes into its queue.
    pub fn queues(&self) -> Queues {
        self.queues.clone()
    }

    /// Each by its name.
    pub fn exporters(&self) -> Vec<own::Exporter> {
        let exporters = self.exporters.iter().zip(&self.senders);
        exporters
            .map(|(exporter, queue)| own::Exporter {
                name: exporter.name().into(),
                queue: queue.clone(),
                takes_records: exporter.carries(Signal::Logs),
            })
            .collect()
    }

    /// Where metrics can be sent.
    ///
    /// # Errors
    /// If an exporter's configuration cannot be used for metrics.
    pub fn metric_sinks(&self) -> Result<Vec<MetricSink>, BuildError> {
        let sinks = self.exporters.iter().map(Exporter::metric_sink);
        sinks.filter_map(Result::transpose).collect()
    }

    /// Times their requests with an instrument of this meter.
    pub fn time_requests(&self, meter: &Meter) {
        for exporter in &self.exporters {
            exporter.time_requests(meter);
        }
    }

    /// Where they run.
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// For the batches that all of them share.
    pub fn limits(&self) -> BatchLimits {
        self.limits
    }

    /// Delivers what waits, for at most [`Export::SHUTDOWN`] each, all at once.
    pub async fn finish(self) -> Vec<Delivered> {
        let mut ends = tokio::task::JoinSet::new();
        for exporter in self.exporters {
            ends.spawn(async move {
                Delivered {
                    exporter: exporter.name().to_owned(),
                    counts: exporter.shutdown(Self::SHUTDOWN).await,
                }
            });
        }
        ends.join_all().await
    }
}
