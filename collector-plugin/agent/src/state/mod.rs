//! What a sensor remembers from one run to the next.
//!
//! | file | what it is | when it is damaged |
//! |---|---|---|
//! | `secret` | the key of identities, 16 bytes, mode 0600 | replaced: identities change, which is told |
//! | `slices.jsonl` | the open slices of sessions | read up to the damage |
//! | `seen` | what fired before on this host, 8 bytes each | read up to the damage |
//! | `run` | how far the last run got | taken for that of a run that crashed |
//!
//! The folder belongs to one running sensor, which locks it. Without a folder a sensor works all the same: it has
//! other identities in each run.

mod journal;
mod run;
mod seen;

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use scoutline_detect::JournalEntry;
use uuid::Uuid;

use crate::variables::Variables;
use journal::Journal;
pub use journal::LeftOpen;
use run::RunFile;
pub use run::{LastRun, Run, Untold};
use seen::SeenFile;

/// Where a sensor keeps its state if systemd does not say.
const FOLDER: &str = "/var/lib/scoutline";

const SECRET: &str = "secret";

/// The key of identities.
pub type Secret = [u8; 16];

/// The folder of a sensor, locked.
#[derive(Debug)]
pub struct State {
    secret: Secret,
    seen: Vec<u64>,
    last_run: LastRun,
    left_open: LeftOpen,
    keeper: Keeper,
}

/// Writes what is to be remembered. A disk that is full ends the memory, not the sensor.
#[derive(Debug, Default)]
pub struct Keeper {
    journal: Option<Journal>,
    seen: Option<SeenFile>,
    run: Option<RunFile>,
    /// Unlocks the folder when it is dropped.
    _lock: Option<File>,
}

/// The folder: systemd's, else [`FOLDER`].
pub fn folder(variables: &Variables) -> PathBuf {
    let given = variables.filled("STATE_DIRECTORY");
    // Several are separated by colons.
    let first = given.and_then(|folders| folders.split(':').next());
    PathBuf::from(first.unwrap_or(FOLDER))
}

/// The secret in `folder`, if a sensor made one there.
pub fn existing_secret(folder: &Path) -> Option<Secret> {
    fs::read(folder.join(SECRET)).ok()?.try_into().ok()
}

/// A secret for this run only.
pub fn passing_secret() -> Secret {
    Uuid::new_v4().into_bytes()
}

impl State {
    /// Makes and locks `folder`, and reads what the last run left there.
    ///
    /// # Errors
    /// If it cannot be used, or another sensor does.
    pub fn open(folder: &Path, boot_id: &str) -> io::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let lock = private().open(folder.join("lock"))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|error| match error {
            rustix::io::Errno::WOULDBLOCK => io::Error::new(
                io::ErrorKind::ResourceBusy,
                "another sensor uses it; give this one a folder of its own with STATE_DIRECTORY",
            ),
            error => error.into(),
        })?;
        let secret = secret(&folder.join(SECRET))?;
        let (seen_file, seen) = SeenFile::open(&folder.join("seen"))?;
        let (run, last_run) = RunFile::open(&folder.join("run"))?;
        let (journal, left_open) = Journal::open(&folder.join("slices.jsonl"), boot_id)?;
        Ok(Self {
            secret,
            seen,
            last_run,
            left_open,
            keeper: Keeper {
                journal: Some(journal),
                seen: Some(seen_file),
                run: Some(run),
                _lock: Some(lock),
            },
        })
    }

    /// The key of identities.
    pub fn secret(&self) -> Secret {
        self.secret
    }

    /// What fired before on this host, oldest first.
    pub fn seen(&self) -> &[u64] {
        &self.seen
    }

    /// How far the last run got.
    pub fn last_run(&self) -> &LastRun {
        &self.last_run
    }

    /// The slices that the last run left open, and what writes from now on.
    pub fn into_parts(self) -> (LeftOpen, Keeper) {
        (self.left_open, self.keeper)
    }
}

