//! Under which names a program is known: the file's, and what multi-call programs, loaders and
//! interpreters are told to be.

mod interpreter;
#[cfg(test)]
mod tests;

use scoutline_abi::raw::{EXEC_SCRIPT, ExecEvent};
use scoutline_abi::{Path, Record, Text};

use crate::text::readable;
use interpreter::{Found, Interpreter};

/// A loader may load an interpreter that runs a multi-call program's applet; nothing honest is deeper.
const MAX_LAYERS: usize = 4;

/// Names that an execution goes by, without directories, most trustworthy first, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) names: Vec<String>,
    /// The arguments were cut before they said what is run: no match proves nothing then.
    pub(crate) is_unresolved: bool,
}

impl Names {
    pub(crate) fn of(record: &Record<'_, ExecEvent>) -> Self {
        let event = &record.fixed;
        let argv = record.text(event.argv);
        let arguments = arguments(argv);
        let mapped = [event.file.path_fs, event.file.path_mount]
            .map(|text| Path::new(record.text(text)).leaf().unwrap_or_default())
            .map(|leaf| leaf.strip_prefix(b"memfd:").unwrap_or(leaf));

        let mut names = Self::default();
        for name in mapped {
            names.push(name);
        }
        if let Some(argv0) = arguments.first() {
            // A login shell is told so by a dash.
            let argv0 = base_name(argv0);
            names.push(argv0.strip_prefix(b"-").unwrap_or(argv0));
        }
        if event.flags & EXEC_SCRIPT != 0 {
            names.push(base_name(record.text(event.filename).bytes));
        }
        for (index, program) in mapped.iter().enumerate() {
            if !mapped[..index].contains(program) {
                names.look_inside(program, &arguments, argv.is_partial());
            }
        }
        names
    }

    /// Adds what `program` is told to run, layer by layer.
    fn look_inside(&mut self, program: &[u8], arguments: &[&[u8]], is_partial: bool) {
        let mut program = program.to_ascii_lowercase();
        let mut arguments = arguments;
        for _ in 0..MAX_LAYERS {
            let rest = if matches!(&program[..], b"busybox" | b"toybox") {
                applet(&program, arguments)
            } else if is_loader(&program) {
                interpreter::LOADER.find(arguments)
            } else if let Some(interpreter) = Interpreter::named(&program) {
                interpreter.find(arguments)
            } else {
                return;
            };
            match rest {
                Found::File(rest) => {
                    let Some(name) = rest.first().map(|argument| base_name(argument)) else {
                        return;
                    };
                    self.push(name);
                    program = name.to_ascii_lowercase();
                    arguments = rest;
                }
                Found::Module(module) => {
                    self.push(module);
                    self.push(module.split(|byte| *byte == b'.').next().unwrap_or(module));
                    return;
                }
                Found::Nothing => return,
                Found::End => {
                    self.is_unresolved |= is_partial;
                    return;
                }
            }
        }
    }

    fn push(&mut self, name: &[u8]) {
        let name = readable(name);
        if !name.is_empty() && !self.names.contains(&name) {
            self.names.push(name);
        }
    }
}

/// Arguments that are whole: of a cut argv the last one is dropped.
fn arguments(argv: Text<'_>) -> Vec<&[u8]> {
    let mut arguments: Vec<_> = argv.bytes.split(|byte| *byte == 0).collect();
    // Each ends in NUL, so what follows the last NUL is either nothing or what a bound left of one.
    if argv.is_partial() || arguments.last().is_some_and(|last| last.is_empty()) {
        arguments.pop();
    }
    arguments
}

fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/')
        .find(|component| !component.is_empty())
        .unwrap_or_default()
}

/// A multi-call program is what argv[0] says, or argv[1] when argv[0] is its own name.
fn applet<'a, 'b>(program: &[u8], arguments: &'b [&'a [u8]]) -> Found<'a, 'b> {
    let is_own_name = arguments
        .first()
        .is_none_or(|argv0| base_name(argv0).eq_ignore_ascii_case(program));
    match arguments.get(usize::from(is_own_name)..) {
        Some(rest) if !rest.is_empty() => Found::File(rest),
        _ => Found::End,
    }
}

/// The dynamic loader, called as a program: glibc's and musl's.
fn is_loader(program: &[u8]) -> bool {
    [&b"ld-linux"[..], b"ld-musl", b"ld-2.", b"ld64.so", b"ld.so"]
        .iter()
        .any(|prefix| program.starts_with(prefix))
}
