//! Records of what a case of the catalogue says that happened.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use scoutline_dashboards::{Event, Value as Given};
use scoutline_detect::Attributes;
use scoutline_detect::recipe::{Recipe, builtin};
use scoutline_otlp::{Batch, Care, Scope, json_line};
use scoutline_semconv::collector::ADDED;
use scoutline_semconv::values::{
    DetectionConfidence, DetectionEnvironment, DetectionKind, DetectionPhase, DetectionReason,
    LossStage, RecordKind, SensorAction, SessionKind,
};
use scoutline_semconv::{
    Record, Resource, Setters as _, Severity, Value, attr, registry, resource, scope,
};

const SECOND: u64 = 1_000_000_000;

/// Makes records, each with a uid of its own.
#[derive(Debug)]
pub struct Happened {
    recipes: Vec<Recipe>,
    made: i64,
}

impl Happened {
    /// With the recipes that are built in.
    pub fn new() -> Self {
        Self {
            recipes: builtin().0,
            made: 0,
        }
    }

    /// A request in OTLP/JSON for each record of these events, in their order; times are nanoseconds since the Unix epoch.
    ///
    /// # Errors
    /// If an event names what there is none of.
    pub fn lines(&mut self, events: &[Event], begin: u64) -> Result<Vec<Vec<u8>>> {
        let mut lines = Vec::new();
        let mut at = begin;
        for event in events {
            at = event.at.map_or(at, |seconds| begin + seconds * SECOND);
            for _ in 0..event.times {
                lines.push(self.line(event, at)?);
                at += SECOND;
            }
        }
        Ok(lines)
    }

    fn line(&mut self, event: &Event, at: u64) -> Result<Vec<u8>> {
        self.made += 1;
        let (service, scope) = match event.kind {
            RecordKind::Detection => (resource::SERVICE_NAME_VALUE, Scope::DETECTIONS),
            _ => (resource::SENSOR_SERVICE_NAME_VALUE, Scope::SENSOR),
        };
        let (mut record, severity) = match event.kind {
            RecordKind::Detection => self.detection(event)?,
            RecordKind::Heartbeat => (heartbeat(), Severity::Informational),
            RecordKind::Loss => (loss(), Severity::High),
            RecordKind::Sensor => (sensor(), Severity::Informational),
        };
        record.scoutline_record_kind(event.kind);
        record.log_record_uid(&format!("{:032x}", self.made));
        record.scoutline_sensor_start_id("5c0a71e0-0000-4000-8000-000000000001");
        let mut attributes = record.finish();
        let mut about = about(service);
        for (name, given) in &event.with {
            set(&mut attributes, &mut about, name, given)?;
        }
        let host = about.iter().find(|(key, _)| &**key == resource::HOST_NAME);
        if let Some((_, Value::String(host))) = host {
            let instance = format!("sensor of {host}").into();
            about.push((resource::SERVICE_INSTANCE_ID.into(), instance));
        }
        let record = Record {
            event_name: event.kind.event_name(),
            time_unix_nano: at,
            observed_time_unix_nano: at,
            severity_number: severity.number(),
            severity_text: severity.text(),
            body: format!("What happened as number {}.", self.made),
            trace: None,
            attributes,
        };
        let resource = Arc::new(Resource { attributes: about });
        let batch = Batch::of_record(&resource, scope, &record, Care::Ordinary)?;
        Ok(json_line(&batch)?)
    }

