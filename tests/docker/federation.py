"""The federation of docker/compose.yaml under a name of its own, and what its members are asked."""

import contextlib
import datetime as dt
import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.docker.engine import FailedError, compose, free_port, run, until

HUB, EPCI = "hub", "epci"
COMMUNES = {"commune-1": "fr-com-12011", "commune-2": "fr-com-12253"}
SERVICES = (HUB, EPCI, *COMMUNES)
TERRITORY = "fr-epci-241200765"
SCHEMA = "comptage-mobilites"
MEASURE = f"{SCHEMA}.count"

FILE = "/tmp/comptages.csv"  # noqa: S108 - the container's own folder

HEALTHY_MAX_S = 300
ARRIVED_MAX_S = 300

MAIN_PROCESS = """
import os, signal
for name in os.listdir("/proc"):
    if name.isdigit() and name != str(os.getpid()):
        words = open(f"/proc/{name}/cmdline").read().split("\\0")
        if words[1:2] == ["/opt/maillage/bin/maillage"]:
            os.kill(int(name), signal.SIGKILL)
"""

MEMORY = """
import json, os
found = {}
for name in os.listdir("/proc"):
    if name.isdigit() and name != str(os.getpid()):
        try:  # a health check that comes or goes meanwhile isn't of the service
            status = dict(line.split(":", 1) for line in open(f"/proc/{name}/status"))
            shares = dict(line.split(":", 1) for line in open(f"/proc/{name}/smaps_rollup")
                          if ":" in line and "-" not in line)
        except OSError:
            continue
        for what, value in (("rss", status["VmRSS"]), ("private", shares["Private_Dirty"])):
            found[what] = found.get(what, 0) + int(value.split()[0])
print(json.dumps(found))
"""
"""Run in a container: kilobytes of all its processes, this one left out."""


