//! Which session a process is in, told as the kernel tells it: what forks and executes is seen, `setsid` and new
//! parents only by what the process does next.

use scoutline_semconv::values::SessionKind;

use super::cgroups::observe;
use super::*;
use crate::fixture::child_of;

const ID: &str = "4f6d0e61c9b35a0c2a2e70b7d9f8fbd8c8f1c5a60e2f4f6d0e61c9b35a0c2a2e";

/// A host on which things happen one after another.
struct Host {
    table: Table,
    cgroups: Cgroups,
    now: BootNanos,
    execs: u64,
    init: TaskInfo,
}

impl Host {
    /// init, and the sensor, which is number 50.
    fn new() -> Self {
        let init = TaskInfo {
            parent_tgid: 0,
            parent_start_ns: 0,
            cgroup_id: 1,
            ..task(1, 1, 1)
        };
        let mut host = Self {
            table: Table::new(50),
            cgroups: Cgroups::new(),
            now: 100,
            execs: 10,
            init,
        };
        host.place(1, "/");
        host.table.scan(&init, 10, image("/sbin/init"));
        host
    }

    fn place(&mut self, id: u64, path: &str) {
        observe(&mut self.cgroups, id, path, 0, self.now);
    }

    fn fork(&mut self, parent: &TaskInfo, tgid: u32) -> TaskInfo {
        self.now += 1;
        let child = child_of(parent, tgid, self.now);
        fork(&mut self.table, &child, self.now);
        child
    }

    fn exec(&mut self, task: &TaskInfo, path: &str) -> TaskInfo {
        self.now += 1;
        self.execs += 1;
        let task = TaskInfo {
            exec_id: self.execs,
            ..*task
        };
        assert!(self.table.exec(&task, self.now, image(path)));
        task
    }

    fn exit(&mut self, task: &TaskInfo) {
        self.now += 1;
        self.table.exit(&exit(task, self.now));
        self.now += GRACE_NS;
        self.table.expire(self.now);
        self.cgroups.expire(self.now);
    }

    /// The session that an access of the process is counted in.
    fn session(&mut self, task: &TaskInfo) -> Session {
        self.now += 1;
        self.table.open(task, self.now);
        self.table.session(task, &self.cgroups)
    }

    /// A daemon: what init forked, the leader of a session of its own.
    fn daemon(&mut self, tgid: u32) -> TaskInfo {
        let init = self.init;
        let daemon = setsid(&self.fork(&init, tgid));
        self.exec(&daemon, "/usr/sbin/daemon")
    }
}

fn setsid(task: &TaskInfo) -> TaskInfo {
    TaskInfo {
        session_id: task.tgid,
        ..*task
    }
}

fn given_to(parent: &TaskInfo, task: &TaskInfo) -> TaskInfo {
    TaskInfo {
        parent_tgid: parent.tgid,
        parent_start_ns: parent.start_ns,
        ..*task
    }
}

fn tree_of(task: &TaskInfo) -> Session {
    Session::Processes(ProcessId::of(task))
}

#[test]
fn a_login_is_what_audit_says_whatever_its_processes_do() {
    let mut host = Host::new();
    let sshd = host.daemon(30);
    let shell = TaskInfo {
        audit_session: 7,
        login_uid: 1000,
        ..setsid(&host.fork(&sshd, 31))
    };
    let shell = host.exec(&shell, "/bin/bash");
    assert_eq!(host.session(&shell), Session::Login(7));
    // su, which takes the other user's rights and a session of its own.
    let su = TaskInfo {
        uid: 0,
        euid: 0,
        ..setsid(&host.fork(&shell, 32))
    };
    let su = host.exec(&su, "/bin/su");
    assert_eq!(host.session(&su), Session::Login(7));
    // sudo env nice sh -c: one process, one execution after another.
    let mut chain = host.fork(&shell, 33);
    for path in ["/usr/bin/sudo", "/usr/bin/env", "/usr/bin/nice", "/bin/sh"] {
        chain = host.exec(&chain, path);
        assert_eq!(host.session(&chain), Session::Login(7), "{path}");
    }
    // What daemonizes itself out of the login stays what that login did.
    let first = setsid(&host.fork(&chain, 34));
    let second = host.fork(&first, 35);
    host.exit(&first);
    let orphan = host.exec(&given_to(&host.init.clone(), &second), "/tmp/x");
    assert_eq!(host.session(&orphan), Session::Login(7));
    assert_eq!(orphan.session_id, 34);
    // A second login of the same user is another one.
    let again = TaskInfo {
        audit_session: 8,
        ..setsid(&host.fork(&sshd, 36))
    };
    let again = host.exec(&again, "/bin/bash");
    assert_eq!(host.session(&again), Session::Login(8));
    assert_eq!(host.session(&sshd), tree_of(&sshd));
}

