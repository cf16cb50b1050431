//! `repr(C)` mirror of `ebpf/bpf/include/abi.h`, where the fields are explained.
//!
//! A test compares sizes, offsets and constants with the BTF and the macros of the C side.

#![expect(missing_docs, reason = "abi.h explains each field, once")]

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

pub const ABI_VERSION: u16 = 2;
pub const COMM_LEN: usize = 16;
pub const PATH_DEPTH: usize = 32;
pub const NAME_LEN: usize = 255;
pub const HASHED_LEN: usize = 40;
pub const ARGV_LEN: usize = 2048;
pub const FILENAME_LEN: usize = 256;
pub const EXEC_TAIL: usize = 8192;
pub const OPEN_TAIL: usize = 2048;
pub const CGROUP_DEPTH: usize = 16;
pub const CGROUP_TAIL: usize = 2048;
pub const ENVIRON_VARIABLES: usize = 128;
pub const ENVIRON_VARIABLE: usize = 256;
pub const TRACE_CONTEXT_LEN: usize = 128;
pub const FOLD_QUOTA: u32 = 256;
pub const FOLD_REARM_NS: u64 = 1_000_000_000;
pub const EVENT_EXEC: u16 = 1;
pub const EVENT_FORK: u16 = 2;
pub const EVENT_EXIT: u16 = 3;
pub const EVENT_TASK: u16 = 4;
pub const EVENT_OPEN: u16 = 5;
pub const EVENT_CGROUP: u16 = 6;
pub const EVENT_TRACE_CONTEXT: u16 = 7;
pub const TEXT_TRUNCATED: u32 = 1 << 0;
pub const TEXT_UNREADABLE: u32 = 1 << 1;
pub const TASK_KTHREAD: u32 = 1 << 0;
pub const FILE_DELETED: u32 = 1 << 0;
pub const FILE_MEMFD: u32 = 1 << 1;
pub const ROOT_OUTSIDE: u32 = 0xffff_ffff;
pub const EXEC_SCRIPT: u32 = 1 << 0;
pub const CGROUP_V1: u32 = 1 << 0;
pub const CGROUP_REMOVED: u32 = 1 << 1;
pub const OPEN_SIEVE_TRUNCATED: u32 = 1 << 0;
pub const OPEN_QUOTA: u32 = 1 << 1;
pub const OPEN_UNFOLDED: u32 = 1 << 2;
pub const OPEN_AGAIN: u32 = 1 << 3;
pub const CLASS_PROC: usize = 0;
pub const CLASS_SYSFS: usize = 1;
pub const CLASS_ORDINARY: usize = 2;
pub const CLASS_SLOTS: usize = 4;
pub const BLOOM_WORDS: usize = 1024;
pub const LEAF_GLOBS: usize = 4;
pub const GLOB_PREFIX: u32 = 1;
pub const GLOB_SUFFIX: u32 = 2;
pub const SIEVE_SIGNATURES: usize = 8192;

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct EventHeader {
    pub kind: u16,
    pub version: u16,
    pub size: u32,
    pub time_ns: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Text {
    pub offset: u16,
    pub len: u16,
    pub flags: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct TaskInfo {
    pub start_ns: u64,
    pub exec_id: u64,
    pub parent_start_ns: u64,
    pub cgroup_id: u64,
    pub cgroup_v1_id: u64,
    pub capabilities: u64,
    pub tgid: u32,
    pub tid: u32,
    pub parent_tgid: u32,
    pub vpid: u32,
    pub session_id: u32,
    pub tty: u32,
    pub uid: u32,
    pub gid: u32,
    pub euid: u32,
    pub login_uid: u32,
    pub audit_session: u32,
    pub pid_ns: u32,
    pub mnt_ns: u32,
    pub net_ns: u32,
    pub user_ns: u32,
    pub flags: u32,
    pub comm: [u8; COMM_LEN],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct FileInfo {
    pub inode: u64,
    pub device: u32,
    pub generation: u32,
    pub fs_magic: u32,
    pub mount_id: u32,
    pub mode: u32,
    pub nlink: u32,
    pub flags: u32,
    pub root_len: u32,
    pub path_fs: Text,
    pub path_mount: Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct ExecEvent {
    pub header: EventHeader,
    pub task: TaskInfo,
    pub file: FileInfo,
    pub cwd: Text,
    pub filename: Text,
    pub interpreter: Text,
    pub argv: Text,
    pub old_tid: u32,
    pub flags: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct ForkEvent {
    pub header: EventHeader,
    pub task: TaskInfo,
    pub forker_start_ns: u64,
    pub forker_tgid: u32,
    pub pad: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct ExitEvent {
    pub header: EventHeader,
    pub start_ns: u64,
    pub exec_id: u64,
    pub tgid: u32,
    pub exit_code: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct CgroupEvent {
    pub header: EventHeader,
    pub id: u64,
    pub flags: u32,
    pub pad: u32,
    pub path: Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct TraceContextEvent {
    pub header: EventHeader,
    pub start_ns: u64,
    pub exec_id: u64,
    pub tgid: u32,
    pub pad: u32,
    pub value: Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct FoldKey {
    pub program: u64,
    pub object: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct FoldValue {
    pub count: u64,
    pub sent_ns: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct OpenEvent {
    pub header: EventHeader,
    pub task: TaskInfo,
    pub file: FileInfo,
    pub key: FoldKey,
    pub count: u64,
    pub open_flags: u32,
    pub file_mode: u32,
    pub flags: u32,
    pub pad: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct LeafGlob {
    pub kind: u32,
    pub len: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct SieveTable {
    pub bloom: [u64; BLOOM_WORDS],
    pub globs: [LeafGlob; CLASS_SLOTS * LEAF_GLOBS],
    pub masks: [u32; CLASS_SLOTS],
    pub classes: [u32; CLASS_SLOTS],
}

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Stats {
    pub exec_sent: u64,
    pub exec_ring_full: u64,
    pub fork_sent: u64,
    pub fork_ring_full: u64,
    pub exit_sent: u64,
    pub exit_ring_full: u64,
    pub cgroup_sent: u64,
    pub cgroup_ring_full: u64,
    pub trace_context_sent: u64,
    pub trace_context_ring_full: u64,
    pub open_seen: u64,
    pub open_unmatched: u64,
    pub open_own: u64,
    pub open_path: u64,
    pub open_race: u64,
    pub open_unreadable: u64,
    pub open_folded: u64,
    pub open_sent: u64,
    pub open_ring_full: u64,
    pub fold_full: u64,
    pub fold_quota: u64,
    pub task_sent: u64,
    pub task_dropped: u64,
    pub scratch_missing: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct SensorSelf {
    pub tgid: u32,
    pub pad: u32,
    pub root_mount: u64,
    pub root_dentry: u64,
}
