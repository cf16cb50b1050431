// Generated, do not edit: cargo run -p scoutline-semconv-generate
//! Attributes of log records, spans, links and metrics.

// Every record.

/// The same on every retry, so that a backend can drop duplicates.
pub const LOG_RECORD_UID: &str = "log.record.uid";

/// What kind of record this is; some backends drop the event name. See
/// [`crate::values::RecordKind`].
pub const SCOUTLINE_RECORD_KIND: &str = "scoutline.record.kind";

/// Counts records within `scoutline.sensor.start_id`; a gap that no loss record explains was lost
/// in transit.
pub const SCOUTLINE_SEQUENCE: &str = "scoutline.sequence";

/// The `scoutline.sequence` that was issued last.
pub const SCOUTLINE_LAST_SEQUENCE: &str = "scoutline.last_sequence";

/// One run of one sensor.
pub const SCOUTLINE_SENSOR_START_ID: &str = "scoutline.sensor.start_id";

// Rule and ATT&CK.

/// Recipe id.
pub const SECURITY_RULE_NAME: &str = "security_rule.name";

/// Never changes, also when a recipe is renamed.
pub const SECURITY_RULE_UUID: &str = "security_rule.uuid";

/// Raised when the meaning of a recipe changes.
pub const SECURITY_RULE_VERSION: &str = "security_rule.version";

/// The kind of behaviour that the recipe looks for.
pub const SECURITY_RULE_CATEGORY: &str = "security_rule.category";

/// Page about the recipe.
pub const SECURITY_RULE_REFERENCE: &str = "security_rule.reference";

/// Where the recipe comes from: `scoutline` ships it, `local` is the host's own.
pub const SECURITY_RULE_RULESET_NAME: &str = "security_rule.ruleset.name";

/// Whose tactics and techniques these are.
pub const THREAT_FRAMEWORK: &str = "threat.framework";

/// Primary tactic.
pub const THREAT_TACTIC_ID: &str = "threat.tactic.id";

/// Name of the primary tactic.
pub const THREAT_TACTIC_NAME: &str = "threat.tactic.name";

/// Primary technique.
pub const THREAT_TECHNIQUE_ID: &str = "threat.technique.id";

/// Name of the primary technique.
pub const THREAT_TECHNIQUE_NAME: &str = "threat.technique.name";

/// Primary sub-technique; `threat.technique.id` is then its parent.
pub const THREAT_TECHNIQUE_SUBTECHNIQUE_ID: &str = "threat.technique.subtechnique.id";

/// Name of the primary sub-technique, without its parent's.
pub const THREAT_TECHNIQUE_SUBTECHNIQUE_NAME: &str = "threat.technique.subtechnique.name";

/// All technique ids, primary first.
pub const SCOUTLINE_ATTACK_TECHNIQUES: &str = "scoutline.attack.techniques";

/// All tactic ids, primary first.
pub const SCOUTLINE_ATTACK_TACTICS: &str = "scoutline.attack.tactics";

/// Version of the ATT&CK matrix.
pub const SCOUTLINE_ATTACK_VERSION: &str = "scoutline.attack.version";

// Detection.

/// How bad it is, as a person says it. See [`crate::Severity`].
pub const SCOUTLINE_DETECTION_SEVERITY: &str = "scoutline.detection.severity";

/// What was done. See [`crate::values::DetectionKind`].
pub const SCOUTLINE_DETECTION_KIND: &str = "scoutline.detection.kind";

/// Shared by the `first` and the `summary` of one detection.
pub const SCOUTLINE_DETECTION_UID: &str = "scoutline.detection.uid";

/// Which of the two records of a detection this is. See [`crate::values::DetectionPhase`].
pub const SCOUTLINE_DETECTION_PHASE: &str = "scoutline.detection.phase";

/// Exact number of accesses: 1 in `first`, the total in `summary`.
pub const SCOUTLINE_DETECTION_COUNT: &str = "scoutline.detection.count";

/// Processes that took part.
pub const SCOUTLINE_DETECTION_PROCESS_COUNT: &str = "scoutline.detection.process_count";

/// First access, RFC 3339.
pub const SCOUTLINE_DETECTION_FIRST_TIME: &str = "scoutline.detection.first_time";

/// Last access, RFC 3339.
pub const SCOUTLINE_DETECTION_LAST_TIME: &str = "scoutline.detection.last_time";

