//! The file as typed: every value read and checked by itself, nothing filled in.

use std::path::PathBuf;
use std::time::Duration;

use scoutline_detect::CommandArgs;
use scoutline_detect::diagnostic::{Diagnostics, suggestion};
use scoutline_detect::yaml::{Fields, Key, Node, Value};
use scoutline_loader::FileOpen;
use scoutline_otlp::{BatchLimits, Compression, DEFAULT_CAPACITY, HeaderError, Headers, Tls};
use scoutline_semconv::Severity;

use super::endpoint::{self, Protocol};
use super::foreign;
use crate::host::FIXED_ATTRIBUTES;

/// Shorter ones would send more than they fold.
const MIN_WINDOW: Duration = Duration::from_millis(100);
/// Longer ones would be read too late.
const MAX_WINDOW: Duration = Duration::from_secs(3600);
/// Shorter ones would say little new, and cost each host of a fleet more than what it has to say otherwise.
const MIN_TELEMETRY: Duration = Duration::from_secs(1);
/// One record may be 32 KiB: a batch holds at least one.
const MIN_BATCH_BYTES: usize = 64 * 1024;
/// gRPC servers refuse larger requests unless told otherwise.
const MAX_BATCH_BYTES: usize = 4 << 20;

/// The whole file.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) resource: Vec<(String, String)>,
    pub(super) file_open: Option<FileOpen>,
    pub(super) recipes: Recipes,
    pub(super) detection: Detection,
    pub(super) exporters: Vec<Exporter>,
    pub(super) telemetry: Telemetry,
}

#[derive(Debug, Default)]
pub(super) struct Recipes {
    pub(super) directories: Option<Vec<PathBuf>>,
    pub(super) disable: Option<Vec<String>>,
    pub(super) severity: Option<Vec<(String, Severity)>>,
}

#[derive(Debug, Default)]
pub(super) struct Detection {
    pub(super) window: Option<Duration>,
    pub(super) spans: Option<bool>,
    pub(super) command_args: Option<CommandArgs>,
}

/// Zero switches one off.
#[derive(Debug, Default)]
pub(super) struct Telemetry {
    pub(super) metrics_interval: Option<Duration>,
    pub(super) heartbeat: Option<Duration>,
}

#[derive(Debug)]
pub(super) struct Exporter {
    pub(super) name: String,
    pub(super) destination: Destination,
    pub(super) retry: Retry,
    pub(super) queue: Queue,
}

#[derive(Debug)]
pub(super) enum Destination {
    Otlp(Protocol, Box<Remote>),
    File(PathBuf),
}

#[derive(Debug)]
pub(super) struct Remote {
    pub(super) endpoint: String,
    pub(super) tls: Tls,
    pub(super) headers: Option<Headers>,
    pub(super) compression: Option<Compression>,
    pub(super) timeout: Option<Duration>,
}

#[derive(Debug, Default)]
pub(super) struct Retry {
    pub(super) enabled: Option<bool>,
    pub(super) initial_interval: Option<Duration>,
    pub(super) multiplier: Option<f32>,
    pub(super) randomization_factor: Option<f64>,
    pub(super) max_interval: Option<Duration>,
    pub(super) max_elapsed: Option<Duration>,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) bytes: Option<usize>,
    pub(super) batch: Batch,
}

#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) age: Option<Duration>,
    pub(super) bytes: Option<usize>,
}

/// Reads the file. Parts that are wrong are told and left out.
pub(super) fn read(root: &Node, found: &mut Diagnostics) -> Option<File> {
    root.mapping(found, |fields| {
        let file = File {
            resource: fields.optional("resource", resource).unwrap_or_default(),
            file_open: fields.optional("sensor", sensor).flatten(),
            recipes: fields.optional("recipes", recipes).unwrap_or_default(),
            detection: fields.optional("detection", detection).unwrap_or_default(),
            exporters: fields.optional("exporters", exporters).unwrap_or_default(),
            telemetry: fields.optional("telemetry", telemetry).unwrap_or_default(),
        };
        foreign::TOP.refuse(fields);
        Some(file)
    })
}

