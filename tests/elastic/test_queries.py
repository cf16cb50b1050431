"""Every question of the catalogue that Elastic is asked gives the answer that its cases demand."""

import os
import sys
import unittest

import documents
import engines
import eql
import esql
import grammar
import kql
import repository
from asked import all_asked, answer, query_of


def report(case, asked, wanted, found):
    """A line of the table of results."""
    line = "\t".join(
        [case["question"], case["case"], *engines.HOW[asked.kind], str(len(wanted)), str(len(found))]
    )
    print(line, file=sys.stderr)
    path = os.environ.get("SCOUTLINE_RESULTS")
    if path:
        with open(path, "a", encoding="utf-8") as table:
            print(line, file=table)


class Cases(unittest.TestCase):
    maxDiff = None

    def test_every_case_has_its_answer(self):
        asked = all_asked()
        seen = set()
        for case in repository.cases():
            question = asked.get(case["question"])
            if question is None:
                continue
            seen.add(case["question"])
            with self.subTest(question=case["question"], case=case["case"]):
                found, wanted = answer(question, case)
                report(case, question, wanted, found)
                self.assertEqual(found, wanted, question.query)
        recipes = {name for name in asked if name.startswith("recipe_")}
        # Of traces there are no cases.
        self.assertEqual(set(asked) - seen - recipes, {"traces"})

    def test_a_recipe_alerts_on_its_detections_alone(self):
        rules = repository.rules()
        fired = set()
        for case in repository.cases():
            found = documents.indexed(case["lines"])
            for name, rule in rules.items():
                if not name.startswith("recipe_"):
                    continue
                with self.subTest(rule=name, question=case["question"]):
                    now = case["at"] / 1e9
                    wide = {**rule, "from": "now-30d"}
                    wanted = [
                        it
                        for it in found
                        if it.get("security_rule.name") == name.removeprefix("recipe_")
                        and it["scoutline.detection.phase"] == "first"
                    ]
                    self.assertEqual(engines.answers(wide, found, now), wanted)
                    fired |= {name} if wanted else set()
        self.assertEqual(fired, {name for name in rules if name.startswith("recipe_")})


class Fields(unittest.TestCase):
    """What a query names is there, in the type that the rule says."""

    def test_queries_name_fields_that_there_are(self):
        known = documents.types()
        for name, asked in all_asked().items():
            with self.subTest(question=name):
                if asked.kind == "esql":
                    read = esql.names(asked.query)
                elif asked.kind == "eql":
                    read = engines.names_in_eql(asked.query)
                else:
                    read = kql.Query(asked.query).names
                self.assertTrue(read)
                if "FROM traces-" not in asked.query:
                    self.assertLessEqual(read, set(known))
                if asked.rule:
                    required = {it["name"]: it["type"] for it in asked.rule["required_fields"]}
                    self.assertEqual({it: known[it] for it in required}, required)
                    self.assertLessEqual(read - {"@timestamp"}, set(required))

    def test_panels_show_columns_that_their_query_gives(self):
        for dashboard in repository.dashboards().values():
            for panel in repository.panels(dashboard):
                query = query_of(panel)
                if query is None:
                    continue
                with self.subTest(panel=panel["id"]):
                    first, *commands = grammar.parse(query)
                    table = esql.source(first, [])
                    for command in commands:
                        clock = {"now": 0, "?_tstart": 0, "?_tend": 0}
                        table = esql.COMMANDS[grammar.kind(command)](table, command, clock)
                    shown = list(columns(panel["config"]))
                    self.assertTrue(shown)
                    self.assertLessEqual(set(shown), set(table.columns))


def columns(config):
    """Names of the columns that a panel shows."""
    if isinstance(config, dict):
        if "column" in config:
            yield config["column"]
        for content in config.values():
            yield from columns(content)
    elif isinstance(config, list):
        for content in config:
            yield from columns(content)


class Clock(unittest.TestCase):
    def test_a_sequence_has_to_be_within_its_span(self):
        query = 'sequence by host.name with maxspan=10m [any where a == 1] [any where a == 2]'
        for later, expected in ((599, 1), (601, 0)):
            happened = [
                {"@timestamp": 1_790_000_000 + at, "host.name": "web-1", "a": a} for at, a in ((0, 1), (later, 2))
            ]
            self.assertEqual(len(engines.run_eql(query, happened)), expected, later)

    def test_what_several_sessions_did_is_no_sequence(self):
        rule = repository.rules()["fingerprint_scan_sniff"]
        (case, *_) = [it for it in repository.cases() if it["question"] == "fingerprint_scan_sniff"]
        happened = documents.indexed(case["lines"])
        self.assertEqual(len(engines.answers(rule, happened, case["at"] / 1e9)), 1)
        for index, document in enumerate(happened):
            document["scoutline.session.uid"] = str(index)
        self.assertEqual(engines.answers(rule, happened, case["at"] / 1e9), [])

    def test_what_is_older_than_the_rule_looks_is_not_seen(self):
        rule = repository.rules()["recipe_os_fingerprint"]
        self.assertEqual(engines.seconds(rule["from"]), 600)
        for age, expected in ((599, 1), (601, 0)):
            document = {"@timestamp": 1000 - age, "event.ingested": 1000 - age}
            self.assertEqual(len(engines.looked_at(rule, [document], 1000)), expected)

    def test_a_rule_goes_by_when_a_record_arrived(self):
        rule = repository.rules()["recipe_os_fingerprint"]
        late = {"@timestamp": 0, "event.ingested": 999}
        self.assertEqual(engines.looked_at(rule, [late], 1000), [late])


if __name__ == "__main__":
    unittest.main()
