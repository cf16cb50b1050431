//! Attributes of log records.

// Every record.

/// What kind of record this is; some backends drop the event name.
pub const SCOUTLINE_RECORD_KIND: &str = "scoutline.record.kind";

/// The same on every retry, so that a backend can drop duplicates.
pub const LOG_RECORD_UID: &str = "log.record.uid";

/// Counts records within [`SCOUTLINE_SENSOR_START_ID`]; a gap is a loss.
pub const SCOUTLINE_SEQUENCE: &str = "scoutline.sequence";

/// One run of one sensor.
pub const SCOUTLINE_SENSOR_START_ID: &str = "scoutline.sensor.start_id";

// Rule.

/// Recipe id, `os_fingerprint`.
pub const SECURITY_RULE_NAME: &str = "security_rule.name";

/// Never changes, also when a recipe is renamed.
pub const SECURITY_RULE_UUID: &str = "security_rule.uuid";

/// Raised when the meaning of a recipe changes.
pub const SECURITY_RULE_VERSION: &str = "security_rule.version";

/// Always `Discovery`.
pub const SECURITY_RULE_CATEGORY: &str = "security_rule.category";

/// Page about the recipe.
pub const SECURITY_RULE_REFERENCE: &str = "security_rule.reference";

/// Where the recipe comes from.
pub const SECURITY_RULE_RULESET_NAME: &str = "security_rule.ruleset.name";

// MITRE ATT&CK, named as in the Elastic Common Schema.

/// Always `MITRE ATT&CK`.
pub const THREAT_FRAMEWORK: &str = "threat.framework";

/// Primary tactic, `TA0007`.
pub const THREAT_TACTIC_ID: &str = "threat.tactic.id";

/// Its name.
pub const THREAT_TACTIC_NAME: &str = "threat.tactic.name";

/// Primary technique, `T1082`.
pub const THREAT_TECHNIQUE_ID: &str = "threat.technique.id";

/// Its name.
pub const THREAT_TECHNIQUE_NAME: &str = "threat.technique.name";

/// Primary sub-technique, `T1497.001`, if it is one; [`THREAT_TECHNIQUE_ID`] is then its parent.
pub const THREAT_TECHNIQUE_SUBTECHNIQUE_ID: &str = "threat.technique.subtechnique.id";

/// Its own name, without its parent's.
pub const THREAT_TECHNIQUE_SUBTECHNIQUE_NAME: &str = "threat.technique.subtechnique.name";

/// All technique ids, primary first.
pub const SCOUTLINE_ATTACK_TECHNIQUES: &str = "scoutline.attack.techniques";

/// All tactic ids, primary first.
pub const SCOUTLINE_ATTACK_TACTICS: &str = "scoutline.attack.tactics";

/// Version of the ATT&CK matrix.
pub const SCOUTLINE_ATTACK_VERSION: &str = "scoutline.attack.version";

// Detection.

/// The word: informational, low, medium, high, critical.
pub const SCOUTLINE_DETECTION_SEVERITY: &str = "scoutline.detection.severity";

/// `file_access` or `execution`.
pub const SCOUTLINE_DETECTION_KIND: &str = "scoutline.detection.kind";

/// Shared by the `first` and the `summary` of one detection.
pub const SCOUTLINE_DETECTION_UID: &str = "scoutline.detection.uid";

/// `first` or `summary`.
pub const SCOUTLINE_DETECTION_PHASE: &str = "scoutline.detection.phase";

/// Exact number of accesses: 1 in `first`, the total in `summary`.
pub const SCOUTLINE_DETECTION_COUNT: &str = "scoutline.detection.count";

/// Processes that took part.
pub const SCOUTLINE_DETECTION_PROCESS_COUNT: &str = "scoutline.detection.process_count";

/// First access, RFC 3339.
pub const SCOUTLINE_DETECTION_FIRST_TIME: &str = "scoutline.detection.first_time";

/// Last access, RFC 3339.
pub const SCOUTLINE_DETECTION_LAST_TIME: &str = "scoutline.detection.last_time";

/// `strong` or `burst`.
pub const SCOUTLINE_DETECTION_REASON: &str = "scoutline.detection.reason";

