//! Does what a row says and compares what the sensor found.

use std::fmt::{Debug, Display};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use libtest_mimic::Failed;
use scoutline_live::{Record, Sensor, Tools, ToolsError};
use scoutline_semconv::attr;
use tempfile::TempDir;

use crate::row::{Fact, Find, Row, Who};

/// The binary under test.
pub(crate) const SENSOR: &str = env!("CARGO_BIN_EXE_sensor");

/// Short, so that a summary need not be waited for.
pub(crate) const WINDOW: Duration = Duration::from_millis(500);

/// From the end of a deed to its last summary, on a machine that is busy with other tests.
const LIMIT: Duration = Duration::from_secs(20);

/// One sensor for all rows, started by the first.
pub(crate) struct Suite {
    tools: Tools,
    sensor: OnceLock<Result<Sensor, String>>,
    /// This program: the parent of every row's process.
    own_executable: PathBuf,
}

/// A row while it is checked.
struct Case<'a> {
    tools: &'a Tools,
    sensor: &'a Sensor,
    directory: &'a Path,
    pid: i64,
    own_executable: &'a Path,
    /// What the deed said first.
    told: Option<i64>,
    problems: Vec<String>,
}

impl Suite {
    pub(crate) fn new() -> Result<Self, ToolsError> {
        Ok(Self {
            tools: Tools::build()?,
            sensor: OnceLock::new(),
            own_executable: std::env::current_exe()?,
        })
    }

    pub(crate) fn tools(&self) -> &Tools {
        &self.tools
    }

    /// What this machine lacks for a row.
    pub(crate) fn missing(&self, row: &Row) -> Option<String> {
        let programs = row
            .finds
            .iter()
            .map(|find| find.executable)
            .filter(|name| !name.contains('/'));
        for name in programs {
            if self.tools.find(name).is_none() {
                return Some(format!("{name} is not installed"));
            }
        }
        row.needs.iter().find_map(|command| {
            let directory = TempDir::new().ok()?;
            let output = self.tools.command(directory.path(), command).output();
            let reason = match output {
                Ok(output) if output.status.success() => return None,
                Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
                Err(error) => error.to_string(),
            };
            Some(format!("{}: {reason}", command.join(" ")))
        })
    }

    pub(crate) fn check(&self, row: &Row) -> Result<(), Failed> {
        let sensor = self
            .sensor
            .get_or_init(|| {
                Sensor::start(Path::new(SENSOR), WINDOW, &[]).map_err(|error| error.to_string())
            })
            .as_ref()?;
        let directory = TempDir::with_prefix("row-")?;
        let child = self.tools.command(directory.path(), &row.deed).spawn()?;
        let pid = i64::from(child.id());
        let output = child.wait_with_output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("the deed failed ({}): {said}", output.status).into());
        }
        let told = String::from_utf8_lossy(&output.stdout)
            .lines()
            .next()
            .and_then(|line| line.parse().ok());
        let records = of_session(sensor, pid, row)?;
        let mut case = Case {
            tools: &self.tools,
            sensor,
            directory: directory.path(),
            pid,
            own_executable: &self.own_executable,
            told,
            problems: Vec::new(),
        };
        case.compare(&records, row);
        if case.problems.is_empty() {
            return Ok(());
        }
        Err(case.problems.join("\n").into())
    }

    /// Ends the sensor, which must have had nothing to complain of.
    pub(crate) fn end(self) -> Result<(), String> {
        let Some(Ok(sensor)) = self.sensor.into_inner() else {
            return Ok(());
        };
        sensor.stop().map_err(|error| error.to_string())?.unhurt()
    }
}

