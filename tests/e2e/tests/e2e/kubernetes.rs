//! `deploy/collector/kubernetes.yaml` on a node whose API server is a test.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use scoutline_e2e::{Collector, HttpAnswer, HttpBackend, HttpRequest, Lines};
use scoutline_semconv::{attr, resource};
use serde_json::{Value, json};

use crate::golden::{self, Record};
use crate::{Binaries, Case};

pub(crate) const CASES: &[(&str, Case)] = &[(
    "what the cluster knows about a pod is with its detections",
    knows_the_pod,
)];

const AGENT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../deploy/collector/agent.yaml"
);
const KUBERNETES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../deploy/collector/kubernetes.yaml"
);

/// How this test gets at its API server, and what it leaves alone: nobody here answers for a cloud.
const SETTINGS: &[&str] = &[
    "processors.k8sattributes.auth_type=kubeConfig",
    "processors.k8sattributes.wait_for_metadata=true",
    "processors.resourcedetection.detectors=[env]",
];

const POD: &str = "6a1f2c5e-8c4f-4a52-9d0e-3f1f6f0b7c11";
const CONTAINER: &str = "9d2c4b1e7f60a35d8c1b2e4f5a69708192a3b4c5d6e7f8091a2b3c4d5e6f7081";
const REPOSITORY: &str = "https://git.example/shop/checkout";

fn knows_the_pod(binaries: &Binaries) -> Result<()> {
    let api = HttpBackend::start(|request, _| answer(request))?;
    let directory = tempfile::tempdir()?;
    let config = directory.path().join("config");
    fs::write(
        &config,
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": {"server": api.url()}}],
            "users": [{"name": "me", "user": {}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
            "current-context": "here",
        })
        .to_string(),
    )?;
    let variables = [
        ("K8S_NODE_NAME", "node-3".to_owned()),
        ("KUBECONFIG", config.display().to_string()),
        // What the environment says never replaces what the sensor says.
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "host.name=the-collectors-pod,cloud.region=here".to_owned(),
        ),
    ];
    let configs = [Path::new(AGENT), Path::new(KUBERNETES)];
    let collector = Collector::layered(&binaries.collector, &configs, SETTINGS, &variables)?;

    let message = golden::logs()?.into_iter().next();
    let message = message.context("no detection")?;
    let in_pod = message.about([("k8s.pod.uid", POD), ("container.id", CONTAINER)])?;
    in_pod.send(&collector)?;
    message.send(&collector)?;
    let mut came = Lines::<Record>::follow(&collector.file())?;
    let came = came.wait_until("both records", |all| all.len() == 2)?;
    let [known, host] = came else {
        bail!("{came:#?}");
    };
    for (name, value) in [
        ("k8s.pod.uid", POD),
        ("k8s.pod.name", "checkout-7c5d-x2"),
        ("k8s.namespace.name", "shop"),
        ("k8s.deployment.name", "checkout"),
        ("k8s.container.name", "server"),
        ("container.image.name", "registry.example/shop/checkout"),
        ("container.image.tag", "1.4"),
        (attr::VCS_REPOSITORY_URL_FULL, REPOSITORY),
        (resource::HOST_NAME, "web-1"),
        (resource::SERVICE_NAME, resource::SERVICE_NAME_VALUE),
        ("cloud.region", "here"),
    ] {
        assert_eq!(known.resource.get(name), Some(&json!(value)), "{name}");
    }
    let names: Vec<_> = host
        .resource
        .keys()
        .filter(|it| !known.resource.contains_key(*it))
        .collect();
    assert_eq!(names, [""; 0]);
    assert!(
        !host.resource.contains_key(attr::VCS_REPOSITORY_URL_FULL),
        "of no pod"
    );
    assert_eq!(known.log, host.log);
    Ok(())
}

fn answer(request: &HttpRequest) -> HttpAnswer {
    let target = request.target.as_str();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (kind, version, items) = match path {
        // It is asked for a list as a stream, and asks for a plain one where there is none.
        _ if query.contains("sendInitialEvents") => return HttpAnswer::new(422, ""),
        // Nothing happens after the list.
        _ if query.contains("watch=true") => return HttpAnswer::new(200, ""),
        "/api/v1/pods" if query.contains("spec.nodeName%3Dnode-3") => {
            ("PodList", "v1", json!([pod()]))
        }
        _ => return HttpAnswer::new(404, ""),
    };
    let list = json!({
        "kind": kind,
        "apiVersion": version,
        "metadata": {"resourceVersion": "1"},
        "items": items,
    });
    HttpAnswer {
        headers: &[("content-type", "application/json")],
        ..HttpAnswer::new(200, list.to_string())
    }
}

fn pod() -> Value {
    let owner = json!({"kind": "ReplicaSet", "apiVersion": "apps/v1", "name": "checkout-7c5d", "uid": "r1", "controller": true});
    let image = "registry.example/shop/checkout:1.4";
    json!({
        "metadata": {
            "name": "checkout-7c5d-x2",
            "namespace": "shop",
            "uid": POD,
            // By which it knows what of the set's name is the deployment's.
            "labels": {"pod-template-hash": "7c5d"},
            "annotations": {"org.opencontainers.image.source": REPOSITORY},
            "ownerReferences": [owner],
        },
        "spec": {"nodeName": "node-3", "containers": [{"name": "server", "image": image}]},
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.7",
            "containerStatuses": [{
                "name": "server",
                "image": image,
                "containerID": format!("containerd://{CONTAINER}"),
            }],
        },
    })
}
