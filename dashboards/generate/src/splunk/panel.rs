//! A question as a visualization.

use scoutline_semconv::{Severity, attr, resource};
use serde_json::{Map, Value as Json, json};

use super::studio::source;
use super::wrong;
use crate::GenerateError;
use crate::catalogue::{Panel, PanelKind, Question};
use crate::colour::{FINE, hex};
use crate::language::{ExpandError, Language, Purpose};

/// What a dashboard shows of a question.
pub(super) struct Shown {
    /// Of the question.
    pub(super) name: String,
    /// Where its rows come from.
    pub(super) source: Json,
    /// What they look like.
    pub(super) visualization: Json,
}

/// Short names for columns; the whole ones are as wide as the columns are.
const LABELS: &[(&str, &str)] = &[
    ("_raw", "record"),
    ("_time", "time"),
    ("trace_id", "trace"),
    (resource::HOST_NAME, "host"),
    (resource::SERVICE_VERSION, "version"),
    (attr::CICD_PIPELINE_NAME, "pipeline"),
    (attr::CICD_PIPELINE_RUN_URL_FULL, "run"),
    (attr::CICD_PIPELINE_TASK_NAME, "task"),
    (attr::FILE_PATH, "file"),
    (attr::PROCESS_EXECUTABLE_PATH, "executable"),
    (attr::PROCESS_USER_NAME, "user"),
    (attr::SCOUTLINE_DETECTION_ADVICE, "advice"),
    (attr::SCOUTLINE_DETECTION_ENVIRONMENT, "environment"),
    (attr::SCOUTLINE_DETECTION_PHASE, "phase"),
    (attr::SCOUTLINE_DETECTION_SEVERITY, "severity"),
    (attr::SCOUTLINE_LOSS_REASON, "reason"),
    (attr::SCOUTLINE_LOSS_STAGE, "stage"),
    (attr::SCOUTLINE_PROCESS_PARENT_EXECUTABLE_PATH, "parent"),
    (attr::SCOUTLINE_RECORD_KIND, "kind"),
    (attr::SCOUTLINE_SENSOR_RECIPES_HASH, "recipes"),
    (attr::SCOUTLINE_SESSION_KIND, "opened"),
    (attr::SCOUTLINE_SESSION_LOGIN_HOST, "from"),
    (attr::SCOUTLINE_SESSION_UID, "session"),
    (attr::SCOUTLINE_SESSION_USER_NAME, "login"),
    (attr::SECURITY_RULE_NAME, "recipe"),
    (attr::THREAT_TACTIC_NAME, "tactic"),
    (attr::THREAT_TECHNIQUE_ID, "technique"),
    (attr::THREAT_TECHNIQUE_NAME, "name"),
    (attr::VCS_REF_HEAD_NAME, "branch"),
    (attr::VCS_REF_HEAD_REVISION, "commit"),
    (attr::VCS_REPOSITORY_URL_FULL, "repository"),
];

/// The question as Splunk shows it, `None` if it is one that Splunk is not asked.
pub(super) fn shown(name: &str, question: &Question) -> Result<Option<Shown>, GenerateError> {
    let Some(panel) = &question.panel else {
        return Err(GenerateError::nothing_to_ask(name, "Splunk"));
    };
    let Some(query) = question.queries.spl.text() else {
        return Ok(None);
    };
    let query = Language::Spl.expand(query, Purpose::Panel);
    let query = query.map_err(wrong(name))?;
    let columns = columns(&query).map_err(wrong(name))?;
    let renamed = columns.iter().filter(|it| it.name != it.label);
    let renamed: Vec<_> = renamed
        .map(|it| format!("{} AS {}", it.name, it.label))
        .collect();
    let query =
        if renamed.is_empty() || panel.kind == PanelKind::Bars || panel.kind == PanelKind::Lines {
            query
        } else {
            format!("{query} | rename {}", renamed.join(", "))
        };
    let labels: Vec<_> = columns.iter().map(|it| it.label.as_str()).collect();
    Ok(Some(Shown {
        name: name.to_owned(),
        source: source(name, &query),
        visualization: visualization(name, question, panel, &labels),
    }))
}

/// What a query answers, in its order.
struct Column {
    name: String,
    label: String,
}

/// Those that its last table or its last grouping names.
fn columns(query: &str) -> Result<Vec<Column>, ExpandError> {
    let after = |word: &str| query.rsplit_once(word).map(|(_, rest)| rest);
    let Some(named) = after("| table ").or_else(|| after(" BY ")) else {
        return Ok(Vec::new());
    };
    let named = named.split('|').next().unwrap_or_default().split(',');
    let column = |name: &str| {
        let name = name.trim();
        let mut label = name;
        for (attribute, known) in LABELS {
            let is_field = !attribute.contains('.');
            let field = if is_field {
                (*attribute).to_owned()
            } else {
                Language::Spl.name(attribute)?
            };
            if field == name {
                label = known;
            }
        }
        // Splunk shows this one as a time under its own name only.
        let label = if name == "_time" { name } else { label };
        Ok(Column {
            name: name.to_owned(),
            label: label.to_owned(),
        })
    };
    named.map(column).collect()
}

