// Generated, do not edit: cargo run -p scoutline-semconv-generate
//! A method for each attribute of records, spans and links, so that none is set to what it cannot be.

use crate::Severity;
use crate::attr;
use crate::values::{
    CiSystem, DetectionConfidence, DetectionEnvironment, DetectionKind, DetectionPhase,
    DetectionReason, LossStage, RecordKind, SensorAction, SensorPreviousEnd, SessionKind,
    TraceContextSource,
};

/// Sets attributes by their names. An implementor supplies the first six methods and decides there how texts from anywhere
/// are cleaned and cut.
pub trait Setters {
    /// Sets a number.
    fn int(&mut self, name: &'static str, value: i64);

    /// Sets a truth value.
    fn flag(&mut self, name: &'static str, value: bool);

    /// Sets a floating point number.
    fn double(&mut self, name: &'static str, value: f64);

    /// Sets a text from anywhere.
    fn text(&mut self, name: &'static str, value: &str);

    /// Sets texts from anywhere; nothing if there are none.
    fn texts<'a>(&mut self, name: &'static str, values: impl IntoIterator<Item = &'a str>);

    /// Sets a word of the registry.
    fn word(&mut self, name: &'static str, value: &'static str);

    /// `log.record.uid`: The same on every retry, so that a backend can drop duplicates.
    fn log_record_uid(&mut self, value: &str) {
        self.text(attr::LOG_RECORD_UID, value);
    }

    /// `scoutline.record.kind`: What kind of record this is; some backends drop the event name.
    fn scoutline_record_kind(&mut self, value: RecordKind) {
        self.word(attr::SCOUTLINE_RECORD_KIND, value.as_str());
    }

    /// `scoutline.sequence`: Counts records within `scoutline.sensor.start_id`; a gap that no loss
    /// record explains was lost in transit.
    fn scoutline_sequence(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_SEQUENCE, value);
    }

    /// `scoutline.last_sequence`: The `scoutline.sequence` that was issued last.
    fn scoutline_last_sequence(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_LAST_SEQUENCE, value);
    }

    /// `scoutline.sensor.start_id`: One run of one sensor.
    fn scoutline_sensor_start_id(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_SENSOR_START_ID, value);
    }

    /// `security_rule.name`: Recipe id.
    fn security_rule_name(&mut self, value: &str) {
        self.text(attr::SECURITY_RULE_NAME, value);
    }

    /// `security_rule.uuid`: Never changes, also when a recipe is renamed.
    fn security_rule_uuid(&mut self, value: &str) {
        self.text(attr::SECURITY_RULE_UUID, value);
    }

    /// `security_rule.version`: Raised when the meaning of a recipe changes.
    fn security_rule_version(&mut self, value: &str) {
        self.text(attr::SECURITY_RULE_VERSION, value);
    }

    /// `security_rule.category`: The kind of behaviour that the recipe looks for.
    fn security_rule_category(&mut self, value: &str) {
        self.text(attr::SECURITY_RULE_CATEGORY, value);
    }

    /// `security_rule.reference`: Page about the recipe.
    fn security_rule_reference(&mut self, value: &str) {
        self.text(attr::SECURITY_RULE_REFERENCE, value);
    }

    /// `security_rule.ruleset.name`: Where the recipe comes from: `scoutline` ships it, `local` is
    /// the host's own.
    fn security_rule_ruleset_name(&mut self, value: &str) {
        self.text(attr::SECURITY_RULE_RULESET_NAME, value);
    }

    /// `threat.framework`: Whose tactics and techniques these are.
    fn threat_framework(&mut self, value: &str) {
        self.text(attr::THREAT_FRAMEWORK, value);
    }

    /// `threat.tactic.id`: Primary tactic.
    fn threat_tactic_id(&mut self, value: &str) {
        self.text(attr::THREAT_TACTIC_ID, value);
    }

    /// `threat.tactic.name`: Name of the primary tactic.
    fn threat_tactic_name(&mut self, value: &str) {
        self.text(attr::THREAT_TACTIC_NAME, value);
    }

    /// `threat.technique.id`: Primary technique.
    fn threat_technique_id(&mut self, value: &str) {
        self.text(attr::THREAT_TECHNIQUE_ID, value);
    }

    /// `threat.technique.name`: Name of the primary technique.
    fn threat_technique_name(&mut self, value: &str) {
        self.text(attr::THREAT_TECHNIQUE_NAME, value);
    }

    /// `threat.technique.subtechnique.id`: Primary sub-technique; `threat.technique.id` is then its
    /// parent.
    fn threat_technique_subtechnique_id(&mut self, value: &str) {
        self.text(attr::THREAT_TECHNIQUE_SUBTECHNIQUE_ID, value);
    }

    /// `threat.technique.subtechnique.name`: Name of the primary sub-technique, without its
    /// parent's.
    fn threat_technique_subtechnique_name(&mut self, value: &str) {
        self.text(attr::THREAT_TECHNIQUE_SUBTECHNIQUE_NAME, value);
    }

    /// `scoutline.attack.techniques`: All technique ids, primary first.
    fn scoutline_attack_techniques<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) {
        self.texts(attr::SCOUTLINE_ATTACK_TECHNIQUES, values);
    }

