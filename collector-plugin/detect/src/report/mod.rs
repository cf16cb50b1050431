//! A detection in the words of the wire.

mod capabilities;
mod process;
mod sentence;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use scoutline_semconv::values::{
    DetectionConfidence, DetectionPhase, DetectionReason, RecordKind, TraceContextSource,
};
use scoutline_semconv::{Record, Setters as _, TraceContext, event, number};

use crate::detection::{Access, Deed, Detection, Learned, OpenedFile, Phase, Subject};
use crate::identity::Identities;
use crate::process::{Image, Lineage, ProcessId};
use crate::recipe::{BUILTIN, Environment, Recipe};
use crate::redact::{CommandArgs, arguments};
use crate::slices::{Opener, Program};
use crate::text::{cut, readable};
use crate::{Attributes, Clock, Facts, Issued};
use process::{Processes, UNKNOWN};

/// Where the built-in recipes of this version can be read.
const RECIPES: &str = concat!(
    env!("CARGO_PKG_REPOSITORY"),
    "/blob/v",
    env!("CARGO_PKG_VERSION"),
    "/collector-plugin/recipes"
);

/// Makes records, and numbers them.
#[derive(Debug)]
pub(crate) struct Reporter {
    processes: Processes,
    start_id: String,
    hook_open: String,
    hook_exec: String,
    /// Of the last record; the first is 1.
    sequence: u64,
}

/// What a record says of a detection besides what the detection itself knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) learned: &'a Learned,
    pub(crate) environment: Environment,
    /// Its span.
    pub(crate) trace: Option<TraceContext>,
    /// The executable never fired the recipe before; `None` if nobody remembers.
    pub(crate) is_first_seen: Option<bool>,
}

impl Reporter {
    pub(crate) fn new(facts: Facts, identities: Identities, command_args: CommandArgs) -> Self {
        Self {
            processes: Processes {
                identities,
                users: facts.users,
                command_args,
            },
            start_id: facts.start_id,
            hook_open: facts.hook_open,
            hook_exec: facts.hook_exec,
            sequence: 0,
        }
    }

    /// The record of one phase of a detection. `observed_unix_ns` is when user space knew of it.
    pub(crate) fn report(
        &mut self,
        detection: &Detection,
        context: Context<'_>,
        observed_unix_ns: u64,
    ) -> Record {
        let issued = self.issue();
        let access = &*detection.first;
        let user = self.processes.user(access.subject.task.euid);

        let mut attributes = Attributes::default();
        self.origin(&issued, &mut attributes);
        rule(&access.recipe, &mut attributes);
        attack(&access.recipe, &mut attributes);
        detected(detection, context, &mut attributes);
        self.processes
            .report(&access.subject, context.learned, &mut attributes);
        if let Deed::Open(file) = access.deed {
            opened(access, file, &mut attributes);
        }
        let hook = match access.deed {
            Deed::Open(_) => &self.hook_open,
            Deed::Exec => &self.hook_exec,
        };
        attributes.scoutline_hook_name(hook);
        if context.trace.is_some() {
            attributes.scoutline_trace_context_source(TraceContextSource::Derived);
        }

        let body = sentence::of(detection, user);
        Record {
            event_name: event::DETECTION,
            time_unix_nano: match detection.phase {
                Phase::First => detection.first_at.unix_ns,
                Phase::Summary { .. } => detection.last_at.unix_ns,
            },
            observed_time_unix_nano: observed_unix_ns,
            severity_number: detection.severity.number(),
            severity_text: detection.severity.text(),
            attributes: attributes.within_budget(body.len()),
            body,
            trace: context.trace,
        }
    }

    /// Of the last record.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The next number.
    pub(crate) fn issue(&mut self) -> Issued {
        self.sequence += 1;
        let identities = &self.processes.identities;
        Issued {
            sequence: self.sequence,
            uid: identities.record(&self.start_id, self.sequence),
        }
    }

    fn origin(&self, issued: &Issued, attributes: &mut Attributes) {
        attributes.scoutline_record_kind(RecordKind::Detection);
        attributes.log_record_uid(&issued.uid);
        attributes.scoutline_sequence(number(issued.sequence));
        attributes.scoutline_sensor_start_id(&self.start_id);
    }

