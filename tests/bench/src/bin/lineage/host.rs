//! A host that never was: the ring records of its processes.

use std::io::Write as _;

use scoutline_abi::raw::{
    ABI_VERSION, EVENT_EXEC, EVENT_EXIT, EVENT_FORK, EVENT_TASK, EventHeader, ExecEvent, ExitEvent,
    FileInfo, ForkEvent, ROOT_OUTSIDE, TaskInfo, Text,
};
use zerocopy::IntoBytes as _;

/// Children of each process, so that 50 000 are nine generations with the supervisors above them.
const CHILDREN: u32 = 8;

/// Different executables.
const PROGRAMS: u32 = 300;

/// Each of the processes up to here begins a container or a login of its own; later ones are in that of their parent.
const GROUPS: u32 = 4_096;

/// Bytes of a command line.
const ARGV: usize = 100;

/// Numbers from here on are children of the first [`PARENTS`] processes.
pub(crate) const SHORT_LIVED: u32 = 1_000_000;

/// Processes that the short-lived ones are children of.
pub(crate) const PARENTS: u32 = 512;

/// Pid of process 0, if it were not the first process of the host.
const FIRST: u32 = 1_000;

/// Makes records; each borrows the buffers of the one before.
pub(crate) struct Host {
    tail: Vec<u8>,
    bytes: Vec<u8>,
}

impl Host {
    pub(crate) fn new() -> Self {
        Self {
            tail: Vec::with_capacity(1 << 10),
            bytes: Vec::with_capacity(1 << 10),
        }
    }

    /// The first process, as the scan at start sees it.
    pub(crate) fn init(&mut self, time_ns: u64) -> &[u8] {
        let task = TaskInfo {
            tgid: 1,
            parent_tgid: 0,
            parent_start_ns: 0,
            ..task(0)
        };
        self.image(EVENT_TASK, &task, 0, time_ns)
    }

    /// Process `number`, forked by its parent, which has a smaller number.
    pub(crate) fn fork(&mut self, number: u32, time_ns: u64) -> &[u8] {
        let task = task(number);
        let event = ForkEvent {
            header: header(EVENT_FORK, size_of::<ForkEvent>(), time_ns),
            task,
            forker_start_ns: task.parent_start_ns,
            forker_tgid: task.parent_tgid,
            pad: 0,
        };
        self.whole(event.as_bytes())
    }

    /// The same one executes a program, with arguments of its own.
    pub(crate) fn exec(&mut self, number: u32, time_ns: u64) -> &[u8] {
        let task = executed(number);
        self.image(EVENT_EXEC, &task, number, time_ns)
    }

    /// Or one that a recipe looks for, in a login of its own.
    pub(crate) fn scanner(&mut self, number: u32, time_ns: u64) -> &[u8] {
        let task = TaskInfo {
            audit_session: number,
            ..executed(number)
        };
        self.tail.clear();
        let path = self.text(format_args!("nmap/bin/usr/"));
        let argv = format_args!(
            "nmap\0-sS\0-p\01-1024\0-oX\0/tmp/scan-{number}.xml\0--min-rate\0500\010.0.0.0/16\0"
        );
        let argv = self.text(argv);
        self.executes(EVENT_EXEC, &task, [path, path, path, argv], 1, time_ns)
    }

    /// And ends.
    pub(crate) fn exit(&mut self, number: u32, time_ns: u64) -> &[u8] {
        let task = executed(number);
        let event = ExitEvent {
            header: header(EVENT_EXIT, size_of::<ExitEvent>(), time_ns),
            start_ns: task.start_ns,
            exec_id: task.exec_id,
            tgid: task.tgid,
            exit_code: 0,
        };
        self.whole(event.as_bytes())
    }

    fn whole(&mut self, event: &[u8]) -> &[u8] {
        self.bytes.clear();
        self.bytes.extend_from_slice(event);
        &self.bytes
    }