    /// `scoutline.attack.tactics`: All tactic ids, primary first.
    fn scoutline_attack_tactics<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) {
        self.texts(attr::SCOUTLINE_ATTACK_TACTICS, values);
    }

    /// `scoutline.attack.version`: Version of the ATT&CK matrix.
    fn scoutline_attack_version(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_ATTACK_VERSION, value);
    }

    /// `scoutline.detection.severity`: How bad it is, as a person says it.
    fn scoutline_detection_severity(&mut self, value: Severity) {
        self.word(attr::SCOUTLINE_DETECTION_SEVERITY, value.name());
    }

    /// `scoutline.detection.kind`: What was done.
    fn scoutline_detection_kind(&mut self, value: DetectionKind) {
        self.word(attr::SCOUTLINE_DETECTION_KIND, value.as_str());
    }

    /// `scoutline.detection.uid`: Shared by the `first` and the `summary` of one detection.
    fn scoutline_detection_uid(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_DETECTION_UID, value);
    }

    /// `scoutline.detection.phase`: Which of the two records of a detection this is.
    fn scoutline_detection_phase(&mut self, value: DetectionPhase) {
        self.word(attr::SCOUTLINE_DETECTION_PHASE, value.as_str());
    }

    /// `scoutline.detection.count`: Exact number of accesses: 1 in `first`, the total in `summary`.
    fn scoutline_detection_count(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_DETECTION_COUNT, value);
    }

    /// `scoutline.detection.process_count`: Processes that took part.
    fn scoutline_detection_process_count(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_DETECTION_PROCESS_COUNT, value);
    }

    /// `scoutline.detection.first_time`: First access, RFC 3339.
    fn scoutline_detection_first_time(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_DETECTION_FIRST_TIME, value);
    }

    /// `scoutline.detection.last_time`: Last access, RFC 3339.
    fn scoutline_detection_last_time(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_DETECTION_LAST_TIME, value);
    }

    /// `scoutline.detection.first_seen`: This executable never matched this recipe on this host
    /// before.
    fn scoutline_detection_first_seen(&mut self, value: bool) {
        self.flag(attr::SCOUTLINE_DETECTION_FIRST_SEEN, value);
    }

    /// `scoutline.detection.confidence`: How likely it is that the detection means what its recipe
    /// says.
    fn scoutline_detection_confidence(&mut self, value: DetectionConfidence) {
        self.word(attr::SCOUTLINE_DETECTION_CONFIDENCE, value.as_str());
    }

    /// `scoutline.detection.risk_score`: Severity, confidence and circumstances in one number, 0 to
    /// 100.
    fn scoutline_detection_risk_score(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_DETECTION_RISK_SCORE, value);
    }

    /// `scoutline.detection.reason`: Why the recipe matched.
    fn scoutline_detection_reason(&mut self, value: DetectionReason) {
        self.word(attr::SCOUTLINE_DETECTION_REASON, value.as_str());
    }

    /// `scoutline.detection.tools`: Evidence: names of the tools that were executed.
    fn scoutline_detection_tools<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) {
        self.texts(attr::SCOUTLINE_DETECTION_TOOLS, values);
    }

    /// `scoutline.detection.paths`: Evidence: what was opened.
    fn scoutline_detection_paths<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) {
        self.texts(attr::SCOUTLINE_DETECTION_PATHS, values);
    }

    /// `scoutline.detection.evidence_truncated`: There was more evidence than the arrays hold.
    fn scoutline_detection_evidence_truncated(&mut self, value: bool) {
        self.flag(attr::SCOUTLINE_DETECTION_EVIDENCE_TRUNCATED, value);
    }

    /// `scoutline.detection.environment`: Where the detection happened; decides the advice, never
    /// lowers the severity.
    fn scoutline_detection_environment(&mut self, value: DetectionEnvironment) {
        self.word(attr::SCOUTLINE_DETECTION_ENVIRONMENT, value.as_str());
    }

    /// `scoutline.detection.advice`: What to do in that environment, one sentence.
    fn scoutline_detection_advice(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_DETECTION_ADVICE, value);
    }

    /// `process.pid`: Thread-group id in the initial pid namespace.
    fn process_pid(&mut self, value: i64) {
        self.int(attr::PROCESS_PID, value);
    }

    /// `process.vpid`: Thread-group id in its own pid namespace, as the process itself sees it.
    fn process_vpid(&mut self, value: i64) {
        self.int(attr::PROCESS_VPID, value);
    }

    /// `process.parent_pid`: The `process.pid` of the real parent.
    fn process_parent_pid(&mut self, value: i64) {
        self.int(attr::PROCESS_PARENT_PID, value);
    }

    /// `process.creation.time`: Start of the process, RFC 3339.
    fn process_creation_time(&mut self, value: &str) {
        self.text(attr::PROCESS_CREATION_TIME, value);
    }

    /// `process.executable.path`: The file that was really mapped.
    fn process_executable_path(&mut self, value: &str) {
        self.text(attr::PROCESS_EXECUTABLE_PATH, value);
    }

    /// `process.executable.name`: Last component of `process.executable.path`.
    fn process_executable_name(&mut self, value: &str) {
        self.text(attr::PROCESS_EXECUTABLE_NAME, value);
    }

    /// `process.command_args`: Arguments, the command itself first; bounded, without secrets.
    fn process_command_args<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) {
        self.texts(attr::PROCESS_COMMAND_ARGS, values);
    }

    /// `process.working_directory`: Working directory at the last execution.
    fn process_working_directory(&mut self, value: &str) {
        self.text(attr::PROCESS_WORKING_DIRECTORY, value);
    }

    /// `process.user.id`: Effective user id.
    fn process_user_id(&mut self, value: i64) {
        self.int(attr::PROCESS_USER_ID, value);
    }

    /// `process.user.name`: Name of the effective user, if the host knows one.
    fn process_user_name(&mut self, value: &str) {
        self.text(attr::PROCESS_USER_NAME, value);
    }

    /// `process.real_user.id`: Real user id.
    fn process_real_user_id(&mut self, value: i64) {
        self.int(attr::PROCESS_REAL_USER_ID, value);
    }

    /// `process.session_leader.pid`: The `process.pid` of the POSIX session's leader.
    fn process_session_leader_pid(&mut self, value: i64) {
        self.int(attr::PROCESS_SESSION_LEADER_PID, value);
    }

    /// `process.interactive`: Whether it has a controlling terminal.
    fn process_interactive(&mut self, value: bool) {
        self.flag(attr::PROCESS_INTERACTIVE, value);
    }

    /// `process.linux.cgroup`: Control group of the process.
    fn process_linux_cgroup(&mut self, value: &str) {
        self.text(attr::PROCESS_LINUX_CGROUP, value);
    }

    /// `process.exit.code`: Exit code of the process.
    fn process_exit_code(&mut self, value: i64) {
        self.int(attr::PROCESS_EXIT_CODE, value);
    }

    /// `scoutline.process.uid`: Hash of boot id, process id and start time: the same process,
    /// whatever became of its id.
    fn scoutline_process_uid(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_PROCESS_UID, value);
    }

    /// `scoutline.process.parent.uid`: The `scoutline.process.uid` of the parent.
    fn scoutline_process_parent_uid(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_PROCESS_PARENT_UID, value);
    }

    /// `scoutline.process.parent.executable.path`: What the parent runs.
    fn scoutline_process_parent_executable_path(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_PROCESS_PARENT_EXECUTABLE_PATH, value);
    }

    /// `scoutline.process.ancestors`: Executable paths of the ancestors, nearest first; `?` for one
    /// that is not known.
    fn scoutline_process_ancestors<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) {
        self.texts(attr::SCOUTLINE_PROCESS_ANCESTORS, values);
    }

    /// `scoutline.process.lineage_incomplete`: Part of the lineage was never seen or is already
    /// forgotten.
    fn scoutline_process_lineage_incomplete(&mut self, value: bool) {
        self.flag(attr::SCOUTLINE_PROCESS_LINEAGE_INCOMPLETE, value);
    }

    /// `scoutline.process.executable.deleted`: No name leads to the executable.
    fn scoutline_process_executable_deleted(&mut self, value: bool) {
        self.flag(attr::SCOUTLINE_PROCESS_EXECUTABLE_DELETED, value);
    }

    /// `scoutline.process.executable.memfd`: The executable never was on a file system.
    fn scoutline_process_executable_memfd(&mut self, value: bool) {
        self.flag(attr::SCOUTLINE_PROCESS_EXECUTABLE_MEMFD, value);
    }

    /// `scoutline.process.executable.writable_location`: The executable lies where any user may
    /// write, such as `/tmp` or `/dev/shm`.
    fn scoutline_process_executable_writable_location(&mut self, value: bool) {
        self.flag(attr::SCOUTLINE_PROCESS_EXECUTABLE_WRITABLE_LOCATION, value);
    }

    /// `scoutline.process.executable.sha256`: SHA-256 of the executable's content, in hexadecimal.
    fn scoutline_process_executable_sha256(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_PROCESS_EXECUTABLE_SHA256, value);
    }

    /// `scoutline.process.script`: The script that the executable interprets, as typed.
    fn scoutline_process_script(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_PROCESS_SCRIPT, value);
    }

    /// `scoutline.process.user.changed`: The effective user is not the session's.
    fn scoutline_process_user_changed(&mut self, value: bool) {
        self.flag(attr::SCOUTLINE_PROCESS_USER_CHANGED, value);
    }

    /// `scoutline.process.capabilities`: Effective capabilities by name; a full set is `ALL` alone.
    fn scoutline_process_capabilities<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) {
        self.texts(attr::SCOUTLINE_PROCESS_CAPABILITIES, values);
    }

    /// `scoutline.process.namespace.pid`: Inode number of the pid namespace.
    fn scoutline_process_namespace_pid(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_PROCESS_NAMESPACE_PID, value);
    }

    /// `scoutline.process.namespace.mount`: Inode number of the mount namespace.
    fn scoutline_process_namespace_mount(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_PROCESS_NAMESPACE_MOUNT, value);
    }

    /// `scoutline.process.namespace.network`: Inode number of the network namespace.
    fn scoutline_process_namespace_network(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_PROCESS_NAMESPACE_NETWORK, value);
    }

    /// `scoutline.process.namespace.user`: Inode number of the user namespace.
    fn scoutline_process_namespace_user(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_PROCESS_NAMESPACE_USER, value);
    }

    /// `scoutline.session.uid`: The process tree: what correlations group by.
    fn scoutline_session_uid(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_SESSION_UID, value);
    }

    /// `scoutline.session.kind`: What opened the session.
    fn scoutline_session_kind(&mut self, value: SessionKind) {
        self.word(attr::SCOUTLINE_SESSION_KIND, value.as_str());
    }

    /// `scoutline.session.user.id`: User id that opened the session; a change of user within does
    /// not change it.
    fn scoutline_session_user_id(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_SESSION_USER_ID, value);
    }

    /// `scoutline.session.user.name`: Name of the user that opened the session.
    fn scoutline_session_user_name(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_SESSION_USER_NAME, value);
    }

    /// `scoutline.session.login.host`: Remote host that the login came from, as logind or utmp
    /// knows it: an address or a name.
    fn scoutline_session_login_host(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_SESSION_LOGIN_HOST, value);
    }

    /// `scoutline.session.login.tty`: Terminal of the login, without `/dev/`.
    fn scoutline_session_login_tty(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_SESSION_LOGIN_TTY, value);
    }

    /// `scoutline.session.login.service`: PAM service that let the user in.
    fn scoutline_session_login_service(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_SESSION_LOGIN_SERVICE, value);
    }

    /// `scoutline.trace_context.source`: Where trace id and span id come from.
    fn scoutline_trace_context_source(&mut self, value: TraceContextSource) {
        self.word(attr::SCOUTLINE_TRACE_CONTEXT_SOURCE, value.as_str());
    }

    /// `scoutline.trace_context.trusted`: Nobody but the sensor could have chosen the ids.
    fn scoutline_trace_context_trusted(&mut self, value: bool) {
        self.flag(attr::SCOUTLINE_TRACE_CONTEXT_TRUSTED, value);
    }

    /// `scoutline.episode.detections`: Detections that the process raised within the slice.
    fn scoutline_episode_detections(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_EPISODE_DETECTIONS, value);
    }

    /// `scoutline.episode.severity`: The highest severity among the detections.
    fn scoutline_episode_severity(&mut self, value: Severity) {
        self.word(attr::SCOUTLINE_EPISODE_SEVERITY, value.name());
    }

    /// `scoutline.episode.recipes`: Names of the recipes that matched.
    fn scoutline_episode_recipes<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) {
        self.texts(attr::SCOUTLINE_EPISODE_RECIPES, values);
    }

    /// `scoutline.episode.running`: The process was still running when the slice closed; the end of
    /// the span is that moment.
    fn scoutline_episode_running(&mut self, value: bool) {
        self.flag(attr::SCOUTLINE_EPISODE_RUNNING, value);
    }

    /// `scoutline.slice.number`: Which slice of the session this is, counted from 1.
    fn scoutline_slice_number(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_SLICE_NUMBER, value);
    }

    /// `file.path`: Resolved; pseudo file systems under their usual mount.
    fn file_path(&mut self, value: &str) {
        self.text(attr::FILE_PATH, value);
    }

    /// `file.inode`: Inode number.
    fn file_inode(&mut self, value: &str) {
        self.text(attr::FILE_INODE, value);
    }

    /// `scoutline.file.requested_flags`: Flags of the open, by name.
    fn scoutline_file_requested_flags(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_FILE_REQUESTED_FLAGS, value);
    }

    /// `cicd.pipeline.name`: Name of the pipeline or workflow.
    fn cicd_pipeline_name(&mut self, value: &str) {
        self.text(attr::CICD_PIPELINE_NAME, value);
    }

    /// `cicd.pipeline.run.id`: One run of the pipeline.
    fn cicd_pipeline_run_id(&mut self, value: &str) {
        self.text(attr::CICD_PIPELINE_RUN_ID, value);
    }

    /// `cicd.pipeline.run.url.full`: Page of the run.
    fn cicd_pipeline_run_url_full(&mut self, value: &str) {
        self.text(attr::CICD_PIPELINE_RUN_URL_FULL, value);
    }

    /// `cicd.pipeline.task.name`: Name of the job within the pipeline.
    fn cicd_pipeline_task_name(&mut self, value: &str) {
        self.text(attr::CICD_PIPELINE_TASK_NAME, value);
    }

    /// `vcs.repository.url.full`: Repository that is built, without user and password.
    fn vcs_repository_url_full(&mut self, value: &str) {
        self.text(attr::VCS_REPOSITORY_URL_FULL, value);
    }

    /// `vcs.ref.head.name`: Branch or tag that is built.
    fn vcs_ref_head_name(&mut self, value: &str) {
        self.text(attr::VCS_REF_HEAD_NAME, value);
    }

    /// `vcs.ref.head.revision`: Commit that is built.
    fn vcs_ref_head_revision(&mut self, value: &str) {
        self.text(attr::VCS_REF_HEAD_REVISION, value);
    }

    /// `scoutline.ci.system`: The system that runs the job.
    fn scoutline_ci_system(&mut self, value: CiSystem) {
        self.word(attr::SCOUTLINE_CI_SYSTEM, value.as_str());
    }

    /// `scoutline.ci.trusted`: No process of the job could have made up what is said about it.
    fn scoutline_ci_trusted(&mut self, value: bool) {
        self.flag(attr::SCOUTLINE_CI_TRUSTED, value);
    }

    /// `scoutline.hook.name`: Which hook saw it.
    fn scoutline_hook_name(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_HOOK_NAME, value);
    }

    /// `scoutline.sensor.action`: What the sensor did.
    fn scoutline_sensor_action(&mut self, value: SensorAction) {
        self.word(attr::SCOUTLINE_SENSOR_ACTION, value.as_str());
    }

    /// `scoutline.sensor.previous_end`: How the run before this one ended.
    fn scoutline_sensor_previous_end(&mut self, value: SensorPreviousEnd) {
        self.word(attr::SCOUTLINE_SENSOR_PREVIOUS_END, value.as_str());
    }

    /// `scoutline.sensor.uptime`: Seconds since the sensor began to watch.
    fn scoutline_sensor_uptime(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_SENSOR_UPTIME, value);
    }

    /// `scoutline.sensor.hooks`: Hooks that are attached.
    fn scoutline_sensor_hooks<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) {
        self.texts(attr::SCOUTLINE_SENSOR_HOOKS, values);
    }

    /// `scoutline.sensor.recipes_hash`: Hash of all recipes in use; hosts with the same value look
    /// for the same.
    fn scoutline_sensor_recipes_hash(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_SENSOR_RECIPES_HASH, value);
    }

    /// `scoutline.sensor.counters`: What the stages counted since the start, `name=value`.
    fn scoutline_sensor_counters<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) {
        self.texts(attr::SCOUTLINE_SENSOR_COUNTERS, values);
    }

    /// `scoutline.sensor.recipe_counters`: Detections of each recipe and matches kept back by each
    /// exception since the start, `name=value`.
    fn scoutline_sensor_recipe_counters<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) {
        self.texts(attr::SCOUTLINE_SENSOR_RECIPE_COUNTERS, values);
    }

    /// `scoutline.loss.total`: Records and events lost since the start.
    fn scoutline_loss_total(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_LOSS_TOTAL, value);
    }

    /// `scoutline.loss.stage`: Where it was lost.
    fn scoutline_loss_stage(&mut self, value: LossStage) {
        self.word(attr::SCOUTLINE_LOSS_STAGE, value.as_str());
    }

    /// `scoutline.loss.reason`: Why it was lost, one word of the stage; of spans if it begins with
    /// `span_`.
    fn scoutline_loss_reason(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_LOSS_REASON, value);
    }

    /// `scoutline.loss.count`: How many were lost.
    fn scoutline_loss_count(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_LOSS_COUNT, value);
    }

    /// `scoutline.loss.first_sequence`: First `scoutline.sequence` that was lost.
    fn scoutline_loss_first_sequence(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_LOSS_FIRST_SEQUENCE, value);
    }

    /// `scoutline.loss.last_sequence`: Last `scoutline.sequence` that was lost.
    fn scoutline_loss_last_sequence(&mut self, value: i64) {
        self.int(attr::SCOUTLINE_LOSS_LAST_SEQUENCE, value);
    }

    /// `scoutline.loss.start_id`: The `scoutline.sensor.start_id` of the run that lost it; the
    /// sequence range is of that run.
    fn scoutline_loss_start_id(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_LOSS_START_ID, value);
    }

    /// `scoutline.exporter.name`: Name of the exporter, as in the configuration.
    fn scoutline_exporter_name(&mut self, value: &str) {
        self.text(attr::SCOUTLINE_EXPORTER_NAME, value);
    }
}
