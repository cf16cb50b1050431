//! A day of a fleet, as records.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use scoutline_backends::Loki;
use scoutline_bench::{detections, host};
use scoutline_otlp::{Batch, BatchLimits, Batcher, Scope};
use scoutline_semconv::{Record, Resource, Value, attr, resource};

const SECOND: u64 = 1_000_000_000;

/// What is looked back at.
pub(crate) const DAY: u64 = 24 * 60 * 60 * SECOND;

/// Hosts of the fleet; each is a stream of Loki's.
const HOSTS: u64 = 200;

/// Records that are the base of all others.
const DISTINCT: u32 = 1024;

/// What fires, out of a hundred.
const RECIPES: [(&str, &str, &str, &str, u64); 5] = [
    ("os_fingerprint", "T1082", "medium", "/usr/bin/cat", 40),
    ("os_network_fingerprint", "T1082", "low", "/usr/sbin/ip", 75),
    (
        "machine_fingerprint",
        "T1082",
        "medium",
        "/usr/bin/lscpu",
        95,
    ),
    ("net_scan_tool_exec", "T1046", "high", "/usr/bin/nmap", 98),
    (
        "net_sniff_tool_exec",
        "T1040",
        "critical",
        "/usr/bin/tcpdump",
        100,
    ),
];

/// Sends that many detections, evenly over the day that ends at `end`, oldest first.
///
/// # Errors
/// If Loki does not take them.
pub(crate) fn send(loki: &Loki, count: u64, end: u64) -> Result<()> {
    let hosts: Vec<_> = (0..HOSTS).map(one_of_the_hosts).collect();
    let mut records = detections(DISTINCT);
    let mut batcher = Batcher::new(BatchLimits::default());
    let begin = end - DAY;
    for number in 0..count {
        let mixed = mixed(number);
        let which = usize::try_from(number % u64::from(DISTINCT))?;
        let record = &mut records[which];
        let at = begin + DAY / count * number;
        record.time_unix_nano = at;
        record.observed_time_unix_nano = at;
        vary(record, number, mixed);
        let host = &hosts[usize::try_from(mixed % HOSTS)?];
        let sealed = batcher.push(Instant::now(), host, Scope::DETECTIONS, record)?;
        if let Some(batch) = sealed {
            post(loki, &batch)?;
        }
    }
    batcher.seal().iter().try_for_each(|it| post(loki, it))
}

/// Spreads numbers that follow each other.
fn mixed(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
}

pub(crate) fn host_name(number: u64) -> String {
    format!("host-{number:03}.example.net")
}

fn one_of_the_hosts(number: u64) -> Arc<Resource> {
    let mut it = host();
    for (key, value) in &mut it.attributes {
        match &**key {
            resource::HOST_NAME => *value = Value::String(host_name(number)),
            resource::SERVICE_INSTANCE_ID => {
                *value = Value::String(format!("instance-{number:03}"))
            }
            resource::DEPLOYMENT_ENVIRONMENT_NAME => {
                *value = ["production", "staging", "ci"][number as usize % 3].into();
            }
            _ => {}
        }
    }
    Arc::new(it)
}

fn vary(record: &mut Record, number: u64, mixed: u64) {
    let share = mixed / HOSTS % 100;
    let recipe = RECIPES.iter().find(|it| share < it.4);
    let (name, technique, severity, executable, _) = recipe.unwrap_or(&RECIPES[0]);
    record.body = format!("{executable} (pid {number}) did what {name} looks for");
    for (key, value) in &mut record.attributes {
        match *key {
            attr::LOG_RECORD_UID | attr::SCOUTLINE_DETECTION_UID => {
                *value = Value::String(format!("{number:032x}"));
            }
            attr::SECURITY_RULE_NAME => *value = (*name).into(),
            attr::THREAT_TECHNIQUE_ID => *value = (*technique).into(),
            attr::SCOUTLINE_DETECTION_SEVERITY => *value = (*severity).into(),
            attr::PROCESS_EXECUTABLE_PATH => *value = (*executable).into(),
            attr::SCOUTLINE_SESSION_UID => {
                *value = Value::String(format!("{:032x}", mixed % 20_000))
            }
            _ => {}
        }
    }
}

fn post(loki: &Loki, batch: &Batch) -> Result<()> {
    let url = format!("{}/v1/logs", loki.otlp());
    let response = ureq::post(&url)
        .config()
        .http_status_as_error(false)
        .build()
        .header("content-type", "application/x-protobuf")
        .send(&batch.bytes()[..]);
    let mut response = response.with_context(|| url.clone())?;
    let status = response.status();
    if !status.is_success() {
        let text = response.body_mut().read_to_string().unwrap_or_default();
        ensure!(false, "{url}: {status} {text}");
    }
    Ok(())
}
