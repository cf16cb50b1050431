//! What `run` and `exec` do alike: from a configuration to a watching thread.

use std::fs::File;
use std::io::{self, BufWriter};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use scoutline_abi::raw;
use scoutline_detect::recipe::Matcher;
use scoutline_detect::workload::ci::{self, CI_VARIABLES, CiJob};
use scoutline_detect::{Detector, Facts, Scope, Settings};
use scoutline_loader::hooks::Family;
use scoutline_loader::{Attachment, LoadError, Outcome, Sensor, trim_heap};
use scoutline_otlp::Metrics;
use scoutline_semconv::{Resource, Value};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::cli::{CommonArgs, Output, WatchArgs};
use crate::commands::read_recipes;
use crate::config::{self, Config, Loaded};
use crate::enrich::Enricher;
use crate::host::{Host, NODE_VARIABLE, environment, resource};
use crate::own::{self, Board, Identity, Own};
use crate::pipeline::{
    Before, Export, Judge, Lines, Outlet, Parts, Preamble, Recorder, Resources, StopSender,
    Watched, Watcher, Writer, stop_channel,
};
use crate::state::{self, Keeper, LastRun, LeftOpen, State};
use crate::variables::Variables;

/// What the last metrics may take; the exporters' own time comes after it.
const LAST_METRICS: Duration = Duration::from_secs(2);

/// This kernel or these privileges let the sensor see neither executions nor opens.
#[derive(Debug, thiserror::Error)]
#[error(
    "neither executions nor opens of files can be watched:\n{reasons}\n`scoutline doctor` says what is missing"
)]
pub struct NothingToWatch {
    reasons: String,
}

/// The configuration and what it needs, before anything is loaded.
pub struct Prepared {
    /// What the user wants.
    pub config: Config,
    matcher: Matcher,
    host: Host,
    resource: Resource,
    environment: scoutline_detect::recipe::Environment,
    job: Option<CiJob>,
    state_folder: PathBuf,
}

/// A sensor that watches.
pub struct Watching {
    thread: JoinHandle<Watched>,
    stop: StopSender,
    ended: oneshot::Receiver<()>,
    metrics: Option<Metrics>,
}

impl Prepared {
    /// Reads configuration, recipes and host.
    ///
    /// # Errors
    /// If the configuration or all recipes are wrong; one wrong recipe only disables itself.
    pub fn new(args: &CommonArgs, variables: &Variables) -> anyhow::Result<Self> {
        let Loaded {
            config, warnings, ..
        } = config::load(args.config.as_deref(), variables)?;
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        let recipes = read_recipes(args, &config)?;
        for diagnostic in &recipes.diagnostics {
            tracing::warn!("{diagnostic}");
        }
        let matcher = recipes.compile(&config.recipes.options)?;
        let host = Host::read()?;
        let environment = environment(config.environment_name(), variables);
        let node = variables.filled(NODE_VARIABLE);
        let resource = resource(&host, environment, node, &config.resource);
        let job = ci::job(&variables.only(CI_VARIABLES));
        Ok(Self {
            job,
            state_folder: state::folder(variables),
            config,
            matcher,
            host,
            resource,
            environment,
        })
    }

    /// The exporters to run: those of the configuration, unless the user wants none.
    pub fn exporters(&self, args: &WatchArgs) -> &[config::Exporter] {
        if args.no_export {
            &[]
        } else {
            &self.config.exporters
        }
    }

    /// Starts these exporters, and that of `--otlp-dir`.
    ///
    /// # Errors
    /// If one cannot work on this host.
    pub fn export(&self, args: &WatchArgs, runtime: &Handle) -> anyhow::Result<Export> {
        let directory = args.output.otlp_dir.clone();
        Ok(Export::start(self.exporters(args), directory, runtime)?)
    }

