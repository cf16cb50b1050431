//! A detection in the words of the wire.

mod attributes;
mod sentence;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use scoutline_semconv::{Record, Value, attr, event};

use crate::Facts;
use crate::detection::{Access, Deed, Detection, OpenedFile, Phase, Subject};
use crate::identity::Identities;
use crate::process::ProcessId;
use crate::recipe::{BUILTIN, Environment, Recipe};
use attributes::Attributes;

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
    identities: Identities,
    start_id: String,
    users: BTreeMap<u32, String>,
    environment: Environment,
    hook_open: String,
    hook_exec: String,
    /// Of the last record; the first is 1.
    sequence: u64,
}

impl Reporter {
    pub(crate) fn new(facts: Facts, identities: Identities) -> Self {
        Self {
            identities,
            start_id: facts.start_id,
            users: facts.users,
            environment: facts.environment,
            hook_open: facts.hook_open,
            hook_exec: facts.hook_exec,
            sequence: 0,
        }
    }

    /// The record of one phase of a detection. `observed_unix_ns` is when user space knew of it.
    pub(crate) fn report(&mut self, detection: &Detection, observed_unix_ns: u64) -> Record {
        self.sequence += 1;
        let access = &*detection.first;
        let user = self
            .users
            .get(&access.subject.task.euid)
            .map(String::as_str);

        let mut attributes = Attributes::default();
        self.origin(&mut attributes);
        rule(&access.recipe, &mut attributes);
        attack(&access.recipe, &mut attributes);
        self.detection(detection, &mut attributes);
        self.process(&access.subject, user, &mut attributes);
        if let Deed::Open(file) = access.deed {
            opened(access, file, &mut attributes);
        }
        let hook = match access.deed {
            Deed::Open(_) => &self.hook_open,
            Deed::Exec => &self.hook_exec,
        };
        attributes.text(attr::SCOUTLINE_HOOK_NAME, hook);

        let body = sentence::of(detection, user);
        Record {
            event_name: event::DETECTION,
            time_unix_nano: match detection.phase {
                Phase::First => detection.first_unix_ns,
                Phase::Summary { .. } => detection.last_unix_ns,
            },
            observed_time_unix_nano: observed_unix_ns,
            severity_number: detection.severity.number(),
            severity_text: detection.severity.text(),
            attributes: attributes.within_budget(body.len()),
            body,
            trace: None,
        }
    }

    fn origin(&self, attributes: &mut Attributes) {
        let uid = self.identities.record(&self.start_id, self.sequence);
        attributes.set(attr::SCOUTLINE_RECORD_KIND, event::KIND_DETECTION);
        attributes.set(attr::LOG_RECORD_UID, uid);
        attributes.number(attr::SCOUTLINE_SEQUENCE, self.sequence);
        attributes.text(attr::SCOUTLINE_SENSOR_START_ID, &self.start_id);
    }

    fn detection(&self, detection: &Detection, attributes: &mut Attributes) {
        let access = &detection.first;
        let phase = match detection.phase {
            Phase::First => "first",
            Phase::Summary { .. } => "summary",
        };
        let processes = u64::try_from(detection.process_count).unwrap_or(u64::MAX);
        attributes.set(
            attr::SCOUTLINE_DETECTION_SEVERITY,
            detection.severity.name(),
        );
        attributes.set(attr::SCOUTLINE_DETECTION_KIND, access.deed.kind());
        attributes.text(attr::SCOUTLINE_DETECTION_UID, &detection.uid);
        attributes.set(attr::SCOUTLINE_DETECTION_PHASE, phase);
        attributes.number(attr::SCOUTLINE_DETECTION_COUNT, detection.count);
        attributes.number(attr::SCOUTLINE_DETECTION_PROCESS_COUNT, processes);
        attributes.time(
            attr::SCOUTLINE_DETECTION_FIRST_TIME,
            detection.first_unix_ns,
        );
        attributes.time(attr::SCOUTLINE_DETECTION_LAST_TIME, detection.last_unix_ns);
        attributes.set(attr::SCOUTLINE_DETECTION_REASON, "strong");
        let evidence = match access.deed {
            Deed::Open(_) => attr::SCOUTLINE_DETECTION_PATHS,
            Deed::Exec => attr::SCOUTLINE_DETECTION_TOOLS,
        };
        attributes.texts(evidence, detection.evidence.iter().map(|text| &**text));
        attributes.set(
            attr::SCOUTLINE_DETECTION_EVIDENCE_TRUNCATED,
            detection.is_evidence_truncated,
        );
        attributes.set(
            attr::SCOUTLINE_DETECTION_ENVIRONMENT,
            self.environment.name(),
        );
        let guidance = access.recipe.environments.get(self.environment);
        if let Some(action) = guidance.actions.first() {
            attributes.text(attr::SCOUTLINE_DETECTION_ADVICE, action);
        }
    }

