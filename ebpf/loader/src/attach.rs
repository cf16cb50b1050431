//! Attaching: down the ladder of each family until a hook holds.

use std::fs::File;
use std::io;

use aya::Btf;
use aya::programs::{BtfTracePoint, FEntry, Iter, Lsm, Program, ProgramError};
use thiserror::Error;

use crate::hooks::{self, Family, Hook, Place};
use crate::sensor::Sensor;

/// Which variants of [`Family::FileOpen`] may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileOpen {
    /// The best that works.
    #[default]
    Auto,
    /// Only `lsm/file_open`.
    Lsm,
    /// Only `fentry/security_file_open`.
    Fentry,
    /// Only `tp_btf/sys_exit`.
    Syscall,
}

impl FileOpen {
    fn allows(self, hook: &Hook) -> bool {
        match (self, hook.place) {
            (Self::Auto, _) | (Self::Lsm, Place::Lsm(_)) | (Self::Fentry, Place::Fentry(_)) => true,
            (Self::Syscall, Place::TpBtf(_)) => true,
            (Self::Lsm | Self::Fentry | Self::Syscall, _) => false,
        }
    }
}

/// What became of one hook.
#[derive(Debug)]
pub struct Attachment {
    /// The hook.
    pub hook: &'static Hook,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a hook that was considered.
#[derive(Debug)]
pub enum Outcome {
    /// In use.
    Attached,
    /// A better one is in use, or the configuration excludes it.
    NotNeeded,
    /// Could not be used.
    Failed(AttachError),
}

/// Why a hook cannot be used.
#[derive(Debug, Error)]
pub enum AttachError {
    /// The kernel does not have the place.
    #[error("this kernel has no {place}")]
    NoSuchPlace {
        /// Name of the place.
        place: &'static str,
    },
    /// The kernel refuses to load the program.
    #[error("the kernel refuses the program: {source}")]
    Refused {
        /// What the kernel answered.
        source: io::Error,
        /// What the verifier said, possibly nothing.
        verifier_log: String,
    },
    /// It loads, but cannot be attached.
    #[error("the kernel refuses to attach it: {0}")]
    NotAttached(#[source] ProgramError),
    /// It is attached, but an open of ours did not reach it. LSM programs do that where `bpf` is not in
    /// the kernel's list of security modules.
    #[error(
        "it is attached but never fires; for an LSM hook, add bpf to the kernel parameter lsm="
    )]
    Silent,
    /// The object does not have the program.
    #[error("the object has no program {program}")]
    NoProgram {
        /// Its name.
        program: &'static str,
    },
}

impl Sensor {
    /// Attaches all families, each with its best hook that works; returns what became of every hook.
    ///
    /// A family may end up without any: the caller decides what that means. Blocks for as long as the
    /// verifier takes, some tens of milliseconds a program.
    pub(crate) fn attach_all(&mut self, btf: &Btf, file_open: FileOpen) -> Vec<Attachment> {
        let mut attachments = Vec::new();
        for family in Family::ALL {
            let mut is_attached = false;
            for hook in hooks::of(family) {
                let is_allowed = family != Family::FileOpen || file_open.allows(hook);
                let outcome = if is_attached || !is_allowed {
                    Outcome::NotNeeded
                } else {
                    match self.attach_one(btf, hook) {
                        Ok(()) => Outcome::Attached,
                        Err(error) => {
                            if let AttachError::Refused { verifier_log, .. } = &error {
                                tracing::debug!(hook = hook.name, verifier_log, "program refused");
                            }
                            Outcome::Failed(error)
                        }
                    }
                };
                is_attached |= matches!(outcome, Outcome::Attached);
                attachments.push(Attachment { hook, outcome });
            }
        }
        attachments
    }

    fn attach_one(&mut self, btf: &Btf, hook: &Hook) -> Result<(), AttachError> {
        let before = self.opens_seen();
        let program = self
            .programs
            .program_mut(hook.program)
            .ok_or(AttachError::NoProgram {
                program: hook.program,
            })?;
        load(program, hook.place, btf)?;
        if hook.family == Family::Tasks {
            return Ok(()); // attached when it is read
        }
        attach(program).map_err(AttachError::NotAttached)?;
        if hook.family == Family::FileOpen {
            // Any file will do. What matters is that the hook counts.
            drop(File::open("/proc/self/stat"));
            if self.opens_seen() == before {
                if let Some(program) = self.programs.program_mut(hook.program) {
                    unload(program);
                }
                return Err(AttachError::Silent);
            }
        }
        Ok(())
    }

    fn opens_seen(&self) -> u64 {
        self.stats().map_or(0, |stats| stats.open_seen)
    }
}

fn load(program: &mut Program, place: Place, btf: &Btf) -> Result<(), AttachError> {
    let (name, result) = match (program, place) {
        (Program::BtfTracePoint(program), Place::TpBtf(name)) => (name, program.load(name, btf)),
        (Program::Lsm(program), Place::Lsm(name)) => (name, program.load(name, btf)),
        (Program::FEntry(program), Place::Fentry(name)) => (name, program.load(name, btf)),
        (Program::Iter(program), Place::Iter(name)) => (name, program.load(name, btf)),
        (_, Place::TpBtf(name) | Place::Lsm(name) | Place::Fentry(name) | Place::Iter(name)) => {
            return Err(AttachError::NoSuchPlace { place: name });
        }
    };
    match result {
        Ok(()) => Ok(()),
        Err(ProgramError::LoadError {
            io_error,
            verifier_log,
        }) => Err(AttachError::Refused {
            source: io_error,
            verifier_log: verifier_log.to_string(),
        }),
        Err(ProgramError::Btf(_)) => Err(AttachError::NoSuchPlace { place: name }),
        Err(error) => Err(AttachError::NotAttached(error)),
    }
}

fn attach(program: &mut Program) -> Result<(), ProgramError> {
    match program {
        Program::BtfTracePoint(program) => BtfTracePoint::attach(program).map(drop),
        Program::Lsm(program) => Lsm::attach(program).map(drop),
        Program::FEntry(program) => FEntry::attach(program).map(drop),
        Program::Iter(program) => Iter::attach(program).map(drop),
        _ => Err(ProgramError::UnexpectedProgramType),
    }
}

fn unload(program: &mut Program) {
    let result = match program {
        Program::BtfTracePoint(program) => program.unload(),
        Program::Lsm(program) => program.unload(),
        Program::FEntry(program) => program.unload(),
        _ => Ok(()),
    };
    if let Err(error) = result {
        tracing::warn!(%error, "a program that never fired could not be unloaded");
    }
}
