//! What the process says to whoever started it.

use std::process::ExitCode;

use scoutline_detect::recipe::CompileError;

use crate::config::LoadError;
use crate::recipes::{ReadError, UnknownRecipe};
use crate::start::NothingToWatch;

/// How a command ended. Scripts lean on the numbers: they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: fine.
    Fine,
    /// 1: failed at run time.
    Failed,
    /// 2: usage, configuration or a recipe is wrong. clap uses the same number.
    Usage,
    /// 3, or what `--fail-exit-code` says: a detection reached `--fail-on`, and CMD itself succeeded.
    FailOn(u8),
    /// 4: neither executions nor opens can be watched with this kernel or these privileges.
    Unwatchable,
    /// `exec`: CMD's own code, as a shell gives it (126, 127, 128 + signal).
    Command(u8),
}

impl Exit {
    /// Code of [`Exit::FailOn`] unless `--fail-exit-code` says otherwise.
    pub const FAIL_ON_CODE: u8 = 3;

    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::FailOn(code) | Self::Command(code) => code,
            Self::Unwatchable => 4,
        }
    }

    /// How a command ends that failed with this error: what a person typed is wrong, or something else is.
    pub fn of(error: &anyhow::Error) -> Self {
        if error.is::<LoadError>()
            || error.is::<ReadError>()
            || error.is::<CompileError>()
            || error.is::<UnknownRecipe>()
        {
            Self::Usage
        } else if error.is::<scoutline_loader::LoadError>() || error.is::<NothingToWatch>() {
            Self::Unwatchable
        } else {
            Self::Failed
        }
    }

    /// The worse of two ends, for a command that checks several things: a kernel that cannot be watched,
    /// then a wrong configuration, then any other failure. An end of `exec` is never outranked.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        let rank = |exit| match exit {
            Self::Fine => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Unwatchable => 3,
            Self::FailOn(_) | Self::Command(_) => 4,
        };
        if rank(other) > rank(self) {
            other
        } else {
            self
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_documented_ones() {
        let codes = [
            Exit::Fine,
            Exit::Failed,
            Exit::Usage,
            Exit::FailOn(Exit::FAIL_ON_CODE),
            Exit::Unwatchable,
            Exit::Command(130),
        ]
        .map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3, 4, 130]);
    }

    #[test]
    fn an_error_ends_with_its_number_whatever_was_said_around_it() {
        let unknown = UnknownRecipe {
            name: String::new(),
            help: String::new(),
        };
        for (error, exit) in [
            (anyhow::Error::new(unknown), Exit::Usage),
            (LoadError::Wrong(Vec::new()).into(), Exit::Usage),
            (
                scoutline_loader::LoadError::NotPermitted.into(),
                Exit::Unwatchable,
            ),
            (anyhow::anyhow!("anything else"), Exit::Failed),
        ] {
            assert_eq!(Exit::of(&error.context("while starting")), exit);
        }
    }

    #[test]
    fn the_worse_end_wins_from_either_side() {
        for (one, other, worse) in [
            (Exit::Fine, Exit::Failed, Exit::Failed),
            (Exit::Failed, Exit::Usage, Exit::Usage),
            (Exit::Usage, Exit::Unwatchable, Exit::Unwatchable),
        ] {
            assert_eq!(one.worse(other), worse);
            assert_eq!(other.worse(one), worse);
        }
    }
}
