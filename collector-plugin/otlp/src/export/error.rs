//! What can go wrong while sending, and whether trying again makes sense.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use http::StatusCode;
use rustls::pki_types::pem;
use thiserror::Error;
use tonic::Code;

use crate::signal::Signal;

/// An exporter can not be made from its configuration.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The endpoint can not be understood.
    #[error("{endpoint:?} is not an endpoint: {reason}")]
    Endpoint {
        /// As configured.
        endpoint: String,
        /// What the parser says.
        reason: String,
    },
    /// A certificate or key can not be read.
    #[error("{} (tls.{key}) can not be read", path.display())]
    ReadPem {
        /// Key in the configuration.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds no certificate or no key.
    #[error("{} (tls.{key}) holds no PEM that can be used", path.display())]
    NotPem {
        /// Key in the configuration.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// One of a certificate and its key is missing.
    #[error("tls.cert_file and tls.key_file need each other, only one is set")]
    HalfIdentity,
    /// Certificates and keys were read but can not be used.
    #[error("TLS to {endpoint:?} can not be set up: {reason}")]
    Tls {
        /// As configured.
        endpoint: String,
        /// What the TLS library says.
        reason: String,
    },
    /// opentelemetry-otlp does not take the configuration.
    #[error("metrics can not be sent to {endpoint:?}: {reason}")]
    Metrics {
        /// As configured.
        endpoint: String,
        /// What it says.
        reason: String,
    },
    /// Works over gRPC only.
    #[error("tls.server_name_override works with gRPC only, {endpoint:?} is OTLP over HTTP")]
    ServerNameOverHttp {
        /// As configured.
        endpoint: String,
    },
}

/// A request that was not taken.
#[derive(Debug, Error)]
pub enum SendError {
    /// There is no connection, or it broke before the answer.
    #[error("{endpoint} can not be reached: {reason}")]
    Unreachable {
        /// As configured.
        endpoint: String,
        /// The chain of causes.
        reason: String,
    },
    /// No answer in time.
    #[error("{endpoint} did not answer within {timeout:?}")]
    TimedOut {
        /// As configured.
        endpoint: String,
        /// The limit.
        timeout: Duration,
    },
    /// The receiver refused, over gRPC.
    #[error("{endpoint} answered {code:?}: {message}")]
    Grpc {
        /// As configured.
        endpoint: String,
        /// The status.
        code: Code,
        /// What it said.
        message: String,
        /// `RetryInfo`, if it sent one.
        retry_after: Option<Duration>,
    },
    /// The receiver refused, over HTTP.
    #[error("{endpoint} answered {status}: {message}")]
    Http {
        /// As configured.
        endpoint: String,
        /// The status.
        status: StatusCode,
        /// What it said.
        message: String,
        /// `Retry-After`, if it sent one.
        retry_after: Option<Duration>,
    },
    /// Something answered, but not an OTLP receiver.
    #[error("{endpoint} does not speak OTLP: {reason}")]
    NotOtlp {
        /// As configured.
        endpoint: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The URL is for another signal ([`super::HttpPath::Exact`]).
    #[error("{endpoint} is not for {signal}")]
    NotCarried {
        /// As configured.
        endpoint: String,
        /// What was to be sent.
        signal: Signal,
    },
    /// Metrics were not taken, in the words of opentelemetry-otlp.
    #[error("{endpoint} did not take metrics: {reason}")]
    Metrics {
        /// As configured.
        endpoint: String,
        /// What it says.
        reason: String,
        /// The receiver takes no metrics.
        is_unserved: bool,
    },
    /// A file could not be written.
    #[error("{} can not be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A batch could not be turned into JSON.
    #[error("a batch of {bytes} bytes can not be turned into OTLP/JSON: {reason}")]
    Json {
        /// Length of the batch.
        bytes: usize,
        /// Why.
        reason: String,
    },
}

/// What to do about a [`SendError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Advice {
    /// The same bytes will be refused again.
    GiveUp,
    /// Try again, after the usual time.
    Retry,
    /// Try again, not before this time: the receiver asked for it.
    RetryAfter(Duration),
}

impl SendError {
    /// What went wrong in one word, for `error.type`: a status as its protocol writes it, else our own word.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Grpc { code, .. } => format!("{code:?}"),
            Self::Http { status, .. } => status.as_u16().to_string(),
            Self::Unreachable { .. } => "unreachable".to_owned(),
            Self::TimedOut { .. } => "timeout".to_owned(),
            Self::NotOtlp { .. } => "not_otlp".to_owned(),
            Self::Write { .. } => "write".to_owned(),
            Self::NotCarried { .. } | Self::Json { .. } | Self::Metrics { .. } => {
                "_OTHER".to_owned()
            }
        }
    }

    /// Whether the receiver will never take this.
    pub(crate) fn is_final(&self) -> bool {
        self.advice() == Advice::GiveUp
    }

    /// The receiver takes OTLP, but not this signal: so a Collector says that it has no pipeline for it.
    pub(crate) fn is_unserved(&self) -> bool {
        match self {
            Self::Grpc { code, .. } => *code == Code::Unimplemented,
            Self::Http { status, .. } => *status == StatusCode::NOT_FOUND,
            Self::Metrics { is_unserved, .. } => *is_unserved,
            _ => false,
        }
    }

    /// Whether and when to try again, as the OTLP specification rules for each status.
    pub(super) fn advice(&self) -> Advice {
        let (retryable, retry_after) = match self {
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Metrics { .. }
            | Self::Write { .. } => (true, None),
            Self::NotOtlp { .. } | Self::NotCarried { .. } | Self::Json { .. } => (false, None),
            Self::Grpc {
                code, retry_after, ..
            } => (
                match code {
                    Code::Cancelled
                    | Code::DeadlineExceeded
                    | Code::Aborted
                    | Code::OutOfRange
                    | Code::Unavailable
                    | Code::DataLoss => true,
                    // Only a receiver that says when it will have recovered is worth waiting for.
                    Code::ResourceExhausted => retry_after.is_some(),
                    _ => false,
                },
                *retry_after,
            ),
            Self::Http {
                status,
                retry_after,
                ..
            } => (
                matches!(status.as_u16(), 429 | 502 | 503 | 504),
                *retry_after,
            ),
        };
        match (retryable, retry_after) {
            (false, _) => Advice::GiveUp,
            (true, None) => Advice::Retry,
            (true, Some(delay)) => Advice::RetryAfter(delay),
        }
    }
}

