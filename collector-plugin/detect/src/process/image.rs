//! What was executed, in words for people.
//!
//! Few files are executed by many processes, with arguments and working directories of their own: what is known of a
//! file is kept once, and made readable once; the rest is kept as it came, until somebody wants to read it.

use std::ops::Deref;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use scoutline_abi::raw::{EXEC_SCRIPT, ExecEvent, FILE_DELETED, FILE_MEMFD, TASK_KTHREAD};
use scoutline_abi::{Path, Record};

use crate::text::readable;

/// `S_IWOTH`.
const WORLD_WRITABLE: u32 = 0o002;

/// Files after which those are forgotten that no program needs any longer; later, twice as many as were needed then.
const FEW_FILES: usize = 1024;

/// Before the arguments: their length, four bytes, little-endian, and whether there were more.
const IS_CUT: u32 = 1 << 31;

/// What a program is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    file: Arc<ExecutedFile>,
    /// Length and [`IS_CUT`], arguments, working directory: in one piece, because every process has its own.
    typed: Arc<[u8]>,
}

/// What a program is made of that does not differ between its processes. All strings are fit for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExecutedFile {
    /// The file that was really mapped, as mounted; inside its file system if it is mounted nowhere.
    pub(crate) path: Arc<str>,
    /// Last component of `path`.
    pub(crate) name: Arc<str>,
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
    /// `working_directory` is any bytes, empty if it is not known.
    pub(super) fn new(
        file: Arc<ExecutedFile>,
        argv: &[u8],
        is_argv_cut: bool,
        working_directory: &[u8],
    ) -> Self {
        // No record is longer.
        let len = u32::try_from(argv.len()).unwrap_or(0);
        let head = len | if is_argv_cut { IS_CUT } else { 0 };
        Self {
            file,
            typed: [&head.to_le_bytes(), argv, working_directory]
                .concat()
                .into(),
        }
    }

    /// Arguments as the kernel had them at the time of the exec, a NUL after each. They may hold secrets.
    pub(crate) fn argv(&self) -> &[u8] {
        self.typed().1
    }

    /// There were more.
    pub(crate) fn is_argv_cut(&self) -> bool {
        self.typed().0
    }

    /// At the time of the exec, fit for a terminal.
    pub(crate) fn working_directory(&self) -> Option<String> {
        let (.., directory) = self.typed();
        (!directory.is_empty()).then(|| readable(directory))
    }

    fn typed(&self) -> (bool, &[u8], &[u8]) {
        let Some((head, rest)) = self.typed.split_first_chunk() else {
            return (false, &[], &[]);
        };
        let head = u32::from_le_bytes(*head);
        let (argv, directory) = rest
            .split_at_checked((head & !IS_CUT) as usize)
            .unwrap_or((rest, &[]));
        (head & IS_CUT != 0, argv, directory)
    }
}

impl Deref for Image {
    type Target = ExecutedFile;

    fn deref(&self) -> &ExecutedFile {
        &self.file
    }
}

/// The files that programs are made of.
#[derive(Debug)]
pub(crate) struct Images {
    /// By what a record says of them. Only those that programs need, and some more.
    files: HashMap<Box<[u8]>, Arc<ExecutedFile>>,
    /// How many are too many.
    full: usize,
    /// Reused from record to record.
    key: Vec<u8>,
    directory: Vec<u8>,
}

impl Images {
    pub(crate) fn new() -> Self {
        Self {
            files: HashMap::new(),
            full: FEW_FILES,
            key: Vec::new(),
            directory: Vec::new(),
        }
    }

    pub(crate) fn of(&mut self, record: &Record<'_, ExecEvent>) -> Image {
        let ExecEvent {
            file,
            task,
            cwd,
            argv,
            ..
        } = record.fixed;
        if task.flags & TASK_KTHREAD != 0 {
            return kernel_thread(&task.comm);
        }
        // The root is empty as well, but then the executable was read.
        let has_cwd = cwd.len > 0 || (cwd.flags == 0 && path(record).leaf().is_some());
        self.directory.clear();
        if has_cwd {
            Path::new(record.text(cwd)).write(&mut self.directory);
        }
        let is_same = self.find(record);
        let executed = is_same.unwrap_or_else(|| {
            self.make_room();
            let executed = Arc::new(ExecutedFile::of(record));
            self.files
                .insert(self.key.as_slice().into(), Arc::clone(&executed));
            executed
        });
        debug_assert_eq!(executed.inode, file.inode, "the key has the inode");
        let argv = record.text(argv);
        Image::new(executed, argv.bytes, argv.is_partial(), &self.directory)
    }

    /// Leaves its key behind for when it is not there.
    fn find(&mut self, record: &Record<'_, ExecEvent>) -> Option<Arc<ExecutedFile>> {
        let file = record.fixed.file;
        let path = path(record);
        self.key.clear();
        self.key.extend(file.inode.to_ne_bytes());
        self.key.extend(file.device.to_ne_bytes());
        self.key.extend(file.flags.to_ne_bytes());
        self.key.push(u8::from(file.mode & WORLD_WRITABLE != 0));
        self.key.push(u8::from(path.is_partial()));
        for component in path.components() {
            self.key.extend_from_slice(component);
            self.key.push(b'/');
        }
        // No path has a NUL.
        self.key.push(0);
        self.key.extend_from_slice(script(record));
        self.files.get(self.key.as_slice()).cloned()
    }

