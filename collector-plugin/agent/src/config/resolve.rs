//! File over environment over defaults.

use std::path::Path;
use std::time::Duration;

use scoutline_detect::diagnostic::Diagnostics;
use scoutline_detect::{recipe, yaml};
use scoutline_otlp::{
    BatchLimits, DEFAULT_CAPACITY, DEFAULT_CONSUMERS, DEFAULT_METRIC_INTERVAL, DEFAULT_TIMEOUT,
    Destination, ExporterConfig, HttpPath, Remote, Retry, Signal,
};

use super::endpoint::Protocol;
use super::otel::Otel;
use super::{
    Config, DEFAULT_HEARTBEAT, DEFAULT_RECIPE_DIRECTORY, DEFAULT_WINDOW, Exporter, Finding,
    Recipes, Telemetry, expand, file,
};
use crate::variables::Variables;

/// The configuration (`None` if the text is no YAML), and all that is wrong or odd.
pub(super) fn resolve(
    file: Option<(&Path, &str)>,
    variables: &Variables,
) -> (Option<Config>, Vec<Finding>) {
    let (typed, mut findings) = match file {
        Some((path, text)) => typed(path, text, variables),
        None => (Some(file::File::default()), Vec::new()),
    };
    let mut otel = Otel {
        variables,
        findings: &mut findings,
    };
    let mut resource = otel.resource();
    let is_silent = otel.is_sdk_disabled();
    let config = typed.map(|typed| {
        // A file that names exporters wins, so that an environment cannot redirect a root sensor.
        let exporters = if typed.exporters.is_empty() {
            otel.exporters()
        } else {
            typed.exporters.into_iter().map(exporter).collect()
        };
        resource.retain(|(key, _)| typed.resource.iter().all(|(own, _)| own != key));
        resource.extend(typed.resource);
        Config {
            resource,
            file_open: typed.file_open.unwrap_or_default(),
            recipes: recipes(typed.recipes),
            window: typed.detection.window.unwrap_or(DEFAULT_WINDOW),
            spans: typed.detection.spans.unwrap_or(true),
            command_args: typed.detection.command_args.unwrap_or_default(),
            exporters,
            telemetry: telemetry(&typed.telemetry, is_silent),
        }
    });
    (config, findings)
}

fn typed(path: &Path, text: &str, variables: &Variables) -> (Option<file::File>, Vec<Finding>) {
    let mut found = Diagnostics::new(&path.to_string_lossy());
    // A file of comments alone is a configuration, too: nothing in it is changed.
    let is_blank = text
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    let file = if is_blank {
        Some(file::File::default())
    } else {
        yaml::parse_with(text, &mut found, |text| expand::expand(text, variables))
            .and_then(|root| file::read(&root, &mut found))
    };
    (
        file,
        found.into_vec().into_iter().map(Finding::File).collect(),
    )
}

fn recipes(typed: file::Recipes) -> Recipes {
    let default = || {
        let directory = Path::new(DEFAULT_RECIPE_DIRECTORY);
        directory
            .is_dir()
            .then(|| directory.to_owned())
            .into_iter()
            .collect()
    };
    Recipes {
        directories: typed.directories.unwrap_or_else(default),
        options: recipe::Options {
            disable: typed.disable.into_iter().flatten().collect(),
            severity: typed.severity.into_iter().flatten().collect(),
        },
    }
}

/// `is_silent` is about metrics only: a sensor that nobody hears from is one that nobody can rely on.
fn telemetry(typed: &file::Telemetry, is_silent: bool) -> Telemetry {
    let interval = |typed: Option<Duration>, default| {
        Some(typed.unwrap_or(default)).filter(|interval| !interval.is_zero())
    };
    Telemetry {
        metrics_interval: interval(typed.metrics_interval, DEFAULT_METRIC_INTERVAL)
            .filter(|_| !is_silent),
        heartbeat: interval(typed.heartbeat, DEFAULT_HEARTBEAT),
    }
}

/// An exporter with nothing but defaults around its destination.
pub(super) fn with_defaults(
    name: String,
    destination: Destination,
    signals: Vec<Signal>,
) -> Exporter {
    Exporter {
        config: ExporterConfig {
            name,
            destination,
            signals,
            retry: Some(Retry::default()),
            consumers: DEFAULT_CONSUMERS,
        },
        queue_bytes: DEFAULT_CAPACITY,
        batch: BatchLimits::default(),
    }
}

fn exporter(typed: file::Exporter) -> Exporter {
    let destination = match typed.destination {
        file::Destination::File(directory) => Destination::File { directory },
        file::Destination::Otlp(Protocol::Grpc, it) => Destination::Grpc(remote(*it)),
        file::Destination::Otlp(Protocol::Http, it) => Destination::Http {
            remote: remote(*it),
            path: HttpPath::Base,
        },
    };
    let default = with_defaults(typed.name, destination, Signal::ALL.to_vec());
    let batch = typed.queue.batch;
    Exporter {
        config: ExporterConfig {
            retry: retry(typed.retry),
            ..default.config
        },
        queue_bytes: typed.queue.bytes.unwrap_or(default.queue_bytes),
        batch: BatchLimits {
            bytes: batch.bytes.unwrap_or(default.batch.bytes),
            age: batch.age.unwrap_or(default.batch.age),
            ..default.batch
        },
    }
}

fn remote(typed: file::Remote) -> Remote {
    Remote {
        endpoint: typed.endpoint,
        tls: typed.tls,
        headers: typed.headers.unwrap_or_default(),
        compression: typed.compression.unwrap_or_default(),
        timeout: typed.timeout.unwrap_or(DEFAULT_TIMEOUT),
    }
}

fn retry(typed: file::Retry) -> Option<Retry> {
    if typed.enabled == Some(false) {
        return None;
    }
    let default = Retry::default();
    let initial_interval = typed.initial_interval.unwrap_or(default.initial_interval);
    Some(Retry {
        initial_interval,
        multiplier: typed.multiplier.unwrap_or(default.multiplier),
        randomization_factor: typed
            .randomization_factor
            .unwrap_or(default.randomization_factor),
        // A longer first interval raises the bound, as its author meant.
        max_interval: typed
            .max_interval
            .unwrap_or(default.max_interval)
            .max(initial_interval),
        max_elapsed: typed.max_elapsed.unwrap_or(default.max_elapsed),
    })
}
