//! Grafana: classic dashboards, which every supported version reads, and alert rules.

mod alerts;
mod panel;
mod variable;

use std::path::PathBuf;

use scoutline_semconv::Severity;
use serde_json::{Value as Json, json};

use crate::catalogue::{Catalogue, Dashboard, Row};
use crate::grid::{COLUMNS, places};
use crate::guidance::guidance;
use crate::{GenerateError, Generated};

/// The oldest schema that Grafana 13 and the newest that Grafana 11 takes as it is.
const SCHEMA_VERSION: u32 = 39;

/// Where data comes from, by the kind of data source; each is a variable of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Loki,
    Tempo,
    Prometheus,
}

impl Source {
    const ALL: [Self; 3] = [Self::Loki, Self::Tempo, Self::Prometheus];

    const fn kind(self) -> &'static str {
        match self {
            Self::Loki => "loki",
            Self::Tempo => "tempo",
            Self::Prometheus => "prometheus",
        }
    }

    fn json(self) -> Json {
        let kind = self.kind();
        json!({"type": kind, "uid": format!("${{{kind}_datasource}}")})
    }

    fn variable(self) -> Json {
        let (kind, label) = match self {
            Self::Loki => ("loki", "Loki data source"),
            Self::Tempo => ("tempo", "Tempo data source"),
            Self::Prometheus => ("prometheus", "Prometheus data source"),
        };
        json!({
            "name": format!("{kind}_datasource"), "label": label,
            "type": "datasource", "query": kind, "refresh": 1, "hide": 0,
        })
    }
}

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

/// All that Grafana is given.
pub(crate) fn files(catalogue: &Catalogue) -> Result<Vec<Generated>, GenerateError> {
    let dashboards = catalogue.dashboards.iter().map(|it| {
        let path = PathBuf::from(format!("grafana/dashboards/{}.json", it.uid));
        Ok(Generated::json(path, &dashboard(catalogue, it)?))
    });
    let mut files: Vec<_> = dashboards.collect::<Result<_, _>>()?;
    files.push(Generated {
        path: PathBuf::from("grafana/provisioning/alerting/scoutline.yaml"),
        text: alerts::rules(catalogue)?,
    });
    Ok(files)
}

fn dashboard(catalogue: &Catalogue, it: &Dashboard) -> Result<Json, GenerateError> {
    let mut panels = Vec::<Json>::new();
    let mut sources = Vec::new();
    let mut y = 0;
    let mut id = 0;
    let mut next_id = || {
        id += 1;
        id
    };
    for (index, row) in it.rows.iter().enumerate() {
        if row.guidance.is_some() {
            panels.push(folded(row, y, &mut next_id));
            y += 1;
            continue;
        }
        let mut x = 0;
        for (name, width) in places(it, index, row)? {
            let question = catalogue.shown(it, name)?;
            let place = json!({"x": x, "y": y, "w": width, "h": row.height});
            let (panel, source) = panel::panel(name, question, next_id(), place)?;
            panels.push(panel);
            sources.push(source);
            x += width;
        }
        y += row.height;
    }
    let sources = Source::ALL.into_iter().filter(|it| sources.contains(it));
    let variables = it.variables.iter().map(|it| variable::variable(*it));
    let variables: Vec<_> = sources.map(Source::variable).chain(variables).collect();
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

/// A row that is opened by who wants to read what each recipe means there.
fn folded(row: &Row, y: u32, mut next_id: impl FnMut() -> u32) -> Json {
    let Some(environment) = row.guidance else {
        return Json::Null;
    };
    let id = next_id();
    let texts = guidance(environment);
    let width = COLUMNS / 3;
    let panels = (0..).zip(&texts).map(|(index, (title, text))| {
        json!({
            "id": next_id(),
            "type": "text",
            "title": title,
            "description": "From the recipe.",
            "gridPos": {
                "x": index % 3 * width, "y": y + 1 + index / 3 * row.height, "w": width, "h": row.height,
            },
            "options": {"mode": "markdown", "content": text},
        })
    });
    json!({
        "id": id,
        "type": "row",
        "title": format!("What it means in {}", crate::guidance::name(environment)),
        "collapsed": true,
        "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
        "panels": panels.collect::<Vec<_>>(),
    })
}