#[test]
fn without_audit_a_login_is_the_scope_that_logind_made() {
    let mut host = Host::new();
    let scope = "/user.slice/user-1000.slice/session-3.scope";
    host.place(5, scope);
    host.place(6, "/user.slice/user-1000.slice/session-4.scope");
    let sshd = host.daemon(30);
    let shell = TaskInfo {
        cgroup_id: 5,
        ..setsid(&host.fork(&sshd, 31))
    };
    let shell = host.exec(&shell, "/bin/bash");
    let session = host.session(&shell);
    assert_eq!(session, Session::Unit(scope.into()));
    assert_eq!(session.kind(), SessionKind::Login);
    let own = setsid(&host.fork(&shell, 32));
    assert_eq!(host.session(&own), session);
    let other = TaskInfo {
        cgroup_id: 6,
        ..setsid(&host.fork(&sshd, 33))
    };
    assert_ne!(host.session(&other), session);
}

#[test]
fn a_unit_is_its_path_and_what_it_makes_below_is_still_the_unit() {
    let mut host = Host::new();
    for (id, path, unit, kind) in [
        (
            5,
            "/system.slice/foo.service",
            "/system.slice/foo.service",
            "service",
        ),
        (
            6,
            "/system.slice/foo.service/worker",
            "/system.slice/foo.service",
            "service",
        ),
        (
            7,
            "/system.slice/system-getty.slice/getty@tty1.service",
            "/system.slice/system-getty.slice/getty@tty1.service",
            "service",
        ),
        (
            8,
            "/user.slice/user-5.slice/user@5.service/app.slice/foo.service",
            "/user.slice/user-5.slice/user@5.service/app.slice/foo.service",
            "service",
        ),
        (9, "/init.scope", "/init.scope", "service"),
    ] {
        host.place(id, path);
        let init = host.init;
        let number = 60 + u32::try_from(id).expect("it is small");
        let task = TaskInfo {
            cgroup_id: id,
            ..setsid(&host.fork(&init, number))
        };
        let session = host.session(&task);
        assert_eq!(session, Session::Unit(unit.into()), "{path}");
        assert_eq!(session.kind().as_str(), kind, "{path}");
    }
    // Neither a slice nor a folder is a unit.
    for (id, path) in [(20, "/system.slice"), (21, "/folder"), (22, "/")] {
        host.place(id, path);
        let init = host.init;
        let task = TaskInfo {
            cgroup_id: id,
            ..setsid(&host.fork(&init, 90))
        };
        assert_eq!(host.session(&task), tree_of(&task), "{path}");
    }
}

#[test]
fn a_container_is_one_session_also_for_who_enters_it_from_a_login() {
    let mut host = Host::new();
    host.place(5, &format!("/docker/{ID}"));
    host.place(6, &format!("/docker/{ID}/inner"));
    let init = host.init;
    let shim = host.fork(&init, 30);
    let first = TaskInfo {
        cgroup_id: 5,
        vpid: 1,
        ..setsid(&host.fork(&shim, 31))
    };
    let entered = TaskInfo {
        cgroup_id: 5,
        audit_session: 7,
        ..setsid(&host.fork(&init, 32))
    };
    let inner = TaskInfo {
        cgroup_id: 6,
        ..host.fork(&first, 33)
    };
    for task in [first, entered, inner] {
        assert_eq!(host.session(&task), Session::Container(ID.into()));
    }
    assert_eq!(host.session(&shim), tree_of(&shim));
    // Named by a user: the login is what is known for sure.
    host.place(
        8,
        &format!("/user.slice/user-5.slice/session-3.scope/docker-{ID}.scope"),
    );
    let made_up = TaskInfo {
        cgroup_id: 8,
        audit_session: 9,
        ..entered
    };
    assert_eq!(host.session(&made_up), Session::Login(9));
    let made_up = TaskInfo {
        audit_session: u32::MAX,
        ..made_up
    };
    let scope = "/user.slice/user-5.slice/session-3.scope";
    assert_eq!(host.session(&made_up), Session::Unit(scope.into()));
}

