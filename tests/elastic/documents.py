"""Documents as Elasticsearch has them after the Elasticsearch exporter, in its mode `otel`, has sent a record.

The form is that of the exporter's documentation and of its own reference files (`testdata/golden/otel_logs.json`): names with
dots stay as they are, below `attributes` and `resource.attributes`; what names the data stream is taken out. What becomes of
them there follows from our ingest pipeline and our mappings, which are read from dashboards/elastic/ingest.
"""

import copy
from datetime import datetime, timezone

import pipeline
from repository import ELASTIC, ROOT, load

PIPELINE = load(ELASTIC / "ingest" / "scoutline-ecs.json")
MAPPINGS = load(ELASTIC / "ingest" / "logs-scoutline.otel@mappings.json")["template"]["mappings"]["properties"]

# What Elasticsearch's own templates for logs of OpenTelemetry map outside of attributes.
STOCK = {
    "@timestamp": "date",
    "observed_timestamp": "date",
    "severity_text": "keyword",
    "severity_number": "long",
    "trace_id": "keyword",
    "span_id": "keyword",
    "body.text": "text",
    "data_stream.type": "keyword",
    "data_stream.dataset": "keyword",
    "data_stream.namespace": "keyword",
}


def value(any_value):
    """A value of OTLP/JSON."""
    ((kind, content),) = any_value.items()
    if kind == "intValue":
        return int(content)
    if kind == "arrayValue":
        return [value(item) for item in content.get("values", [])]
    if kind in ("stringValue", "boolValue", "doubleValue"):
        return content
    raise ValueError(f"the contract has no {kind}")


def attributes(pairs):
    found = {pair["key"]: value(pair["value"]) for pair in pairs}
    if len(found) != len(pairs):
        raise ValueError("an attribute twice")
    return found


def moment(nanoseconds):
    """As a number of seconds: what happened within one is told apart by nobody here."""
    return int(nanoseconds) / 1_000_000_000


def exported(request):
    """Documents of a request, each with the id that the gateway gives it."""
    for of_resource in request["resourceLogs"]:
        about = attributes(of_resource["resource"]["attributes"])
        dataset = about.pop("data_stream.dataset")
        for of_scope in of_resource["scopeLogs"]:
            for record in of_scope["logRecords"]:
                own = attributes(record["attributes"])
                document = {
                    "@timestamp": moment(record["timeUnixNano"]),
                    "observed_timestamp": moment(record["observedTimeUnixNano"]),
                    "data_stream": {"type": "logs", "dataset": f"{dataset}.otel", "namespace": "default"},
                    "severity_text": record["severityText"],
                    "severity_number": record["severityNumber"],
                    "event_name": record["eventName"],
                    "attributes": own,
                    "resource": {"attributes": about},
                    "body": {"text": value(record["body"])},
                }
                for ours, theirs in (("trace_id", "traceId"), ("span_id", "spanId")):
                    if record.get(theirs):
                        document[ours] = record[theirs]
                # transform/elastic of deploy/collector/gateway-elastic.yaml.
                yield own["log.record.uid"], document


def indexed(requests, ingest=None):
    """What the data stream holds: an id is there once, the pipeline has run, and fields have the names that queries use."""
    documents = {}
    for request in requests:
        for uid, document in exported(request):
            if uid in documents:
                continue
            document = copy.deepcopy(document)
            # Delivered at once.
            pipeline.run(ingest or PIPELINE, document, document["@timestamp"])
            documents[uid] = fields(document)
    return list(documents.values())


# What tells one answer from another, of a detection that is older than what is looked at.
EARLIER = {
    "host.name": "earlier",
    "scoutline.session.uid": "earlier",
    "process.executable.path": "/usr/bin/earlier",
    "process.executable.name": "earlier",
    "security_rule.name": "earlier",
    "vcs.repository.url.full": "https://git.example/earlier",
    "container.image.name": "registry.example/earlier",
}

SUMMARIES = {"-summary": {}, "-earlier": EARLIER, "-other": {**EARLIER, "threat.technique.id": "earlier"}}


def with_summaries(found):
    """With what else is there: the second record of each detection, and that of one whose first is older. No count may count
    them."""
    for document in found:
        yield document
        if document.get("scoutline.detection.phase") == "first":
            summary = {**document, "scoutline.detection.phase": "summary"}
            for suffix, changed in SUMMARIES.items():
                changed = {name: it for name, it in changed.items() if name in document}
                yield {**summary, **changed, "log.record.uid": document["log.record.uid"] + suffix}


def leaves(document, path=""):
    for key, content in document.items():
        name = f"{path}{key}"
        if isinstance(content, dict):
            yield from leaves(content, f"{name}.")
        else:
            yield name, content


def fields(document):
    """A document by the names that queries use: attributes without their prefix, and our aliases."""
    found = dict(leaves(document))
    flat = dict(found)
    for prefix in ("attributes.", "resource.attributes."):
        # The one of higher priority comes last.
        flat.update({name[len(prefix):]: it for name, it in found.items() if name.startswith(prefix)})
    for name, mapping in properties():
        if mapping["type"] == "alias" and mapping["path"] in found:
            flat[name] = found[mapping["path"]]
    return flat


def properties():
    """Our mappings but for the two objects of attributes."""
    for name, mapping in MAPPINGS.items():
        if name not in ("attributes", "resource"):
            yield name, mapping


def types():
    """The type of every field that a query may name."""
    known = dict(STOCK)
    passed = {}
    for prefix, parent in (
        ("attributes.", MAPPINGS["attributes"]),
        ("resource.attributes.", MAPPINGS["resource"]["properties"]["attributes"]),
    ):
        for name, mapping in parent["properties"].items():
            known[prefix + name] = passed[name] = mapping["type"]
    known.update(passed)
    for name, mapping in properties():
        known[name] = known[mapping["path"]] if mapping["type"] == "alias" else mapping["type"]
    return known


def arrays():
    """Attributes of a detection that have several values; the golden record has all that there are."""
    found = set()
    for request in load(ROOT / "tests" / "replay" / "golden" / "detection.json"):
        for of_resource in request["resourceLogs"]:
            for of_scope in of_resource["scopeLogs"]:
                for record in of_scope["logRecords"]:
                    found |= {it["key"] for it in record["attributes"] if "arrayValue" in it["value"]}
    return found


def stamp(text):
    """An RFC 3339 time as seconds."""
    whole, _, rest = text.rstrip("Z").partition(".")
    at = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp()
    return at + float(f"0.{rest or 0}")
