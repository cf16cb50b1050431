//! Units and logins, known by their cgroups. Logins and containers are folders that a script makes as logind and Docker
//! would, which to the kernel and the sensor is the same; units are made by a real systemd as well.

use std::fmt::Write as _;
use std::path::Path;

use libtest_mimic::Failed;
use scoutline_semconv::{attr, resource};
use scoutline_vm::{Guest, Kernel, Output};

use crate::otlp::{Record, messages, records};
use crate::sensor::AWAIT;

/// Something that runs in a cgroup.
struct Deed {
    /// An argument that no other has.
    mark: &'static str,
    /// What is run: `cat`, or `nmap` where `cat` was counted before.
    tool: &'static str,
    cgroup: &'static str,
    is_before_the_sensor: bool,
    /// Whether PAM made it an audit session.
    has_audit: bool,
    /// The host that logind says somebody logged in from.
    from: Option<&'static str>,
    unit: Option<&'static str>,
    container: Option<&'static str>,
    kind: &'static str,
}

const ID: &str = "6b1f0f6bd2d9a1a1c5f0b7d0f0b0b6c1a2b3c4d5e6f708192a3b4c5d6e7f8091";

const DEEDS: [Deed; 12] = [
    unit("m-service", "/system.slice/foo.service", "foo.service"),
    // Of the same session, and so a detection of its own only by another executable.
    Deed {
        tool: "nmap",
        ..unit(
            "m-worker",
            "/system.slice/foo.service/worker",
            "foo.service",
        )
    },
    unit(
        "m-instance",
        "/system.slice/system-bar.slice/bar@1.service",
        "bar@1.service",
    ),
    unit("m-escaped", r"/system.slice/a\x2db.service", "a-b.service"),
    Deed {
        is_before_the_sensor: true,
        ..unit("m-before", "/system.slice/before.service", "before.service")
    },
    Deed {
        kind: "login",
        ..unit(
            "m-scope",
            "/user.slice/user-1000.slice/session-3.scope",
            "session-3.scope",
        )
    },
    Deed {
        kind: "login",
        has_audit: true,
        from: Some("192.0.2.7"),
        ..unit(
            "m-audit",
            "/user.slice/user-1000.slice/session-4.scope",
            "session-4.scope",
        )
    },
    // A service that PAM was asked for, as cron's jobs are.
    Deed {
        kind: "login",
        has_audit: true,
        ..unit("m-cron", "/system.slice/cron.service", "cron.service")
    },
    unit(
        "m-user",
        "/user.slice/user-1000.slice/user@1000.service/app.slice/own.service",
        "own.service",
    ),
    Deed {
        unit: None,
        container: Some(ID),
        kind: "container",
        ..unit(
            "m-container",
            "/system.slice/docker-6b1f0f6bd2d9a1a1c5f0b7d0f0b0b6c1a2b3c4d5e6f708192a3b4c5d6e7f8091.scope",
            "",
        )
    },
    Deed {
        unit: None,
        kind: "process_tree",
        ..unit("m-folder", "/folder", "")
    },
    Deed {
        unit: None,
        kind: "process_tree",
        ..unit("m-root", "/", "")
    },
];

const fn unit(mark: &'static str, cgroup: &'static str, unit: &'static str) -> Deed {
    Deed {
        mark,
        tool: "cat /proc/version",
        cgroup,
        is_before_the_sensor: false,
        has_audit: false,
        from: None,
        unit: Some(unit),
        container: None,
        kind: "service",
    }
}

/// What each deed runs in is made first, and the sensor does not see what it is until then.
const FUNCTIONS: &str = r#"
cp /bin/busybox /tmp/nmap
export PATH=$PATH:/tmp
within() {
    mkdir -p "/sys/fs/cgroup$1"
    setsid sh -c 'echo 0 >"/sys/fs/cgroup$1/cgroup.procs"; $2; exec $3 $4' sh "$@" 2>/dev/null
}
cat >/tmp/of_logind <<END
#!/bin/sh
mkdir -p /run/systemd/sessions
printf 'REMOTE_HOST=%s\nSERVICE=sshd\n' "\$1" >/run/systemd/sessions/\$(cat /proc/self/sessionid)
END
chmod +x /tmp/of_logind
paused="eval until [ -e /tmp/watching ]; do usleep 50000; done"
"#;
const WATCH: &str = r#"
scoutline run --no-export --output json >/tmp/records 2>/tmp/log &
sensor=$!
await watching /tmp/log
touch /tmp/watching
"#;
const END: &str = r"
kill $sensor
wait $sensor || exit 12
cat /tmp/records
";

