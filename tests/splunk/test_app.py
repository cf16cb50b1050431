"""The app fits together: every name in it is of something that is there."""

import json
import re
import unittest
from itertools import combinations

import app
from flow import Flow, follow
from spl import SplError
from spl.expression import expression
from spl.syntax import stages

# Fields of the CIM that its models want of an event that carries their tags.
MODELS = {
    "ids": {"action", "category", "dest", "dvc", "ids_type", "severity", "signature", "src", "user", "vendor_product"},
    "alert": {"app", "description", "dest", "id", "severity", "severity_id", "signature", "type", "user"},
    "process": {
        "action", "dest", "parent_process_id", "parent_process_path", "process", "process_exec", "process_guid",
        "process_hash", "process_id", "process_name", "process_path", "user", "vendor_product",
    },
}  # fmt: skip

# Words that Splunk replaces in a drill-down of its own accord.
OWN_TOKENS = {"info_min_time", "info_max_time"}


def saved() -> dict[str, dict[str, str]]:
    """The saved searches by the names of their questions."""
    found = {}
    for keys in app.conf("savedsearches.conf").values():
        found[json.loads(keys["action.correlationsearch.metadata"])["detection_id"]] = keys
    return found


class Searches(unittest.TestCase):
    """All searches: of panels, of alerts, of event types and of drill-downs."""

    def setUp(self) -> None:
        self.macros = app.macros()

    def test_searches_read_what_events_have(self) -> None:
        for dashboard in app.dashboards():
            for name, search in dashboard.searches():
                with self.subTest(dashboard=dashboard.name, search=name):
                    follow(app.with_tokens(app.expanded(search, self.macros), dashboard.tokens()))
        for name, keys in saved().items():
            with self.subTest(alert=name):
                follow(app.expanded(keys["search"], self.macros))
        for name, keys in app.conf("eventtypes.conf").items():
            with self.subTest(event_type=name):
                follow(keys["search"])

    def test_macros_are_used_and_there(self) -> None:
        texts = [search for dashboard in app.dashboards() for _, search in dashboard.searches()]
        texts += [keys["search"] for keys in saved().values()]
        texts += list(self.macros.values())
        used = {name for text in texts for name in re.findall(r"`([^`]+)`", text)}
        self.assertEqual(used, set(self.macros))

    def test_an_alert_ends_in_its_own_filter(self) -> None:
        for name, keys in saved().items():
            *_, (command, argument) = stages(keys["search"])
            self.assertEqual(f"{command} {argument}".strip(), f"`scoutline_{name}_filter`")

    def test_an_alert_is_off_and_bounded(self) -> None:
        rows = {it["name"]: it for it in app.lookups()["scoutline_correlations"]}
        self.assertEqual(set(rows), set(saved()))
        minutes = set()
        for name, keys in saved().items():
            row = rows[name]
            self.assertEqual(keys["disabled"], "1", name)
            reach = int(row["window_seconds"]) + int(row["every_seconds"])
            self.assertEqual(keys["dispatch.earliest_time"], f"-{reach}s", name)
            self.assertEqual(keys["dispatch.latest_time"], "now", name)
            cron = re.fullmatch(r"(\d+)-59/(\d+) \* \* \* \*", keys["cron_schedule"])
            assert cron, keys["cron_schedule"]
            self.assertEqual(int(cron[2]) * 60, int(row["every_seconds"]), name)
            self.assertLess(int(cron[1]), int(cron[2]), name)
            minutes.add(cron[1])
        self.assertGreater(len(minutes), 1, "all run in the same minute")

    def test_actions_know_their_columns(self) -> None:
        for name, keys in saved().items():
            with self.subTest(alert=name):
                columns = follow(app.expanded(keys["search"], self.macros)).known
                named = set(keys["alert.suppress.fields"].split(","))
                named |= set(keys["action.notable.param.nes_fields"].split(","))
                for it in json.loads(keys.get("action.risk.param._risk", "[]")):
                    named.add(it.get("risk_object_field") or it["threat_object_field"])
                for text in keys.values():
                    named |= set(re.findall(r"\$(\w+)\$", text)) - OWN_TOKENS
                self.assertLessEqual(named, columns)

    def test_a_drill_down_is_a_search(self) -> None:
        for name, keys in saved().items():
            for it in json.loads(keys["action.notable.param.drilldown_searches"]):
                with self.subTest(alert=name):
                    tokens = dict.fromkeys(re.findall(r"\$(\w+)\$", it["search"]), "x")
                    follow(app.with_tokens(app.expanded(it["search"], self.macros), tokens))


