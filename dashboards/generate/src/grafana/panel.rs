//! A question as a panel.

use scoutline_semconv::{Severity, attr, resource};
use serde_json::{Value as Json, json};

use super::{Source, colour};
use crate::GenerateError;
use crate::catalogue::{Panel, PanelKind, Question};
use crate::language::{Language, Purpose};

/// Of values that are as they should be.
const FINE: &str = "green";

/// A panel, and where its data comes from.
pub(super) fn panel(
    name: &str,
    question: &Question,
    id: u32,
    place: Json,
) -> Result<(Json, Source), GenerateError> {
    let Some(shown) = &question.panel else {
        return Err(GenerateError::nothing_to_ask(name, "Grafana"));
    };
    let (source, language, query) = asked(name, question, shown.kind)?;
    let wrong = |source| GenerateError::Query {
        question: name.to_owned(),
        source,
    };
    let query = language.expand(query, Purpose::Panel).map_err(wrong)?;
    let names = shown.columns.iter().map(|it| language.name(it));
    let names: Vec<String> = names.collect::<Result<_, _>>().map_err(wrong)?;
    let (kind, options) = look(shown.kind);
    let mut panel = json!({
        "id": id,
        "title": question.title,
        "description": format!("{} {}", question.answers, question.tune),
        "type": kind,
        "gridPos": place,
        "datasource": source.json(),
        "targets": [target(source, shown.kind, &query, &names)],
        "options": options,
        "fieldConfig": fields(shown, source),
    });
    if shown.kind == PanelKind::Bars {
        // More bars than that nobody can tell apart, and each costs time.
        panel["maxDataPoints"] = json!(100);
    }
    if shown.kind == PanelKind::Table {
        panel["transformations"] = columns(shown, &names);
    }
    Ok((panel, source))
}

/// Records first, then traces, then metrics: what of it a question has.
fn asked<'a>(
    name: &str,
    question: &'a Question,
    kind: PanelKind,
) -> Result<(Source, Language, &'a str), GenerateError> {
    let queries = &question.queries;
    let choices = [
        (Source::Loki, Language::LogQl, queries.logql.text()),
        (Source::Tempo, Language::TraceQl, queries.traceql.text()),
        (Source::Prometheus, Language::PromQl, queries.promql.text()),
    ];
    let fits = |source: Source| {
        let is_of_traces = matches!(kind, PanelKind::Traces | PanelKind::Trace);
        is_of_traces == (source == Source::Tempo)
    };
    choices
        .into_iter()
        .filter(|(source, ..)| fits(*source))
        .find_map(|(source, language, query)| Some((source, language, query?)))
        .ok_or_else(|| GenerateError::nothing_to_ask(name, "Grafana"))
}

fn target(source: Source, kind: PanelKind, query: &str, names: &[String]) -> Json {
    let is_over_time = matches!(
        kind,
        PanelKind::Bars | PanelKind::Lines | PanelKind::Records
    );
    let mut target = json!({"refId": "A", "datasource": source.json()});
    match source {
        Source::Loki => {
            target["expr"] = json!(query);
            target["queryType"] = json!(if is_over_time { "range" } else { "instant" });
        }
        Source::Prometheus => {
            target["expr"] = json!(query);
            target["range"] = json!(is_over_time);
            target["instant"] = json!(!is_over_time);
        }
        Source::Tempo => {
            target["query"] = json!(query);
            target["queryType"] = json!("traceql");
            target["limit"] = json!(50);
            target["tableType"] = json!("traces");
        }
    }
    if kind == PanelKind::Ranking
        && let Some(name) = names.first()
    {
        target["legendFormat"] = json!(format!("{{{{{name}}}}}"));
    }
    if kind == PanelKind::Records {
        target["maxLines"] = json!(200);
    }
    target
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
        PanelKind::Table | PanelKind::Traces => {
            ("table", json!({"showHeader": true, "cellHeight": "sm"}))
        }
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
        PanelKind::Trace => ("traces", json!({})),
    }
}

fn fields(panel: &Panel, source: Source) -> Json {
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
    let mut overrides = Vec::new();
    if panel.kind == PanelKind::Share {
        overrides.extend(Severity::ALL.map(|it| {
            let colour = json!({"mode": "fixed", "fixedColor": colour(it)});
            by_name(it.name(), "color", colour)
        }));
    }
    let linked = panel.columns.iter().filter_map(|it| link(it));
    overrides.extend(linked.map(|(column, links)| by_name(column, "links", links)));
    if source == Source::Tempo && panel.kind == PanelKind::Traces {
        let url = format!("{INVESTIGATE}&var-trace=${{__value.raw}}");
        let links = json!([{"title": "Show its tree", "url": url}]);
        overrides.push(by_name("traceID", "links", links));
    }
    let mut fields = json!({
        "defaults": {
            "unit": panel.unit,
            "custom": custom,
            "thresholds": {"mode": "absolute", "steps": steps},
            "color": {"mode": match panel.kind {
                PanelKind::Stat => "thresholds",
                _ => "palette-classic",
            }},
        },
        "overrides": overrides,
    });
    // In the query, `or vector(0)` would keep Loki from asking in parts.
    if panel.kind == PanelKind::Stat {
        fields["defaults"]["noValue"] = json!("0");
    }
    fields
}

fn by_name(field: &str, property: &str, value: Json) -> Json {
    json!({
        "matcher": {"id": "byName", "options": field},
        "properties": [{"id": property, "value": value}],
    })
}

/// With the data sources and the time that are chosen already.
const INVESTIGATE: &str =
    "/d/scoutline-investigate?${loki_datasource:queryparam}&${__url_time_range}";

/// Where a value of this column leads.
fn link(column: &str) -> Option<(&str, Json)> {
    let (title, url) = match column {
        resource::HOST_NAME => (
            "Investigate the host",
            format!("{INVESTIGATE}&var-host=${{__value.raw}}"),
        ),
        attr::SCOUTLINE_SESSION_UID => (
            "Investigate the session",
            format!("{INVESTIGATE}&var-session=${{__value.raw}}"),
        ),
        attr::CICD_PIPELINE_RUN_URL_FULL => ("Open the run", "${__value.raw}".to_owned()),
        _ => return None,
    };
    Some((column, json!([{"title": title, "url": url}])))
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
