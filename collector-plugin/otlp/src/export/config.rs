//! What an exporter needs to know, resolved: no defaults are left open, no files of secrets to look up.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;

use super::retry::Retry;
use crate::signal::Signal;

/// Time for one attempt, as the OTLP specification has it.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Requests under way at once: enough to hide the latency of a Collector that is far away.
pub const DEFAULT_CONSUMERS: NonZeroUsize = NonZeroUsize::new(4).unwrap();

/// One exporter.
#[derive(Clone, Debug)]
pub struct ExporterConfig {
    /// As in the configuration, `otlp_grpc/second`: for logs and metrics.
    pub name: String,
    /// Where to.
    pub destination: Destination,
    /// What it is for, as far as the destination [carries](Destination::carries) it.
    pub signals: Vec<Signal>,
    /// What to do when the destination is away; `None` gives up at once.
    pub retry: Option<Retry>,
    /// Requests under way at once. A file has one writer whatever is asked for.
    pub consumers: NonZeroUsize,
}

impl ExporterConfig {
    /// Whether it is for this signal.
    pub fn carries(&self, signal: Signal) -> bool {
        self.signals.contains(&signal) && self.destination.carries(signal)
    }
}

/// Where batches go.
#[derive(Clone, Debug, PartialEq)]
pub enum Destination {
    /// OTLP over gRPC.
    Grpc(Remote),
    /// OTLP over HTTP, in protobuf.
    Http {
        /// The receiver.
        remote: Remote,
        /// How [`Remote::endpoint`] is to be read.
        path: HttpPath,
    },
    /// OTLP/JSON, one request a line, appended to the signal's [file](Signal::file_name).
    File {
        /// Made if there is none.
        directory: PathBuf,
    },
}

/// What an HTTP endpoint says about the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpPath {
    /// It is a base for all signals: `/v1/logs`, `/v1/traces` or `/v1/metrics` is appended.
    Base,
    /// It is the URL of one signal, used as it is. All else that such an exporter is given is refused, so ask
    /// [`Destination::carries`] first.
    Exact(Signal),
}

impl Destination {
    /// Whether there is anything that takes this signal.
    pub fn carries(&self, signal: Signal) -> bool {
        match self {
            Self::Http {
                path: HttpPath::Exact(only),
                ..
            } => *only == signal,
            _ => true,
        }
    }
}

/// A receiver of OTLP.
#[derive(Clone, Debug, PartialEq)]
pub struct Remote {
    /// `https://host:port`, `http://host:port`, `unix:///path` or, as the Collector has it, `host:port`: that is
    /// https unless [`Tls::insecure`] is set.
    pub endpoint: String,
    /// How to trust it and be trusted.
    pub tls: Tls,
    /// Sent with every request.
    pub headers: Headers,
    /// Of requests.
    pub compression: Compression,
    /// For one attempt, connecting included; zero is for ever.
    pub timeout: Duration,
}

/// Names follow the Collector's `configtls`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tls {
    /// No TLS for an endpoint without a scheme.
    pub insecure: bool,
    /// PEM, trusted instead of the host's certificates.
    pub ca_file: Option<PathBuf>,
    /// PEM, the sensor's own certificate with its chain; needs [`Self::key_file`].
    pub cert_file: Option<PathBuf>,
    /// PEM, the key of [`Self::cert_file`].
    pub key_file: Option<PathBuf>,
    /// The name in the receiver's certificate, if it is not the endpoint's; gRPC only.
    pub server_name_override: Option<String>,
}

/// Compression of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Every receiver takes it.
    #[default]
    Gzip,
    /// A tenth of gzip's time. Not in the OTLP specification, but the Collector takes it.
    Zstd,
    /// As it is.
    None,
}

/// Headers of requests. Values are never shown, not even in `Debug`.
#[derive(Clone, Default, PartialEq)]
pub struct Headers(HeaderMap);

