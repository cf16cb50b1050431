//! What README.md says by hand is what the code has.

use scoutline_semconv::{Severity, event, limits, scope};

const README: &str = include_str!("../README.md");

fn says(row: &str) {
    assert!(README.contains(row), "README.md does not say: {row}");
}

#[test]
fn severities() {
    for severity in Severity::ALL {
        let (number, text) = (severity.number(), severity.text());
        says(&format!("| {severity} | {number} | {text} |\n"));
    }
}

#[test]
fn budgets() {
    says(&format!(" together | {} |\n", limits::ATTRIBUTES));
    says(&format!(
        " ends in `{}` | {} |\n",
        limits::CUT_MARK,
        limits::STRING_BYTES
    ));
    says(&format!(
        "| elements of an array | {} |\n",
        limits::ARRAY_LEN
    ));
    says(&format!(
        "| bytes of a record | {} |\n",
        limits::RECORD_BYTES
    ));
    says(&format!(
        "| attributes of a heartbeat | {} |\n",
        limits::HEARTBEAT_ATTRIBUTES
    ));
    says(&format!("| spans of a trace | {} |\n", limits::SPANS));
    says(&format!("with its {}th span", limits::SPANS));
}

#[test]
fn events_and_scope() {
    for name in [
        event::DETECTION,
        event::HEARTBEAT,
        event::LOSS,
        event::SENSOR,
    ] {
        says(&format!("### `{name}`\n"));
    }
    for text in [
        scope::DETECTIONS,
        scope::SCHEMA_URL,
        scope::UPSTREAM_SCHEMA_URL,
    ] {
        says(&format!("`{text}`"));
    }
}
