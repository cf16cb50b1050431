//! Colours, for products that know them by number: those that Grafana has under the names that its dashboards use.

use scoutline_semconv::Severity;

/// Of values that are as they should be; Grafana's green.
pub(crate) const FINE: &str = "#73BF69";

/// The same severity has the same colour everywhere.
pub(crate) const fn hex(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "#C4162A",
        Severity::High => "#F2495C",
        Severity::Medium => "#FF9830",
        Severity::Low => "#FADE2A",
        Severity::Informational => "#5794F2",
    }
}
