//! Kernel records of what the built-in recipes look for and of what they do not.

use scoutline_abi::build::{self, Exec, Open, task};
use scoutline_abi::raw::{FoldKey, TaskInfo};

/// All were started at the same time: they are told apart by their numbers.
fn process(tgid: u32) -> TaskInfo {
    task(tgid, 1_000, 1)
}

/// A process executes the program at this path.
pub(super) fn exec(tgid: u32, time_ns: u64, program: &'static str) -> Vec<u8> {
    Exec::of(process(tgid), time_ns, program).bytes()
}

/// It opens a file of procfs; `object` is what its repeats are counted by.
pub(super) fn open(tgid: u32, time_ns: u64, path: &'static str, object: u64) -> Vec<u8> {
    let open = Open {
        task: process(tgid),
        time_ns,
        path_fs: path.trim_start_matches("/proc"),
        path_mount: path,
        key: FoldKey { program: 1, object },
        ..Open::default()
    };
    open.bytes()
}

/// It ends.
pub(super) fn exit(tgid: u32, time_ns: u64) -> Vec<u8> {
    build::exit(&process(tgid), time_ns)
}
