"""Commands that stay in service, as processes of their own: from a file to a verified bundle."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import ARVIEU, GOOD_CSV
from pki_world import Authority

PROGRAM = Path(sys.executable).parent / "maillage"
COUNTS = f"{ARVIEU}/comptage-mobilites"


class Shell:
    """Commands in one folder; what was left running is ended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("MAILLAGE_")
        }

    def __call__(self, *words: object, status: int = 0) -> str:
        done = subprocess.run(
            [PROGRAM, *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env=self.environment,
            timeout=60,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def start(self, *words: object) -> tuple[subprocess.Popen[bytes], Path]:
        log = self.folder / f"{len(self.running)}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [PROGRAM, *map(str, words)],
                stdout=file,
                stderr=file,
                cwd=self.folder,
                env=self.environment,
            )
        self.running.append(process)
        return process, log

    def end(self, process: subprocess.Popen[bytes], number: signal.Signals) -> int:
        process.send_signal(number)
        return process.wait(20)


def until(what: Callable[[], Any], timeout_s: float = 30.0) -> Any:
    end = time.monotonic() + timeout_s
    while True:
        found = what()
        if found or time.monotonic() > end:
            assert found
            return found
        time.sleep(0.1)


def told(log: Path, pattern: str) -> Callable[[], str | None]:
    def look() -> str | None:
        found = re.search(pattern, log.read_text(encoding="utf-8"))
        return None if found is None else found[0]

    return look


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    found = Shell(tmp_path)
    yield found
    for process in found.running:
        if process.poll() is None:
            process.terminate()
            process.wait(20)


@pytest.mark.slow
def test_from_a_file_to_a_verified_bundle(shell: Shell):
    shell("init", "--data", "node", "--participant", ARVIEU)
    shell("hub", "init", "--data", "hub", "--port", "0", "--name", "essai")
    shell("hub", "add", "node/enrolment.json", "--data", "hub")
    hub, hub_log = shell.start("hub", "run", "--data", "hub")
    url = until(told(hub_log, r"nats://\S+"))
    shell.environment["MAILLAGE_HTTP_PORT"] = "0"
    (shell.folder / "node" / "maillage.toml").write_text(
        f'compose = ["{ARVIEU}"]\n[[hubs]]\nname = "essai"\nurl = "{url}"\nread = true\n'
    )
    node, log = shell.start("run", "--data", "node")
    address = until(told(log, r"http://\S+"))
    with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:  # noqa: S310 - our own
        assert json.load(answer) == {"status": "ok"}

    (shell.folder / "a.csv").write_text(GOOD_CSV)
    given = ("--schema", "comptage-mobilites", "--participant", ARVIEU)
    shell("publish", "a.csv", *given, "--data", "node")

    def received() -> bool:
        found = json.loads(shell("status", "--data", "node", "--json"))
        return COUNTS in {one["dataset"] for one in found["received"]}

    until(received)
    asked = ("--territory", ARVIEU, "--measure", "comptage-mobilites.count")
    view = json.loads(shell("view", *asked, "--data", "node", "--json"))
    assert {one["window"]: one["sum"] for one in view["totals"]} == {
        "2026-03-01": "42",
        "2026-03-02": "5",
    }
    assert "Arvieu" in shell("view", *asked, "--data", "node")

    streams = json.loads(shell("hub", "status", "--data", "hub", "--json"))
    assert streams["running"]
    assert streams["streams"]["PUB"]["messages"] >= 1
    name = json.loads(shell("hub", "members", "--data", "hub", "--json"))[0]["node"]

    shell("export", COUNTS, "--data", "node", "--format", "bundle", "-o", "a.mlg")
    held = json.loads(shell("verify", "a.mlg", "--json", status=1))
    assert held["verdict"] == "held"
    shell("verify", "a.mlg", "--identity", held["identities"][0]["identity"])
    shell("verify", "a.mlg", "--data", "node")
    assert "C1" in shell("export", COUNTS, "--data", "node", "-o", "-")

    assert shell.end(node, signal.SIGTERM) == 0
    shell("hub", "remove", name, "--data", "hub")
    shell("hub", "remove", name, "--data", "hub", status=2)
    assert shell.end(hub, signal.SIGINT) == 0
    shell("hub", "status", "--data", "hub", status=3)
    assert "Traceback" not in log.read_text() + hub_log.read_text()


@pytest.mark.slow
def test_a_node_runs_and_ends_without_its_hub(shell: Shell):
    shell("init", "--data", "node", "--participant", ARVIEU)
    shell.environment["MAILLAGE_HTTP_PORT"] = "0"
    (shell.folder / "node" / "maillage.toml").write_text(
        '[[hubs]]\nname = "away"\nurl = "nats://127.0.0.1:1"\n'
    )
    node, log = shell.start("run", "--data", "node", "--lang", "en")
    until(told(log, r"Node in service: http://\S+"))
    time.sleep(1)
    assert node.poll() is None
    assert shell.end(node, signal.SIGINT) == 0
    assert "Traceback" not in log.read_text()


@pytest.mark.slow
def test_a_second_hub_on_the_same_folder_is_told_why_not(shell: Shell):
    shell("hub", "init", "--data", "hub", "--port", "0")
    _hub, log = shell.start("hub", "run", "--data", "hub")
    until(told(log, r"nats://\S+"))
    shell("hub", "run", "--data", "hub", status=3)


@pytest.mark.slow
def test_a_hub_shows_its_second_listener_and_its_certificate(shell: Shell):
    tls = Authority.make(shell.folder, "CA").issue(shell.folder, "echange.test")
    given = ("--tls-cert", tls.certificate, "--tls-key", tls.key, "--websocket-port", "0")
    shell("hub", "init", "--data", "hub", "--port", "0", *given)
    hub, log = shell.start("hub", "run", "--data", "hub")
    url = until(told(log, r"wss://\S+"))
    found = json.loads(shell("hub", "status", "--data", "hub", "--json"))
    assert found["websocketUrls"] == [url]
    assert found["url"].startswith("tls://")
    assert found["certificate"]["names"] == ["echange.test"]
    assert set(found["streams"]) == {"PUB", "DOC"}  # it enters its own TLS listener
    french = shell("hub", "status", "--data", "hub")
    assert found["certificate"]["sha256"] in french
    assert url in french
    assert shell.end(hub, signal.SIGINT) == 0
    everywhere = ("--host", "0.0.0.0", "--websocket-port", "443")  # noqa: S104
    shell("hub", "init", "--data", "open", *everywhere, status=2)


def test_an_enrolment_that_is_none_changes_nothing(shell: Shell):
    shell("hub", "init", "--data", "hub", "--port", "0")
    (shell.folder / "e.json").write_text("{}")
    shell("hub", "add", "e.json", "--data", "hub", status=1)
    assert json.loads(shell("hub", "members", "--data", "hub", "--json")) == []
