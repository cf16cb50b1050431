//! Every recording gives what it gave when it was made.

use std::fs;

use scoutline_replay::{recordings, replay};

#[test]
fn gives_the_same_records() {
    let recordings = recordings().expect("there is a corpus");
    assert!(!recordings.is_empty());
    for (recording, expected) in recordings {
        let expected = fs::read_to_string(expected).expect("a recording has its records");
        let found =
            replay(&recording).expect("the corpus fits this version: make/corpus makes it anew");
        for (expected, found) in expected.lines().zip(found.lines()) {
            assert_eq!(expected, found, "{}", recording.display());
        }
        let (expected, found) = (expected.lines().count(), found.lines().count());
        assert_eq!(expected, found, "records of {}", recording.display());
    }
}

#[test]
fn holds_every_recipe() {
    let mut records = String::new();
    for (recording, _) in recordings().expect("there is a corpus") {
        records += &replay(&recording).expect("it can be replayed");
    }
    for (path, _) in scoutline_detect::recipe::BUILTIN {
        let name = path.rsplit('/').next().expect("a path has a last part");
        let name = name.trim_end_matches(".yaml");
        assert!(records.contains(&format!("\"{name}\"")), "{name}");
    }
}
