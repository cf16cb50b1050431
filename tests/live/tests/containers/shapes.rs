//! How engines name the cgroups of their containers.

use std::fs;
use std::io;

/// What an engine calls a container, and where it puts it.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// `{id}` is the container's, `{uid}` the pod's, `{u_i_d}` the same as systemd wants it.
    path: &'static str,
    /// `container.runtime.name`, if the path tells.
    runtime: Option<&'static str>,
}

pub(crate) const SHAPES: [Shape; 8] = [
    shape("Docker", "/docker/{id}", Some("docker")),
    shape(
        "Docker by systemd",
        "/system.slice/docker-{id}.scope",
        Some("docker"),
    ),
    shape("Podman", "/machine.slice/libpod-{id}.scope", Some("podman")),
    shape("Kubernetes", "/kubepods/besteffort/pod{uid}/{id}", None),
    shape("Kubernetes, guaranteed", "/kubepods/pod{uid}/{id}", None),
    shape(
        "Kubernetes by systemd, containerd",
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{u_i_d}.slice/cri-containerd-{id}.scope",
        Some("containerd"),
    ),
    shape(
        "Kubernetes, CRI-O",
        "/kubepods/burstable/pod{uid}/crio-{id}",
        Some("cri-o"),
    ),
    shape(
        "Kubernetes by systemd, CRI-O",
        "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{u_i_d}.slice/crio-{id}.scope",
        Some("cri-o"),
    ),
];

const fn shape(name: &'static str, path: &'static str, runtime: Option<&'static str>) -> Shape {
    Shape {
        name,
        path,
        runtime,
    }
}

/// A container that is not yet there.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) cgroup: String,
    pub(crate) id: String,
    pub(crate) pod: Option<String>,
    pub(crate) runtime: Option<&'static str>,
}

impl Shape {
    /// Another container each time.
    pub(crate) fn identity(&self) -> io::Result<Identity> {
        let (id, uid) = (new_id()?, new_uuid()?);
        let cgroup = self
            .path
            .replace("{id}", &id)
            .replace("{uid}", &uid)
            .replace("{u_i_d}", &uid.replace('-', "_"));
        Ok(Identity {
            cgroup,
            id,
            pod: self.path.contains("pod{").then_some(uid),
            runtime: self.runtime,
        })
    }
}

/// 64 hex digits.
pub(crate) fn new_id() -> io::Result<String> {
    Ok((new_uuid()? + &new_uuid()?).replace('-', ""))
}

fn new_uuid() -> io::Result<String> {
    let uuid = fs::read_to_string("/proc/sys/kernel/random/uuid")?;
    Ok(uuid.trim_end().to_owned())
}
