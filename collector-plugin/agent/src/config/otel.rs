//! `OTEL_*` variables, by the OpenTelemetry specification: an empty variable is an absent one, a word that
//! is not known is told and ignored, a variable for one signal wins over the one for all signals.

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

/// Name of the exporter that the environment makes, which is for logs and what goes the same way.
const NAME: &str = "otlp/environment";

/// A setting, for each of [`Signal::ALL`] and for all signals.
struct Setting {
    each: [&'static str; 3],
    all: &'static str,
}

macro_rules! setting {
    ($name:literal) => {
        Setting {
            each: [
                concat!("OTEL_EXPORTER_OTLP_LOGS_", $name),
                concat!("OTEL_EXPORTER_OTLP_TRACES_", $name),
                concat!("OTEL_EXPORTER_OTLP_METRICS_", $name),
            ],
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

    /// The exporters that the environment asks for: one for all signals that go the same way.
    pub(super) fn exporters(&mut self) -> Vec<Exporter> {
        let wanted = Signal::ALL.map(|signal| self.wanted(signal));
        // Traces or metrics alone are no reason to send anything.
        let [logs, ..] = wanted;
        let is_local = logs == Some(true);
        let mut exporters: Vec<Exporter> = Vec::new();
        for (signal, wanted) in Signal::ALL.into_iter().zip(wanted) {
            if wanted == Some(false) {
                continue;
            }
            let of_signal = OfSignal { otel: self, signal };
            let Some(destination) = of_signal.destination(is_local) else {
                continue;
            };
            let same = |it: &&mut Exporter| it.config.destination == destination;
            if let Some(exporter) = exporters.iter_mut().find(same) {
                exporter.config.signals.push(signal);
                continue;
            }
            let name = match signal {
                Signal::Logs => NAME.to_owned(),
                other => format!("{NAME}_{other}"),
            };
            exporters.push(resolve::with_defaults(name, destination, vec![signal]));
        }
        exporters
    }

    /// Whether `OTEL_LOGS_EXPORTER` and its like want OTLP; `None` if it does not say.
    fn wanted(&mut self, signal: Signal) -> Option<bool> {
        let name = match signal {
            Signal::Logs => "OTEL_LOGS_EXPORTER",
            Signal::Traces => "OTEL_TRACES_EXPORTER",
            Signal::Metrics => "OTEL_METRICS_EXPORTER",
        };
        let text = self.variables.filled(name)?;
        let mut wanted = None;
        for word in text.split(',') {
            match word.trim().to_ascii_lowercase().as_str() {
                "otlp" => wanted = Some(true),
                // The terminal shows detections anyway.
                "none" | "console" => wanted = wanted.or(Some(false)),
                _ => {
                    let message = "ignored: expected otlp, console or none";
                    self.tell(name, Level::Warning, message);
                }
            }
        }
        wanted
    }

    fn tell(&mut self, name: &'static str, level: Level, message: impl Into<String>) {
        let finding = Finding::Variable {
            name,
            level,
            message: message.into(),
        };
        // A variable for all signals is read for each of them.
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }
}

/// Reads what is said about one signal.
struct OfSignal<'a, 'b> {
    otel: &'a mut Otel<'b>,
    signal: Signal,
}

impl OfSignal<'_, '_> {
    /// Where to. Without an endpoint to this host if `is_local`, else nowhere.
    fn destination(mut self, is_local: bool) -> Option<Destination> {
        let endpoint = self.setting(&ENDPOINT);
        if endpoint.is_none() && !is_local {
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
        Some(match protocol {
            Protocol::Grpc => Destination::Grpc(remote),
            Protocol::Http if name == ENDPOINT.all => Destination::Http {
                remote,
                path: HttpPath::Base,
            },
            Protocol::Http => Destination::Http {
                remote,
                path: HttpPath::Exact(self.signal),
            },
        })
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
        let [logs, traces, metrics] = setting.each;
        let own = match self.signal {
            Signal::Logs => logs,
            Signal::Traces => traces,
            Signal::Metrics => metrics,
        };
        [own, setting.all]
            .into_iter()
            .find_map(|name| Some((name, self.otel.variables.filled(name)?.to_owned())))
    }

    fn tell(&mut self, name: &'static str, level: Level, message: impl Into<String>) {
        self.otel.tell(name, level, message);
    }
}
