//! What benchmarks share: records as a busy host sends them, and figures.

mod figures;
mod live;

use std::sync::Arc;

use scoutline_semconv::values::RecordKind;
use scoutline_semconv::{Record, Resource, Severity, TraceContext, Value, attr, event, resource};

pub use figures::{Quantiles, keep, load_average, median};
pub use live::{Live, Thread, process_id, status, threads};

/// What a sensor at rest may have resident, MB.
pub const REST_MB: f64 = 25.0;

/// `count` detections that differ in what differs between detections of one host, with 46 attributes each.
pub fn detections(count: u32) -> Vec<Record> {
    (0..count).map(detection).collect()
}

/// The resource of a host.
pub fn host() -> Resource {
    let attributes = [
        (resource::SERVICE_NAME, resource::SERVICE_NAME_VALUE),
        (resource::SERVICE_VERSION, "0.1.0"),
        (
            resource::SERVICE_INSTANCE_ID,
            "6f1c0a0e-5c29-4d1c-9b5d-0a8f4f6d2c11",
        ),
        (resource::HOST_ID, "fdbf79e8af94cb7f9e8df36789187052"),
        (resource::HOST_NAME, "build-runner-17.eu-west-1.example.net"),
        (resource::HOST_ARCH, "amd64"),
        (resource::OS_TYPE, "linux"),
        (resource::OS_VERSION, "6.18.2-amd64"),
        (resource::OS_NAME, "Debian GNU/Linux"),
        (resource::OS_DESCRIPTION, "Debian GNU/Linux 12 (bookworm)"),
        (resource::DEPLOYMENT_ENVIRONMENT_NAME, "production"),
        (resource::DATA_STREAM_DATASET, "scoutline"),
        (resource::TELEMETRY_SDK_NAME, "scoutline"),
    ];
    Resource {
        attributes: attributes
            .map(|(key, value)| (Arc::from(key), Value::Static(value)))
            .into(),
    }
}

fn detection(number: u32) -> Record {
    let shared = |text: String| Value::Shared(text.into());
    let uid = |kind: u32| {
        shared(format!(
            "{:016x}",
            u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(kind)
        ))
    };
    let path = format!("/proc/sys/net/ipv4/conf/eth{number}/accept_redirects");
    let body = format!(
        "cat (pid {number}) read {path}: kernel and network settings that fingerprint this host"
    );
    Record {
        event_name: event::DETECTION,
        time_unix_nano: 1_760_000_000_000_000_000 + u64::from(number),
        observed_time_unix_nano: 1_760_000_000_000_100_000 + u64::from(number),
        severity_number: Severity::Medium.number(),
        severity_text: Severity::Medium.text(),
        body,
        trace: Some(TraceContext {
            trace_id: (u128::from(number) + 1).to_be_bytes(),
            span_id: (u64::from(number) + 1).to_be_bytes(),
        }),
        attributes: vec![
            (
                attr::SCOUTLINE_RECORD_KIND,
                RecordKind::Detection.as_str().into(),
            ),
            (attr::LOG_RECORD_UID, uid(1)),
            (attr::SCOUTLINE_SEQUENCE, number.into()),
            (
                attr::SCOUTLINE_SENSOR_START_ID,
                shared("4c1d9f2e8a7b6053".to_owned()),
            ),
            (attr::SECURITY_RULE_NAME, "os_network_fingerprint".into()),
            (
                attr::SECURITY_RULE_UUID,
                "a4f2b7c1-6d0e-5b8e-9a53-1f0c7e2d9b44".into(),
            ),
            (attr::SECURITY_RULE_VERSION, "1".into()),
            (attr::SECURITY_RULE_CATEGORY, "Discovery".into()),
            (
                attr::SECURITY_RULE_REFERENCE,
                "https://scoutline.dev/recipes/os_network_fingerprint".into(),
            ),
            (attr::SECURITY_RULE_RULESET_NAME, "scoutline".into()),
            (attr::THREAT_FRAMEWORK, "MITRE ATT&CK".into()),
            (attr::THREAT_TACTIC_ID, "TA0007".into()),
            (attr::THREAT_TACTIC_NAME, "Discovery".into()),
            (attr::THREAT_TECHNIQUE_ID, "T1082".into()),
            (
                attr::THREAT_TECHNIQUE_NAME,
                "System Information Discovery".into(),
            ),
            (
                attr::SCOUTLINE_ATTACK_TECHNIQUES,
                strings(&["T1082", "T1016"]),
            ),
            (attr::SCOUTLINE_ATTACK_TACTICS, strings(&["TA0007"])),
            (attr::SCOUTLINE_ATTACK_VERSION, "18.1".into()),
            (
                attr::SCOUTLINE_DETECTION_SEVERITY,
                Severity::Medium.name().into(),
            ),
            (attr::SCOUTLINE_DETECTION_KIND, "file_access".into()),
            (attr::SCOUTLINE_DETECTION_UID, uid(2)),
            (attr::SCOUTLINE_DETECTION_PHASE, "first".into()),
            (attr::SCOUTLINE_DETECTION_COUNT, 1u32.into()),
            (attr::SCOUTLINE_DETECTION_PROCESS_COUNT, 1u32.into()),
            (
                attr::SCOUTLINE_DETECTION_FIRST_TIME,
                shared(format!("2026-11-21T13:20:00.{number:09}Z")),
            ),
            (attr::SCOUTLINE_DETECTION_REASON, "strong".into()),
            (attr::SCOUTLINE_DETECTION_PATHS, strings(&[&path])),
            (attr::SCOUTLINE_DETECTION_ENVIRONMENT, "production".into()),
            (
                attr::SCOUTLINE_DETECTION_ADVICE,
                "Find out who started the session and whether a deployment explains it.".into(),
            ),
            (attr::PROCESS_PID, number.into()),
            (attr::PROCESS_PARENT_PID, (number / 2).into()),
            (
                attr::PROCESS_CREATION_TIME,
                shared(format!("2026-11-21T13:19:59.{number:09}Z")),
            ),
            (
                attr::PROCESS_EXECUTABLE_PATH,
                shared("/usr/bin/cat".to_owned()),
            ),
            (attr::PROCESS_EXECUTABLE_NAME, shared("cat".to_owned())),
            (attr::PROCESS_COMMAND_ARGS, strings(&["cat"])),
            (
                attr::PROCESS_WORKING_DIRECTORY,
                shared(format!("/home/runner/work/{number}")),
            ),
            (attr::PROCESS_USER_ID, 1000u32.into()),
            (attr::PROCESS_USER_NAME, shared("runner".to_owned())),
            (attr::PROCESS_INTERACTIVE, true.into()),
            (attr::SCOUTLINE_PROCESS_UID, uid(3)),
            (attr::SCOUTLINE_PROCESS_PARENT_UID, uid(4)),
            (
                attr::SCOUTLINE_PROCESS_ANCESTORS,
                strings(&[
                    "/usr/bin/bash",
                    "/usr/sbin/sshd",
                    "/usr/lib/systemd/systemd",
                ]),
            ),
            (attr::SCOUTLINE_SESSION_UID, uid(5)),
            (attr::FILE_PATH, shared(path)),
            (attr::FILE_INODE, (number + 4_026_531_840).into()),
            (
                attr::SCOUTLINE_HOOK_NAME,
                "fentry/security_file_open".into(),
            ),
        ],
    }
}

fn strings(texts: &[&str]) -> Value {
    texts
        .iter()
        .map(|&text| Arc::from(text))
        .collect::<Vec<_>>()
        .into()
}