fn resource(node: &Node, found: &mut Diagnostics) -> Option<Vec<(String, String)>> {
    let mut attributes = Vec::new();
    for (key, value) in node.entries(found)? {
        if FIXED_ATTRIBUTES.contains(&key.name.as_str()) {
            found.error_with_help(
                key.position,
                format!("\"{}\" is always set by the sensor", key.name),
                "leave it out; searches and dashboards depend on its value",
            );
        } else if let Some(value) = value.string(found) {
            attributes.push((key.name.clone(), value));
        }
    }
    Some(attributes)
}

fn sensor(node: &Node, found: &mut Diagnostics) -> Option<Option<FileOpen>> {
    node.mapping(found, |fields| {
        Some(fields.optional("hooks", hooks).flatten())
    })
}

fn hooks(node: &Node, found: &mut Diagnostics) -> Option<Option<FileOpen>> {
    const CHOICES: [(&str, FileOpen); 4] = [
        ("auto", FileOpen::Auto),
        ("lsm", FileOpen::Lsm),
        ("fentry", FileOpen::Fentry),
        ("syscall", FileOpen::Syscall),
    ];
    node.mapping(found, |fields| {
        Some(fields.optional("file_open", |node, found| {
            if is_word(node, "kprobe") {
                found.error_with_help(
                    node.position,
                    "\"kprobe\" is not supported by this version",
                    "write auto, lsm, fentry or syscall",
                );
                return None;
            }
            node.choice(&CHOICES, found)
        }))
    })
}

fn recipes(node: &Node, found: &mut Diagnostics) -> Option<Recipes> {
    node.mapping(found, |fields| {
        let recipes = Recipes {
            directories: fields.optional("directories", |node, found| {
                node.sequence(found, absolute_path)
            }),
            disable: fields.optional("disable", |node, found| node.sequence(found, Node::string)),
            severity: fields.optional("severity", severities),
        };
        foreign::RECIPES.refuse(fields);
        Some(recipes)
    })
}

fn severities(node: &Node, found: &mut Diagnostics) -> Option<Vec<(String, Severity)>> {
    let choices = Severity::ALL.map(|severity| (severity.name(), severity));
    let entries = node.entries(found)?;
    Some(
        entries
            .iter()
            .filter_map(|(key, value)| Some((key.name.clone(), value.choice(&choices, found)?)))
            .collect(),
    )
}

fn detection(node: &Node, found: &mut Diagnostics) -> Option<Detection> {
    let arguments = CommandArgs::ALL.map(|how| (how.name(), how));
    node.mapping(found, |fields| {
        let window = fields.optional("window", |node, found| {
            let window = node.duration(found)?;
            if (MIN_WINDOW..=MAX_WINDOW).contains(&window) {
                return Some(window);
            }
            node.unexpected("a duration from 100ms to 1h", found)
        });
        Some(Detection {
            window,
            spans: fields.optional("spans", Node::boolean),
            command_args: fields
                .optional("command_args", |node, found| node.choice(&arguments, found)),
        })
    })
}

fn telemetry(node: &Node, found: &mut Diagnostics) -> Option<Telemetry> {
    node.mapping(found, |fields| {
        Some(Telemetry {
            metrics_interval: fields.optional("metrics_interval", interval),
            heartbeat: fields.optional("heartbeat", interval),
        })
    })
}

fn interval(node: &Node, found: &mut Diagnostics) -> Option<Duration> {
    let interval = node.duration(found)?;
    if interval.is_zero() || interval >= MIN_TELEMETRY {
        return Some(interval);
    }
    node.unexpected("a duration from 1s on, or 0s for never", found)
}

fn exporters(node: &Node, found: &mut Diagnostics) -> Option<Vec<Exporter>> {
    let entries = node.entries(found)?;
    Some(
        entries
            .iter()
            .filter_map(|(key, node)| exporter(key, node, found))
            .collect(),
    )
}

