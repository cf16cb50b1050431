"""A query that is broken in one place is found out: by the names that it reads, or by the answer to a case.

Each word of each query is changed by itself. What is changed and still gives every answer is listed with its reason; such a
list that has grown too long, or names what is found out, fails as well.
"""

import copy
import re
import unittest
from collections import Counter

import documents
import engines
import esql
import kql
import repository
from asked import Asked, all_asked, answer, query_of

TOKEN = re.compile(r'"[^"]*"|[<>=!]=|[<>]|\b\d+\b|\b(?:AND|and|OR|or|true|false|COUNT|MAX|SUM|COUNT_DISTINCT)\b|[a-z_]+(?:\.[a-z_]+)+')

CHANGES = {
    "==": "!=", "!=": "==", "<": ">", ">": "<", "<=": ">", ">=": "<",
    "AND": "OR", "and": "or", "OR": "AND", "or": "and", "true": "false", "false": "true",
    "COUNT": "COUNT_DISTINCT", "MAX": "MIN", "SUM": "MAX", "COUNT_DISTINCT": "COUNT",
}  # fmt: skip


def mutants(query):
    """Each token that is changed, which of its kind it is, and the query then."""
    seen = Counter()
    for match in TOKEN.finditer(query):
        token = match.group()
        seen[token] += 1
        if token in CHANGES:
            changed = CHANGES[token]
        elif token.startswith('"'):
            # A separator or an expression is no value.
            if not token.strip('"').strip() or "|" in token:
                continue
            changed = '"changed"'
        elif token.isdigit():
            changed = str(int(token) * 3 + 1)
        else:
            if token.startswith(("logs-", "traces-")) or "otel" in token:
                continue
            changed = token + ".changed"
        yield token, seen[token], query[: match.start()] + changed + query[match.end():]


def with_query(asked, query):
    if asked.rule:
        return Asked(rule={**asked.rule, "query": query})
    panel = copy.deepcopy(asked.panel)
    config = panel["config"]
    config.get("layers", [config])[0]["data_source"]["query"] = query
    assert query_of(panel) == query
    return Asked(panel=panel)


def found_out(asked, cases):
    """Why it cannot be right, nothing if it may be."""
    try:
        read = {
            "esql": esql.names,
            "eql": engines.names_in_eql,
        }.get(asked.kind, lambda query: kql.Query(query).names)(asked.query)
        unknown = read - set(documents.types())
        if unknown:
            return f"no field {unknown}"
        for case in cases:
            found, wanted = answer(asked, case)
            if found != wanted:
                return case["case"]
            for how, rows in without_one(asked, case):
                if rows:
                    return f"{case['case']}, {how}"
    except Exception as error:  # a query that cannot be understood is found out, too
        return repr(error)
    return None


# What makes a record another one than a rule waits for.
OTHER = (
    {"threat.technique.id": "other", "scoutline.detection.kind": "other"},
    {"scoutline.record.kind": "other"},
    {"scoutline.detection.phase": "other"},
    {"scoutline.detection.environment": "other"},
    {"container.id": None, "container.image.name": None},
)


def without_one(asked, case):
    """What rules that need several records answer when one of them is another: nothing, wherever that is what they need."""
    if not (asked.rule and case["expect"] and NEEDS.get(case["question"])):
        return
    happened = documents.indexed(case["lines"])
    for index, document in enumerate(happened):
        if not all(document.get(name) == it for name, it in case["expect"][0].items()):
            continue
        for other in OTHER:
            if not set(other) & NEEDS[case["question"]]:
                continue
            if "scoutline.detection.environment" in other and document["scoutline.detection.environment"] != "ci":
                continue
            if "container.id" in other and not document.get("container.id"):
                continue
            changed = [*happened[:index], {**document, **other}, *happened[index + 1:]]
            yield f"{index} with {other}", asked.rows(changed, case["at"] / 1e9, case["begin"] / 1e9)


RECORD = {"scoutline.record.kind", "scoutline.detection.phase"}
NEEDS = {
    "discovery_burst": RECORD | {"threat.technique.id"},
    "fingerprint_scan_sniff": RECORD | {"threat.technique.id"},
    "tool_on_many_hosts": RECORD | {"scoutline.detection.kind"},
    "ci_then_production": RECORD | {"scoutline.detection.environment", "container.id"},
    "first_on_image": RECORD | {"container.image.name"},
}

