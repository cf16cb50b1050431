"""Every case of the catalogue, asked of the app's searches as they are committed: of panels and of alerts."""

import json
import re
import subprocess
import unittest
from os import environ
from typing import Any

import app
import spl
from spl.commands import renames
from spl.syntax import stages

# What the catalogue calls what a search has to join first, since a table has one value in a cell.
JOINED = {"process.command_args": "arguments", "scoutline.sensor.hooks": "hooks"}

# What a search puts where nothing is.
ABSENT = "-"

NANOSECONDS = 1_000_000_000

Row = dict[str, str]


def cases() -> list[dict]:
    """All of them, with what was sent."""
    done = subprocess.run([environ["SCOUTLINE_CASES"]], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def note(question: str, case: str, expected: str, got: str) -> None:
    """A line of the table of all languages, printed and kept."""
    fields = [question, case, "SPL", "reference of tests/splunk", "interpreted", expected, got]
    line = "\t".join(fields)
    print(line)
    if path := environ.get("SCOUTLINE_RESULTS"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(line + "\n")


class Asked:
    """A search, and how its columns are to be read."""

    def __init__(self, text: str, seconds: int | None) -> None:
        self.text = text
        # How far it looks back; a panel looks at the time that is chosen.
        self.seconds = seconds
        self.renamed: dict[str, str] = {}
        self.series: str | None = None
        for command, argument in stages(text):
            if command == "rename":
                self.renamed |= renames(argument)
            if command == "timechart":
                self.series = argument.rsplit(" BY ", 1)[1].strip()

    def rows(self, case: dict, events: list[dict]) -> list[Row]:
        """What it answers, in the names of the catalogue."""
        now = case["at"] / NANOSECONDS
        earliest = case["begin"] / NANOSECONDS if self.seconds is None else now - self.seconds
        context = spl.Context(events, earliest, now, app.lookups())
        found = spl.run(self.text, context)
        if self.series is not None:
            return self.totals(found)
        return [{name: spl_text(it) for name, it in row.items()} for row in found]

    def totals(self, found: list[dict]) -> list[Row]:
        """A chart over time is held to what it adds up to."""
        sums: dict[str, float] = {}
        for row in found:
            for name, count in row.items():
                if name != "_time":
                    sums[name] = sums.get(name, 0) + count
        return [{self.series or "": name, "count": spl_text(count)} for name, count in sums.items()]

    def column(self, attribute: str) -> str:
        """Where the value of an attribute is."""
        if attribute == "value":
            return "count"
        name = "host" if attribute == "host.name" else JOINED.get(attribute, attribute)
        return self.renamed.get(name, name)


def spl_text(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else spl.text(value)


def expected_cell(attribute: str, value: Any) -> str:
    """As Splunk shows it. The catalogue writes arrays as Loki keeps them."""
    if attribute in JOINED:
        return " ".join(json.loads(value))
    return spl_text(value) if not isinstance(value, bool) else str(value).lower()


def compared(asked: Asked, case: dict, found: list[Row]) -> tuple[list[Row], list[Row]]:
    """What is expected and what was found, in the columns that the case names."""
    named = {attribute for row in case["expect"] for attribute in row}
    expected = [{name: expected_cell(name, it) for name, it in row.items()} for row in case["expect"]]
    got = []
    for row in found:
        cells = {name: row[asked.column(name)] for name in named if row.get(asked.column(name), ABSENT) != ABSENT}
        got.append(cells)
    order = lambda row: sorted(row.items())  # noqa: E731
    return sorted(expected, key=order), sorted(got, key=order)


def panels(known: dict[str, str]) -> dict[str, Asked]:
    """The searches of the dashboards, as they are when one opens them."""
    found = {}
    for dashboard in app.dashboards():
        for name, search in dashboard.searches():
            text = app.with_tokens(app.expanded(search, known), dashboard.tokens())
            found[name] = Asked(text, None)
    return found


def alerts(known: dict[str, str]) -> dict[str, Asked]:
    """The saved searches, each with as much time as it is given."""
    found = {}
    for keys in app.conf("savedsearches.conf").values():
        name = json.loads(keys["action.correlationsearch.metadata"])["detection_id"]
        seconds = re.fullmatch(r"-(\d+)s", keys["dispatch.earliest_time"])
        if seconds is None or keys["dispatch.latest_time"] != "now":
            raise spl.SplError(f"{name} does not say how far it looks back")
        found[name] = Asked(app.expanded(keys["search"], known), int(seconds[1]))
    return found


class Cases(unittest.TestCase):
    """Each is a test of its own, as far as the report goes."""

    maxDiff = None

    def test_every_case_is_answered(self) -> None:
        known = app.macros()
        searches = panels(known) | alerts(known)
        answered = set()
        for case in cases():
            question = case["question"]
            with self.subTest(question=question, case=case["case"]):
                asked = searches[question]
                found = asked.rows(case, app.indexed(case["lines"]))
                expected, got = compared(asked, case, found)
                note(question, case["case"], summary(expected), summary(got))
                self.assertEqual(got, expected, asked.text)
                answered.add(question)
        unasked = {it for it in searches if not it.startswith(("guidance_", "environments"))} - answered
        self.assertEqual(unasked, set(), "no case asks these")


class Alerts(unittest.TestCase):
    """What follows from an answer of an alert."""

    def test_an_answer_has_what_actions_need_and_leads_to_its_records(self) -> None:
        known = app.macros()
        searches = alerts(known)
        settings = {
            json.loads(it["action.correlationsearch.metadata"])["detection_id"]: it
            for it in app.conf("savedsearches.conf").values()
        }
        fired = set()
        for case in cases():
            question = case["question"]
            if question not in searches:
                continue
            events = app.indexed(case["lines"])
            keys = settings[question]
            for row in searches[question].rows(case, events):
                fired.add(question)
                with self.subTest(question=question, case=case["case"]):
                    for field in keys["alert.suppress.fields"].split(","):
                        self.assertIn(field, row)
                    for it in json.loads(keys.get("action.risk.param._risk", "[]")):
                        self.assertIn(it.get("risk_object_field") or it["threat_object_field"], row)
                    (drill_down,) = json.loads(keys["action.notable.param.drilldown_searches"])
                    search = app.with_tokens(app.expanded(drill_down["search"], known), row)
                    now = case["at"] / NANOSECONDS
                    found = spl.run(search, spl.Context(events, case["begin"] / NANOSECONDS, now))
                    self.assertGreater(len(found), 0, search)
        self.assertEqual(fired, set(searches))


class Mutations(unittest.TestCase):
    """The cases notice when a search is not what it should be."""

    def test_a_wrong_search_is_noticed(self) -> None:
        searches = panels(app.macros()) | alerts(app.macros())
        asked = [(case, app.indexed(case["lines"])) for case in cases()]
        for question, old, new in [
            ("discovery_burst", "recipes >= 3", "recipes >= 2"),
            ("discovery_burst", "recipes >= 3", "recipes >= 4"),
            ("discovery_burst", "dc(security_rule.name)", "count"),
            ("tool_on_many_hosts", "hosts >= 3", "hosts >= 2"),
            ("tool_on_many_hosts", "time_window=1h", "time_window=10m"),
            ("fingerprint_scan_sniff", "fingerprinted < _time", "fingerprinted > _time"),
            ("fingerprint_scan_sniff", " BY host, scoutline.session.uid", " BY host"),
            ("sensor_silent", '"-15m"', '"-2m"'),
            ("first_on_image", '"-10m"', '"-3h"'),
            ("ci_then_production", "production > ci", "production != ci"),
            ("service_discovery", "< 1000", "< 1001"),
            ("capture_kept", "threat.technique.id=T1040", "threat.technique.id=*"),
            ("losses", "dedup log.record.uid", "dedup host"),
            ("records_lost", "| dedup log.record.uid", ""),
            ("top_users", "dc(log.record.uid)", "count"),
            ("detections", "scoutline.detection.phase=first", "scoutline.detection.phase=summary"),
        ]:
            with self.subTest(question=question, new=new):
                right = searches[question]
                self.assertIn(old, right.text)
                wrong = Asked(right.text.replace(old, new), right.seconds)
                results = [
                    compared(wrong, case, wrong.rows(case, events))
                    for case, events in asked
                    if case["question"] == question
                ]
                self.assertTrue(any(got != expected for expected, got in results), wrong.text)


def summary(rows: list[Row]) -> str:
    """In short, for the table."""
    values = [row["value"] for row in rows if "value" in row]
    if len(rows) == 1 and set(rows[0]) == {"value"}:
        return values[0]
    text = f"{len(rows)} row" + ("" if len(rows) == 1 else "s")
    return f"{text}: {' '.join(sorted(values))}" if values else text


if __name__ == "__main__":
    unittest.main()
