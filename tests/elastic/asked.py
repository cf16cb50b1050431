"""What the catalogue's cases are asked here, and how answers are compared with what they must be."""

import json
import re
from dataclasses import dataclass

import documents
import engines
import esql
import repository


@dataclass
class Asked:
    """A question of the catalogue in the form in which Elastic gets it."""

    rule: dict = None
    panel: dict = None

    @property
    def kind(self):
        return self.rule["type"] if self.rule else "esql"

    @property
    def query(self):
        if self.rule:
            return self.rule["query"]
        return query_of(self.panel)

    def rows(self, found, now, begin):
        """The rows that it gives, by attributes and `value`."""
        if self.rule:
            return engines.answers(self.rule, found, now)
        # A dashboard shows the time that it is set to.
        shown = [it for it in found if begin <= it["@timestamp"] <= now]
        rows = esql.run(self.query, shown, now, begin)
        return as_shown(self.query, rows)


def query_of(panel):
    """The ES|QL of a panel; none if it only has a text."""
    config = panel["config"]
    layers = config.get("layers", [config])
    return layers[0].get("data_source", {}).get("query")


def all_asked(rules=None):
    """By the names of questions."""
    asked = {}
    for dashboard in repository.dashboards().values():
        for panel in repository.panels(dashboard):
            if panel["type"] == "vis":
                asked[panel["id"].replace("-", "_")] = Asked(panel=panel)
    for name, rule in (rules or repository.rules()).items():
        asked[name] = Asked(rule=rule)
    return asked


def as_shown(query, rows):
    """Numbers are `value`, what is made of an attribute has its name, and the parts of a time are added up."""
    made = dict(re.findall(r"EVAL (\w+) = MV_CONCAT\(([\w.]+), \" \"\)", query))
    counted = re.findall(r"(?:STATS|EVAL) (\w+) = (?:COUNT|SUM|COALESCE)", query)
    added = {}
    for row in rows:
        shown = {}
        for name, content in row.items():
            if name.startswith("BUCKET(") or content is None:
                continue
            shown["value" if name in counted else made.get(name, name)] = content
        if not any(name.startswith("BUCKET(") for name in row):
            added[len(added)] = shown
            continue
        key = tuple(sorted((name, it) for name, it in shown.items() if name != "value"))
        value = added.get(key, {}).get("value", 0)
        added[key] = {**shown, "value": value + shown["value"]}
    return list(added.values())


def expected(case):
    """Rows that must be there; an array is what MV_CONCAT makes of it."""
    rows = []
    for row in case["expect"]:
        wanted = {}
        for name, content in row.items():
            if isinstance(content, str) and content.startswith("["):
                content = " ".join(json.loads(content))
            wanted[name] = content
        rows.append(wanted)
    return rows


def answer(asked, case, ingest=None):
    """What is found and what must be, both in the same order."""
    now, begin = case["at"] / 1e9, case["begin"] / 1e9
    happened = documents.indexed(case["lines"], ingest)
    if case["question"] != "session_records":
        happened = list(documents.with_summaries(happened))
    found = asked.rows(happened, now, begin)
    wanted = expected(case)
    if asked.rule:
        # An alert is about its subject: the same one twice is suppressed.
        about = asked.rule["alert_suppression"].get("group_by") or asked.rule["threshold"]["field"]
        found = [dict(it) for it in {tuple((name, row.get(name)) for name in about) for row in found}]
    elif case["expect"] and "value" not in case["expect"][0]:
        # A record has more than the case is about.
        about = {name for row in wanted for name in row}
        found = [{name: it for name, it in row.items() if name in about} for row in found]
    order = {"key": lambda row: json.dumps(row, sort_keys=True)}
    return sorted(found, **order), sorted(wanted, **order)
