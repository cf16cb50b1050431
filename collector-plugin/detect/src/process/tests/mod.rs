//! Programs, lineages and sessions, as the events of a kernel tell them.

mod cgroups;
mod sessions;

use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::*;
use scoutline_abi::raw::{EVENT_EXIT, EventHeader, ExitEvent, TaskInfo};

use super::table::GRACE_NS;
use super::*;
use crate::fixture::{child_of, task};

fn image(path: &str) -> Image {
    let file = ExecutedFile {
        path: path.into(),
        name: path.rsplit('/').next().unwrap_or_default().into(),
        script: None,
        is_deleted: false,
        is_memfd: false,
        is_world_writable: false,
        device: 1,
        inode: 1,
    };
    Image::new(Arc::new(file), &[], false, &[])
}

fn exit(task: &TaskInfo, time_ns: u64) -> ExitEvent {
    ExitEvent {
        header: EventHeader {
            kind: EVENT_EXIT,
            version: 1,
            size: 0,
            time_ns,
        },
        start_ns: task.start_ns,
        exec_id: task.exec_id,
        tgid: task.tgid,
        exit_code: 0,
    }
}

fn path(table: &mut Table, task: &TaskInfo) -> Option<String> {
    Some(table.image(ProgramId::of(task))?.path.to_string())
}

fn ancestors(table: &mut Table, task: &TaskInfo) -> (Vec<String>, bool) {
    let lineage = table.lineage(ProcessId::of(task));
    let paths = lineage.ancestors.iter();
    let paths = paths.map(|a| a.executable.as_deref().unwrap_or("?").to_owned());
    (paths.collect(), lineage.is_complete)
}

/// A fork by the parent, as nearly all are.
fn fork(table: &mut Table, task: &TaskInfo, at: BootNanos) {
    table.fork(task, ProcessId::parent_of(task), at);
}

/// init, a shell that it forked and that executed bash.
fn shell() -> (Table, TaskInfo, TaskInfo) {
    let mut table = Table::new(50);
    let init = TaskInfo {
        parent_tgid: 0,
        parent_start_ns: 0,
        session_id: 1,
        ..task(1, 1, 1)
    };
    table.scan(&init, 10, image("/sbin/init"));
    let shell = TaskInfo {
        session_id: 20,
        ..child_of(&init, 20, 20)
    };
    fork(&mut table, &shell, 20);
    let shell = TaskInfo {
        exec_id: 2,
        ..shell
    };
    assert!(table.exec(&shell, 21, image("/bin/bash")));
    (table, init, shell)
}

#[test]
fn a_fork_runs_what_its_parent_runs_until_it_executes() {
    let (mut table, _, shell) = shell();
    let child = child_of(&shell, 30, 30);
    fork(&mut table, &child, 30);
    assert_eq!(path(&mut table, &child).as_deref(), Some("/bin/bash"));
    let cat = TaskInfo {
        exec_id: 3,
        ..child
    };
    assert!(table.exec(&cat, 31, image("/bin/cat")));
    assert!(!table.exec(&cat, 31, image("/bin/cat")), "reported before");
    assert_eq!(path(&mut table, &cat).as_deref(), Some("/bin/cat"));
    // An open of before the exec, reported after it.
    assert_eq!(path(&mut table, &child).as_deref(), Some("/bin/bash"));
    assert_eq!(
        ancestors(&mut table, &cat),
        (vec!["/bin/bash".into(), "/sbin/init".into()], true)
    );
}

#[test]
fn a_child_given_to_its_grandparent_runs_what_its_forker_runs() {
    let (mut table, init, shell) = shell();
    // CLONE_PARENT: the parent is init, and the numbers of executions happen to agree.
    let child = TaskInfo {
        exec_id: shell.exec_id,
        session_id: shell.session_id,
        ..child_of(&init, 30, 30)
    };
    table.fork(&child, ProcessId::of(&shell), 30);
    assert_eq!(path(&mut table, &child).as_deref(), Some("/bin/bash"));
    assert_eq!(
        ancestors(&mut table, &child),
        (vec!["/bin/bash".into(), "/sbin/init".into()], true)
    );
}

