//! OTLP over HTTP, in protobuf.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};
use prost::Message;
use reqwest::{Certificate, Client, Identity, Response, Url, redirect};

use super::config::{Address, Compression, HttpPath, Remote};
use super::error::{BuildError, SendError, chain, excerpt};
use super::tls::Pem;
use super::{Acknowledgement, MAX_RESPONSE_BYTES, Transmit, USER_AGENT, within};
use crate::signal::Signal;

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");

/// A client of one receiver. It keeps its connections; clones share them.
#[derive(Clone, Debug)]
pub(super) struct Http {
    endpoint: Arc<str>,
    url: Url,
    path: HttpPath,
    client: Client,
    compression: Compression,
    timeout: Duration,
}

impl Http {
    pub(super) fn new(remote: &Remote, path: HttpPath) -> Result<Self, BuildError> {
        let invalid = |reason: String| BuildError::Endpoint {
            endpoint: remote.shown(),
            reason,
        };
        let mut headers = remote.headers.as_map().clone();
        headers.insert(CONTENT_TYPE, PROTOBUF);
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .default_headers(headers)
            // Not another host than the one that was configured, with our headers.
            .redirect(redirect::Policy::none());
        let url: Url = match remote.address() {
            Address::Url(url) => url,
            Address::Unix(path) => {
                builder = builder.unix_socket(path);
                "http://localhost".to_owned()
            }
        }
        .parse()
        .map_err(|error| invalid(chain(&error)))?;
        match url.scheme() {
            "https" => builder = secure(builder, remote)?,
            "http" => {}
            _ => {
                return Err(invalid(
                    "the scheme is none of https, http, unix".to_owned(),
                ));
            }
        }
        // reqwest is built without a provider of its own. An error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = builder.build().map_err(|error| BuildError::Tls {
            endpoint: remote.shown(),
            reason: chain(&error),
        })?;
        Ok(Self {
            endpoint: remote.shown().into(),
            url,
            path,
            client,
            compression: remote.compression,
            timeout: remote.timeout,
        })
    }

    /// Where requests of this signal go.
    fn url(&self, signal: Signal) -> Result<Url, SendError> {
        let mut url = self.url.clone();
        match self.path {
            HttpPath::Base => {
                let base = url.path().trim_end_matches('/');
                url.set_path(&format!("{base}{}", signal.http_path()));
            }
            HttpPath::Exact(only) if only == signal => {}
            HttpPath::Exact(_) => {
                return Err(SendError::NotCarried {
                    endpoint: self.endpoint.to_string(),
                    signal,
                });
            }
        }
        Ok(url)
    }

    /// The receiver, for people.
    pub(super) fn endpoint(&self) -> Arc<str> {
        Arc::clone(&self.endpoint)
    }

    /// For one attempt; zero is for ever.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    async fn export(&self, signal: Signal, request: Bytes) -> Result<Acknowledgement, SendError> {
        let response = self.post(signal, request).await?;
        self.acknowledge(signal, &response)
    }

    /// Posts an encoded request of this signal; any answer will do.
    pub(super) async fn post(
        &self,
        signal: Signal,
        request: Bytes,
    ) -> Result<http::Response<Bytes>, SendError> {
        let unreachable = |error: reqwest::Error| SendError::Unreachable {
            endpoint: self.endpoint.to_string(),
            // The URL may hold a password.
            reason: chain(&error.without_url()),
        };
        let mut post = self.client.post(self.url(signal)?);
        let compressed = match self.compression {
            Compression::None => None,
            Compression::Gzip => gzip(&request).ok().map(|bytes| ("gzip", bytes)),
            Compression::Zstd => zstd::bulk::compress(&request, zstd::DEFAULT_COMPRESSION_LEVEL)
                .ok()
                .map(|bytes| ("zstd", bytes)),
        };
        post = match compressed {
            Some((encoding, bytes)) => post.header(CONTENT_ENCODING, encoding).body(bytes),
            None => post.body(request),
        };
        let response = post.send().await.map_err(unreachable)?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = match read(response).await {
            Ok(Some(body)) => body,
            Ok(None) if status.is_success() => {
                return Err(self.not_otlp("the answer is longer than 4 MiB"));
            }
            Ok(None) => Bytes::new(),
            Err(error) => return Err(unreachable(error)),
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// What an answer to a request of this signal means.
    pub(super) fn acknowledge(
        &self,
        signal: Signal,
        response: &http::Response<Bytes>,
    ) -> Result<Acknowledgement, SendError> {
        let (status, headers, body) = (response.status(), response.headers(), response.body());
        let is_protobuf = headers.get(CONTENT_TYPE) == Some(&PROTOBUF);
        if !status.is_success() {
            return Err(SendError::Http {
                endpoint: self.endpoint.to_string(),
                status,
                message: message(is_protobuf, body),
                retry_after: retry_after(headers, SystemTime::now()),
            });
        }
        if !is_protobuf && !body.is_empty() {
            return Err(self.not_otlp("the answer is not application/x-protobuf"));
        }
        Acknowledgement::decode(signal, body.clone())
            .map_err(|error| self.not_otlp(&error.to_string()))
    }

    fn not_otlp(&self, reason: &str) -> SendError {
        SendError::NotOtlp {
            endpoint: self.endpoint.to_string(),
            reason: reason.to_owned(),
        }
    }
}

impl Transmit for Http {
    async fn send(&self, signal: Signal, request: Bytes) -> Result<Acknowledgement, SendError> {
        within(self.timeout, &self.endpoint, self.export(signal, request)).await
    }
}

fn secure(
    mut builder: reqwest::ClientBuilder,
    remote: &Remote,
) -> Result<reqwest::ClientBuilder, BuildError> {
    let unusable = |error: reqwest::Error| BuildError::Tls {
        endpoint: remote.shown(),
        reason: chain(&error),
    };
    if remote.tls.server_name_override.is_some() {
        return Err(BuildError::ServerNameOverHttp {
            endpoint: remote.shown(),
        });
    }
    let pem = Pem::read(&remote.tls)?;
    if let Some(ca) = pem.ca {
        builder = builder.tls_certs_only(Certificate::from_pem_bundle(&ca).map_err(unusable)?);
    }
    if let Some(mut own) = pem.identity {
        own.cert.push(b'\n');
        own.cert.extend_from_slice(&own.key);
        builder = builder.identity(Identity::from_pem(&own.cert).map_err(unusable)?);
    }
    Ok(builder)
}

fn gzip(request: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(request)?;
    encoder.finish()
}

/// The body, `None` if it is longer than any OTLP answer.
async fn read(mut response: Response) -> Result<Option<Bytes>, reqwest::Error> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body.freeze()))
}

