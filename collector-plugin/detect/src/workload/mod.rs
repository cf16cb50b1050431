//! What a process belongs to: container, pod, unit, login, CI job, somebody's trace.
//!
//! All of it is read from strings that the agent found: a cgroup path, an environment. Who could have written such a
//! string decides how far it can be believed, which each part says.

pub mod cgroup;
pub mod ci;
pub mod traceparent;