#[test]
fn lineage_outlives_the_ancestors() {
    let (mut table, _, shell) = shell();
    let child = child_of(&shell, 30, 30);
    fork(&mut table, &child, 30);
    table.exit(&exit(&shell, 40));
    table.exit(&exit(&shell, 41));
    table.expire(40 + GRACE_NS);
    assert_eq!(path(&mut table, &shell), None);
    assert_eq!(path(&mut table, &child).as_deref(), Some("/bin/bash"));
    assert_eq!(
        ancestors(&mut table, &child),
        (vec!["/bin/bash".into(), "/sbin/init".into()], true)
    );
}

#[test]
fn an_ended_program_is_known_for_a_while_and_told_once() {
    let (mut table, _, shell) = shell();
    table.take_over();
    table.exit(&exit(&shell, 40));
    table.exit(&exit(&shell, 45));
    assert_eq!(table.take_over(), [(40, ProgramId::of(&shell))]);
    table.expire(39 + GRACE_NS);
    assert_eq!(path(&mut table, &shell).as_deref(), Some("/bin/bash"));
    assert_eq!(table.over_since(ProgramId::of(&shell)), Some(40));
    table.expire(40 + GRACE_NS);
    assert_eq!(path(&mut table, &shell), None);
    assert_eq!(table.len(), 1, "init");
}

#[test]
fn a_new_owner_of_a_pid_ends_the_old_one() {
    let (mut table, init, shell) = shell();
    table.take_over();
    let next = child_of(&init, shell.tgid, 99);
    fork(&mut table, &next, 99);
    assert_eq!(table.take_over(), [(99, ProgramId::of(&shell))]);
    assert_eq!(path(&mut table, &next).as_deref(), Some("/sbin/init"));
    // The old one is heard of once more: it stays what it was, and over.
    table.open(&shell, 100);
    assert_eq!(path(&mut table, &shell).as_deref(), Some("/bin/bash"));
    assert_eq!(table.over_since(ProgramId::of(&next)), None);
}

#[test]
fn an_exec_that_was_missed_has_no_name_and_ends_what_ran_before() {
    let (mut table, _, shell) = shell();
    table.take_over();
    let later = TaskInfo {
        exec_id: 7,
        ..shell
    };
    table.open(&later, 50);
    assert_eq!(path(&mut table, &later), None);
    assert_eq!(table.take_over(), [(50, ProgramId::of(&shell))]);
}

#[test]
fn the_scan_never_wins_over_an_event() {
    let (mut table, _, shell) = shell();
    table.scan(&shell, 60, image("/spoofed"));
    assert_eq!(path(&mut table, &shell).as_deref(), Some("/bin/bash"));
    let orphan = child_of(&shell, 70, 70);
    table.scan(&orphan, 80, image("/seen/late"));
    assert_eq!(path(&mut table, &orphan).as_deref(), Some("/seen/late"));
}

#[test]
fn sessions_are_known_by_their_leader() {
    let (mut table, init, shell) = shell();
    let leader = ProcessId::of(&shell);
    let child = child_of(&shell, 30, 30);
    fork(&mut table, &child, 30);
    assert_eq!(table.leader(ProcessId::of(&child)), Some(leader));
    // The leader is gone: children of children still know it.
    table.exit(&exit(&shell, 40));
    table.expire(40 + GRACE_NS);
    let grandchild = child_of(&child, 31, 50);
    fork(&mut table, &grandchild, 50);
    assert_eq!(table.leader(ProcessId::of(&grandchild)), Some(leader));
    // setsid without an event.
    let own = TaskInfo {
        session_id: 31,
        ..grandchild
    };
    table.open(&own, 60);
    assert_eq!(table.leader(ProcessId::of(&own)), Some(ProcessId::of(&own)));
    // A late open of a leader whose number has a new owner.
    let old = task(31, 7, 1);
    let old = TaskInfo {
        session_id: 31,
        ..old
    };
    table.open(&old, 61);
    assert_eq!(table.leader(ProcessId::of(&old)), Some(ProcessId::of(&old)));
    // A leader that nobody saw.
    let stranger = TaskInfo {
        session_id: 9,
        ..child_of(&init, 90, 90)
    };
    table.open(&stranger, 90);
    let unknown = ProcessId {
        tgid: 9,
        start_ns: 0,
    };
    assert_eq!(table.leader(ProcessId::of(&stranger)), Some(unknown));
}

