//! What was executed, in words for people.

use std::sync::Arc;

use scoutline_abi::raw::{EXEC_SCRIPT, ExecEvent, FILE_DELETED, FILE_MEMFD, TASK_KTHREAD};
use scoutline_abi::{Path, Record};

use crate::text::readable;

/// `S_IWOTH`.
const WORLD_WRITABLE: u32 = 0o002;

/// What a program is made of. All strings are fit for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// The file that was really mapped, as mounted; inside its file system if it is mounted nowhere.
    pub(crate) path: Arc<str>,
    /// Last component of `path`.
    pub(crate) name: Arc<str>,
    /// Arguments as the kernel had them at the time of the exec, a NUL after each. They may hold secrets.
    pub(crate) argv: Box<[u8]>,
    /// There were more.
    pub(crate) is_argv_cut: bool,
    /// At the time of the exec.
    pub(crate) working_directory: Option<Arc<str>>,
    /// The script that it interprets, as typed.
    pub(crate) script: Option<Arc<str>>,
    pub(crate) is_deleted: bool,
    pub(crate) is_memfd: bool,
    /// Everybody may write to the file.
    pub(crate) is_world_writable: bool,
    /// Device and inode of the file; both 0 if there is none.
    pub(crate) device: u32,
    pub(crate) inode: u64,
}

impl Image {
    pub(crate) fn of(record: &Record<'_, ExecEvent>) -> Self {
        let ExecEvent {
            file,
            task,
            cwd,
            filename,
            argv,
            flags,
            ..
        } = record.fixed;
        if task.flags & TASK_KTHREAD != 0 {
            return Self::kernel_thread(&task.comm);
        }
        let mounted = record.text(file.path_mount);
        let path = Path::new(if mounted.bytes.is_empty() {
            record.text(file.path_fs)
        } else {
            mounted
        });
        // The root is empty as well, but then the executable was read.
        let has_cwd = cwd.len > 0 || (cwd.flags == 0 && path.leaf().is_some());
        let text = |bytes: &[u8]| (!bytes.is_empty()).then(|| Arc::from(readable(bytes)));
        Self {
            path: written(&path),
            name: path.leaf().map(readable).unwrap_or_default().into(),
            argv: record.text(argv).bytes.into(),
            is_argv_cut: record.text(argv).is_partial(),
            working_directory: has_cwd.then(|| written(&Path::new(record.text(cwd)))),
            script: (flags & EXEC_SCRIPT != 0)
                .then(|| text(record.text(filename).bytes))
                .flatten(),
            is_deleted: file.flags & FILE_DELETED != 0,
            is_memfd: file.flags & FILE_MEMFD != 0,
            is_world_writable: file.mode & WORLD_WRITABLE != 0,
            device: file.device,
            inode: file.inode,
        }
    }

    /// The kernel's own threads map no file; they are shown as `ps` does.
    fn kernel_thread(comm: &[u8]) -> Self {
        let comm = comm.split(|byte| *byte == 0).next().unwrap_or_default();
        let name: Arc<str> = format!("[{}]", readable(comm)).into();
        Self {
            path: Arc::clone(&name),
            name,
            argv: Box::default(),
            is_argv_cut: false,
            working_directory: None,
            script: None,
            is_deleted: false,
            is_memfd: false,
            is_world_writable: false,
            device: 0,
            inode: 0,
        }
    }
}

fn written(path: &Path<'_>) -> Arc<str> {
    let mut bytes = Vec::new();
    path.write(&mut bytes);
    readable(&bytes).into()
}
