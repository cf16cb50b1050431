"""The app as it is committed: its configuration, dashboards and lookups, and the events that it is about."""

import csv
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from os import environ
from pathlib import Path
from xml.etree import ElementTree

from spl import SplError

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "dashboards" / "splunk" / "scoutline"
GOLDEN = ROOT / "tests" / "replay" / "golden"

Stanzas = dict[str, dict[str, str]]


def conf(name: str) -> Stanzas:
    """A file of the configuration; what is said twice is refused, since Splunk would take the last of it."""
    found: Stanzas = {}
    keys: dict[str, str] | None = None
    for number, line in enumerate((APP / "default" / name).read_text().splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        where = f"{name}:{number}"
        if line.startswith("["):
            stanza = line.strip()[1:-1]
            if stanza in found:
                raise SplError(f"{where}: stanza [{stanza}] for the second time")
            keys = found[stanza] = {}
            continue
        key, equals, value = line.partition(" = ")
        if not equals or keys is None:
            raise SplError(f"{where}: no setting")
        if key in keys:
            raise SplError(f"{where}: {key} for the second time")
        keys[key] = value
    return found


def macros() -> dict[str, str]:
    """Definitions by name."""
    return {name: keys["definition"] for name, keys in conf("macros.conf").items()}


def expanded(search: str, known: dict[str, str]) -> str:
    """A search with all macros replaced, those of macros too."""

    def definition(match: re.Match[str]) -> str:
        if match[1] not in known:
            raise SplError(f"there is no macro `{match[1]}`")
        return expanded(known[match[1]], known)

    return re.sub(r"`([^`]+)`", definition, search)


@dataclass
class Dashboard:
    """A view, as its definition says."""

    name: str
    definition: dict

    def searches(self) -> Iterator[tuple[str, str]]:
        """Names of questions, and their searches."""
        for name, source in self.definition["dataSources"].items():
            yield name.removeprefix("ds_"), source["options"]["query"]

    def tokens(self) -> dict[str, str]:
        """What the inputs stand at when the dashboard is opened."""
        inputs = self.definition["inputs"].values()
        return {it["options"]["token"]: it["options"]["defaultValue"] for it in inputs}


def dashboards() -> list[Dashboard]:
    """All of them, in the order of their names."""
    found = []
    for path in sorted((APP / "default" / "data" / "ui" / "views").glob("*.xml")):
        tree = ElementTree.parse(path)
        definition = tree.findtext("definition")
        found.append(Dashboard(path.stem, json.loads(definition or "")))
    return found


def with_tokens(search: str, tokens: dict[str, str]) -> str:
    """A search of a dashboard with what its inputs say; `|s` puts it in quotes."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in tokens:
            raise SplError(f"there is no input for ${match[1]}$")
        text = tokens[match[1]]
        return '"' + text.replace('"', '\\"') + '"' if match[2] else text

    return re.sub(r"\$([\w.]+)(\|s)?\$", value, search)


def lookups() -> dict[str, list[dict[str, str]]]:
    """Rows by the name that searches have for the lookup."""
    found = {}
    for name, keys in conf("transforms.conf").items():
        with (APP / "lookups" / keys["filename"]).open(newline="") as file:
            found[name] = list(csv.DictReader(file))
    return found


@dataclass
class Fields:
    """What the registry says of the fields of one kind of event: types, and how surely they are there."""

    types: dict[str, str] = field(default_factory=dict)
    levels: dict[str, str] = field(default_factory=dict)


def fields() -> dict[str, Fields]:
    """By sourcetype, with what every event of Splunk has."""
    found = {}
    rows = lookups()["scoutline_fields"]
    for kind in [it for it in rows[0] if it not in ("field", "type")]:
        of = found[f"scoutline:{kind}"] = Fields()
        for row in rows:
            if row[kind]:
                of.types[row["field"]] = row["type"]
                of.levels[row["field"]] = row[kind]
        for name in ("index", "sourcetype", "source", "host", "_time", "_raw"):
            of.types[name] = "int" if name == "_time" else "text"
            of.levels[name] = "required"
    return found


def indexed(lines: list[dict]) -> list[dict]:
    """The events that Splunk has of these requests in OTLP/JSON.

    The exporter's own code turns them into what the HTTP Event Collector gets. From there: numbers and truth values are
    texts in the index, an array is a field with several values, and times are kept to the millisecond.
    """
    program = environ["SCOUTLINE_HEC"]
    requests = "".join(json.dumps(it) + "\n" for it in lines)
    done = subprocess.run([program], input=requests, capture_output=True, text=True, check=True)
    found = []
    for line in done.stdout.splitlines():
        for event in json.loads(line):
            row = {name: value(it) for name, it in event["fields"].items()}
            row |= {name: event[name] for name in ("host", "source", "sourcetype", "index")}
            row |= {"_time": round(event["time"], 3), "_raw": event["event"]}
            found.append(row)
    return found


def value(given: object) -> object:
    """A value of the collector's `fields`, as searches see it."""
    if isinstance(given, list):
        values = [value(it) for it in given]
        return values[0] if len(values) == 1 else values
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, str):
        return given
    if isinstance(given, int):
        return str(given)
    raise SplError(f"no field of the index can be {given!r}")


def golden() -> list[dict]:
    """The records that the sensor is held to, byte for byte."""
    names = ("detection", "heartbeat", "loss", "sensor")
    return [it for name in names for it in json.loads((GOLDEN / f"{name}.json").read_text())]
