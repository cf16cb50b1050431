//! Counts against a naive model of the kernel and its fold.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use scoutline_abi::raw::{FOLD_REARM_NS, FoldKey, OPEN_UNFOLDED, TaskInfo};
use scoutline_semconv::{Record, attr};

use super::{MS, SECOND, advance, check_law, count, finish, observe, text};
use crate::fixture::{self, Exec, Open};
use crate::{BootNanos, Detector, Forgotten, Settings};

/// The kernel: processes, and the fold as `fold.h` has it.
#[derive(Default)]
struct Kernel {
    now: u64,
    next_start: u64,
    processes: Vec<(TaskInfo, &'static str)>,
    fold: BTreeMap<(u64, u64), (u64, u64)>,
    programs: BTreeMap<(u32, u64, u64), u64>,
    lifecycle: Vec<Vec<u8>>,
    opens: Vec<Vec<u8>>,
    /// Accesses by recipe and executable.
    truth: BTreeMap<(String, String), u64>,
}

const PROGRAMS: [&str; 3] = ["/usr/bin/cat", "/usr/bin/head", "/usr/bin/nmap"];
const OBJECTS: [(&str, &str, bool); 4] = [
    ("/version", "/proc/version", true),
    ("/etc/secret/a", "/etc/secret/a", true),
    ("/dull", "/proc/dull", false),
    ("/other", "/proc/other", false),
];
const FOLD_SIZE: usize = 8;

impl Kernel {
    fn fork(&mut self) {
        let tgid =
            (100..104).find(|tgid| self.processes.iter().all(|(task, _)| task.tgid != *tgid));
        let Some(tgid) = tgid else { return };
        self.next_start += 1;
        // Nobody saw the parent: what it runs until it executes is not known, so it does so at once.
        let task = fixture::task(tgid, self.now + self.next_start, 1);
        self.processes.push((task, ""));
        self.exec(self.processes.len() - 1, tgid as usize);
    }

    fn exec(&mut self, who: usize, what: usize) {
        let Some((task, path)) = self.processes.get_mut(who) else {
            return;
        };
        task.exec_id += 1;
        *path = PROGRAMS[what % PROGRAMS.len()];
        if *path == "/usr/bin/nmap" {
            *self
                .truth
                .entry(("tool_recipe".to_owned(), (*path).to_owned()))
                .or_default() += 1;
        }
        self.lifecycle.push(Exec::of(*task, self.now, path).bytes());
    }

    fn exit(&mut self, who: usize) {
        if who < self.processes.len() {
            let (task, _) = self.processes.remove(who);
            self.lifecycle.push(fixture::exit(&task, self.now));
        }
    }

    fn open(&mut self, who: usize, what: usize, times: u64) {
        let Some((task, path)) = self.processes.get(who).copied() else {
            return;
        };
        let (path_fs, path_mount, matches) = OBJECTS[what % OBJECTS.len()];
        let next = self.programs.len() as u64;
        let program = *self
            .programs
            .entry((task.tgid, task.start_ns, task.exec_id))
            .or_insert(next);
        let key = (program, (what % OBJECTS.len()) as u64);
        for _ in 0..times {
            self.now += 10;
            if matches {
                *self
                    .truth
                    .entry(("file_recipe".to_owned(), path.to_owned()))
                    .or_default() += 1;
            }
            let is_full = self.fold.len() >= FOLD_SIZE;
            let (count, flags) = match self.fold.get_mut(&key) {
                Some((count, sent_ns)) => {
                    *count += 1;
                    if self.now - *sent_ns < FOLD_REARM_NS {
                        continue;
                    }
                    *sent_ns = self.now;
                    (*count, 8)
                }
                None if is_full => (1, OPEN_UNFOLDED),
                None => {
                    self.fold.insert(key, (1, self.now));
                    (1, 0)
                }
            };
            let fs_magic = if path_mount.starts_with("/proc") {
                0x9fa0
            } else {
                0xef53
            };
            let key = FoldKey {
                program: key.0,
                object: key.1,
            };
            let open = Open {
                task,
                time_ns: self.now,
                path_fs,
                path_mount,
                fs_magic,
                key,
                count,
                flags,
                ..Open::default()
            };
            self.opens.push(open.bytes());
        }
    }

    fn read(&self, keys: &[FoldKey]) -> Vec<(FoldKey, u64)> {
        keys.iter()
            .filter_map(|key| Some((*key, self.fold.get(&(key.program, key.object))?.0)))
            .collect()
    }

