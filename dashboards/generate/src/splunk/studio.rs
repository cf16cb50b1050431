//! Dashboards of Dashboard Studio. A layout is absolute, so that it looks the same on every screen; its form is the one
//! that Splunk 9 reads as well, with one layout and no tabs.

use scoutline_detect::recipe::Environment;
use serde_json::{Map, Value as Json, json};

use super::panel::{self, Shown, Size};
use super::wrong;
use crate::GenerateError;
use crate::catalogue::{Catalogue, Dashboard, Query, Variable};
use crate::grid::{COLUMNS, places};
use crate::guidance;
use crate::language::{Language, Purpose};

/// In pixels.
const WIDTH: u32 = 1440;

/// Pixels of a step of a row's height.
const STEP: u32 = 36;

/// Pixels between panels.
const GAP: u32 = 10;

/// Pixels of the tables with all recipes, which nobody folds.
const GUIDANCE_HEIGHT: u32 = 620;

/// What a dashboard is put together from.
#[derive(Default)]
struct Parts {
    sources: Map<String, Json>,
    visualizations: Map<String, Json>,
    structure: Vec<Json>,
    y: u32,
}

impl Parts {
    /// Panels side by side, with their widths in columns.
    fn row(&mut self, panels: Vec<(Shown, u32)>, height: u32) {
        let column = WIDTH / COLUMNS;
        let mut x = 0;
        for (shown, width) in panels {
            let Shown {
                name,
                source,
                visualization,
            } = shown;
            let size = size(width, height);
            self.structure.push(json!({
                "item": format!("viz_{name}"),
                "type": "block",
                "position": {"x": x * column, "y": self.y, "w": size.width, "h": size.height},
            }));
            self.sources.insert(format!("ds_{name}"), source);
            self.visualizations
                .insert(format!("viz_{name}"), visualization);
            x += width;
        }
        self.y += height;
    }
}

/// A view: a dashboard in the frame that Splunk keeps it in.
pub(super) fn view(catalogue: &Catalogue, dashboard: &Dashboard) -> Result<String, GenerateError> {
    let definition = definition(catalogue, dashboard)?;
    // A map of texts cannot fail to be written.
    let definition = serde_json::to_string_pretty(&definition).unwrap_or_default();
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    Ok(format!(
        "<dashboard version=\"2\" theme=\"dark\">\n  <label>{}</label>\n  <description>{}</description>\n  \
         <definition><![CDATA[\n{definition}\n]]></definition>\n</dashboard>\n",
        escaped(&dashboard.title),
        escaped(&dashboard.description),
    ))
}

fn definition(catalogue: &Catalogue, dashboard: &Dashboard) -> Result<Json, GenerateError> {
    let mut parts = Parts::default();
    for (index, row) in dashboard.rows.iter().enumerate() {
        if let Some(environment) = row.guidance {
            parts.row(vec![(folded(environment), COLUMNS)], GUIDANCE_HEIGHT);
            continue;
        }
        let places = places(dashboard, index, row)?.into_iter();
        let asked =
            places.map(|(name, width)| Ok((name, catalogue.shown(dashboard, name)?, width)));
        let mut asked = asked.collect::<Result<Vec<_>, GenerateError>>()?;
        asked.retain(|(_, question, _)| matches!(question.queries.spl, Query::Text(_)));
        let height = row.height * STEP;
        let widths = widened(asked.iter().map(|(.., width)| *width).collect());
        let panels = asked
            .into_iter()
            .zip(widths)
            .map(|((name, question, _), width)| {
                Ok((panel::shown(name, question, size(width, height))?, width))
            });
        let panels = panels.collect::<Result<Vec<_>, GenerateError>>()?;
        if !panels.is_empty() {
            parts.row(panels, height);
        }
    }
    let mut inputs = Map::new();
    inputs.insert("input_time".to_owned(), time());
    for variable in &dashboard.variables {
        inputs.extend(input(*variable, &mut parts.sources)?);
    }
    let order = ["time", "environment", "host", "session", "repository"];
    let order = order.map(|it| format!("input_{it}"));
    let order: Vec<_> = order
        .into_iter()
        .filter(|it| inputs.contains_key(it))
        .collect();
    Ok(json!({
        "title": dashboard.title,
        "description": dashboard.description,
        "inputs": inputs,
        "defaults": {"dataSources": {"ds.search": {"options": {
            "queryParameters": {"earliest": "$time.earliest$", "latest": "$time.latest$"},
        }}}},
        "dataSources": parts.sources,
        "visualizations": parts.visualizations,
        "layout": {
            "type": "absolute",
            "globalInputs": order,
            "options": {"width": WIDTH, "height": parts.y, "display": "auto"},
            "structure": parts.structure,
        },
    }))
}