fn exporter(key: &Key, node: &Node, found: &mut Diagnostics) -> Option<Exporter> {
    const KINDS: [&str; 5] = ["otlp_grpc", "otlp_http", "otlp", "otlphttp", "file"];
    let (kind, own) = match key.name.split_once('/') {
        Some((kind, own)) => (kind, Some(own)),
        None => (key.name.as_str(), None),
    };
    if own.is_some_and(|own| own.trim().is_empty()) {
        found.error(key.position, "an exporter has no name after its /");
        return None;
    }
    match kind {
        "otlp_grpc" | "otlp" => otlp(&key.name, Protocol::Grpc, node, found),
        "otlp_http" | "otlphttp" => otlp(&key.name, Protocol::Http, node, found),
        "file" => node.mapping(found, |fields| {
            let directory = fields.required("directory", absolute_path);
            foreign::FILE.refuse(fields);
            Some(Exporter {
                name: key.name.clone(),
                destination: Destination::File(directory?),
                retry: Retry::default(),
                queue: Queue::default(),
            })
        }),
        _ => {
            let known = "known: otlp_grpc, otlp_http, file, each also as otlp_grpc/name";
            let help = suggestion(kind, KINDS);
            found.error_with_help(
                key.position,
                format!("unknown exporter \"{kind}\""),
                help.as_deref().unwrap_or(known),
            );
            None
        }
    }
}

fn otlp(name: &str, protocol: Protocol, node: &Node, found: &mut Diagnostics) -> Option<Exporter> {
    node.mapping(found, |fields| {
        let endpoint = fields.required("endpoint", |node, found| {
            let endpoint = node.string(found)?;
            match endpoint::check(&endpoint, protocol) {
                Ok(()) => Some(endpoint),
                Err(bad) => {
                    found.error_with_help(node.position, bad.message, bad.help);
                    None
                }
            }
        });
        let tls = fields.optional("tls", tls);
        let headers = fields.optional("headers", headers);
        let compression = fields.optional("compression", compression);
        let timeout = fields.optional("timeout", Node::duration);
        let retry = fields.optional("retry_on_failure", retry);
        let queue = fields.optional("sending_queue", queue);
        match protocol {
            Protocol::Grpc => foreign::GRPC.refuse(fields),
            Protocol::Http => foreign::HTTP.refuse(fields),
        }
        let remote = Remote {
            endpoint: endpoint?,
            tls: tls.unwrap_or_default(),
            headers,
            compression,
            timeout,
        };
        Some(Exporter {
            name: name.to_owned(),
            destination: Destination::Otlp(protocol, Box::new(remote)),
            retry: retry.unwrap_or_default(),
            queue: queue.unwrap_or_default(),
        })
    })
}

fn tls(node: &Node, found: &mut Diagnostics) -> Option<Tls> {
    node.mapping(found, |fields| {
        let tls = Tls {
            ca_file: fields.optional("ca_file", absolute_path),
            cert_file: fields.optional("cert_file", absolute_path),
            key_file: fields.optional("key_file", absolute_path),
            server_name_override: fields.optional("server_name_override", Node::string),
            insecure: fields
                .optional("insecure", Node::boolean)
                .unwrap_or_default(),
        };
        for (one, other, missing) in [
            (&tls.cert_file, &tls.key_file, "key_file"),
            (&tls.key_file, &tls.cert_file, "cert_file"),
        ] {
            if one.is_some() && other.is_none() {
                let at = fields.position();
                let message = format!("the key \"{missing}\" is missing");
                fields.diagnostics().error_with_help(
                    at,
                    message,
                    "cert_file and key_file go together",
                );
            }
        }
        foreign::TLS.refuse(fields);
        Some(tls)
    })
}

fn headers(node: &Node, found: &mut Diagnostics) -> Option<Headers> {
    let mut headers = Headers::default();
    for (key, node) in node.entries(found)? {
        let Some(value) = node.string(found) else {
            continue;
        };
        if let Err(error) = headers.insert(&key.name, &value) {
            let at = match error {
                HeaderError::Name { .. } => key.position,
                HeaderError::Value { .. } => node.position,
            };
            found.error(at, error.to_string());
        }
    }
    Some(headers)
}

