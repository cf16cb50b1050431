//! From an agent to a gateway, and from there to whatever takes OTLP.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use scoutline_e2e::{Collector, Lines};
use scoutline_semconv::attr;

use super::authority::Authority;
use super::{Chain, TOKEN, agent, gateway, shipped, trusting};
use crate::Binaries;
use crate::golden::{self, Message, Record};

const OTLP: &str = shipped!("gateway-otlp.yaml");

/// Longer pauses are for backends, not for tests.
const QUICK: &str = "exporters.otlp_http/backend.retry_on_failure.initial_interval=50ms";

/// What a Collector says of what it will send once more.
const AWAY: &str = "Exporting failed. Will retry";

pub(super) fn tls(binaries: &Binaries) -> Result<()> {
    let backend = Collector::start(&binaries.collector)?;
    let variables = [("SCOUTLINE_BACKEND", backend.http())];
    let chain = Chain::start(binaries, &[OTLP], &[QUICK], &variables)?;
    let (logs, traces) = (golden::logs()?, golden::traces()?);
    chain.send(logs.iter().chain(&traces))?;
    let came = arrived(&backend, &logs)?;
    assert_eq!(came.len(), golden::records(&logs)?.len(), "each once");
    let spans = golden::spans(&traces)?.len();
    backend
        .spans()?
        .wait_until("all spans", |all| all.len() == spans)?;
    Ok(())
}

pub(super) fn no_token(binaries: &Binaries) -> Result<()> {
    let backend = Collector::start(&binaries.collector)?;
    let variables = [("SCOUTLINE_BACKEND", backend.http())];
    let chain = Chain::start(binaries, &[OTLP], &[QUICK], &variables)?;
    let stranger = trusting(&chain.authority, "another")?;
    let stranger = agent(binaries, &chain.gateway, &stranger)?;
    let logs = golden::logs()?;
    let (refused, taken) = logs.split_first().context("no messages")?;
    refused.send(&stranger)?;
    // For good: OTLP calls it final.
    let line = stranger.wait_for_line("Exporting failed. Dropping data")?;
    assert!(line.contains("Unauthenticated"), "{line}");
    chain.send(taken)?;
    let came = arrived(&backend, taken)?;
    assert_eq!(came.len(), golden::records(taken)?.len(), "and no other");
    Ok(())
}

pub(super) fn client_certificate(binaries: &Binaries) -> Result<()> {
    let backend = Collector::start(&binaries.collector)?;
    let authority = Authority::new()?;
    let variables = [
        ("SCOUTLINE_BACKEND", backend.http()),
        ("SCOUTLINE_CLIENT_CA", authority.certificate()?),
    ];
    let gateway = gateway(binaries, &authority, &[OTLP], &[QUICK], &variables)?;
    let mut variables = trusting(&authority, TOKEN)?;
    let logs = golden::logs()?;
    let (refused, taken) = logs.split_first().context("no messages")?;
    let stranger = agent(binaries, &gateway, &variables)?;
    refused.send(&stranger)?;
    stranger.wait_for_line("certificate required")?;
    let (certificate, key) = authority.sign("agent", "agent")?;
    variables.extend([("SCOUTLINE_CERT", certificate), ("SCOUTLINE_KEY", key)]);
    let agent = agent(binaries, &gateway, &variables)?;
    taken.iter().try_for_each(|it| it.send(&agent))?;
    let came = arrived(&backend, taken)?;
    assert_eq!(came.len(), golden::records(taken)?.len(), "and no other");
    Ok(())
}

pub(super) fn outage(binaries: &Binaries) -> Result<()> {
    let mut backend = Collector::prepare(&binaries.collector)?;
    let variables = [("SCOUTLINE_BACKEND", backend.http())];
    let mut chain = Chain::start(binaries, &[OTLP], &[QUICK], &variables)?;
    let logs = golden::logs()?;
    let (at_gateway, at_agent) = logs.split_at(logs.len() / 2);
    chain.send(at_gateway)?;
    chain.gateway.wait_for_line(AWAY)?;
    chain.gateway.kill()?;
    chain.send(at_agent)?;
    chain.agent.wait_for_line(AWAY)?;
    chain.agent.kill()?;
    // What either had taken is on its disk, and nowhere else.
    chain.agent.resume()?;
    chain.gateway.resume()?;
    backend.resume()?;
    arrived(&backend, &logs)?;
    Ok(())
}

pub(super) fn full(binaries: &Binaries) -> Result<()> {
    let mut backend = Collector::prepare(&binaries.collector)?;
    let variables = [
        ("SCOUTLINE_BACKEND", backend.http()),
        // The smallest that a batch fits into.
        ("SCOUTLINE_QUEUE_BYTES", (256 * 1024).to_string()),
    ];
    let chain = Chain::start(binaries, &[OTLP], &[QUICK], &variables)?;
    let mut sent = Vec::new();
    for number in 0..100 {
        for mut message in golden::logs()? {
            message.renumber(number)?;
            message.send(&chain.agent)?;
            sent.push(message);
        }
    }
    chain.agent.wait_for_line("sending queue is full")?;
    backend.resume()?;
    arrived(&backend, &sent)?;
    Ok(())
}

/// All records that have come, once every one of these has, as it was sent.
fn arrived(backend: &Collector, messages: &[Message]) -> Result<Vec<Record>> {
    let sent: BTreeMap<_, _> = golden::records(messages)?
        .into_iter()
        .map(|it| (it.uid().to_owned(), it))
        .collect();
    let mut came = Lines::<Record>::follow(&backend.file())?;
    let came = came.wait_until("every record", |all| {
        sent.keys().all(|uid| all.iter().any(|it| it.uid() == uid))
    })?;
    for it in came {
        assert_eq!(sent.get(it.text(attr::LOG_RECORD_UID)), Some(it));
    }
    Ok(came.to_vec())
}
