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
    ("_raw", RECORD),
    (TIME, "time"),
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

/// How large a panel is, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
}

/// The question as Splunk shows it.
pub(super) fn shown(name: &str, question: &Question, size: Size) -> Result<Shown, GenerateError> {
    let (Some(panel), Some(query)) = (&question.panel, question.queries.spl.text()) else {
        return Err(GenerateError::nothing_to_ask(name, "Splunk"));
    };
    let query = Language::Spl.expand(query, Purpose::Panel);
    let query = query.map_err(wrong(name))?;
    let columns = columns(&query).map_err(wrong(name))?;
    let query = match panel.kind {
        PanelKind::Bars | PanelKind::Lines => query,
        _ => labelled(query, &columns),
    };
    let labels: Vec<_> = columns.iter().map(|it| it.label.as_str()).collect();
    Ok(Shown {
        name: name.to_owned(),
        source: source(name, &query),
        visualization: visualization(name, question, panel, &labels, size),
    })
}

/// The query with short names for its columns, and times as people read them.
fn labelled(query: String, columns: &[Column]) -> String {
    let renamed = columns.iter().filter(|it| it.name != it.label);
    let renamed: Vec<_> = renamed
        .map(|it| format!("{} AS {}", it.name, it.label))
        .collect();
    if renamed.is_empty() {
        return query;
    }
    let has_time = columns.iter().any(|it| it.name == TIME);
    let time = if has_time {
        format!(r#" | eval {TIME}=strftime({TIME}, "%F %T")"#)
    } else {
        String::new()
    };
    format!("{query}{time} | rename {}", renamed.join(", "))
}

/// The column of the sensor's sentence.
const RECORD: &str = "record";

/// When an event happened.
const TIME: &str = "_time";

/// What a query answers, in its order.
struct Column {
    name: String,
    label: String,
}

/// Those that its last table names; or its last grouping, and what is counted there.
fn columns(query: &str) -> Result<Vec<Column>, ExpandError> {
    let after = |word: &str| query.rsplit_once(word).map(|(_, rest)| rest);
    let (named, counted) = match (after("| table "), after(" BY ")) {
        (Some(named), _) => (named, None),
        (None, Some(named)) => (named, query.contains(" AS count").then_some("count")),
        (None, None) => return Ok(Vec::new()),
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
        Ok(Column {
            name: name.to_owned(),
            label: label.to_owned(),
        })
    };
    named.chain(counted).map(column).collect()
}

fn visualization(
    name: &str,
    question: &Question,
    panel: &Panel,
    labels: &[&str],
    size: Size,
) -> Json {
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
            return table(name, title, text, labels, size);
        }
    };
    let mut visualization = json!({
        "type": kind,
        "title": title,
        "dataSources": {"primary": format!("ds_{name}")},
        "options": options,
        "context": context,
    });
    // A sentence does not fit above a number.
    if panel.kind != PanelKind::Stat {
        visualization["description"] = json!(text);
    }
    visualization
}

