"""A real HTTP proxy (tinyproxy), and networks in which nothing else passes (network namespaces)."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

PROGRAM = Path(sys.executable).parent / "maillage"
USER, PASSWORD = "mairie", "motdepasse-du-proxy"
HUB_NAME = "echange.test"
TOWN_IP, EDGE_IP = "10.213.0.2", "10.213.0.1"
PROXY_PORT = 3128


def until(what: Callable[[], Any], timeout_s: float = 60.0) -> Any:
    end = time.monotonic() + timeout_s
    while True:
        found = what()
        if found or time.monotonic() > end:
            assert found
            return found
        time.sleep(0.1)


def need_proxy() -> None:
    _need("tinyproxy", shutil.which("tinyproxy") is not None)


def need_namespaces() -> None:
    """Fail in CI, skip loudly elsewhere, where the machine has no namespaces for us."""
    need_proxy()
    possible = shutil.which("ip") is not None and os.geteuid() == 0
    if possible:
        name = f"mlg-try-{os.getpid()}"
        done = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
        possible = done.returncode == 0
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    _need("network namespaces (iproute2, root)", possible)


def _need(what: str, is_there: bool) -> None:  # noqa: FBT001
    if is_there:
        return
    told = f"{what}: not here, so that nothing is proved about town-hall networks"
    if os.environ.get("CI") == "true":
        pytest.fail(told)
    pytest.skip(told)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Proxy:
    """One tinyproxy."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = field(default_factory=free_port)
    connect_ports: tuple[int, ...] = ()
    password: str = ""
    within: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "proxy.log").read_text()

    def start(self) -> None:
        lines = [f"Port {self.port}", f"Listen {self.host}", "Timeout 600", "MaxClients 50"]
        lines += [f"ConnectPort {port}" for port in self.connect_ports]
        if self.password:
            lines.append(f"BasicAuth {USER} {self.password}")
        config = self.folder / "tinyproxy.conf"
        config.write_text("\n".join(lines) + "\n")
        with (self.folder / "proxy.log").open("ab") as log:
            at = log.tell()
            self.process = subprocess.Popen(
                [*self.within, "tinyproxy", "-d", "-c", str(config)], stdout=log, stderr=log
            )
        until(lambda: "Accepting connections" in self.log[at:], 10)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def __enter__(self) -> Self:
        need_proxy()
        self.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self.kill()


@dataclass
class TownHall:
    """Two networks: `town`, from which only the proxy can be reached, and `edge`, where the proxy
    and the hub are. The hub's name resolves in `edge` only."""

    folder: Path
    town: str
    edge: str
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def within(self, namespace: str) -> tuple[str, ...]:
        return ("ip", "netns", "exec", namespace)

    def environment(self, **more: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("MAILLAGE_") and not name.lower().endswith("_proxy")
        }
        return kept | more

    def command(
        self, namespace: str, *words: object, status: int | Sequence[int] = 0, **more: str
    ) -> str:
        done = subprocess.run(
            [*self.within(namespace), PROGRAM, *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env=self.environment(**more),
            timeout=90,
        )
        assert "Traceback" not in done.stderr
        assert PASSWORD not in done.stdout + done.stderr
        allowed = (status,) if isinstance(status, int) else status
        assert done.returncode in allowed, done.stdout + done.stderr
        return done.stdout

    def start(self, namespace: str, *words: object, log: str, **more: str) -> Path:
        path = self.folder / log
        with path.open("ab") as file:
            self.running.append(
                subprocess.Popen(
                    [*self.within(namespace), PROGRAM, *map(str, words)],
                    stdout=file,
                    stderr=file,
                    cwd=self.folder,
                    env=self.environment(**more),
                )
            )
        return path

    def stop_all(self) -> None:
        for process in reversed(self.running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(30)

    def proxy(self, **given: Any) -> Proxy:
        return Proxy(self.folder, EDGE_IP, PROXY_PORT, within=self.within(self.edge), **given)


@contextlib.contextmanager
def town_hall(folder: Path) -> Iterator[TownHall]:
    need_namespaces()
    town, edge = f"mlg-town-{os.getpid()}", f"mlg-edge-{os.getpid()}"
    hosts = Path("/etc/netns") / edge

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)

    found = TownHall(folder, town, edge)
    try:
        hosts.mkdir(parents=True)
        (hosts / "hosts").write_text(f"127.0.0.1 localhost {HUB_NAME}\n")
        for one in (town, edge):
            ip("netns", "add", one)
            ip("-n", one, "link", "set", "lo", "up")
        ip("-n", town, "link", "add", "out", "type", "veth", "peer", "name", "in", "netns", edge)
        for namespace, device, address in ((town, "out", TOWN_IP), (edge, "in", EDGE_IP)):
            ip("-n", namespace, "addr", "add", f"{address}/30", "dev", device)
            ip("-n", namespace, "link", "set", device, "up")
        yield found
    finally:
        found.stop_all()
        for one in (town, edge):
            subprocess.run(["ip", "netns", "del", one], capture_output=True, check=False)
        shutil.rmtree(hosts, ignore_errors=True)
