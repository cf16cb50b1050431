//! The way there as deploy/ ships it: an agent, TLS, a gateway, and what its backend is sent.

mod authority;
mod elastic;
mod loki;
mod splunk;
mod transport;

use std::path::Path;

use anyhow::Result;
use scoutline_e2e::Collector;

use self::authority::Authority;
use crate::golden::Message;
use crate::{Binaries, Case};

pub(crate) const CASES: &[(&str, Case)] = &[
    ("what an agent passes on over TLS arrives", transport::tls),
    ("whoever has no token is refused", transport::no_token),
    (
        "a client certificate is asked for where one is wanted",
        transport::client_certificate,
    ),
    (
        "nothing is lost while gateway and backend are away",
        transport::outage,
    ),
    (
        "a full queue refuses, and the agent keeps its own",
        transport::full,
    ),
    (
        "Loki, Tempo and Prometheus get a signal each",
        loki::a_signal_each,
    ),
    (
        "Splunk gets a sourcetype for each kind, and all fields",
        splunk::sourcetypes,
    ),
    (
        "Splunk's logs go beside another backend's traces",
        splunk::beside,
    ),
    (
        "Elasticsearch gets a document for each record, once",
        elastic::once,
    ),
    (
        "Elasticsearch gets metrics, histograms among them",
        elastic::metrics,
    ),
];

/// A file of deploy/collector/.
macro_rules! shipped {
    ($name:literal) => {
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../deploy/collector/",
            $name
        )
    };
}
use shipped;

const AGENT: &str = shipped!("agent.yaml");
const GATEWAY: &str = shipped!("gateway.yaml");

/// What the agents have to send.
const TOKEN: &str = "an-agents-token";

/// Longer pauses are for backends, not for tests.
const AGENT_SETTINGS: &[&str] =
    &["exporters.otlp_grpc/gateway.retry_on_failure.initial_interval=50ms"];

/// An agent before a gateway.
struct Chain {
    authority: Authority,
    gateway: Collector,
    agent: Collector,
}

impl Chain {
    /// Starts both: the gateway with these files on top of its own.
    fn start(
        binaries: &Binaries,
        layers: &[&str],
        settings: &[&str],
        variables: &[(&str, String)],
    ) -> Result<Self> {
        let authority = Authority::new()?;
        let gateway = gateway(binaries, &authority, layers, settings, variables)?;
        let agent = agent(binaries, &gateway, &trusting(&authority, TOKEN)?)?;
        Ok(Self {
            authority,
            gateway,
            agent,
        })
    }

    fn send<'a>(&self, messages: impl IntoIterator<Item = &'a Message>) -> Result<()> {
        messages.into_iter().try_for_each(|it| it.send(&self.agent))
    }
}

fn gateway(
    binaries: &Binaries,
    authority: &Authority,
    layers: &[&str],
    settings: &[&str],
    variables: &[(&str, String)],
) -> Result<Collector> {
    let mut configs = vec![Path::new(GATEWAY)];
    configs.extend(layers.iter().map(Path::new));
    let (certificate, key) = authority.sign("gateway", "127.0.0.1")?;
    let mut all = vec![
        ("SCOUTLINE_TOKEN", TOKEN.to_owned()),
        ("SCOUTLINE_TLS_CERT", certificate),
        ("SCOUTLINE_TLS_KEY", key),
    ];
    all.extend_from_slice(variables);
    Collector::layered(&binaries.collector, &configs, settings, &all)
}

/// What an agent has to know to trust a gateway, and to be trusted.
fn trusting(authority: &Authority, token: &str) -> Result<Vec<(&'static str, String)>> {
    let headers = format!("{{authorization: \"Bearer {token}\"}}");
    Ok(vec![
        ("SCOUTLINE_CA", authority.certificate()?),
        ("SCOUTLINE_HEADERS", headers),
    ])
}

fn agent(
    binaries: &Binaries,
    gateway: &Collector,
    variables: &[(&str, String)],
) -> Result<Collector> {
    let mut all = vec![
        ("SCOUTLINE_EXPORTERS", "[otlp_grpc/gateway]".to_owned()),
        (
            "SCOUTLINE_GATEWAY",
            gateway.grpc().replacen("http", "https", 1),
        ),
    ];
    all.extend_from_slice(variables);
    let config = Path::new(AGENT);
    Collector::layered(&binaries.collector, &[config], AGENT_SETTINGS, &all)
}