    fn make_room(&mut self) {
        if self.files.len() >= self.full {
            self.files.retain(|_, file| Arc::strong_count(file) > 1);
            self.full = FEW_FILES.max(2 * self.files.len());
        }
    }
}

impl ExecutedFile {
    fn of(record: &Record<'_, ExecEvent>) -> Self {
        let file = record.fixed.file;
        let path = path(record);
        let mut bytes = Vec::new();
        path.write(&mut bytes);
        let script = script(record);
        Self {
            path: readable(&bytes).into(),
            name: path.leaf().map(readable).unwrap_or_default().into(),
            script: (!script.is_empty()).then(|| readable(script).into()),
            is_deleted: file.flags & FILE_DELETED != 0,
            is_memfd: file.flags & FILE_MEMFD != 0,
            is_world_writable: file.mode & WORLD_WRITABLE != 0,
            device: file.device,
            inode: file.inode,
        }
    }
}

/// Of the file, as mounted if it is.
fn path<'a>(record: &Record<'a, ExecEvent>) -> Path<'a> {
    let file = record.fixed.file;
    let mounted = record.text(file.path_mount);
    Path::new(if mounted.bytes.is_empty() {
        record.text(file.path_fs)
    } else {
        mounted
    })
}

/// As typed; empty if it is no script.
fn script<'a>(record: &Record<'a, ExecEvent>) -> &'a [u8] {
    if record.fixed.flags & EXEC_SCRIPT != 0 {
        record.text(record.fixed.filename).bytes
    } else {
        &[]
    }
}

/// The kernel's own threads map no file; they are shown as `ps` does.
fn kernel_thread(comm: &[u8]) -> Image {
    let comm = comm.split(|byte| *byte == 0).next().unwrap_or_default();
    let name: Arc<str> = format!("[{}]", readable(comm)).into();
    let file = ExecutedFile {
        path: Arc::clone(&name),
        name,
        script: None,
        is_deleted: false,
        is_memfd: false,
        is_world_writable: false,
        device: 0,
        inode: 0,
    };
    Image::new(Arc::new(file), &[], false, &[])
}

#[cfg(test)]
mod tests {
    use scoutline_abi::{Event, decode};

    use super::*;
    use crate::fixture::{Exec, task};

    fn image(images: &mut Images, exec: &Exec) -> Image {
        let bytes = exec.bytes();
        match decode(&bytes) {
            Ok(Event::Exec(record)) => images.of(&record),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_file_is_kept_once_and_what_was_typed_each_time() {
        let mut images = Images::new();
        let it = Exec::of(task(1, 1, 1), 1, "/bin/cat");
        let [one, other] = [b"a", b"b"].map(|argument| {
            let argv = vec![b"cat".to_vec(), argument.to_vec()];
            image(&mut images, &Exec { argv, ..it.clone() })
        });
        assert!(Arc::ptr_eq(&one.file, &other.file));
        assert_eq!((one.argv(), one.is_argv_cut()), (&b"cat\0a\0"[..], false));
        assert_eq!(other.argv(), b"cat\0b\0");
        assert_eq!(one.working_directory().as_deref(), Some("/root"));
        let cut = Exec {
            is_argv_cut: true,
            ..it.clone()
        };
        assert!(image(&mut images, &cut).is_argv_cut());
    }

    #[test]
    fn files_that_differ_in_anything_are_not_the_same() {
        let mut images = Images::new();
        let it = Exec::of(task(1, 1, 1), 1, "/bin/cat");
        let others = [
            it.clone(),
            Exec {
                path_mount: "/bin/ca",
                leaf: b"t".to_vec(),
                ..it.clone()
            },
            Exec {
                path_mount: "…/bin/cat",
                ..it.clone()
            },
            Exec {
                file_flags: FILE_DELETED,
                ..it.clone()
            },
            Exec {
                file_flags: FILE_MEMFD,
                ..it.clone()
            },
            Exec {
                is_script: true,
                filename: "/bin/a",
                ..it.clone()
            },
            Exec {
                is_script: true,
                filename: "/bin/b",
                ..it
            },
        ];
        let found = others.each_ref().map(|exec| image(&mut images, exec));
        for (index, one) in found.iter().enumerate() {
            for other in &found[index + 1..] {
                assert_ne!(one.file, other.file);
            }
        }
        for (exec, before) in others.iter().zip(&found) {
            assert_eq!(image(&mut images, exec), *before);
        }
    }

    #[test]
    fn files_that_no_program_needs_are_forgotten() {
        let mut images = Images::new();
        let it = Exec::of(task(1, 1, 1), 1, "/bin");
        let mut kept = Vec::new();
        for number in 0..10 * FEW_FILES {
            let leaf = number.to_string().into_bytes();
            let made = image(&mut images, &Exec { leaf, ..it.clone() });
            if number % 100 == 0 {
                kept.push(made);
            }
        }
        assert!(images.files.len() <= FEW_FILES, "{}", images.files.len());
        for (number, before) in (0..).step_by(100).zip(&kept) {
            let leaf = format!("{number}").into_bytes();
            let again = image(&mut images, &Exec { leaf, ..it.clone() });
            assert!(Arc::ptr_eq(&again.file, &before.file), "{number}");
        }
    }
}
