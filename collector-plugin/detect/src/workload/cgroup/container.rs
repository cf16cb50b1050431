//! How engines name the cgroup of a container, and kubelet that of a pod.

use super::{Container, Pod, Qos, Runtime, middle, name, unescape};

/// Before the id in the name of a scope (`docker-….scope`), and between the colons of `slice:docker:…`, which is
/// left of that form when there is no systemd to ask.
const PREFIXES: [(&[u8], Option<Runtime>); 8] = [
    (b"docker", Some(Runtime::Docker)),
    (b"cri-containerd", Some(Runtime::Containerd)),
    (b"containerd", Some(Runtime::Containerd)),
    (b"nerdctl", Some(Runtime::Containerd)),
    (b"crio", Some(Runtime::CriO)),
    (b"libpod-payload", Some(Runtime::Podman)),
    (b"libpod", Some(Runtime::Podman)),
    (b"runc", Some(Runtime::Runc)),
];

/// Above the id where there is no systemd: the namespaces of containerd among them.
const PARENTS: [(&[u8], Runtime); 5] = [
    (b"docker", Runtime::Docker),
    // What GitHub's runner asks Docker for.
    (b"actions_job", Runtime::Docker),
    (b"libpod_parent", Runtime::Podman),
    (b"k8s.io", Runtime::Containerd),
    (b"default", Runtime::Containerd),
];

/// The container whose cgroup `component` is, and how many components its name takes: 1, or 2 where a name stands
/// below a fixed word. `parents` are above it, outermost first, `below` is what follows.
pub(super) fn at(
    component: &[u8],
    parents: &[&[u8]],
    below: &[&[u8]],
) -> Option<(Container, usize)> {
    let parent = parents.last().copied().unwrap_or_default();
    if let Some(found) = engine(component).or_else(|| machine(component, parent)) {
        return Some((found, 1));
    }
    if is_id(component) && !is_users(parents) {
        let runtime = PARENTS
            .iter()
            .find(|(word, _)| *word == parent)
            .map(|(_, runtime)| *runtime);
        return Some((container(component, runtime), 1));
    }
    let child = below.first()?;
    let (id, used, runtime) = match component {
        // LXC 2 and 3, Proxmox. The monitor is none of the container's processes.
        b"lxc" | b"lxc.payload" => (*child, 2, Some(Runtime::Lxc)),
        b"docker" if is_users(parents) && is_id(child) => (*child, 2, Some(Runtime::Docker)),
        b"buildkit" if is_step(child) => (*child, 2, Some(Runtime::BuildKit)),
        b"garden" => (*child, 2, Some(Runtime::Garden)),
        // The task's, then the container's; Docker or containerd is what the instance has.
        b"ecs" => (*below.get(1)?, 3, None),
        _ => return None,
    };
    Some((container(id, runtime), used))
}

/// The pod whose cgroup `component` is.
pub(super) fn pod(component: &[u8], parents: &[&[u8]]) -> Option<Pod> {
    if let Some(uid) = component.strip_prefix(b"pod") {
        // cgroupfs: `kubepods/burstable/pod…`; `kubepods/pod…` is guaranteed.
        let is_kubernetes = parents.iter().any(|parent| *parent == b"kubepods");
        let qos = match *parents.last()? {
            b"burstable" => Qos::Burstable,
            b"besteffort" => Qos::BestEffort,
            _ => Qos::Guaranteed,
        };
        let uid = uid_of(uid).filter(|_| is_kubernetes)?;
        return Some(Pod { uid, qos });
    }
    // systemd: `kubepods-burstable-pod….slice`, and below another root `kubelet-kubepods-…`. Without systemd the
    // container follows in the same name: `….slice:cri-containerd:…`.
    let slice = component.split(|byte| *byte == b':').next()?;
    let slice = slice.strip_suffix(b".slice")?;
    let at = position(slice, b"kubepods-")?;
    let is_whole = at == 0 || slice[at - 1] == b'-';
    let rest = slice.get(at + b"kubepods-".len()..)?;
    let (qos, rest) = if let Some(rest) = rest.strip_prefix(b"burstable-") {
        (Qos::Burstable, rest)
    } else if let Some(rest) = rest.strip_prefix(b"besteffort-") {
        (Qos::BestEffort, rest)
    } else {
        (Qos::Guaranteed, rest)
    };
    let uid = uid_of(rest.strip_prefix(b"pod")?).filter(|_| is_whole)?;
    Some(Pod { uid, qos })
}

