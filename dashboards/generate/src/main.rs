//! Writes what the catalogue determines.

use std::fs;

use anyhow::{Context as _, Result};
use scoutline_dashboards::{Catalogue, folder, generate};

#[expect(clippy::print_stdout, reason = "says which files are new")]
fn main() -> Result<()> {
    let catalogue = Catalogue::read(&folder().join("catalogue"))?;
    for file in generate(&catalogue)? {
        let path = folder().join(&file.path);
        if fs::read_to_string(&path).is_ok_and(|text| text == file.text) {
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        }
        fs::write(&path, &file.text).with_context(|| format!("write {}", path.display()))?;
        println!("dashboards/{}", file.path.display());
    }
    Ok(())
}
