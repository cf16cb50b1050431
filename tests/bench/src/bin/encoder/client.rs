//! One run of one path.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::{
    InstrumentationScope, Key, KeyValue, SpanId, StringValue, TraceFlags, TraceId,
};
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_sdk::logs::{BatchConfigBuilder, BatchLogProcessor, SdkLoggerProvider};
use rustix::time::{ClockId, clock_gettime};
use scoutline_bench::{detections, host};
use scoutline_otlp::{
    Batch, BatchLimits, Batcher, Compression, Destination, Exporter, ExporterConfig, Headers,
    Remote, Scope, Tls, queue,
};
use scoutline_semconv::{Record, Value, scope};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::server::RECEIVED;

/// Different records, sent over and over.
const DISTINCT: u32 = 1024;
/// Records between two waits for the sink: two requests, as detections come in. It fits into either queue, so
/// that no record is dropped.
const CHUNK: u32 = 1024;
/// The SDK's default, and about what fits into our 1 MiB.
const SDK_BATCH: usize = 512;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Path {
    Scoutline,
    Sdk,
    Encode,
}

impl Path {
    pub(crate) const ALL: [Self; 3] = [Self::Scoutline, Self::Sdk, Self::Encode];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scoutline => "scoutline",
            Self::Sdk => "sdk",
            Self::Encode => "encode",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Scoutline => "Scoutline: encode, batch, send",
            Self::Sdk => "SDK: BatchLogProcessor, opentelemetry-otlp",
            Self::Encode => "Scoutline: encode and batch only",
        }
    }
}

/// What one run took.
#[derive(Serialize, Deserialize)]
pub(crate) struct Measurement {
    pub(crate) records: u32,
    pub(crate) cpu_seconds: f64,
    pub(crate) wall_seconds: f64,
    pub(crate) wire_bytes_per_record: f64,
}

