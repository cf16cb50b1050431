//! The Resource of each workload: that of the host, and whose doing it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use scoutline_detect::Workload;
use scoutline_semconv::{Resource, Value, resource as name};

/// Resources that are kept, so that records of one workload share a batch. Beyond, all are made anew.
const KEPT: usize = 1024;

/// Resources by workload.
#[derive(Debug)]
pub struct Resources {
    host: Resource,
    /// The configuration has a say in `deployment.environment.name`.
    is_environment_configured: bool,
    known: BTreeMap<Arc<Workload>, Arc<Resource>>,
}

impl Resources {
    /// On top of that of the host.
    pub fn new(host: Resource, is_environment_configured: bool) -> Self {
        Self {
            host,
            is_environment_configured,
            known: BTreeMap::new(),
        }
    }

    /// The Resource of a workload: the same one each time, as long as it is kept.
    pub fn of(&mut self, workload: &Arc<Workload>) -> Arc<Resource> {
        if let Some(resource) = self.known.get(workload) {
            return Arc::clone(resource);
        }
        if self.known.len() >= KEPT {
            self.known.clear();
        }
        let resource = Arc::new(self.make(workload));
        self.known
            .insert(Arc::clone(workload), Arc::clone(&resource));
        resource
    }

    fn make(&self, workload: &Workload) -> Resource {
        let mut attributes = self.host.attributes.clone();
        if !self.is_environment_configured {
            for (key, value) in &mut attributes {
                if &**key == name::DEPLOYMENT_ENVIRONMENT_NAME {
                    *value = workload.environment.as_str().into();
                }
            }
        }
        for (key, text) in [
            (name::CONTAINER_ID, &workload.container_id),
            (name::CONTAINER_RUNTIME_NAME, &workload.container_runtime),
            (name::K8S_POD_UID, &workload.pod_uid),
            (name::SCOUTLINE_WORKLOAD_UNIT, &workload.unit),
        ] {
            // What a workload is, no configuration of the host can know.
            attributes.retain(|(own, _)| text.is_none() || &**own != key);
            if let Some(text) = text {
                attributes.push((key.into(), Value::Shared(Arc::clone(text))));
            }
        }
        Resource { attributes }
    }
}

#[cfg(test)]
mod tests {
    use scoutline_detect::recipe::Environment;

    use super::*;

    fn workload(container: Option<&str>) -> Arc<Workload> {
        Arc::new(Workload {
            container_id: container.map(Arc::from),
            container_runtime: None,
            pod_uid: None,
            unit: None,
            environment: Environment::Ci,
        })
    }

    fn text(resource: &Resource, key: &str) -> Option<String> {
        let mut values = resource.attributes.iter().filter(|(own, _)| &**own == key);
        let value = values.next().map(|(_, value)| format!("{value:?}"));
        assert!(values.next().is_none(), "{key} twice");
        value
    }

    #[test]
    fn a_workload_has_one_resource_of_its_own() {
        let host = Resource {
            attributes: vec![
                ("host.name".into(), "h".into()),
                (name::DEPLOYMENT_ENVIRONMENT_NAME.into(), "blue".into()),
            ],
        };
        let mut resources = Resources::new(host.clone(), false);
        let one = resources.of(&workload(Some("c1")));
        assert!(Arc::ptr_eq(&one, &resources.of(&workload(Some("c1")))));
        let other = resources.of(&workload(None));
        assert_eq!(text(&one, "host.name"), text(&other, "host.name"));
        assert!(text(&one, name::CONTAINER_ID).is_some_and(|id| id.contains("c1")));
        assert_eq!(text(&other, name::CONTAINER_ID), None);
        let environment = |it| text(it, name::DEPLOYMENT_ENVIRONMENT_NAME);
        assert!(environment(&one).is_some_and(|it| it.contains("ci")));
        let mut configured = Resources::new(host, true);
        let blue = environment(&configured.of(&workload(None)));
        assert!(blue.is_some_and(|it| it.contains("blue")));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut resources = Resources::new(Resource::default(), false);
        for number in 0..3 * KEPT {
            resources.of(&workload(Some(&number.to_string())));
            assert!(resources.known.len() <= KEPT);
        }
    }
}
