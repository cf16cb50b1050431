//! What Splunk has to know about the events: which fields are in the index, what the Common Information Model calls them,
//! and the macros that searches are made of.

use scoutline_semconv::values::RecordKind;

use super::conf::Conf;
use super::{filter, sourcetype};
use crate::catalogue::Catalogue;
use crate::language::{ExpandError, Language, Purpose};

/// Fields of the models Intrusion Detection, Alerts and Endpoint, and what they are made of.
const CIM: &[(&str, &str)] = &[
    ("action", r#""allowed""#),
    ("app", r#""scoutline""#),
    ("category", "'@{security_rule.category}'"),
    ("description", "_raw"),
    ("dest", "@{host.name}"),
    ("dvc", "@{host.name}"),
    ("file_path", "'@{file.path}'"),
    ("id", "'@{log.record.uid}'"),
    ("ids_type", r#""host""#),
    ("mitre_technique_id", "'@{scoutline.attack.techniques}'"),
    ("original_user", "'@{scoutline.session.user.name}'"),
    ("parent_process_guid", "'@{scoutline.process.parent.uid}'"),
    ("parent_process_id", "'@{process.parent_pid}'"),
    (
        "parent_process_path",
        "'@{scoutline.process.parent.executable.path}'",
    ),
    ("process", r#"mvjoin('@{process.command_args}', " ")"#),
    (
        "process_current_directory",
        "'@{process.working_directory}'",
    ),
    ("process_exec", "'@{process.executable.name}'"),
    ("process_guid", "'@{scoutline.process.uid}'"),
    ("process_hash", "'@{scoutline.process.executable.sha256}'"),
    ("process_id", "'@{process.pid}'"),
    ("process_name", "'@{process.executable.name}'"),
    ("process_path", "'@{process.executable.path}'"),
    ("severity", "'@{scoutline.detection.severity}'"),
    ("severity_id", "'otel.log.severity.number'"),
    ("signature", "'@{security_rule.name}'"),
    ("signature_id", "'@{security_rule.uuid}'"),
    ("src", "'@{scoutline.session.login.host}'"),
    ("type", r#""alert""#),
    ("user", "'@{process.user.name}'"),
    ("user_id", "'@{process.user.id}'"),
    ("vendor_product", r#""Scoutline""#),
];

/// Name, search and tags of event types.
const EVENT_TYPES: &[(&str, &str, &[&str])] = &[
    (
        "scoutline_detection",
        "sourcetype=scoutline:detection @{scoutline.detection.phase}=first",
        &["ids", "attack", "alert"],
    ),
    (
        "scoutline_execution",
        "sourcetype=scoutline:detection @{scoutline.detection.phase}=first @{scoutline.detection.kind}=execution",
        &["process", "report"],
    ),
];

/// Name and definition of the macros that all searches begin with.
const MACROS: &[(&str, &str)] = &[
    ("scoutline_index", "index=main"),
    (
        "scoutline_detections",
        "`scoutline_index` sourcetype=scoutline:detection @{scoutline.detection.phase}=first",
    ),
    (
        "scoutline_of_sensors",
        "`scoutline_index` sourcetype IN (scoutline:heartbeat, scoutline:loss, scoutline:sensor)",
    ),
];

fn expand(text: &str) -> Result<String, ExpandError> {
    Language::Spl.expand(text, Purpose::Alert)
}

pub(super) fn props() -> Result<String, ExpandError> {
    let mut conf = Conf::new();
    conf.note(
        "The event is a sentence for people; all that searches use are fields of the index, so nothing is taken out of\n\
         the sentence. One detection is one event of Intrusion Detection and of Alerts: its first record.",
    );
    for kind in RecordKind::ALL {
        conf.stanza(&sourcetype(kind));
        conf.set("KV_MODE", "none");
        conf.set("AUTO_KV_JSON", "false");
        if kind == RecordKind::Detection {
            for (field, expression) in CIM {
                conf.set(&format!("EVAL-{field}"), &expand(expression)?);
            }
        } else {
            conf.set("EVAL-dest", &expand("@{host.name}")?);
            conf.set("EVAL-vendor_product", r#""Scoutline""#);
        }
    }
    Ok(conf.text())
}

pub(super) fn fields() -> String {
    let mut conf = Conf::new();
    conf.note(
        "What the Collector sends beside the sentence is in the index only; without this a search for a value would look\n\
         for it in the sentence first, and find nothing.",
    );
    for kind in RecordKind::ALL {
        conf.stanza(&format!("sourcetype::{}::*", sourcetype(kind)));
        conf.set("INDEXED", "true");
    }
    conf.text()
}

pub(super) fn event_types() -> Result<String, ExpandError> {
    let mut conf = Conf::new();
    for (name, search, _) in EVENT_TYPES {
        conf.stanza(name);
        conf.set("search", &expand(search)?);
    }
    Ok(conf.text())
}

pub(super) fn tags() -> String {
    let mut conf = Conf::new();
    for (name, _, tags) in EVENT_TYPES {
        conf.stanza(&format!("eventtype={name}"));
        for tag in *tags {
            conf.set(tag, "enabled");
        }
    }
    conf.text()
}

pub(super) fn macros(catalogue: &Catalogue) -> Result<String, ExpandError> {
    let mut conf = Conf::new();
    conf.note(
        "Where the Collector writes: set scoutline_index to your index, everything else follows.",
    );
    for (name, definition) in MACROS {
        conf.stanza(name);
        conf.set("definition", &expand(definition)?);
        conf.set("iseval", "0");
    }
    conf.note("The last word of each search: `search NOT dest=scanner-1` leaves a host out of one of them.");
    for (name, ..) in catalogue.correlations() {
        conf.stanza(&filter(name));
        conf.set("definition", "search *");
        conf.set("iseval", "0");
    }
    Ok(conf.text())
}
