"""Holds dashboards and alert rules to Grafana's schema, and collects their TraceQL.

The schema is Grafana's own, as the classes that it generates from it: what they read and write again has to be what was
there. A key that they do not know is lost on the way. That such a loss is seen is checked, too, by misspelling keys.

Usage: check.py FOLDER, where FOLDER has dashboards/*.json and provisioning/alerting/*.yaml. Prints a line of JSON a query
of TraceQL.
"""

import copy
import json
import re
import sys
from pathlib import Path

import yaml
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import alerting, dashboard

# Grafana's schema leaves these open: an override's value and a transformation's options depend on their id, and a
# variable's query on its data source.
OPEN = re.compile(r"/overrides/\d+/properties/\d+/value/|/transformations/\d+/|/templating/list/\d+/query/")

# A dashboard in a file has no id yet, and the schema knows none that is null.
NO_ID = "/id"


def lost(before, after, path=""):
    """Paths at which two JSON values differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            here = f"{path}/{key}"
            if key not in after:
                yield here
            else:
                yield from lost(value, after[key], here)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (left, right) in enumerate(zip(before, after)):
            yield from lost(left, right, f"{path}/{index}")
    elif before != after:
        yield path


def faults(schema, value):
    """What of a JSON value is not as the schema has it."""
    try:
        again = json.loads(JSONEncoder(sort_keys=True).encode(schema.from_json(copy.deepcopy(value))))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        return [f"cannot be read: {error!r}"]
    return [path for path in lost(value, again) if path != NO_ID]


def keys(value, path=()):
    """Paths of all keys of a JSON value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from keys(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from keys(inner, (*path, index))


def unseen(schema, value):
    """Keys whose misspelling nobody would see, and how many were tried."""
    tried, missed = 0, []
    for path in keys(value):
        text = "".join(f"/{part}" for part in path)
        if OPEN.search(text) or text == NO_ID or text.startswith("/data/") and "/model/" in text:
            continue
        wrong = copy.deepcopy(value)
        inner = wrong
        for part in path[:-1]:
            inner = inner[part]
        inner[f"{path[-1]}_"] = inner.pop(path[-1])
        tried += 1
        # A map of names to anything takes any name.
        if not faults(schema, wrong) and not re.search(r"^/(labels|annotations)/", text):
            missed.append(text)
    return tried, missed


def check(name, schema, value):
    """Says what is wrong with a value, and whether the check would have seen it."""
    found = faults(schema, value)
    tried, missed = unseen(schema, value)
    for path in found:
        print(f"grafana: {name}: {path} is not in Grafana's schema", file=sys.stderr)
    for path in missed:
        print(f"grafana: {name}: nobody would see {path} misspelt", file=sys.stderr)
    return tried, len(found) + len(missed)


def main():
    """Checks everything before it fails."""
    plugins.register_default_plugins()
    folder = Path(sys.argv[1])
    tried = wrong = 0
    boards = sorted(folder.glob("dashboards/*.json"))
    for path in boards:
        board = json.loads(path.read_text())
        counts = check(path.name, dashboard.Dashboard, board)
        tried, wrong = tried + counts[0], wrong + counts[1]
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                if target["datasource"]["type"] == "tempo":
                    print(json.dumps({"dashboard": path.stem, "panel": panel["title"], "query": target["query"]}))
    rules = []
    for path in sorted(folder.glob("provisioning/alerting/*.yaml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            rules += group["rules"]
    for rule in rules:
        counts = check(rule["uid"], alerting.Rule, rule)
        tried, wrong = tried + counts[0], wrong + counts[1]
    if not boards or not rules:
        sys.exit(f"grafana: {folder} has no dashboards or no alert rules")
    if wrong:
        sys.exit(f"grafana: {wrong} faults")
    summary = f"{len(boards)} dashboards and {len(rules)} alert rules are as Grafana's schema has them"
    print(f"grafana: {summary}; each of {tried} misspelt keys would have been seen", file=sys.stderr)


if __name__ == "__main__":
    main()