/// The records of a row, once all that are expected are there.
fn of_session(sensor: &Sensor, pid: i64, row: &Row) -> Result<Vec<Record>, Failed> {
    let of_row = |records: &[Record]| -> Vec<Record> {
        let mine = |record: &&Record| record.session_leader() == Some(pid);
        records.iter().filter(mine).cloned().collect()
    };
    let expected: i64 = row.finds.iter().map(|find| find.count).sum();
    let found = sensor.records().wait(LIMIT, |records| {
        let records = of_row(records);
        let summaries = records.iter().filter(|record| record.is_phase("summary"));
        let is_complete = if row.is_long {
            summaries.filter_map(count).sum::<i64>() >= expected
        } else {
            summaries.count() >= row.finds.len()
        };
        is_complete.then_some(records)
    });
    found.ok_or_else(|| {
        let found = sensor.records().with(|records| {
            let lines = of_row(records).iter().map(describe).collect::<Vec<_>>();
            lines.join("\n")
        });
        format!("not everything was found within {LIMIT:?}, only:\n{found}").into()
    })
}

fn count(record: &Record) -> Option<i64> {
    record.number(attr::SCOUTLINE_DETECTION_COUNT)
}

fn describe(record: &Record) -> String {
    [
        record.text(attr::SCOUTLINE_DETECTION_PHASE),
        record.text(attr::SECURITY_RULE_NAME),
        record.text(attr::PROCESS_EXECUTABLE_PATH),
        record.text(attr::FILE_PATH),
    ]
    .map(|part| part.unwrap_or("-"))
    .join(" ")
}

