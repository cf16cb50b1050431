//! What all cases share: a sensor, an engine, and how their records are told apart.

use std::fmt::Debug;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use libtest_mimic::Failed;
use scoutline_live::{Record, Sensor, Tools};
use scoutline_semconv::{attr, resource};

use crate::engine::{Engine, succeeded};
use crate::shapes::Identity;

/// Short, so that a summary need not be waited for.
const WINDOW: Duration = Duration::from_millis(500);

/// From a deed to its summary, on a machine that is busy with other tests.
const LIMIT: Duration = Duration::from_secs(20);

pub(crate) const OS: &str = "os_fingerprint";
pub(crate) const SCAN: &str = "net_scan_tool_exec";

/// What the cases share.
pub(crate) struct Suite {
    pub(crate) tools: Tools,
    pub(crate) engine: Engine,
    sensor: OnceLock<Result<Sensor, String>>,
    marks: AtomicU32,
}

/// An argument that only one deed has: whatever else a record says, it shows whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Mark(String);

impl Mark {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The two records of one detection.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) first: Record,
    pub(crate) summary: Record,
}

/// What is not as it should be.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<String>);

impl Suite {
    pub(crate) fn new() -> Result<Self, String> {
        let tools = Tools::build().map_err(|error| error.to_string())?;
        let engine = Engine::new(&tools)?;
        Ok(Self {
            tools,
            engine,
            sensor: OnceLock::new(),
            marks: AtomicU32::new(0),
        })
    }

    /// The sensor that the cases share, started by the first.
    pub(crate) fn sensor(&self) -> Result<&Sensor, Failed> {
        let started = self.sensor.get_or_init(|| {
            start().map_err(|error| error.message().unwrap_or_default().to_owned())
        });
        Ok(started.as_ref()?)
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark(format!(
            "mark-{}",
            self.marks.fetch_add(1, Ordering::Relaxed)
        ))
    }

    /// A deed of the host's, in a login of its own.
    pub(crate) fn on_host(&self, deed: &[&str]) -> Command {
        self.tools.command(Path::new("/"), deed)
    }

    /// Does it to the end.
    pub(crate) fn do_on_host(&self, deed: &[&str]) -> Result<(), Failed> {
        succeeded(&self.on_host(deed).output()?)
    }

    /// Reads a fingerprint there.
    pub(crate) fn read_version(&self, mark: &Mark) -> Result<(), Failed> {
        let script = format!("cat /proc/version {} 2>/dev/null; :", mark.as_str());
        self.do_on_host(&["sh", "-c", &script])
    }

    /// What the shared sensor found by the rule in what carries the mark.
    pub(crate) fn found(&self, rule: &str, mark: &Mark) -> Result<Found, Failed> {
        found(self.sensor()?, rule, mark)
    }

    /// Ends the sensor, which must have had nothing to complain of.
    pub(crate) fn end(self) -> Result<(), String> {
        let Some(Ok(sensor)) = self.sensor.into_inner() else {
            return Ok(());
        };
        sensor.stop().map_err(|error| error.to_string())?.unhurt()
    }
}

/// A sensor with short windows.
pub(crate) fn start() -> Result<Sensor, Failed> {
    let program = Path::new(env!("CARGO_BIN_EXE_sensor"));
    Ok(Sensor::start(program, WINDOW, &[])?)
}

/// What a sensor found by the rule in what carries the mark.
pub(crate) fn found(sensor: &Sensor, rule: &str, mark: &Mark) -> Result<Found, Failed> {
    let of_phase = |records: &[Record], phase| {
        let is_it = |record: &&Record| {
            record.is_phase(phase)
                && record.text(attr::SECURITY_RULE_NAME) == Some(rule)
                && record
                    .texts(attr::PROCESS_COMMAND_ARGS)
                    .contains(&mark.as_str())
        };
        records.iter().find(is_it).cloned()
    };
    let found = sensor.records().wait(LIMIT, |records| {
        Some(Found {
            first: of_phase(records, "first")?,
            summary: of_phase(records, "summary")?,
        })
    });
    found.ok_or_else(|| format!("nothing of {rule} by {mark:?} within {LIMIT:?}").into())
}