#[test]
fn what_a_daemon_starts_with_setsid_is_a_tree_of_its_own() {
    let mut host = Host::new();
    let cron = host.daemon(30);
    let worker = host.fork(&cron, 31);
    assert_eq!(host.session(&worker), tree_of(&cron));
    let job = setsid(&host.fork(&cron, 32));
    let job = host.exec(&job, "/bin/sh");
    let other = setsid(&host.fork(&cron, 33));
    let other = host.exec(&other, "/bin/sh");
    assert_eq!(host.session(&job), tree_of(&job));
    assert_eq!(host.session(&other), tree_of(&other));
    // Below that nothing begins another one.
    let below = setsid(&host.fork(&job, 34));
    let below = host.exec(&below, "/usr/bin/tool");
    assert_eq!(host.session(&below), tree_of(&job));
}

#[test]
fn a_leader_that_only_forks_is_a_tree_with_its_children() {
    let mut host = Host::new();
    let server = host.daemon(30);
    // It called setsid, which nobody saw, and does nothing that is seen but to fork.
    let backend = setsid(&host.fork(&server, 31));
    let child = host.fork(&backend, 32);
    let child = host.exec(&child, "/bin/sh");
    assert_eq!(host.session(&child), tree_of(&backend));
    assert_eq!(host.session(&backend), tree_of(&backend));
    assert_eq!(host.session(&server), tree_of(&server));
}

#[test]
fn a_daemon_that_forked_twice_stays_with_who_started_it() {
    let mut host = Host::new();
    let sshd = host.daemon(30);
    let shell = setsid(&host.fork(&sshd, 31));
    let shell = host.exec(&shell, "/bin/bash");
    let first = host.fork(&shell, 32);
    let own = setsid(&first);
    let second = host.fork(&own, 33);
    host.exit(&own);
    let init = host.init;
    let orphan = given_to(&init, &second);
    assert_eq!(host.session(&orphan), tree_of(&shell));
    let orphan = host.exec(&orphan, "/tmp/x");
    assert_eq!(host.session(&orphan), tree_of(&shell));
    // Everybody else of that tree may be gone.
    host.exit(&shell);
    let child = host.fork(&orphan, 34);
    assert_eq!(host.session(&child), tree_of(&shell));
}

#[test]
fn an_orphan_given_to_a_subreaper_stays_in_its_tree() {
    let mut host = Host::new();
    let sshd = host.daemon(30);
    let reaper = setsid(&host.fork(&sshd, 31));
    let reaper = host.exec(&reaper, "/usr/bin/tmux");
    let pane = setsid(&host.fork(&sshd, 32));
    let pane = host.exec(&pane, "/bin/bash");
    let first = host.fork(&pane, 33);
    let second = host.fork(&first, 34);
    host.exit(&first);
    let orphan = host.exec(&given_to(&reaper, &second), "/tmp/x");
    assert_eq!(host.session(&orphan), tree_of(&pane));
    assert_eq!(host.session(&reaper), tree_of(&reaper));
}

