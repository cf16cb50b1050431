//! What the path of a cgroup says about the process in it.
//!
//! Whoever may make directories below a cgroup chooses the names there. Down from the root they belong to root and
//! what runs as root: systemd, kubelet, container engines. Below `user@UID.service`, and below the scope of a login
//! where an administrator allowed it, they belong to the user ([`Cgroup::is_claimed`]); below a container to the
//! container ([`Cgroup::inside`]). So the outermost thing that a part of the path names is the one that holds,
//! and what is below a unit never renames it.
//!
//! Forms are those that the engines document or that are seen in the field: runc's cgroupfs and systemd drivers
//! (`prefix-id.scope`, `slice:prefix:id`), the kubelet's `pkg/kubelet/cm`, systemd's `CGROUP_DELEGATION.md`.

mod container;
#[cfg(test)]
mod tests;

use crate::text::{cut, readable};

/// The longest path that the kernel tells, bytes (`PATH_MAX`). Nothing is read from a longer one.
pub const MAX_BYTES: usize = 4096;

/// Containers in containers; what is deeper is left out.
const MAX_DEPTH: usize = 4;

/// What a cgroup belongs to. All strings are readable (see `text.rs`) and bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cgroup {
    /// The outermost container: the one that the host's engine knows.
    pub container: Option<Container>,
    /// The Kubernetes pod, also of a process that is in none of its containers.
    pub pod: Option<Pod>,
    /// Container and pod were named below a user's manager or login: rootless engines do that, and so can any
    /// program of that user.
    pub is_claimed: bool,
    /// The unit of systemd outside of the container.
    pub unit: Option<Unit>,
    /// The nearest slice of systemd above the unit, the pod or the container, as it is written: `system.slice`.
    pub slice: Option<String>,
    /// The login, if there is one.
    pub login: Option<Login>,
    /// What the container says about its own processes: an engine in it, a systemd in it. Its word, not the host's.
    pub inside: Option<Box<Self>>,
}

/// A container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// 64 hex digits where the engine counts like that, else the name that the engine was given.
    pub id: String,
    /// The engine; `None` if the path does not tell: the cgroupfs driver of Kubernetes, a parent of one's own.
    pub runtime: Option<Runtime>,
}

/// Who made a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Runtime {
    /// Docker Engine.
    Docker,
    /// containerd, by Kubernetes, nerdctl or `ctr`.
    Containerd,
    /// CRI-O.
    CriO,
    /// Podman and what else uses its library.
    Podman,
    /// BuildKit, for one step of a build.
    BuildKit,
    /// LXC, LXD and Incus.
    Lxc,
    /// systemd-nspawn.
    SystemdNspawn,
    /// runc without an engine.
    Runc,
    /// Garden of Cloud Foundry and Concourse.
    Garden,
}

impl Runtime {
    /// The value for `container.runtime.name`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Containerd => "containerd",
            Self::CriO => "cri-o",
            Self::Podman => "podman",
            Self::BuildKit => "buildkit",
            Self::Lxc => "lxc",
            Self::SystemdNspawn => "systemd-nspawn",
            Self::Runc => "runc",
            Self::Garden => "garden",
        }
    }
}

/// A Kubernetes pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// With dashes, as Kubernetes has it. That of a static pod is a hash: 32 hex digits without dashes, and not the
    /// uid of the mirror pod in the API.
    pub uid: String,
    /// What the pod was promised.
    pub qos: Qos,
}

/// Quality of service of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qos {
    /// All of its requests are its limits.
    Guaranteed,
    /// Something was requested.
    Burstable,
    /// Nothing was.
    BestEffort,
}

impl Qos {
    /// As Kubernetes writes it in `status.qosClass`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guaranteed => "Guaranteed",
            Self::Burstable => "Burstable",
            Self::BestEffort => "BestEffort",
        }
    }
}

/// A service or a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// `ssh.service`, with what systemd writes as `\x2d` turned back.
    pub name: String,
    /// Who started it.
    pub manager: Manager,
}

/// A systemd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    /// The system's.
    System,
    /// That of a user, who chose the name of the unit.
    User {
        /// The user's id.
        uid: u32,
    },
}

/// How a user came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// Through PAM, as logind numbers it: a terminal, a display, a connection, a cron job.
    Session {
        /// `3`, `c1`.
        id: String,
        /// The user's id, if the slice above says it.
        uid: Option<u32>,
    },
    /// In the user's manager, which all sessions of the user share and which may outlive them.
    Manager {
        /// The user's id.
        uid: u32,
    },
}

