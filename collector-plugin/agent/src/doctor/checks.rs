//! What is looked at.

use std::error::Error;
use std::path::Path;

use scoutline_detect::recipe::CompileError;
use scoutline_loader::hooks::Family;
use scoutline_loader::{Attachment, Outcome};
use scoutline_otlp::ProbeError;

use super::Check;
use crate::config::{LoadError, Loaded};
use crate::exit::Exit;
use crate::recipes::Recipes;

/// The configuration.
pub fn configuration(loaded: &Result<Loaded, LoadError>) -> Check {
    const SUBJECT: &str = "configuration";
    match loaded {
        Ok(Loaded { file, warnings, .. }) => {
            let found = match file {
                Some(file) => file.display().to_string(),
                None => format!(
                    "no {}; defaults are used, detections are printed",
                    crate::config::DEFAULT_FILE
                ),
            };
            if warnings.is_empty() {
                return Check::fine(SUBJECT, found);
            }
            let told: Vec<_> = warnings.iter().map(ToString::to_string).collect();
            Check::reduced(SUBJECT, found, told.join("\n"))
        }
        Err(error) => {
            let cost = "the sensor does not start with it";
            Check::broken(SUBJECT, chain(error), cost, Exit::Usage)
        }
    }
}

/// The kernel and its types, without which no program can be loaded.
pub fn kernel(release: &str) -> Check {
    kernel_with(release, Path::new("/sys/kernel/btf/vmlinux"))
}

pub(super) fn kernel_with(release: &str, types: &Path) -> Check {
    const SUBJECT: &str = "kernel";
    if types.exists() {
        return Check::fine(SUBJECT, format!("{release} with BTF"));
    }
    Check::broken(
        SUBJECT,
        format!("{release} without BTF: there is no {}", types.display()),
        "no eBPF program of the sensor can be loaded: nothing is seen",
        Exit::Unwatchable,
    )
    .remedy(
        "use a kernel with CONFIG_DEBUG_INFO_BTF=y, as every large distribution has; in a container, mount /sys",
    )
}

/// What this process may do.
pub fn privileges(capabilities: Capabilities) -> Check {
    const SUBJECT: &str = "privileges";
    let missing = capabilities.missing();
    if missing.is_empty() {
        return Check::fine(SUBJECT, "all that are needed");
    }
    let found = format!("{} missing", missing.join(", "));
    let check = if capabilities.can_load() {
        let cost = "processes that were there before the sensor have no names";
        Check::reduced(SUBJECT, found, cost)
    } else {
        let cost = "no eBPF program can be loaded: nothing is seen";
        Check::broken(SUBJECT, found, cost, Exit::Unwatchable)
    };
    check.remedy("run as root, or give the service these capabilities (AmbientCapabilities= in systemd, capabilities.add in Kubernetes)")
}

/// Effective capabilities of this process that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    effective: u64,
}

impl Capabilities {
    // Bits of linux/capability.h.
    const SYS_PTRACE: u32 = 19;
    const SYS_ADMIN: u32 = 21;
    const PERFMON: u32 = 38;
    const BPF: u32 = 39;

    /// From the text of /proc/self/status; `None` if it has no effective capabilities.
    pub fn parse(status: &str) -> Option<Self> {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("CapEff:"))?;
        let effective = u64::from_str_radix(line.trim(), 16).ok()?;
        Some(Self { effective })
    }

    /// `CAP_SYS_ADMIN` stands for the other two, as before Linux 5.8.
    fn can_load(self) -> bool {
        self.has(Self::SYS_ADMIN) || (self.has(Self::BPF) && self.has(Self::PERFMON))
    }

    fn missing(self) -> Vec<&'static str> {
        let is_admin = self.has(Self::SYS_ADMIN);
        [
            ("CAP_BPF", is_admin || self.has(Self::BPF)),
            ("CAP_PERFMON", is_admin || self.has(Self::PERFMON)),
            ("CAP_SYS_PTRACE", self.has(Self::SYS_PTRACE)),
        ]
        .into_iter()
        .filter_map(|(name, is_there)| (!is_there).then_some(name))
        .collect()
    }

    fn has(self, bit: u32) -> bool {
        self.effective & (1 << bit) != 0
    }
}

