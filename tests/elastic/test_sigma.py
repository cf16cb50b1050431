"""Sigma rules are valid, tell what they tell in the backends that can say it, and answer the catalogue's cases there."""

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

import attack_table
import documents
import engines
import esql
import lucene
import repository
import yaml
from eql.errors import EqlTypeMismatchError
from sigma.backends.elasticsearch import EqlBackend, ESQLBackend, LuceneBackend
from sigma.backends.loki import LogQLBackend
from sigma.backends.splunk import SplunkBackend
from sigma.collection import SigmaCollection
from sigma.data import mitre_attack
from sigma.exceptions import SigmaFeatureNotSupportedByBackendError
from sigma.plugins import InstalledSigmaPlugins
from sigma.processing.pipeline import ProcessingPipeline
from sigma.validation import SigmaValidator

RULES = sorted((repository.SIGMA / "rules").glob("*.yml"))

BACKENDS = {
    "splunk": (SplunkBackend, "splunk"),
    "lucene": (LuceneBackend, "elastic"),
    "esql": (ESQLBackend, "elastic"),
    "eql": (EqlBackend, "elastic"),
    "loki": (LogQLBackend, "loki"),
}


def conditions(path):
    """Attributes, modifiers and values of all selections of a rule."""
    detection = yaml.safe_load(path.read_text(encoding="utf-8"))["detection"]
    for name, selection in detection.items():
        if name != "condition":
            for key, values in selection.items():
                attribute, *modifiers = key.split("|")
                for value in values if isinstance(values, list) else [values]:
                    yield attribute, modifiers, value


def names_of(is_meant):
    """Rules with such a condition."""
    return {path.stem for path in RULES if any(is_meant(*it) for it in conditions(path))}


def is_truth(_attribute, modifiers, value):
    return isinstance(value, bool) and "exists" not in modifiers


def is_of_several(attribute, _modifiers, _value):
    return attribute in documents.arrays()


# Rules that a backend refuses: EQL has no `exists`, Loki no truth values.
REFUSED = {("eql", it) for it in names_of(lambda _attribute, modifiers, _value: "exists" in modifiers)}
REFUSED |= {("loki", it) for it in names_of(is_truth)}

# Rules that a backend turns into what Elastic's own parser refuses: `:` compares texts, not truth values.
INVALID = {("eql", it) for it in names_of(is_truth)} - REFUSED

# Rules that a backend turns into what misses answers: in ES|QL and in EQL a comparison with several values is not true.
# Lucene compares each of them, therefore dashboards/sigma/README.md names that for Elastic.
SILENT = {(backend, it) for backend in ("eql", "esql") for it in names_of(is_of_several)} - REFUSED - INVALID


def convert(backend, path):
    kind, pipeline = BACKENDS[backend]
    text = (repository.SIGMA / "pipelines" / f"{pipeline}.yml").read_text(encoding="utf-8")
    pipeline = ProcessingPipeline.from_yaml(text)
    (query,) = kind(processing_pipeline=pipeline).convert(SigmaCollection.from_yaml(path.read_text(encoding="utf-8")))
    return query


class Rules(unittest.TestCase):
    def test_rules_are_valid(self):
        with tempfile.TemporaryDirectory() as folder:
            # Tags are held to the table that the recipes are held to; nothing is fetched.
            bundle = Path(folder) / "attack.json"
            bundle.write_text(json.dumps(attack_table.stix()), encoding="utf-8")
            mitre_attack.set_cache_dir(str(Path(folder) / "cache"))
            mitre_attack.set_url(str(bundle))
            rules = SigmaCollection.merge(
                [SigmaCollection.from_yaml(path.read_text(encoding="utf-8")) for path in RULES]
            )
            self.assertEqual(len(rules.rules), len(RULES))
            self.assertEqual([error for rule in rules.rules for error in rule.errors], [])
            validators = InstalledSigmaPlugins.autodiscover().validators
            self.assertIn("attacktag", validators)
            # No rule has a D3FEND tag; its validator would fetch a table.
            wanted = [it for name, it in validators.items() if name != "d3_fendtag"]
            issues = list(SigmaValidator(wanted).validate_rules(iter(rules.rules)))
            self.assertEqual([f"{it.rules[0].title}: {it}" for it in issues], [])

    def test_every_recipe_and_every_condition_has_a_rule(self):
        names = {path.stem for path in RULES}
        recipes = {path.stem for path in (repository.ROOT / "collector-plugin" / "recipes").glob("*.yaml")}
        self.assertLessEqual({f"recipe_{it}" for it in recipes}, names)
        self.assertEqual(len({convert("lucene", path) for path in RULES}), len(RULES))


class Conversions(unittest.TestCase):
    def test_backends_take_what_they_can_say(self):
        refused = set()
        for backend in BACKENDS:
            for path in RULES:
                if (backend, path.stem) in INVALID:
                    with self.assertRaises(EqlTypeMismatchError):
                        engines.names_in_eql(convert(backend, path))
                    continue
                try:
                    query = convert(backend, path)
                except (SigmaFeatureNotSupportedByBackendError, NotImplementedError):
                    refused.add((backend, path.stem))
                    continue
                with self.subTest(backend=backend, rule=path.stem):
                    self.assertIn("detection", query)
                    known = set(documents.types())
                    if backend == "esql":
                        self.assertLessEqual(esql.names(query), known)
                    if backend == "eql":
                        self.assertLessEqual(engines.names_in_eql(query), known)
                    if backend == "lucene":
                        self.assertLessEqual(lucene.Query(query).names, known)
        self.assertEqual(refused, REFUSED)

    def test_conversions_answer_the_cases(self):
        cases = {}
        for case in repository.cases():
            cases.setdefault(case["question"], []).append(case)
        silent, tried = set(), 0
        for path in RULES:
            for case in cases.get(path.stem, []):
                happened = list(documents.with_summaries(documents.indexed(case["lines"])))
                for backend, how in RUN.items():
                    if (backend, path.stem) in REFUSED | INVALID:
                        continue
                    tried += 1
                    found = how(convert(backend, path), happened)
                    about = list(case["expect"][0]) if case["expect"] else ["host.name"]
                    found = [{name: it.get(name) for name in about} for it in found]
                    if sorted(found, key=repr) != sorted(case["expect"], key=repr):
                        silent.add((backend, path.stem))
                        self.assertLess(len(found), len(case["expect"]), (backend, path.stem, case["case"]))
                    else:
                        language, engine, how = engines.HOW[backend]
                        report(case, [f"sigma {language}", f"{engine}, pySigma 1.5.1", how], found)
        self.assertGreater(tried, 10)
        self.assertEqual(silent, SILENT)


def report(case, by, found):
    """A line of the table of results."""
    line = "\t".join([case["question"], case["case"], *by, str(len(case["expect"])), str(len(found))])
    print(line, file=sys.stderr)
    if path := os.environ.get("SCOUTLINE_RESULTS"):
        with open(path, "a", encoding="utf-8") as table:
            print(line, file=table)


RUN = {
    "eql": engines.run_eql,
    "esql": lambda query, happened: esql.run(query, happened, 0, 0),
    "lucene": lambda query, happened: list(filter(lucene.Query(query).matches, happened)),
}


if __name__ == "__main__":
    unittest.main()
