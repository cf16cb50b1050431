"""Where things are, and how they are read."""

import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ELASTIC = ROOT / "dashboards" / "elastic"
SIGMA = ROOT / "dashboards" / "sigma"
LAYER = ROOT / "dashboards" / "attack" / "scoutline-layer.json"
GOLDEN = ROOT / "tests" / "replay" / "golden"


def load(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def rules():
    """All detection rules, by the names of their files."""
    return {path.stem: load(path) for path in sorted((ELASTIC / "rules").glob("*.json"))}


def dashboards():
    """All dashboards, by the names of their files."""
    return {path.stem: load(path) for path in sorted((ELASTIC / "dashboards").glob("*.json"))}


def panels(dashboard):
    """The panels of a dashboard, those of its sections too."""
    for panel in dashboard["panels"]:
        yield from panel.get("panels", [panel])


def cases():
    """The cases of the catalogue, as the program `cases` of tests/backends printed them."""
    path = os.environ.get("SCOUTLINE_CASES")
    if not path:
        raise RuntimeError("SCOUTLINE_CASES is not set; run make/elastic")
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    if not found:
        raise RuntimeError(f"{path} has no cases")
    return found
