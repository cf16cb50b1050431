//! Numbers of processes go from owner to owner, and each owner is told as what it was.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use scoutline_live::Record;
use scoutline_semconv::attr;
use tempfile::TempDir;

use crate::floods::succeeded;
use crate::{Suite, detection};

pub(crate) const NAME: &str = "a pid that is reused confuses nobody";

/// Copies of one program: so many executables.
const PARENTS: usize = 16;
const CHILDREN: usize = 8;

/// Generations of each parent. Each takes a number that another one had; the first of each number does not count.
const TIMES: usize = 127;
const GENERATIONS: usize = PARENTS * TIMES;
const REUSES: usize = 2_000;

/// The first of sixteen numbers that are forced on processes: the last ones, which others get least often.
const FIRST_PID: u32 = 32_700;

/// In all, from the first fork to the last record.
const LIMIT: Duration = Duration::from_secs(30);

/// Others that come and go meanwhile.
const BACKGROUND: &str = "while :; do sh -c : & /bin/true; wait; done";

/// Who a process was, by the kernel.
#[derive(Debug, PartialEq, Eq)]
struct Who {
    pid: i64,
    executable: String,
    parent: i64,
    parent_executable: String,
    /// Executables of parent and grandparent.
    above: Vec<String>,
}

#[expect(
    clippy::print_stdout,
    reason = "what was counted belongs to the results"
)]
pub(crate) fn a_reused_pid_confuses_nobody(suite: &Suite) -> Result<(), Failed> {
    let sensor = suite.sensor()?;
    let work = TempDir::new()?;
    let above = above(suite, work.path())?;
    let mut background = suite
        .tools
        .command(work.path(), &["sh", "-c", BACKGROUND])
        .spawn()?;
    let begin = Instant::now();
    let truth = storm(suite, work.path());
    let is_mine = |record: &&Record| {
        let path = record.text(attr::PROCESS_EXECUTABLE_PATH);
        record.is_phase("first")
            && path.is_some_and(|path| Path::new(path).starts_with(work.path()))
    };
    let left = LIMIT.saturating_sub(begin.elapsed());
    let found = sensor.records().wait(left, |records| {
        let mine: Vec<_> = records.iter().filter(is_mine).cloned().collect();
        (mine.len() >= GENERATIONS).then_some(mine)
    });
    let took = begin.elapsed();
    // What it started last ends by itself.
    background.kill()?;
    background.wait()?;
    let truth = truth?;
    let found = found.ok_or_else(|| format!("not {GENERATIONS} records within {LIMIT:?}"))?;
    if (truth.len(), found.len()) != (GENERATIONS, GENERATIONS) {
        let (truth, found) = (truth.len(), found.len());
        return Err(format!("{found} records of {truth} generations").into());
    }

    let truth = by_pid(truth, |who| who.pid);
    let reuses = GENERATIONS - truth.len();
    let mut wrong = Vec::new();
    let mut incomplete = 0;
    // Owners of one number follow each other, so that the n-th record of it is about its n-th owner.
    for (pid, mut records) in by_pid(found, |record| {
        record.number(attr::PROCESS_PID).unwrap_or(0)
    }) {
        records.sort_by_cached_key(|it| it.text(attr::PROCESS_CREATION_TIME).map(str::to_owned));
        let owners = truth.get(&pid).map_or(&[][..], Vec::as_slice);
        if owners.len() != records.len() {
            let (owners, records) = (owners.len(), records.len());
            return Err(format!("{records} records of {owners} owners of pid {pid}").into());
        }
        for (owner, record) in owners.iter().zip(&records) {
            let told = told(record);
            if told.as_ref() != Some(owner) {
                wrong.push(format!("{owner:?} was told as {told:?}"));
            }
            incomplete += usize::from(!above.is_above(record));
        }
    }
    println!(
        "suite live: {reuses} reuses of {} pids in {took:?}: {} wrong, {incomplete} incomplete",
        truth.len(),
        wrong.len()
    );
    if let Some(first) = wrong.first() {
        return Err(format!(
            "{} of {GENERATIONS} are wrong, such as: {first}",
            wrong.len()
        )
        .into());
    }
    if reuses < REUSES {
        return Err(format!("only {reuses} reuses").into());
    }
    if incomplete * 1000 > GENERATIONS {
        return Err(format!("{incomplete} of {GENERATIONS} lineages are incomplete").into());
    }
    if took > LIMIT {
        return Err(format!("it took {took:?}").into());
    }
    Ok(())
}

