//! Dashboards, in the form in which Kibana's Dashboards API takes them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use scoutline_semconv::{attr, resource};
use serde_json::{Value as Json, json};

use super::{RECORDS, panel};
use crate::catalogue::{Catalogue, Dashboard, Elastic, Row, Variable};
use crate::grid;
use crate::guidance::{guidance, name};
use crate::language::Language;
use crate::{GenerateError, Generated};

/// In which Kibana gives widths.
const COLUMNS: u32 = 48;

pub(super) fn files(catalogue: &Catalogue) -> Result<Vec<Generated>, GenerateError> {
    let files = catalogue.dashboards.iter().map(|it| {
        let path = PathBuf::from(format!("elastic/dashboards/{}.json", it.uid));
        Ok(Generated::json(path, &dashboard(catalogue, it)?))
    });
    files.collect()
}

fn dashboard(catalogue: &Catalogue, it: &Dashboard) -> Result<Json, GenerateError> {
    let mut panels = Vec::new();
    let mut absent = BTreeMap::<&str, Vec<&str>>::new();
    let mut y = 0;
    for (index, row) in it.rows.iter().enumerate() {
        if row.guidance.is_some() {
            panels.push(folded(row, y));
            // A section is one row, whatever is in it.
            y += 1;
            continue;
        }
        let mut shown = Vec::new();
        for (name, width) in grid::places(it, index, row)? {
            let question = catalogue.shown(it, name)?;
            match &question.queries.elastic {
                Elastic::Absent(reason) => {
                    let titles = absent.entry(reason).or_default();
                    titles.push(&question.title);
                }
                _ => shown.push((name, question, width)),
            }
        }
        let height = height(row.height);
        for ((name, question, _), (x, width)) in shown.iter().zip(widths(&shown, |it| it.2)) {
            panels.push(json!({
                "type": "vis",
                "id": name.replace('_', "-"),
                "grid": {"x": x, "y": y, "w": width, "h": height},
                "config": panel::config(name, question)?,
            }));
        }
        if !shown.is_empty() {
            y += height;
        }
    }
    let mut description = it.description.clone();
    for (reason, titles) in absent {
        description += &format!(" Not here: {} ({reason}).", titles.join(", "));
    }
    let controls = it.variables.iter().filter_map(|it| control(*it));
    Ok(json!({
        "title": it.title,
        "description": description,
        "time_range": {"from": "now-24h", "to": "now"},
        "refresh_interval": {"pause": false, "value": 60_000},
        "pinned_panels": controls.collect::<Vec<_>>(),
        "panels": panels,
    }))
}

/// Kibana's rows are 28 pixels apart, Grafana's 38.
const fn height(of_grafana: u32) -> u32 {
    (of_grafana * 4).div_ceil(3)
}

/// Where panels begin and how wide they are, when they share the whole row in these proportions.
fn widths<T>(shown: &[T], width: impl Fn(&T) -> u32) -> Vec<(u32, u32)> {
    let whole: u32 = shown.iter().map(&width).sum();
    let mut taken = 0;
    let mut x = 0;
    let places = shown.iter().map(|it| {
        taken += width(it);
        // Each ends where it would if it were exact, so that nothing is left at the end of the row.
        let end = (COLUMNS * taken).checked_div(whole).unwrap_or(COLUMNS);
        let place = (x, end - x);
        x = end;
        place
    });
    places.collect()
}

/// A section that is opened by who wants to read what each recipe means there.
fn folded(row: &Row, y: u32) -> Json {
    let Some(environment) = row.guidance else {
        return Json::Null;
    };
    let width = COLUMNS / 3;
    let height = height(row.height);
    let panels = (0..)
        .zip(guidance(environment))
        .map(|(index, (title, text))| {
            json!({
                "type": "markdown",
                "id": format!("guidance-{}-{index}", environment.as_str()),
                "grid": {"x": index % 3 * width, "y": index / 3 * height, "w": width, "h": height},
                "config": {"title": title, "content": text},
            })
        });
    json!({
        "title": format!("What it means in {}", name(environment)),
        "collapsed": true,
        "grid": {"y": y},
        "panels": panels.collect::<Vec<_>>(),
    })
}

/// A list of what there is to choose from.
fn control(variable: Variable) -> Option<Json> {
    let (title, attribute) = match variable {
        Variable::Environment => ("Environment", resource::DEPLOYMENT_ENVIRONMENT_NAME),
        Variable::Host => ("Host", resource::HOST_NAME),
        Variable::Session => ("Session", attr::SCOUTLINE_SESSION_UID),
        Variable::Repository => ("Repository", attr::VCS_REPOSITORY_URL_FULL),
        // Kibana shows a trace in a view of its own.
        Variable::Trace => return None,
    };
    let field = Language::EsQl.name(attribute).ok()?;
    Some(json!({
        "type": "options_list_control",
        "width": "medium",
        "grow": true,
        "config": {
            "title": title,
            "values_source": "esql",
            "esql_query": format!("FROM {RECORDS} | STATS BY {field}"),
            "selected_options": [],
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_row_fills_it() {
        for (parts, expected) in [
            (
                vec![6, 6, 6, 6],
                vec![(0, 12), (12, 12), (24, 12), (36, 12)],
            ),
            (vec![9, 15], vec![(0, 18), (18, 30)]),
            (vec![9], vec![(0, 48)]),
            (vec![8, 8, 7], vec![(0, 16), (16, 17), (33, 15)]),
        ] {
            assert_eq!(widths(&parts, |it| *it), expected);
        }
    }
}
