#!/usr/bin/env python3
"""The dashboards with the rows of a day in them, instead of searches, as JSON by name: rows.py > FILE."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import app  # noqa: E402
import day  # noqa: E402
import spl  # noqa: E402


def cell(name: str, value: object) -> object:
    """As the visualizations get it from Splunk."""
    if name == "_time":
        return datetime.fromtimestamp(float(str(value)), UTC).isoformat(timespec="milliseconds")
    if isinstance(value, list):
        return [spl.text(it) for it in value]
    return None if value is None else spl.text(value)


def data(rows: list[dict]) -> dict:
    """In columns."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [[cell(name, row.get(name)) for row in rows] for name in names]
    return {"fields": [{"name": it} for it in names], "columns": columns}


def main() -> None:
    """Runs every search once."""
    events = app.indexed(day.Day().records())
    context = spl.Context(events, day.NOW - day.DAY, day.NOW, app.lookups())
    known = app.macros()
    shown = {}
    for dashboard in app.dashboards():
        definition = dashboard.definition
        for name, search in dashboard.searches():
            rows = spl.run(app.with_tokens(app.expanded(search, known), dashboard.tokens()), context)
            if not rows:
                raise SystemExit(f"{dashboard.name}: {name} is empty on that day")
            definition["dataSources"][f"ds_{name}"] = {"type": "ds.test", "options": {"data": data(rows)}}
        definition["defaults"] = {}
        # The real one asks Splunk for its presets.
        definition["inputs"]["input_time"] = {
            "type": "input.text",
            "title": "Time",
            "options": {"token": "time", "defaultValue": "Last 24 hours"},
        }
        layout = {key: it for key, it in definition["layout"].items() if key != "globalInputs"}
        definition["layout"] = {
            "globalInputs": definition["layout"]["globalInputs"],
            "tabs": {"items": [{"label": definition["title"], "layoutId": "only"}]},
            "layoutDefinitions": {"only": layout},
        }
        shown[dashboard.name.removeprefix("scoutline_")] = definition
    json.dump(shown, sys.stdout)


if __name__ == "__main__":
    main()
