"""The part of ATT&CK that the project is pinned to, as `scoutline_detect::recipe::attack` has it."""

import re

from repository import ROOT

SOURCE = (ROOT / "collector-plugin" / "detect" / "src" / "recipe" / "attack.rs").read_text(encoding="utf-8")

VERSION = re.search(r'pub const VERSION: &str = "([\d.]+)"', SOURCE).group(1)

TACTICS = dict(re.findall(r'id: "(TA\d+)",\s+name: "([^"]+)"', SOURCE))

_LISTS = {"ONLY": ["TA0007"], "WITH_EVASION": ["TA0007", "TA0005"], "WITH_CREDENTIALS": ["TA0007", "TA0006"]}

# By id: name and ids of tactics.
TECHNIQUES = {
    found[0]: (found[1], _LISTS[found[2]])
    for found in re.findall(r'technique\("(T[\d.]+)", "([^"]+)", (\w+)\)', SOURCE)
}

assert len(TECHNIQUES) > 40 and len(TACTICS) == 3


def shortname(tactic):
    """As the Navigator and Sigma write it."""
    return TACTICS[tactic].lower().replace(" ", "-")


def stix():
    """A bundle of it, for tools that read ATT&CK from a file instead of the network."""

    def reference(key):
        return [{"source_name": "mitre-attack", "external_id": key}]

    objects = [{"type": "x-mitre-collection", "x_mitre_version": VERSION}]
    for key in TACTICS:
        objects.append(
            {"type": "x-mitre-tactic", "x_mitre_shortname": shortname(key), "external_references": reference(key)}
        )
    for key, (name, tactics) in TECHNIQUES.items():
        phases = [{"kill_chain_name": "mitre-attack", "phase_name": shortname(it)} for it in tactics]
        objects.append(
            {
                "type": "attack-pattern",
                "name": name,
                "kill_chain_phases": phases,
                "external_references": reference(key),
            }
        )
    return {"type": "bundle", "objects": objects}
