"""Another implementation of Sigma, rsigma, evaluates our rules on the records of the catalogue's cases, with the names that
they have on the wire.

`make/elastic` alone does not find it, because rsigma takes minutes to build; `make/elastic engine` runs it.
"""

import json
import os
import subprocess
import unittest

import documents
import repository
from test_sigma import RULES, report


def rsigma(*arguments, given=""):
    command = [os.environ["RSIGMA"], *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout


def matches(rule, document):
    """Whether the rule fires on this record alone."""
    said = rsigma("engine", "eval", "--quiet", "-r", rule, given=json.dumps(document) + "\n")
    found = [json.loads(line) for line in said.splitlines()]
    return len(found) == 1


class Rsigma(unittest.TestCase):
    def test_it_finds_nothing_wrong_with_the_rules(self):
        said = rsigma("rule", "lint", repository.SIGMA / "rules")
        self.assertIn(f"Checked {len(RULES)} file(s): {len(RULES)} passed, 0 failed (0 error(s), 0 warning(s)", said)

    def test_rules_answer_the_cases(self):
        cases = {}
        for case in repository.cases():
            cases.setdefault(case["question"], []).append(case)
        tried = 0
        for path in RULES:
            for case in cases.get(path.stem, []):
                tried += 1
                happened = documents.with_summaries(documents.indexed(case["lines"]))
                found = [it for it in happened if matches(path, it)]
                about = list(case["expect"][0]) if case["expect"] else ["host.name"]
                found = [{name: it.get(name) for name in about} for it in found]
                with self.subTest(rule=path.stem, case=case["case"]):
                    report(case, ["sigma", "rsigma 0.23.0", "run"], found)
                    self.assertEqual(sorted(found, key=repr), sorted(case["expect"], key=repr))
        self.assertGreater(tried, 8)

    def test_a_recipe_fires_on_its_detections_alone(self):
        (case,) = [it for it in repository.cases() if it["question"] == "attack_matrix"]
        happened = list(documents.with_summaries(documents.indexed(case["lines"])))
        for path in RULES:
            recipe = path.stem.removeprefix("recipe_")
            if recipe == path.stem:
                continue
            for document in happened:
                wanted = document["security_rule.name"] == recipe and document["scoutline.detection.phase"] == "first"
                self.assertEqual(matches(path, document), wanted, (recipe, document["security_rule.name"]))


if __name__ == "__main__":
    unittest.main()