/// This executable never matched this recipe on this host before.
pub const SCOUTLINE_DETECTION_FIRST_SEEN: &str = "scoutline.detection.first_seen";

/// How likely it is that the detection means what its recipe says. See
/// [`crate::values::DetectionConfidence`].
pub const SCOUTLINE_DETECTION_CONFIDENCE: &str = "scoutline.detection.confidence";

/// Severity, confidence and circumstances in one number, 0 to 100.
pub const SCOUTLINE_DETECTION_RISK_SCORE: &str = "scoutline.detection.risk_score";

/// Why the recipe matched. See [`crate::values::DetectionReason`].
pub const SCOUTLINE_DETECTION_REASON: &str = "scoutline.detection.reason";

/// Evidence: names of the tools that were executed.
pub const SCOUTLINE_DETECTION_TOOLS: &str = "scoutline.detection.tools";

/// Evidence: what was opened.
pub const SCOUTLINE_DETECTION_PATHS: &str = "scoutline.detection.paths";

/// There was more evidence than the arrays hold.
pub const SCOUTLINE_DETECTION_EVIDENCE_TRUNCATED: &str = "scoutline.detection.evidence_truncated";

/// Where the detection happened; decides the advice, never lowers the severity. See
/// [`crate::values::DetectionEnvironment`].
pub const SCOUTLINE_DETECTION_ENVIRONMENT: &str = "scoutline.detection.environment";

/// What to do in that environment, one sentence.
pub const SCOUTLINE_DETECTION_ADVICE: &str = "scoutline.detection.advice";

// Process.

/// Thread-group id in the initial pid namespace.
pub const PROCESS_PID: &str = "process.pid";

/// Thread-group id in its own pid namespace, as the process itself sees it.
pub const PROCESS_VPID: &str = "process.vpid";

/// The `process.pid` of the real parent.
pub const PROCESS_PARENT_PID: &str = "process.parent_pid";

/// Start of the process, RFC 3339.
pub const PROCESS_CREATION_TIME: &str = "process.creation.time";

/// The file that was really mapped.
pub const PROCESS_EXECUTABLE_PATH: &str = "process.executable.path";

/// Last component of `process.executable.path`.
pub const PROCESS_EXECUTABLE_NAME: &str = "process.executable.name";

/// Arguments, the command itself first; bounded, without secrets.
pub const PROCESS_COMMAND_ARGS: &str = "process.command_args";

/// Working directory at the last execution.
pub const PROCESS_WORKING_DIRECTORY: &str = "process.working_directory";

/// Effective user id.
pub const PROCESS_USER_ID: &str = "process.user.id";

/// Name of the effective user, if the host knows one.
pub const PROCESS_USER_NAME: &str = "process.user.name";

/// Real user id.
pub const PROCESS_REAL_USER_ID: &str = "process.real_user.id";

/// The `process.pid` of the POSIX session's leader.
pub const PROCESS_SESSION_LEADER_PID: &str = "process.session_leader.pid";

/// Whether it has a controlling terminal.
pub const PROCESS_INTERACTIVE: &str = "process.interactive";

/// Control group of the process.
pub const PROCESS_LINUX_CGROUP: &str = "process.linux.cgroup";

/// Exit code of the process.
pub const PROCESS_EXIT_CODE: &str = "process.exit.code";

/// Hash of boot id, process id and start time: the same process, whatever became of its id.
pub const SCOUTLINE_PROCESS_UID: &str = "scoutline.process.uid";

/// The `scoutline.process.uid` of the parent.
pub const SCOUTLINE_PROCESS_PARENT_UID: &str = "scoutline.process.parent.uid";

/// What the parent runs.
pub const SCOUTLINE_PROCESS_PARENT_EXECUTABLE_PATH: &str =
    "scoutline.process.parent.executable.path";

/// Executable paths of the ancestors, nearest first; `?` for one that is not known.
pub const SCOUTLINE_PROCESS_ANCESTORS: &str = "scoutline.process.ancestors";

/// Part of the lineage was never seen or is already forgotten.
pub const SCOUTLINE_PROCESS_LINEAGE_INCOMPLETE: &str = "scoutline.process.lineage_incomplete";

/// No name leads to the executable.
pub const SCOUTLINE_PROCESS_EXECUTABLE_DELETED: &str = "scoutline.process.executable.deleted";

/// The executable never was on a file system.
pub const SCOUTLINE_PROCESS_EXECUTABLE_MEMFD: &str = "scoutline.process.executable.memfd";