/// A header that can not be sent. The value is not shown since it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// Characters that a name can not have.
    #[error("{name:?} is not a header name")]
    Name {
        /// As given.
        name: String,
    },
    /// Characters that a value can not have, or a gRPC header of bytes.
    #[error("the value of header {name:?} has characters that can not be sent")]
    Value {
        /// Its name.
        name: String,
    },
}

impl Headers {
    /// Sets a header, over one of the same name.
    ///
    /// # Errors
    /// If the name or the value can not be sent.
    pub fn insert(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        let key: HeaderName = name.parse().map_err(|_| HeaderError::Name {
            name: name.to_owned(),
        })?;
        let mut value = HeaderValue::from_str(value).map_err(|_| HeaderError::Value {
            name: name.to_owned(),
        })?;
        value.set_sensitive(true);
        self.0.insert(key, value);
        Ok(())
    }

    pub(super) fn as_map(&self) -> &HeaderMap {
        &self.0
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// An endpoint taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address<'a> {
    /// A URL with `http` or `https`.
    Url(String),
    /// The path of a socket.
    Unix(&'a str),
}

impl Remote {
    /// The endpoint as it may be shown: without a user name and password.
    pub(super) fn shown(&self) -> String {
        let Some((scheme, rest)) = self.endpoint.split_once("://") else {
            return self.endpoint.clone();
        };
        let authority = rest.find('/').unwrap_or(rest.len());
        match rest
            .get(..authority)
            .and_then(|authority| authority.rfind('@'))
        {
            Some(at) => format!("{scheme}://{}", rest.get(at + 1..).unwrap_or_default()),
            None => self.endpoint.clone(),
        }
    }

    /// Reads the endpoint; its URL is checked by whoever connects.
    pub(super) fn address(&self) -> Address<'_> {
        if let Some(path) = self.endpoint.strip_prefix("unix:") {
            // `unix:///run/x` has an empty authority, `unix:/run/x` none.
            return Address::Unix(path.strip_prefix("//").unwrap_or(path));
        }
        if self.endpoint.contains("://") {
            return Address::Url(self.endpoint.clone());
        }
        let scheme = if self.tls.insecure { "http" } else { "https" };
        Address::Url(format!("{scheme}://{}", self.endpoint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(endpoint: &str, insecure: bool) -> Remote {
        Remote {
            endpoint: endpoint.to_owned(),
            tls: Tls {
                insecure,
                ..Tls::default()
            },
            headers: Headers::default(),
            compression: Compression::None,
            timeout: DEFAULT_TIMEOUT,
        }
    }

    #[test]
    fn endpoints_are_read_as_the_collector_reads_them() {
        let url = |url: &str| Address::Url(url.to_owned());
        for (endpoint, insecure, expected) in [
            ("https://c:4317", false, url("https://c:4317")),
            ("https://c:4317", true, url("https://c:4317")),
            ("http://c:4317", false, url("http://c:4317")),
            ("c:4317", false, url("https://c:4317")),
            ("c:4317", true, url("http://c:4317")),
            ("unix:///run/o.sock", false, Address::Unix("/run/o.sock")),
            ("unix:/run/o.sock", false, Address::Unix("/run/o.sock")),
        ] {
            assert_eq!(
                remote(endpoint, insecure).address(),
                expected,
                "{endpoint} {insecure}"
            );
        }
    }

    #[test]
    fn passwords_in_an_endpoint_are_not_shown() {
        for (endpoint, expected) in [
            ("https://u:p@c:4317/x@y", "https://c:4317/x@y"),
            ("https://c:4317", "https://c:4317"),
            ("c:4317", "c:4317"),
            ("unix:///run/a@b", "unix:///run/a@b"),
        ] {
            assert_eq!(remote(endpoint, false).shown(), expected);
        }
    }

    #[test]
    fn header_values_are_never_shown() {
        let mut headers = Headers::default();
        headers.insert("Authorization", "Bearer hunter2").unwrap();
        assert_eq!(format!("{headers:?}"), r#"{"authorization"}"#);
        let error = headers.insert("authorization", "hunter2\n").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        assert!(headers.insert("a b", "x").is_err());
    }
}
