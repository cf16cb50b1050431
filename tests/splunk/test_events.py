"""What the sensor sends becomes the events that the searches are about.

The records are those that the sensor is held to byte for byte, and those of the catalogue's cases; the exporter's own code
turns them into what Splunk gets.
"""

import re
import unittest

import app
from flow import follow
from test_cases import cases

TYPES = {
    "bool": re.compile("true|false"),
    "double": re.compile(r"-?\d+(\.\d+)?"),
    "int": re.compile(r"-?\d+"),
    "text": re.compile(".+", re.DOTALL),
    "texts": re.compile(".+", re.DOTALL),
}


class Events(unittest.TestCase):
    """Held to what the lookup of fields says, which is what the registry says."""

    def setUp(self) -> None:
        self.known = app.fields()
        self.golden = app.indexed(app.golden())

    def test_every_kind_has_its_sourcetype(self) -> None:
        self.assertEqual({it["sourcetype"] for it in self.golden}, set(self.known))

    def test_fields_are_those_of_the_registry_and_of_its_types(self) -> None:
        for event in self.golden:
            of = self.known[event["sourcetype"]]
            for name, value in event.items():
                with self.subTest(sourcetype=event["sourcetype"], field=name):
                    self.assertIn(name, of.types)
                    if name == "_time":
                        continue
                    kind = of.types[name]
                    self.assertTrue(isinstance(value, str) or kind == "texts", kind)
                    for it in value if isinstance(value, list) else [value]:
                        self.assertRegex(it, re.compile(rf"\A(?:{TYPES[kind].pattern})\Z", re.DOTALL))

    def test_what_is_required_is_there(self) -> None:
        for event in self.golden:
            for name, level in self.known[event["sourcetype"]].levels.items():
                if level == "required":
                    self.assertIn(name, event, event["sourcetype"])

    def test_the_host_is_the_events_host_and_no_field(self) -> None:
        for event in self.golden:
            self.assertEqual(event["host"], "web-1")
            self.assertNotIn("host.name", event)

    def test_the_event_is_a_sentence(self) -> None:
        for event in self.golden:
            self.assertRegex(event["_raw"], r"\w+ \w+")

    def test_what_searches_read_comes_out_of_records(self) -> None:
        lines = [line for case in cases() for line in case["lines"]]
        there: dict[str, set[str]] = {it: set() for it in self.known}
        for event in self.golden + app.indexed(lines):
            there[event["sourcetype"]] |= set(event)
        known = app.macros()
        searches = [it["search"] for it in app.conf("savedsearches.conf").values()]
        searches = [app.expanded(it, known) for it in searches]
        for dashboard in app.dashboards():
            for _, search in dashboard.searches():
                searches.append(app.with_tokens(app.expanded(search, known), dashboard.tokens()))
        read = 0
        for search in searches:
            flow = follow(search)
            for name in flow.read:
                read += 1
                self.assertTrue(any(name in there[it] for it in flow.sourcetypes), f"{name}: {search}")
        self.assertGreater(read, 100)


if __name__ == "__main__":
    unittest.main()