/// A number with the colour of what it means.
fn stat(panel: &Panel) -> (&'static str, Json, Json) {
    let mut options = json!({"sparklineDisplay": "off", "trendDisplay": "off"});
    let mut context = json!({});
    if !panel.thresholds.is_empty() {
        options["majorColor"] = json!("> majorValue | rangeValue(severityRanges)");
        let mut ranges = Vec::new();
        let mut from = None;
        let mut colour = FINE;
        for (value, severity) in &panel.thresholds {
            ranges.push(range(from, Some(*value), colour));
            from = Some(*value);
            colour = hex(*severity);
        }
        ranges.push(range(from, None, colour));
        // A name of its own: one that Splunk has a default for keeps what is left of the default.
        context["severityRanges"] = Json::from(ranges);
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

/// Rows of columns; a severity has its colour, and a row with a host or a session leads to where that is investigated.
pub(super) fn table(name: &str, title: &str, text: &str, labels: &[&str], size: Size) -> Json {
    let mut formats = Map::new();
    let mut line = LINE;
    for (label, width) in labels.iter().zip(widths(labels, size.width)) {
        if *label == RECORD && width < SENTENCE {
            line = TWO_LINES;
        }
        let mut format = json!({"width": width});
        if *label == SEVERITY {
            let series = format!("> table | seriesByName(\"{SEVERITY}\")");
            format["rowBackgroundColors"] =
                json!(format!("{series} | matchValue(severityColours)"));
            format["rowColors"] = json!(format!("{series} | matchValue(severityInks)"));
        }
        formats.insert((*label).to_owned(), format);
    }
    let colours = Severity::ALL.map(|it| json!({"match": it.name(), "value": hex(it)}));
    let inks = Severity::ALL.map(|it| json!({"match": it.name(), "value": ink(it)}));
    let handlers: Vec<_> = link(labels).into_iter().collect();
    json!({
        "type": "splunk.table",
        "title": title,
        "description": text,
        "dataSources": {"primary": format!("ds_{name}")},
        "options": {
            "count": (size.height.saturating_sub(FRAME) / line).max(3),
            "columnFormat": formats,
            "fontSize": "small",
        },
        "context": {"severityColours": colours, "severityInks": inks},
        "eventHandlers": handlers,
    })
}

/// What can be read on the colour of a severity, in light and in dark.
const fn ink(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "#FFFFFF",
        Severity::High | Severity::Medium | Severity::Low | Severity::Informational => "#000000",
    }
}

/// The column that has colours.
const SEVERITY: &str = "severity";

/// Pixels of title, text, header and pages of a table.
const FRAME: u32 = 125;

/// Pixels of a row of one line, and of one whose sentence takes two.
const LINE: u32 = 24;
const TWO_LINES: u32 = 37;

/// Pixels that a sentence of the sensor takes.
const SENTENCE: u32 = 450;

/// Pixels to the left and the right of a table.
const MARGIN: u32 = 16;

/// Pixels that a column needs; those that are not here share what is left.
const WIDTHS: &[(&str, u32)] = &[
    ("branch", 100),
    ("commit", 110),
    ("count", 80),
    ("environment", 135),
    ("from", 120),
    ("host", 110),
    ("kind", 90),
    ("login", 100),
    ("opened", 110),
    ("phase", 95),
    ("pipeline", 110),
    ("recipe", 190),
    ("recipes", 260),
    ("session", 260),
    (SEVERITY, 130),
    ("stage", 95),
    ("tactic", 110),
    ("task", 110),
    ("technique", 125),
    ("techniques", 135),
    ("time", 150),
    ("title", 170),
    ("trace", 260),
    ("user", 100),
    ("version", 105),
];

/// Together as wide as the table.
fn widths(labels: &[&str], width: u32) -> Vec<u32> {
    let fixed = |label: &str| {
        let mut known = WIDTHS.iter();
        known.find_map(|(name, width)| (*name == label).then_some(*width))
    };
    let width = width.saturating_sub(MARGIN);
    let taken: u32 = labels.iter().filter_map(|it| fixed(it)).sum();
    let sharing = labels.iter().filter(|it| fixed(it).is_none()).count();
    let sharing = u32::try_from(sharing).unwrap_or(u32::MAX);
    let share = width.saturating_sub(taken).checked_div(sharing);
    let widths = labels.iter().map(|it| match (fixed(it), share) {
        (Some(fixed), Some(_)) => fixed,
        (Some(fixed), None) => fixed * width / taken,
        (None, share) => share.unwrap_or(0),
    });
    widths.collect()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_table() {
        for (labels, expected) in [
            (&["host", "record", "count"][..], vec![110, 794, 80]),
            (&["record", "run"], vec![492, 492]),
            (&["host", "count"], vec![569, 414]),
        ] {
            assert_eq!(widths(labels, 1000), expected, "{labels:?}");
        }
    }

    #[test]
    fn columns_are_those_of_the_last_table_or_grouping() {
        for (query, expected) in [
            (
                "a | stats count BY host | table host, _raw",
                vec!["host", "record"],
            ),
            (
                "a | stats count AS n BY host, file.path | sort - n",
                vec!["host", "file"],
            ),
            ("a | stats count", vec![]),
        ] {
            let found = columns(query).expect("all names are known");
            let labels: Vec<_> = found.iter().map(|it| it.label.as_str()).collect();
            assert_eq!(labels, expected, "{query}");
        }
    }
}