/// Of a panel of so many columns.
const fn size(width: u32, height: u32) -> Size {
    Size {
        width: width * (WIDTH / COLUMNS) - GAP,
        height: height - GAP,
    }
}

/// Who is left of a row takes the room of those that Splunk cannot show.
fn widened(widths: Vec<u32>) -> Vec<u32> {
    let sum: u32 = widths.iter().sum();
    let last = widths.len().saturating_sub(1);
    let mut left = COLUMNS;
    let widths = widths.into_iter().enumerate().map(|(index, width)| {
        let width = if index == last {
            left
        } else {
            width * COLUMNS / sum
        };
        left -= width;
        width
    });
    widths.collect()
}

fn time() -> Json {
    json!({
        "type": "input.timerange",
        "title": "Time",
        "options": {"token": "time", "defaultValue": "-24h@h,now"},
    })
}

/// What one can narrow the dashboard down by: everything, until somebody says otherwise.
fn input(
    variable: Variable,
    sources: &mut Map<String, Json>,
) -> Result<Option<(String, Json)>, GenerateError> {
    let text = |name: &str, title: &str| {
        let input = json!({
            "type": "input.text",
            "title": title,
            "options": {"token": name, "defaultValue": "*"},
        });
        Some((format!("input_{name}"), input))
    };
    Ok(match variable {
        Variable::Environment => {
            let query = Language::Spl.expand(ENVIRONMENTS, Purpose::Panel);
            let query = query.map_err(wrong("environments"))?;
            sources.insert("ds_environments".to_owned(), source("environments", &query));
            Some(("input_environment".to_owned(), environments()))
        }
        Variable::Host => text("host", "Host"),
        Variable::Session => text("session", "Session"),
        Variable::Repository => text("repository", "Repository"),
        // Traces are elsewhere.
        Variable::Trace => None,
    })
}

/// Reads no events, only the index.
const ENVIRONMENTS: &str = "| tstats count WHERE `scoutline_index` sourcetype=scoutline:* \
     BY @{deployment.environment.name} | rename @{deployment.environment.name} AS value | eval label=value \
     | table label, value";

fn environments() -> Json {
    let series = |name: &str| {
        format!(
            r#"> primary | seriesByName("{name}") | renameSeries("{name}") | formatByType(formattedConfig)"#
        )
    };
    json!({
        "type": "input.dropdown",
        "title": "Environment",
        "options": {
            "token": "environment",
            "defaultValue": "*",
            "items": "> frame(label, value) | prepend(formattedStatics) | objects()",
        },
        "dataSources": {"primary": "ds_environments"},
        "context": {
            "formattedConfig": {"number": {"prefix": ""}},
            "formattedStatics": "> statics | formatByType(formattedConfig)",
            "statics": [["All"], ["*"]],
            "label": series("label"),
            "value": series("value"),
        },
    })
}

pub(super) fn source(name: &str, query: &str) -> Json {
    json!({"type": "ds.search", "name": name, "options": {"query": query}})
}

/// A column of what is folded elsewhere.
const MEANS: &str = "what it means";

/// The one beside it.
const ASKS: &str = "what to do";

/// What each recipe means there, from the lookup that says so.
fn folded(environment: Environment) -> Shown {
    let word = environment.as_str();
    let query = format!(
        "| inputlookup scoutline_recipes | rename {word}_implication AS \"{MEANS}\", {word}_actions AS \"{ASKS}\" \
         | table title, severity, techniques, \"{MEANS}\", \"{ASKS}\""
    );
    let name = format!("guidance_{word}");
    let title = format!("What it means in {}", guidance::name(environment));
    let columns = ["title", "severity", "techniques", MEANS, ASKS];
    let size = size(COLUMNS, GUIDANCE_HEIGHT);
    Shown {
        source: source(&name, &query),
        visualization: panel::table(&name, &title, "From the recipes.", &columns, size),
        name,
    }
}
