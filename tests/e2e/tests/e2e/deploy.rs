//! What deploy/ ships receives what the sensor sends.

use std::path::Path;

use anyhow::Result;
use scoutline_e2e::{Collector, Program};

use crate::deeds::{self, Done};
use crate::{Binaries, Case};

pub(crate) const CASES: &[(&str, Case)] = &[("agent.yaml receives", agent)];

const AGENT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../deploy/collector/agent.yaml"
);

fn agent(binaries: &Binaries) -> Result<()> {
    let collector = Collector::deploy(&binaries.collector, Path::new(AGENT), &[])?;
    let mut records = collector.records()?;
    for (protocol, endpoint) in [
        ("grpc", collector.grpc()),
        ("http/protobuf", collector.http()),
    ] {
        let mut command = deeds::exec_command(&binaries.sensor, &[]);
        command.env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
        let ended = Program::start(&mut command)?.wait()?;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let done = Done::read(&ended.stdout)?;
        let all = records.wait_until("all records", |all| {
            all.iter().filter(|it| done.is_about(it)).count() == 2 * deeds::EXPECTED.len()
        })?;
        deeds::check_transport(all);
        deeds::check_detections(all, &done)?;
    }
    Ok(())
}
