"""Health: asked of a real hub, a real node's interface, and of what only looks like one."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import Maillage
from hub_world import hub_world
from web_world import site_of

from node import settings
from node.cli import hub_file
from node.health import HUB_FILE, NODE_FILE, check, http_address
from node.store.errors import StoreBusyError

ROOT = Path(__file__).parents[3]


@contextlib.contextmanager
def answering(said: bytes) -> Iterator[int]:
    """A server that says one thing to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.sendall(said)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


async def test_a_node_that_answers_is_healthy(tmp_path: Path):
    async with site_of(tmp_path / "node") as site:
        port = site.url.rpartition(":")[2]
        for variables in (
            {"MAILLAGE_HTTP_PORT": port},
            {"MAILLAGE_HTTP_PORT": port, "MAILLAGE_HTTP_HOST": "0.0.0.0"},  # noqa: S104 - asked, not listened on
        ):
            found = await asyncio.to_thread(check, tmp_path / "node", variables)
            assert found.healthy, found
            assert found.role == "node"
        (tmp_path / "node" / NODE_FILE).write_text(f"http_port = {port}\n")
        assert (await asyncio.to_thread(check, tmp_path / "node", {})).healthy
    assert not (await asyncio.to_thread(check, tmp_path / "node", {})).healthy


async def test_a_node_without_its_store_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def busy(_key: str) -> str | None:
        raise StoreBusyError("the database is locked", code="store-busy")

    async with site_of(tmp_path / "node") as site:
        monkeypatch.setattr(site.node.store.settings, "get", busy)
        answer = await site.get("/healthz", token=None)
        assert (answer.status, answer.json["code"]) == (503, "store-busy")
        port = {"MAILLAGE_HTTP_PORT": site.url.rpartition(":")[2]}
        found = await asyncio.to_thread(check, tmp_path / "node", port)
    assert (found.healthy, found.why) == (False, "status 503")


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", b"+PONG\r\n", b"\x00" * 2000]
)
def test_what_answers_wrongly_is_not(tmp_path: Path, said: bytes):
    with answering(said) as port:
        found = check(tmp_path, {"MAILLAGE_HTTP_PORT": str(port)}, timeout_s=2)
    assert not found.healthy
    assert found.why


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("http_port = [", {}),
        ("", {"MAILLAGE_HTTP_PORT": "many"}),
        ("http_port = 0", {}),
        ('http_host = ""', {}),
    ],
)
def test_settings_without_an_address_are_said(tmp_path: Path, text: str, variables: dict[str, str]):
    (tmp_path / NODE_FILE).write_text(text)
    found = check(tmp_path, variables)
    assert not found.healthy
    assert "set" in found.why


async def test_a_hub_is_healthy_while_its_broker_answers(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        root = world.hub.paths.root
        (root / HUB_FILE).write_text("")
        found = await asyncio.to_thread(check, root, {})
        assert (found.healthy, found.role) == (True, "hub")
        pid = world.hub.broker.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)  # lives, and doesn't answer
        try:
            async with asyncio.timeout(20):  # its threads stop one after the other
                while (await asyncio.to_thread(check, root, {}, 0.5)).healthy:
                    pass
        finally:
            os.kill(pid, signal.SIGCONT)
    found = await asyncio.to_thread(check, root, {})
    assert (found.healthy, found.why) == (False, "the broker isn't running")


def test_it_reads_the_settings_as_the_node_does(tmp_path: Path):
    assert settings.FILE_NAME == NODE_FILE
    assert hub_file.FILE_NAME == HUB_FILE
    default = settings.Settings()
    assert http_address(tmp_path, {}) == (default.http_host, default.http_port)


def test_the_check_of_a_container_loads_little(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "node.health"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd=ROOT,
        env={"MAILLAGE_DATA": str(tmp_path), "MAILLAGE_HTTP_PORT": "1"},
    )
    assert done.returncode == 1
    assert "Connection refused" in done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not loaded & {"polars", "pyarrow", "pydantic", "sqlmodel", "typer", "aiohttp", "nats"}


def test_the_command_says_the_same_to_people(maillage: Maillage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MAILLAGE_HTTP_PORT", "1")
    assert "Le nœud ne répond pas" in maillage("health").err
    found = maillage("health", "--json").json
    assert (found["healthy"], found["role"]) == (False, "node")
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as port:
        monkeypatch.setenv("MAILLAGE_HTTP_PORT", str(port))
        answer = maillage("health", "--lang", "en")
    assert answer.status == 0
    assert answer.out.startswith("The node answers: http://127.0.0.1:")


@pytest.mark.slow
def test_a_command_ends_on_sigterm_as_on_ctrl_c():
    """As the first process of a container, too, where the default would be to go on."""
    script = (
        "import os, signal, node.cli\n"
        "import node.cli.app as app\n"
        "app.run = lambda _: os.kill(os.getpid(), signal.SIGTERM) or signal.pause()\n"
        "node.cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=30, cwd=ROOT)
    assert done.returncode == 143
