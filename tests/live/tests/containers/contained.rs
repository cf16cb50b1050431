//! What happens in containers.

use std::fs;

use libtest_mimic::Failed;
use scoutline_live::Span;
use scoutline_semconv::attr;

use crate::Case;
use crate::cgroups::Hierarchy;
use crate::engine::{Container, succeeded};
use crate::shapes::{Identity, SHAPES, Shape};
use crate::suite::{Mark, OS, Problems, SCAN, Suite, found, start};

pub(crate) const CASES: [(&str, Case); 4] = [
    ("there before the sensor, and its spans", before_the_sensor),
    ("gone at once", gone_at_once),
    ("a cgroup that is removed at once", removed_at_once),
    ("twenty at once", twenty_at_once),
];
pub(crate) const IN_V1: &str = "known by v1 alone";

/// A fingerprint and a scan, then it waits for the end. busybox has no applet of that name, which ends well nevertheless.
const SCRIPT: &str = "cat /proc/version MARK 2>/dev/null; nmap MARK 2>/dev/null; read line; :";

/// Enough for a race to be lost.
const TIMES: usize = 20;

impl Suite {
    fn contain(&self, identity: &Identity, mark: &Mark) -> Result<Container<'_>, Failed> {
        let script = SCRIPT.replace("MARK", mark.as_str());
        self.engine.start(&identity.cgroup, &["sh", "-c", &script])
    }
}

/// Two containers of one engine, a process that enters one of them, and the host beside them.
pub(crate) fn is_known(suite: &Suite, shape: &Shape) -> Result<(), Failed> {
    suite.sensor()?;
    let identities = [shape.identity()?, shape.identity()?];
    let marks = [suite.mark(), suite.mark(), suite.mark(), suite.mark()];
    let [own, other, entered, host] = &marks;
    let container = suite.contain(&identities[0], own)?;
    let beside = suite.contain(&identities[1], other)?;
    let (read, scanned) = (suite.found(OS, own)?, suite.found(SCAN, own)?);
    let read_beside = suite.found(OS, other)?;
    let script = format!(
        "busybox-entered cat /proc/version {} 2>/dev/null; :",
        entered.as_str()
    );
    container.enter(&["sh", "-c", &script])?;
    suite.read_version(host)?;
    let (read_entered, read_host) = (suite.found(OS, entered)?, suite.found(OS, host)?);
    container.end()?;
    beside.end()?;

    let mut problems = Problems::default();
    for found in [&read, &scanned, &read_entered] {
        problems.in_container(found, &identities[0]);
        problems.in_own_namespaces(found, &read_host);
        problems.equal("session", read.session(), found.session());
        problems.below_this_program(found)?;
    }
    problems.in_container(&read_beside, &identities[1]);
    problems.in_own_namespaces(&read_beside, &read_host);
    problems.differ("sessions", read.session(), read_beside.session());
    problems.on_host(&read_host);
    problems.differ("sessions", read.session(), read_host.session());
    problems.result()
}

/// Of a container that no event told of, and what the spans of its trace are about.
fn before_the_sensor(suite: &Suite) -> Result<(), Failed> {
    let script = "echo; read line; cat /proc/version $line 2>/dev/null; nmap $line 2>/dev/null; read line; :";
    let identity = SHAPES[5].identity()?;
    let mut container = suite
        .engine
        .start(&identity.cgroup, &["sh", "-c", script])?;
    let (own, host) = (suite.mark(), suite.mark());
    container.ready()?;
    let sensor = start()?;
    container.tell(own.as_str())?;
    suite.read_version(&host)?;
    let (read, scanned) = (found(&sensor, OS, &own)?, found(&sensor, SCAN, &own)?);
    let read_host = found(&sensor, OS, &host)?;
    container.end()?;
    let ended = sensor.stop()?;
    ended.unhurt()?;

    let mut problems = Problems::default();
    for found in [&read, &scanned] {
        problems.in_container(found, &identity);
        problems.in_own_namespaces(found, &read_host);
        problems.equal("session", read.session(), found.session());
    }
    problems.on_host(&read_host);
    let mut spans = Vec::new();
    for line in fs::read_to_string(ended.directory.path().join("traces.jsonl"))?.lines() {
        spans.extend(Span::of_line(line)?);
    }
    for found in [&read, &scanned, &read_host] {
        let trace = found.first.trace_id();
        let of_trace = || spans.iter().filter(|span| span.trace_id() == trace);
        let executable = found.first.text(attr::PROCESS_EXECUTABLE_NAME);
        let named = of_trace().filter(|span| span.name() == executable);
        problems.equal("spans of the process", true, named.count() > 0);
        for span in of_trace() {
            problems.equal("of a span", &found.first.resource, &span.resource);
        }
    }
    problems.result()
}

