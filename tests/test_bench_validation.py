"""The measuring of `make bench`: its files are valid for both, and its table has a place."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import validation
from tests.bench.validation_files import FILES


@pytest.mark.slow
def test_both_ways_take_its_files_and_the_figures_make_a_table(tmp_path: Path):
    given = ("--rows", "300", "--frictionless-rows", "100", "--rounds", "1", "--out", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.validation", *given],
        cwd=validation.ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "validation.json").read_text())
    assert [one["schema"] for one in document["validation"]] == list(FILES)
    assert "\n".join(validation.table(document)) in done.stdout
    for one in document["validation"]:
        assert one["rows"] == {"maillage": 300, "frictionless": 100}
        assert min(one["peakMiB"].values()) > 10


def test_the_page_has_a_place_for_the_figures():
    page = validation.PAGE.read_text(encoding="utf-8")
    assert page.count("<!-- figures -->\n") == page.count("<!-- end figures -->") == 1
