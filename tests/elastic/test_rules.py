"""Detection rules have the form in which Kibana documents them, and refer to what there is.

By the schemas of Kibana's detection engine (`rule_schemas.schema.yaml`, `common_attributes.schema.yaml`).
"""

import json
import re
import unittest
import uuid

import attack_table
import engines
import repository

TEXT, LIST, NUMBER, OBJECT = str, list, int, dict

# What every rule has here, and of which type it is.
COMMON = {
    "rule_id": TEXT, "name": TEXT, "description": TEXT, "type": TEXT, "language": TEXT, "query": TEXT, "severity": TEXT,
    "risk_score": NUMBER, "enabled": bool, "interval": TEXT, "from": TEXT, "to": TEXT, "alert_suppression": OBJECT,
    "max_signals": NUMBER, "threat": LIST, "tags": LIST, "false_positives": LIST, "note": TEXT, "setup": TEXT,
    "references": LIST, "investigation_fields": OBJECT, "required_fields": LIST, "exceptions_list": LIST, "author": LIST,
    "license": TEXT, "version": NUMBER,
}  # fmt: skip
OPTIONAL = {"timestamp_override": TEXT, "severity_mapping": LIST, "risk_score_mapping": LIST}

# What a type has beside that, and its language.
OWN = {
    "query": ({"index": LIST}, "kuery"),
    "eql": ({"index": LIST}, "eql"),
    # The index is in the query.
    "esql": ({}, "esql"),
    "threshold": ({"index": LIST, "threshold": OBJECT}, "kuery"),
    "new_terms": ({"index": LIST, "new_terms_fields": LIST, "history_window_start": TEXT}, "kuery"),
}

SEVERITIES = {"low": range(0, 22), "medium": range(22, 48), "high": range(48, 74), "critical": range(74, 101)}

REFERENCE = re.compile(r"https://attack\.mitre\.org/(?:tactics|techniques)/([\w/]+)/")


class Rules(unittest.TestCase):
    def each(self):
        for name, rule in repository.rules().items():
            with self.subTest(rule=name):
                yield rule

    def test_keys_and_types_are_those_of_the_type(self):
        for rule in self.each():
            own, language = OWN[rule["type"]]
            self.assertEqual(rule["language"], language)
            wanted = {**COMMON, **own}
            self.assertEqual(set(rule) - set(OPTIONAL), set(wanted))
            for key, content in rule.items():
                self.assertIs(type(content), {**wanted, **OPTIONAL}[key], key)
                self.assertNotIn("@{", json.dumps(content))

    def test_ids_and_names_are_there_once(self):
        rules = repository.rules().values()
        for key in ("rule_id", "name"):
            self.assertEqual(len({rule[key] for rule in rules}), len(rules))
        for rule in self.each():
            self.assertEqual(uuid.UUID(rule["rule_id"]).version, 5)

    def test_severities_and_scores_agree(self):
        for rule in self.each():
            self.assertIn(rule["risk_score"], SEVERITIES[rule["severity"]])
            for mapping in rule.get("severity_mapping", []):
                self.assertIn(mapping["severity"], SEVERITIES)
                self.assertEqual(mapping["operator"], "equals")

    def test_no_rule_runs_before_somebody_wants_it(self):
        for rule in self.each():
            self.assertFalse(rule["enabled"])

    def test_no_moment_is_between_two_looks(self):
        for rule in self.each():
            every, back = engines.seconds(rule["interval"]), engines.seconds(rule["from"])
            self.assertGreaterEqual(back, 2 * every)
            self.assertEqual(rule["to"], "now")
            if rule["type"] == "new_terms":
                self.assertGreater(engines.seconds(rule["history_window_start"]), back)

    def test_an_alert_is_suppressed_by_its_subject(self):
        for rule in self.each():
            suppression = rule["alert_suppression"]
            self.assertIn(suppression["duration"]["unit"], ("s", "m", "h"))
            self.assertGreaterEqual(suppression["duration"]["value"], 1)
            if rule["type"] == "threshold":
                self.assertEqual(set(suppression), {"duration"})
                self.assertLessEqual(len(rule["threshold"]["field"]), 3)
                self.assertGreaterEqual(rule["threshold"]["value"], 1)
            else:
                self.assertIn(len(suppression["group_by"]), (1, 2, 3))
                self.assertEqual(suppression["missing_fields_strategy"], "doNotSuppress")
            if rule["type"] == "new_terms":
                self.assertIn(len(rule["new_terms_fields"]), (1, 2, 3))

    def test_tactics_and_techniques_are_of_the_version_that_is_pinned(self):
        for rule in self.each():
            for threat in rule["threat"]:
                self.assertEqual(threat["framework"], "MITRE ATT&CK")
                tactic = threat["tactic"]
                self.assertEqual(attack_table.TACTICS[tactic["id"]], tactic["name"])
                below = [it for technique in threat["technique"] for it in technique.get("subtechnique", [])]
                for it in threat["technique"] + below:
                    name, tactics = attack_table.TECHNIQUES[it["id"]]
                    self.assertEqual(it["name"], name)
                    self.assertIn(tactic["id"], tactics)
                for it in [tactic, *threat["technique"], *below]:
                    self.assertEqual(REFERENCE.fullmatch(it["reference"]).group(1).replace("/", "."), it["id"])

    def test_guides_say_what_to_do_where(self):
        for rule in self.each():
            for environment in ("CI", "staging", "production"):
                self.assertIn(environment, rule["note"])
            self.assertRegex(rule["note"], r"\n1\. ")

    def test_the_import_has_every_rule_and_the_list_that_they_refer_to(self):
        text = (repository.ELASTIC / "scoutline.ndjson").read_text(encoding="utf-8")
        exceptions, *rules = map(json.loads, text.splitlines())
        self.assertEqual(sorted(rules, key=str), sorted(repository.rules().values(), key=str))
        for key in ("list_id", "name", "description", "type"):
            self.assertTrue(exceptions[key])
        for rule in rules:
            (reference,) = rule["exceptions_list"]
            for key in ("list_id", "type", "namespace_type"):
                self.assertEqual(reference[key], exceptions[key])
            self.assertTrue(reference["id"])


if __name__ == "__main__":
    unittest.main()