    /// Loads and attaches the sensor, starts its thread, and says that it watches.
    ///
    /// # Errors
    /// If nothing can be watched, or a file cannot be written.
    pub fn watch(
        self,
        args: &WatchArgs,
        scope: Scope,
        export: &Export,
        lines: Option<(Output, Lines)>,
        wants_summary: bool,
    ) -> anyhow::Result<Watching> {
        let secret = Uuid::new_v4().as_u64_pair();
        let (mut sensor, attachments) = Sensor::load(
            self.matcher.sieve(),
            [secret.0, secret.1],
            self.config.file_open,
        )
        .map_err(with_remedy)?;
        let hooks = hooks_in_use(&attachments);
        let hook = |family| {
            let of_family = hooks.iter().find(|(it, _)| *it == family);
            of_family.map(|(_, name)| *name)
        };
        let (hook_exec, hook_open) = (hook(Family::Exec), hook(Family::FileOpen));
        check(&attachments, hook_exec, hook_open)?;
        let mut tasks = Vec::new();
        if let Err(error) = sensor.tasks(|bytes| tasks.push(bytes.to_vec())) {
            tracing::warn!(%error, "processes that were there before have no lineage");
        }
        // Here as well: the metrics reserve room in what is free now, and nearly all of it stays empty.
        trim_heap();

        let remembered = self.remember(scope, args.record.is_some());
        let is_environment_configured = self.config.environment_name().is_some();
        let facts = Facts {
            boot_id: self.host.boot_id,
            start_id: Uuid::new_v4().to_string(),
            id_key: remembered.secret,
            users: self.host.users,
            mounts: self.host.mounts,
            environment: self.environment,
            is_environment_configured,
            job: self.job,
            seen: remembered.seen,
            sensor_tgid: sensor.own_tgid(),
            hook_open: hook_open.unwrap_or_default().to_owned(),
            hook_exec: hook_exec.unwrap_or_default().to_owned(),
        };
        let settings = Settings {
            window_ns: u64::try_from(self.config.window.as_nanos()).unwrap_or(u64::MAX),
            scope,
            command_args: self.config.command_args,
            spans: self.config.spans,
            asks: true,
        };
        let recorder = match &args.record {
            Some(path) => {
                let preamble = Preamble {
                    sensor_version: scoutline_semconv::scope::VERSION.to_owned(),
                    abi_version: raw::ABI_VERSION,
                    facts: facts.clone(),
                    settings,
                    resource: texts(&self.resource),
                };
                let begin = || -> io::Result<_> {
                    // It holds what processes were started with, secrets too.
                    let file = File::options()
                        .write(true)
                        .create(true)
                        .truncate(true)
                        .mode(0o600)
                        .open(path)?;
                    Writer::new(BufWriter::new(file), &preamble)
                };
                let writer =
                    begin().with_context(|| format!("cannot record to {}", path.display()))?;
                Recorder::to(path, writer)
            }
            None => Recorder::default(),
        };
        let recipes_hash = own::of_recipes(self.matcher.recipes(), &self.config.recipes.options);
        let identity = Identity {
            resource: Arc::new(own::resource(&self.resource)),
            start_id: facts.start_id.clone(),
            hooks,
            settings_hash: own::of_settings(&self.config, &recipes_hash),
            recipes_hash,
        };
        let board = Board::default();
        let metrics = metrics(&identity, &board, self.config.telemetry, export)?;
        let mut own = Own::new(
            identity,
            remembered.last_run,
            export.exporters(),
            board,
            Instant::now(),
        );
        if let Some(interval) = self.config.telemetry.heartbeat {
            own = own.with_heartbeat(interval, own::random_phase());
        }
        let resources = Resources::new(self.resource, is_environment_configured);
        let mut outlet = Outlet::new(resources, export.limits(), export.queues());
        if let Some((output, lines)) = lines {
            outlet = outlet.print(output, lines);
        }
        if wants_summary {
            outlet = outlet.summarise();
        }
        let judge = Judge::new(Detector::new(self.matcher, facts, settings));
        let enricher =
            Enricher::start().context("cannot start the thread that looks at processes")?;
        let parts = Parts {
            sensor,
            judge,
            outlet,
            recorder,
            enricher,
            keeper: remembered.keeper,
            own,
        };
        let before = Before {
            tasks,
            left_open: remembered.left_open,
        };
        let watcher = Watcher::new(parts, before);
        // What was there before is judged, and its records can be larger than the kernel's types.
        trim_heap();
        let watching = Watching::start(watcher, metrics)
            .context("cannot start the thread that reads the kernel")?;
        tracing::info!(
            executions = hook_exec.unwrap_or("none"),
            opens = hook_open.unwrap_or("none"),
            "watching"
        );
        Ok(watching)
    }
}

/// What is left of earlier runs.
struct Remembered {
    secret: state::Secret,
    seen: Option<Vec<u64>>,
    last_run: LastRun,
    left_open: LeftOpen,
    keeper: Keeper,
}

impl Prepared {
    /// A sensor of the host remembers; what `exec` watches is over when it ends, but is known by the same identities.
    /// A recording holds the key of its identities, so it gets one of its own.
    fn remember(&self, scope: Scope, is_recorded: bool) -> Remembered {
        let folder = &self.state_folder;
        let nothing = |secret| Remembered {
            secret,
            seen: None,
            last_run: LastRun::default(),
            left_open: LeftOpen::default(),
            keeper: Keeper::default(),
        };
        if is_recorded {
            return nothing(state::passing_secret());
        }
        if scope == Scope::Tree {
            let secret = state::existing_secret(folder);
            return nothing(secret.unwrap_or_else(state::passing_secret));
        }
        match State::open(folder, &self.host.boot_id) {
            Ok(state) => {
                let (secret, seen) = (state.secret(), state.seen().to_vec());
                let last_run = state.last_run().clone();
                let (left_open, keeper) = state.into_parts();
                Remembered {
                    secret,
                    seen: Some(seen),
                    last_run,
                    left_open,
                    keeper,
                }
            }
            Err(error) => {
                tracing::warn!(
                    %error,
                    "cannot use {}: identities change with each start, and open traces do not survive one",
                    folder.display()
                );
                nothing(state::passing_secret())
            }
        }
    }
}

