"""The processors that our ingest pipeline uses, and nothing else: what is not known here is an error.

By the reference of the processors `set` and `append`. Conditions are the one form of Painless that the generator writes.
"""

import re

CONDITION = re.compile(r"ctx\.attributes\?\.get\('([^']+)'\) == '([^']+)'")
INGESTED = "{{{_ingest.timestamp}}}"


def run(pipeline, document, now):
    """Changes a document as the pipeline would, at this time."""
    for step in pipeline["processors"]:
        ((kind, options),) = step.items()
        options = dict(options)
        condition = options.pop("if", None)
        if condition is not None and not holds(condition, document):
            continue
        if kind == "set":
            written = options.pop("value")
            put(document, options.pop("field"), now if written == INGESTED else literal(written))
        elif kind == "append":
            append(document, options)
        else:
            raise NotImplementedError(kind)
        if options:
            raise NotImplementedError(f"{kind}: {options}")


def holds(condition, document):
    for part in condition.split(" && "):
        match = CONDITION.fullmatch(part)
        if match is None:
            raise NotImplementedError(part)
        name, expected = match.groups()
        if document.get("attributes", {}).get(name) != expected:
            return False
    return True


def literal(written):
    if "{{" in str(written):
        raise NotImplementedError(written)
    return written


def append(document, options):
    if options.pop("allow_duplicates") is not False:
        raise NotImplementedError("duplicates")
    field = options.pop("field")
    found = get(document, field)
    found = [] if found is None else found if isinstance(found, list) else [found]
    put(document, field, found + [it for it in map(literal, options.pop("value")) if it not in found])


def get(document, path):
    for part in path.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document


def put(document, path, value):
    """Dots are objects, as they are to a processor."""
    *parents, last = path.split(".")
    for part in parents:
        document = document.setdefault(part, {})
    document[last] = value