    /// A process as a span has it.
    pub(crate) fn program(&self, subject: &Subject) -> Program {
        let task = &subject.task;
        Program {
            start_unix_ns: subject.created_unix_ns,
            ..self.any_program(
                ProcessId::of(task),
                Some(ProcessId::parent_of(task)),
                subject.image.as_ref(),
                task.euid,
                Some(&subject.lineage),
            )
        }
    }

    /// The root of a subject's session as a span has it; its ancestors are beyond the session.
    pub(crate) fn root(&self, subject: &Subject, clock: Clock) -> Program {
        let root = &subject.root;
        if root.process == ProcessId::of(&subject.task) {
            return self.program(subject);
        }
        let program = self.any_program(
            root.process,
            root.parent,
            root.image.as_ref(),
            root.user.unwrap_or(subject.task.euid),
            None,
        );
        Program {
            start_unix_ns: match root.process.start_ns {
                0 => 0,
                start_ns => clock.unix(start_ns),
            },
            name: match &root.image {
                Some(_) => program.name,
                None => subject.session.kind().as_str().into(),
            },
            ..program
        }
    }

    /// Who opened a subject's session.
    pub(crate) fn opener(&self, subject: &Subject, learned: &Learned) -> Opener {
        let user_id = subject.root.user;
        let name = user_id.and_then(|id| self.processes.user(id));
        Opener {
            user_id,
            user_name: name.map(Into::into),
            login: learned.session.login.clone(),
        }
    }

    fn any_program(
        &self,
        process: ProcessId,
        parent: Option<ProcessId>,
        image: Option<&Image>,
        user_id: u32,
        lineage: Option<&Lineage>,
    ) -> Program {
        let text = |text: &str| -> Arc<str> { cut(readable(text.as_bytes())).into() };
        let ancestors = lineage.into_iter().flat_map(|it| it.ancestors.iter());
        Program {
            process,
            parent_pid: parent.map_or(0, |parent| parent.tgid),
            parent_uid: parent
                .filter(|parent| parent.tgid != 0)
                .map(|parent| self.processes.identities.process(parent).into()),
            uid: self.processes.identities.process(process).into(),
            name: text(image.map_or(UNKNOWN, |image| &image.name)),
            path: image.map(|image| text(&image.path)),
            args: image.map_or_else(Vec::new, |image| {
                arguments(
                    image.argv(),
                    image.is_argv_cut(),
                    self.processes.command_args,
                )
            }),
            working_directory: image
                .and_then(Image::working_directory)
                .map(|directory| text(&directory)),
            user_id,
            user_name: self.processes.user(user_id).map(text),
            ancestors: ancestors
                .map(|ancestor| text(ancestor.executable.as_deref().unwrap_or(UNKNOWN)))
                .collect(),
            start_unix_ns: 0,
        }
    }
}

fn detected(detection: &Detection, context: Context<'_>, attributes: &mut Attributes) {
    let access = &detection.first;
    let evidence = detection.evidence.iter().map(|text| &**text);
    attributes.scoutline_detection_severity(detection.severity);
    attributes.scoutline_detection_kind(access.deed.kind());
    attributes.scoutline_detection_uid(&detection.uid);
    attributes.scoutline_detection_phase(match detection.phase {
        Phase::First => DetectionPhase::First,
        Phase::Summary { .. } => DetectionPhase::Summary,
    });
    attributes.scoutline_detection_count(number(detection.count));
    attributes.scoutline_detection_process_count(number(detection.process_count as u64));
    attributes.time(
        Attributes::scoutline_detection_first_time,
        detection.first_at.unix_ns,
    );
    attributes.time(
        Attributes::scoutline_detection_last_time,
        detection.last_at.unix_ns,
    );
    attributes.scoutline_detection_reason(DetectionReason::Strong);
    // A strong pattern has one meaning only.
    attributes.scoutline_detection_confidence(DetectionConfidence::High);
    attributes.scoutline_detection_risk_score(detection.severity.risk_score().into());
    if let Some(is_first_seen) = context.is_first_seen {
        attributes.scoutline_detection_first_seen(is_first_seen);
    }
    match access.deed {
        Deed::Open(_) => attributes.scoutline_detection_paths(evidence),
        Deed::Exec => attributes.scoutline_detection_tools(evidence),
    }
    attributes.scoutline_detection_evidence_truncated(detection.is_evidence_truncated);
    attributes.scoutline_detection_environment(context.environment);
    let guidance = access.recipe.environments.get(context.environment);
    attributes.known(
        Attributes::scoutline_detection_advice,
        guidance.actions.first().map(String::as_str),
    );
}

