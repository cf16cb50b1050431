//! A file that does not fit into a head is two files.

use scoutline_tidy::Code;

use crate::sources::repository;

/// Lines of a source file, without the tests in it.
const LINES: usize = 500;

/// How a file starts that nobody writes; people read what it is made from.
const GENERATED: &str = "// Generated, do not edit: ";

#[test]
fn no_source_file_is_long() {
    let repository = repository();
    let mut long = Vec::new();
    for file in repository.ending(&[".rs", ".c", ".h"]) {
        if file.text.starts_with(GENERATED) {
            continue;
        }
        let tests = if file.path.ends_with(".rs") {
            Code::of(&file.path, &file.text)
                .expect("what compiles is Rust")
                .test_lines
        } else {
            0
        };
        let lines = file.text.lines().count() - tests;
        if lines > LINES {
            long.push(format!("{}: {lines} lines", file.path));
        }
    }
    assert!(long.is_empty(), "more than {LINES} lines: {long:#?}");
}