/// One process of a few milliseconds; when its record is written there is no cgroup any more.
fn gone_at_once(suite: &Suite) -> Result<(), Failed> {
    suite.sensor()?;
    let mut deeds = Vec::new();
    for shape in SHAPES.iter().cycle().take(TIMES) {
        let (identity, mark) = (shape.identity()?, suite.mark());
        let args = ["nmap", mark.as_str()];
        // It ends as busybox does that was called by a name it does not know.
        let _ = suite.engine.start(&identity.cgroup, &args)?.end();
        deeds.push((identity, mark));
    }
    all_are_known(suite, SCAN, &deeds)
}

/// The same without an engine, which takes its time.
fn removed_at_once(suite: &Suite) -> Result<(), Failed> {
    const SCRIPT: &str = r#"
        d=$1; shift
        for deed; do
            id=${deed%:*}
            mkdir "$d/$id"
            sh -c 'echo 0 >"$0/cgroup.procs" && exec cat /proc/version "$1"' "$d/$id" "${deed#*:}" 2>/dev/null || :
            rmdir "$d/$id"
        done"#;
    suite.sensor()?;
    let parent = suite.engine.hierarchy().make("/docker")?;
    let mut deeds = Vec::new();
    for _ in 0..TIMES {
        deeds.push((SHAPES[0].identity()?, suite.mark()));
    }
    let words: Vec<_> = deeds
        .iter()
        .map(|(identity, mark)| format!("{}:{}", identity.id, mark.as_str()))
        .collect();
    let mut deed = suite.on_host(&["sh", "-ec", SCRIPT, "sh"]);
    succeeded(&deed.arg(parent).args(words).output()?)?;
    all_are_known(suite, OS, &deeds)
}

fn twenty_at_once(suite: &Suite) -> Result<(), Failed> {
    suite.sensor()?;
    let mut deeds = Vec::new();
    let mut containers = Vec::new();
    for shape in SHAPES.iter().cycle().take(TIMES) {
        let (identity, mark) = (shape.identity()?, suite.mark());
        containers.push(suite.contain(&identity, &mark)?);
        deeds.push((identity, mark));
    }
    all_are_known(suite, OS, &deeds)?;
    all_are_known(suite, SCAN, &deeds)?;
    for container in containers {
        container.end()?;
    }
    Ok(())
}

/// Each deed was in its own container, and in a session of its own.
fn all_are_known(suite: &Suite, rule: &str, deeds: &[(Identity, Mark)]) -> Result<(), Failed> {
    let mut problems = Problems::default();
    let mut sessions = Vec::new();
    for (identity, mark) in deeds {
        let found = suite.found(rule, mark)?;
        problems.in_container(&found, identity);
        sessions.push(found.session().map(str::to_owned));
    }
    sessions.sort();
    sessions.dedup();
    problems.equal("sessions", deeds.len(), sessions.len());
    problems.result()
}

/// Where an engine makes its cgroups on v1, v2 is there too but knows nothing of them.
pub(crate) fn is_known_by_v1(suite: &Suite) -> Result<(), Failed> {
    const SCRIPT: &str = r#"echo 0 >"$0/cgroup.procs" && exec cat /proc/version "$1""#;
    suite.sensor()?;
    let hierarchy = Hierarchy::v1()?;
    let identity = SHAPES[0].identity()?;
    let place = hierarchy.make(&identity.cgroup)?;
    let mark = suite.mark();
    let mut deed = suite.on_host(&["sh", "-c", SCRIPT]);
    deed.arg(place).arg(mark.as_str()).output()?;
    let mut problems = Problems::default();
    problems.in_container(&suite.found(OS, &mark)?, &identity);
    problems.result()
}
