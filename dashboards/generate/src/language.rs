//! What query languages make of the names on the wire.

use std::collections::BTreeSet;

use scoutline_semconv::collector::ADDED;
use scoutline_semconv::registry::{self, Instrument, Measured, Place};
use scoutline_semconv::resource;

/// A query language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Of Loki.
    LogQl,
    /// Of Tempo.
    TraceQl,
    /// Of Prometheus.
    PromQl,
    /// Of Splunk.
    Spl,
    /// Of Elasticsearch: a pipe of commands.
    EsQl,
    /// Of Elasticsearch: events and sequences.
    Eql,
    /// Of Kibana.
    Kql,
}

/// What a query is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A panel, which the variables of its dashboard narrow down.
    Panel,
    /// A rule, which looks at everything.
    Alert,
}

/// Why a query cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// It names an attribute that there is none of.
    #[error(
        "@{{{0}}} is no attribute or metric of semconv/registry, nothing that deploy/collector adds, and no selection of this language"
    )]
    Unknown(String),
    /// A name has no end.
    #[error("`{0}` begins a name that does not end")]
    Open(String),
}

/// What is asked of, by the name that queries have for it. Kibana narrows ES|QL down by itself; the macros of SPL are defined
/// in the app.
const SELECTIONS: &[(Language, &str, &str)] = &[
    (
        Language::LogQl,
        "heartbeats",
        r#"@{of_sensors} | @{scoutline.record.kind}="heartbeat""#,
    ),
    (
        Language::LogQl,
        "losses",
        r#"@{of_sensors} | @{scoutline.record.kind}="loss""#,
    ),
    (
        Language::LogQl,
        "sensor",
        r#"@{of_sensors} | @{scoutline.record.kind}="sensor""#,
    ),
    (
        Language::Spl,
        "heartbeats",
        "@{of_sensors} sourcetype=scoutline:heartbeat",
    ),
    (
        Language::Spl,
        "losses",
        "@{of_sensors} sourcetype=scoutline:loss",
    ),
    (
        Language::Spl,
        "sensor",
        "@{of_sensors} sourcetype=scoutline:sensor",
    ),
    (
        Language::EsQl,
        "detections",
        r#"@{records} | WHERE @{scoutline.record.kind} == "detection" AND @{scoutline.detection.phase} == "first""#,
    ),
    (
        Language::EsQl,
        "heartbeats",
        r#"@{records} | WHERE @{scoutline.record.kind} == "heartbeat""#,
    ),
    (
        Language::EsQl,
        "losses",
        r#"@{records} | WHERE @{scoutline.record.kind} == "loss""#,
    ),
    (
        Language::EsQl,
        "sensor",
        r#"@{records} | WHERE @{scoutline.record.kind} == "sensor""#,
    ),
    (
        Language::Eql,
        "detections",
        r#"@{scoutline.record.kind} == "detection" and @{scoutline.detection.phase} == "first""#,
    ),
    (
        Language::Kql,
        "detections",
        r#"@{scoutline.record.kind}: "detection" and @{scoutline.detection.phase}: "first""#,
    ),
];

/// The same where a dashboard's variables narrow it down: the language and the name, then for panels and for rules.
///
/// In LogQL the stream's labels come first, since they decide what Loki reads, and only detections have that service's name;
/// each filter behind them costs time.
const NARROWED: &[(Language, &str, &str, &str)] = &[
    (
        Language::LogQl,
        "detections",
        r#"{@{service.name}="scoutline", @{deployment.environment.name}=~"$environment"} | @{scoutline.detection.phase}="first" | @{host.name}=~"$host""#,
        r#"{@{service.name}="scoutline"} | @{scoutline.detection.phase}="first""#,
    ),
    (
        Language::LogQl,
        "of_sensors",
        r#"{@{service.name}="scoutline-sensor", @{deployment.environment.name}=~"$environment"} | @{host.name}=~"$host""#,
        r#"{@{service.name}="scoutline-sensor"}"#,
    ),
    (
        Language::PromQl,
        "of_sensors",
        r#"job="scoutline-sensor", @{deployment.environment.name}=~"$environment", @{host.name}=~"$host""#,
        r#"job="scoutline-sensor""#,
    ),
    (
        Language::TraceQl,
        "detections",
        r#"@{service.name}="scoutline" && @{host.name}=~"$host""#,
        r#"@{service.name}="scoutline""#,
    ),
    (
        Language::Spl,
        "detections",
        "`scoutline_detections` @{deployment.environment.name}=$environment|s$ @{host.name}=$host|s$",
        "`scoutline_detections`",
    ),
    (
        Language::Spl,
        "of_sensors",
        "`scoutline_of_sensors` @{deployment.environment.name}=$environment|s$ @{host.name}=$host|s$",
        "`scoutline_of_sensors`",
    ),
    (
        Language::Spl,
        "of_repository",
        // Not every job says which repository it is of, and a wildcard matches only what is there.
        r#"| fillnull value="-" @{vcs.repository.url.full} | search @{vcs.repository.url.full}=$repository|s$"#,
        r#"| fillnull value="-" @{vcs.repository.url.full}"#,
    ),
    (
        Language::EsQl,
        "records",
        "FROM logs-scoutline.otel-*",
        "FROM logs-scoutline.otel-* METADATA _id, _index, _version",
    ),
];

