//! What a process belongs to: container, pod, unit, login, CI job, somebody's trace.
//!
//! All of it is read from strings that the agent found: a cgroup path, an environment. Who could have written such a
//! string decides how far it can be believed, which each part says.

pub mod cgroup;
pub mod ci;
pub mod traceparent;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::process::Place;
use crate::recipe::Environment;

/// A container, a unit of systemd, or neither: what the Resource of a record is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Workload {
    /// `container.id`.
    pub container_id: Option<Arc<str>>,
    /// `container.runtime.name`.
    pub container_runtime: Option<Arc<str>>,
    /// `k8s.pod.uid`.
    pub pod_uid: Option<Arc<str>>,
    /// `scoutline.workload.unit`.
    pub unit: Option<Arc<str>>,
    /// `deployment.environment.name`, unless the configuration has it.
    pub environment: Environment,
}

impl Workload {
    /// What a place says for sure: containers that a user could have made up are left out.
    pub(crate) fn of(place: Option<&Place>, environment: Environment) -> Arc<Self> {
        let cgroup = place.map(|place| &place.cgroup);
        let told = cgroup.filter(|cgroup| !cgroup.is_claimed);
        let container = told.and_then(|cgroup| cgroup.container.as_ref());
        let pod = told.and_then(|cgroup| cgroup.pod.as_ref());
        let unit = cgroup.and_then(|cgroup| cgroup.unit.as_ref());
        Arc::new(Self {
            container_id: container.map(|container| container.id.as_str().into()),
            container_runtime: container
                .and_then(|container| container.runtime)
                .map(|runtime| runtime.name().into()),
            pod_uid: pod.map(|pod| pod.uid.as_str().into()),
            unit: unit.map(|unit| unit.name.as_str().into()),
            environment,
        })
    }
}
