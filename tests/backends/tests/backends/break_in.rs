//! A break-in, from the login to the sniffer, on this machine.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use scoutline_backends::{Bed, Binaries};
use scoutline_e2e::{Program, Received, Sensor};
use scoutline_semconv::attr;

/// A case with a sensor.
pub(crate) type Case = fn(&Binaries, &Path) -> Result<()>;

pub(crate) const CASES: &[(&str, Case)] = &[("each step is one session's", steps)];

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/break-in.sh");

/// What is detected: recipe and executable. A login shell's own start-up may add to it.
const STEPS: [(&str, &str); 5] = [
    ("machine_fingerprint", "cat"),
    ("net_scan_tool_exec", "nmap"),
    ("net_sniff_tool_exec", "tcpdump"),
    ("os_fingerprint", "cat"),
    ("os_network_fingerprint", "cat"),
];

fn steps(binaries: &Binaries, sensor: &Path) -> Result<()> {
    let mut bed = Bed::start(binaries)?;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", bed.collector().http());
    let sensor = Sensor::run(sensor, [""; 0], &[endpoint])?;
    let mut script = Command::new(SCRIPT);
    let ended = Program::start(script.stdin(Stdio::null()))?.wait()?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let leader: i64 = ended.stdout.trim().parse().context(ended.stdout.clone())?;
    let ended = sensor.stop()?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);

    let steps = |all: &[Received]| -> BTreeSet<(String, String)> {
        let ours = all.iter().filter(|it| is_of(it, leader));
        let step = |it: &Received| {
            let name = |name| it.text(name).to_owned();
            (
                name(attr::SECURITY_RULE_NAME),
                name(attr::PROCESS_EXECUTABLE_NAME),
            )
        };
        ours.map(step).collect()
    };
    let expected = STEPS.map(|(recipe, name)| (recipe.to_owned(), name.to_owned()));
    let expected = BTreeSet::from(expected);
    let all = bed
        .records()
        .wait_until("each step", |all| steps(all).is_superset(&expected))?;
    let ours = all.iter().filter(|it| is_of(it, leader));
    let sessions: BTreeSet<_> = ours
        .map(|it| it.text(attr::SCOUTLINE_SESSION_UID))
        .collect();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    Ok(())
}

fn is_of(received: &Received, leader: i64) -> bool {
    received.number(attr::PROCESS_SESSION_LEADER_PID) == Some(leader)
}
