//! Ring records for tests, made as the kernel makes them.

use zerocopy::IntoBytes as _;

use crate::raw;

/// A task that nothing is special about.
pub fn task(tgid: u32, start_ns: u64, exec_id: u64) -> raw::TaskInfo {
    raw::TaskInfo {
        start_ns,
        exec_id,
        parent_start_ns: 1,
        cgroup_id: 1,
        cgroup_v1_id: 0,
        capabilities: 0,
        tgid,
        tid: tgid,
        parent_tgid: 1,
        vpid: tgid,
        session_id: 1,
        tty: 0,
        uid: 0,
        gid: 0,
        euid: 0,
        login_uid: u32::MAX,
        audit_session: u32::MAX,
        pid_ns: 4_026_531_836,
        mnt_ns: 4_026_531_841,
        net_ns: 4_026_531_840,
        user_ns: 4_026_531_837,
        flags: 0,
        comm: [0; raw::COMM_LEN],
    }
}

/// The same with another parent.
pub fn child_of(parent: &raw::TaskInfo, tgid: u32, start_ns: u64) -> raw::TaskInfo {
    raw::TaskInfo {
        tgid,
        tid: tgid,
        vpid: tgid,
        start_ns,
        parent_tgid: parent.tgid,
        parent_start_ns: parent.start_ns,
        ..*parent
    }
}

/// The strings of a record.
#[derive(Default)]
struct Tail {
    bytes: Vec<u8>,
}

impl Tail {
    fn text(&mut self, bytes: &[u8], flags: u32) -> raw::Text {
        let offset = saturated(self.bytes.len());
        self.bytes.extend_from_slice(bytes);
        raw::Text {
            offset,
            len: saturated(bytes.len()),
            flags,
        }
    }

    /// `/a/b` as the kernel writes it, `b/a/`; a path that begins with `…` is partial.
    fn path(&mut self, path: &str, leaf: &[u8]) -> raw::Text {
        let (path, flags) = match path.strip_prefix('…') {
            Some(rest) => (rest, raw::TEXT_TRUNCATED),
            None => (path, 0),
        };
        let mut bytes = leaf.to_vec();
        if !leaf.is_empty() {
            bytes.push(b'/');
        }
        for component in path
            .split('/')
            .rev()
            .filter(|component| !component.is_empty())
        {
            bytes.extend_from_slice(component.as_bytes());
            bytes.push(b'/');
        }
        self.text(&bytes, flags)
    }
}

fn file() -> raw::FileInfo {
    let none = raw::Text {
        offset: 0,
        len: 0,
        flags: 0,
    };
    raw::FileInfo {
        inode: 4026531840,
        device: 0x10_0001,
        generation: 0,
        fs_magic: 0xef53,
        mount_id: 1,
        mode: 0o100_644,
        nlink: 1,
        flags: 0,
        root_len: raw::ROOT_OUTSIDE,
        path_fs: none,
        path_mount: none,
    }
}

/// No text is so long; a record of one that is would not decode.
fn saturated(len: usize) -> u16 {
    u16::try_from(len).unwrap_or(u16::MAX)
}

fn header(kind: u16, size: usize, time_ns: u64) -> raw::EventHeader {
    raw::EventHeader {
        kind,
        version: raw::ABI_VERSION,
        size: u32::try_from(size).unwrap_or(u32::MAX),
        time_ns,
    }
}

/// An exec, or with `is_scan` a process of the scan.
#[derive(Clone, Debug)]
pub struct Exec {
    /// Who.
    pub task: raw::TaskInfo,
    /// Of the record.
    pub time_ns: u64,
    /// Path of the executable in its file system; one that begins with `…` is partial.
    pub path_fs: &'static str,
    /// As mounted.
    pub path_mount: &'static str,
    /// One more component of any bytes.
    pub leaf: Vec<u8>,
    /// As typed.
    pub filename: &'static str,
    /// Arguments, any bytes.
    pub argv: Vec<Vec<u8>>,
    /// Working directory.
    pub cwd: &'static str,
    /// [`raw::EXEC_SCRIPT`].
    pub is_script: bool,
    /// There were more arguments.
    pub is_argv_cut: bool,
    /// The scan tells of it.
    pub is_scan: bool,
    /// [`raw::FILE_DELETED`], [`raw::FILE_MEMFD`].
    pub file_flags: u32,
}

