//! A host that never was, and what somebody did on it: a login, a job in a container and a unit, with all that there
//! is a name for on the wire. Always the same, to the nanosecond.

use std::collections::BTreeMap;

use anyhow::Result;
use scoutline::host::{Host as Facing, OsRelease, resource};
use scoutline::pipeline::{Judge, Preamble, Step, Writer};
use scoutline_abi::build::{Exec, Open, cgroup, child_of, exit_with, fork, task, trace_context};
use scoutline_abi::raw::{self, FoldKey, TaskInfo};
use scoutline_detect::recipe::{Environment, Matcher, Options, builtin, compile, parse};
use scoutline_detect::{
    Answer, BootNanos, Clock, Detector, Facts, Login, Mount, Output, Question, SessionAnswer,
    Settings,
};
use scoutline_semconv::{Resource, Value};

/// The host was started with the year 2026.
pub(crate) const CLOCK: Clock = Clock {
    boot_to_unix_ns: 1_767_225_600_000_000_000,
};

pub(crate) const SECOND: BootNanos = 1_000_000_000;
const MILLISECOND: BootNanos = 1_000_000;

/// Between the kernel's record and user space.
pub(crate) const DELAY: BootNanos = 250_000;

pub(crate) const START_ID: &str = "5c0a71e0-0000-4000-8000-000000000001";
pub(crate) const SHA256: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
pub(crate) const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
pub(crate) const CONTAINER: &str =
    "9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d";
pub(crate) const LOGIN_CGROUP: &str = "/user.slice/user-1000.slice/session-7.scope";

/// cgroups by number.
const OF_LOGIN: u64 = 41;
const OF_CONTAINER: u64 = 77;
const OF_UNIT: u64 = 88;

/// The repeats of this open are counted in the kernel.
const REPEATED: FoldKey = FoldKey {
    program: 11,
    object: 1,
};

/// None of those that are built in has a sub-technique, and for each of them there is a page.
const OWN_RECIPE: &str = "
name: own_recipe
uuid: 11111111-2222-4333-8444-555555555555
version: 1
title: A recipe of one's own
severity: high
attack: [{technique: T1518.001, tactics: [TA0007]}]
description: Looks for what protects the host.
environments:
  ci: {implication: i, actions: [look at the job]}
  staging: {implication: i, actions: [look at the release]}
  production: {implication: i, actions: [look at the host]}
match:
  files: [{path: /etc/protected.conf, strength: strong, why: names what protects the host}]
tests:
  fires: [{name: f, access: {executable: /usr/bin/cat, path: /etc/protected.conf}}]
  quiet: [{name: q, access: {executable: /usr/bin/cat, path: /etc/other.conf}}]
";

/// The recipes: those that are built in, and one more.
pub(crate) fn matcher() -> Matcher {
    let (mut recipes, _) = builtin();
    let (own, found) = parse("own_recipe.yaml", OWN_RECIPE);
    recipes.push(own.unwrap_or_else(|| panic!("{found:#?}")));
    let recipes = recipes.into_iter().map(Into::into);
    compile(recipes, &Options::default()).expect("the recipes compile")
}

/// With what one has to know before the first step of a recording.
pub(crate) fn judge(preamble: &Preamble) -> Judge {
    let Preamble {
        facts, settings, ..
    } = preamble.clone();
    Judge::new(Detector::new(matcher(), facts, settings))
}

/// The Resource of detections on this host.
pub(crate) fn host_resource() -> Resource {
    let host = Facing {
        boot_id: "00000000-0000-4000-8000-000000000000".to_owned(),
        machine_id: Some("0123456789abcdef0123456789abcdef".to_owned()),
        name: "web-1".to_owned(),
        arch: "amd64".to_owned(),
        kernel_release: "6.12.9-amd64".to_owned(),
        os: OsRelease {
            name: Some("Debian GNU/Linux".to_owned()),
            pretty_name: Some("Debian GNU/Linux 13 (trixie)".to_owned()),
        },
        users: BTreeMap::new(),
        mounts: Vec::new(),
    };
    resource(&host, Environment::Production, Some("node-3"), &[])
}

