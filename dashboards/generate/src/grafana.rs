//! Grafana: classic dashboards, which every supported version reads.

use std::path::PathBuf;

use scoutline_semconv::Severity;
use serde_json::{Value as Json, json};

use crate::catalogue::{Catalogue, Dashboard, Panel, PanelKind, Place, Question, Row, Variable};
use crate::language::Language;
use crate::{GenerateError, Generated};

/// The oldest schema that Grafana 13 and the newest that Grafana 11 takes as it is.
const SCHEMA_VERSION: u32 = 39;

const COLUMNS: u32 = 24;

/// The data source that a dashboard is used with, by its variable's name.
const LOKI: &str = "${loki_datasource}";

/// The same severity has the same colour everywhere.
const fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "dark-red",
        Severity::High => "red",
        Severity::Medium => "orange",
        Severity::Low => "yellow",
        Severity::Informational => "blue",
    }
}

/// Of values that are as they should be.
const FINE: &str = "green";

pub(crate) fn dashboards(catalogue: &Catalogue) -> Result<Vec<Generated>, GenerateError> {
    let files = catalogue.dashboards.iter().map(|it| {
        let text = serde_json::to_string_pretty(&dashboard(catalogue, it)?).unwrap_or_default();
        Ok(Generated {
            path: PathBuf::from(format!("grafana/{}.json", it.uid)),
            text: text + "\n",
        })
    });
    files.collect()
}

fn dashboard(catalogue: &Catalogue, it: &Dashboard) -> Result<Json, GenerateError> {
    let mut panels = Vec::new();
    let mut y = 0;
    for (index, row) in it.rows.iter().enumerate() {
        let mut x = 0;
        for (name, width) in places(it, index, row)? {
            let question =
                catalogue
                    .questions
                    .get(name)
                    .ok_or_else(|| GenerateError::NoQuestion {
                        dashboard: it.uid.clone(),
                        question: name.to_owned(),
                    })?;
            let place = json!({"x": x, "y": y, "w": width, "h": row.height});
            panels.push(panel(it, name, question, panels.len() + 1, place)?);
            x += width;
        }
        y += row.height;
    }
    let data_source = json!({
        "name": "loki_datasource", "label": "Loki data source",
        "type": "datasource", "query": "loki", "refresh": 1, "hide": 0,
    });
    let variables = it.variables.iter().map(|it| variable(*it));
    let variables: Vec<_> = [data_source].into_iter().chain(variables).collect();
    Ok(json!({
        "uid": it.uid,
        "title": it.title,
        "description": it.description,
        "tags": ["scoutline", "security"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "id": null,
        "editable": false,
        "graphTooltip": 1,
        "time": {"from": "now-24h", "to": "now"},
        "refresh": "1m",
        "timezone": "browser",
        "links": [{
            "type": "dashboards", "title": "Scoutline", "tags": ["scoutline"], "asDropdown": true,
            "includeVars": true, "keepTime": true,
        }],
        "templating": {"list": variables},
        "panels": panels,
    }))
}

/// Questions of a row with their widths: who does not say shares what is left.
fn places<'a>(
    dashboard: &Dashboard,
    index: usize,
    row: &'a Row,
) -> Result<Vec<(&'a str, u32)>, GenerateError> {
    let mut places = Vec::new();
    for place in &row.panels {
        match place {
            Place::Question(name) => places.push((name.as_str(), None)),
            Place::Sized(sized) => {
                let sized = sized.iter();
                places.extend(sized.map(|(name, width)| (name.as_str(), Some(*width))));
            }
        }
    }
    let taken: u32 = places.iter().filter_map(|(_, width)| *width).sum();
    let sharing = places.iter().filter(|(_, width)| width.is_none()).count();
    let sharing = u32::try_from(sharing).unwrap_or(u32::MAX);
    let share = COLUMNS
        .checked_sub(taken)
        .and_then(|left| left.checked_div(sharing));
    let widths = places
        .into_iter()
        .map(|(name, width)| (name, width.or(share).unwrap_or(0)));
    let widths: Vec<_> = widths.collect();
    let columns = widths.iter().map(|(_, width)| width).sum();
    if columns != COLUMNS || widths.iter().any(|(_, width)| *width == 0) {
        return Err(GenerateError::Width {
            dashboard: dashboard.uid.clone(),
            row: index + 1,
            columns,
        });
    }
    Ok(widths)
}