/// What an error says: a `google.rpc.Status` from an OTLP receiver, any text from what is in between.
fn message(is_protobuf: bool, body: &[u8]) -> String {
    if is_protobuf && let Ok(status) = tonic_types::Status::decode(body) {
        return excerpt(&status.message);
    }
    excerpt(&String::from_utf8_lossy(body))
}

/// `Retry-After`: seconds, or a date. A date that has passed is zero.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        for (value, expected) in [
            ("120", Some(120)),
            ("0", Some(0)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:40:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
            assert_eq!(
                retry_after(&headers, now),
                expected.map(Duration::from_secs),
                "{value}"
            );
        }
    }

    #[test]
    fn the_path_depends_on_what_the_endpoint_is_for() {
        let exact = HttpPath::Exact(Signal::Traces);
        for (endpoint, path, expected) in [
            ("http://c:4318", HttpPath::Base, "http://c:4318/v1/traces"),
            ("http://c:4318/", HttpPath::Base, "http://c:4318/v1/traces"),
            ("http://c/otel/", HttpPath::Base, "http://c/otel/v1/traces"),
            ("http://c/otel", exact, "http://c/otel"),
            ("http://c", exact, "http://c/"),
            (
                "unix:///run/o",
                HttpPath::Base,
                "http://localhost/v1/traces",
            ),
        ] {
            let remote = Remote {
                endpoint: endpoint.to_owned(),
                tls: super::super::config::Tls::default(),
                headers: super::super::config::Headers::default(),
                compression: Compression::None,
                timeout: Duration::ZERO,
            };
            let http = Http::new(&remote, path).unwrap();
            let url = |signal| http.url(signal).map(|url| url.to_string());
            assert_eq!(url(Signal::Traces).unwrap(), expected, "{endpoint}");
            match path {
                HttpPath::Base => {
                    let logs = expected.replace("traces", "logs");
                    assert_eq!(url(Signal::Logs).unwrap(), logs, "{endpoint}");
                    let metrics = expected.replace("traces", "metrics");
                    assert_eq!(url(Signal::Metrics).unwrap(), metrics, "{endpoint}");
                }
                HttpPath::Exact(_) => assert!(url(Signal::Logs).is_err(), "{endpoint}"),
            }
        }
    }
}
