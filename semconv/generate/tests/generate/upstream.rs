//! What `upstream.yaml` lists is what OpenTelemetry's conventions have.

use std::collections::BTreeSet;

use opentelemetry_semantic_conventions::{attribute, metric};
use scoutline_semconv::scope;
use scoutline_semconv_generate::{Kind, Registry, Source, folder};

/// Constants of the crate that is generated from the conventions themselves.
const ATTRIBUTES: [&str; 51] = [
    attribute::CICD_PIPELINE_NAME,
    attribute::CICD_PIPELINE_RUN_ID,
    attribute::CICD_PIPELINE_RUN_URL_FULL,
    attribute::CICD_PIPELINE_TASK_NAME,
    attribute::CONTAINER_ID,
    attribute::CONTAINER_RUNTIME_NAME,
    attribute::CPU_MODE,
    attribute::DEPLOYMENT_ENVIRONMENT_NAME,
    attribute::ERROR_TYPE,
    attribute::FILE_INODE,
    attribute::FILE_PATH,
    attribute::HOST_ARCH,
    attribute::HOST_ID,
    attribute::HOST_NAME,
    attribute::K8S_NODE_NAME,
    attribute::K8S_POD_UID,
    attribute::LOG_RECORD_UID,
    attribute::OS_DESCRIPTION,
    attribute::OS_NAME,
    attribute::OS_TYPE,
    attribute::OS_VERSION,
    attribute::PROCESS_COMMAND_ARGS,
    attribute::PROCESS_CREATION_TIME,
    attribute::PROCESS_EXECUTABLE_NAME,
    attribute::PROCESS_EXECUTABLE_PATH,
    attribute::PROCESS_EXIT_CODE,
    attribute::PROCESS_INTERACTIVE,
    attribute::PROCESS_LINUX_CGROUP,
    attribute::PROCESS_PARENT_PID,
    attribute::PROCESS_PID,
    attribute::PROCESS_REAL_USER_ID,
    attribute::PROCESS_SESSION_LEADER_PID,
    attribute::PROCESS_USER_ID,
    attribute::PROCESS_USER_NAME,
    attribute::PROCESS_VPID,
    attribute::PROCESS_WORKING_DIRECTORY,
    attribute::SECURITY_RULE_CATEGORY,
    attribute::SECURITY_RULE_NAME,
    attribute::SECURITY_RULE_REFERENCE,
    attribute::SECURITY_RULE_RULESET_NAME,
    attribute::SECURITY_RULE_UUID,
    attribute::SECURITY_RULE_VERSION,
    attribute::SERVICE_INSTANCE_ID,
    attribute::SERVICE_NAME,
    attribute::SERVICE_VERSION,
    attribute::TELEMETRY_SDK_LANGUAGE,
    attribute::TELEMETRY_SDK_NAME,
    attribute::TELEMETRY_SDK_VERSION,
    attribute::VCS_REF_HEAD_NAME,
    attribute::VCS_REF_HEAD_REVISION,
    attribute::VCS_REPOSITORY_URL_FULL,
];

const METRICS: [&str; 2] = [metric::PROCESS_CPU_TIME, metric::PROCESS_MEMORY_USAGE];

fn source() -> Source {
    Source::read(&folder()).expect("the registry can be read")
}

#[test]
fn names_are_those_of_the_conventions() {
    let registry = Registry::resolve(source()).expect("the registry is sound");
    let attributes: BTreeSet<_> = registry
        .attributes()
        .filter(|definition| definition.is_upstream)
        .map(|definition| definition.attribute.key.as_str())
        .collect();
    assert_eq!(attributes, BTreeSet::from(ATTRIBUTES));
    let is_upstream = |kind: &Kind| {
        matches!(
            kind,
            Kind::Metric {
                is_upstream: true,
                ..
            }
        )
    };
    let metrics: BTreeSet<_> = registry
        .signals
        .iter()
        .filter(|signal| is_upstream(&signal.kind))
        .map(|signal| signal.name.as_str())
        .collect();
    assert_eq!(metrics, BTreeSet::from(METRICS));
}

#[test]
fn versions_are_those_that_the_code_sends() {
    let source = source();
    assert_eq!(source.manifest.schema_url, scope::SCHEMA_URL);
    let [upstream] = source.manifest.dependencies.as_slice() else {
        panic!("the registry builds on one other");
    };
    assert_eq!(upstream.schema_url, scope::UPSTREAM_SCHEMA_URL);
    let version = &source.upstream.version;
    assert!(upstream.schema_url.ends_with(&format!("/{version}")));
    assert!(upstream.registry_path.contains(&format!("/v{version}.zip")));
}