    fn detection(&self, event: &Event) -> Result<(Attributes, Severity)> {
        let name = event
            .recipe
            .as_deref()
            .context("a detection has a recipe")?;
        let recipe = self.recipes.iter().find(|it| it.name == name);
        let recipe = recipe.with_context(|| format!("no recipe {name}"))?;
        let attack = recipe.attack.first().context("a recipe has a technique")?;
        let tactic = attack.tactics.first().context("it serves a tactic")?;
        let is_execution = recipe.files.is_empty();
        let mut it = Attributes::default();
        it.security_rule_name(name);
        it.security_rule_uuid(&recipe.uuid);
        it.security_rule_version(&recipe.version.to_string());
        it.threat_framework("MITRE ATT&CK");
        it.threat_tactic_id(tactic.id);
        it.threat_tactic_name(tactic.name);
        it.threat_technique_id(attack.technique.id);
        it.threat_technique_name(attack.technique.name);
        it.scoutline_detection_severity(recipe.severity);
        it.scoutline_detection_kind(if is_execution {
            DetectionKind::Execution
        } else {
            DetectionKind::FileAccess
        });
        it.scoutline_detection_uid(&format!("{:032x}", self.made));
        it.scoutline_detection_phase(DetectionPhase::First);
        it.scoutline_detection_count(1);
        it.scoutline_detection_reason(DetectionReason::Strong);
        it.scoutline_detection_confidence(DetectionConfidence::High);
        it.scoutline_detection_risk_score(recipe.severity.risk_score().into());
        it.scoutline_detection_environment(DetectionEnvironment::Production);
        it.process_pid(1000);
        it.process_executable_path("/usr/bin/cat");
        it.process_executable_name("cat");
        it.process_user_id(0);
        it.process_user_name("root");
        it.scoutline_session_uid("00112233445566778899aabbccddeeff");
        it.scoutline_session_kind(SessionKind::Login);
        it.scoutline_session_user_name("ada");
        Ok((it, recipe.severity))
    }
}

impl Default for Happened {
    fn default() -> Self {
        Self::new()
    }
}

/// As after deliveries that were repeated: the first and every tenth line comes twice.
pub fn twice(lines: &[Vec<u8>]) -> impl Iterator<Item = &[u8]> {
    let lines = lines.iter().enumerate();
    lines.flat_map(|(index, line)| {
        let times = if index % 10 == 0 { 2 } else { 1 };
        std::iter::repeat_n(line.as_slice(), times)
    })
}

fn heartbeat() -> Attributes {
    let mut it = Attributes::default();
    it.scoutline_sensor_uptime(300);
    it.scoutline_loss_total(0);
    it
}

fn loss() -> Attributes {
    let mut it = Attributes::default();
    it.scoutline_loss_stage(LossStage::Kernel);
    it.scoutline_loss_reason("open_ring_full");
    it.scoutline_loss_count(1);
    it
}

fn sensor() -> Attributes {
    let mut it = Attributes::default();
    it.scoutline_sensor_action(SensorAction::Start);
    it
}

/// The Resource, but for what makes it one of a host.
fn about(service: &'static str) -> Vec<(Arc<str>, Value)> {
    vec![
        (resource::SERVICE_NAME.into(), service.into()),
        (resource::SERVICE_VERSION.into(), scope::VERSION.into()),
        (resource::HOST_NAME.into(), "web-1".to_owned().into()),
        (
            resource::DEPLOYMENT_ENVIRONMENT_NAME.into(),
            "production".to_owned().into(),
        ),
        (resource::DATA_STREAM_DATASET.into(), "scoutline".into()),
    ]
}

/// Sets what a case gives, on the record or on its Resource: wherever the registry has it, or the Collector adds it.
fn set(
    attributes: &mut Vec<(&'static str, Value)>,
    about: &mut Vec<(Arc<str>, Value)>,
    name: &str,
    given: &Given,
) -> Result<()> {
    let value = match given {
        Given::Bool(truth) => Value::Bool(*truth),
        Given::Number(number) => Value::Int(format!("{number}").parse()?),
        Given::Text(text) => Value::String(text.clone()),
        Given::Texts(texts) => Value::Strings(texts.iter().map(|it| it.as_str().into()).collect()),
    };
    let Some(definition) = registry::find(name) else {
        ensure!(ADDED.contains(&name), "{name} is not on the wire");
        about.push((name.into(), value));
        return Ok(());
    };
    if !definition.fits(&value) {
        bail!("{name} cannot be {given:?}");
    }
    let is_of_resource = |it: &registry::Use| matches!(it.on, registry::Place::Resource(_));
    if definition.uses.iter().any(is_of_resource) {
        about.retain(|(key, _)| **key != *name);
        about.push((name.into(), value));
    } else {
        attributes.retain(|(key, _)| *key != name);
        attributes.push((definition.name, value));
    }
    // What a sensor derives from it.
    if name == attr::SCOUTLINE_DETECTION_SEVERITY
        && let Given::Text(word) = given
    {
        let severity: Severity = word.parse()?;
        attributes.retain(|(key, _)| *key != attr::SCOUTLINE_DETECTION_RISK_SCORE);
        let score = i64::from(severity.risk_score());
        attributes.push((attr::SCOUTLINE_DETECTION_RISK_SCORE, score.into()));
    }
    Ok(())
}
