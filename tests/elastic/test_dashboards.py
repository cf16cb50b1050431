"""Dashboards have the form in which Kibana documents its Dashboards API (9.5), and the ATT&CK layer that of the Navigator.

By the schemas of Kibana's `lens-embeddable-utils` and of its dashboard plugin, and Elastic's own examples.
"""

import json
import re
import unittest

import attack_table
import repository
import yaml
from mitreattack.navlayers import Layer

GRID = 48

PANEL = {"type", "id", "grid", "config"}
SECTION = {"title", "collapsed", "grid", "panels"}
DASHBOARD = {"title", "description", "time_range", "refresh_interval", "pinned_panels", "panels"}

SHARED = {"type", "title", "description"}
CHARTS = {
    "metric": SHARED | {"data_source", "metrics"},
    "xy": SHARED | {"layers", "axis", "legend"},
    "pie": SHARED | {"data_source", "metrics", "group_by", "styling"},
    "data_table": SHARED | {"data_source", "metrics", "rows", "styling"},
}
LAYER = {"type", "data_source", "x", "y", "breakdown_by"}
LAYERS = {"bar_stacked", "bar_horizontal", "line"}
METRIC = {"type", "column", "label", "color", "apply_color_to"}
PAGES = {10, 20, 30, 50, 100}


class Dashboards(unittest.TestCase):
    def test_only_keys_that_the_api_has(self):
        for name, dashboard in repository.dashboards().items():
            self.assertEqual(set(dashboard), DASHBOARD, name)
            for it in dashboard["panels"]:
                self.assertEqual(set(it), SECTION if "panels" in it else PANEL)
            for panel in repository.panels(dashboard):
                with self.subTest(dashboard=name, panel=panel["id"]):
                    self.assertEqual(set(panel), PANEL)
                    config = panel["config"]
                    self.assertNotIn("@{", json.dumps(config))
                    if panel["type"] == "markdown":
                        self.assertEqual(set(config), {"title", "content"})
                        continue
                    self.assertEqual(panel["type"], "vis")
                    self.assertLessEqual(set(config), CHARTS[config["type"]])
                    self.assertTrue(config["description"])
                    self.chart(config)

    def chart(self, config):
        kind = config["type"]
        if kind == "metric":
            (metric,) = config["metrics"]
            self.assertEqual(metric["type"], "primary")
            self.assertLessEqual(set(metric), METRIC)
            self.steps(metric.get("color"))
        if kind == "xy":
            (layer,) = config["layers"]
            self.assertLessEqual(set(layer), LAYER)
            self.assertIn(layer["type"], LAYERS)
            legend = "visible" if "breakdown_by" in layer else "hidden"
            self.assertEqual(config["legend"]["visibility"], legend)
        if kind == "pie":
            self.assertEqual(config["styling"], {"donut_hole": "m"})
            self.assertTrue(config["metrics"] and config["group_by"])
        if kind == "data_table":
            self.assertIn(config["styling"]["paging"], PAGES)
            self.assertIn(len(config["rows"]), range(1, 51))

    def steps(self, color):
        """Only the first step has no beginning, only the last one no end, and each begins where the one before ends."""
        if color is None:
            return
        self.assertEqual((color["type"], color["range"]), ("dynamic", "absolute"))
        first, *rest = color["steps"]
        self.assertNotIn("gte", first)
        for before, step in zip(color["steps"], rest):
            self.assertEqual(before["lt"], step["gte"])
        self.assertNotIn("lt", color["steps"][-1])

    def test_panels_lie_side_by_side(self):
        for dashboard in repository.dashboards().values():
            top = [it for it in dashboard["panels"] if "panels" not in it]
            for panels in [top] + [it["panels"] for it in dashboard["panels"] if "panels" in it]:
                taken = set()
                for panel in panels:
                    grid = panel["grid"]
                    self.assertLessEqual(grid["x"] + grid["w"], GRID)
                    for x in range(grid["x"], grid["x"] + grid["w"]):
                        for y in range(grid["y"], grid["y"] + grid["h"]):
                            self.assertNotIn((x, y), taken, panel["id"])
                            taken.add((x, y))
                rows = {}
                for x, y in taken:
                    rows.setdefault(y, set()).add(x)
                if panels is top:
                    self.assertTrue(all(len(row) == GRID for row in rows.values()))
            ids = [panel["id"] for panel in repository.panels(dashboard)]
            self.assertEqual(len(ids), len(set(ids)))

    def test_every_question_is_shown_or_named(self):
        """It is a panel of its dashboard or in its description."""
        catalogue = repository.ROOT / "dashboards" / "catalogue"
        listed = yaml.safe_load((catalogue / "dashboards.yaml").read_text(encoding="utf-8"))
        for it in listed:
            dashboard = repository.dashboards()[it["uid"]]
            shown = {panel["id"].replace("-", "_") for panel in repository.panels(dashboard)}
            for row in it["rows"]:
                for place in row.get("panels", []):
                    for question in [place] if isinstance(place, str) else place:
                        text = (catalogue / "questions" / f"{question}.yaml").read_text(encoding="utf-8")
                        title = yaml.safe_load(text)["title"]
                        with self.subTest(dashboard=it["uid"], question=question):
                            self.assertNotEqual(question in shown, title in dashboard["description"])

    def test_controls_list_what_there_is(self):
        for dashboard in repository.dashboards().values():
            self.assertTrue(dashboard["pinned_panels"])
            for control in dashboard["pinned_panels"]:
                self.assertEqual(control["type"], "options_list_control")
                self.assertEqual(control["config"]["values_source"], "esql")
                self.assertRegex(control["config"]["esql_query"], r"^FROM logs-scoutline\.otel-\* \| STATS BY [\w.]+$")


class Navigator(unittest.TestCase):
    def test_the_layer_is_read_as_it_is(self):
        text = repository.LAYER.read_text(encoding="utf-8")
        layer = Layer(strict=True)
        layer.from_str(text)
        self.assertIsNotNone(layer.layer)
        written = json.loads(text)
        # The library brings an older format up to date and says nothing of it.
        self.assertEqual(written["versions"]["layer"], "4.5")
        self.assertEqual(written["versions"]["attack"], attack_table.VERSION.split(".")[0])
        self.assertEqual(layer.to_dict()["versions"], written["versions"])
        self.assertEqual(len(layer.to_dict()["techniques"]), len(written["techniques"]))

    def test_it_covers_what_the_recipes_name(self):
        techniques = repository.load(repository.LAYER)["techniques"]
        covered = {(it["techniqueID"], it["tactic"]) for it in techniques}
        self.assertEqual(len(covered), len(techniques))
        named = set()
        for path in (repository.ROOT / "collector-plugin" / "recipes").glob("*.yaml"):
            text = path.read_text(encoding="utf-8")
            for technique, tactics in re.findall(r"technique: (T[\d.]+), tactics: \[([^\]]+)\]", text):
                for tactic in tactics.split(","):
                    named.add((technique, attack_table.shortname(tactic.strip())))
        self.assertEqual(covered, named)
        for it in techniques:
            name, tactics = attack_table.TECHNIQUES[it["techniqueID"]]
            self.assertIn(it["tactic"], map(attack_table.shortname, tactics))
            self.assertIn(it["score"], range(1, 101))
            self.assertTrue(it["comment"] and it["links"] and it["metadata"], name)


if __name__ == "__main__":
    unittest.main()