    fn process(&self, subject: &Subject, user: Option<&str>, attributes: &mut Attributes) {
        let task = &subject.task;
        attributes.set(attr::PROCESS_PID, task.tgid);
        attributes.set(attr::PROCESS_VPID, task.vpid);
        attributes.set(attr::PROCESS_PARENT_PID, task.parent_tgid);
        attributes.time(attr::PROCESS_CREATION_TIME, subject.created_unix_ns);
        if let Some(image) = &subject.image {
            attributes.text(attr::PROCESS_EXECUTABLE_PATH, &image.path);
            attributes.text(attr::PROCESS_EXECUTABLE_NAME, &image.name);
            if let Some(argv0) = &image.argv0 {
                attributes.texts(attr::PROCESS_COMMAND_ARGS, [&**argv0]);
            }
            if let Some(directory) = &image.working_directory {
                attributes.text(attr::PROCESS_WORKING_DIRECTORY, directory);
            }
            if let Some(script) = &image.script {
                attributes.text(attr::SCOUTLINE_PROCESS_SCRIPT, script);
            }
            attributes.set(attr::SCOUTLINE_PROCESS_EXECUTABLE_DELETED, image.is_deleted);
            attributes.set(attr::SCOUTLINE_PROCESS_EXECUTABLE_MEMFD, image.is_memfd);
        }
        attributes.set(attr::PROCESS_USER_ID, task.euid);
        if let Some(user) = user {
            attributes.text(attr::PROCESS_USER_NAME, user);
        }
        attributes.set(attr::PROCESS_REAL_USER_ID, task.uid);
        if subject.leader.tgid != 0 {
            attributes.set(attr::PROCESS_SESSION_LEADER_PID, subject.leader.tgid);
        }
        attributes.set(attr::PROCESS_INTERACTIVE, task.tty != 0);
        let identities = &self.identities;
        attributes.set(
            attr::SCOUTLINE_PROCESS_UID,
            identities.process(ProcessId::of(task)),
        );
        if task.parent_tgid != 0 {
            attributes.set(
                attr::SCOUTLINE_PROCESS_PARENT_UID,
                identities.process(ProcessId::parent_of(task)),
            );
        }
        if let Some(path) = &subject.parent_executable {
            attributes.text(attr::SCOUTLINE_PROCESS_PARENT_EXECUTABLE_PATH, path);
        }
        let ancestors = subject.lineage.ancestors.iter();
        attributes.texts(
            attr::SCOUTLINE_PROCESS_ANCESTORS,
            ancestors.map(|ancestor| ancestor.executable.as_deref().unwrap_or("?")),
        );
        attributes.set(
            attr::SCOUTLINE_PROCESS_LINEAGE_INCOMPLETE,
            !subject.lineage.is_complete,
        );
        attributes.set(
            attr::SCOUTLINE_SESSION_UID,
            identities.session(subject.session),
        );
    }
}

fn rule(recipe: &Recipe, attributes: &mut Attributes) {
    attributes.text(attr::SECURITY_RULE_NAME, &recipe.name);
    attributes.text(attr::SECURITY_RULE_UUID, &recipe.uuid);
    attributes.set(attr::SECURITY_RULE_VERSION, recipe.version.to_string());
    attributes.set(attr::SECURITY_RULE_CATEGORY, "Discovery");
    if BUILTIN.iter().any(|(path, _)| *path == recipe.path) {
        let reference = format!("{RECIPES}/{}.yaml", recipe.name);
        attributes.set(attr::SECURITY_RULE_REFERENCE, reference);
        attributes.set(attr::SECURITY_RULE_RULESET_NAME, "scoutline");
    } else {
        attributes.set(attr::SECURITY_RULE_RULESET_NAME, "local");
    }
}

fn attack(recipe: &Recipe, attributes: &mut Attributes) {
    attributes.set(attr::THREAT_FRAMEWORK, "MITRE ATT&CK");
    if let Some(primary) = recipe.attack.first() {
        if let Some(tactic) = primary.tactics.first() {
            attributes.set(attr::THREAT_TACTIC_ID, tactic.id);
            attributes.set(attr::THREAT_TACTIC_NAME, tactic.name);
        }
        let technique = primary.technique;
        let parent = technique.parent();
        let whole = parent.unwrap_or(technique);
        attributes.set(attr::THREAT_TECHNIQUE_ID, whole.id);
        attributes.set(attr::THREAT_TECHNIQUE_NAME, whole.name);
        if parent.is_some() {
            attributes.set(attr::THREAT_TECHNIQUE_SUBTECHNIQUE_ID, technique.id);
            attributes.set(attr::THREAT_TECHNIQUE_SUBTECHNIQUE_NAME, technique.name);
        }
    }
    let techniques = recipe.attack.iter().map(|attack| attack.technique.id);
    attributes.texts(attr::SCOUTLINE_ATTACK_TECHNIQUES, techniques);
    // Several techniques often serve one tactic.
    let mut tactics = Vec::new();
    for tactic in recipe.attack.iter().flat_map(|attack| &attack.tactics) {
        if !tactics.contains(&tactic.id) {
            tactics.push(tactic.id);
        }
    }
    attributes.texts(attr::SCOUTLINE_ATTACK_TACTICS, tactics);
    attributes.set(
        attr::SCOUTLINE_ATTACK_VERSION,
        crate::recipe::attack::VERSION,
    );
}

fn opened(access: &Access, file: OpenedFile, attributes: &mut Attributes) {
    attributes.text(attr::FILE_PATH, &access.evidence);
    attributes.set(attr::FILE_INODE, inode(file.inode));
    attributes.set(
        attr::SCOUTLINE_FILE_REQUESTED_FLAGS,
        requested_flags(file.open_flags),
    );
}

/// A string, as the OpenTelemetry conventions have it.
fn inode(number: u64) -> Value {
    Value::String(number.to_string())
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