/// The runtime on which exporters run; it makes progress while its thread waits in it.
///
/// # Errors
/// If the system gives it no means to wait.
pub fn exporters_runtime() -> anyhow::Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime for exporters")
}

impl Watching {
    fn start(watcher: Watcher, metrics: Option<Metrics>) -> io::Result<Self> {
        let (stop, stopped) = stop_channel()?;
        let (alive, ended) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("watcher".to_owned())
            .spawn(move || {
                let _alive = alive;
                let stopped: OwnedFd = stopped;
                watcher.run(&stopped)
            })?;
        Ok(Self {
            thread,
            stop,
            ended,
            metrics,
        })
    }

    /// Waits until the thread ends by itself, which it only does if it panicked.
    pub async fn broken(&mut self) {
        // The sender is never used: it is dropped when the thread ends.
        let _ = (&mut self.ended).await;
    }

    /// Ends the watch once everything that happened before has been judged, and sends metrics for the last time.
    ///
    /// # Errors
    /// If the thread panicked.
    pub async fn stop(self) -> anyhow::Result<Watched> {
        drop(self.stop);
        let watched = self.thread.join();
        if let Some(metrics) = self.metrics {
            metrics.shutdown(LAST_METRICS).await;
        }
        watched.map_err(|_| anyhow::anyhow!("the thread that reads the kernel broke down"))
    }
}

/// The loader knows what is refused, not how people get it.
fn with_remedy(error: LoadError) -> anyhow::Error {
    const PRIVILEGES: &str = "run it as root, or with CAP_BPF and CAP_PERFMON (`scoutline doctor` says which is missing)";
    match error {
        LoadError::NotPermitted => anyhow::Error::new(error).context(PRIVILEGES),
        error => error.into(),
    }
}

/// Starts the metrics, if they are wanted and there is somebody to send them to.
fn metrics(
    identity: &Identity,
    board: &Board,
    telemetry: config::Telemetry,
    export: &Export,
) -> anyhow::Result<Option<Metrics>> {
    let sinks = export.metric_sinks()?;
    let Some(interval) = telemetry.metrics_interval.filter(|_| !sinks.is_empty()) else {
        return Ok(None);
    };
    let metrics = Metrics::start(&identity.resource, sinks, interval, export.runtime());
    let meter = metrics.meter(scoutline_otlp::Scope::SENSOR);
    own::observe(&meter, board, &identity.hooks, &export.exporters());
    export.time_requests(&meter);
    Ok(Some(metrics))
}

fn hooks_in_use(attachments: &[Attachment]) -> Vec<(Family, &'static str)> {
    let attached = attachments
        .iter()
        .filter(|it| matches!(it.outcome, Outcome::Attached));
    attached.map(|it| (it.hook.family, it.hook.name)).collect()
}

/// Says what cannot be watched, unless it is everything.
fn check(
    attachments: &[Attachment],
    exec: Option<&'static str>,
    open: Option<&'static str>,
) -> Result<(), NothingToWatch> {
    for attachment in attachments {
        if let Outcome::Failed(reason) = &attachment.outcome {
            tracing::debug!(hook = attachment.hook.name, %reason, "hook not used");
        }
    }
    if exec.is_none() && open.is_none() {
        let reasons: Vec<_> = attachments
            .iter()
            .filter_map(|it| match &it.outcome {
                Outcome::Failed(reason) => Some(format!("  {}: {reason}", it.hook.name)),
                Outcome::Attached | Outcome::NotNeeded => None,
            })
            .collect();
        return Err(NothingToWatch {
            reasons: reasons.join("\n"),
        });
    }
    for (family, hook) in [(Family::Exec, exec), (Family::FileOpen, open)] {
        if hook.is_none() {
            tracing::warn!(
                "{} cannot be watched here; `scoutline doctor` says why",
                family.name()
            );
        }
    }
    Ok(())
}

/// A Resource's values as texts, all of which they are.
fn texts(resource: &Resource) -> Vec<(String, String)> {
    resource
        .attributes
        .iter()
        .map(|(key, value)| {
            let text = match value {
                Value::Static(text) => (*text).to_owned(),
                Value::Shared(text) => text.to_string(),
                Value::String(text) => text.clone(),
                other => format!("{other:?}"),
            };
            (key.to_string(), text)
        })
        .collect()
}
