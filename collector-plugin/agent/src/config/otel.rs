//! `OTEL_*` variables, by the OpenTelemetry specification: an empty variable is an absent one, a word that
//! is not known is told and ignored, a variable for logs wins over the one for all signals.

use std::path::PathBuf;
use std::time::Duration;

use scoutline_detect::diagnostic::Level;
use scoutline_otlp::{
    Compression, DEFAULT_TIMEOUT, Destination, Headers, HttpPath, Remote, Signal, Tls,
};

use super::endpoint::{self, Protocol};
use super::{Exporter, Finding, pairs, resolve};
use crate::host::FIXED_ATTRIBUTES;
use crate::variables::Variables;

/// Name of the exporter that the environment makes.
const NAME: &str = "otlp/environment";

/// A setting, for logs and for all signals.
struct Setting {
    logs: &'static str,
    all: &'static str,
}

macro_rules! setting {
    ($name:literal) => {
        Setting {
            logs: concat!("OTEL_EXPORTER_OTLP_LOGS_", $name),
            all: concat!("OTEL_EXPORTER_OTLP_", $name),
        }
    };
}

const ENDPOINT: Setting = setting!("ENDPOINT");
const PROTOCOL: Setting = setting!("PROTOCOL");
const HEADERS: Setting = setting!("HEADERS");
const COMPRESSION: Setting = setting!("COMPRESSION");
const TIMEOUT: Setting = setting!("TIMEOUT");
const CERTIFICATE: Setting = setting!("CERTIFICATE");
const CLIENT_CERTIFICATE: Setting = setting!("CLIENT_CERTIFICATE");
const CLIENT_KEY: Setting = setting!("CLIENT_KEY");
const INSECURE: Setting = setting!("INSECURE");