    fn delete(&mut self, forgotten: &Forgotten) {
        for key in &forgotten.keys {
            let (_, program) = (key.object, key.program);
            let is_alive = self.processes.iter().any(|(task, _)| {
                self.programs.get(&(task.tgid, task.start_ns, task.exec_id)) == Some(&program)
            });
            assert!(!is_alive, "the kernel must not forget a live program");
            assert!(
                self.fold.remove(&(key.program, key.object)).is_some(),
                "forgotten twice"
            );
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Fork,
    Exec(usize, usize),
    Exit(usize),
    Open(usize, usize, u64),
    Wait(u64),
    /// The agent drains its rings; of the opens all but the newest so many.
    Drain(usize),
    /// The agent wakes up, if anything is due.
    Wake,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => Just(Step::Fork),
        2 => (0..4_usize, 0..3_usize).prop_map(|(who, what)| Step::Exec(who, what)),
        1 => (0..4_usize).prop_map(Step::Exit),
        8 => (0..4_usize, 0..4_usize, 1..6_u64).prop_map(|(who, what, times)| Step::Open(who, what, times)),
        3 => prop::sample::select(vec![1, 300, 600, 900, 1100, 2500, 20_000]).prop_map(|ms| Step::Wait(ms * MS)),
        4 => prop::sample::select(vec![0, 0, 1, 3]).prop_map(Step::Drain),
        6 => Just(Step::Wake),
    ];
    prop::collection::vec(step, 0..120)
}

/// The agent, as [`Detector`] asks it to be.
struct Agent {
    detector: Detector,
    records: Vec<Record>,
}

impl Agent {
    fn drain(&mut self, kernel: &mut Kernel, left: usize) {
        let mut events = std::mem::take(&mut kernel.lifecycle);
        let ready = kernel.opens.len().saturating_sub(left);
        events.extend(kernel.opens.drain(..ready));
        for bytes in events {
            self.records.extend(observe(&mut self.detector, &bytes));
        }
    }

    fn wake(&mut self, kernel: &mut Kernel) {
        while self
            .detector
            .next_deadline()
            .is_some_and(|at| at <= kernel.now)
        {
            let counts = kernel.read(&self.detector.due(kernel.now));
            self.records
                .extend(advance(&mut self.detector, kernel.now, &counts));
            kernel.delete(&self.detector.forget());
            self.check_accesses();
        }
    }

    fn check_accesses(&self) {
        let counters = self.detector.counters();
        let summaries = self
            .records
            .iter()
            .filter(|record| text(record, attr::SCOUTLINE_DETECTION_PHASE) == "summary");
        assert_eq!(
            counters.accesses,
            counters.accesses_open + summaries.map(count).sum::<u64>()
        );
        let firsts = self.records.len() as u64 - counters.summaries;
        assert_eq!(counters.detections, firsts);
    }
}

proptest! {
    #[test]
    fn counts_are_exact_and_nothing_is_lost(steps in steps()) {
        // Short, so that many windows close between two opens that follow each other closely.
        let settings = Settings { window_ns: 2 * SECOND, ..Settings::default() };
        let mut kernel = Kernel { now: SECOND, ..Kernel::default() };
        let mut agent = Agent { detector: Detector::new(fixture::matcher(), fixture::facts(), settings), records: Vec::new() };
        for step in steps {
            match step {
                Step::Fork => kernel.fork(),
                Step::Exec(who, what) => kernel.exec(who, what),
                Step::Exit(who) => kernel.exit(who),
                Step::Open(who, what, times) => kernel.open(who, what, times),
                Step::Wait(ns) => {
                    // Rings are never left alone for long.
                    agent.drain(&mut kernel, 0);
                    kernel.now += ns;
                }
                Step::Drain(left) => agent.drain(&mut kernel, left),
                Step::Wake => agent.wake(&mut kernel),
            }
        }
        agent.drain(&mut kernel, 0);
        agent.wake(&mut kernel);
        let counts = kernel.read(&agent.detector.due(BootNanos::MAX));
        agent.records.extend(finish(&mut agent.detector, kernel.now, &counts));
        agent.check_accesses();

        let counters = agent.detector.counters();
        check_law(&counters);
        prop_assert_eq!(counters.accesses_open, 0);
        prop_assert_eq!(counters.detections, counters.summaries);
        let mut told = BTreeMap::new();
        let mut pairs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for record in &agent.records {
            let phase = text(record, attr::SCOUTLINE_DETECTION_PHASE);
            pairs.entry(text(record, attr::SCOUTLINE_DETECTION_UID)).or_default().push(phase);
            if phase == "summary" {
                let recipe = text(record, attr::SECURITY_RULE_NAME).to_owned();
                let executable = text(record, attr::PROCESS_EXECUTABLE_PATH).to_owned();
                *told.entry((recipe, executable)).or_default() += count(record);
            } else {
                prop_assert_eq!(count(record), 1);
            }
        }
        prop_assert_eq!(told, kernel.truth);
        for phases in pairs.values() {
            prop_assert_eq!(phases, &["first", "summary"]);
        }
        let uids: BTreeSet<_> = agent.records.iter().map(|record| text(record, attr::LOG_RECORD_UID)).collect();
        prop_assert_eq!(uids.len(), agent.records.len());
    }
}
