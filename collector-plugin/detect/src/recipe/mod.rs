//! Recipes: what to look for and why it matters.
//!
//! [`parse`] reads one YAML file, [`compile`] makes all of them a [`Matcher`], which judges opens and
//! executions exactly and has the [sieve](Matcher::sieve) for the kernel. [`builtin`] are those that come with
//! the program, and [`check_tests`] runs the tests that each recipe carries.

mod builtin;
mod check;
mod compile;
mod executable;
mod forms;
mod matches;
mod model;
mod parse;
mod sieve;

pub mod attack;

pub use builtin::{BUILTIN, builtin};
pub use check::check_tests;
pub use compile::{CompileError, Matcher, Options, compile};
pub use matches::{ExecSubject, Match, OpenSubject, Strength};
pub use model::{
    Access, Attack, Environments, ExecutablePattern, FileKind, FilePattern, Guidance, Recipe,
    Target, Test, Tests,
};
pub use parse::parse;
pub use scoutline_semconv::values::DetectionEnvironment as Environment;

#[cfg(test)]
mod tests;