/// Reads the variables and says what is odd about them.
pub(super) struct Otel<'a> {
    pub(super) variables: &'a Variables,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Otel<'_> {
    /// `OTEL_RESOURCE_ATTRIBUTES` without what the sensor sets itself.
    pub(super) fn resource(&mut self) -> Vec<(String, String)> {
        const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
        const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
        if self.variables.filled(SERVICE_NAME).is_some() {
            let message = "ignored: service.name is always scoutline";
            self.tell(SERVICE_NAME, Level::Warning, message);
        }
        let Some(text) = self.variables.filled(ATTRIBUTES) else {
            return Vec::new();
        };
        let Some(mut attributes) = pairs::pairs(text) else {
            let message = "ignored: not of the form key=value,key=value";
            self.tell(ATTRIBUTES, Level::Warning, message);
            return Vec::new();
        };
        attributes.retain(|(key, _)| {
            let is_fixed = FIXED_ATTRIBUTES.contains(&key.as_str());
            if is_fixed {
                let message = format!("{key} ignored: it is always set by the sensor");
                self.tell(ATTRIBUTES, Level::Warning, message);
            }
            !is_fixed
        });
        attributes
    }

    /// `OTEL_SDK_DISABLED`: only `true` is, in any case.
    pub(super) fn is_sdk_disabled(&mut self) -> bool {
        const DISABLED: &str = "OTEL_SDK_DISABLED";
        match self.variables.filled(DISABLED) {
            Some(word) if word.eq_ignore_ascii_case("true") => true,
            Some(word) if !word.eq_ignore_ascii_case("false") => {
                let message = "ignored: expected true or false";
                self.tell(DISABLED, Level::Warning, message);
                false
            }
            _ => false,
        }
    }

    /// The exporter that the environment asks for, if it does.
    pub(super) fn exporter(&mut self) -> Option<Exporter> {
        let wanted = self.logs_exporter();
        if wanted == Some(false) {
            return None;
        }
        let endpoint = self.setting(&ENDPOINT);
        if endpoint.is_none() && wanted.is_none() {
            return None;
        }
        let protocol = self.protocol();
        let (name, endpoint) = endpoint.unwrap_or_else(|| {
            let local = match protocol {
                Protocol::Grpc => "http://localhost:4317",
                Protocol::Http => "http://localhost:4318",
            };
            (ENDPOINT.all, local.to_owned())
        });
        if let Err(bad) = endpoint::check(&endpoint, protocol) {
            // An error, although the specification would go on: detections would go nowhere, unnoticed.
            self.tell(name, Level::Error, format!("{}; {}", bad.message, bad.help));
        }
        let remote = Remote {
            endpoint,
            tls: self.tls(),
            headers: self.headers(),
            compression: self.compression(),
            timeout: self.timeout(),
        };
        let destination = match protocol {
            Protocol::Grpc => Destination::Grpc(remote),
            Protocol::Http if name == ENDPOINT.logs => Destination::Http {
                remote,
                path: HttpPath::Exact(Signal::Logs),
            },
            Protocol::Http => Destination::Http {
                remote,
                path: HttpPath::Base,
            },
        };
        Some(resolve::with_defaults(NAME.to_owned(), destination))
    }

    /// Whether `OTEL_LOGS_EXPORTER` wants OTLP; `None` if it does not say.
    fn logs_exporter(&mut self) -> Option<bool> {
        const LOGS_EXPORTER: &str = "OTEL_LOGS_EXPORTER";
        let text = self.variables.filled(LOGS_EXPORTER)?;
        let mut wanted = None;
        for word in text.split(',') {
            match word.trim().to_ascii_lowercase().as_str() {
                "otlp" => wanted = Some(true),
                // The terminal shows detections anyway.
                "none" | "console" => wanted = wanted.or(Some(false)),
                _ => {
                    let message = "ignored: expected otlp, console or none";
                    self.tell(LOGS_EXPORTER, Level::Warning, message);
                }
            }
        }
        wanted
    }

    fn protocol(&mut self) -> Protocol {
        match self.setting(&PROTOCOL) {
            None => Protocol::Http,
            Some((_, word)) if word.eq_ignore_ascii_case("grpc") => Protocol::Grpc,
            Some((_, word)) if word.eq_ignore_ascii_case("http/protobuf") => Protocol::Http,
            Some((name, _)) => {
                let message = "ignored: expected grpc or http/protobuf, http/protobuf is used";
                self.tell(name, Level::Warning, message);
                Protocol::Http
            }
        }
    }

    fn tls(&mut self) -> Tls {
        let path = |setting| self.setting(setting).map(|(_, path)| PathBuf::from(path));
        let tls = Tls {
            ca_file: path(&CERTIFICATE),
            cert_file: path(&CLIENT_CERTIFICATE),
            key_file: path(&CLIENT_KEY),
            server_name_override: None,
            insecure: self
                .setting(&INSECURE)
                .is_some_and(|(_, value)| value.eq_ignore_ascii_case("true")),
        };
        for (there, missing) in [
            (&CLIENT_CERTIFICATE, &CLIENT_KEY),
            (&CLIENT_KEY, &CLIENT_CERTIFICATE),
        ] {
            if let (Some((name, _)), None) = (self.setting(there), self.setting(missing)) {
                let message = format!("{} is missing, they go together", missing.all);
                self.tell(name, Level::Error, message);
            }
        }
        tls
    }

    fn headers(&mut self) -> Headers {
        let Some((name, text)) = self.setting(&HEADERS) else {
            return Headers::default();
        };
        let mut headers = Headers::default();
        let is_good = pairs::pairs(&text).is_some_and(|pairs| {
            pairs
                .iter()
                .all(|(key, value)| headers.insert(key, value).is_ok())
        });
        if is_good {
            return headers;
        }
        let message = "ignored: not of the form key=value,key=value, or not fit for headers";
        self.tell(name, Level::Warning, message);
        Headers::default()
    }

    fn compression(&mut self) -> Compression {
        let Some((name, word)) = self.setting(&COMPRESSION) else {
            return Compression::default();
        };
        match word.to_ascii_lowercase().as_str() {
            "gzip" => Compression::Gzip,
            "zstd" => Compression::Zstd,
            "none" => Compression::None,
            _ => {
                let message = "ignored: expected gzip, zstd or none";
                self.tell(name, Level::Warning, message);
                Compression::default()
            }
        }
    }

    /// Milliseconds; 0 is no limit.
    fn timeout(&mut self) -> Duration {
        let Some((name, text)) = self.setting(&TIMEOUT) else {
            return DEFAULT_TIMEOUT;
        };
        match text.parse() {
            Ok(milliseconds) => Duration::from_millis(milliseconds),
            Err(_) => {
                let message = "ignored: expected a whole number of milliseconds";
                self.tell(name, Level::Warning, message);
                DEFAULT_TIMEOUT
            }
        }
    }

    /// A setting and the variable that it comes from.
    fn setting(&self, setting: &Setting) -> Option<(&'static str, String)> {
        [setting.logs, setting.all]
            .into_iter()
            .find_map(|name| Some((name, self.variables.filled(name)?.to_owned())))
    }

    fn tell(&mut self, name: &'static str, level: Level, message: impl Into<String>) {
        self.findings.push(Finding::Variable {
            name,
            level,
            message: message.into(),
        });
    }
}