fn script() -> String {
    let mut script = AWAIT.to_owned() + FUNCTIONS;
    let mut after = WATCH.to_owned();
    for deed in &DEEDS {
        let (script, first, end) = if deed.is_before_the_sensor {
            (&mut script, "$paused", "&")
        } else if deed.has_audit {
            (&mut after, "eval echo 1000 >/proc/self/loginuid", "")
        } else {
            (&mut after, ":", "")
        };
        let first = match deed.from {
            Some(host) => format!("{first}; of_logind {host}"),
            None => first.to_owned(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            script,
            r#"within '{}' "{first}" "{}" {} {end}"#,
            deed.cgroup, deed.tool, deed.mark
        );
    }
    for deed in &DEEDS {
        let _ = writeln!(after, "await {} /tmp/records", deed.mark);
    }
    script + &after + END
}

/// Each deed's Resource names its unit, and its session is of the right kind.
pub(crate) fn are_known(guest: &Guest, kernel: &Kernel, sensor: &Path) -> Result<(), Failed> {
    let Output { serial, status } = guest.boot(kernel, &[(sensor, "scoutline")], &script())?;
    assert_eq!(status, 0, "{serial}");
    let mut sessions = sessions(&serial, &DEEDS)?;
    // The service and its worker are one.
    assert_eq!(sessions.first(), sessions.get(1), "{serial}");
    sessions.sort_unstable();
    sessions.dedup();
    assert_eq!(sessions.len(), DEEDS.len() - 1, "{serial}");
    Ok(())
}

/// What systemd itself is asked to run, with the options for `systemd-run`.
const REAL: [(&str, Deed); 6] = [
    (
        "--unit=backup",
        unit("m-real", "/system.slice/backup.service", "backup.service"),
    ),
    (
        "--unit=worker@1",
        unit(
            "m-instance",
            "/system.slice/system-worker.slice/worker@1.service",
            "worker@1.service",
        ),
    ),
    (
        "--unit=sandboxed -p PrivateMounts=yes -p ProtectSystem=strict -p PrivateNetwork=yes",
        unit(
            "m-sandboxed",
            "/system.slice/sandboxed.service",
            "sandboxed.service",
        ),
    ),
    (
        "--unit=early",
        Deed {
            is_before_the_sensor: true,
            ..unit("m-early", "/system.slice/early.service", "early.service")
        },
    ),
    (
        "--scope --unit=batch --slice=jobs",
        unit("m-scope", "/jobs.slice/batch.scope", "batch.scope"),
    ),
    (
        "--scope --unit=session-7 --slice=user-1000",
        Deed {
            kind: "login",
            ..unit(
                "m-session",
                "/user.slice/user-1000.slice/session-7.scope",
                "session-7.scope",
            )
        },
    ),
];

const REAL_SENSOR: &str = r"
systemd-run --unit=sensor -p StandardOutput=file:/tmp/records -p StandardError=file:/tmp/log \
    scoutline run --no-export --output json || exit 13
await watching /tmp/log
touch /tmp/watching
";
const REAL_END: &str = r"
systemctl stop sensor || exit 14
cat /tmp/log >&2
cat /tmp/records
";

fn real_script() -> String {
    let mut script = AWAIT.to_owned();
    let mut after = REAL_SENSOR.to_owned();
    for (options, deed) in &REAL {
        let (script, pause) = if deed.is_before_the_sensor {
            (
                &mut script,
                "until [ -e /tmp/watching ]; do usleep 50000; done; ",
            )
        } else {
            (&mut after, "")
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            script,
            "systemd-run {options} sh -c '{pause}{} {} 2>/dev/null; :' || exit 15",
            deed.tool, deed.mark
        );
    }
    for (_, deed) in &REAL {
        let _ = writeln!(after, "await {} /tmp/records", deed.mark);
    }
    script + &after + REAL_END
}

/// The same of units that the guest's systemd made, the sensor being one of them.
pub(crate) fn of_systemd_are_known(
    guest: &Guest,
    kernel: &Kernel,
    sensor: &Path,
) -> Result<(), Failed> {
    let Output { serial, status } = guest.boot(kernel, &[(sensor, "scoutline")], &real_script())?;
    assert_eq!(status, 0, "{serial}");
    let mut sessions = sessions(&serial, REAL.iter().map(|(_, deed)| deed))?;
    sessions.sort_unstable();
    sessions.dedup();
    assert_eq!(sessions.len(), REAL.len(), "{serial}");
    Ok(())
}

/// The session of each deed, after a look at what else the sensor said of it.
fn sessions<'a>(
    serial: &str,
    deeds: impl IntoIterator<Item = &'a Deed>,
) -> Result<Vec<Option<String>>, Failed> {
    let messages = messages(serial);
    let records: Vec<Record<'_>> = messages.iter().flat_map(records).collect();
    let mut problems = Vec::new();
    let mut sessions = Vec::new();
    for deed in deeds {
        let is_its = |record: &&Record<'_>| {
            let args = record.texts(attr::PROCESS_COMMAND_ARGS);
            args.contains(&deed.mark)
        };
        let found = records.iter().find(is_its);
        let record = found.ok_or_else(|| format!("nothing of {}:\n{serial}", deed.mark))?;
        let session = record.text(attr::SCOUTLINE_SESSION_UID);
        sessions.push(session.map(str::to_owned));
        for (what, expected, found) in [
            (
                "unit",
                deed.unit,
                record.of_resource(resource::SCOUTLINE_WORKLOAD_UNIT),
            ),
            (
                "container",
                deed.container,
                record.of_resource(resource::CONTAINER_ID),
            ),
            (
                "cgroup",
                Some(deed.cgroup),
                record.text(attr::PROCESS_LINUX_CGROUP),
            ),
            (
                "login",
                deed.from,
                record.text(attr::SCOUTLINE_SESSION_LOGIN_HOST),
            ),
            (
                "kind",
                Some(deed.kind),
                record.text(attr::SCOUTLINE_SESSION_KIND),
            ),
        ] {
            if expected != found {
                problems.push(format!(
                    "{}: {what}: expected {expected:?}, found {found:?}",
                    deed.mark
                ));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
    Ok(sessions)
}
