"""The demo as people start it: one round in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_one_round_of_the_demo_verifies_receipts_and_adds_up(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from node.cli import main; main()", "demo", "--once", "--json"],
        cwd=ROOT,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "TMPDIR": str(tmp_path),
            "LANG": "C.UTF-8",
        },
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:] + done.stdout.decode()[-3000:]
    result = json.loads(done.stdout)
    assert result["ok"] is True
    assert result["simulated"] is True
    assert result["figuresWrong"] == []
    assert result["receiptsMissing"] == []
    assert result["verifiedEverywhere"] is True
    assert result["recomputed"]["failed"] == 0
    assert result["compositions"] >= result["recomputed"]["count"]
    assert result["twinConfirmed"] is True
    assert result["recomputed"]["count"] > 0
    assert result["figuresCompared"] > 0
    assert all(view["simulated"] for view in result["views"])
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"