/// The executable lies where any user may write, such as `/tmp` or `/dev/shm`.
pub const SCOUTLINE_PROCESS_EXECUTABLE_WRITABLE_LOCATION: &str =
    "scoutline.process.executable.writable_location";

/// SHA-256 of the executable's content, in hexadecimal.
pub const SCOUTLINE_PROCESS_EXECUTABLE_SHA256: &str = "scoutline.process.executable.sha256";

/// The script that the executable interprets, as typed.
pub const SCOUTLINE_PROCESS_SCRIPT: &str = "scoutline.process.script";

/// The effective user is not the session's.
pub const SCOUTLINE_PROCESS_USER_CHANGED: &str = "scoutline.process.user.changed";

/// Effective capabilities by name; a full set is `ALL` alone.
pub const SCOUTLINE_PROCESS_CAPABILITIES: &str = "scoutline.process.capabilities";

/// Inode number of the pid namespace.
pub const SCOUTLINE_PROCESS_NAMESPACE_PID: &str = "scoutline.process.namespace.pid";

/// Inode number of the mount namespace.
pub const SCOUTLINE_PROCESS_NAMESPACE_MOUNT: &str = "scoutline.process.namespace.mount";

/// Inode number of the network namespace.
pub const SCOUTLINE_PROCESS_NAMESPACE_NETWORK: &str = "scoutline.process.namespace.network";

/// Inode number of the user namespace.
pub const SCOUTLINE_PROCESS_NAMESPACE_USER: &str = "scoutline.process.namespace.user";

// Session.

/// The process tree: what correlations group by.
pub const SCOUTLINE_SESSION_UID: &str = "scoutline.session.uid";

/// What opened the session. See [`crate::values::SessionKind`].
pub const SCOUTLINE_SESSION_KIND: &str = "scoutline.session.kind";

/// User id that opened the session; a change of user within does not change it.
pub const SCOUTLINE_SESSION_USER_ID: &str = "scoutline.session.user.id";

/// Name of the user that opened the session.
pub const SCOUTLINE_SESSION_USER_NAME: &str = "scoutline.session.user.name";

/// Remote host that the login came from, as logind or utmp knows it: an address or a name.
pub const SCOUTLINE_SESSION_LOGIN_HOST: &str = "scoutline.session.login.host";

/// Terminal of the login, without `/dev/`.
pub const SCOUTLINE_SESSION_LOGIN_TTY: &str = "scoutline.session.login.tty";

/// PAM service that let the user in.
pub const SCOUTLINE_SESSION_LOGIN_SERVICE: &str = "scoutline.session.login.service";

// Spans and slices.

/// Where trace id and span id come from. See [`crate::values::TraceContextSource`].
pub const SCOUTLINE_TRACE_CONTEXT_SOURCE: &str = "scoutline.trace_context.source";

/// Nobody but the sensor could have chosen the ids.
pub const SCOUTLINE_TRACE_CONTEXT_TRUSTED: &str = "scoutline.trace_context.trusted";

/// Detections that the process raised within the slice.
pub const SCOUTLINE_EPISODE_DETECTIONS: &str = "scoutline.episode.detections";

/// The highest severity among the detections. See [`crate::Severity`].
pub const SCOUTLINE_EPISODE_SEVERITY: &str = "scoutline.episode.severity";

/// Names of the recipes that matched.
pub const SCOUTLINE_EPISODE_RECIPES: &str = "scoutline.episode.recipes";

/// The process was still running when the slice closed; the end of the span is that moment.
pub const SCOUTLINE_EPISODE_RUNNING: &str = "scoutline.episode.running";

/// Which slice of the session this is, counted from 1.
pub const SCOUTLINE_SLICE_NUMBER: &str = "scoutline.slice.number";

// File.

/// Resolved; pseudo file systems under their usual mount.
pub const FILE_PATH: &str = "file.path";

/// Inode number.
pub const FILE_INODE: &str = "file.inode";

/// Flags of the open, by name.
pub const SCOUTLINE_FILE_REQUESTED_FLAGS: &str = "scoutline.file.requested_flags";

// CI job.

/// Name of the pipeline or workflow.
pub const CICD_PIPELINE_NAME: &str = "cicd.pipeline.name";

/// One run of the pipeline.
pub const CICD_PIPELINE_RUN_ID: &str = "cicd.pipeline.run.id";

/// Page of the run.
pub const CICD_PIPELINE_RUN_URL_FULL: &str = "cicd.pipeline.run.url.full";

