//! What query languages make of the names on the wire.

use scoutline_semconv::registry;

/// A query language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Of Loki.
    LogQl,
}

/// Why a query cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// It names an attribute that there is none of.
    #[error(
        "@{{{0}}} is neither an attribute of semconv/registry nor one of detections, of_sensors, heartbeats, losses, sensor"
    )]
    Unknown(String),
    /// A name has no end.
    #[error("`{0}` begins a name that does not end")]
    Open(String),
}

/// What is asked of, by the name that queries have for it.
///
/// The stream's labels come first, since they decide what Loki reads; a dashboard's variables narrow it down further.
const SELECTIONS: [(&str, &str); 5] = [
    (
        "detections",
        r#"{@{service.name}="scoutline", @{deployment.environment.name}=~"$environment"} | @{scoutline.record.kind}="detection" | @{scoutline.detection.phase}="first" | @{host.name}=~"$host""#,
    ),
    (
        "of_sensors",
        r#"{@{service.name}="scoutline-sensor", @{deployment.environment.name}=~"$environment"} | @{host.name}=~"$host""#,
    ),
    (
        "heartbeats",
        r#"@{of_sensors} | @{scoutline.record.kind}="heartbeat""#,
    ),
    (
        "losses",
        r#"@{of_sensors} | @{scoutline.record.kind}="loss""#,
    ),
    (
        "sensor",
        r#"@{of_sensors} | @{scoutline.record.kind}="sensor""#,
    ),
];

impl Language {
    /// A query with all `@{names}` replaced.
    ///
    /// # Errors
    /// If one is neither an attribute nor a selection.
    pub fn expand(self, query: &str) -> Result<String, ExpandError> {
        let mut text = String::new();
        let mut rest = query;
        while let Some((before, after)) = rest.split_once("@{") {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| ExpandError::Open(format!("@{{{after}")))?;
            text.push_str(before);
            match SELECTIONS.iter().find(|(known, _)| *known == name) {
                Some((_, selection)) => text.push_str(&self.expand(selection)?),
                None => text.push_str(&self.name(name)?),
            }
            rest = after;
        }
        text.push_str(rest);
        Ok(text)
    }

    /// What it calls an attribute.
    ///
    /// # Errors
    /// If the registry does not have it.
    pub fn name(self, attribute: &str) -> Result<String, ExpandError> {
        if registry::find(attribute).is_none() {
            return Err(ExpandError::Unknown(attribute.to_owned()));
        }
        Ok(match self {
            // Loki's distributor replaces whatever Prometheus does not allow in a label.
            Self::LogQl => attribute.replace(|it: char| !it.is_ascii_alphanumeric(), "_"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_languages_own() {
        assert_eq!(
            Language::LogQl.expand(r#"@{losses} | @{scoutline.loss.stage}="kernel" | x>1"#),
            Ok(r#"{service_name="scoutline-sensor", deployment_environment_name=~"$environment"} | host_name=~"$host" | scoutline_record_kind="loss" | scoutline_loss_stage="kernel" | x>1"#.to_owned())
        );
    }

    #[test]
    fn a_name_that_is_not_on_the_wire_does_not_build() {
        assert_eq!(
            Language::LogQl.expand("@{scoutline.detection.severty}"),
            Err(ExpandError::Unknown(
                "scoutline.detection.severty".to_owned()
            ))
        );
        assert_eq!(
            Language::LogQl.expand("sum(@{host.name"),
            Err(ExpandError::Open("@{host.name".to_owned()))
        );
    }
}
