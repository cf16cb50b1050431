//! Kernel records as the kernel makes them, of what the built-in recipes look for and of what they do not.

use scoutline_abi::raw;
use zerocopy::IntoBytes as _;

const NONE: raw::Text = raw::Text {
    offset: 0,
    len: 0,
    flags: 0,
};

fn task(tgid: u32) -> raw::TaskInfo {
    raw::TaskInfo {
        start_ns: 1_000,
        exec_id: 1,
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
        pid_ns: 1,
        mnt_ns: 1,
        net_ns: 1,
        user_ns: 1,
        flags: 0,
        comm: [0; raw::COMM_LEN],
    }
}

fn header(kind: u16, size: usize, time_ns: u64) -> raw::EventHeader {
    raw::EventHeader {
        kind,
        version: raw::ABI_VERSION,
        size: size.try_into().expect("it is small"),
        time_ns,
    }
}

/// `/a/b` as the kernel writes it, `b/a/`, appended to the tail.
fn path(tail: &mut Vec<u8>, path: &str) -> raw::Text {
    let offset = tail.len();
    for component in path.rsplit('/').filter(|part| !part.is_empty()) {
        tail.extend(component.as_bytes());
        tail.push(b'/');
    }
    raw::Text {
        offset: offset.try_into().expect("it is small"),
        len: (tail.len() - offset).try_into().expect("it is small"),
        flags: 0,
    }
}

fn file(path_fs: raw::Text, path_mount: raw::Text, fs_magic: u32) -> raw::FileInfo {
    raw::FileInfo {
        inode: 9,
        device: 22,
        generation: 0,
        fs_magic,
        mount_id: 1,
        mode: 0o100_644,
        nlink: 1,
        flags: 0,
        root_len: raw::ROOT_OUTSIDE,
        path_fs,
        path_mount,
    }
}

/// A process executes the program at this path.
pub(super) fn exec(tgid: u32, time_ns: u64, program: &str) -> Vec<u8> {
    let mut tail = Vec::new();
    let at = path(&mut tail, program);
    let mut event = raw::ExecEvent {
        header: header(raw::EVENT_EXEC, 0, time_ns),
        task: task(tgid),
        file: file(at, at, 0xef53),
        cwd: NONE,
        filename: NONE,
        interpreter: NONE,
        argv: NONE,
        old_tid: tgid,
        flags: 0,
    };
    event.header = header(raw::EVENT_EXEC, size_of_val(&event) + tail.len(), time_ns);
    [event.as_bytes(), &tail].concat()
}

/// It opens a file of procfs; `object` is what its repeats are counted by.
pub(super) fn open(tgid: u32, time_ns: u64, name: &str, object: u64) -> Vec<u8> {
    let mut tail = Vec::new();
    let path_fs = path(&mut tail, name);
    let path_mount = path(&mut tail, &format!("/proc{name}"));
    let mut event = raw::OpenEvent {
        header: header(raw::EVENT_OPEN, 0, time_ns),
        task: task(tgid),
        file: file(path_fs, path_mount, 0x9fa0),
        key: raw::FoldKey { program: 1, object },
        count: 1,
        open_flags: 0,
        file_mode: 1,
        flags: 0,
        pad: 0,
    };
    event.header = header(raw::EVENT_OPEN, size_of_val(&event) + tail.len(), time_ns);
    [event.as_bytes(), &tail].concat()
}

/// It ends.
pub(super) fn exit(tgid: u32, time_ns: u64) -> Vec<u8> {
    let task = task(tgid);
    let event = raw::ExitEvent {
        header: header(raw::EVENT_EXIT, size_of::<raw::ExitEvent>(), time_ns),
        start_ns: task.start_ns,
        exec_id: task.exec_id,
        tgid,
        exit_code: 0,
    };
    event.as_bytes().to_vec()
}
