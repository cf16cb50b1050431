//! A file that grows by a line of OTLP/JSON a message.

use std::fs::File;
use std::io::Read as _;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify;
use rustix::io::{Errno, read};

use crate::PATIENCE;
use crate::received::Received;

/// What such a file consists of.
pub trait Item: Sized {
    /// Those of one OTLP/JSON message; a message about another signal has none.
    ///
    /// # Errors
    /// If it is no OTLP/JSON.
    fn read(line: &[u8]) -> Result<Vec<Self>>;

    /// What says in a failure that it was there.
    fn title(&self) -> &str;
}

/// What has been written so far, and a way to wait for more.
#[derive(Debug)]
pub struct Lines<T> {
    file: File,
    watch: OwnedFd,
    torn: Vec<u8>,
    all: Vec<T>,
}

/// Log records.
pub type Records = Lines<Received>;

impl<T: Item> Lines<T> {
    /// Follows a file, which has to exist.
    ///
    /// # Errors
    /// If it can not be read or watched.
    pub fn follow(path: &Path) -> Result<Self> {
        let following = || format!("follow {}", path.display());
        let file = File::open(path).with_context(following)?;
        let flags = inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC;
        let watch = inotify::init(flags).with_context(following)?;
        inotify::add_watch(&watch, path, inotify::WatchFlags::MODIFY).with_context(following)?;
        Ok(Self {
            file,
            watch,
            torn: Vec::new(),
            all: Vec::new(),
        })
    }

    /// All that is there by now.
    ///
    /// # Errors
    /// If the file can not be read, or a line is no OTLP/JSON.
    pub fn now(&mut self) -> Result<&[T]> {
        self.file.read_to_end(&mut self.torn)?;
        if let Some(end) = self.torn.iter().rposition(|&byte| byte == b'\n') {
            let rest = self.torn.split_off(end + 1);
            let lines = std::mem::replace(&mut self.torn, rest);
            for line in lines.split(|&byte| byte == b'\n') {
                if !line.is_empty() {
                    self.all.append(&mut T::read(line)?);
                }
            }
        }
        Ok(&self.all)
    }

    /// Waits until `are_there`, and returns all.
    ///
    /// # Errors
    /// If that takes longer than [`PATIENCE`]; then it says what is there.
    pub fn wait_until(&mut self, expected: &str, are_there: impl Fn(&[T]) -> bool) -> Result<&[T]> {
        let deadline = Instant::now() + PATIENCE;
        while !are_there(self.now()?) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let titles: Vec<_> = self.all.iter().map(T::title).collect();
                bail!("waited for {expected}, got {titles:#?}");
            }
            let mut changed = [PollFd::new(&self.watch, PollFlags::IN)];
            poll(&mut changed, Some(&Timespec::try_from(left)?))?;
            self.forget_changes()?;
        }
        Ok(&self.all)
    }

    /// Reads the notifications away: the file says what has changed.
    fn forget_changes(&self) -> Result<()> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        loop {
            match read(&self.watch, &mut buffer) {
                Ok(_) => {}
                Err(Errno::AGAIN) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
