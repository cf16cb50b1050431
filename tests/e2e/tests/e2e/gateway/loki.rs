//! Loki, Tempo and Prometheus.

use anyhow::{Context as _, Result, bail};
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::logs::v1::LogsData;
use opentelemetry_proto::tonic::metrics::v1::MetricsData;
use prost::Message as _;
use scoutline_e2e::{Collector, HttpAnswer, HttpBackend, HttpRequest};
use scoutline_semconv::attr;

use super::{Chain, shipped};
use crate::{Binaries, golden};

const LOKI: &str = shipped!("gateway-loki.yaml");

const LOGS: &str = "/otlp/v1/logs";
const METRICS: &str = "/api/v1/otlp/v1/metrics";

pub(super) fn a_signal_each(binaries: &Binaries) -> Result<()> {
    let http = HttpBackend::start(|_, _| HttpAnswer::new(200, ""))?;
    let tempo = Collector::start(&binaries.collector)?;
    let variables = [
        ("SCOUTLINE_LOKI", format!("{}/otlp", http.url())),
        (
            "SCOUTLINE_PROMETHEUS",
            format!("{}/api/v1/otlp", http.url()),
        ),
        ("SCOUTLINE_TEMPO", tempo.grpc().replacen("http://", "", 1)),
        ("SCOUTLINE_TEMPO_PLAINTEXT", "true".to_owned()),
        (
            "SCOUTLINE_LOKI_HEADERS",
            "{x-scope-orgid: \"7\", authorization: \"Bearer l\"}".to_owned(),
        ),
    ];
    let chain = Chain::start(binaries, &[LOKI], &[], &variables)?;
    let (logs, traces) = (golden::logs()?, golden::traces()?);
    chain.send(
        logs.iter()
            .chain(&traces)
            .chain([&golden::metrics(1_767_225_660, 7)]),
    )?;

    let sent = golden::records(&logs)?;
    let taken = http.wait_until("all records and a metric", |taken| {
        uids(taken).is_ok_and(|uids| uids.len() >= sent.len())
            && taken.iter().any(|it| it.target == METRICS)
    })?;
    let mut expected: Vec<_> = sent.iter().map(|it| it.uid().to_owned()).collect();
    expected.sort_unstable();
    assert_eq!(uids(&taken)?, expected);
    for it in &taken {
        let header = |name: &str| it.headers.get(name).map(String::as_str);
        let is_loki = it.target == LOGS;
        assert_eq!(header("x-scope-orgid"), is_loki.then_some("7"), "{it:?}");
        assert_eq!(header("authorization"), is_loki.then_some("Bearer l"));
    }
    let metrics = taken.iter().find(|it| it.target == METRICS);
    let metrics = MetricsData::decode(&*metrics.context("no metrics")?.body)?;
    let resource = metrics.resource_metrics.first().context("no resource")?;
    assert_eq!(resource.scope_metrics[0].metrics.len(), 2);

    let spans = golden::spans(&traces)?.len();
    tempo
        .spans()?
        .wait_until("all spans", |all| all.len() == spans)?;
    assert!(tempo.records()?.now()?.is_empty(), "traces only");
    Ok(())
}

/// Sorted uids of all records that Loki was sent.
fn uids(taken: &[HttpRequest]) -> Result<Vec<String>> {
    let mut uids = Vec::new();
    for it in taken.iter().filter(|it| it.target == LOGS) {
        let message = LogsData::decode(&*it.body)?;
        let scopes = message.resource_logs.iter().flat_map(|it| &it.scope_logs);
        for record in scopes.flat_map(|it| &it.log_records) {
            let uid = record
                .attributes
                .iter()
                .find(|it| it.key == attr::LOG_RECORD_UID);
            let uid = uid.and_then(|it| it.value.as_ref()?.value.clone());
            let any_value::Value::StringValue(uid) = uid.context("no uid")? else {
                bail!("the uid is no text");
            };
            uids.push(uid);
        }
    }
    uids.sort_unstable();
    Ok(uids)
}