impl Found {
    pub(crate) fn session(&self) -> Option<&str> {
        self.first.text(attr::SCOUTLINE_SESSION_UID)
    }
}

impl Problems {
    pub(crate) fn equal<T: Debug + PartialEq>(&mut self, what: &str, expected: T, found: T) {
        if expected != found {
            self.0
                .push(format!("{what}: expected {expected:?}, found {found:?}"));
        }
    }

    pub(crate) fn differ<T: Debug + PartialEq>(&mut self, what: &str, one: T, other: T) {
        if one == other {
            self.0.push(format!("{what}: both are {one:?}"));
        }
    }

    pub(crate) fn result(self) -> Result<(), Failed> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(self.0.join("\n").into())
    }

    /// Both records are about this container, and nothing else.
    pub(crate) fn in_container(&mut self, found: &Found, container: &Identity) {
        self.resource(found, container);
        let kind = found.first.text(attr::SCOUTLINE_SESSION_KIND);
        self.equal("kind of session", Some("container"), kind);
        self.equal(
            attr::PROCESS_LINUX_CGROUP,
            Some(&*container.cgroup),
            found.first.text(attr::PROCESS_LINUX_CGROUP),
        );
    }

    fn resource(&mut self, found: &Found, container: &Identity) {
        for record in [&found.first, &found.summary] {
            for (name, expected) in [
                (resource::CONTAINER_ID, Some(&*container.id)),
                (resource::CONTAINER_RUNTIME_NAME, container.runtime),
                (resource::K8S_POD_UID, container.pod.as_deref()),
                (resource::SCOUTLINE_WORKLOAD_UNIT, None),
            ] {
                self.equal(name, expected, record.resource.text(name));
            }
        }
    }

    /// It is in all namespaces of its own that a container has.
    pub(crate) fn in_own_namespaces(&mut self, found: &Found, host: &Found) {
        for name in [
            attr::SCOUTLINE_PROCESS_NAMESPACE_PID,
            attr::SCOUTLINE_PROCESS_NAMESPACE_MOUNT,
            attr::SCOUTLINE_PROCESS_NAMESPACE_NETWORK,
        ] {
            self.differ(name, found.first.number(name), host.first.number(name));
        }
        let pid = found.first.number(attr::PROCESS_PID);
        let vpid = found.first.number(attr::PROCESS_VPID);
        self.differ("pid and vpid", pid, vpid);
        // Nobody but the engine was there before.
        if vpid.is_none_or(|vpid| vpid > 100) {
            self.0.push(format!("vpid: found {vpid:?}"));
        }
    }

    /// Its lineage leads out of the container, to who asked the engine for it.
    pub(crate) fn below_this_program(&mut self, found: &Found) -> Result<(), Failed> {
        let own = std::env::current_exe()?;
        let ancestors = found.first.texts(attr::SCOUTLINE_PROCESS_ANCESTORS);
        let is_below = ancestors.iter().any(|path| Some(*path) == own.to_str());
        if !is_below {
            self.0.push(format!("ancestors: found {ancestors:?}"));
        }
        Ok(())
    }

    /// Both records are about the host, as if there were no container.
    pub(crate) fn on_host(&mut self, found: &Found) {
        for record in [&found.first, &found.summary] {
            let contained: Vec<_> = record
                .resource
                .names()
                .filter(|name| name.starts_with("container.") || name.starts_with("k8s."))
                .collect();
            self.equal("resource of the host", Vec::new(), contained);
        }
        let kind = found.first.text(attr::SCOUTLINE_SESSION_KIND);
        self.equal("kind of session", Some("login"), kind);
    }
}