fn rule(recipe: &Recipe, attributes: &mut Attributes) {
    attributes.security_rule_name(&recipe.name);
    attributes.security_rule_uuid(&recipe.uuid);
    attributes.security_rule_version(&recipe.version.to_string());
    attributes.security_rule_category("Discovery");
    if BUILTIN.iter().any(|(path, _)| *path == recipe.path) {
        attributes.security_rule_reference(&format!("{RECIPES}/{}.yaml", recipe.name));
        attributes.security_rule_ruleset_name("scoutline");
    } else {
        attributes.security_rule_ruleset_name("local");
    }
}

fn attack(recipe: &Recipe, attributes: &mut Attributes) {
    attributes.threat_framework("MITRE ATT&CK");
    if let Some(primary) = recipe.attack.first() {
        if let Some(tactic) = primary.tactics.first() {
            attributes.threat_tactic_id(tactic.id);
            attributes.threat_tactic_name(tactic.name);
        }
        let technique = primary.technique;
        let parent = technique.parent();
        let whole = parent.unwrap_or(technique);
        attributes.threat_technique_id(whole.id);
        attributes.threat_technique_name(whole.name);
        if parent.is_some() {
            attributes.threat_technique_subtechnique_id(technique.id);
            attributes.threat_technique_subtechnique_name(technique.name);
        }
    }
    attributes.scoutline_attack_techniques(recipe.attack.iter().map(|attack| attack.technique.id));
    // Several techniques often serve one tactic.
    let mut tactics = Vec::new();
    for tactic in recipe.attack.iter().flat_map(|attack| &attack.tactics) {
        if !tactics.contains(&tactic.id) {
            tactics.push(tactic.id);
        }
    }
    attributes.scoutline_attack_tactics(tactics);
    attributes.scoutline_attack_version(crate::recipe::attack::VERSION);
}

fn opened(access: &Access, file: OpenedFile, attributes: &mut Attributes) {
    attributes.file_path(&access.evidence);
    // A string, as the OpenTelemetry conventions have it.
    attributes.file_inode(&file.inode.to_string());
    attributes.scoutline_file_requested_flags(&requested_flags(file.open_flags));
}

/// Flags of an open that have the same value on every architecture the sensor runs on. `O_DIRECT`,
/// `O_DIRECTORY`, `O_LARGEFILE` and `O_NOFOLLOW` have not, and a recording does not say where it was made.
const OPEN_FLAGS: [(u32, &str); 11] = [
    (0o100, "O_CREAT"),
    (0o200, "O_EXCL"),
    (0o400, "O_NOCTTY"),
    (0o1_000, "O_TRUNC"),
    (0o2_000, "O_APPEND"),
    (0o4_000, "O_NONBLOCK"),
    (0o10_000, "O_DSYNC"),
    (0o20_000, "O_ASYNC"),
    (0o1_000_000, "O_NOATIME"),
    (0o2_000_000, "O_CLOEXEC"),
    (0o10_000_000, "O_PATH"),
];

/// `O_RDONLY|O_CLOEXEC`.
fn requested_flags(flags: u32) -> String {
    let access = match flags & 3 {
        0 => "O_RDONLY",
        1 => "O_WRONLY",
        2 => "O_RDWR",
        // What the kernel makes of both bits: neither can be done, but device controls can.
        _ => "O_WRONLY|O_RDWR",
    };
    let set = OPEN_FLAGS
        .iter()
        .filter(|(bit, _)| flags & bit != 0)
        .map(|(_, name)| *name);
    std::iter::once(access)
        .chain(set)
        .collect::<Vec<_>>()
        .join("|")
}