fn variable(it: Variable) -> Json {
    match it {
        // A label of the stream, so that its values are known without reading records.
        Variable::Environment => json!({
            "name": "environment", "label": "Environment", "type": "query",
            "datasource": {"type": "loki", "uid": LOKI},
            "query": {
                "type": 1, "refId": "environment", "label": "deployment_environment_name",
                "stream": r#"{service_name=~"scoutline.*"}"#,
            },
            "refresh": 2, "sort": 1, "multi": true, "includeAll": true, "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]}, "hide": 0,
        }),
        Variable::Host => json!({
            "name": "host", "label": "Host", "description": "A regular expression.",
            "type": "textbox", "query": ".*",
            "current": {"text": ".*", "value": ".*"}, "hide": 0,
        }),
    }
}

fn panel(
    dashboard: &Dashboard,
    name: &str,
    question: &Question,
    id: usize,
    place: Json,
) -> Result<Json, GenerateError> {
    let shown = question
        .panel
        .as_ref()
        .ok_or_else(|| GenerateError::NoPanel {
            dashboard: dashboard.uid.clone(),
            question: name.to_owned(),
        })?;
    let wrong = |source| GenerateError::Query {
        question: name.to_owned(),
        source,
    };
    let query = Language::LogQl
        .expand(question.queries.logql.trim())
        .map_err(wrong)?;
    let names = shown.columns.iter().map(|it| Language::LogQl.name(it));
    let names: Vec<String> = names.collect::<Result<_, _>>().map_err(wrong)?;
    let mut target = json!({
        "refId": "A",
        "datasource": {"type": "loki", "uid": LOKI},
        "expr": query,
        "queryType": if is_over_time(shown.kind) { "range" } else { "instant" },
    });
    if shown.kind == PanelKind::Ranking
        && let Some(name) = names.first()
    {
        target["legendFormat"] = json!(format!("{{{{{name}}}}}"));
    }
    if shown.kind == PanelKind::Records {
        target["maxLines"] = json!(200);
    }
    let (kind, options) = look(shown.kind);
    let mut panel = json!({
        "id": id,
        "title": question.title,
        "description": format!("{} {}", question.answers, question.tune),
        "type": kind,
        "gridPos": place,
        "datasource": {"type": "loki", "uid": LOKI},
        "targets": [target],
        "options": options,
        "fieldConfig": fields(shown),
    });
    if shown.kind == PanelKind::Table {
        panel["transformations"] = columns(shown, &names);
    }
    Ok(panel)
}

fn is_over_time(kind: PanelKind) -> bool {
    matches!(
        kind,
        PanelKind::Bars | PanelKind::Lines | PanelKind::Records
    )
}