/// Name of the job within the pipeline.
pub const CICD_PIPELINE_TASK_NAME: &str = "cicd.pipeline.task.name";

/// Repository that is built, without user and password.
pub const VCS_REPOSITORY_URL_FULL: &str = "vcs.repository.url.full";

/// Branch or tag that is built.
pub const VCS_REF_HEAD_NAME: &str = "vcs.ref.head.name";

/// Commit that is built.
pub const VCS_REF_HEAD_REVISION: &str = "vcs.ref.head.revision";

/// The system that runs the job. See [`crate::values::CiSystem`].
pub const SCOUTLINE_CI_SYSTEM: &str = "scoutline.ci.system";

/// No process of the job could have made up what is said about it.
pub const SCOUTLINE_CI_TRUSTED: &str = "scoutline.ci.trusted";

// The sensor's own truth.

/// Why the request failed.
pub const ERROR_TYPE: &str = "error.type";

/// What the processor time went to.
pub const CPU_MODE: &str = "cpu.mode";

/// Which hook saw it.
pub const SCOUTLINE_HOOK_NAME: &str = "scoutline.hook.name";

/// What the sensor did. See [`crate::values::SensorAction`].
pub const SCOUTLINE_SENSOR_ACTION: &str = "scoutline.sensor.action";

/// How the run before this one ended. See [`crate::values::SensorPreviousEnd`].
pub const SCOUTLINE_SENSOR_PREVIOUS_END: &str = "scoutline.sensor.previous_end";

/// Seconds since the sensor began to watch.
pub const SCOUTLINE_SENSOR_UPTIME: &str = "scoutline.sensor.uptime";

/// Hooks that are attached.
pub const SCOUTLINE_SENSOR_HOOKS: &str = "scoutline.sensor.hooks";

/// Hash of all recipes in use; hosts with the same value look for the same.
pub const SCOUTLINE_SENSOR_RECIPES_HASH: &str = "scoutline.sensor.recipes_hash";

/// What the stages counted since the start, `name=value`.
pub const SCOUTLINE_SENSOR_COUNTERS: &str = "scoutline.sensor.counters";

/// Detections of each recipe and matches kept back by each exception since the start, `name=value`.
pub const SCOUTLINE_SENSOR_RECIPE_COUNTERS: &str = "scoutline.sensor.recipe_counters";

/// Records and events lost since the start.
pub const SCOUTLINE_LOSS_TOTAL: &str = "scoutline.loss.total";

/// Where it was lost. See [`crate::values::LossStage`].
pub const SCOUTLINE_LOSS_STAGE: &str = "scoutline.loss.stage";

/// Why it was lost, one word of the stage; of spans if it begins with `span_`.
pub const SCOUTLINE_LOSS_REASON: &str = "scoutline.loss.reason";

/// How many were lost.
pub const SCOUTLINE_LOSS_COUNT: &str = "scoutline.loss.count";

/// First `scoutline.sequence` that was lost.
pub const SCOUTLINE_LOSS_FIRST_SEQUENCE: &str = "scoutline.loss.first_sequence";

/// Last `scoutline.sequence` that was lost.
pub const SCOUTLINE_LOSS_LAST_SEQUENCE: &str = "scoutline.loss.last_sequence";

/// The `scoutline.sensor.start_id` of the run that lost it; the sequence range is of that run.
pub const SCOUTLINE_LOSS_START_ID: &str = "scoutline.loss.start_id";

/// Why an event did not leave the kernel, one word.
pub const SCOUTLINE_DROP_REASON: &str = "scoutline.drop.reason";

/// What became of a record. See [`crate::values::ExportOutcome`].
pub const SCOUTLINE_EXPORT_OUTCOME: &str = "scoutline.export.outcome";

/// Name of the exporter, as in the configuration.
pub const SCOUTLINE_EXPORTER_NAME: &str = "scoutline.exporter.name";

/// What kind of event of the kernel it is. See [`crate::values::EventKind`].
pub const SCOUTLINE_EVENT_KIND: &str = "scoutline.event.kind";

/// What became of an event. See [`crate::values::DetectorOutcome`].
pub const SCOUTLINE_DETECTOR_OUTCOME: &str = "scoutline.detector.outcome";

/// What became of a record. See [`crate::values::EncoderOutcome`].
pub const SCOUTLINE_ENCODER_OUTCOME: &str = "scoutline.encoder.outcome";