impl Language {
    /// A query with all `@{names}` replaced.
    ///
    /// # Errors
    /// If one is neither on the wire nor a selection.
    pub fn expand(self, query: &str, purpose: Purpose) -> Result<String, ExpandError> {
        let mut text = String::new();
        let mut rest = query;
        while let Some((before, after)) = rest.split_once("@{") {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| ExpandError::Open(format!("@{{{after}")))?;
            text.push_str(before);
            match self.selection(name, purpose) {
                Some(selection) => text.push_str(&self.expand(selection, purpose)?),
                None => text.push_str(&self.name(name)?),
            }
            rest = after;
        }
        text.push_str(rest);
        Ok(text)
    }

    /// The attributes that a query reads, those of its selections too.
    ///
    /// # Errors
    /// As [`Self::expand`].
    pub fn reads(self, query: &str, purpose: Purpose) -> Result<BTreeSet<String>, ExpandError> {
        let mut read = BTreeSet::new();
        for part in query.split("@{").skip(1) {
            let (name, _) = part
                .split_once('}')
                .ok_or_else(|| ExpandError::Open(format!("@{{{part}")))?;
            match self.selection(name, purpose) {
                Some(selection) => read.extend(self.reads(selection, purpose)?),
                None => {
                    self.name(name)?;
                    read.insert(name.to_owned());
                }
            }
        }
        Ok(read)
    }

    /// What it calls an attribute, or a metric.
    ///
    /// # Errors
    /// If neither the registry nor [`ADDED`] has it.
    pub fn name(self, attribute: &str) -> Result<String, ExpandError> {
        if self == Self::PromQl
            && let Some(measured) = registry::measured(attribute)
        {
            return Ok(of_prometheus(measured));
        }
        let found = registry::find(attribute);
        if found.is_none() && !ADDED.contains(&attribute) {
            return Err(ExpandError::Unknown(attribute.to_owned()));
        }
        let is_of_span = found.is_some_and(|it| {
            let mut uses = it.uses.iter();
            uses.any(|it| matches!(it.on, Place::Span(_)))
        });
        Ok(match self {
            // Loki's distributor and Prometheus' receiver replace what a label may not hold.
            Self::LogQl | Self::PromQl => underscored(attribute),
            Self::TraceQl if is_of_span => format!("span.{attribute}"),
            Self::TraceQl => format!("resource.{attribute}"),
            // The HEC exporter makes it the event's host and leaves no field.
            Self::Spl if attribute == resource::HOST_NAME => "host".to_owned(),
            // The data stream's mapping lets attributes of record and resource be named as they are.
            Self::Spl | Self::EsQl | Self::Eql | Self::Kql => attribute.to_owned(),
        })
    }

    fn selection(self, name: &str, purpose: Purpose) -> Option<&'static str> {
        let mut narrowed = NARROWED.iter();
        let narrowed = narrowed.find(|it| it.0 == self && it.1 == name);
        if let Some((.., panel, alert)) = narrowed {
            return Some(match purpose {
                Purpose::Panel => panel,
                Purpose::Alert => alert,
            });
        }
        let mut all = SELECTIONS.iter();
        let (.., text) = all.find(|it| it.0 == self && it.1 == name)?;
        Some(text)
    }
}