/// Grafana's word for a panel, and its options.
fn look(kind: PanelKind) -> (&'static str, Json) {
    let last = json!({"calcs": ["lastNotNull"], "fields": "", "values": false});
    let legend = json!({"displayMode": "list", "placement": "bottom", "showLegend": true});
    match kind {
        PanelKind::Stat => (
            "stat",
            json!({
                "reduceOptions": last, "colorMode": "value", "graphMode": "none",
                "justifyMode": "auto", "textMode": "value",
            }),
        ),
        PanelKind::Bars | PanelKind::Lines => (
            "timeseries",
            json!({"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}),
        ),
        PanelKind::Share => (
            "piechart",
            json!({
                "reduceOptions": last, "pieType": "donut", "displayLabels": ["name", "value"],
                "legend": legend,
            }),
        ),
        PanelKind::Table => ("table", json!({"showHeader": true, "cellHeight": "sm"})),
        PanelKind::Ranking => (
            "bargauge",
            json!({
                "reduceOptions": last, "orientation": "horizontal", "displayMode": "basic",
                "valueMode": "text", "showUnfilled": false,
            }),
        ),
        PanelKind::Records => (
            "logs",
            json!({
                "showTime": true, "wrapLogMessage": true, "sortOrder": "Descending",
                "enableLogDetails": true, "dedupStrategy": "none",
            }),
        ),
    }
}

fn fields(panel: &Panel) -> Json {
    let mut steps = vec![json!({"value": null, "color": FINE})];
    for (value, severity) in &panel.thresholds {
        steps.push(json!({"value": value, "color": colour(*severity)}));
    }
    let custom = match panel.kind {
        PanelKind::Bars => json!({
            "drawStyle": "bars", "fillOpacity": 80, "lineWidth": 0,
            "stacking": {"mode": "normal", "group": "A"},
        }),
        PanelKind::Lines => json!({"drawStyle": "line", "fillOpacity": 10, "lineWidth": 1}),
        PanelKind::Table => json!({"align": "auto", "filterable": true}),
        _ => json!({}),
    };
    let overrides = Severity::ALL.map(|it| {
        let colour = json!({"mode": "fixed", "fixedColor": colour(it)});
        json!({
            "matcher": {"id": "byName", "options": it.name()},
            "properties": [{"id": "color", "value": colour}],
        })
    });
    let is_by_severity = matches!(panel.kind, PanelKind::Share);
    json!({
        "defaults": {
            "unit": panel.unit,
            "custom": custom,
            "thresholds": {"mode": "absolute", "steps": steps},
            "color": {"mode": match panel.kind {
                PanelKind::Stat => "thresholds",
                _ => "palette-classic",
            }},
        },
        "overrides": if is_by_severity { overrides.to_vec() } else { vec![] },
    })
}

/// A row for each answer: labels become columns in their order, under the names that they have on the wire.
fn columns(panel: &Panel, names: &[String]) -> Json {
    let mut renamed = serde_json::Map::new();
    let mut order = serde_json::Map::new();
    for (index, (name, attribute)) in names.iter().zip(&panel.columns).enumerate() {
        renamed.insert(name.clone(), json!(attribute));
        order.insert(name.clone(), json!(index));
    }
    renamed.insert("Value #A".to_owned(), json!("count"));
    order.insert("Value #A".to_owned(), json!(names.len()));
    json!([
        {"id": "labelsToFields", "options": {"mode": "columns"}},
        {"id": "merge", "options": {}},
        {"id": "organize", "options": {
            "excludeByName": {"Time": true},
            "indexByName": order,
            "renameByName": renamed,
        }},
        {"id": "sortBy", "options": {"fields": {}, "sort": [{"field": "count", "desc": true}]}},
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(row: &str) -> Result<Vec<u32>, GenerateError> {
        let text = format!("{{uid: u, title: t, description: d, variables: [], rows: [{row}]}}");
        let dashboard: Dashboard = serde_saphyr::from_str(&text).expect("it is one");
        let places = places(&dashboard, 0, &dashboard.rows[0])?;
        Ok(places.into_iter().map(|(_, width)| width).collect())
    }

    #[test]
    fn a_row_is_filled_and_no_wider() {
        for (row, expected) in [
            ("{height: 4, panels: [a, b, c, d]}", vec![6, 6, 6, 6]),
            ("{height: 4, panels: [a: 16, b]}", vec![16, 8]),
            ("{height: 4, panels: [a: 10, b: 14]}", vec![10, 14]),
        ] {
            assert_eq!(widths(row).expect("it fits"), expected, "{row}");
        }
        for row in [
            "{height: 4, panels: [a: 20, b: 8]}",
            "{height: 4, panels: [a: 24, b]}",
            "{height: 4, panels: [a: 10]}",
            "{height: 4, panels: []}",
        ] {
            assert!(widths(row).is_err(), "{row}");
        }
    }
}
