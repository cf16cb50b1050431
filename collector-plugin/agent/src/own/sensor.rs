//! Records about the start, the end and the configuration of the sensor.

use scoutline_detect::Issued;
use scoutline_semconv::values::{RecordKind, SensorAction, SensorPreviousEnd};
use scoutline_semconv::{Record, Setters as _, Severity};

use super::Identity;
use super::record;
use crate::state::LastRun;

/// How the run before this one ended.
pub(super) fn previous_end(last: &LastRun) -> SensorPreviousEnd {
    match last {
        LastRun::Unknown => SensorPreviousEnd::Unknown,
        LastRun::Known(run) if run.is_over => SensorPreviousEnd::Clean,
        LastRun::Known(_) | LastRun::Damaged => SensorPreviousEnd::Unclean,
    }
}

/// Whether the run before this one had other recipes or another configuration, as far as that is known.
pub(super) fn has_changed(last: &LastRun, settings_hash: &str) -> bool {
    matches!(last, LastRun::Known(run) if run.settings != settings_hash)
}

/// The record of what the sensor did; a start says how the run before ended.
pub(super) fn record(
    action: SensorAction,
    previous_end: Option<SensorPreviousEnd>,
    identity: &Identity,
    issued: &Issued,
    unix_ns: u64,
) -> Record {
    let kind = RecordKind::Sensor;
    let mut draft = record::numbered(kind, issued, &identity.start_id);
    draft.scoutline_sensor_action(action);
    draft.scoutline_sensor_hooks(identity.hook_names());
    draft.scoutline_sensor_recipes_hash(&identity.recipes_hash);
    if let Some(end) = previous_end {
        draft.scoutline_sensor_previous_end(end);
    }
    let body = match (action, previous_end) {
        (SensorAction::Start, Some(SensorPreviousEnd::Unclean)) => {
            "The sensor began to watch; the run before was killed or crashed."
        }
        (SensorAction::Start, _) => "The sensor began to watch.",
        (SensorAction::Stop, _) => "The sensor stopped, as it was told to.",
        (SensorAction::ConfigurationChange, _) => {
            "The sensor has other recipes or settings than the run before."
        }
    };
    record::finish(
        draft,
        kind,
        Severity::Informational,
        unix_ns,
        body.to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use scoutline_semconv::attr;

    use super::super::tests::identity;
    use super::*;
    use crate::own::record::tests::assert_specified;
    use crate::state::Run;

    fn known(is_over: bool) -> LastRun {
        LastRun::Known(Run {
            is_over,
            settings: "h".to_owned(),
            ..Run::default()
        })
    }

    #[test]
    fn each_action_is_a_record() {
        let issued = Issued {
            sequence: 3,
            uid: "u".to_owned(),
        };
        for action in SensorAction::ALL {
            let end = (action == SensorAction::Start).then_some(SensorPreviousEnd::Unclean);
            let record = record(action, end, &identity(), &issued, 17);
            assert_specified(&record);
            let word = record.text(attr::SCOUTLINE_SENSOR_ACTION);
            assert_eq!(word, Some(action.as_str()));
            let end = record.text(attr::SCOUTLINE_SENSOR_PREVIOUS_END);
            assert_eq!(end.is_some(), action == SensorAction::Start);
            assert_eq!(record.severity_number, 9);
        }
    }

    #[test]
    fn what_is_left_says_how_the_run_before_ended() {
        for (last, end) in [
            (LastRun::Unknown, SensorPreviousEnd::Unknown),
            (LastRun::Damaged, SensorPreviousEnd::Unclean),
            (known(false), SensorPreviousEnd::Unclean),
            (known(true), SensorPreviousEnd::Clean),
        ] {
            assert_eq!(previous_end(&last), end, "{last:?}");
        }
        assert!(has_changed(&known(true), "other"));
        for last in [LastRun::Unknown, LastRun::Damaged, known(false)] {
            assert!(!has_changed(&last, "h"), "{last:?}");
        }
    }
}