    fn image(&mut self, kind: u16, task: &TaskInfo, number: u32, time_ns: u64) -> &[u8] {
        self.tail.clear();
        let program = number % PROGRAMS;
        let path = self.text(format_args!(
            "worker-{program}/bin/service-{program}/lib/usr/"
        ));
        let cwd = self.text(format_args!("{}/data/srv/", group_of(number)));
        let filename = self.text(format_args!(
            "/usr/lib/service-{program}/bin/worker-{program}"
        ));
        let begin = self.tail.len();
        let argv = self.text(format_args!(
            "worker-{program}\0--listen\0unix:/run/service-{program}/{number}.sock\0--threads\04\0--log-level\0info\0--name\0"
        ));
        let argv = Text {
            len: ARGV as u16,
            ..argv
        };
        self.tail.resize(begin + ARGV - 1, b'x');
        self.tail.push(0);
        self.executes(kind, task, [path, cwd, filename, argv], program, time_ns)
    }

    fn executes(
        &mut self,
        kind: u16,
        task: &TaskInfo,
        [path, cwd, filename, argv]: [Text; 4],
        program: u32,
        time_ns: u64,
    ) -> &[u8] {
        let event = ExecEvent {
            header: header(kind, size_of::<ExecEvent>() + self.tail.len(), time_ns),
            task: *task,
            file: FileInfo {
                inode: u64::from(program) + 100_000,
                device: 0x10_0001,
                generation: 0,
                fs_magic: 0xef53,
                mount_id: 1,
                mode: 0o100_755,
                nlink: 1,
                flags: 0,
                root_len: ROOT_OUTSIDE,
                path_fs: path,
                path_mount: path,
            },
            cwd,
            filename,
            interpreter: filename,
            argv,
            old_tid: task.tid,
            flags: 0,
        };
        self.bytes.clear();
        self.bytes.extend_from_slice(event.as_bytes());
        self.bytes.extend_from_slice(&self.tail);
        &self.bytes
    }

    fn text(&mut self, text: std::fmt::Arguments<'_>) -> Text {
        let offset = self.tail.len();
        // Writing to a Vec cannot fail.
        let _ = self.tail.write_fmt(text);
        Text {
            offset: offset as u16,
            len: (self.tail.len() - offset) as u16,
            flags: 0,
        }
    }
}

/// When process `number` was started.
pub(crate) fn started_ns(number: u32) -> u64 {
    1_000_000_000 + u64::from(number) * 1_000_000
}

/// 0 stands for the first process of the host.
fn parent_of(number: u32) -> u32 {
    if number < SHORT_LIVED {
        number / CHILDREN
    } else {
        1 + number % (PARENTS - 1)
    }
}

fn group_of(number: u32) -> u32 {
    let mut group = number;
    while group >= GROUPS {
        group = parent_of(group);
    }
    group
}

fn executed(number: u32) -> TaskInfo {
    let task = task(number);
    TaskInfo {
        exec_id: task.exec_id + 1,
        ..task
    }
}

fn task(number: u32) -> TaskInfo {
    let parent = parent_of(number);
    let group = group_of(number);
    let (parent_tgid, leader) = match parent {
        0 => (1, 1),
        parent => (FIRST + parent, FIRST + group),
    };
    TaskInfo {
        start_ns: started_ns(number),
        exec_id: 1,
        parent_start_ns: started_ns(parent),
        cgroup_id: u64::from(group) + 1,
        cgroup_v1_id: 0,
        capabilities: 0,
        tgid: FIRST + number,
        tid: FIRST + number,
        parent_tgid,
        vpid: FIRST + number,
        session_id: leader,
        tty: 0,
        uid: 1000,
        gid: 1000,
        euid: 1000,
        login_uid: u32::MAX,
        audit_session: u32::MAX,
        pid_ns: 4_026_531_836,
        mnt_ns: 4_026_531_841,
        net_ns: 4_026_531_840,
        user_ns: 4_026_531_837,
        flags: 0,
        comm: *b"worker\0\0\0\0\0\0\0\0\0\0",
    }
}

fn header(kind: u16, size: usize, time_ns: u64) -> EventHeader {
    EventHeader {
        kind,
        version: ABI_VERSION,
        size: size as u32,
        time_ns,
    }
}