/// What was known of it before.
pub(crate) fn preamble() -> Preamble {
    let text = |value: &Value| match value {
        Value::Static(text) => (*text).to_owned(),
        Value::String(text) => text.clone(),
        other => panic!("{other:?} is no text"),
    };
    Preamble {
        // Of no sensor in particular, so that a new version makes no new recording.
        sensor_version: "0.0.0".to_owned(),
        abi_version: raw::ABI_VERSION,
        facts: Facts {
            boot_id: "00000000-0000-4000-8000-000000000000".to_owned(),
            start_id: START_ID.to_owned(),
            id_key: [7; 16],
            users: [(0, "root".to_owned()), (1000, "ada".to_owned())].into(),
            mounts: vec![Mount {
                device: 0x10_0001,
                root: "/".to_owned(),
                mount_point: "/".to_owned(),
            }],
            environment: Environment::Production,
            is_environment_configured: false,
            job: None,
            seen: Some(Vec::new()),
            sensor_tgid: 50,
            hook_open: "lsm/file_open".to_owned(),
            hook_exec: "tp_btf/sched_process_exec".to_owned(),
        },
        settings: Settings {
            asks: true,
            ..Settings::default()
        },
        resource: host_resource()
            .attributes
            .iter()
            .map(|(key, value)| (key.to_string(), text(value)))
            .collect(),
    }
}

/// A recording of all that happened.
pub(crate) fn record() -> Result<Vec<u8>> {
    let mut recording = Vec::new();
    let preamble = preamble();
    let mut host = Host {
        judge: judge(&preamble),
        writer: Writer::new(&mut recording, &preamble)?,
    };
    let init = TaskInfo {
        parent_tgid: 0,
        parent_start_ns: 0,
        ..task(1, SECOND, 1)
    };
    host.scan(init, "/usr/lib/systemd/systemd")?;
    let daemon = |tgid, start_ns| TaskInfo {
        session_id: tgid,
        ..child_of(&init, tgid, start_ns)
    };
    let sshd = daemon(900, 2 * SECOND);
    host.scan(sshd, "/usr/sbin/sshd")?;
    let shim = daemon(1900, 3 * SECOND);
    host.scan(shim, "/usr/bin/containerd-shim-runc-v2")?;
    for (id, path) in [
        (OF_LOGIN, LOGIN_CGROUP.to_owned()),
        (
            OF_CONTAINER,
            format!(
                "/kubepods.slice/kubepods-burstable.slice/\
                 kubepods-burstable-pod74ba62da_1a3d_11e7_bb11_080027cb0e22.slice/\
                 cri-containerd-{CONTAINER}.scope"
            ),
        ),
        (OF_UNIT, "/system.slice/backup.service".to_owned()),
    ] {
        host.event(&cgroup(id, &path, 0, 10 * SECOND))?;
    }

    let script = host.log_in(&sshd)?;
    host.build(&shim)?;
    host.back_up(&TaskInfo {
        cgroup_id: OF_UNIT,
        ..daemon(3000, 50 * SECOND)
    })?;
    // Windows and slices are over a minute later.
    for second in (60..200).step_by(10) {
        host.advance(second * SECOND, &[(REPEATED, 3)])?;
    }
    host.look_again(&script)?;
    host.finish(230 * SECOND)?;
    Ok(recording)
}

struct Host<'a> {
    judge: Judge,
    writer: Writer<&'a mut Vec<u8>>,
}

