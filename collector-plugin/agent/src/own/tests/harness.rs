//! A sensor that tells of itself over fake time, and what arrives of it.

use scoutline_otlp::{
    DEFAULT_CONSUMERS, Destination, ExporterConfig, QueueReceiver, Signal, queue,
};
use scoutline_semconv::{attr, event, number, resource as name};
use serde_json::Value;

use super::*;

/// One exporter that takes nothing before it is asked what it got.
pub(super) struct Harness {
    pub(super) own: Own,
    pub(super) queue: QueueSender,
    pub(super) receiver: QueueReceiver,
    pub(super) start: Instant,
    pub(super) sequence: u64,
}

impl Harness {
    pub(super) fn new(last_run: LastRun, capacity: usize) -> Self {
        let (sender, receiver) = queue(capacity);
        let exporter = Exporter {
            name: "otlp".into(),
            queue: sender.clone(),
            takes_records: true,
        };
        let start = Instant::now();
        let own = Own::new(
            identity(),
            last_run,
            vec![exporter],
            Board::default(),
            start,
        );
        Self {
            own,
            queue: sender,
            receiver,
            start,
            sequence: 0,
        }
    }

    pub(super) fn at(&self, seconds: u64) -> At {
        At {
            instant: self.start + Duration::from_secs(seconds),
            unix_ns: seconds,
        }
    }

    pub(super) fn start(&mut self) {
        let at = self.at(0);
        let mut issue = issuer(&mut self.sequence);
        self.own.start(at, &mut issue);
    }

    pub(super) fn look(&mut self, seconds: u64, seen: Seen) {
        let at = self.at(seconds);
        let last = self.sequence;
        let mut issue = issuer(&mut self.sequence);
        self.own.look(at, last, seen, &mut issue);
    }

    /// A detection's batch of so many records goes into the queue, or does not.
    pub(super) fn detect(&mut self, records: u64) {
        let host = Arc::new(Resource::default());
        for _ in 0..records {
            let issued = issuer(&mut self.sequence)();
            let record = record_of(issued.sequence);
            let batch = Batch::of_record(&host, Scope::DETECTIONS, &record, Care::Ordinary);
            // The queue counts it.
            let _ = self.queue.push(batch.expect("it is small"));
        }
    }

    pub(super) fn note(&mut self, seconds: u64, waiting: Option<u64>) -> Option<Run> {
        let at = self.at(seconds).instant;
        self.own.note(at, self.sequence, waiting).cloned()
    }

    /// All that the queue has got, in order.
    pub(super) fn got(self) -> Vec<Got> {
        received(self.receiver)
    }
}

pub(super) fn issuer(sequence: &mut u64) -> impl FnMut() -> Issued {
    move || {
        *sequence += 1;
        Issued {
            sequence: *sequence,
            uid: format!("uid {sequence}"),
        }
    }
}

pub(super) fn record_of(sequence: u64) -> Record {
    Record {
        event_name: event::DETECTION,
        time_unix_nano: 1,
        observed_time_unix_nano: 1,
        severity_number: 9,
        severity_text: "INFO",
        body: "x".to_owned(),
        trace: None,
        attributes: vec![(attr::SCOUTLINE_SEQUENCE, number(sequence).into())],
    }
}

/// A record as a receiver has it.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) event: String,
    pub(super) service: String,
    pub(super) scope: String,
    pub(super) attributes: Vec<(String, String)>,
}

impl Got {
    /// A text or a number.
    pub(super) fn of(&self, name: &str) -> &str {
        let mut found = self.attributes.iter().filter(|(key, _)| key == name);
        found.next().map_or("", |(_, value)| value)
    }
}

/// Sends all that is in the queue into a file, and reads it.
pub(super) fn received(receiver: QueueReceiver) -> Vec<Got> {
    let folder = tempfile::tempdir().expect("a folder");
    let config = ExporterConfig {
        name: "test".to_owned(),
        destination: Destination::File {
            directory: folder.path().to_owned(),
        },
        signals: Signal::ALL.to_vec(),
        retry: None,
        consumers: DEFAULT_CONSUMERS,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let exporter = scoutline_otlp::Exporter::spawn(&config, receiver, runtime.handle());
    let exporter = exporter.expect("a file can be written");
    runtime.block_on(exporter.shutdown(30 * SECOND));
    let path = folder.path().join(Signal::Logs.file_name());
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    lines.flat_map(|line: Value| records_of(&line)).collect()
}

pub(super) fn records_of(line: &Value) -> Vec<Got> {
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let pairs = |value: &Value| -> Vec<(String, String)> {
        let pairs = list(value, "attributes");
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let pair = |pair: &Value| {
            let value = pair["value"].as_object().and_then(|it| it.values().next());
            let value = value.map(text).unwrap_or_default();
            (pair["key"].as_str().unwrap_or_default().to_owned(), value)
        };
        pairs.iter().map(pair).collect()
    };
    let mut got = Vec::new();
    for of_resource in list(line, "resourceLogs") {
        let service = pairs(&of_resource["resource"])
            .into_iter()
            .find(|(key, _)| key == name::SERVICE_NAME)
            .map_or_else(String::new, |(_, value)| value);
        for of_scope in list(&of_resource, "scopeLogs") {
            let scope = of_scope["scope"]["name"].as_str().unwrap_or_default();
            for record in list(&of_scope, "logRecords") {
                got.push(Got {
                    event: record["eventName"].as_str().unwrap_or_default().to_owned(),
                    service: service.clone(),
                    scope: scope.to_owned(),
                    attributes: pairs(&record),
                });
            }
        }
    }
    got
}

pub(super) fn events(got: &[Got]) -> Vec<(&str, &str)> {
    let sequence = |it: &'_ Got| {
        it.attributes
            .iter()
            .any(|(key, _)| key == attr::SCOUTLINE_SEQUENCE)
    };
    got.iter()
        .map(|it| {
            let number = if sequence(it) {
                it.of(attr::SCOUTLINE_SEQUENCE)
            } else {
                ""
            };
            (it.event.as_str(), number)
        })
        .collect()
}
