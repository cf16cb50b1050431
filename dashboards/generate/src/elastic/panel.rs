//! A question as a panel of Kibana.

use scoutline_semconv::{Severity, attr};
use serde_json::{Value as Json, json};

use crate::GenerateError;
use crate::catalogue::{Elastic, Panel, PanelKind, Question};
use crate::colour::{FINE, hex};
use crate::language::{Language, Purpose};

/// What a panel of type `vis` is made of.
pub(super) fn config(name: &str, question: &Question) -> Result<Json, GenerateError> {
    let nothing = || GenerateError::nothing_to_ask(name, "Kibana");
    let panel = question.panel.as_ref().ok_or_else(nothing)?;
    let Elastic::Esql(text) = &question.queries.elastic else {
        return Err(nothing());
    };
    let query = Language::EsQl.expand(text.trim(), Purpose::Panel);
    let query = query.map_err(|source| GenerateError::Query {
        question: name.to_owned(),
        source,
    })?;
    let source = json!({"type": "esql", "query": query});
    let columns = Columns::of(&query);
    let value = columns.values.first();
    let mut config = match panel.kind {
        // The label is its title.
        PanelKind::Stat => {
            let mut metric = json!({
                "type": "primary", "column": value.ok_or_else(nothing)?, "label": question.title,
            });
            if !panel.thresholds.is_empty() {
                metric["apply_color_to"] = json!("value");
                metric["color"] = steps(panel);
            }
            json!({"type": "metric", "data_source": source, "metrics": [metric]})
        }
        PanelKind::Bars | PanelKind::Lines => {
            let [time, rest @ ..] = &*columns.by else {
                return Err(nothing());
            };
            let mut layer = json!({
                "type": if panel.kind == PanelKind::Bars { "bar_stacked" } else { "line" },
                "data_source": source,
                "x": {"column": time, "label": "@timestamp"},
                "y": [{"column": value.ok_or_else(nothing)?}],
            });
            if let [breakdown, ..] = rest {
                layer["breakdown_by"] = json!({"column": breakdown});
            }
            let scale = json!({"scale": "temporal", "domain": {"type": "fit", "rounding": false}});
            chart(layer, scale, !rest.is_empty())
        }
        PanelKind::Ranking => {
            let layer = json!({
                "type": "bar_horizontal",
                "data_source": source,
                "x": {"column": columns.by.first().ok_or_else(nothing)?},
                "y": [{"column": value.ok_or_else(nothing)?}],
            });
            chart(layer, json!({}), false)
        }
        PanelKind::Share => json!({
            "type": "pie",
            "data_source": source,
            "metrics": [{"column": value.ok_or_else(nothing)?}],
            "group_by": columns.by.iter().map(|it| slice(it)).collect::<Vec<_>>(),
            "styling": {"donut_hole": "m"},
        }),
        PanelKind::Table | PanelKind::Records | PanelKind::Traces => {
            let column = |it: &String| json!({"column": it});
            let mut config = json!({
                "type": "data_table",
                "data_source": source,
                "rows": columns.by.iter().map(column).collect::<Vec<_>>(),
                "styling": {"paging": 20},
            });
            if !columns.values.is_empty() {
                config["metrics"] = columns.values.iter().map(column).collect();
            }
            config
        }
        PanelKind::Trace => return Err(nothing()),
    };
    if panel.kind != PanelKind::Stat {
        config["title"] = json!(question.title);
    }
    config["description"] = json!(format!("{} {}", question.answers, question.tune));
    Ok(config)
}

fn chart(layer: Json, x: Json, has_legend: bool) -> Json {
    let hidden = json!({"visible": false});
    let mut x = x;
    x["title"] = hidden.clone();
    json!({
        "type": "xy",
        "layers": [layer],
        "axis": {"x": x, "y": {"title": hidden}},
        "legend": {
            "visibility": if has_legend { "visible" } else { "hidden" },
            "position": "bottom",
            "layout": {"type": "list"},
        },
    })
}

