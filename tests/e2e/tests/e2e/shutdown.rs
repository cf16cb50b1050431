//! The end of `run`: what happened before it still arrives.

use anyhow::Result;
use rustix::process::Signal;
use scoutline_e2e::{Collector, Received, Sensor};
use scoutline_semconv::attr;

use crate::{Binaries, Case, deeds};

pub(crate) const CASES: &[(&str, Case)] = &[
    ("SIGTERM right after a deed", |it| flushes(it, Signal::TERM)),
    ("SIGINT right after a deed", |it| flushes(it, Signal::INT)),
];

fn flushes(binaries: &Binaries, signal: Signal) -> Result<()> {
    let collector = Collector::start(&binaries.collector)?;
    let mut records = collector.records()?;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.http());
    let sensor = Sensor::run(&binaries.sensor, [""; 0], &[endpoint])?;
    let pid = deeds::read_version()?;
    let ended = sensor.stop_by(signal)?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    collector.wait_for_last()?;
    let is_ours = |it: &&Received| it.number(attr::PROCESS_PID) == Some(pid);
    let all = records.wait_until("first and summary", |all| {
        all.iter().filter(is_ours).count() == 2
    })?;
    deeds::check_transport(all);
    assert_eq!(deeds::firsts(all.iter().filter(is_ours)), 1);
    Ok(())
}
