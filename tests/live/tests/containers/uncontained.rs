//! What looks like a container, or is half of one, and is none.

use libtest_mimic::Failed;
use scoutline_semconv::{attr, resource};

use crate::Case;
use crate::engine::succeeded;
use crate::shapes::new_id;
use crate::suite::{Found, OS, Problems, SCAN, Suite};

pub(crate) const CASES: [(&str, Case); 3] = [
    ("a chroot is none", a_chroot),
    (
        "a pid namespace is none, and its lineage goes on",
        a_pid_namespace,
    ),
    ("one that a login makes up is none", made_up),
];

fn a_chroot(suite: &Suite) -> Result<(), Failed> {
    suite.sensor()?;
    let mark = suite.mark();
    let root = suite.engine.root();
    let script = format!(r#"chroot "$0" nmap {} 2>/dev/null; :"#, mark.as_str());
    let mut deed = suite.on_host(&["sh", "-c", &script]);
    succeeded(&deed.arg(&root).output()?)?;
    let found = suite.found(SCAN, &mark)?;
    let mut problems = Problems::default();
    problems.on_host(&found);
    let nmap = root.join("bin/nmap");
    let executable = found.first.text(attr::PROCESS_EXECUTABLE_PATH);
    problems.equal("executable", nmap.to_str(), executable);
    problems.result()
}

/// Its init is a shell, the fingerprint a grandchild of that.
fn a_pid_namespace(suite: &Suite) -> Result<(), Failed> {
    suite.sensor()?;
    let (mark, host) = (suite.mark(), suite.mark());
    let inner = format!("cat /proc/version {} 2>/dev/null; :", mark.as_str());
    let middle = format!("sh -c '{inner}'; :");
    suite.do_on_host(&["unshare", "-p", "-f", "--mount-proc", "sh", "-c", &middle])?;
    suite.read_version(&host)?;
    let (found, host) = (suite.found(OS, &mark)?, suite.found(OS, &host)?);

    let mut problems = Problems::default();
    problems.on_host(&found);
    let record = &found.first;
    problems.equal("vpid", Some(3), record.number(attr::PROCESS_VPID));
    for (name, is_same) in [
        (attr::SCOUTLINE_PROCESS_NAMESPACE_PID, false),
        (attr::SCOUTLINE_PROCESS_NAMESPACE_MOUNT, false),
        (attr::SCOUTLINE_PROCESS_NAMESPACE_NETWORK, true),
        (attr::SCOUTLINE_PROCESS_NAMESPACE_USER, true),
    ] {
        let is_same_here = record.number(name) == host.first.number(name);
        problems.equal(name, is_same, is_same_here);
    }
    let path = |name| {
        let path = suite.tools.find(name)?;
        Some(path.to_string_lossy().into_owned())
    };
    let own = std::env::current_exe()?.to_string_lossy().into_owned();
    let expected = [path("sh"), path("sh"), path("unshare"), Some(own)];
    let ancestors = record.texts(attr::SCOUTLINE_PROCESS_ANCESTORS);
    let ancestors: Vec<_> = ancestors.into_iter().take(expected.len()).collect();
    let expected: Vec<_> = expected.iter().flatten().map(String::as_str).collect();
    problems.equal("ancestors", expected, ancestors);
    // Whether what is above the test is known depends on the machine.
    let is_incomplete = |found: &Found| found.first.is(attr::SCOUTLINE_PROCESS_LINEAGE_INCOMPLETE);
    problems.equal(
        "lineage is incomplete",
        is_incomplete(&host),
        is_incomplete(&found),
    );
    problems.result()
}

/// Below the scope of a login an administrator may let the user make cgroups of any name.
fn made_up(suite: &Suite) -> Result<(), Failed> {
    const SCRIPT: &str = r#"echo 0 >"$0/cgroup.procs" && exec cat /proc/version "$1""#;
    suite.sensor()?;
    let mark = suite.mark();
    let scope = "/user.slice/user-64999.slice/session-64999.scope";
    let cgroup = format!("{scope}/docker-{}.scope", new_id()?);
    let place = suite.engine.hierarchy().make(&cgroup)?;
    let mut deed = suite.on_host(&["sh", "-c", SCRIPT]);
    deed.arg(place).arg(mark.as_str());
    deed.output()?;
    let found = suite.found(OS, &mark)?;
    let mut problems = Problems::default();
    problems.on_host(&found);
    let record = &found.first;
    for (name, expected, found) in [
        (
            "cgroup",
            Some(&*cgroup),
            record.text(attr::PROCESS_LINUX_CGROUP),
        ),
        (
            "unit",
            Some("session-64999.scope"),
            record.resource.text(resource::SCOUTLINE_WORKLOAD_UNIT),
        ),
    ] {
        problems.equal(name, expected, found);
    }
    problems.result()
}
