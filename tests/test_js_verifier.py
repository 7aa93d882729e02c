"""The vectors in a second language: the JavaScript verifier agrees on each of them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "js"
INSTALLED = FOLDER / "node_modules" / ".package-lock.json"
NEEDED = ("node", "npm")


def _missing(what: str) -> None:
    """Fail in continuous integration; elsewhere say loudly what wasn't tested."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(f"NOT TESTED: {what}")


def _installed() -> bool:
    """Whether the packages of the lock file are there; each of its versions once."""
    lock = FOLDER / "package-lock.json"
    return INSTALLED.exists() and INSTALLED.stat().st_mtime >= lock.stat().st_mtime


def _install() -> None:
    if _installed():
        return
    arguments = ["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(arguments, cwd=FOLDER, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        _missing(f"npm ci failed in tests/js: {done.stderr[-1_000:]}")
    INSTALLED.touch()


def test_the_lock_file_names_no_registry() -> None:
    text = (FOLDER / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert "://" not in re.sub(r'"url": "[^"]*"', "", text)


@pytest.mark.slow
def test_a_second_language_agrees() -> None:
    absent = [name for name in NEEDED if shutil.which(name) is None]
    if absent:
        _missing(f"the JavaScript verifier needs {' and '.join(absent)} on the path")
    _install()
    done = subprocess.run(
        ["node", "verify.mjs"], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=300
    )
    wrong = [line for line in done.stdout.splitlines() if line.startswith("not ok")]
    assert done.returncode == 0, "\n".join([*wrong, done.stderr[-2_000:]])
    summary = re.search(r"# (\d+) passed, 0 failed; (\d+) of (\d+) agree", done.stdout)
    assert summary is not None, done.stdout[-500:]
    vectors = [
        *FOLDER.parent.glob("vectors/good/*.json"),
        *FOLDER.parent.glob("vectors/bad/*.json"),
    ]
    assert {int(number) for number in summary.groups()} == {len(vectors)}
