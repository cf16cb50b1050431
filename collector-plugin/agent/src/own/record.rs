//! Records about the sensor itself: what they have in common.

use std::sync::Arc;

use scoutline_detect::Issued;
use scoutline_semconv::values::RecordKind;
use scoutline_semconv::{Attribute, Record, Setters, Severity, Value, event, limits};

/// What is the same in all of them, and the attributes so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    attributes: Vec<Attribute>,
}

impl Draft {
    /// A record of this kind and run.
    pub(super) fn new(kind: RecordKind, uid: &str, start_id: &str) -> Self {
        let mut draft = Self::default();
        draft.scoutline_record_kind(kind);
        draft.log_record_uid(uid);
        draft.scoutline_sensor_start_id(start_id);
        draft
    }

    /// The same, with a number.
    pub(super) fn numbered(kind: RecordKind, issued: &Issued, start_id: &str) -> Self {
        let mut draft = Self::new(kind, &issued.uid, start_id);
        draft.scoutline_sequence(number(issued.sequence));
        draft
    }

    /// The record.
    pub(super) fn finish(
        self,
        kind: RecordKind,
        severity: Severity,
        unix_ns: u64,
        body: String,
    ) -> Record {
        Record {
            event_name: match kind {
                RecordKind::Detection => event::DETECTION,
                RecordKind::Heartbeat => event::HEARTBEAT,
                RecordKind::Loss => event::LOSS,
                RecordKind::Sensor => event::SENSOR,
            },
            time_unix_nano: unix_ns,
            observed_time_unix_nano: unix_ns,
            severity_number: severity.number(),
            severity_text: severity.text(),
            body,
            trace: None,
            attributes: self.attributes,
        }
    }
}

/// As the wire has numbers; one beyond is as high as that.
pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Setters for Draft {
    fn int(&mut self, name: &'static str, value: i64) {
        self.attributes.push((name, value.into()));
    }

    fn flag(&mut self, name: &'static str, value: bool) {
        self.attributes.push((name, value.into()));
    }

    fn double(&mut self, name: &'static str, value: f64) {
        self.attributes.push((name, Value::Double(value)));
    }

    fn text(&mut self, name: &'static str, value: &str) {
        self.attributes.push((name, cut(value).to_string().into()));
    }

    fn texts<'a>(&mut self, name: &'static str, values: impl IntoIterator<Item = &'a str>) {
        let values: Vec<Arc<str>> = values
            .into_iter()
            .take(limits::ARRAY_LEN)
            .map(cut)
            .collect();
        if !values.is_empty() {
            self.attributes.push((name, values.into()));
        }
    }

    fn word(&mut self, name: &'static str, value: &'static str) {
        self.attributes.push((name, value.into()));
    }
}

/// Nobody but the configuration has a say in these texts, yet a name there may be long.
fn cut(text: &str) -> Arc<str> {
    if text.len() <= limits::STRING_BYTES {
        return text.into();
    }
    let room = limits::STRING_BYTES - limits::CUT_MARK.len_utf8();
    let kept = text.get(..text.floor_char_boundary(room));
    format!("{}{}", kept.unwrap_or_default(), limits::CUT_MARK).into()
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

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let mut draft = Draft::default();
        draft.scoutline_exporter_name(&"ä".repeat(limits::STRING_BYTES));
        let Some((_, Value::String(text))) = draft.attributes.first() else {
            panic!("{draft:?}");
        };
        assert!(text.len() <= limits::STRING_BYTES);
        assert!(text.starts_with('ä') && text.ends_with(limits::CUT_MARK));
    }
}
