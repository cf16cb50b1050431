//! The body: one sentence for people.

use std::sync::Arc;

use crate::detection::{Access, Deed, Detection, Phase};
use crate::text::{cut, readable};

/// Pieces of evidence that a sentence names; all of them are in an attribute.
const NAMED: usize = 3;

/// Says who did what.
pub(super) fn of(detection: &Detection, user: Option<&str>) -> String {
    let access = &*detection.first;
    let recipe = &access.recipe.name;
    let executable = match access.subject.executable() {
        "" => "an unknown program",
        path => path,
    };
    let sentence = match detection.phase {
        Phase::First => {
            let user = user.map_or_else(
                || format!("user {}", access.subject.task.euid),
                str::to_owned,
            );
            let pid = access.subject.task.tgid;
            format!("{recipe}: {executable} (pid {pid}, {user}) {}", did(access))
        }
        Phase::Summary { open_ns } => {
            let times = times(detection.count);
            let span = span(open_ns);
            let named = named(&detection.evidence, detection.is_evidence_truncated);
            let deed = match access.deed {
                Deed::Open(file) if file.reads => format!("read {}", files(detection)),
                Deed::Open(_) => format!("opened {} for writing", files(detection)),
                Deed::Exec => "was executed".to_owned(),
            };
            format!("{recipe}: {executable} {deed} {times} {span} ({named})")
        }
    };
    cut(readable(sentence.as_bytes()))
}

fn did(access: &Access) -> String {
    let evidence = &access.evidence;
    match access.deed {
        Deed::Open(file) => {
            let verb = match (file.reads, file.is_directory) {
                (true, true) => "listed",
                (true, false) => "read",
                (false, _) => "opened for writing",
            };
            format!("{verb} {evidence}")
        }
        Deed::Exec => {
            let image = access.subject.image.as_ref();
            if image.is_some_and(|image| image.name == *evidence) {
                "was executed".to_owned()
            } else {
                format!("was executed as {evidence}")
            }
        }
    }
}

fn files(detection: &Detection) -> String {
    match (detection.evidence.len(), detection.is_evidence_truncated) {
        (1, false) => "1 file".to_owned(),
        (number, false) => format!("{number} files"),
        (number, true) => format!("more than {number} files"),
    }
}

fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        _ => format!("{count} times"),
    }
}

fn span(open_ns: u64) -> String {
    match open_ns / 1_000_000_000 {
        0 => "in less than 1 s".to_owned(),
        seconds => format!("in {seconds} s"),
    }
}

fn named(evidence: &[Arc<str>], is_truncated: bool) -> String {
    let mut named: Vec<&str> = evidence.iter().take(NAMED).map(|text| &**text).collect();
    if is_truncated || evidence.len() > NAMED {
        named.push("\u{2026}");
    }
    named.join(", ")
}