/// From which value on it has which colour.
fn steps(panel: &Panel) -> Json {
    let colours = panel.thresholds.values().map(|it| hex(*it));
    let colours = [FINE].into_iter().chain(colours);
    let bounds: Vec<_> = panel.thresholds.keys().collect();
    let steps = colours.enumerate().map(|(index, colour)| {
        let mut step = json!({"color": colour});
        if let Some(before) = index.checked_sub(1) {
            step["gte"] = json!(bounds[before]);
        }
        if let Some(next) = bounds.get(index) {
            step["lt"] = json!(next);
        }
        step
    });
    json!({"type": "dynamic", "range": "absolute", "steps": steps.collect::<Vec<_>>()})
}

fn slice(column: &str) -> Json {
    let mut slice = json!({"column": column});
    if column == attr::SCOUTLINE_DETECTION_SEVERITY {
        let mapping = Severity::ALL.map(
            |it| json!({"values": [it.name()], "color": {"type": "color_code", "value": hex(it)}}),
        );
        slice["color"] = json!({"mode": "categorical", "palette": "default", "mapping": mapping});
    }
    slice
}

/// What a query gives: numbers, and what they are of.
#[derive(Debug, PartialEq, Eq)]
struct Columns {
    values: Vec<String>,
    by: Vec<String>,
}

impl Columns {
    /// By the last command that says it. A query that says nothing gives nothing.
    fn of(query: &str) -> Self {
        let mut columns = Self {
            values: Vec::new(),
            by: Vec::new(),
        };
        for command in query.split('|').map(str::trim) {
            if let Some(kept) = command.strip_prefix("KEEP ") {
                columns.values.clear();
                columns.by = names(kept);
            }
            if let Some(counted) = command.strip_prefix("STATS ") {
                let (values, by) = counted.split_once(" BY ").unwrap_or((counted, ""));
                columns.values = names(values);
                columns.by = names(by);
            }
        }
        columns
    }
}

/// Columns of a list of expressions: the name that one is given, else the expression itself.
fn names(list: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut depth = 0;
    for letter in list.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                names.push(String::new());
                continue;
            }
            _ => (),
        }
        if let Some(name) = names.last_mut() {
            name.push(letter);
        }
    }
    let names = names.iter().map(|it| {
        let name = it.split_once(" = ").map_or(it.as_str(), |(name, _)| name);
        name.trim().to_owned()
    });
    names.filter(|it| !it.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_off_the_query() {
        for (query, values, by) in [
            ("FROM a | STATS count = COUNT(*)", vec!["count"], vec![]),
            (
                "FROM a | STATS n = COUNT(*) BY BUCKET(@timestamp, 50, ?_tstart, ?_tend), host.name | SORT n",
                vec!["n"],
                vec!["BUCKET(@timestamp, 50, ?_tstart, ?_tend)", "host.name"],
            ),
            (
                "FROM a | STATS last = MAX(@timestamp) BY host.name | STATS COUNT(*)",
                vec!["COUNT(*)"],
                vec![],
            ),
            (
                "FROM a | LIMIT 2 | KEEP @timestamp, b",
                vec![],
                vec!["@timestamp", "b"],
            ),
        ] {
            let found = Columns::of(query);
            assert_eq!(
                (found.values, found.by),
                (
                    values.into_iter().map(str::to_owned).collect(),
                    by.into_iter().map(str::to_owned).collect(),
                ),
                "{query}"
            );
        }
    }

    #[test]
    fn colours_leave_no_value_out() {
        let panel = "{kind: stat, unit: short, thresholds: {1: medium, 5: high}}";
        let panel: Panel = serde_saphyr::from_str(panel).expect("it is one");
        let steps = &steps(&panel)["steps"];
        assert_eq!(steps[0], json!({"color": FINE, "lt": 1}));
        assert_eq!(
            steps[1],
            json!({"color": hex(Severity::Medium), "gte": 1, "lt": 5})
        );
        assert_eq!(steps[2], json!({"color": hex(Severity::High), "gte": 5}));
    }
}