pub(crate) fn run(path: Path, endpoint: &str, records: u32) -> Result<Measurement> {
    // As the sensor does. The SDK's process keeps the C library's own way.
    if path != Path::Sdk {
        scoutline_loader::keep_buffers();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let distinct = detections(DISTINCT);
    let before = received(&runtime, endpoint)?;
    let measurement = match path {
        Path::Encode => encode(&distinct, records),
        Path::Scoutline => send(&distinct, records, endpoint, &runtime),
        Path::Sdk => send_by_sdk(&distinct, records, endpoint, &runtime),
    }?;
    let arrived = received(&runtime, endpoint)? - before;
    let expected = if path == Path::Encode {
        0
    } else {
        u64::from(records)
    };
    ensure!(
        arrived == expected,
        "{arrived} of {expected} records arrived"
    );
    Ok(measurement)
}

/// Records that the sink got since it was started.
fn received(runtime: &Runtime, endpoint: &str) -> Result<u64> {
    runtime.block_on(async {
        let mut client = LogsServiceClient::connect(endpoint.to_owned()).await?;
        let response = client.export(ExportLogsServiceRequest::default()).await?;
        let count = response
            .metadata()
            .get(RECEIVED)
            .context("no count of the sink")?;
        Ok(count.to_str()?.parse()?)
    })
}

/// Runs `work`, which returns bytes on the wire, and measures it.
fn timed(records: u32, work: impl FnOnce() -> Result<u64>) -> Result<Measurement> {
    let cpu = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let (cpu_before, wall_before) = (cpu(), Instant::now());
    let bytes = work()?;
    Ok(Measurement {
        records,
        cpu_seconds: cpu() - cpu_before,
        wall_seconds: wall_before.elapsed().as_secs_f64(),
        wire_bytes_per_record: bytes as f64 / f64::from(records),
    })
}

/// Encodes and batches all records, hands each batch to `sealed` and calls `pause` after each chunk.
fn batches(
    distinct: &[Record],
    records: u32,
    mut sealed: impl FnMut(Batch) -> Result<()>,
    mut pause: impl FnMut() -> Result<()>,
) -> Result<u64> {
    let resource = Arc::new(host());
    let mut batcher = Batcher::new(BatchLimits::default());
    let mut bytes = 0;
    let mut take = |batch: Batch| {
        bytes += batch.bytes().len() as u64;
        sealed(batch)
    };
    for (record, number) in distinct.iter().cycle().zip(1..=records) {
        let now = Instant::now();
        if let Some(batch) = batcher.push(now, &resource, Scope::DETECTIONS, record)? {
            take(batch)?;
        }
        if number % CHUNK == 0 || number == records {
            batcher.seal().map(&mut take).transpose()?;
            pause()?;
        }
    }
    Ok(bytes)
}

fn encode(distinct: &[Record], records: u32) -> Result<Measurement> {
    timed(records, || {
        batches(distinct, records, |_| Ok(()), || Ok(()))
    })
}

fn send(
    distinct: &[Record],
    records: u32,
    endpoint: &str,
    runtime: &Runtime,
) -> Result<Measurement> {
    let (sender, receiver) = queue(scoutline_otlp::DEFAULT_CAPACITY);
    let config = ExporterConfig {
        name: "bench".to_owned(),
        destination: Destination::Grpc(Remote {
            endpoint: endpoint.to_owned(),
            tls: Tls::default(),
            headers: Headers::default(),
            compression: Compression::None,
            timeout: scoutline_otlp::DEFAULT_TIMEOUT,
        }),
        signals: vec![scoutline_otlp::Signal::Logs],
        retry: None,
        consumers: NonZeroUsize::MIN,
    };
    let exporter = Exporter::spawn(&config, receiver, runtime.handle())?;
    let measurement = timed(records, || {
        batches(
            distinct,
            records,
            |batch| Ok(sender.push(batch)?),
            || {
                while sender.counts().records.pending > 0 {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Ok(())
            },
        )
    })?;
    runtime.block_on(exporter.shutdown(Duration::from_secs(10)));
    Ok(measurement)
}

fn send_by_sdk(
    distinct: &[Record],
    records: u32,
    endpoint: &str,
    runtime: &Runtime,
) -> Result<Measurement> {
    let context = runtime.enter();
    let exporter = opentelemetry_otlp::LogExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .build()?;
    let config = BatchConfigBuilder::default()
        .with_max_queue_size(2 * CHUNK as usize)
        .with_max_export_batch_size(SDK_BATCH)
        .build();
    let processor = BatchLogProcessor::builder(exporter)
        .with_batch_config(config)
        .build();
    let attributes = host()
        .attributes
        .into_iter()
        .map(|(key, value)| KeyValue::new(Key::from(key), text(&value)));
    let resource = opentelemetry_sdk::Resource::builder_empty()
        .with_attributes(attributes)
        .build();
    let provider = SdkLoggerProvider::builder()
        .with_resource(resource)
        .with_log_processor(processor)
        .build();
    drop(context);
    let logger = provider.logger_with_scope(
        InstrumentationScope::builder(scope::DETECTIONS)
            .with_version(scope::VERSION)
            .with_schema_url(scope::SCHEMA_URL)
            .build(),
    );
    let measurement = timed(records, || {
        for (record, number) in distinct.iter().cycle().zip(1..=records) {
            let mut log = logger.create_log_record();
            fill(&mut log, record);
            logger.emit(log);
            if number % CHUNK == 0 || number == records {
                provider.force_flush()?;
            }
        }
        // It does not say how many bytes it sent.
        Ok(0)
    })?;
    provider.shutdown()?;
    Ok(measurement)
}

/// The record as the SDK's API takes it.
fn fill(log: &mut impl LogRecord, record: &Record) {
    log.set_event_name(record.event_name);
    log.set_timestamp(time(record.time_unix_nano));
    log.set_observed_timestamp(time(record.observed_time_unix_nano));
    log.set_severity_number(Severity::Warn);
    log.set_severity_text(record.severity_text);
    log.set_body(AnyValue::String(record.body.clone().into()));
    if let Some(trace) = &record.trace {
        log.set_trace_context(
            TraceId::from_bytes(trace.trace_id),
            SpanId::from_bytes(trace.span_id),
            Some(TraceFlags::SAMPLED),
        );
    }
    log.add_attributes(
        record
            .attributes
            .iter()
            .map(|(key, value)| (*key, any(value))),
    );
}

fn time(unix_nano: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(unix_nano)
}

fn any(value: &Value) -> AnyValue {
    match value {
        Value::Bool(it) => AnyValue::Boolean(*it),
        Value::Int(it) => AnyValue::Int(*it),
        Value::Double(it) => AnyValue::Double(*it),
        Value::Strings(it) => it
            .iter()
            .map(|it| StringValue::from(Arc::clone(it)))
            .collect(),
        Value::Static(_) | Value::Shared(_) | Value::String(_) => AnyValue::String(text(value)),
    }
}

fn text(value: &Value) -> StringValue {
    match value {
        Value::Static(it) => (*it).into(),
        Value::Shared(it) => Arc::clone(it).into(),
        Value::String(it) => it.clone().into(),
        Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Strings(_) => "".into(),
    }
}
