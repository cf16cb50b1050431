//! The Resource of detections.

use std::sync::Arc;

use scoutline_detect::recipe::Environment;
use scoutline_semconv::{Resource, Value, resource as name, scope};
use uuid::Uuid;

use super::Host;

/// Attributes that no configuration may set: searches, streams and routes are built on their values.
pub const FIXED_ATTRIBUTES: [&str; 7] = [
    name::SERVICE_NAME,
    name::SERVICE_VERSION,
    name::SERVICE_INSTANCE_ID,
    name::DATA_STREAM_DATASET,
    name::TELEMETRY_SDK_NAME,
    name::TELEMETRY_SDK_LANGUAGE,
    name::TELEMETRY_SDK_VERSION,
];

/// The variable with the name of the node, called as the Collector's documentation calls it.
pub const NODE_VARIABLE: &str = "K8S_NODE_NAME";

/// Namespace that OpenTelemetry's conventions give for a stable `service.instance.id`.
const INSTANCE_NAMESPACE: Uuid = Uuid::from_u128(0x4d63009a_8d0f_11ee_aad7_4c796ed8e320);

/// The Resource of detections on this host. What the user configured (`own`) replaces what was found out,
/// except for [`FIXED_ATTRIBUTES`], which the configuration refuses.
///
/// `node` is the name of the Kubernetes node, which nobody but Kubernetes knows: its downward API puts it into
/// [`NODE_VARIABLE`].
pub fn resource(
    host: &Host,
    environment: Environment,
    node: Option<&str>,
    own: &[(String, String)],
) -> Resource {
    // Hosts without a machine id are told apart by name, as people do.
    let identity = host.machine_id.as_deref().unwrap_or(&host.name);
    let instance = Uuid::new_v5(&INSTANCE_NAMESPACE, identity.as_bytes());
    let found: [(&str, Option<Value>); 16] = [
        (name::SERVICE_NAME, Some(name::SERVICE_NAME_VALUE.into())),
        (name::SERVICE_VERSION, Some(scope::VERSION.into())),
        (name::SERVICE_INSTANCE_ID, Some(instance.to_string().into())),
        (name::HOST_ID, host.machine_id.clone().map(Value::from)),
        (name::HOST_NAME, Some(host.name.clone().into())),
        (name::HOST_ARCH, Some(host.arch.clone().into())),
        (name::OS_TYPE, Some("linux".into())),
        (name::OS_VERSION, Some(host.kernel_release.clone().into())),
        (name::OS_NAME, host.os.name.clone().map(Value::from)),
        (
            name::OS_DESCRIPTION,
            host.os.pretty_name.clone().map(Value::from),
        ),
        (
            name::DEPLOYMENT_ENVIRONMENT_NAME,
            Some(environment.as_str().into()),
        ),
        (name::K8S_NODE_NAME, node.map(|node| node.to_owned().into())),
        (name::DATA_STREAM_DATASET, Some("scoutline".into())),
        (name::TELEMETRY_SDK_NAME, Some("scoutline".into())),
        (name::TELEMETRY_SDK_LANGUAGE, Some("rust".into())),
        (name::TELEMETRY_SDK_VERSION, Some(scope::VERSION.into())),
    ];
    let is_own = |key: &str| own.iter().any(|(own_key, _)| own_key == key);
    let attributes = found
        .into_iter()
        .filter(|(key, _)| FIXED_ATTRIBUTES.contains(key) || !is_own(key))
        .filter_map(|(key, value)| Some((Arc::from(key), value?)))
        .chain(
            own.iter()
                .filter(|(key, _)| !FIXED_ATTRIBUTES.contains(&key.as_str()))
                .map(|(key, value)| (Arc::from(key.as_str()), Value::from(value.clone()))),
        )
        .collect();
    Resource { attributes }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::host::OsRelease;

    fn host() -> Host {
        Host {
            boot_id: "b".to_owned(),
            machine_id: Some("0123456789abcdef0123456789abcdef".to_owned()),
            name: "web-1".to_owned(),
            arch: "amd64".to_owned(),
            kernel_release: "6.12.9".to_owned(),
            os: OsRelease::default(),
            users: BTreeMap::new(),
            mounts: Vec::new(),
        }
    }

    fn text<'a>(resource: &'a Resource, key: &str) -> Option<&'a str> {
        let mut values = resource
            .attributes
            .iter()
            .filter(|(name, _)| &**name == key);
        let value = values.next().map(|(_, value)| value);
        assert!(values.next().is_none(), "{key} twice");
        match value? {
            Value::Static(text) => Some(text),
            Value::String(text) => Some(text),
            other => panic!("{key} is {other:?}"),
        }
    }

    #[test]
    fn the_user_adds_and_replaces_but_cannot_hide_the_sensor() {
        let own = [
            ("host.name", "db-7"),
            ("deployment.environment.name", "blue"),
            ("team", "core"),
            ("service.name", "other"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
        let resource = resource(&host(), Environment::Ci, Some("node-3"), &own);
        for (key, expected) in [
            ("service.name", Some("scoutline")),
            ("host.name", Some("db-7")),
            ("deployment.environment.name", Some("blue")),
            ("team", Some("core")),
            ("host.id", Some("0123456789abcdef0123456789abcdef")),
            ("os.name", None),
            ("k8s.node.name", Some("node-3")),
            ("telemetry.sdk.name", Some("scoutline")),
        ] {
            assert_eq!(text(&resource, key), expected, "{key}");
        }
    }

    #[test]
    fn the_instance_is_stable_and_one_per_host() {
        let instance = |host: &Host| {
            let resource = resource(host, Environment::Production, None, &[]);
            text(&resource, "service.instance.id").map(str::to_owned)
        };
        let one = host();
        assert_eq!(instance(&one), instance(&one));
        // uuid5 of that machine id, computed independently.
        assert_eq!(
            instance(&one).as_deref(),
            Some("2f1423a8-dc20-5c0e-839d-70474f2dc393")
        );
        let anonymous = Host {
            machine_id: None,
            ..host()
        };
        assert_ne!(instance(&anonymous), instance(&one));
    }
}