#[test]
fn the_tree_is_what_the_sensor_starts() {
    let (mut table, _, shell) = shell();
    let root = TaskInfo {
        parent_tgid: 50,
        parent_start_ns: 5,
        ..task(60, 60, 4)
    };
    fork(&mut table, &root, 60);
    let child = child_of(&root, 61, 61);
    fork(&mut table, &child, 61);
    let root = ProcessId::of(&root);
    assert_eq!(table.tree(root), Some(root));
    assert_eq!(table.tree(ProcessId::of(&child)), Some(root));
    assert_eq!(table.tree(ProcessId::of(&shell)), None);
    // Adopted by init: still in it.
    let orphan = TaskInfo {
        parent_tgid: 1,
        parent_start_ns: 1,
        ..child
    };
    table.open(&orphan, 62);
    assert_eq!(table.tree(ProcessId::of(&orphan)), Some(root));
}

#[test]
fn a_process_that_forks_itself_on_and_on_has_the_nearest_ancestors_and_no_more() {
    let (mut table, _, shell) = shell();
    let mut last = shell;
    for number in 1..200 {
        let next = child_of(&last, 100 + number, 100 + u64::from(number));
        fork(&mut table, &next, next.start_ns);
        // Of a daemon each generation ends once the next one is there.
        table.exit(&exit(&last, next.start_ns));
        last = next;
        let lineage = table.lineage(ProcessId::of(&last));
        assert!(lineage.is_complete);
        let above = lineage.ancestors.iter().map(|it| it.process.tgid);
        let mut expected: Vec<_> = (0..number).rev().map(|it| 100 + it).collect();
        expected.splice(expected.len() - 1.., [20, 1]);
        expected.truncate(Lineage::MAX);
        assert_eq!(above.collect::<Vec<_>>(), expected);
        let kept = table.kept_ancestors(ProcessId::of(&last));
        assert!(kept <= 2 * Lineage::MAX, "{kept}");
    }
}

#[test]
fn children_of_one_process_share_what_is_above_them() {
    let (mut table, _, shell) = shell();
    let children = [30, 31].map(|tgid| child_of(&shell, tgid, tgid.into()));
    for child in &children {
        fork(&mut table, child, child.start_ns);
    }
    let kept = children.map(|child| {
        let process = table.processes.get(&ProcessId::of(&child));
        process.and_then(|process| process.lineage.clone())
    });
    let [Some(one), Some(other)] = &kept else {
        panic!("both are known");
    };
    assert!(Arc::ptr_eq(one, other));
    // What the parent runs now is not what it ran then.
    let next = TaskInfo {
        exec_id: 3,
        ..shell
    };
    assert!(table.exec(&next, 40, image("/bin/zsh")));
    let third = child_of(&next, 32, 50);
    fork(&mut table, &third, 50);
    assert_eq!(ancestors(&mut table, &third).0, ["/bin/zsh", "/sbin/init"]);
    assert_eq!(
        ancestors(&mut table, &children[0]).0,
        ["/bin/bash", "/sbin/init"]
    );
}

#[test]
fn a_full_table_forgets_the_ended_first_counts_it_and_says_that_lineage_is_missing() {
    let mut table = Table::with_capacity(50, 3);
    let first = task(10, 10, 1);
    table.scan(&first, 10, image("/first"));
    let ended = task(11, 11, 1);
    table.scan(&ended, 11, image("/ended"));
    table.exit(&exit(&ended, 12));
    let third = child_of(&first, 12, 12);
    table.scan(&third, 13, image("/third"));
    let fourth = child_of(&third, 13, 13);
    fork(&mut table, &fourth, 14);
    assert_eq!((table.len(), table.evictions()), (3, 1));
    assert_eq!(path(&mut table, &ended), None);
    assert_eq!(path(&mut table, &first).as_deref(), Some("/first"));
    fork(&mut table, &child_of(&fourth, 14, 14), 15);
    assert_eq!((table.len(), table.evictions()), (3, 2));
    assert_eq!(path(&mut table, &first), None, "the oldest goes");
    assert!(!ancestors(&mut table, &third).1);
}

/// What happens to processes.
#[derive(Clone, Debug)]
enum Step {
    Fork(usize),
    Exec(usize),
    Exit(usize),
}

#[derive(Clone, Debug)]
enum Happened {
    Fork(TaskInfo),
    Exec(TaskInfo, String),
    Exit(TaskInfo),
}

