//! Setters set what the registry says.

use scoutline_semconv::values::DetectionPhase;
use scoutline_semconv::{Attribute, Setters, Severity, Value, attr, registry};

#[derive(Default)]
struct Attributes(Vec<Attribute>);

impl Setters for Attributes {
    fn int(&mut self, name: &'static str, value: i64) {
        self.0.push((name, value.into()));
    }

    fn flag(&mut self, name: &'static str, value: bool) {
        self.0.push((name, value.into()));
    }

    fn double(&mut self, name: &'static str, value: f64) {
        self.0.push((name, Value::Double(value)));
    }

    fn text(&mut self, name: &'static str, value: &str) {
        self.0.push((name, value.to_owned().into()));
    }

    fn texts<'a>(&mut self, name: &'static str, values: impl IntoIterator<Item = &'a str>) {
        let values = values.into_iter().map(Into::into).collect();
        self.0.push((name, Value::Strings(values)));
    }

    fn word(&mut self, name: &'static str, value: &'static str) {
        self.0.push((name, value.into()));
    }
}

#[test]
fn each_type_is_set_by_its_name() {
    let mut attributes = Attributes::default();
    attributes.process_pid(7);
    attributes.process_interactive(true);
    attributes.process_executable_path("/usr/bin/cat");
    attributes.process_command_args(["cat", "-"]);
    attributes.scoutline_detection_phase(DetectionPhase::Summary);
    attributes.scoutline_detection_severity(Severity::High);
    let expected: [Attribute; 6] = [
        (attr::PROCESS_PID, Value::Int(7)),
        (attr::PROCESS_INTERACTIVE, Value::Bool(true)),
        (
            attr::PROCESS_EXECUTABLE_PATH,
            Value::String("/usr/bin/cat".to_owned()),
        ),
        (
            attr::PROCESS_COMMAND_ARGS,
            Value::Strings(vec!["cat".into(), "-".into()]),
        ),
        (attr::SCOUTLINE_DETECTION_PHASE, Value::Static("summary")),
        (attr::SCOUTLINE_DETECTION_SEVERITY, Value::Static("high")),
    ];
    assert_eq!(attributes.0, expected);
    for (name, value) in &attributes.0 {
        let definition = registry::find(name).expect("it is defined");
        assert!(definition.fits(value), "{name}: {value:?}");
    }
}
