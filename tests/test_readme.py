"""The README's first five minutes, run as they stand: each block as one shell script.

Only ports and addresses are replaced, as others may use them; a script's children end with it.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.small_federation import Small, small_federation

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"<!-- run: ([a-z]+) -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS: dict[str, str] = dict(_BLOCK.findall(README))
LIMIT_S = 180
"""A bound for a busy machine, not an expectation."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A path on which `maillage` and `python3` are those of this environment."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "maillage"
    command.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c 'from node.cli import main; main()' \"$@\"\n"
    )
    command.chmod(0o755)
    (folder / "python3").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (folder / "python3").chmod(0o755)
    return f"{folder}:/usr/local/bin:/usr/bin:/bin"


def run(script: str, folder: Path, path: str, **more: str) -> str:
    """Run a script; what it said. Whatever it started is ended with it."""
    environment = {
        "PATH": path,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "MAILLAGE_LANG": "en",
        **more,
    }
    log = folder / "said.txt"
    with log.open("wb") as said:
        process = subprocess.Popen(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(LIMIT_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
    text = log.read_text(encoding="utf-8")
    assert status == 0, text
    return text


def test_every_block_is_run_here():
    assert set(BLOCKS) == {"commune", "analyst", "twin"}


@pytest.mark.slow
def test_the_first_five_minutes_of_a_commune(tmp_path: Path, path: str):
    port = free_port()
    script = BLOCKS["commune"].replace("4222", str(port))
    script = script.replace("--name essai", f"--name essai --port {port}")
    # what a person does by reading: go on once the services answer
    script = script.replace(
        "maillage validate",
        "until maillage health --data arvieu; do sleep 0.5; done\nmaillage validate",
    )
    script += (
        "until maillage status --data arvieu | tee last | grep -q 'no receipt'; do sleep 1; done\n"
    )
    said = run(script, tmp_path, path, MAILLAGE_HTTP_PORT=str(free_port()))
    assert "fr-com-12011/comptage-mobilites" in said
    # sent, and nobody is there yet to confirm it
    assert "fr-com-12011/comptage-mobilites  1/1" in (tmp_path / "last").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    with small_federation(tmp_path_factory.mktemp("small")) as found:
        yield found


@pytest.mark.slow
def test_the_first_five_minutes_of_an_analyst(tmp_path: Path, path: str, small: Small):
    script = BLOCKS["analyst"].replace("http://127.0.0.1:8080", small.url)
    said = run(script, tmp_path, path, DIGEST=small.charter)
    assert "codgeo,libgeo,channel_id" in said
    assert "fr-com-12011/comptage-mobilites" in said
    assert "figures compared, 0 differ" in said
    assert (tmp_path / "publications.jsonl").read_text(encoding="utf-8").count("\n") >= 2


@pytest.mark.slow
def test_the_first_five_minutes_of_a_twin(tmp_path: Path, path: str):
    said = run(BLOCKS["twin"], tmp_path, path)
    assert "2028-12-31" in said
    assert "Jumelage Arvieu – Musterstadt" in said