@dataclass
class Federation:
    """The running federation, and what was published in it."""

    image: str
    project: str
    ports: dict[str, int] = field(default_factory=lambda: {one: free_port() for one in SERVICES})
    sent: dict[str, list[tuple[str, int]]] = field(
        default_factory=lambda: {one: [] for one in COMMUNES}
    )
    tokens: dict[str, str] = field(default_factory=dict)

    def compose(self, *words: str) -> str:
        ports = {f"{name.upper().replace('-', '_')}_PORT": str(p) for name, p in self.ports.items()}
        given = {"MAILLAGE_IMAGE": self.image} | ports
        return compose("compose.yaml", self.project, *words, variables=given)

    @property
    def network(self) -> str:
        """Name of the network that its members are on."""
        return f"{self.project}_federation"

    def container(self, service: str) -> str:
        """Its container's id."""
        found = self.compose("ps", "-q", service).strip()
        if not found:
            raise FailedError(f"{service} has no container")
        return found

    def inspect(self, service: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(run("docker", "inspect", self.container(service)))
        return found[0]

    def inside(self, service: str, *words: str, data: bytes | None = None) -> str:
        """Run a command in its container."""
        keep = ("-i",) if data is not None else ()
        return run("docker", "exec", *keep, self.container(service), *words, data=data)

    # -- up, down, dead, cut off ---------------------------------------------------------------

    def up(self) -> None:
        self.compose("up", "-d", "--no-build")

    def healthy(self, *services: str) -> None:
        """Wait until they say that they are."""

        def all_are() -> bool:
            states = [self.inspect(one)["State"] for one in services or SERVICES]
            return all(one["Running"] and one["Health"]["Status"] == "healthy" for one in states)

        until(all_are, f"healthy: {', '.join(services or SERVICES)}", HEALTHY_MAX_S)

    def kill(self, service: str) -> None:
        """SIGKILL to the whole container; the engine leaves what was killed by hand."""
        run("docker", "kill", "--signal", "KILL", self.container(service))

    def start(self, service: str) -> None:
        run("docker", "start", self.container(service))

    def crash(self, service: str) -> None:
        """SIGKILL to the program inside; the restart policy must bring it back."""
        before = self.inspect(service)["RestartCount"]
        with contextlib.suppress(FailedError):  # ended with the container
            self.inside(service, "python", "-c", MAIN_PROCESS)
        until(
            lambda: self.inspect(service)["RestartCount"] > before,
            f"{service} restarted by its policy",
            HEALTHY_MAX_S,
        )

    @contextlib.contextmanager
    def cut_off(self, service: str) -> Iterator[None]:
        """Take a container off the federation's network, and put it back."""
        name, container = self.network, self.container(service)
        run("docker", "network", "disconnect", name, container)
        try:
            yield
        finally:
            run("docker", "network", "connect", "--alias", service, name, container)

    def down(self) -> None:
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "10")

    # -- what its members are asked --------------------------------------------------------------

    def ask(self, service: str, path: str, data: bytes | None = None) -> Any:
        """Ask a node's HTTP interface from the host."""
        if service not in self.tokens:
            self.tokens[service] = self.inside(service, "cat", "/data/token").strip()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports[service]}{path}",
            data=data,
            headers={
                "Authorization": f"Bearer {self.tokens[service]}",
                "Content-Type": "text/csv",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own loopback
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise FailedError(f"{path}: {error.code} {error.read()[:500]!r}") from error

    def file(self, commune: str) -> bytes:
        """The next file: a day of hours, other numbers in each."""
        number = len(self.sent[commune])
        day = dt.datetime(2026, 3, 1, tzinfo=dt.UTC) + dt.timedelta(days=number)
        lines = ["channel_id,counter_id,start_datetime,end_datetime,count"]
        hours = [day + dt.timedelta(hours=hour) for hour in range(22)]  # within the day in Paris
        counts = [7 + 13 * number + at + 100 * (commune == "commune-2") for at in range(22)]
        for hour, count in zip(hours, counts, strict=True):
            end = hour + dt.timedelta(hours=1)
            lines.append(f"C1,,{hour:%Y-%m-%dT%H:%M:%SZ},{end:%Y-%m-%dT%H:%M:%SZ},{count}")
        self.sent[commune].append((f"{day:%Y-%m-%d}", sum(counts)))
        return "\n".join(lines).encode() + b"\n"

    def publish(self, commune: str) -> None:
        """Publish the next file by HTTP from the host."""
        path = f"/api/v1/datasets/{COMMUNES[commune]}/{SCHEMA}/publications"
        self.ask(commune, path, self.file(commune))

    def publish_inside(self, commune: str) -> None:
        """Publish the next file by the command, in the container."""
        self.inside(commune, "sh", "-c", f"cat > {FILE}", data=self.file(commune))
        given = ("--schema", SCHEMA, "--participant", COMMUNES[commune])
        self.inside(commune, "maillage", "publish", FILE, *given)

    def receipt(self, commune: str) -> str:
        """The digest that the composer confirms to a commune, if it's all that it published."""
        found = self.ask(commune, "/api/v1/status")
        for one in found["published"]:
            mine = one["dataset"] == f"{COMMUNES[commune]}/{SCHEMA}"
            if not mine or one["sequence"] != len(self.sent[commune]):
                continue
            for receipt in one["receipts"]:
                confirmed = receipt["receiver"], receipt["digest"], receipt["accepted"]
                if confirmed == (TERRITORY, one["digest"], one["sequence"]):
                    return str(one["digest"])
        return ""

    def all_arrived(self) -> None:
        """Every publication is confirmed, from outside, and every figure is the plain sum."""
        for commune in COMMUNES:
            until(lambda: self.receipt(commune), f"receipts at {commune}", ARRIVED_MAX_S)  # noqa: B023 - called at once
        accepted = {
            one["dataset"]: (one["accepted"], one["refused"])
            for one in self.ask(EPCI, "/api/v1/status")["received"]
        }
        for commune, participant in COMMUNES.items():
            wanted = len(self.sent[commune]), 0
            if accepted.get(f"{participant}/{SCHEMA}") != wanted:
                raise FailedError(f"{commune}: accepted and refused {accepted}, not {wanted}")
        self._figures_are_right()

    def _figures_are_right(self) -> None:
        plain: Counter[str] = Counter()
        for days in self.sent.values():
            plain.update(dict(days))
        asked = f"territory={TERRITORY}&measure={MEASURE}&window=day"
        view = self.ask(EPCI, f"/api/v1/view?{asked}")
        shown = {one["window"]: int(one["sum"]) for one in view["totals"]}
        if shown != dict(plain):
            raise FailedError(f"figures {shown}, not the plain sums {dict(plain)}")

    def memory(self, service: str) -> dict[str, float]:
        """MiB: resident, written by itself, and as the engine counts the container."""
        found = json.loads(self.inside(service, "python", "-c", MEMORY))
        told = run(
            "docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", self.container(service)
        )
        used = told.split("/")[0].strip()
        number = float(used.rstrip("KMGiB"))
        scale = {"KiB": 1 / 1024, "MiB": 1.0, "GiB": 1024.0}[used[-3:]]
        return {
            "resident": found["rss"] / 1024,
            "private": found["private"] / 1024,
            "container": number * scale,
        }

    def logs(self) -> str:
        return self.compose("logs", "--tail", "40")