class Knowledge(unittest.TestCase):
    """What maps events to models."""

    def test_every_sourcetype_is_known_everywhere(self) -> None:
        sourcetypes = set(app.fields())
        self.assertEqual(set(app.conf("props.conf")), sourcetypes)
        self.assertEqual(set(app.conf("fields.conf")), {f"sourcetype::{it}::*" for it in sourcetypes})
        for keys in app.conf("fields.conf").values():
            self.assertEqual(keys, {"INDEXED": "true"})

    def test_fields_of_models_are_made_of_what_events_have(self) -> None:
        known = app.fields()
        for sourcetype, keys in app.conf("props.conf").items():
            for key, text in keys.items():
                if not key.startswith("EVAL-"):
                    continue
                with self.subTest(sourcetype=sourcetype, field=key):
                    reader = expression(text, 0)
                    reader.disjunction()
                    reader.end()
                    self.assertLessEqual(reader.fields, set(known[sourcetype].types))

    def test_tags_are_of_event_types_and_models_are_whole(self) -> None:
        types = app.conf("eventtypes.conf")
        made = {it.removeprefix("EVAL-") for it in app.conf("props.conf")["scoutline:detection"]}
        tags = app.conf("tags.conf")
        self.assertEqual(set(tags), {f"eventtype={it}" for it in types})
        for keys in tags.values():
            for tag, state in keys.items():
                self.assertEqual(state, "enabled")
                self.assertLessEqual(MODELS.get(tag, set()), made, tag)

    def test_lookups_are_whole(self) -> None:
        files = {keys["filename"] for keys in app.conf("transforms.conf").values()}
        self.assertEqual({it.name for it in (app.APP / "lookups").iterdir()}, files)
        for name, rows in app.lookups().items():
            self.assertTrue(rows, name)
            for row in rows:
                self.assertNotIn(None, row, f"{name}: a row is longer than its header")
                self.assertNotIn(None, row.values(), f"{name}: a row is shorter than its header")


class Dashboards(unittest.TestCase):
    """What is drawn where."""

    def test_the_navigation_has_all(self) -> None:
        text = (app.APP / "default" / "data" / "ui" / "nav" / "default.xml").read_text()
        views = set(re.findall(r'<view name="(scoutline_\w+)"', text))
        self.assertEqual(views, {it.name for it in app.dashboards()})

    def test_panels_have_sources_and_places_of_their_own(self) -> None:
        for dashboard in app.dashboards():
            with self.subTest(dashboard=dashboard.name):
                it = dashboard.definition
                drawn = [*it["visualizations"].values(), *it["inputs"].values()]
                used = {name for one in drawn for name in one.get("dataSources", {}).values()}
                self.assertEqual(used, set(it["dataSources"]))
                structure = it["layout"]["structure"]
                self.assertEqual({place["item"] for place in structure}, set(it["visualizations"]))
                self.assertEqual(set(it["layout"]["globalInputs"]), set(it["inputs"]))
                places = [place["position"] for place in structure]
                for place in places:
                    self.assertLessEqual(place["x"] + place["w"], it["layout"]["options"]["width"])
                    self.assertLessEqual(place["y"] + place["h"], it["layout"]["options"]["height"])
                for one, other in combinations(places, 2):
                    self.assertTrue(apart(one, other), f"{one} lies on {other}")

    def test_inputs_are_used(self) -> None:
        for dashboard in app.dashboards():
            text = json.dumps([search for _, search in dashboard.searches()])
            for token in dashboard.tokens():
                self.assertTrue(token == "time" or f"${token}|s$" in text, f"{dashboard.name}: {token}")

    def test_a_click_leads_somewhere_with_what_was_clicked(self) -> None:
        known = app.macros()
        views = {it.name: it for it in app.dashboards()}
        clicks = 0
        for dashboard in views.values():
            columns: dict[str, Flow] = {}
            for name, search in dashboard.searches():
                columns[f"ds_{name}"] = follow(app.with_tokens(app.expanded(search, known), dashboard.tokens()))
            for one in dashboard.definition["visualizations"].values():
                for handler in one.get("eventHandlers", []):
                    options = handler["options"]
                    for token in options["tokens"]:
                        column = re.fullmatch(r"row\.(.+)\.value", token["value"])
                        assert column, token
                        self.assertIn(column[1], columns[one["dataSources"]["primary"]].known)
                        self.assertIn(token["token"], views[options["dashboard"]].tokens())
                        clicks += 1
        self.assertGreater(clicks, 0)


class Lint(unittest.TestCase):
    """The rules find what they are for."""

    def test_mistakes_are_found(self) -> None:
        begin = "index=main sourcetype=scoutline:detection"
        for search, message in [
            (f"{begin} scoutline.detection.severty=high", "there is no field"),
            (f"{begin} | stats count BY process.executable.path", "are left out"),
            (f"{begin} | stats sum(process.user.name)", "cannot be added up"),
            (f"{begin} | stats sum(scoutline.detection.count) AS n | where m > 1", "there is no field `m`"),
            (f"{begin} | eval x=process.pid", "there is no field `process`"),
            (f"{begin} | eval x=upper('process.user.name')", "no function"),
            (f"{begin} | transaction host", "no command"),
            (f'{begin} | where host="a', "stays open"),
            (f"{begin} (host=a", "stays open"),
            (f"{begin} | | head 1", "nothing between two pipes"),
            ("index=main host=a", "asks for no sourcetype"),
            ("| inputlookup recipes", "no such lookup"),
        ]:
            with self.subTest(search=search), self.assertRaisesRegex(SplError, message):
                follow(search)
        with self.assertRaisesRegex(SplError, "no macro"):
            app.expanded("`scoutline_detection`", app.macros())
        with self.assertRaisesRegex(SplError, "no input"):
            app.with_tokens("host=$hots|s$", {"host": "*"})


def apart(one: dict[str, int], other: dict[str, int]) -> bool:
    """Whether two places share no pixel."""
    return (
        one["x"] + one["w"] <= other["x"]
        or other["x"] + other["w"] <= one["x"]
        or one["y"] + one["h"] <= other["y"]
        or other["y"] + other["h"] <= one["y"]
    )


if __name__ == "__main__":
    unittest.main()