impl Host<'_> {
    /// Somebody logs in, becomes root, and looks around.
    fn log_in(&mut self, sshd: &TaskInfo) -> Result<TaskInfo> {
        let bash = TaskInfo {
            session_id: 1000,
            audit_session: 7,
            login_uid: 1000,
            uid: 1000,
            gid: 1000,
            euid: 1000,
            tty: 0x8800_0001,
            cgroup_id: OF_LOGIN,
            ..child_of(sshd, 1000, 20 * SECOND)
        };
        let bash = self.start(
            bash,
            |exec| Exec {
                argv: vec![b"-bash".to_vec()],
                ..exec
            },
            "/usr/bin/bash",
        )?;
        let script = TaskInfo {
            euid: 0,
            capabilities: 1 << 12 | 1 << 21,
            ..child_of(&bash, 1010, 30 * SECOND)
        };
        let script = self.start(
            script,
            |exec| Exec {
                filename: "/tmp/look.sh",
                argv: [&b"sh"[..], b"/tmp/look.sh"].map(<[u8]>::to_vec).into(),
                is_script: true,
                ..exec
            },
            "/usr/bin/dash",
        )?;
        self.open(
            &script,
            10 * MILLISECOND,
            "/proc/ioports",
            FoldKey {
                program: 10,
                object: 2,
            },
        )?;

        let cat = self.start(
            child_of(&script, 1011, 31 * SECOND),
            |exec| Exec {
                argv: [&b"cat"[..], b"/proc/version"].map(<[u8]>::to_vec).into(),
                cwd: "/srv/www",
                ..exec
            },
            "/usr/bin/cat",
        )?;
        let time_ns = cat.start_ns + 2 * MILLISECOND;
        self.event(&trace_context(&cat, time_ns, TRACEPARENT))?;
        self.open(&cat, 3 * MILLISECOND, "/proc/version", REPEATED)?;
        // In vain, the second time.
        self.event(&exit_with(&cat, cat.start_ns + 500 * MILLISECOND, 1 << 8))?;

        let nmap = self.start(
            child_of(&script, 1012, 32 * SECOND),
            |exec| Exec {
                argv: [&b"nmap"[..], b"-sS", b"10.0.0.0/16"]
                    .map(<[u8]>::to_vec)
                    .into(),
                cwd: "/tmp",
                file_flags: raw::FILE_DELETED,
                ..exec
            },
            "/tmp/nmap",
        )?;
        self.event(&exit_with(&nmap, 33 * SECOND, 0))?;
        Ok(script)
    }

    /// A CI job listens to the network of its pod.
    fn build(&mut self, shim: &TaskInfo) -> Result<()> {
        let job = TaskInfo {
            session_id: 2000,
            vpid: 1,
            cgroup_id: OF_CONTAINER,
            pid_ns: 4_026_532_001,
            mnt_ns: 4_026_532_002,
            net_ns: 4_026_532_003,
            ..child_of(shim, 2000, 40 * SECOND)
        };
        self.start(
            job,
            |exec| Exec {
                argv: [&b"tcpdump"[..], b"-i", b"any"].map(<[u8]>::to_vec).into(),
                ..exec
            },
            "/usr/bin/tcpdump",
        )?;
        Ok(())
    }

    /// A unit looks for what protects the host.
    fn back_up(&mut self, unit: &TaskInfo) -> Result<()> {
        let unit = self.start(*unit, |exec| exec, "/usr/bin/python3.13")?;
        let open = Open {
            task: unit,
            time_ns: unit.start_ns + 2 * MILLISECOND,
            path_fs: "/etc/protected.conf",
            path_mount: "/etc/protected.conf",
            root_len: raw::ROOT_OUTSIDE,
            fs_magic: 0xef53,
            device: 0x10_0001,
            mode: 0o100_644,
            ..Open::default()
        };
        self.event(&open.bytes())
    }

    /// The slice before is over: this is another one of the same session.
    fn look_again(&mut self, script: &TaskInfo) -> Result<()> {
        let cat = self.start(
            child_of(script, 1013, 210 * SECOND),
            |exec| exec,
            "/usr/bin/cat",
        )?;
        self.open(
            &cat,
            2 * MILLISECOND,
            "/proc/modules",
            FoldKey {
                program: 13,
                object: 3,
            },
        )?;
        // By SIGPIPE.
        self.event(&exit_with(&cat, 211 * SECOND, 13))
    }

    /// A process that was there before the sensor.
    fn scan(&mut self, task: TaskInfo, path: &'static str) -> Result<()> {
        let exec = Exec {
            is_scan: true,
            cwd: "/srv",
            ..Exec::of(task, 9 * SECOND, path)
        };
        self.event(&exec.bytes())
    }

    /// A process is forked, and a millisecond later executes the program at `path`.
    fn start(
        &mut self,
        task: TaskInfo,
        change: impl FnOnce(Exec) -> Exec,
        path: &'static str,
    ) -> Result<TaskInfo> {
        self.event(&fork(task, task.start_ns))?;
        let task = TaskInfo {
            exec_id: task.exec_id + 1,
            ..task
        };
        let exec = Exec {
            cwd: "/srv",
            ..Exec::of(task, task.start_ns + MILLISECOND, path)
        };
        self.event(&change(exec).bytes())?;
        Ok(task)
    }

    /// It opens a file of procfs, so long after it was forked.
    fn open(
        &mut self,
        task: &TaskInfo,
        after_ns: BootNanos,
        path: &'static str,
        key: FoldKey,
    ) -> Result<()> {
        let open = Open {
            task: *task,
            time_ns: task.start_ns + after_ns,
            path_fs: path.trim_start_matches("/proc"),
            path_mount: path,
            key,
            ..Open::default()
        };
        self.event(&open.bytes())
    }

    fn event(&mut self, bytes: &[u8]) -> Result<()> {
        let time_ns = scoutline_abi::decode(bytes)?.header().time_ns;
        self.step(Step::Event {
            bytes,
            observed_unix_ns: CLOCK.unix(time_ns + DELAY),
            clock: CLOCK,
        })?;
        for question in self.judge.detector().questions() {
            self.step(Step::Answer {
                now: time_ns + MILLISECOND,
                answer: answer(question),
                clock: CLOCK,
            })?;
        }
        Ok(())
    }

    fn advance(&mut self, now: BootNanos, counts: &[(FoldKey, u64)]) -> Result<()> {
        let clock = CLOCK;
        self.step(Step::Advance { now, counts, clock })
    }

    fn finish(mut self, now: BootNanos) -> Result<()> {
        self.step(Step::Finish {
            now,
            counts: &[],
            clock: CLOCK,
        })?;
        Ok(self.writer.finish()?)
    }

    fn step(&mut self, step: Step<'_>) -> Result<()> {
        self.writer.write(&step)?;
        self.judge.apply(step, &mut Output::default())?;
        Ok(())
    }
}

/// What the host knows of its processes.
fn answer(question: Question) -> Answer {
    let session = question.session.map(|session| SessionAnswer {
        variables: if session.root.pid == 2000 {
            job()
        } else {
            BTreeMap::new()
        },
        are_of_root: true,
        login: session.login.map(|_| Login {
            host: Some("192.0.2.7".to_owned()),
            tty: Some("pts/1".to_owned()),
            service: Some("sshd".to_owned()),
        }),
    });
    Answer {
        ticket: question.ticket,
        sha256: question.executable.map(|_| SHA256.to_owned()),
        traceparent: None,
        session,
    }
}

/// The environment of a job of GitLab.
fn job() -> BTreeMap<String, String> {
    [
        ("GITLAB_CI", "true"),
        ("CI_PIPELINE_NAME", "nightly"),
        ("CI_PIPELINE_ID", "4711"),
        (
            "CI_PIPELINE_URL",
            "https://gitlab.example/shop/web/-/pipelines/4711",
        ),
        ("CI_JOB_NAME", "integration"),
        ("CI_PROJECT_URL", "https://gitlab.example/shop/web"),
        ("CI_COMMIT_REF_NAME", "main"),
        ("CI_COMMIT_SHA", "0123456789abcdef0123456789abcdef01234567"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
