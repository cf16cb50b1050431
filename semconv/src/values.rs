// Generated, do not edit: cargo run -p scoutline-semconv-generate
//! What attributes that are one of a few words can be.

use serde::{Deserialize, Serialize};

/// `scoutline.record.kind`: What kind of record this is; some backends drop the event name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// A recipe matched.
    Detection,
    /// The sensor is alive.
    Heartbeat,
    /// Something was lost.
    Loss,
    /// The sensor started, stopped or was configured anew.
    Sensor,
}

impl RecordKind {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 4] = [Self::Detection, Self::Heartbeat, Self::Loss, Self::Sensor];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Detection => "detection",
            Self::Heartbeat => "heartbeat",
            Self::Loss => "loss",
            Self::Sensor => "sensor",
        }
    }
}

/// `scoutline.detection.kind`: What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetectionKind {
    /// A file was opened.
    FileAccess,
    /// A program was executed.
    Execution,
}

impl DetectionKind {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 2] = [Self::FileAccess, Self::Execution];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FileAccess => "file_access",
            Self::Execution => "execution",
        }
    }
}

/// `scoutline.detection.phase`: Which of the two records of a detection this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetectionPhase {
    /// The first access, told at once.
    First,
    /// All accesses, told when the window closes.
    Summary,
}

impl DetectionPhase {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 2] = [Self::First, Self::Summary];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Summary => "summary",
        }
    }
}

/// `scoutline.detection.confidence`: How likely it is that the detection means what its recipe
/// says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetectionConfidence {
    /// Ordinary programs do this too.
    Low,
    /// Few ordinary programs do this.
    Medium,
    /// Hardly anything else explains it.
    High,
}

impl DetectionConfidence {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// `scoutline.detection.reason`: Why the recipe matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetectionReason {
    /// One access was enough.
    Strong,
    /// Many accesses, each weak alone, came close together.
    Burst,
}

impl DetectionReason {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 2] = [Self::Strong, Self::Burst];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::Burst => "burst",
        }
    }
}

/// `scoutline.detection.environment`: Where the detection happened; decides the advice, never
/// lowers the severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetectionEnvironment {
    /// A build or test job.
    Ci,
    /// Where a release is tried out.
    Staging,
    /// Where it counts.
    Production,
}

impl DetectionEnvironment {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 3] = [Self::Ci, Self::Staging, Self::Production];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ci => "ci",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }
}

/// `scoutline.session.kind`: What opened the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// A command that `scoutline exec` started.
    Exec,
    /// A container.
    Container,
    /// A login of a person, local or remote.
    Login,
    /// A unit of the service manager.
    Service,
    /// None of these: the oldest ancestor that is known.
    ProcessTree,
}

impl SessionKind {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 5] = [
        Self::Exec,
        Self::Container,
        Self::Login,
        Self::Service,
        Self::ProcessTree,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exec => "exec",
            Self::Container => "container",
            Self::Login => "login",
            Self::Service => "service",
            Self::ProcessTree => "process_tree",
        }
    }
}

/// `scoutline.trace_context.source`: Where trace id and span id come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceContextSource {
    /// Made by the sensor from host, session and process.
    Derived,
    /// Found in the environment of the process.
    Environment,
}

impl TraceContextSource {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 2] = [Self::Derived, Self::Environment];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Derived => "derived",
            Self::Environment => "environment",
        }
    }
}

/// `scoutline.ci.system`: The system that runs the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CiSystem {
    /// GitHub Actions and what is compatible with it.
    GithubActions,
    /// GitLab CI/CD.
    Gitlab,
    /// Jenkins.
    Jenkins,
    /// Azure Pipelines.
    AzurePipelines,
    /// Buildkite.
    Buildkite,
    /// CircleCI.
    Circleci,
}

impl CiSystem {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 6] = [
        Self::GithubActions,
        Self::Gitlab,
        Self::Jenkins,
        Self::AzurePipelines,
        Self::Buildkite,
        Self::Circleci,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GithubActions => "github_actions",
            Self::Gitlab => "gitlab",
            Self::Jenkins => "jenkins",
            Self::AzurePipelines => "azure_pipelines",
            Self::Buildkite => "buildkite",
            Self::Circleci => "circleci",
        }
    }
}

/// `scoutline.sensor.action`: What the sensor did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SensorAction {
    /// It began to watch.
    Start,
    /// It stopped because it was told to.
    Stop,
    /// It goes on with other recipes or settings.
    ConfigurationChange,
}

