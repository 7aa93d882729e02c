"""A subscriber that was stopped for 10,000 publications, killed on the way, misses none of them.

A real node with its HTTP interface over a real store; the subscriber is the command, a process of
its own, ended by SIGKILL.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from federation.verify import Arrival
from schemas.territory import members
from tests.served import COUNTS, EPCI, Served, hours, served

PUBLICATIONS = 10_000
BATCH = 500
COMMUNES = tuple(members(EPCI, "commune"))
SLUGS = ("", ".centre")


def fill(site: Served, count: int) -> None:
    """Publications of one row, in turn by all datasets, through the intake."""
    ready: list[Arrival] = []
    datasets = [(commune, COUNTS + slug) for commune in COMMUNES for slug in SLUGS]
    for number in range(count):
        commune, name = datasets[number % len(datasets)]
        frame = hours(1, first=number // len(datasets), value=number % 97)
        ready += site.sign(site.draft(commune, frame, name=name))
        if len(ready) == BATCH or number == count - 1:
            taken = site.take(ready)
            assert taken.verdicts == {"accepted": len(ready)}
            ready.clear()


def start(site: Served, output: Path, *more: str) -> subprocess.Popen[bytes]:
    words = ["subscribe", "--url", site.url, "--trust", site.charter, "--output", str(output)]
    return subprocess.Popen(
        [sys.executable, "-c", "from node.cli import main; main()", *words, "--rows", *more],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "MAILLAGE_LANG": "en"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )


def ended(process: subprocess.Popen[bytes]) -> str:
    _, told = process.communicate(timeout=240)
    assert process.returncode == 0, told.decode()
    return told.decode()


def killed_at(process: subprocess.Popen[bytes], output: Path, size: int) -> None:
    """SIGKILL once the output has so many bytes."""
    until = time.monotonic() + 240
    while output.stat().st_size < size:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def lines_of(output: Path) -> list[dict[str, Any]]:
    data = output.read_bytes()
    assert data.endswith(b"\n")
    return [json.loads(line) for line in data.splitlines()]


def received(site: Served) -> Sequence[tuple[str, int]]:
    """(digest, rows) in the order of reception, from the store itself."""
    rows = site.node.store.publications.received(after=0, limit=PUBLICATIONS * 2, guarded=True)
    return [(row.digest, row.rows) for row in rows]


@pytest.mark.slow
def test_a_subscriber_stopped_for_ten_thousand_publications_misses_none(tmp_path: Path):
    output = tmp_path / "out.jsonl"
    with served(tmp_path / "node", (*COMMUNES, EPCI)) as site:
        fill(site, 40)
        ended(start(site, output, "--once"))
        before = output.stat().st_size
        assert len(lines_of(output)) == 40

        fill(site, PUBLICATIONS)
        assert output.stat().st_size == before
        killed_at(start(site, output), output, before + 1)
        first = output.stat().st_size
        with output.open("ab") as file:  # as if the machine had stopped within a line
            file.write(b'{"position": "torn", "digest": "0')
        killed_at(start(site, output), output, first + 500_000)
        told = ended(start(site, output, "--once"))

        found = lines_of(output)
        assert len(found) == PUBLICATIONS + 40
        assert all(one["verified"] for one in found)
        assert [(one["digest"], one["rowCount"]) for one in found] == list(received(site))
        counted = sum(int(row["count"]) for one in found for row in one["rows"])
        assert counted == sum(n % 97 for n in range(40)) + sum(n % 97 for n in range(PUBLICATIONS))
        assert "0 of them not verified" in told
        assert not ended(start(site, output, "--once")).startswith("error")
        assert len(lines_of(output)) == PUBLICATIONS + 40
