"""What each type of detection rule answers, over documents.

EQL runs in the PyPI package `eql`, which Elastic published. The others are references of our own, by what Elastic documents:
a rule looks at `from` to now; a threshold rule at groups; a new-terms rule at what the history before that lacks.
"""

import itertools
import re
from collections import defaultdict

import eql
import esql
import kql
from eql.parser import elasticsearch_syntax

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

# Of the engine's clock in a second.
TICKS = 10_000_000

HOW = {
    "eql": ("eql", "eql 1.0.1", "run"),
    "esql": ("esql", "own reference, grammar of esql-parser 9.1.3", "interpreted"),
    "threshold": ("kql threshold", "own reference", "interpreted"),
    "new_terms": ("kql new_terms", "own reference", "interpreted"),
    "query": ("kql", "own reference", "interpreted"),
    "lucene": ("lucene", "own reference", "interpreted"),
}


def seconds(span):
    match = re.fullmatch(r"(?:now-)?(\d+)([smhd])", span)
    if match is None:
        raise ValueError(span)
    return int(match.group(1)) * UNITS[match.group(2)]


def looked_at(rule, documents, now):
    """What the rule reads when it runs at this time."""
    begin = now - seconds(rule["from"])
    by = rule.get("timestamp_override", "@timestamp")
    return [it for it in documents if begin <= it.get(by, it["@timestamp"]) <= now]


def answers(rule, documents, now):
    """Rows of fields."""
    kind = rule["type"]
    if kind == "new_terms":
        return new_terms(rule, documents, now)
    documents = looked_at(rule, documents, now)
    if kind == "eql":
        return run_eql(rule["query"], documents)
    if kind == "esql":
        return esql.run(rule["query"], documents, now, now - seconds(rule["from"]))
    if kind == "threshold":
        return threshold(rule, documents)
    if kind == "query":
        return [it for it in documents if kql.Query(rule["query"]).matches(it)]
    raise NotImplementedError(kind)


def nested(document):
    """A document as the engine walks it: an object for each dot. Aliases that are also a part of a name are left out."""
    root = {}
    for name, content in sorted(document.items(), key=lambda it: it[0].count("."), reverse=True):
        *parents, last = name.split(".")
        place = root
        for part in parents:
            place = place.setdefault(part, {})
        place.setdefault(last, content)
    return root


def run_eql(query, documents):
    """The last record of each match: its subject is that of all of them."""
    with elasticsearch_syntax:
        parsed = eql.parse_query(query)
    found = []
    engine = eql.PythonEngine()
    engine.add_output_hook(lambda output: found.append(output.events[-1].data["flat"]))
    engine.add_query(parsed)
    in_order = sorted(documents, key=lambda it: it["@timestamp"])
    engine.stream_events(
        [eql.Event("any", int(it["@timestamp"] * TICKS), {**nested(it), "flat": it}) for it in in_order]
    )
    return found


def names_in_eql(query):
    """The fields that a query reads."""
    with elasticsearch_syntax:
        parsed = eql.parse_query(query)
    found = set()
    for node in parsed:
        if isinstance(node, eql.ast.Field):
            found.add(".".join([node.base, *map(str, node.path)]))
    return found


def single(document, name):
    """The one value of a field; several are nothing that these rules may group by."""
    found = kql.values(document, name)
    if len(found) > 1:
        raise NotImplementedError(f"{name} has several values")
    return found[0] if found else None


def threshold(rule, documents):
    query = kql.Query(rule["query"])
    wanted = rule["threshold"]
    (cardinality,) = wanted["cardinality"]
    groups = defaultdict(list)
    for document in filter(query.matches, documents):
        key = tuple(single(document, name) for name in wanted["field"])
        # A record without one of the fields is in no group.
        if None not in key:
            groups[key].append(document)
    rows = []
    for key, members in groups.items():
        different = {single(it, cardinality["field"]) for it in members} - {None}
        if len(members) >= wanted["value"] and len(different) >= cardinality["value"]:
            rows.append(dict(zip(wanted["field"], key)))
    return rows


def new_terms(rule, documents, now):
    query = kql.Query(rule["query"])
    names = rule["new_terms_fields"]
    by = rule.get("timestamp_override", "@timestamp")
    begin = now - seconds(rule["from"])
    oldest = now - seconds(rule["history_window_start"])
    terms = {True: {}, False: {}}
    for document in filter(query.matches, documents):
        if not oldest <= document[by] <= now:
            continue
        for key in itertools.product(*(kql.values(document, name) for name in names)):
            terms[document[by] >= begin].setdefault(key, document)
    return [dict(zip(names, key)) for key in terms[True] if key not in terms[False]]