impl SensorAction {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 3] = [Self::Start, Self::Stop, Self::ConfigurationChange];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::ConfigurationChange => "configuration_change",
        }
    }
}

/// `scoutline.sensor.previous_end`: How the run before this one ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SensorPreviousEnd {
    /// It had stopped because it was told to.
    Clean,
    /// It was killed or crashed.
    Unclean,
    /// Nothing is left of an earlier run.
    Unknown,
}

impl SensorPreviousEnd {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 3] = [Self::Clean, Self::Unclean, Self::Unknown];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Unclean => "unclean",
            Self::Unknown => "unknown",
        }
    }
}

/// `scoutline.loss.stage`: Where it was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossStage {
    /// A ring or a map was full, events.
    Kernel,
    /// An event could not be decoded, or a table of the detector was full, events.
    Detector,
    /// It did not fit the wire, records or spans.
    Encoder,
    /// The queue was full, records or spans.
    Queue,
    /// The receiver refused it or was away for too long, records or spans.
    Export,
    /// What the run before this one had in memory and could not send, or say that it was lost.
    PreviousRun,
}

impl LossStage {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 6] = [
        Self::Kernel,
        Self::Detector,
        Self::Encoder,
        Self::Queue,
        Self::Export,
        Self::PreviousRun,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Detector => "detector",
            Self::Encoder => "encoder",
            Self::Queue => "queue",
            Self::Export => "export",
            Self::PreviousRun => "previous_run",
        }
    }
}

/// `scoutline.export.outcome`: What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportOutcome {
    /// The receiver acknowledged it.
    Accepted,
    /// The receiver refused it in a request that it took otherwise.
    Rejected,
    /// It was given up: queue full, refused, or retried for too long.
    Dropped,
    /// It was sent once more, counted at each attempt after the first.
    Retried,
    /// A heartbeat that could not be sent at once: the next one says more.
    Superseded,
}

impl ExportOutcome {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 5] = [
        Self::Accepted,
        Self::Rejected,
        Self::Dropped,
        Self::Retried,
        Self::Superseded,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Dropped => "dropped",
            Self::Retried => "retried",
            Self::Superseded => "superseded",
        }
    }
}

/// `scoutline.event.kind`: What kind of event of the kernel it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A file or directory was opened.
    Open,
    /// A program was executed.
    Execution,
    /// A process was made.
    Fork,
    /// A process ended.
    Exit,
    /// A control group was made, removed, or there at the start.
    Cgroup,
    /// A process that was there at the start.
    Task,
    /// A program said which trace it is part of.
    TraceContext,
    /// It could not be decoded.
    Unknown,
}

impl EventKind {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 8] = [
        Self::Open,
        Self::Execution,
        Self::Fork,
        Self::Exit,
        Self::Cgroup,
        Self::Task,
        Self::TraceContext,
        Self::Unknown,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Execution => "execution",
            Self::Fork => "fork",
            Self::Exit => "exit",
            Self::Cgroup => "cgroup",
            Self::Task => "task",
            Self::TraceContext => "trace_context",
            Self::Unknown => "unknown",
        }
    }
}

/// `scoutline.detector.outcome`: What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetectorOutcome {
    /// A strong pattern of a recipe fits it.
    Matched,
    /// Only weak patterns fit it, nothing is reported.
    Weak,
    /// No recipe fits it.
    Unmatched,
    /// No recipe fits what is known of it, and not all is known.
    Unresolved,
    /// It is not of a process that is watched.
    OutOfScope,
    /// It had been reported before.
    Repeated,
    /// It says who is whose child or where a process belongs.
    Lineage,
    /// It could not be decoded and is lost.
    Undecodable,
}

impl DetectorOutcome {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 8] = [
        Self::Matched,
        Self::Weak,
        Self::Unmatched,
        Self::Unresolved,
        Self::OutOfScope,
        Self::Repeated,
        Self::Lineage,
        Self::Undecodable,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Weak => "weak",
            Self::Unmatched => "unmatched",
            Self::Unresolved => "unresolved",
            Self::OutOfScope => "out_of_scope",
            Self::Repeated => "repeated",
            Self::Lineage => "lineage",
            Self::Undecodable => "undecodable",
        }
    }
}

/// `scoutline.encoder.outcome`: What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EncoderOutcome {
    /// It was put into a batch.
    Encoded,
    /// It did not fit the wire and is lost.
    Refused,
}

impl EncoderOutcome {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 2] = [Self::Encoded, Self::Refused];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Encoded => "encoded",
            Self::Refused => "refused",
        }
    }
}
