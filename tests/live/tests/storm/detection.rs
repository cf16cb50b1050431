//! The two records of one detection, looked for by the session in which it happened.

use std::time::{Duration, UNIX_EPOCH};

use libtest_mimic::Failed;
use scoutline_live::{Record, Sensor};
use scoutline_semconv::attr;

/// A window, and what a busy machine takes to tell.
const LIMIT: Duration = Duration::from_secs(30);

/// Waits for the first record of a session's detection.
pub(crate) fn first(sensor: &Sensor, session: u32) -> Result<Record, Failed> {
    of_phase(sensor, session, "first")
}

/// Waits for the end of a session's detection, the only one that it may have; gives its count and processes.
pub(crate) fn only(sensor: &Sensor, session: u32) -> Result<(i64, i64), Failed> {
    let summary = of_phase(sensor, session, "summary")?;
    let detections = sensor.records().with(|records| {
        let is_first = |record: &&Record| is_of(record, session) && record.is_phase("first");
        records.iter().filter(is_first).count()
    });
    if detections != 1 {
        return Err(format!("{detections} detections instead of one").into());
    }
    let number = |name| summary.number(name).ok_or_else(|| format!("no {name}"));
    Ok((
        number(attr::SCOUTLINE_DETECTION_COUNT)?,
        number(attr::SCOUTLINE_DETECTION_PROCESS_COUNT)?,
    ))
}

/// When its line was read, nanoseconds since the Unix epoch.
pub(crate) fn arrived_ns(record: &Record) -> Option<u64> {
    let since = record.arrived.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}

fn of_phase(sensor: &Sensor, session: u32, phase: &str) -> Result<Record, Failed> {
    let found = sensor.records().wait(LIMIT, |records| {
        let is_it = |record: &&Record| is_of(record, session) && record.is_phase(phase);
        records.iter().rev().find(is_it).cloned()
    });
    found.ok_or_else(|| format!("no {phase} of session {session} within {LIMIT:?}").into())
}

fn is_of(record: &Record, session: u32) -> bool {
    record.session_leader() == Some(i64::from(session))
}