/// `docker-….scope`, `libpod-…`, `crio-…`, `system.slice:docker:…`. Conmon, which watches a container from outside,
/// has more between the prefix and the id, and is none.
fn engine(component: &[u8]) -> Option<Container> {
    if let [_, prefix, id] = component
        .split(|byte| *byte == b':')
        .collect::<Vec<_>>()
        .as_slice()
    {
        let (_, runtime) = PREFIXES.iter().find(|(known, _)| known == prefix)?;
        return is_id(id).then(|| container(id, *runtime));
    }
    let scope = component.strip_suffix(b".scope");
    let stem = scope.unwrap_or(component);
    for (prefix, runtime) in PREFIXES {
        let id = stem
            .strip_prefix(prefix)
            .and_then(|rest| rest.strip_prefix(b"-"));
        if let Some(id) = id
            && (is_id(id) || (runtime == Some(Runtime::Runc) && scope.is_some() && !id.is_empty()))
        {
            return Some(container(id, runtime));
        }
    }
    // A prefix of one's own.
    let (prefix, id) = scope?.split_at_checked(scope?.len().checked_sub(64)?)?;
    let is_watched = prefix.ends_with(b"conmon-");
    (prefix.ends_with(b"-") && !is_watched && is_id(id)).then(|| container(id, None))
}

/// Containers that have names: LXC, and what systemd calls machines. Virtual machines are machines too.
fn machine(component: &[u8], parent: &[u8]) -> Option<Container> {
    if let Some(id) = middle(component, b"lxc.payload.", b"") {
        return Some(container(id, Some(Runtime::Lxc)));
    }
    if parent != b"machine.slice" {
        return None;
    }
    if let Some(id) = middle(component, b"systemd-nspawn@", b".service") {
        return Some(container(&unescape(id), Some(Runtime::SystemdNspawn)));
    }
    let id = unescape(middle(component, b"machine-", b".scope")?);
    if id.starts_with(b"qemu-") {
        return None;
    }
    let runtime = if id.starts_with(b"lxc-") {
        Runtime::Lxc
    } else {
        Runtime::SystemdNspawn
    };
    Some(container(&id, Some(runtime)))
}

/// Below a login or a user's manager: there a bare id proves nothing.
fn is_users(parents: &[&[u8]]) -> bool {
    parents.iter().any(|parent| {
        middle(parent, b"user@", b".service").is_some()
            || middle(parent, b"session-", b".scope").is_some()
    })
}

fn container(id: &[u8], runtime: Option<Runtime>) -> Container {
    Container {
        id: name(id),
        runtime,
    }
}

/// What Docker, containerd, CRI-O and Podman call a container: 64 hex digits.
fn is_id(name: &[u8]) -> bool {
    name.len() == 64 && name.iter().all(is_hex)
}

/// What BuildKit calls a step: 25 digits to the base of 36.
fn is_step(name: &[u8]) -> bool {
    name.len() == 25
        && name
            .iter()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

/// A UUID with dashes, as Kubernetes has it, or with underscores, as systemd wants it; or the hash of a static pod.
fn uid_of(uid: &[u8]) -> Option<String> {
    let uid: Vec<u8> = uid
        .iter()
        .map(|byte| if *byte == b'_' { b'-' } else { *byte })
        .collect();
    let is_hash = uid.len() == 32 && uid.iter().all(is_hex);
    let is_uuid = uid.len() == 36
        && uid.iter().enumerate().all(|(at, byte)| {
            if matches!(at, 8 | 13 | 18 | 23) {
                *byte == b'-'
            } else {
                is_hex(byte)
            }
        });
    (is_hash || is_uuid).then(|| name(&uid))
}

fn is_hex(byte: &u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(byte)
}

fn position(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}
