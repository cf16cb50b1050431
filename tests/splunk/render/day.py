"""A day of a small fleet: the golden records of the sensor, varied, so that the pictures show what a day may look like.

Nothing here is random from run to run.
"""

import copy
import random
from collections.abc import Iterator
from datetime import UTC, datetime

import app

# When somebody looks at the dashboards, in seconds since the Unix epoch.
NOW = int(datetime(2026, 11, 20, 13, 58, tzinfo=UTC).timestamp())
DAY = 24 * 3600
HEARTBEAT = 300

HOSTS = {
    **{f"web-{number}": "production" for number in range(1, 7)},
    **{f"db-{number}": "production" for number in range(1, 4)},
    **{f"node-{number}": "production" for number in range(1, 4)},
    **{f"stage-{number}": "staging" for number in range(1, 3)},
    **{f"runner-{number}": "ci" for number in range(1, 5)},
}

TECHNIQUES = {
    "T1040": "Network Sniffing",
    "T1046": "Network Service Discovery",
    "T1082": "System Information Discovery",
}

# What reads what on a day without an incident: recipe, executable, arguments, file, parent.
ROUTINE = [
    ("os_fingerprint", "/usr/bin/facter", ["facter", "os"], "/etc/os-release", "/usr/bin/puppet"),
    ("os_fingerprint", "/usr/bin/dpkg", ["dpkg", "--configure", "-a"], "/etc/os-release", "/usr/bin/apt-get"),
    ("os_network_fingerprint", "/usr/bin/netdata", ["netdata", "-D"], "/proc/sys/net/core/somaxconn", "/usr/lib/systemd/systemd"),
    ("machine_fingerprint", "/usr/bin/lshw", ["lshw", "-short"], "/sys/class/dmi/id/product_name", "/usr/bin/bash"),
]  # fmt: skip

JOBS = [
    ("https://git.example/shop", "build", "unit", "os_fingerprint", "/usr/bin/node", "/proc/version"),
    ("https://git.example/shop", "release", "integration", "machine_fingerprint", "/usr/bin/node", "/proc/cpuinfo"),
    ("https://git.example/mail", "build", "unit", "os_fingerprint", "/usr/bin/python3.13", "/etc/os-release"),
    ("https://git.example/infra", "nightly", "scan", "net_scan_tool_exec", "/usr/bin/nmap", None),
]

# Of the one session that matters: seconds after its begin, and what was done.
INCIDENT = [
    (0, "os_fingerprint", "/usr/bin/cat", ["cat", "/proc/version"], "/proc/version"),
    (24, "os_network_fingerprint", "/usr/bin/sysctl", ["sysctl", "-a"], "/proc/sys/net/ipv4/ip_forward"),
    (61, "machine_fingerprint", "/usr/bin/cat", ["cat", "/sys/class/dmi/id/product_uuid"], "/sys/class/dmi/id/product_uuid"),
    (140, "net_scan_tool_exec", "/usr/bin/nmap", ["nmap", "-sS", "-p-", "10.20.0.0/24"], None),
    (412, "net_sniff_tool_exec", "/usr/bin/tcpdump", ["tcpdump", "-i", "any", "-w", "/tmp/.x"], None),
]  # fmt: skip