fn underscored(name: &str) -> String {
    name.replace(|it: char| !it.is_ascii_alphanumeric(), "_")
}

/// Unit and kind are part of the name, as in OpenTelemetry's compatibility page for Prometheus.
fn of_prometheus(measured: &Measured) -> String {
    let unit = match measured.metric.unit {
        "s" => "_seconds",
        "By" => "_bytes",
        _ => "",
    };
    let name = underscored(measured.metric.name);
    // A unit that ends the name already is not said twice.
    let unit = if name.ends_with(unit) { "" } else { unit };
    let total = match measured.instrument {
        Instrument::Counter => "_total",
        Instrument::UpDownCounter | Instrument::Gauge | Instrument::Histogram => "",
    };
    format!("{name}{unit}{total}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_languages_own() {
        let expanded = |language: Language, query: &str| {
            language
                .expand(query, Purpose::Panel)
                .expect("all names are known")
        };
        for (language, query, expected) in [
            (
                Language::LogQl,
                r#"@{losses} | @{scoutline.loss.stage}="kernel" | x>1"#,
                r#"{service_name="scoutline-sensor", deployment_environment_name=~"$environment"} | host_name=~"$host" | scoutline_record_kind="loss" | scoutline_loss_stage="kernel" | x>1"#,
            ),
            (
                Language::TraceQl,
                r#"{ @{service.name}="scoutline" && @{scoutline.session.uid}="x" }"#,
                r#"{ resource.service.name="scoutline" && span.scoutline.session.uid="x" }"#,
            ),
            (
                Language::PromQl,
                "@{process.cpu.time}{x} @{process.memory.usage} @{scoutline.queue.bytes} @{scoutline.export.duration}_bucket @{cpu.mode}",
                "process_cpu_time_seconds_total{x} process_memory_usage_bytes scoutline_queue_bytes scoutline_export_duration_seconds_bucket cpu_mode",
            ),
            (
                Language::Spl,
                "@{losses} | stats count BY @{host.name}, @{scoutline.loss.reason}",
                "`scoutline_of_sensors` deployment.environment.name=$environment|s$ host=$host|s$ sourcetype=scoutline:loss | stats count BY host, scoutline.loss.reason",
            ),
            (
                Language::Eql,
                r#"any where @{host.name} == "a""#,
                r#"any where host.name == "a""#,
            ),
        ] {
            assert_eq!(expanded(language, query), expected);
        }
    }

    #[test]
    fn a_rule_looks_at_everything() {
        assert_eq!(
            Language::LogQl.expand("@{heartbeats}", Purpose::Alert),
            Ok(
                r#"{service_name="scoutline-sensor"} | scoutline_record_kind="heartbeat""#
                    .to_owned()
            )
        );
        let alerts = NARROWED
            .iter()
            .map(|(language, name, _, alert)| (language, name, alert));
        let all = SELECTIONS
            .iter()
            .map(|(language, name, text)| (language, name, text));
        for (language, name, text) in alerts.chain(all) {
            let text = language.expand(text, Purpose::Alert);
            let text = text.expect("all names are known");
            assert!(!text.contains('$'), "{language:?} {name}: {text}");
        }
    }

    #[test]
    fn what_a_query_reads_is_what_its_selections_read_too() {
        let query = r#"@{losses} | STATS count = SUM(@{scoutline.loss.count}) BY @{host.name}"#;
        let read = Language::EsQl.reads(query, Purpose::Alert);
        let read = read.expect("all names are known");
        let expected = ["host.name", "scoutline.loss.count", "scoutline.record.kind"];
        assert_eq!(read, expected.map(str::to_owned).into());
    }

    #[test]
    fn a_name_that_is_not_on_the_wire_does_not_build() {
        assert_eq!(
            Language::LogQl.expand("@{scoutline.detection.severty}", Purpose::Panel),
            Err(ExpandError::Unknown(
                "scoutline.detection.severty".to_owned()
            ))
        );
        assert_eq!(
            Language::Eql.expand("@{of_sensors}", Purpose::Panel),
            Err(ExpandError::Unknown("of_sensors".to_owned()))
        );
        assert_eq!(
            Language::LogQl.expand("sum(@{host.name", Purpose::Panel),
            Err(ExpandError::Open("@{host.name".to_owned()))
        );
    }
}
