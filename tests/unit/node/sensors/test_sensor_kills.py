"""A kill between receipt, draft and mark: each reading is in one publication, and in one only."""

import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from sensor_samples import ARVIEU, COUNTS, MINUTE_US, QUARTER_US, reading_body, us

import tests.sensing
from federation.content import decode
from node import founding
from node.sensors.service import FILE_NAME
from node.store.store import Store
from schemas.catalogue import bundled

NOON = us("2026-11-26T12:00:00+00:00")
LATER = NOON + 4 * QUARTER_US
READINGS = [
    reading_body(NOON + n * QUARTER_US, {"count": 10 + n}, f_cnt=n, of="tube-1", app="velo")
    for n in range(3)
]


def play(role: str, data: Path, step: str = "-", body: bytes = b"") -> int:
    now = LATER - MINUTE_US if role == "take" else LATER
    if step == "-":
        tests.sensing.play(role, data, now, body)
        return 0
    command = [sys.executable, "-m", "tests.sensing", role, str(data), str(now), step]
    done = subprocess.run(command, input=body, capture_output=True, check=False, timeout=60)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()[-3000:]
    return done.returncode


@pytest.mark.parametrize(
    "step",
    [
        "devices.received",
        "devices.before-draft",
        "publish.before-draft",
        "publish.drafted",
        "devices.drafted",
    ],
)
def test_a_kill_at_any_step_loses_nothing_and_doubles_nothing(step: str, tmp_path: Path) -> None:
    data = tmp_path / "node"
    founding.found(data, [ARVIEU], now_us=NOON)
    (data / FILE_NAME).write_text(COUNTS)
    role = "take" if step == "devices.received" else "flush"
    for body in READINGS:
        if role == "take":
            assert play("take", data, step, body) == -signal.SIGKILL, "not acknowledged"
        assert play("take", data, "-", body) == 0  # a network hands it in again
    if role == "flush":
        assert play("flush", data, step) == -signal.SIGKILL
    for _ in range(2):
        assert play("flush", data) == 0
    with Store.open(data) as store:
        drafts = store.own.next_drafts(ARVIEU)
        assert len(drafts) == 1
        schema = bundled().latest("comptage-mobilites")
        assert schema is not None
        assert drafts[0].content_digest is not None
        blob = store.contents.get(drafts[0].content_digest)
        rows = pl.from_arrow(decode(blob, schema.arrow_schema(), drafts[0].plain_size))
        assert isinstance(rows, pl.DataFrame)
        assert rows["count"].to_list() == [Decimal(10), Decimal(11), Decimal(12)]
        assert store.inbox.waiting(["velo/tube-1"], 10) == []