class Day:
    """Makes records; each has a uid of its own."""

    def __init__(self) -> None:
        self.random = random.Random("scoutline")
        self.made = 0
        self.recipes = {it["name"]: it for it in app.lookups()["scoutline_recipes"]}
        self.golden = {kind(it): it for it in reversed(app.golden())}

    def records(self) -> list[dict]:
        """Requests in OTLP/JSON, oldest last or not: Splunk sorts."""
        parts = [self.routine(), self.jobs(), self.incident(), self.containers(), self.sensors()]
        return [record for part in parts for record in part]

    def record(self, of: str, host: str, at: float, body: str, given: dict[str, object]) -> dict:
        """A golden record with other values; `None` takes an attribute out."""
        self.made += 1
        record = copy.deepcopy(self.golden[of])
        resource = record["resourceLogs"][0]["resource"]["attributes"]
        log = record["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
        log["timeUnixNano"] = log["observedTimeUnixNano"] = str(int(at * 1e9))
        log["body"] = {"stringValue": body}
        if "traceId" in log:
            log["traceId"], log["spanId"] = f"{self.random.getrandbits(128):032x}", f"{self.random.getrandbits(64):016x}"
        # Of the resource is what the lookup of fields does not have on the record itself in the golden one.
        of_resource = {it["key"] for it in resource} | {"container.id", "container.image.name"}
        values = {
            "host.name": host,
            "deployment.environment.name": HOSTS[host],
            "service.instance.id": f"sensor-{host}",
            "log.record.uid": f"{self.made:032x}",
        } | given
        for name, value in values.items():
            put(resource if name in of_resource else log["attributes"], name, value)
        return record

    def detection(self, host: str, at: float, recipe: str, executable: str, **given: object) -> dict:
        """The first record of one."""
        about = self.recipes[recipe]
        technique = about["techniques"].split()[0]
        file, arguments = given.pop("file", None), given.pop("arguments", None)
        user = given.pop("user", "root")
        did = f"read {file}" if file else "was executed"
        environment = HOSTS[host]
        values = {
            "security_rule.name": recipe,
            "security_rule.uuid": about["uuid"],
            "threat.technique.id": technique,
            "threat.technique.name": TECHNIQUES[technique],
            "scoutline.detection.severity": about["severity"],
            "scoutline.detection.risk_score": int(about["risk_score"]),
            "scoutline.detection.kind": "file_access" if file else "execution",
            "scoutline.detection.environment": environment,
            "scoutline.detection.advice": about[f"{environment}_actions"].splitlines()[0].removeprefix("1. "),
            "scoutline.detection.first_seen": False,
            "process.executable.path": executable,
            "process.executable.name": executable.rsplit("/", 1)[1],
            "process.command_args": arguments or [executable.rsplit("/", 1)[1]],
            "process.user.name": user,
            "process.user.id": 33 if user == "www-data" else 0 if user == "root" else 1000,
            "file.path": file,
            "scoutline.session.login.host": None,
        }
        values |= {name.replace("__", "."): it for name, it in given.items()}
        body = f"{recipe}: {executable} (pid {1000 + self.made % 30000}, {user}) {did}"
        return self.record("detection", host, at, body, values)

    def routine(self) -> Iterator[dict]:
        """Inventory in the morning, packages and monitoring all day."""
        for host, environment in HOSTS.items():
            if environment == "ci":
                continue
            for recipe, executable, arguments, file, parent in ROUTINE:
                for _ in range(self.random.randint(0, 3)):
                    hour = self.random.gauss(6, 1.2) if executable.endswith("facter") else self.random.uniform(0, 24)
                    yield self.detection(
                        host, NOW - DAY + hour % 24 * 3600, recipe, executable, arguments=arguments, file=file,
                        scoutline__session__uid=f"{self.random.getrandbits(128):032x}",
                        scoutline__session__kind="service", scoutline__session__user__name="root",
                        scoutline__process__parent__executable__path=parent,
                    )  # fmt: skip

    def jobs(self) -> Iterator[dict]:
        """What builds did, more by day than by night."""
        runners = [host for host, environment in HOSTS.items() if environment == "ci"]
        for number in range(70):
            repository, pipeline, task, recipe, executable, file = JOBS[self.random.choice([0, 0, 0, 1, 1, 2, 2, 3])]
            at = NOW - DAY + self.random.triangular(0, DAY, DAY * 0.85)
            revision = f"{self.random.getrandbits(40):010x}"
            yield self.detection(
                self.random.choice(runners), at, recipe, executable, file=file, user="runner",
                scoutline__session__uid=f"{self.random.getrandbits(128):032x}",
                scoutline__session__kind="process_tree", scoutline__session__user__name="runner",
                scoutline__process__parent__executable__path="/usr/bin/bash",
                scoutline__ci__system="gitlab", scoutline__ci__trusted=self.random.random() < 0.9,
                scoutline__detection__first_seen=number % 23 == 0,
                vcs__repository__url__full=repository, vcs__ref__head__name="main",
                vcs__ref__head__revision=revision, cicd__pipeline__name=pipeline, cicd__pipeline__task__name=task,
                cicd__pipeline__run__url__full=f"{repository}/-/pipelines/{4100 + number}",
            )  # fmt: skip

    def incident(self) -> Iterator[dict]:
        """Somebody got into a web server in the early afternoon."""
        for after, recipe, executable, arguments, file in INCIDENT:
            yield self.detection(
                "web-3", NOW - 5100 + after, recipe, executable, arguments=arguments, file=file, user="www-data",
                scoutline__session__uid="5d1f0c9b7a3e4826b0d45f6e7a8b9c0d", scoutline__session__kind="login",
                scoutline__session__user__name="deploy", scoutline__session__login__host="203.0.113.66",
                scoutline__process__parent__executable__path="/usr/bin/bash", scoutline__detection__first_seen=True,
            )  # fmt: skip

    def containers(self) -> Iterator[dict]:
        """A debug container on a node."""
        for number in range(3):
            yield self.detection(
                "node-2", NOW - 30_000 + number * 95, "net_sniff_tool_exec", "/usr/bin/tshark",
                arguments=["tshark", "-i", "eth0"], scoutline__session__uid="c7e1a2b3d4f5061728394a5b6c7d8e9f",
                scoutline__session__kind="container", scoutline__session__user__name=None,
                container__id="c0ffee", container__image__name="registry.example/netshoot",
            )  # fmt: skip

    def sensors(self) -> Iterator[dict]:
        """Heartbeats of all but one, two losses, a restart."""
        for index, host in enumerate(HOSTS):
            ends = NOW - 2700 if host == "db-3" else NOW
            at = NOW - DAY + 17 * index
            while at < ends:
                yield self.record("heartbeat", host, at, "Watching.", {"scoutline.loss.total": 0})
                at += HEARTBEAT
        for host, stage, reason, count in [("web-3", "kernel", "open_ring_full", 412), ("db-2", "queue", "queue_full", 37)]:
            given = {"scoutline.loss.stage": stage, "scoutline.loss.reason": reason, "scoutline.loss.count": count}
            body = f"Lost {count} in the {stage}: {reason.replace('_', ' ')}."
            yield self.record("loss", host, NOW - 4980 + len(host), body, given)
        given = {"scoutline.sensor.action": "start", "scoutline.sensor.previous_end": "unclean"}
        body = "The sensor began to watch; the run before was killed or crashed."
        yield self.record("sensor", "runner-2", NOW - 40_000, body, given)


def kind(request: dict) -> str:
    """Of its first record."""
    log = request["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
    return log["eventName"].removeprefix("scoutline.")


def put(attributes: list[dict], name: str, given: object) -> None:
    """Sets an attribute in the form of OTLP/JSON."""
    attributes[:] = [it for it in attributes if it["key"] != name]
    match given:
        case None:
            return
        case bool():
            value: dict = {"boolValue": given}
        case int():
            value = {"intValue": str(given)}
        case list():
            value = {"arrayValue": {"values": [{"stringValue": it} for it in given]}}
        case _:
            value = {"stringValue": given}
    attributes.append({"key": name, "value": value})