impl Keeper {
    /// Appends to the journal.
    pub fn journal<'a>(&mut self, entries: impl IntoIterator<Item = &'a JournalEntry>) {
        self.keep(|journal| journal.append(entries));
    }

    /// Nothing in the journal is needed any longer.
    pub fn tidy(&mut self) {
        self.keep(Journal::tidy);
    }

    /// Whether [`Keeper::rewrite`] is due.
    pub fn is_journal_long(&self) -> bool {
        self.journal.as_ref().is_some_and(Journal::is_long)
    }

    /// Writes the journal anew with what is open.
    pub fn rewrite<'a>(&mut self, entries: impl IntoIterator<Item = &'a JournalEntry>) {
        self.keep(|journal| journal.rewrite(entries));
    }

    fn keep(&mut self, write: impl FnOnce(&mut Journal) -> io::Result<()>) {
        if let Some(journal) = &mut self.journal
            && let Err(error) = write(journal)
        {
            tracing::error!(%error, "open traces are no longer kept: a sensor that is killed loses them");
            self.journal = None;
        }
    }

    /// Remembers how far this run got.
    pub fn run(&mut self, run: &Run) {
        if let Some(file) = &mut self.run
            && let Err(error) = file.write(run)
        {
            tracing::error!(%error, "what a crash would lose is no longer known");
            self.run = None;
        }
    }

    /// Remembers what fired.
    pub fn seen(&mut self, pairs: &[u64]) {
        if let Some(seen) = &mut self.seen
            && let Err(error) = seen.append(pairs)
        {
            tracing::error!(%error, "what fired on this host is no longer remembered");
            self.seen = None;
        }
    }
}

/// The secret in this file, which is made if there is none.
fn secret(path: &Path) -> io::Result<Secret> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(mut file) => {
            if file.metadata()?.permissions().mode() & 0o077 != 0 {
                tracing::warn!(path = %path.display(), "others could read the secret of this host; closed now");
                file.set_permissions(Permissions::from_mode(0o600))?;
            }
            file.read_to_end(&mut bytes)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if let Ok(secret) = Secret::try_from(bytes.as_slice()) {
        return Ok(secret);
    }
    if !bytes.is_empty() {
        tracing::warn!(path = %path.display(), "the secret of this host is damaged; identities change");
    }
    let secret = passing_secret();
    // Whole or not at all.
    let fresh = path.with_extension("new");
    let mut file = private().truncate(true).open(&fresh)?;
    file.write_all(&secret)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    Ok(secret)
}

/// Files for nobody else.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOT: &str = "boot-1";

    #[test]
    fn the_secret_stays_and_is_nobody_elses() {
        let home = tempfile::tempdir().expect("a folder");
        let at = home.path().join("state");
        let first = State::open(&at, BOOT).expect("it can be made").secret();
        let path = at.join(SECRET);
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&at), mode(&path)), (0o700, 0o600));
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("opened up");
        assert_eq!(State::open(&at, BOOT).expect("again").secret(), first);
        assert_eq!(mode(&path), 0o600);
        assert_eq!(existing_secret(&at), Some(first));
        fs::write(&path, "short").expect("damaged");
        assert_ne!(State::open(&at, BOOT).expect("again").secret(), first);
        assert_eq!(existing_secret(&home.path().join("none")), None);
    }

    #[test]
    fn a_folder_belongs_to_one_sensor() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = State::open(folder.path(), BOOT).expect("it can be used");
        let error = State::open(folder.path(), BOOT).expect_err("it is in use");
        assert!(error.to_string().contains("another sensor"), "{error}");
        let (_, keeper) = state.into_parts();
        State::open(folder.path(), BOOT).expect_err("still in use");
        drop(keeper);
        State::open(folder.path(), BOOT).expect("free again");
    }

    #[test]
    fn systemd_says_where() {
        let variables = Variables::from([("STATE_DIRECTORY", "/run/a:/run/b")]);
        assert_eq!(folder(&variables), Path::new("/run/a"));
        assert_eq!(folder(&Variables::default()), Path::new(FOLDER));
    }
}