/// Evidence: names of the tools.
pub const SCOUTLINE_DETECTION_TOOLS: &str = "scoutline.detection.tools";

/// Evidence: what was opened.
pub const SCOUTLINE_DETECTION_PATHS: &str = "scoutline.detection.paths";

/// There was more evidence than the arrays hold.
pub const SCOUTLINE_DETECTION_EVIDENCE_TRUNCATED: &str = "scoutline.detection.evidence_truncated";

/// `ci`, `staging` or `production`.
pub const SCOUTLINE_DETECTION_ENVIRONMENT: &str = "scoutline.detection.environment";

/// What to do in that environment, one sentence.
pub const SCOUTLINE_DETECTION_ADVICE: &str = "scoutline.detection.advice";

// Process.

/// Thread-group id in the initial pid namespace.
pub const PROCESS_PID: &str = "process.pid";

/// The same, as the process itself sees it.
pub const PROCESS_VPID: &str = "process.vpid";

/// Of the real parent.
pub const PROCESS_PARENT_PID: &str = "process.parent_pid";

/// Start of the process, RFC 3339.
pub const PROCESS_CREATION_TIME: &str = "process.creation.time";

/// The file that was really mapped.
pub const PROCESS_EXECUTABLE_PATH: &str = "process.executable.path";

/// Its last component.
pub const PROCESS_EXECUTABLE_NAME: &str = "process.executable.name";

/// Only argv[0] until arguments can be redacted.
pub const PROCESS_COMMAND_ARGS: &str = "process.command_args";

/// At the last exec.
pub const PROCESS_WORKING_DIRECTORY: &str = "process.working_directory";

/// Effective user id.
pub const PROCESS_USER_ID: &str = "process.user.id";

/// Its name, if the host knows one.
pub const PROCESS_USER_NAME: &str = "process.user.name";

/// Real user id.
pub const PROCESS_REAL_USER_ID: &str = "process.real_user.id";

/// POSIX session leader.
pub const PROCESS_SESSION_LEADER_PID: &str = "process.session_leader.pid";

/// Whether it has a controlling terminal.
pub const PROCESS_INTERACTIVE: &str = "process.interactive";

/// Hash of boot id, tgid and start time.
pub const SCOUTLINE_PROCESS_UID: &str = "scoutline.process.uid";

/// The same, of the parent.
pub const SCOUTLINE_PROCESS_PARENT_UID: &str = "scoutline.process.parent.uid";

/// What the parent runs.
pub const SCOUTLINE_PROCESS_PARENT_EXECUTABLE_PATH: &str =
    "scoutline.process.parent.executable.path";

/// Executable paths, nearest first.
pub const SCOUTLINE_PROCESS_ANCESTORS: &str = "scoutline.process.ancestors";

/// Part of the lineage was never seen or already forgotten.
pub const SCOUTLINE_PROCESS_LINEAGE_INCOMPLETE: &str = "scoutline.process.lineage_incomplete";

/// The process tree: what correlations group by.
pub const SCOUTLINE_SESSION_UID: &str = "scoutline.session.uid";

/// No name leads to the executable.
pub const SCOUTLINE_PROCESS_EXECUTABLE_DELETED: &str = "scoutline.process.executable.deleted";

/// The executable never was on a file system.
pub const SCOUTLINE_PROCESS_EXECUTABLE_MEMFD: &str = "scoutline.process.executable.memfd";

/// The script that the executable interprets, as typed.
pub const SCOUTLINE_PROCESS_SCRIPT: &str = "scoutline.process.script";

// File.

/// Resolved; pseudo file systems under their usual mount.
pub const FILE_PATH: &str = "file.path";

/// Inode number.
pub const FILE_INODE: &str = "file.inode";

/// Flags of the open, `O_RDONLY|O_CLOEXEC`.
pub const SCOUTLINE_FILE_REQUESTED_FLAGS: &str = "scoutline.file.requested_flags";

// The sensor's own truth.

/// Which hook saw it.
pub const SCOUTLINE_HOOK_NAME: &str = "scoutline.hook.name";