impl Default for Exec {
    fn default() -> Self {
        Self {
            task: task(100, 1_000, 1),
            time_ns: 1_000,
            path_fs: "/usr/bin/true",
            path_mount: "/usr/bin/true",
            leaf: Vec::new(),
            filename: "/usr/bin/true",
            argv: vec![b"true".to_vec()],
            cwd: "/root",
            is_script: false,
            is_argv_cut: false,
            is_scan: false,
            file_flags: 0,
        }
    }
}

impl Exec {
    /// `task` executes `path`.
    pub fn of(task: raw::TaskInfo, time_ns: u64, path: &'static str) -> Self {
        Self {
            task,
            time_ns,
            path_fs: path,
            path_mount: path,
            filename: path,
            argv: vec![path.as_bytes().to_vec()],
            ..Self::default()
        }
    }

    /// As it stands in a ring.
    pub fn bytes(&self) -> Vec<u8> {
        let mut tail = Tail::default();
        let mut argv = self.argv.join(&0);
        let mut argv_flags = 0;
        if self.is_argv_cut {
            argv_flags = raw::TEXT_TRUNCATED;
        } else if !self.argv.is_empty() {
            argv.push(0);
        }
        let mut event = raw::ExecEvent {
            header: header(raw::EVENT_EXEC, 0, self.time_ns),
            task: self.task,
            file: raw::FileInfo {
                flags: self.file_flags,
                path_fs: tail.path(self.path_fs, &self.leaf),
                path_mount: tail.path(self.path_mount, &self.leaf),
                ..file()
            },
            cwd: tail.path(self.cwd, &self.leaf),
            filename: tail.text(self.filename.as_bytes(), 0),
            interpreter: tail.text(self.filename.as_bytes(), 0),
            argv: tail.text(&argv, argv_flags),
            old_tid: self.task.tid,
            flags: if self.is_script { raw::EXEC_SCRIPT } else { 0 },
        };
        let kind = if self.is_scan {
            raw::EVENT_TASK
        } else {
            raw::EVENT_EXEC
        };
        event.header = header(kind, size_of_val(&event) + tail.bytes.len(), self.time_ns);
        [event.as_bytes(), &tail.bytes].concat()
    }
}

/// An open.
#[derive(Clone, Debug)]
pub struct Open {
    /// Who.
    pub task: raw::TaskInfo,
    /// Of the record.
    pub time_ns: u64,
    /// Path in its file system; one that begins with `…` is partial.
    pub path_fs: &'static str,
    /// As mounted.
    pub path_mount: &'static str,
    /// One more component of any bytes.
    pub leaf: Vec<u8>,
    /// Components of the process's root, or [`raw::ROOT_OUTSIDE`].
    pub root_len: u32,
    /// Magic number of the file system.
    pub fs_magic: u32,
    /// Device of the file system.
    pub device: u32,
    /// Of the inode.
    pub mode: u32,
    /// `FMODE_READ` is 1.
    pub file_mode: u32,
    /// [`raw::OPEN_QUOTA`] and its like.
    pub flags: u32,
    /// What its repeats are counted by.
    pub key: raw::FoldKey,
    /// How often so far.
    pub count: u64,
}

impl Default for Open {
    fn default() -> Self {
        Self {
            task: task(100, 1_000, 1),
            time_ns: 2_000,
            path_fs: "/version",
            path_mount: "/proc/version",
            leaf: Vec::new(),
            root_len: 2,
            fs_magic: 0x9fa0,
            device: 22,
            mode: 0o100_444,
            file_mode: 1,
            flags: 0,
            key: raw::FoldKey {
                program: 1,
                object: 1,
            },
            count: 1,
        }
    }
}