fn compression(node: &Node, found: &mut Diagnostics) -> Option<Compression> {
    const CHOICES: [(&str, Compression); 3] = [
        ("gzip", Compression::Gzip),
        ("zstd", Compression::Zstd),
        ("none", Compression::None),
    ];
    node.choice(&CHOICES, found)
}

fn retry(node: &Node, found: &mut Diagnostics) -> Option<Retry> {
    node.mapping(found, |fields| {
        Some(Retry {
            enabled: fields.optional("enabled", Node::boolean),
            initial_interval: fields.optional("initial_interval", positive),
            multiplier: fields.optional("multiplier", |node, found| {
                let multiplier = node.number(1.0..=10.0, found)?;
                Some(multiplier as f32)
            }),
            randomization_factor: fields.optional("randomization_factor", |node, found| {
                node.number(0.0..=1.0, found)
            }),
            max_interval: fields.optional("max_interval", positive),
            max_elapsed: fields.optional("max_elapsed_time", Node::duration),
        })
    })
}

fn queue(node: &Node, found: &mut Diagnostics) -> Option<Queue> {
    node.mapping(found, |fields| {
        fields.optional("sizer", |node, found| {
            if is_word(node, "items") || is_word(node, "requests") {
                found.error_with_help(
                    node.position,
                    "this sizer is not supported by this version",
                    "write bytes, and queue_size and max_size in bytes",
                );
                return None;
            }
            node.choice(&[("bytes", ())], found)
        });
        let bytes = fields.optional("queue_size", size);
        let batch = fields.optional("batch", batch).unwrap_or_default();
        foreign::QUEUE.refuse(fields);
        let queue = Queue { bytes, batch };
        check_queue_size(fields, &queue);
        Some(queue)
    })
}

fn check_queue_size(fields: &mut Fields<'_, '_>, queue: &Queue) {
    let batch = queue.batch.bytes.unwrap_or(BatchLimits::DEFAULT_BYTES);
    if queue.bytes.unwrap_or(DEFAULT_CAPACITY) >= batch {
        return;
    }
    let at = fields
        .node("queue_size")
        .map_or(fields.position(), |node| node.position);
    fields.diagnostics().error_with_help(
        at,
        "the queue is smaller than one batch",
        format!("write at least {batch}, or make batch.max_size smaller"),
    );
}

fn batch(node: &Node, found: &mut Diagnostics) -> Option<Batch> {
    node.mapping(found, |fields| {
        let age = fields.optional("flush_timeout", positive);
        let bytes = fields.optional("max_size", |node, found| {
            let size = size(node, found)?;
            if (MIN_BATCH_BYTES..=MAX_BATCH_BYTES).contains(&size) {
                return Some(size);
            }
            node.unexpected("a size from 64KiB to 4MiB", found)
        });
        foreign::BATCH.refuse(fields);
        Some(Batch { age, bytes })
    })
}

fn size(node: &Node, found: &mut Diagnostics) -> Option<usize> {
    match usize::try_from(node.size(found)?) {
        Ok(size) => Some(size),
        Err(_) => node.unexpected("a size that fits into memory", found),
    }
}

fn positive(node: &Node, found: &mut Diagnostics) -> Option<Duration> {
    let duration = node.duration(found)?;
    if duration.is_zero() {
        return node.unexpected("a duration longer than 0s", found);
    }
    Some(duration)
}

/// A sensor has no working directory that its users could know.
fn absolute_path(node: &Node, found: &mut Diagnostics) -> Option<PathBuf> {
    let path = PathBuf::from(node.string(found)?);
    if path.is_absolute() {
        return Some(path);
    }
    node.unexpected("a path that begins with /", found)
}

fn is_word(node: &Node, word: &str) -> bool {
    matches!(&node.value, Value::Scalar(scalar) if scalar.text == word)
}
