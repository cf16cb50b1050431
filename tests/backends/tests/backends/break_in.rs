//! A break-in, from the login to the sniffer, on this machine, and what Jaeger tells of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use rustix::process::Signal;
use scoutline_backends::{Bed, Binaries, Trace, Tree};
use scoutline_e2e::{Program, Received, Sensor, login};
use scoutline_semconv::{attr, limits};
use tempfile::TempDir;

/// A case with a sensor.
pub(crate) type Case = fn(&Binaries, &Path) -> Result<()>;

pub(crate) const CASES: &[(&str, Case)] = &[
    ("one trace tells the story", story),
    ("a sensor that was killed goes on with the trace", killed),
    ("a long session is linked slices", slices),
];

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../corpus/break-in.sh");

/// What the trace looks like: who started whom.
const STORY: &str = "bash\n  sh\n    cat\n    cat\n    cat\n    tcpdump\n    nmap\n";

/// What is detected: recipe and executable. A login shell's own start-up may add to it.
const STEPS: [(&str, &str); 6] = [
    ("machine_fingerprint", "cat"),
    ("net_scan_tool_exec", "nmap"),
    ("net_sniff_tool_exec", "tcpdump"),
    ("os_fingerprint", "cat"),
    ("os_fingerprint", "dash"),
    ("os_network_fingerprint", "cat"),
];

/// What people want to see beside the names.
const TAGS: [&str; 3] = [
    attr::PROCESS_PID,
    attr::SCOUTLINE_EPISODE_RECIPES,
    attr::PROCESS_EXIT_CODE,
];

fn story(binaries: &Binaries, sensor: &Path) -> Result<()> {
    let mut bed = Bed::start(binaries)?;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", bed.collector().http());
    let sensor = Sensor::run(sensor, [""; 0], &[endpoint])?;
    let mut script = Command::new(SCRIPT);
    let ended = Program::start(script.stdin(Stdio::null()))?.wait()?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let ended_sensor = sensor.stop()?;
    assert_eq!(ended_sensor.code, Some(0), "{}", ended_sensor.stderr);
    let leader = leader(&ended.stdout)?;
    check_steps(&mut bed, leader)?;
    check_story(&mut bed, leader)
}

fn killed(binaries: &Binaries, sensor: &Path) -> Result<()> {
    let mut bed = Bed::start(binaries)?;
    let state = TempDir::new()?;
    let pause = state.path().join("go-on");
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", bed.collector().http()),
        ("STATE_DIRECTORY", state.path().display().to_string()),
    ];
    let first = Sensor::run(sensor, [""; 0], &variables)?;
    let mut script = Command::new(SCRIPT);
    let mut script = Program::start(script.arg(&pause).stdin(Stdio::null()))?;
    let half = |all: &[Received]| {
        let of_cat = |it: &&Received| it.text(attr::PROCESS_EXECUTABLE_NAME) == "cat";
        all.iter().filter(of_cat).count() >= 3
    };
    bed.records().wait_until("the first half", half)?;
    first.stop_by(Signal::KILL)?;
    let second = Sensor::run(sensor, [""; 0], &variables)?;
    fs::write(&pause, "")?;
    let ended = script.wait()?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let ended_sensor = second.stop()?;
    assert_eq!(ended_sensor.code, Some(0), "{}", ended_sensor.stderr);
    check_story(&mut bed, leader(&ended.stdout)?)
}

/// More programs than a trace has room for, in one session.
fn slices(binaries: &Binaries, sensor: &Path) -> Result<()> {
    const PROGRAMS: usize = limits::SPANS + 50;
    let mut bed = Bed::start(binaries)?;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", bed.collector().http());
    let sensor = Sensor::run(sensor, [""; 0], &[endpoint])?;
    let folder = TempDir::new()?;
    let script = format!(
        "echo $$; cd {folder}; cp /usr/bin/cat cat; i=0
        while [ $i -lt {PROGRAMS} ]; do ln -f cat c$i; mv c$i d$i; ./d$i /proc/version; i=$((i + 1)); done >&2",
        folder = folder.path().display(),
    );
    let mut command = login();
    command.args(["sh", "-c", &script]).stdin(Stdio::null());
    let ended = Program::start(&mut command)?.wait()?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let leader = leader(&ended.stdout)?;
    let ended = sensor.stop()?;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);

    let uid = session(&mut bed, leader)?;
    let mut traces = bed.session(&uid, 2)?;
    traces.sort_by_key(Trace::start_us);
    let spans: Vec<_> = traces.iter().map(|trace| trace.spans.len()).collect();
    assert_eq!(spans, [limits::SPANS, PROGRAMS - (limits::SPANS - 1) + 1]);
    let trees: Vec<_> = traces.iter().map(Tree::of).collect();
    for tree in &trees {
        tree.check(&TAGS)?;
    }
    let root = |tree: usize| trees[tree].root().context("a root");
    let (first, second) = (root(0)?, root(1)?);
    let links = second.span().links();
    let linked: Vec<_> = links.map(|link| (link.trace, link.span)).collect();
    assert_eq!(linked, [(traces[0].id, first.span().id)]);
    Ok(())
}

/// The pid that a script printed.
fn leader(printed: &str) -> Result<i64> {
    let first = printed.lines().next().unwrap_or_default();
    first.trim().parse().context(printed.to_owned())
}

/// Each step is one session's.
fn check_steps(bed: &mut Bed, leader: i64) -> Result<()> {
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
    bed.records()
        .wait_until("each step", |all| steps(all).is_superset(&expected))?;
    Ok(())
}

/// One trace of the session is in Jaeger, whole, and it tells who started whom.
fn check_story(bed: &mut Bed, leader: i64) -> Result<()> {
    let uid = session(bed, leader)?;
    let traces = bed.session(&uid, 1)?;
    let tree = Tree::of(traces.first().context("waited for")?);
    tree.check(&TAGS)?;
    // `sh` is a link on Debian; what counts is the file.
    let outline = tree.outline().replace("dash", "sh");
    assert_eq!(outline, STORY, "{}", tree.render(&TAGS));
    Ok(())
}

/// The session of the processes that `leader` leads; there is one only.
fn session(bed: &mut Bed, leader: i64) -> Result<String> {
    let all = bed
        .records()
        .wait_until("its records", |all| all.iter().any(|it| is_of(it, leader)))?;
    let ours = all.iter().filter(|it| is_of(it, leader));
    let sessions: BTreeSet<_> = ours
        .map(|it| it.text(attr::SCOUTLINE_SESSION_UID).to_owned())
        .collect();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    sessions.into_iter().next().context("counted above")
}

fn is_of(received: &Received, leader: i64) -> bool {
    received.number(attr::PROCESS_SESSION_LEADER_PID) == Some(leader)
}