/// The truth: events in order, and what each program really is.
fn history(steps: &[Step]) -> (Vec<(u64, Happened)>, HashMap<ProgramId, String>) {
    let root = TaskInfo {
        parent_tgid: 0,
        parent_start_ns: 0,
        ..task(1, 1, 1)
    };
    let mut alive = vec![(root, "/bin/0".to_owned())];
    let mut truth = HashMap::from([(ProgramId::of(&root), "/bin/0".to_owned())]);
    let mut events = vec![(1, Happened::Exec(root, "/bin/0".to_owned()))];
    for (index, step) in steps.iter().enumerate() {
        let now = 10 + index as u64;
        let happened = match step {
            Step::Fork(who) => {
                let (parent, path) = alive[who % alive.len()].clone();
                // Few pids: they are reused all the time.
                let tgid = (2..8).find(|tgid| alive.iter().all(|(task, _)| task.tgid != *tgid));
                let Some(tgid) = tgid else { continue };
                let child = child_of(&parent, tgid, now);
                truth.insert(ProgramId::of(&child), path.clone());
                alive.push((child, path));
                Happened::Fork(child)
            }
            Step::Exec(who) => {
                let place = who % alive.len();
                let (task, path) = &mut alive[place];
                task.exec_id += 1;
                *path = format!("/bin/{now}");
                truth.insert(ProgramId::of(task), path.clone());
                Happened::Exec(*task, path.clone())
            }
            Step::Exit(who) if alive.len() > 1 => {
                let place = 1 + who % (alive.len() - 1);
                let (task, _) = alive.remove(place);
                for (child, _) in &mut alive {
                    if (child.parent_tgid, child.parent_start_ns) == (task.tgid, task.start_ns) {
                        (child.parent_tgid, child.parent_start_ns) = (1, 1);
                    }
                }
                Happened::Exit(task)
            }
            Step::Exit(_) => continue,
        };
        events.push((now, happened));
    }
    (events, truth)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..6_usize).prop_map(Step::Fork),
        4 => (0..6_usize).prop_map(Step::Exec),
        3 => (0..6_usize).prop_map(Step::Exit),
    ];
    prop::collection::vec(step, 0..40)
}

fn apply(table: &mut Table, at: u64, happened: &Happened) {
    match happened {
        Happened::Fork(task) => fork(table, task, at),
        Happened::Exec(task, path) => {
            table.exec(task, at, image(path));
        }
        Happened::Exit(task) => table.exit(&exit(task, at)),
    }
}

proptest! {
    #[test]
    fn never_a_wrong_executable(
        steps in steps(),
        order in prop::collection::vec((any::<prop::sample::Index>(), 0..100_u8), 0..80),
    ) {
        let (events, truth) = history(&steps);
        let mut table = Table::new(50);
        // Any order, some twice, some not at all.
        for (index, chance) in order {
            let (at, happened) = index.get(&events);
            apply(&mut table, *at, happened);
            if chance < 10 {
                table.expire(at + GRACE_NS / 2);
            }
            for (program, expected) in &truth {
                if let Some(image) = table.image(*program) {
                    prop_assert_eq!(&*image.path, expected);
                }
                for ancestor in table.lineage(program.process).ancestors.iter() {
                    let Some(path) = &ancestor.executable else { continue };
                    let really_ran = truth.iter().any(|(id, really)| id.process == ancestor.process && **really == **path);
                    prop_assert!(really_ran, "{:?} never ran {}", ancestor.process, path);
                }
            }
        }
    }

    #[test]
    fn every_executable_once_all_events_are_in(steps in steps(), seed in any::<u64>()) {
        let (mut events, truth) = history(&steps);
        let mut state = seed | 1;
        for place in (1..events.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            events.swap(place, (state >> 33) as usize % (place + 1));
        }
        let mut table = Table::new(50);
        for (at, happened) in &events {
            apply(&mut table, *at, happened);
        }
        for (program, expected) in &truth {
            let found = table.image(*program).map(|image| Arc::clone(&image.path));
            prop_assert_eq!(found.as_deref(), Some(expected.as_str()), "{:?}", program);
        }
        // All that ended is known to be over, nothing else.
        for program in truth.keys() {
            let superseded = truth.keys().any(|other| other.process == program.process && other.exec_id > program.exec_id);
            let ended = events.iter().any(|(_, happened)| matches!(happened, Happened::Exit(task) if ProcessId::of(task) == program.process));
            prop_assert_eq!(table.over_since(*program).is_some(), superseded || ended, "{:?}", program);
        }
        prop_assert_eq!(table.evictions(), 0);
    }
}
