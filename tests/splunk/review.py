#!/usr/bin/env python3
"""Splunk's own tools look at the app: AppInspect with all checks and with those of the cloud, and slim.

They have to find nothing. Run by the Python of the virtual environment that has them.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

APP = Path(__file__).resolve().parents[2] / "dashboards" / "splunk" / "scoutline"

# What AppInspect may not find, in its own words.
FAULTS = ("error", "failure", "future_failure", "warning")

# slim knows an older list of settings than Splunk has.
KNOWN = "Undefined setting in savedsearches.conf"
NEWER = "allow_skew"


def tool(name: str) -> str:
    """A program of the environment."""
    return str(Path(sys.executable).with_name(name))


def inspect(*tags: str) -> list[str]:
    """What AppInspect finds with these tags."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [tool("splunk-appinspect"), "inspect", str(APP), "--mode", "precert", *tags]
        command += ["--data-format", "json", "--output-file", str(report)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not report.exists():
            raise SystemExit(f"AppInspect gave no report:\n{done.stdout}{done.stderr}")
        found = json.loads(report.read_text())
    summary = found["summary"]
    print(f"AppInspect {' '.join(tags) or 'all tags'}: {summary}")
    if summary["success"] == 0:
        raise SystemExit("AppInspect checked nothing")
    checks = [it for one in found["reports"] for group in one["groups"] for it in group["checks"]]
    return [
        f"{it['result']}: {it['name']}: {message['message']}"
        for it in checks
        if it["result"] in FAULTS
        for message in it["messages"]
    ]


def slim() -> list[str]:
    """What slim finds."""
    done = subprocess.run([tool("slim"), "validate", str(APP)], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    if not any("App validation complete" in it for it in lines):
        raise SystemExit("slim did not get to its end:\n" + "\n".join(lines))
    found = [it for it in lines if "[WARNING]" in it or "[ERROR]" in it]
    print(f"slim: exit code {done.returncode}, {len(found)} settings that it does not know yet")
    found = [it for it in found if not (KNOWN in it and it.endswith(NEWER))]
    return found + ([f"slim: exit code {done.returncode}"] if done.returncode else [])


def main() -> None:
    """Says what was found, and fails if it was anything."""
    found = inspect() + inspect("--included-tags", "cloud") + slim()
    for line in found:
        print(line, file=sys.stderr)
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
