//! Records about the sensor itself: what they have in common.

use scoutline_detect::{Attributes, Issued};
use scoutline_semconv::values::RecordKind;
use scoutline_semconv::{Record, Setters as _, Severity, number};

/// What is the same in all records of this kind and run.
pub(super) fn draft(kind: RecordKind, uid: &str, start_id: &str) -> Attributes {
    let mut draft = Attributes::default();
    draft.scoutline_record_kind(kind);
    draft.log_record_uid(uid);
    draft.scoutline_sensor_start_id(start_id);
    draft
}

/// The same, with a number.
pub(super) fn numbered(kind: RecordKind, issued: &Issued, start_id: &str) -> Attributes {
    let mut draft = draft(kind, &issued.uid, start_id);
    draft.scoutline_sequence(number(issued.sequence));
    draft
}

/// The record.
pub(super) fn finish(
    draft: Attributes,
    kind: RecordKind,
    severity: Severity,
    unix_ns: u64,
    body: String,
) -> Record {
    Record {
        event_name: kind.event_name(),
        time_unix_nano: unix_ns,
        observed_time_unix_nano: unix_ns,
        severity_number: severity.number(),
        severity_text: severity.text(),
        body,
        trace: None,
        attributes: draft.finish(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeSet;

    use scoutline_semconv::registry::{self, Level, Place};

    use super::*;

    /// The record is what the registry says of its event.
    pub(in crate::own) fn assert_specified(record: &Record) {
        let place = Place::Event(record.event_name);
        let mut missing: BTreeSet<_> = registry::on(place)
            .filter(|(_, level)| *level == Level::Required)
            .map(|(definition, _)| definition.name)
            .collect();
        for (name, value) in &record.attributes {
            let definition = registry::find(name).expect("it is defined");
            assert!(definition.level_on(place).is_some(), "{name} is elsewhere");
            assert!(definition.fits(value), "{name}: {value:?}");
            missing.remove(name);
        }
        assert!(missing.is_empty(), "{missing:?}");
        let names: BTreeSet<_> = record.attributes.iter().map(|(name, _)| name).collect();
        assert_eq!(
            names.len(),
            record.attributes.len(),
            "a name is there twice"
        );
        assert!(!record.body.is_empty() && record.body.ends_with('.'));
        assert_eq!(record.body.lines().count(), 1);
    }
}
