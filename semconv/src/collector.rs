//! What the Collector adds to a Resource on Kubernetes, as `deploy/collector/kubernetes.yaml` says.
//!
//! The sensor sends none of these, so the registry has none; queries may name them.

/// Image of the container, without its tag.
pub const CONTAINER_IMAGE_NAME: &str = "container.image.name";
/// Deployment of the pod.
pub const K8S_DEPLOYMENT_NAME: &str = "k8s.deployment.name";
/// Namespace of the pod.
pub const K8S_NAMESPACE_NAME: &str = "k8s.namespace.name";
/// The pod.
pub const K8S_POD_NAME: &str = "k8s.pod.name";

/// All of them.
pub const ADDED: [&str; 4] = [
    CONTAINER_IMAGE_NAME,
    K8S_DEPLOYMENT_NAME,
    K8S_NAMESPACE_NAME,
    K8S_POD_NAME,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_collector_that_ships_adds_them() {
        let config = include_str!("../../deploy/collector/kubernetes.yaml");
        let extracted: Vec<_> = config
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- "))
            .collect();
        for name in ADDED {
            assert!(extracted.contains(&name), "{name}: {extracted:?}");
            assert!(crate::registry::find(name).is_none(), "{name}");
        }
    }
}
