//! Under which paths an opened file is known.

use foldhash::{HashMap, HashMapExt as _};
use scoutline_abi::raw::{OpenEvent, ROOT_OUTSIDE};
use scoutline_abi::{Path, Record};

use crate::facts::Mount;
use crate::text::readable;

/// Translations of one path through mounts of the same file system that are tried, most specific first.
const MAX_TRANSLATIONS: usize = 8;

/// File systems that are the same wherever they are mounted: `s_magic` and the usual mount point.
const PSEUDO: [(u32, &str); 12] = [
    (PROCFS, "/proc"),
    (SYSFS, "/sys"),
    (0x7472_6163, "/sys/kernel/tracing"),
    (0x6462_6720, "/sys/kernel/debug"),
    (0x7363_6673, "/sys/kernel/security"),
    (0x5a3c_69f0, "/sys/kernel/security/apparmor"),
    (0xf97c_ff8c, "/sys/fs/selinux"),
    (0xcafe_4a11, "/sys/fs/bpf"),
    (0x6265_6570, "/sys/kernel/config"),
    (0x6573_5543, "/sys/fs/fuse/connections"),
    (0x6165_676c, "/sys/fs/pstore"),
    (0xde5e_81e4, "/sys/firmware/efi/efivars"),
];
const PROCFS: u32 = 0x9fa0;
const SYSFS: u32 = 0x6265_6572;

/// Absolute paths of one opened file, the one a person wants to read first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Paths {
    pub(crate) paths: Vec<String>,
    /// For each, what people are shown when it is the one that matched: an index into `paths`.
    shown: Vec<usize>,
    /// One more way to name it was cut, so that no match proves nothing.
    pub(crate) is_partial: bool,
}

impl Paths {
    /// The path to show when the one at `matched` is what matched.
    pub(crate) fn shown(&self, matched: usize) -> Option<&str> {
        let shown = self.shown.get(matched).copied().unwrap_or(matched);
        self.paths.get(shown).map(String::as_str)
    }

    fn push(&mut self, path: &[u8]) -> usize {
        let path = readable(path);
        if let Some(known) = self.paths.iter().position(|known| *known == path) {
            return known;
        }
        self.paths.push(path);
        self.shown.push(self.paths.len() - 1);
        self.paths.len() - 1
    }
}

/// The host's mounts by device, those that show the least of a file system first.
#[derive(Debug)]
pub(crate) struct Mounts {
    by_device: HashMap<u32, Vec<(String, String)>>,
}

impl Mounts {
    pub(crate) fn new(mounts: &[Mount]) -> Self {
        let mut by_device: HashMap<u32, Vec<(String, String)>> = HashMap::new();
        for mount in mounts {
            let trimmed = |path: &str| path.trim_end_matches('/').to_owned();
            by_device
                .entry(mount.device)
                .or_default()
                .push((trimmed(&mount.root), trimmed(&mount.mount_point)));
        }
        for mounts in by_device.values_mut() {
            mounts.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        }
        Self { by_device }
    }

    /// All absolute paths by which an open may be judged.
    pub(crate) fn paths(&self, record: &Record<'_, OpenEvent>) -> Paths {
        let file = &record.fixed.file;
        let inside = Path::new(record.text(file.path_fs));
        let mounted = Path::new(record.text(file.path_mount));
        let mut paths = Paths::default();

        if let Some((_, usual)) = PSEUDO.iter().find(|(magic, _)| *magic == file.fs_magic) {
            paths.add_pseudo(usual, &inside);
        }
        // The sieve passes these two by their inside path alone; any mount of them is the usual one.
        if matches!(file.fs_magic, PROCFS | SYSFS) {
            return paths;
        }
        let whole = paths.add_mounted(&mounted);
        self.add_translated(file.device, &inside, &mut paths);
        if file.root_len != ROOT_OUTSIDE {
            let inside_root = usize::try_from(file.root_len).unwrap_or(usize::MAX);
            paths.add_below_root(&mounted.leading(inside_root), whole);
        }
        paths
    }

    fn add_translated(&self, device: u32, inside: &Path<'_>, paths: &mut Paths) {
        let Some(mounts) = self.by_device.get(&device) else {
            return;
        };
        if inside.is_partial() {
            paths.is_partial = true;
            return;
        }
        let mut path = Vec::new();
        inside.write(&mut path);
        let translations = mounts
            .iter()
            .filter_map(|(root, mount_point)| {
                let below = path.strip_prefix(root.as_bytes())?;
                (below.is_empty() || below.starts_with(b"/"))
                    .then(|| [mount_point.as_bytes(), below].concat())
            })
            .take(MAX_TRANSLATIONS);
        for translation in translations {
            paths.push(&translation);
        }
    }
}

impl Paths {
    fn add_pseudo(&mut self, usual: &str, inside: &Path<'_>) {
        if inside.is_partial() {
            self.is_partial = true;
            return;
        }
        let mut path = usual.as_bytes().to_vec();
        if inside.leaf().is_some() {
            inside.write(&mut path);
        }
        if usual == "/proc" {
            path = without_task(&path);
        }
        self.push(&path);
    }

    fn add_mounted(&mut self, mounted: &Path<'_>) -> Option<usize> {
        if mounted.is_partial() {
            self.is_partial = true;
            return None;
        }
        let mut path = Vec::new();
        mounted.write(&mut path);
        Some(self.push(&path))
    }