impl Open {
    /// What the kernel says for `root_len`: leaf first, each component with its slash.
    fn root_bytes(&self) -> u32 {
        let components = self.path_mount.split('/').filter(|part| !part.is_empty());
        let mut lens: Vec<_> = components.map(|part| part.len() + 1).collect();
        if !self.leaf.is_empty() {
            lens.push(self.leaf.len() + 1);
        }
        match self.root_len {
            raw::ROOT_OUTSIDE => raw::ROOT_OUTSIDE,
            depth => {
                let bytes: usize = lens.iter().rev().take(depth as usize).sum();
                u32::try_from(bytes).unwrap_or(u32::MAX)
            }
        }
    }

    /// As it stands in a ring.
    pub fn bytes(&self) -> Vec<u8> {
        let mut tail = Tail::default();
        let mut event = raw::OpenEvent {
            header: header(raw::EVENT_OPEN, 0, self.time_ns),
            task: self.task,
            file: raw::FileInfo {
                device: self.device,
                fs_magic: self.fs_magic,
                mode: self.mode,
                root_len: self.root_bytes(),
                path_fs: tail.path(self.path_fs, &self.leaf),
                path_mount: tail.path(self.path_mount, &self.leaf),
                ..file()
            },
            key: self.key,
            count: self.count,
            open_flags: 0o2_100_000,
            file_mode: self.file_mode,
            flags: self.flags,
            pad: 0,
        };
        event.header = header(
            raw::EVENT_OPEN,
            size_of_val(&event) + tail.bytes.len(),
            self.time_ns,
        );
        [event.as_bytes(), &tail.bytes].concat()
    }
}

/// A fork.
pub fn fork(task: raw::TaskInfo, time_ns: u64) -> Vec<u8> {
    raw::ForkEvent {
        header: header(raw::EVENT_FORK, size_of::<raw::ForkEvent>(), time_ns),
        task,
        forker_start_ns: task.parent_start_ns,
        forker_tgid: task.parent_tgid,
        pad: 0,
    }
    .as_bytes()
    .to_vec()
}

/// The end of a process.
pub fn exit(task: &raw::TaskInfo, time_ns: u64) -> Vec<u8> {
    exit_with(task, time_ns, 0)
}

/// The same with a status as `wait` gives it.
pub fn exit_with(task: &raw::TaskInfo, time_ns: u64, status: u32) -> Vec<u8> {
    raw::ExitEvent {
        header: header(raw::EVENT_EXIT, size_of::<raw::ExitEvent>(), time_ns),
        start_ns: task.start_ns,
        exec_id: task.exec_id,
        tgid: task.tgid,
        exit_code: status,
    }
    .as_bytes()
    .to_vec()
}

/// `TRACEPARENT` of a program.
pub fn trace_context(task: &raw::TaskInfo, time_ns: u64, value: &str) -> Vec<u8> {
    let mut tail = Tail::default();
    let value = tail.text(value.as_bytes(), 0);
    let fixed = raw::TraceContextEvent {
        header: header(
            raw::EVENT_TRACE_CONTEXT,
            size_of::<raw::TraceContextEvent>() + tail.bytes.len(),
            time_ns,
        ),
        start_ns: task.start_ns,
        exec_id: task.exec_id,
        tgid: task.tgid,
        pad: 0,
        value,
    };
    [fixed.as_bytes(), &tail.bytes].concat()
}

/// A cgroup of v2; its path is as people write it.
pub fn cgroup(id: u64, path: &str, flags: u32, time_ns: u64) -> Vec<u8> {
    let mut tail = Tail::default();
    let leaf_first: String = path
        .split('/')
        .rev()
        .filter(|name| !name.is_empty())
        .map(|name| format!("{name}/"))
        .collect();
    let path = tail.text(leaf_first.as_bytes(), 0);
    let fixed = raw::CgroupEvent {
        header: header(
            raw::EVENT_CGROUP,
            size_of::<raw::CgroupEvent>() + tail.bytes.len(),
            time_ns,
        ),
        id,
        flags,
        pad: 0,
        path,
    };
    [fixed.as_bytes(), &tail.bytes].concat()
}
