//! Requests as they are committed: the bytes in hexadecimal, and beside them what they say, for people.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// Set to anything, the files are written instead of compared.
const REFRESH: &str = "SCOUTLINE_REFRESH";

/// Bytes of a line.
const LINE: usize = 48;

/// A value that is not wider stays on one line.
const WIDTH: usize = 118;

/// Whether the files are to be written.
pub(crate) fn is_refreshed() -> bool {
    std::env::var_os(REFRESH).is_some()
}

/// Compares what is there with what should be, or writes it.
pub(crate) fn check(path: &Path, found: &[u8]) -> Result<()> {
    if is_refreshed() {
        return fs::write(path, found).with_context(|| format!("write {}", path.display()));
    }
    let expected = fs::read(path).with_context(|| format!("read {}", path.display()))?;
    if expected != found {
        let (expected, found) = (
            String::from_utf8_lossy(&expected),
            String::from_utf8_lossy(found),
        );
        let differs = |(_, (expected, found)): &(usize, (&str, &str))| expected != found;
        let mut lines = expected.lines().zip(found.lines()).enumerate();
        let (number, (expected, found)) = lines.find(differs).unwrap_or_default();
        anyhow::bail!(
            "{}, line {}: expected {expected:?}, found {found:?}; if that is meant: {REFRESH}=1 \
             cargo test -p scoutline-replay --test golden",
            path.display(),
            number + 1,
        );
    }
    Ok(())
}

/// The file of this name.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(name)
}

/// Each request is a paragraph.
pub(crate) fn hex(requests: &[&[u8]]) -> String {
    let paragraph = |request: &&[u8]| {
        let mut text = String::new();
        for line in request.chunks(LINE) {
            for byte in line {
                // A String takes everything.
                let _ = write!(text, "{byte:02x}");
            }
            text.push('\n');
        }
        text
    };
    let paragraphs: Vec<_> = requests.iter().map(paragraph).collect();
    paragraphs.join("\n")
}

/// The requests that [`hex`] wrote.
pub(crate) fn unhex(text: &str) -> Result<Vec<Vec<u8>>> {
    let byte =
        |digits: &[u8]| -> Result<u8> { Ok(u8::from_str_radix(std::str::from_utf8(digits)?, 16)?) };
    let paragraph = |text: &str| {
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'\n').collect();
        digits.chunks(2).map(byte).collect()
    };
    text.split("\n\n").map(paragraph).collect()
}

/// JSON whose attributes are a line each.
pub(crate) fn pretty(value: &Value) -> String {
    let mut text = String::new();
    put(&mut text, value, 0);
    text.push('\n');
    text
}

fn put(text: &mut String, value: &Value, depth: usize) {
    let short = value.to_string();
    let is_leaf = !matches!(value, Value::Array(_) | Value::Object(_));
    if is_leaf || depth > 0 && 2 * depth + short.len() <= WIDTH {
        text.push_str(&short);
        return;
    }
    let indent = "  ".repeat(depth + 1);
    let (open, close, inner): (_, _, Vec<(String, &Value)>) = match value {
        Value::Object(map) => {
            let named = map
                .iter()
                .map(|(key, value)| (format!("\"{key}\": "), value));
            ('{', '}', named.collect())
        }
        Value::Array(values) => {
            let unnamed = values.iter().map(|value| (String::new(), value));
            ('[', ']', unnamed.collect())
        }
        _ => return,
    };
    text.push(open);
    for (number, (name, value)) in inner.iter().enumerate() {
        text.push_str(if number == 0 { "\n" } else { ",\n" });
        text.push_str(&indent);
        text.push_str(name);
        put(text, value, depth + 1);
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(close);
}
