//! The committed files are those that the generator makes.

use std::fs;

use scoutline_semconv_generate::{COMMAND, folder, generate};

#[test]
fn files_are_up_to_date() {
    let mut stale = Vec::new();
    for file in generate().expect("the registry is sound") {
        let committed = fs::read_to_string(folder().join(file.path)).unwrap_or_default();
        if committed != file.text {
            let lines = committed.lines().zip(file.text.lines());
            let same = lines.take_while(|(is, should_be)| is == should_be).count();
            stale.push(format!("semconv/{}:{}", file.path, same + 1));
        }
    }
    assert!(
        stale.is_empty(),
        "not what the registry says: {stale:?}; run `{COMMAND}`"
    );
}
