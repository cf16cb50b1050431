//! `cargo run -p scoutline-semconv-generate`: writes the files that differ and says which.

use std::fs;
use std::io::{Write as _, stdout};

use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    let folder = scoutline_semconv_generate::folder();
    for file in scoutline_semconv_generate::generate()? {
        let path = folder.join(file.path);
        if fs::read_to_string(&path).ok().as_ref() != Some(&file.text) {
            fs::write(&path, &file.text)
                .with_context(|| format!("cannot write {}", path.display()))?;
            writeln!(stdout(), "semconv/{}", file.path)?;
        }
    }
    Ok(())
}