/// The hooks, as the loader left them: one check a family.
pub fn hooks(attachments: &[Attachment]) -> Vec<Check> {
    let is_attached = |family| attached(attachments, family).is_some();
    let sees_nothing = !is_attached(Family::Exec) && !is_attached(Family::FileOpen);
    Family::ALL
        .into_iter()
        .map(|family| match attached(attachments, family) {
            Some(attachment) => in_use(family, attachment, &failures(attachments, family)),
            None => {
                let found = failures(attachments, family).join("\n");
                if sees_nothing && matches!(family, Family::Exec | Family::FileOpen) {
                    Check::broken(
                        family.name(),
                        found,
                        "neither executions nor opens can be watched",
                        Exit::Unwatchable,
                    )
                } else {
                    Check::reduced(family.name(), found, without(family))
                }
            }
        })
        .collect()
}

/// The sensor could not be loaded at all.
pub fn not_loaded(error: &scoutline_loader::LoadError) -> Check {
    let cost = "nothing is seen";
    Check::broken("hooks", chain(error), cost, Exit::Unwatchable)
}

/// The recipes, and what the configuration makes of them.
pub fn recipes(recipes: &Recipes, compiled: Result<usize, &CompileError>) -> Check {
    const SUBJECT: &str = "recipes";
    let in_use = match compiled {
        Ok(in_use) => in_use,
        Err(error) => {
            let cost = "the sensor does not start with them";
            return Check::broken(SUBJECT, chain(error), cost, Exit::Usage);
        }
    };
    let found = format!("{in_use} in use");
    if recipes.diagnostics.is_empty() {
        return Check::fine(SUBJECT, found);
    }
    let told: Vec<_> = recipes
        .diagnostics
        .iter()
        .map(ToString::to_string)
        .collect();
    Check::reduced(SUBJECT, found, told.join("\n"))
        .remedy("a recipe with an error is left out, all others work")
}

/// One exporter and what its Collector answered.
pub fn collector(name: &str, probed: &Result<(), ProbeError>) -> Check {
    match probed {
        Ok(()) => Check::fine("collector", format!("{name} takes OTLP logs")),
        Err(error) => {
            let cost =
                "detections wait in memory, and are lost once the queue is full or the sensor ends";
            Check::broken(
                "collector",
                format!("{name}: {}", chain(error)),
                cost,
                Exit::Failed,
            )
            .remedy("check endpoint and tls in the configuration, and whether the Collector runs")
        }
    }
}

fn in_use(family: Family, attachment: &Attachment, failures: &[String]) -> Check {
    let hook = attachment.hook;
    if failures.is_empty() {
        return Check::fine(family.name(), hook.name);
    }
    let cost = if hook.misses.is_empty() {
        failures.join("\n")
    } else {
        format!(
            "{}\nnot seen: {}",
            failures.join("\n"),
            hook.misses.join("; ")
        )
    };
    Check::reduced(family.name(), hook.name, cost)
}

/// What is not seen if a whole family is missing.
fn without(family: Family) -> &'static str {
    match family {
        Family::Exec => "no execution is seen: recipes about tools never fire",
        Family::FileOpen => "no open is seen: recipes about files never fire",
        Family::CgroupMade => "containers and units that start from now on are not told apart",
        Family::CgroupRemoved => "those that are gone are only forgotten when there are too many",
        Family::Fork | Family::Exit => "processes may be shown without their parents",
        Family::Tasks => "processes that were there before the sensor have no names",
    }
}

fn attached(attachments: &[Attachment], family: Family) -> Option<&Attachment> {
    attachments.iter().find(|attachment| {
        attachment.hook.family == family && matches!(attachment.outcome, Outcome::Attached)
    })
}

/// Why better hooks of a family are not in use.
fn failures(attachments: &[Attachment], family: Family) -> Vec<String> {
    attachments
        .iter()
        .filter(|attachment| attachment.hook.family == family)
        .filter_map(|attachment| match &attachment.outcome {
            Outcome::Failed(error) => Some(format!("{}: {}", attachment.hook.name, error)),
            Outcome::Attached | Outcome::NotNeeded => None,
        })
        .collect()
}

/// An error with its causes, those left out that it tells itself.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let told = error.to_string();
        if !text.contains(&told) {
            text = format!("{text}: {told}");
        }
        cause = error.source();
    }
    text
}