    /// What the process itself calls the file. People are shown the whole path.
    fn add_below_root(&mut self, below: &Path<'_>, whole: Option<usize>) {
        let mut path = Vec::new();
        below.write(&mut path);
        let before = self.paths.len();
        let place = self.push(&path);
        if place == before
            && let (Some(whole), Some(shown)) = (whole, self.shown.get_mut(place))
        {
            *shown = whole;
        }
    }
}

/// `/proc/<pid>/task/<tid>/x` is the same file as `/proc/<pid>/x` to whoever reads it.
fn without_task(path: &[u8]) -> Vec<u8> {
    let components: Vec<_> = path.split(|byte| *byte == b'/').collect();
    let is_number = |component: &[u8]| {
        !component.is_empty() && component.iter().all(|byte| byte.is_ascii_digit())
    };
    match components.as_slice() {
        [b"", b"proc", pid, b"task", tid, rest @ ..]
            if is_number(pid) && is_number(tid) && !rest.is_empty() =>
        {
            let head: [&[u8]; 3] = [b"", b"proc", pid];
            [&head, rest].concat().join(&b'/')
        }
        _ => path.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use scoutline_abi::Event;

    use super::*;
    use crate::fixture::Open;

    fn paths_of(open: &Open) -> Paths {
        let mount = |device, root: &str, mount_point: &str| Mount {
            device,
            root: root.to_owned(),
            mount_point: mount_point.to_owned(),
        };
        let mounts = Mounts::new(&[
            mount(1, "/", "/"),
            mount(1, "/srv/www", "/var/www"),
            mount(2, "/", "/boot"),
            mount(3, "/@", "/"),
        ]);
        match scoutline_abi::decode(&open.bytes()).expect("a fixture decodes") {
            Event::Open(record) => mounts.paths(&record),
            other => panic!("not an open: {other:?}"),
        }
    }

    /// File system, device, path A, path B, components below the root; paths, and what is shown.
    type Case = (
        u32,
        u32,
        &'static str,
        &'static str,
        u32,
        &'static [(&'static str, &'static str)],
    );

    #[test]
    fn knows_every_name() {
        let cases: [Case; 13] = [
            (
                PROCFS,
                9,
                "/version",
                "/proc/version",
                2,
                &[("/proc/version", "/proc/version")],
            ),
            (
                PROCFS,
                9,
                "/version",
                "/tmp/x/version",
                ROOT_OUTSIDE,
                &[("/proc/version", "/proc/version")],
            ),
            (
                PROCFS,
                9,
                "/12/task/34/net/arp",
                "/proc/12/task/34/net/arp",
                6,
                &[("/proc/12/net/arp", "/proc/12/net/arp")],
            ),
            (
                PROCFS,
                9,
                "/12/task/34",
                "/proc/12/task/34",
                4,
                &[("/proc/12/task/34", "/proc/12/task/34")],
            ),
            (PROCFS, 9, "/", "/proc", 1, &[("/proc", "/proc")]),
            (PROCFS, 9, "…/a/b", "/proc/a/b", 3, &[]),
            (
                0x7363_6673,
                9,
                "/lockdown",
                "/mnt/lockdown",
                2,
                &[
                    (
                        "/sys/kernel/security/lockdown",
                        "/sys/kernel/security/lockdown",
                    ),
                    ("/mnt/lockdown", "/mnt/lockdown"),
                ],
            ),
            // Bound elsewhere: B lies, A translated does not.
            (
                0xef53,
                1,
                "/etc/machine-id",
                "/tmp/x",
                2,
                &[("/tmp/x", "/tmp/x"), ("/etc/machine-id", "/etc/machine-id")],
            ),
            (
                0xef53,
                1,
                "/srv/www/a",
                "/srv/www/a",
                3,
                &[("/srv/www/a", "/srv/www/a"), ("/var/www/a", "/var/www/a")],
            ),
            (
                0xef53,
                1,
                "/srv/www2",
                "/srv/www2",
                2,
                &[("/srv/www2", "/srv/www2")],
            ),
            (
                0xef53,
                2,
                "/config-6.1",
                "/boot/config-6.1",
                2,
                &[("/boot/config-6.1", "/boot/config-6.1")],
            ),
            // A chroot: judged by what the process sees, shown whole.
            (
                0x9123_683e,
                3,
                "/@/srv/jail/etc/issue",
                "/srv/jail/etc/issue",
                2,
                &[
                    ("/srv/jail/etc/issue", "/srv/jail/etc/issue"),
                    ("/etc/issue", "/srv/jail/etc/issue"),
                ],
            ),
            (
                0xef53,
                7,
                "…/jail/etc/issue",
                "…/jail/etc/issue",
                2,
                &[("/etc/issue", "/etc/issue")],
            ),
        ];
        for (fs_magic, device, path_fs, path_mount, root_len, expected) in cases {
            let paths = paths_of(&Open {
                fs_magic,
                device,
                path_fs,
                path_mount,
                root_len,
                ..Open::default()
            });
            let found: Vec<_> = (0..paths.paths.len())
                .map(|index| {
                    (
                        paths.paths[index].as_str(),
                        paths.shown(index).unwrap_or_default(),
                    )
                })
                .collect();
            assert_eq!(found, expected, "{path_fs} {path_mount}");
            let is_partial =
                path_fs.starts_with('…') && (fs_magic == PROCFS || path_mount.starts_with('…'));
            assert_eq!(paths.is_partial, is_partial, "{path_fs}");
        }
    }
}
