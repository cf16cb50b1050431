//! What is done arrives, over every way to the Collector.

use std::fs;

use anyhow::Result;
use libtest_mimic::Trial;
use scoutline_e2e::{Collector, Program, Sensor};
use scoutline_semconv::attr;

use crate::deeds::{self, Done};
use crate::{Binaries, trial};

/// Who watches.
#[derive(Clone, Copy, Debug)]
enum Command {
    Run,
    Exec,
}

/// How the sensor reaches the Collector.
#[derive(Clone, Copy, Debug)]
enum Way {
    Grpc,
    Http,
    Unix,
}

/// Where the sensor learns that from.
#[derive(Clone, Copy, Debug)]
enum Source {
    File,
    Environment,
}

const WAYS: [(Way, Source, &str); 11] = [
    (Way::Grpc, Source::File, "gzip"),
    (Way::Grpc, Source::File, "zstd"),
    (Way::Grpc, Source::File, "none"),
    (Way::Grpc, Source::Environment, "gzip"),
    (Way::Grpc, Source::Environment, "none"),
    (Way::Http, Source::File, "gzip"),
    (Way::Http, Source::File, "zstd"),
    (Way::Http, Source::File, "none"),
    (Way::Http, Source::Environment, "gzip"),
    (Way::Http, Source::Environment, "none"),
    (Way::Unix, Source::File, "none"),
];

pub(crate) fn trials(binaries: &Binaries) -> Vec<Trial> {
    let mut trials = Vec::new();
    for command in [Command::Run, Command::Exec] {
        for (way, source, compression) in WAYS {
            let name = format!("delivery: {command:?} {way:?} {source:?} {compression}");
            let case =
                move |binaries: &Binaries| delivers(binaries, command, way, source, compression);
            trials.push(trial(name.to_lowercase(), binaries, case));
        }
    }
    trials
}

fn delivers(
    binaries: &Binaries,
    command: Command,
    way: Way,
    source: Source,
    compression: &str,
) -> Result<()> {
    let collector = Collector::start(&binaries.collector)?;
    let mut records = collector.records()?;
    let mut spans = collector.spans()?;
    let (arguments, variables) = settings(&collector, way, source, compression)?;
    let done = match command {
        Command::Run => {
            let sensor = Sensor::run(&binaries.sensor, &arguments, &variables)?;
            let done = Done::in_session()?;
            records.wait_until("five first records", |all| {
                deeds::firsts(all.iter().filter(|it| done.is_about(it))) == deeds::EXPECTED.len()
            })?;
            let ended = sensor.stop()?;
            assert_eq!(ended.code, Some(0), "{}", ended.stderr);
            assert!(!ended.stderr.contains("WARN"), "{}", ended.stderr);
            assert_eq!(ended.stdout, "", "a Collector is there for detections");
            done
        }
        Command::Exec => {
            let mut command = deeds::exec_command(&binaries.sensor, &arguments);
            command.envs(variables);
            let ended = Program::start(&mut command)?.wait()?;
            assert_eq!(ended.code, Some(0), "{}", ended.stderr);
            Done::read(&ended.stdout)?
        }
    };
    // The sensor has ended, so all that it counted is on its way into the file.
    collector.wait_for_last()?;
    let all = records.wait_until("five summaries", |all| {
        let ours = all.iter().filter(|it| done.is_about(it));
        let summaries = ours.filter(|it| it.text(attr::SCOUTLINE_DETECTION_PHASE) == "summary");
        summaries.count() == deeds::EXPECTED.len()
    })?;
    deeds::check_transport(all);
    deeds::check_detections(all, &done)?;
    let sent = spans.wait_until("the spans of all records", |spans| {
        !deeds::lack_spans(all, spans)
    })?;
    deeds::check_spans(all, sent);
    if matches!(command, Command::Exec) {
        assert!(
            all.iter().all(|it| done.is_about(it)),
            "only CMD is watched"
        );
    }
    Ok(())
}

/// Arguments and variables of a command line.
type Settings = (Vec<String>, Vec<(&'static str, String)>);

/// What leads the sensor there.
fn settings(
    collector: &Collector,
    way: Way,
    source: Source,
    compression: &str,
) -> Result<Settings> {
    let (exporter, protocol, endpoint) = match way {
        Way::Grpc => ("otlp_grpc", "grpc", collector.grpc()),
        Way::Http => ("otlp_http", "http/protobuf", collector.http()),
        Way::Unix => ("otlp_grpc/unix", "grpc", collector.unix()),
    };
    Ok(match source {
        Source::File => {
            let file = collector.directory().join("scoutline.yaml");
            let text = format!(
                "exporters:\n  {exporter}:\n    endpoint: {endpoint}\n    compression: {compression}\n"
            );
            fs::write(&file, text)?;
            let arguments = vec!["--config".to_owned(), file.display().to_string()];
            (arguments, Vec::new())
        }
        Source::Environment => {
            let variables = vec![
                ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.to_owned()),
                ("OTEL_EXPORTER_OTLP_COMPRESSION", compression.to_owned()),
            ];
            (Vec::new(), variables)
        }
    })
}