# Changes that no case tells from what was meant, by question and token.
MANY = "how many parts or rows there are at most is no matter of few records"
FAR = "what happened in the case is far from the limit"
SOLE = "the case has no record that differs in this alone"
SURVIVE = {
    ("ci_over_time", "50", 1): MANY,
    ("heartbeats", "50", 1): MANY,
    ("recipes_over_time", "50", 1): MANY,
    ("timeline", "50", 1): MANY,
    ("ci_records", "200", 1): MANY,
    ("newest_serious", "200", 1): MANY,
    ("sensor_events", "200", 1): MANY,
    ("session_records", "200", 1): MANY,
    ("top_executables", "10", 1): MANY,
    ("top_users", "10", 1): MANY,
    ("sensor_losing", "0", 1): FAR,
    ("sensor_silent", "15", 1): FAR,
    ("sensors_alive", "15", 1): FAR,
    ("sensors_silent", "1", 1): FAR,
    ("sensors_silent", "15", 1): FAR,
    ("service_discovery", "0", 1): FAR,
    ("ci_untrusted", "==", 3): "one record is, one is not",
    ("ci_untrusted", "false", 1): "one record is, one is not",
    ("sensors_restarted", "==", 2): "one record is, one is not",
    ("sensors_silent", "<", 1): "one sensor is, one is not",
    ("newest_serious", '"high"', 1): SOLE,
    ("service_discovery", '"critical"', 1): SOLE,
    ("service_discovery", '"high"', 1): SOLE,
    ("records_lost", "0", 1): SOLE,
    ("sensor_losing", "SUM", 1): SOLE,
    ("sensors_alive", "AND", 1): SOLE,
    ("sensors_silent", "AND", 1): SOLE,
}


class Mutations(unittest.TestCase):
    def test_every_change_of_a_word_is_found_out(self):
        by_question = {}
        for case in repository.cases():
            by_question.setdefault(case["question"], []).append(case)
        tried, survived = 0, set()
        for name, asked in all_asked().items():
            cases = by_question.get(name)
            if not cases:
                continue
            self.assertIsNone(found_out(asked, cases), name)
            for token, number, query in mutants(asked.query):
                tried += 1
                if found_out(with_query(asked, query), cases) is None:
                    survived.add((name, token, number))
        print(f"{tried} changes of a word")
        self.assertGreater(tried, 300)
        self.assertEqual(survived, set(SURVIVE))

    def test_settings_of_a_rule_matter(self):
        """What a rule says beside its query, and the order of a sequence."""
        cases = repository.cases()
        for name, change in SETTINGS:
            with self.subTest(rule=name, change=change.__name__):
                rule = copy.deepcopy(repository.rules()[name])
                change(rule)
                self.assertNotEqual(rule, repository.rules()[name])
                of_rule = [case for case in cases if case["question"] == name]
                self.assertTrue(of_rule)
                self.assertIsNotNone(found_out(Asked(rule=rule), of_rule))

    def test_the_pipeline_matters(self):
        (request, *_) = repository.load(repository.GOLDEN / "detection.json")
        (document, *_) = documents.indexed([request])
        (bare, *_) = documents.indexed([request], {"processors": []})
        made = {name for name in document if name not in bare}
        self.assertEqual(made, {"event.ingested", "event.kind", "event.category", "event.type"})
        turned = copy.deepcopy(documents.PIPELINE)
        for step in turned["processors"]:
            ((_, options),) = step.items()
            if "if" in options:
                options["if"] = options["if"].replace("detection'", "heartbeat'")
        (other, *_) = documents.indexed([request], turned)
        self.assertEqual((other["event.kind"], "event.category" in other), ("event", False))


def fewer(rule):
    rule["threshold"]["cardinality"][0]["value"] -= 1
    rule["threshold"]["value"] -= 1


def more(rule):
    rule["threshold"]["cardinality"][0]["value"] += 1


def coarser(rule):
    rule["threshold"]["field"] = ["scoutline.session.kind"]


def other_values(rule):
    rule["threshold"]["cardinality"][0]["field"] = "log.record.uid"


def backwards(rule):
    head, *steps = re.split(r" (?=\[any)", rule["query"])
    rule["query"] = " ".join([head, *reversed(steps)])


def brief(rule):
    rule["query"] = re.sub(r"maxspan=\w+", "maxspan=1s", rule["query"])


def forgetful(rule):
    rule["history_window_start"] = "now-11m"


def fewer_terms(rule):
    rule["new_terms_fields"].remove("container.image.name")


def short_sighted(rule):
    rule["from"] = "now-1s"


SETTINGS = [
    ("discovery_burst", fewer),
    ("discovery_burst", more),
    ("discovery_burst", coarser),
    ("discovery_burst", other_values),
    ("tool_on_many_hosts", fewer),
    ("tool_on_many_hosts", more),
    ("tool_on_many_hosts", other_values),
    ("fingerprint_scan_sniff", backwards),
    ("fingerprint_scan_sniff", brief),
    ("fingerprint_scan_sniff", short_sighted),
    ("ci_then_production", backwards),
    ("ci_then_production", brief),
    ("first_on_image", forgetful),
    ("first_on_image", fewer_terms),
    ("first_on_host", short_sighted),
    ("sensor_silent", short_sighted),
]


if __name__ == "__main__":
    unittest.main()