/// Reads a path such as `/system.slice/docker-….scope`.
///
/// A path that was seen from within a cgroup namespace begins with `/..`, which is skipped. No kernel writes `..`
/// anywhere else, nor more than [`MAX_BYTES`]: of such a path nothing is known.
pub fn parse(path: &[u8]) -> Cgroup {
    let path = path.trim_ascii_end();
    let path = path.strip_suffix(b" (deleted)").unwrap_or(path);
    if path.len() > MAX_BYTES {
        return Cgroup::default();
    }
    let components: Vec<&[u8]> = path
        .split(|byte| *byte == b'/')
        .filter(|component| !component.is_empty())
        .collect();
    let outside = components
        .iter()
        .take_while(|component| **component == b"..")
        .count();
    let components = components.get(outside..).unwrap_or_default();
    if components.iter().any(|component| *component == b"..") {
        return Cgroup::default();
    }
    read(components, 0)
}

fn read(components: &[&[u8]], depth: usize) -> Cgroup {
    let mut found = Cgroup::default();
    let mut manager = Manager::System;
    for (index, component) in components.iter().enumerate() {
        let parents = &components[..index];
        if let Some(reading) = container::pod(component, parents) {
            found.slice = slice_above(parents).or(found.slice);
            found.pod = Some(reading);
        }
        if let Some((container, used)) = container::at(component, parents, &components[index + 1..])
        {
            found.container = Some(container);
            found.slice = slice_above(parents);
            let rest = components.get(index + used..).unwrap_or_default();
            if depth + 1 < MAX_DEPTH {
                let inside = read(rest, depth + 1);
                found.inside = (inside != Cgroup::default()).then(|| Box::new(inside));
            }
            break;
        }
        if found.unit.is_none() || matches!(found.login, Some(Login::Manager { .. })) {
            found.read_unit(component, parents, &mut manager);
        }
    }
    let has_claim = found.container.is_some() || found.pod.is_some();
    found.is_claimed = has_claim && found.login.is_some();
    if found.slice.is_none() && found.unit.is_none() && found.container.is_none() {
        found.slice = slice_above(components);
    }
    found
}

impl Cgroup {
    /// The unit that `component` is, if a manager made it: one below the slices of that manager.
    fn read_unit(&mut self, component: &[u8], parents: &[&[u8]], manager: &mut Manager) {
        if !is_unit(component) {
            return;
        }
        let made_by = *manager;
        match (made_by, uid_of(component, b"user@", b".service")) {
            (Manager::System, Some(uid)) => {
                *manager = Manager::User { uid };
                self.login = Some(Login::Manager { uid });
            }
            // Its first unit, and none that this unit made itself.
            (Manager::User { .. }, _) if self.unit_is_of_user() => return,
            _ => {}
        }
        if self.login.is_none()
            && let Some(id) = middle(component, b"session-", b".scope")
            && id.iter().all(u8::is_ascii_alphanumeric)
        {
            let uid = parents
                .last()
                .and_then(|slice| uid_of(slice, b"user-", b".slice"));
            let id = name(id);
            self.login = Some(Login::Session { id, uid });
        }
        self.slice = slice_above(parents);
        self.unit = Some(Unit {
            name: unit_name(component),
            manager: made_by,
        });
    }

    fn unit_is_of_user(&self) -> bool {
        self.unit
            .as_ref()
            .is_some_and(|unit| unit.manager != Manager::System)
    }
}

fn is_unit(component: &[u8]) -> bool {
    middle(component, b"", b".service")
        .or_else(|| middle(component, b"", b".scope"))
        .is_some()
}

/// The deepest slice of these.
fn slice_above(parents: &[&[u8]]) -> Option<String> {
    parents
        .iter()
        .rev()
        .find(|parent| parent.ends_with(b".slice"))
        .map(|slice| name(slice))
}

/// A user's id in decimal, without a sign or leading zeros.
fn uid_of(component: &[u8], prefix: &[u8], suffix: &[u8]) -> Option<u32> {
    let digits = middle(component, prefix, suffix)?;
    let is_plain = digits.iter().all(u8::is_ascii_digit) && (digits == b"0" || digits[0] != b'0');
    let digits = std::str::from_utf8(digits).ok()?;
    is_plain.then(|| digits.parse().ok()).flatten()
}

/// What stands between `prefix` and `suffix`, if anything does.
fn middle<'a>(component: &'a [u8], prefix: &[u8], suffix: &[u8]) -> Option<&'a [u8]> {
    component
        .strip_prefix(prefix)?
        .strip_suffix(suffix)
        .filter(|middle| !middle.is_empty())
}

/// What a unit is called whose cgroup is called like this.
pub(crate) fn unit_name(component: &[u8]) -> String {
    // An underscore in front keeps a unit apart from the kernel's own files.
    let component = component.strip_prefix(b"_").unwrap_or(component);
    name(&unescape(component))
}

/// `\x2d` is how systemd writes a dash that parts nothing.
fn unescape(escaped: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((first, after)) = rest.split_first() {
        let byte = after
            .strip_prefix(b"x")
            .filter(|_| *first == b'\\')
            .and_then(|after| std::str::from_utf8(after.get(..2)?).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) => {
                name.push(byte);
                rest = &after[3..];
            }
            None => {
                name.push(*first);
                rest = after;
            }
        }
    }
    name
}

fn name(bytes: &[u8]) -> String {
    cut(readable(bytes))
}