/// What is above these tests. Not every kernel shows all of it: then no lineage can have more.
struct Above {
    ancestors: Vec<String>,
    is_incomplete: Option<bool>,
}

impl Above {
    fn is_above(&self, record: &Record) -> bool {
        let found = record.texts(attr::SCOUTLINE_PROCESS_ANCESTORS);
        let is_incomplete = record.is(attr::SCOUTLINE_PROCESS_LINEAGE_INCOMPLETE);
        is_incomplete == self.is_incomplete
            && found
                .get(found.len().saturating_sub(self.ancestors.len())..)
                .is_some_and(|last| last == self.ancestors)
    }
}

/// Of a process of which nothing is special, before the storm.
fn above(suite: &Suite, work: &Path) -> Result<Above, Failed> {
    let probe = suite
        .tools
        .command(work, &["head", "-c1", "/proc/version"])
        .spawn()?;
    let session = probe.id();
    succeeded(probe)?;
    let record = detection::first(suite.sensor()?, session)?;
    let ancestors = record.texts(attr::SCOUTLINE_PROCESS_ANCESTORS);
    Ok(Above {
        ancestors: ancestors.into_iter().map(str::to_owned).collect(),
        is_incomplete: record.is(attr::SCOUTLINE_PROCESS_LINEAGE_INCOMPLETE),
    })
}

/// Runs all parents side by side; what their descendants say they are.
fn storm(suite: &Suite, work: &Path) -> Result<Vec<Who>, Failed> {
    let program = suite.tools.find("reuse").ok_or("there is no reuse")?;
    let truth = work.join("truth");
    fs::write(&truth, "")?;
    for child in 0..CHILDREN {
        fs::copy(&program, work.join(child.to_string()))?;
    }
    let (truth_path, folder) = (truth.to_string_lossy(), work.to_string_lossy());
    let mut parents: Vec<Child> = Vec::new();
    for number in 0..PARENTS {
        let parent = work.join(format!("parent-{number}"));
        fs::copy(&program, &parent)?;
        let parent = parent.to_string_lossy();
        let (times, first) = (TIMES.to_string(), FIRST_PID.to_string());
        let words = [
            &*parent,
            "below",
            &truth_path,
            "/proc/version",
            &folder,
            &times,
            &first,
        ];
        parents.push(suite.tools.command(work, &words).spawn()?);
    }
    for parent in parents {
        succeeded(parent)?;
    }
    let lines = fs::read_to_string(&truth)?;
    let parsed: Option<Vec<_>> = lines.lines().map(who).collect();
    Ok(parsed.ok_or("the truth makes no sense")?)
}

fn who(line: &str) -> Option<Who> {
    let [pid, executable, parent, parent_executable, above] =
        line.split(' ').collect::<Vec<_>>().try_into().ok()?;
    Some(Who {
        pid: pid.parse().ok()?,
        executable: executable.to_owned(),
        parent: parent.parse().ok()?,
        parent_executable: parent_executable.to_owned(),
        above: vec![parent_executable.to_owned(), above.to_owned()],
    })
}

fn told(record: &Record) -> Option<Who> {
    let text = |name| record.text(name).map(str::to_owned);
    let ancestors = record.texts(attr::SCOUTLINE_PROCESS_ANCESTORS);
    Some(Who {
        pid: record.number(attr::PROCESS_PID)?,
        executable: text(attr::PROCESS_EXECUTABLE_PATH)?,
        parent: record.number(attr::PROCESS_PARENT_PID)?,
        parent_executable: text(attr::SCOUTLINE_PROCESS_PARENT_EXECUTABLE_PATH)?,
        above: ancestors.into_iter().take(2).map(str::to_owned).collect(),
    })
}

/// In the order in which they came.
fn by_pid<T>(all: Vec<T>, pid: impl Fn(&T) -> i64) -> HashMap<i64, Vec<T>> {
    let mut map: HashMap<i64, Vec<T>> = HashMap::new();
    for it in all {
        map.entry(pid(&it)).or_default().push(it);
    }
    map
}