fn visualization(name: &str, question: &Question, panel: &Panel, labels: &[&str]) -> Json {
    let title = &question.title;
    let text = &question.answers;
    let (kind, options, context) = match panel.kind {
        PanelKind::Stat => stat(panel),
        PanelKind::Bars => ("splunk.column", over_time("stacked"), json!({})),
        PanelKind::Lines => ("splunk.line", over_time("auto"), json!({})),
        PanelKind::Share => {
            let colours = Severity::ALL.map(|it| (it.name().to_owned(), json!(hex(it))));
            let colours: Map<_, _> = colours.into_iter().collect();
            (
                "splunk.pie",
                json!({
                    "showDonutHole": true, "labelDisplay": "valuesAndPercentage", "collapseThreshold": 0,
                    "seriesColorsByField": colours,
                }),
                json!({}),
            )
        }
        PanelKind::Ranking => (
            "splunk.bar",
            json!({
                "legendDisplay": "off", "dataValuesDisplay": "all", "xAxisTitleVisibility": "hide",
                "yAxisTitleVisibility": "hide", "yAxisLabelVisibility": "hide", "showYMajorGridLines": false,
            }),
            json!({}),
        ),
        PanelKind::Table | PanelKind::Records | PanelKind::Traces | PanelKind::Trace => {
            return table(name, title, text, panel.kind, labels);
        }
    };
    json!({
        "type": kind,
        "title": title,
        "description": text,
        "dataSources": {"primary": format!("ds_{name}")},
        "options": options,
        "context": context,
    })
}

/// A number with the colour of what it means.
fn stat(panel: &Panel) -> (&'static str, Json, Json) {
    let mut options = json!({"sparklineDisplay": "off", "trendDisplay": "off"});
    let mut context = json!({});
    if !panel.thresholds.is_empty() {
        options["majorColor"] = json!("> majorValue | rangeValue(majorColorConfig)");
        let mut ranges = Vec::new();
        let mut from = None;
        let mut colour = FINE;
        for (value, severity) in &panel.thresholds {
            ranges.push(range(from, Some(*value), colour));
            from = Some(*value);
            colour = hex(*severity);
        }
        ranges.push(range(from, None, colour));
        context["majorColorConfig"] = Json::from(ranges);
    }
    ("splunk.singlevalue", options, context)
}

fn range(from: Option<u32>, to: Option<u32>, colour: &str) -> Json {
    let mut range = json!({"value": colour});
    for (key, bound) in [("from", from), ("to", to)] {
        if let Some(bound) = bound {
            range[key] = json!(bound);
        }
    }
    range
}

fn over_time(stack: &str) -> Json {
    let mut options = json!({
        "legendDisplay": "bottom", "xAxisTitleVisibility": "hide", "yAxisTitleVisibility": "hide",
        "legendTruncation": "ellipsisMiddle",
    });
    if stack == "auto" {
        options["nullValueDisplay"] = json!("zero");
        options["lineWidth"] = json!(2);
    } else {
        options["stackMode"] = json!(stack);
    }
    options
}

/// Rows of columns; a severity has its colour, and a host or a session leads to where it is investigated.
pub(super) fn table(name: &str, title: &str, text: &str, kind: PanelKind, labels: &[&str]) -> Json {
    let mut formats = Map::new();
    let colours = Severity::ALL.map(|it| json!({"match": it.name(), "value": hex(it)}));
    formats.insert(
        "severity".to_owned(),
        json!({"data": r#"> table | seriesByName("severity")"#, "rowColors": "> table | seriesByName(\"severity\") | matchValue(severityColors)"}),
    );
    for (column, width) in WIDTHS {
        formats
            .entry(*column)
            .or_insert_with(|| json!({}))
            .as_object_mut()
            .map(|it| it.insert("width".to_owned(), json!(width)));
    }
    let count = match kind {
        PanelKind::Records => 20,
        _ => 10,
    };
    let handlers: Vec<_> = link(labels).into_iter().collect();
    json!({
        "type": "splunk.table",
        "title": title,
        "description": text,
        "dataSources": {"primary": format!("ds_{name}")},
        "options": {"count": count, "columnFormat": formats, "showInternalFields": false, "fontSize": "small"},
        "context": {"severityColors": colours},
        "eventHandlers": handlers,
    })
}

/// Pixels of columns that are narrower than their share.
const WIDTHS: &[(&str, u32)] = &[("_time", 170), ("count", 80), ("severity", 90)];

/// Where a click on a row leads.
fn link(labels: &[&str]) -> Option<Json> {
    let tokens = ["host", "session"]
        .into_iter()
        .filter(|it| labels.contains(it));
    let tokens: Vec<_> = tokens
        .map(|it| json!({"token": it, "value": format!("row.{it}.value")}))
        .collect();
    (!tokens.is_empty()).then(|| {
        json!({
            "type": "drilldown.linkToDashboard",
            "options": {
                "app": "scoutline", "dashboard": "scoutline_investigate", "newTab": false, "tokens": tokens,
            },
        })
    })
}
