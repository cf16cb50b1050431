//! `${env:NAME}`, `${env:NAME:-default}`, `${file:PATH}` and `$$`, as in a Collector's configuration.

use std::fs::File;
use std::io::Read as _;

use crate::variables::Variables;

/// A token or a password has its place in a file; /dev/zero has not.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// The text with everything expanded, `None` if there is nothing to expand. What comes in is not looked at
/// again: a variable cannot name a file.
///
/// # Errors
/// What cannot be expanded and why; never what was read.
pub(super) fn expand(text: &str, variables: &Variables) -> Result<Option<String>, String> {
    if !text.contains('$') {
        return Ok(None);
    }
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            expanded.push('$');
            rest = after;
        } else if let Some(after) = after.strip_prefix('{') {
            let Some((reference, after)) = after.split_once('}') else {
                return Err("`${` without a `}`; write `$$` for a dollar sign".to_owned());
            };
            expanded.push_str(&look_up(reference, variables)?);
            rest = after;
        } else {
            expanded.push('$');
            rest = after;
        }
    }
    expanded.push_str(rest);
    Ok(Some(expanded))
}

fn look_up(reference: &str, variables: &Variables) -> Result<String, String> {
    match reference.split_once(':') {
        Some(("env", reference)) => {
            let (name, default) = match reference.split_once(":-") {
                Some((name, default)) => (name, Some(default)),
                None => (reference, None),
            };
            match variables.get(name).or(default) {
                Some(value) => Ok(value.to_owned()),
                None => Err(format!(
                    "the environment variable {name} is not set; `${{env:{name}:-default}}` would do without"
                )),
            }
        }
        Some(("file", path)) => read(path),
        Some((scheme, _)) => Err(format!(
            "`${{{scheme}:...}}` is not supported; write `${{env:NAME}}` or `${{file:PATH}}`"
        )),
        None => Err(format!(
            "write `${{env:{reference}}}` for `${{{reference}}}`"
        )),
    }
}

fn read(path: &str) -> Result<String, String> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| format!("cannot read the file {path}: {error}"))?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(format!(
            "the file {path} is larger than {MAX_FILE_BYTES} bytes"
        ));
    }
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expands_what_the_collector_expands() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let token = folder.path().join("token");
        std::fs::write(&token, "  hunter2\n").expect("written");
        let from_file = format!("Bearer ${{file:{}}}", token.display());
        let variables = Variables::from([("HOST", "c"), ("EMPTY", ""), ("TRICK", "${env:HOST}")]);
        for (text, expected) in [
            ("plain", None),
            ("${env:HOST}:4317", Some("c:4317")),
            ("${env:NONE:-d}${env:HOST:-e}", Some("dc")),
            ("${env:NONE:-}", Some("")),
            ("${env:EMPTY:-d}", Some("")),
            ("${env:NONE:-a:-b}", Some("a:-b")),
            ("${env:TRICK}", Some("${env:HOST}")),
            ("$${env:HOST} costs $5 $", Some("${env:HOST} costs $5 $")),
            (from_file.as_str(), Some("Bearer hunter2")),
        ] {
            assert_eq!(
                expand(text, &variables),
                Ok(expected.map(str::to_owned)),
                "{text}"
            );
        }
    }

    #[test]
    fn says_what_cannot_be_expanded() {
        for (text, expected) in [
            (
                "${env:NONE}",
                "the environment variable NONE is not set; `${env:NONE:-default}` would do without",
            ),
            ("${HOME}", "write `${env:HOME}` for `${HOME}`"),
            (
                "${yaml:a}",
                "`${yaml:...}` is not supported; write `${env:NAME}` or `${file:PATH}`",
            ),
            (
                "a ${env:X",
                "`${` without a `}`; write `$$` for a dollar sign",
            ),
            (
                "${file:/nonexistent/token}",
                "cannot read the file /nonexistent/token: No such file or directory (os error 2)",
            ),
            (
                "${file:/dev/zero}",
                "the file /dev/zero is larger than 65536 bytes",
            ),
        ] {
            assert_eq!(
                expand(text, &Variables::default()),
                Err(expected.to_owned()),
                "{text}"
            );
        }
    }
}
