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
use crate::received::{Received, read_line};

/// What has been written so far, and a way to wait for more.
#[derive(Debug)]
pub struct Records {
    file: File,
    watch: OwnedFd,
    torn: Vec<u8>,
    all: Vec<Received>,
}

impl Records {
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

    /// All records that are there by now.
    ///
    /// # Errors
    /// If the file can not be read, or a line is no OTLP/JSON.
    pub fn now(&mut self) -> Result<&[Received]> {
        self.file.read_to_end(&mut self.torn)?;
        if let Some(end) = self.torn.iter().rposition(|&byte| byte == b'\n') {
            let rest = self.torn.split_off(end + 1);
            let lines = std::mem::replace(&mut self.torn, rest);
            for line in lines.split(|&byte| byte == b'\n') {
                if !line.is_empty() {
                    self.all.append(&mut read_line(line)?);
                }
            }
        }
        Ok(&self.all)
    }

    /// Waits until `are_there`, and returns all records.
    ///
    /// # Errors
    /// If that takes longer than [`PATIENCE`]; then it says what is there.
    pub fn wait_until(
        &mut self,
        expected: &str,
        are_there: impl Fn(&[Received]) -> bool,
    ) -> Result<&[Received]> {
        let deadline = Instant::now() + PATIENCE;
        while !are_there(self.now()?) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let bodies: Vec<_> = self.all.iter().map(Received::body).collect();
                bail!("waited for {expected}, got {bodies:#?}");
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
