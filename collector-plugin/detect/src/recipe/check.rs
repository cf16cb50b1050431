//! A recipe's own tests.

use std::sync::Arc;

use scoutline_abi::sieve::Class;

use super::compile::{Matcher, Options, compile};
use super::model::{Recipe, Test};
use super::{ExecSubject, OpenSubject, Strength};
use crate::diagnostic::{Diagnostic, Diagnostics, Position};

/// Runs the tests that a recipe carries. Nothing to tell: all passed.
///
/// A firing test has to pass the kernel's sieve and match strongly; a quiet one must not match strongly. The
/// execution is judged for a test without a path, else the open: to read, of a directory if the path ends with
/// `/`.
pub fn check_tests(recipe: &Recipe) -> Vec<Diagnostic> {
    let mut found = Diagnostics::new(&recipe.path);
    let alone = compile([Arc::new(recipe.clone())], &Options::default());
    let matcher = match alone {
        Ok(matcher) => matcher,
        Err(error) => {
            found.error(Position::START, error.to_string());
            return found.into_vec();
        }
    };
    for test in &recipe.tests.fires {
        if !fires(&matcher, test) {
            found.error(test.position, format!("\"{}\" does not fire", test.name));
        } else if let Some(path) = &test.path
            && !passes(&matcher, path)
        {
            let message = format!("\"{}\" never leaves the kernel", test.name);
            found.error(test.position, message);
        }
    }
    for test in &recipe.tests.quiet {
        if fires(&matcher, test) {
            found.error(test.position, format!("\"{}\" is not quiet", test.name));
        }
    }
    found.into_vec()
}

fn fires(matcher: &Matcher, test: &Test) -> bool {
    let mut matches = Vec::new();
    match &test.path {
        Some(path) => {
            let is_directory = path.ends_with('/');
            let subject = OpenSubject {
                paths: &[path.trim_end_matches('/')],
                reads: true,
                writes: false,
                is_directory,
            };
            matcher.matches_open(&subject, &mut matches);
        }
        None => {
            let argv0 = test.args.first();
            let names: Vec<_> = std::iter::once(&test.executable)
                .chain(argv0)
                .map(|path| base_name(path))
                .collect();
            matcher.matches_exec(&ExecSubject { names: &names }, &mut matches);
        }
    }
    matches
        .iter()
        .any(|found| found.strength == Strength::Strong)
}

/// Whether the kernel lets an open pass, on the file system where this path usually lies.
fn passes(matcher: &Matcher, path: &str) -> bool {
    let (class, below) = match path.strip_prefix("/proc/") {
        Some(below) => (Class::Proc, below),
        None => match path.strip_prefix("/sys/") {
            Some(below) => (Class::Sysfs, below),
            None => (Class::Ordinary, path),
        },
    };
    let components: Vec<_> = below
        .rsplit('/')
        .filter(|part| !part.is_empty())
        .map(str::as_bytes)
        .collect();
    matcher.sieve().passes(class, &components)
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
