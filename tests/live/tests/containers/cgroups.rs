//! Directories that are made among the host's cgroups, and removed again.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Processes that are told to end do so within this time.
const REMOVAL_LIMIT: Duration = Duration::from_secs(5);

/// A mounted hierarchy, and what was made in it.
#[derive(Debug)]
pub(crate) struct Hierarchy {
    root: PathBuf,
    /// A parent before its children.
    made: Mutex<Vec<PathBuf>>,
}

impl Hierarchy {
    /// That of v2.
    pub(crate) fn v2() -> Result<Self, String> {
        Self::find(|kind, _| kind == "cgroup2").ok_or_else(|| "needs cgroup v2".to_owned())
    }

    /// The one of v1 that the pids controller is on.
    pub(crate) fn v1() -> Result<Self, String> {
        let has_pids = |options: &str| options.split(',').any(|option| option == "pids");
        Self::find(|kind, options| kind == "cgroup" && has_pids(options))
            .ok_or_else(|| "needs the pids controller on a v1 hierarchy".to_owned())
    }

    fn find(is_it: impl Fn(&str, &str) -> bool) -> Option<Self> {
        let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
        let root = mounts.lines().find_map(|line| {
            let mut fields = line.split(' ').skip(1);
            let (root, kind, options) = (fields.next()?, fields.next()?, fields.next()?);
            is_it(kind, options).then(|| root.into())
        })?;
        Some(Self {
            root,
            made: Mutex::default(),
        })
    }

    /// Makes a cgroup with all that is above it; where it is mounted.
    pub(crate) fn make(&self, cgroup: &str) -> io::Result<PathBuf> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let mut path = self.root.clone();
        for name in cgroup.split('/').filter(|name| !name.is_empty()) {
            path.push(name);
            match fs::create_dir(&path) {
                Ok(()) => made.push(path.clone()),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Ok(path)
    }
}

impl Drop for Hierarchy {
    fn drop(&mut self) {
        let made = self.made.get_mut().unwrap_or_else(PoisonError::into_inner);
        for path in made.iter().rev() {
            if let Err(error) = remove(path) {
                tell_left(path, &error);
            }
        }
    }
}

/// A cgroup goes once the last process in it is gone.
fn remove(path: &Path) -> io::Result<()> {
    let deadline = Instant::now() + REMOVAL_LIMIT;
    loop {
        match fs::remove_dir(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) if error.kind() == ErrorKind::ResourceBusy && Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(20));
            }
            result => return result,
        }
    }
}

#[expect(
    clippy::print_stdout,
    reason = "what is left behind belongs to the results"
)]
fn tell_left(path: &Path, error: &io::Error) {
    println!("suite containers: {} is left: {error}", path.display());
}
