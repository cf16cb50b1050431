//! What one can narrow a dashboard down by.

use serde_json::{Value as Json, json};

use super::Source;
use crate::catalogue::Variable;

pub(super) fn variable(it: Variable) -> Json {
    match it {
        // A label of the stream, so that its values are known without reading records.
        Variable::Environment => json!({
            "name": "environment", "label": "Environment", "type": "query",
            "datasource": Source::Loki.json(),
            "query": {
                "type": 1, "refId": "environment", "label": "deployment_environment_name",
                "stream": r#"{service_name=~"scoutline.*"}"#,
            },
            "refresh": 2, "sort": 1, "multi": true, "includeAll": true, "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]}, "hide": 0,
        }),
        Variable::Host => pattern("host", "Host"),
        Variable::Session => pattern("session", "Session"),
        Variable::Repository => pattern("repository", "Repository"),
        Variable::Trace => json!({
            "name": "trace", "label": "Trace", "description": "Its id, from the panel of traces.",
            "type": "textbox", "query": "", "current": {"text": "", "value": ""}, "hide": 0,
        }),
    }
}

/// Attributes of records are no labels, so nothing can list their values.
fn pattern(name: &str, label: &str) -> Json {
    json!({
        "name": name, "label": label, "description": "A regular expression.",
        "type": "textbox", "query": ".*",
        "current": {"text": ".*", "value": ".*"}, "hide": 0,
    })
}