#[test]
fn what_was_there_before_the_sensor_is_grouped_alike_in_any_order() {
    let host = Host::new();
    let init = host.init;
    let daemon = setsid(&child_of(&init, 30, 30));
    let shell = setsid(&child_of(&daemon, 31, 31));
    let tool = child_of(&shell, 32, 32);
    let worker = child_of(&daemon, 33, 33);
    // Its parent is gone, its leader is not.
    let orphan = given_to(&init, &child_of(&shell, 34, 34));
    // Numbers begin again at the highest: a parent's may be above its child's, and then it is told later.
    let all = [daemon, shell, tool, worker, orphan];
    let forward = [0, 1, 2, 3, 4];
    for order in [forward, [4, 3, 2, 1, 0], [2, 4, 1, 3, 0], [3, 2, 4, 0, 1]] {
        let mut host = Host::new();
        for place in order {
            host.table.scan(&all[place], 50, image("/bin/x"));
        }
        for (task, root) in [
            (daemon, daemon),
            (shell, shell),
            (tool, shell),
            (worker, daemon),
            (orphan, shell),
        ] {
            assert_eq!(host.session(&task), tree_of(&root), "{order:?}");
            let child = host.fork(&task, 40 + task.tgid);
            assert_eq!(host.session(&child), tree_of(&root), "{order:?}");
        }
    }
}

#[test]
fn children_of_what_was_told_too_early_find_their_tree() {
    let mut host = Host::new();
    let init = host.init;
    let daemon = setsid(&child_of(&init, 90, 30));
    let shell = setsid(&child_of(&daemon, 80, 31));
    let tool = child_of(&shell, 70, 32);
    for task in [tool, shell, daemon] {
        host.table.scan(&task, 50, image("/bin/x"));
    }
    // The first thing that is heard of it is that it forks.
    let child = host.fork(&tool, 100);
    assert_eq!(host.session(&child), tree_of(&shell));
}

#[test]
fn orphans_of_a_leader_that_is_gone_have_that_in_common() {
    let mut host = Host::new();
    let init = host.init;
    let of_gone = |tgid| TaskInfo {
        session_id: 25,
        ..child_of(&init, tgid, u64::from(tgid))
    };
    let (one, other) = (of_gone(30), of_gone(31));
    host.table.scan(&one, 50, image("/bin/x"));
    host.table.scan(&other, 50, image("/bin/x"));
    let gone = Session::Processes(ProcessId {
        tgid: 25,
        start_ns: 0,
    });
    assert_eq!(host.session(&one), gone);
    assert_eq!(host.session(&other), gone);
    let child = host.fork(&one, 40);
    assert_eq!(host.session(&child), gone);
}

#[test]
fn the_root_of_a_session_is_its_topmost_process() {
    let mut host = Host::new();
    let sshd = host.daemon(30);
    let shell = TaskInfo {
        audit_session: 7,
        ..setsid(&host.fork(&sshd, 31))
    };
    let shell = host.exec(&shell, "/bin/bash");
    let middle = host.fork(&shell, 32);
    let tool = host.fork(&middle, 33);
    let tool = host.exec(&tool, "/usr/bin/tool");
    let session = host.session(&tool);
    let root = host
        .table
        .session_root(&session, ProcessId::of(&tool), &host.cgroups);
    assert_eq!(root, ProcessId::of(&shell));
    // The same when the processes between are gone.
    host.exit(&middle);
    let root = host
        .table
        .session_root(&session, ProcessId::of(&tool), &host.cgroups);
    assert_eq!(root, ProcessId::of(&tool), "as far as known");
}

#[test]
fn what_the_sensor_starts_is_one_tree_whatever_it_does() {
    let mut host = Host::new();
    let init = host.init;
    let sensor = host.fork(&init, 50);
    let child = host.fork(&sensor, 51);
    let child = host.exec(&child, "/bin/sh");
    let root = ProcessId::of(&child);
    let own = setsid(&host.fork(&child, 52));
    let second = host.fork(&own, 53);
    host.exit(&own);
    let orphan = host.exec(&given_to(&init, &second), "/tmp/x");
    for task in [child, orphan] {
        assert_eq!(host.table.tree(ProcessId::of(&task)), Some(root));
    }
    assert_eq!(host.table.tree(ProcessId::of(&init)), None);
    assert_eq!(Session::Exec(root).kind(), SessionKind::Exec);
}
