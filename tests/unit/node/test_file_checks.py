"""Files on the disk, checked in bounded memory: large ones, pipes, no room for temporary files."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from cli_world import GOOD_CSV, Maillage

from federation.errors import UnreachableError
from node import file_checks
from node.file_checks import FolderDrawers, check_file
from schemas.catalogue import bundled
from schemas.progress import Step
from schemas.reading import read
from schemas.reading.limits import FILE_MAX_BYTES

COUNTS = bundled().latest("comptage-mobilites")
assert COUNTS is not None


def rows(count: int) -> str:
    lines = (
        f"C{number % 9},,2026-01-{1 + number // 24 % 28:02}T{number % 24:02}:00:00Z,,{number}"
        for number in range(count)
    )
    return "channel_id,counter_id,start_datetime,end_datetime,count\n" + "\n".join(lines) + "\n"


def test_a_large_file_has_the_report_of_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path, temporary = tmp_path / "a.csv", tmp_path / "t"
    temporary.mkdir()
    text = rows(7_000)  # more than there are hours: keys come again
    path.write_text(text)
    monkeypatch.setattr(file_checks, "HELD_MAX_BYTES", 20_000)
    monkeypatch.setattr(file_checks, "DRAWER_BYTES", 20_000)
    reports: list[tuple[Step, int, int | None]] = []
    checked = check_file(
        path, COUNTS, temporary=temporary, progress=lambda *one: reports.append(one)
    )
    whole = read(text.encode(), filename="a.csv", schema=COUNTS)
    assert checked.reading.report == whole.report
    assert whole.report.counts["primary-key"] > 0
    assert checked.size_bytes == len(text)
    assert list(temporary.iterdir()) == []
    steps = [step for step, _, _ in reports]
    assert list(dict.fromkeys(steps)) == ["parts", "repeats"]
    assert reports[0] == ("parts", len(text), len(text))
    assert {total for step, _, total in reports if step == "repeats"} == {-(-len(text) // 20_000)}


def test_drawers_give_back_what_was_put_in(tmp_path: Path):
    drawers = FolderDrawers(tmp_path)
    frames = [pl.DataFrame({"a": [f"é{n}", None], "b": [n, n]}) for n in range(3)]
    for frame in frames:
        drawers.put("0-1", frame)
    assert list(drawers.take("0-2")) == []
    found = list(drawers.take("0-1"))
    assert all(one.equals(other) for one, other in zip(frames, found, strict=True))
    assert list(tmp_path.iterdir()) == []


@contextlib.contextmanager
def a_pipe(folder: Path) -> Iterator[Path]:
    pipe = folder / "pipe.csv"
    os.mkfifo(pipe)

    def write() -> None:
        with contextlib.suppress(BrokenPipeError):
            pipe.write_text(GOOD_CSV)

    writer = threading.Thread(target=write)
    writer.start()
    yield pipe
    writer.join()


def test_a_pipe_is_read_like_a_file(tmp_path: Path):
    with a_pipe(tmp_path) as pipe:
        checked = check_file(pipe, COUNTS)
    assert checked.reading.report.valid
    assert checked.size_bytes == len(GOOD_CSV)


@pytest.mark.parametrize(("name", "start"), [("a.json", "["), ("a.xlsx", "PK\x03\x04")])
def test_what_must_be_read_as_a_whole_has_a_limit(name: str, start: str, tmp_path: Path):
    path = tmp_path / name
    path.write_text(start)
    os.truncate(path, FILE_MAX_BYTES + 1)  # a hole, which takes no room
    (fault,) = check_file(path, COUNTS).reading.report.faults
    assert fault.rule == "byte-count"


def test_other_forms_are_read_as_a_whole(tmp_path: Path):
    path = tmp_path / "a.json"
    row = {"channel_id": "a", "start_datetime": "2026-01-01T00:00:00Z", "count": 1}
    path.write_text(json.dumps([row]))
    assert check_file(path, COUNTS).reading.report.valid


def test_a_missing_temporary_folder_is_told_as_such(tmp_path: Path):
    with a_pipe(tmp_path) as pipe, pytest.raises(UnreachableError) as caught:
        check_file(pipe, COUNTS, temporary=tmp_path / "none")
    assert caught.value.code == "temporary-files"
    assert "TMPDIR" in caught.value.remedy


def test_no_room_for_temporary_files_is_an_error_for_people(maillage: Maillage):
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10));"
        "from node.cli import main; main()"
    )
    given = ("validate", "/dev/stdin", "--schema", "comptage-mobilites")
    done = subprocess.run(
        [sys.executable, "-c", program, *given],
        input=GOOD_CSV.encode(),
        capture_output=True,
        check=False,
        timeout=60,
        env=os.environ | {"TMPDIR": str(maillage.folder), "MAILLAGE_LANG": "en"},
    )
    assert done.returncode == 3, done.stderr
    assert b"[temporary-files]" in done.stderr
    assert b"Traceback" not in done.stderr
    assert not list(maillage.folder.glob("maillage-*"))