/// An error with all its causes on one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        // Some libraries repeat the cause in their own message.
        if !text.ends_with(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    text
}

/// What a receiver said, fit for a log line: bounded, without control characters.
pub(super) fn excerpt(text: &str) -> String {
    const MAX_CHARS: usize = 300;
    let mut words: String = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_CHARS)
        .collect();
    if text.trim().chars().nth(MAX_CHARS).is_some() {
        words.push(scoutline_semconv::limits::CUT_MARK);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grpc(code: Code, retry_after: Option<Duration>) -> Advice {
        SendError::Grpc {
            endpoint: String::new(),
            code,
            message: String::new(),
            retry_after,
        }
        .advice()
    }

    #[test]
    fn grpc_codes_are_retried_as_the_specification_says() {
        for code in (0..=16).map(Code::from_i32) {
            let retried = matches!(code as i32, 1 | 4 | 10 | 11 | 14 | 15);
            let expected = if retried {
                Advice::Retry
            } else {
                Advice::GiveUp
            };
            assert_eq!(grpc(code, None), expected, "{code:?}");
        }
        let second = Duration::from_secs(1);
        assert_eq!(
            grpc(Code::ResourceExhausted, Some(second)),
            Advice::RetryAfter(second)
        );
        assert_eq!(
            grpc(Code::Unavailable, Some(second)),
            Advice::RetryAfter(second)
        );
        assert_eq!(grpc(Code::InvalidArgument, Some(second)), Advice::GiveUp);
    }

    #[test]
    fn http_statuses_are_retried_as_the_specification_says() {
        for status in 300..600 {
            let error = SendError::Http {
                endpoint: String::new(),
                status: StatusCode::from_u16(status).unwrap(),
                message: String::new(),
                retry_after: None,
            };
            let retried = [429, 502, 503, 504].contains(&status);
            let expected = if retried {
                Advice::Retry
            } else {
                Advice::GiveUp
            };
            assert_eq!(error.advice(), expected, "{status}");
        }
    }

    #[test]
    fn what_a_receiver_says_can_not_forge_a_log_line() {
        assert_eq!(
            excerpt(" no\r\nERROR forged\u{1b}[0m "),
            "no  ERROR forged [0m"
        );
        assert_eq!(excerpt(&"x".repeat(10_000)).chars().count(), 301);
    }
}