impl Case<'_> {
    fn compare(&mut self, records: &[Record], row: &Row) {
        let of_phase = |phase| -> Vec<&Record> {
            let of_phase = |record: &&Record| record.is_phase(phase);
            records.iter().filter(of_phase).collect()
        };
        let (firsts, summaries) = (of_phase("first"), of_phase("summary"));
        let uid = |record: &&Record| {
            record
                .text(attr::SCOUTLINE_DETECTION_UID)
                .map(str::to_owned)
        };
        for find in &row.finds {
            let rule = Some(find.rule.name);
            let executable = self.path(find.executable);
            let is_it = |record: &&&Record| {
                record.text(attr::SECURITY_RULE_NAME) == rule
                    && record.text(attr::PROCESS_EXECUTABLE_PATH) == executable.as_deref()
            };
            let Some(first) = firsts.iter().find(is_it) else {
                self.problems.push(format!(
                    "missing: {} by {executable:?} {:?}",
                    find.rule.name, find.file
                ));
                continue;
            };
            self.compare_first(first, find);
            let summaries: Vec<_> = summaries.iter().filter(is_it).collect();
            let total = summaries.iter().filter_map(|record| count(record)).sum();
            self.equal("sum of counts", find.count, total);
            if let [summary] = summaries[..] {
                self.equal("uid of the summary", uid(first), uid(summary));
                let processes = summary.number(attr::SCOUTLINE_DETECTION_PROCESS_COUNT);
                self.equal("processes", Some(find.processes), processes);
            }
        }
        if !row.is_long {
            // As many as are expected, and each of those was found.
            self.equal("detections", row.finds.len(), firsts.len());
            self.equal("summaries", row.finds.len(), summaries.len());
        }
        let (opened, closed): (Vec<_>, Vec<_>) = (
            firsts.iter().map(uid).collect(),
            summaries.iter().map(uid).collect(),
        );
        for uid in closed {
            if !opened.contains(&uid) {
                self.problems.push(format!("no first of {uid:?}"));
            }
        }
        if !self.problems.is_empty() {
            let found = records
                .iter()
                .map(describe)
                .collect::<Vec<_>>()
                .join("\n  ");
            self.problems.push(format!("found:\n  {found}"));
        }
    }

    fn compare_first(&mut self, record: &Record, find: &Find) {
        let executable = self.path(find.executable);
        let name = executable.as_deref().map(|path| {
            let (_, name) = path.rsplit_once('/').unwrap_or_default();
            name.to_owned()
        });
        let (word, number) = find.severity;
        let hook = match find.file {
            Some(_) => self.sensor.hook_open(),
            None => self.sensor.hook_exec(),
        };
        for (attribute, expected) in [
            (attr::PROCESS_EXECUTABLE_NAME, name.as_deref()),
            (attr::SCOUTLINE_DETECTION_SEVERITY, Some(word)),
            (attr::THREAT_TECHNIQUE_ID, Some(find.rule.technique)),
            (attr::SCOUTLINE_HOOK_NAME, Some(hook)),
        ] {
            self.equal(attribute, expected, record.text(attribute));
        }
        self.equal("severity", Some(number), record.severity_number());
        self.equal("count", Some(1), count(record));
        let args = record.texts(attr::PROCESS_COMMAND_ARGS);
        self.equal("argv[0]", Some(&find.argv0), args.first());
        self.compare_file(record, find.file);
        self.compare_process(record, find);
        for (attribute, fact) in &find.facts {
            match fact {
                Fact::Is(expected) => {
                    self.equal(attribute, Some(*expected), record.is(attribute));
                }
                Fact::Text(expected) => {
                    self.equal(attribute, Some(*expected), record.text(attribute));
                }
                Fact::Number(expected) => {
                    self.equal(attribute, Some(*expected), record.number(attribute));
                }
            }
        }
    }

    fn compare_file(&mut self, record: &Record, expected: Option<&str>) {
        let found = record.text(attr::FILE_PATH);
        match expected.map(|file| self.below(file)) {
            Some(file) => {
                let is_it = match (file.split_once('*'), found) {
                    (Some((prefix, suffix)), Some(found)) => {
                        found.starts_with(prefix) && found.ends_with(suffix)
                    }
                    (_, found) => found == Some(&*file),
                };
                if !is_it {
                    self.equal(attr::FILE_PATH, Some(&*file), found);
                }
            }
            None => self.equal(attr::FILE_PATH, None, found),
        }
    }

    fn compare_process(&mut self, record: &Record, find: &Find) {
        let own_pid = i64::from(std::process::id());
        let own = self.own_executable.to_string_lossy().into_owned();
        let parent = self.path(find.parent);
        let (pid, parent_pid, ancestors) = match find.who {
            Who::Itself => (Some(self.pid), own_pid, vec![Some(own)]),
            Who::Told => (self.told, self.pid, vec![parent, Some(own)]),
            // A pid of which no more is known than that it is not its parent's.
            Who::Child => (
                record
                    .number(attr::PROCESS_PID)
                    .filter(|pid| *pid != self.pid),
                self.pid,
                vec![parent, Some(own)],
            ),
        };
        self.equal(attr::PROCESS_PID, pid, record.number(attr::PROCESS_PID));
        let found = record.number(attr::PROCESS_PARENT_PID);
        self.equal(attr::PROCESS_PARENT_PID, Some(parent_pid), found);

        let nearest = ancestors.first().and_then(Option::as_deref);
        let found = record.text(attr::SCOUTLINE_PROCESS_PARENT_EXECUTABLE_PATH);
        self.equal("parent's executable", nearest, found);
        let found: Vec<_> = record.texts(attr::SCOUTLINE_PROCESS_ANCESTORS);
        let found: Vec<_> = found.into_iter().take(ancestors.len()).map(Some).collect();
        let ancestors: Vec<_> = ancestors.iter().map(Option::as_deref).collect();
        self.equal(attr::SCOUTLINE_PROCESS_ANCESTORS, ancestors, found);
        // Where it ran its last program, unless that is what the row is about.
        let attribute = attr::PROCESS_WORKING_DIRECTORY;
        if !find.facts.iter().any(|(name, _)| *name == attribute) {
            let directory = self.directory.to_string_lossy();
            self.equal(attribute, Some(&*directory), record.text(attribute));
        }
    }

    /// The executable that a row names.
    fn path(&self, name: &str) -> Option<String> {
        if name.contains('/') {
            let path = PathBuf::from(self.below(name));
            let resolved = path.canonicalize().unwrap_or(path);
            return Some(resolved.to_string_lossy().into_owned());
        }
        let path = self.tools.find(name)?;
        Some(path.to_string_lossy().into_owned())
    }

    /// A path, in the row's directory if it begins with a dot.
    fn below(&self, path: &str) -> String {
        match path.strip_prefix("./") {
            Some(path) => self.directory.join(path).to_string_lossy().into_owned(),
            None => path.to_owned(),
        }
    }

    fn equal<T: Debug + PartialEq>(&mut self, what: impl Display, expected: T, found: T) {
        if expected != found {
            self.problems
                .push(format!("{what}: expected {expected:?}, found {found:?}"));
        }
    }
}
