"""What reading reports: steps in their order, numbers that go up and end at the whole."""

import json
from itertools import pairwise

import pytest

from schemas.catalogue import bundled
from schemas.progress import Step
from schemas.reading import read
from schemas.reading.limits import CHUNK_ROWS

COUNTS = bundled().latest("comptage-mobilites")
assert COUNTS is not None

Report = tuple[Step, int, int | None]

HEADER = "channel_id,counter_id,start_datetime,end_datetime,count"
ROWS = 2 * CHUNK_ROWS + 10


def moment(number: int) -> str:
    hours, day = number % 24, number // 24
    return f"{2000 + day // 336}-{day // 28 % 12 + 1:02}-{day % 28 + 1:02}T{hours:02}:00:00Z"


def csv_of(rows: int, *, quoted: bool = False) -> bytes:
    mark = '"' if quoted else ""
    lines = (
        f"{mark}C{number // 8064}{mark},,{moment(number)},{moment(number)[:14]}30:00Z,{number}"
        for number in range(rows)
    )
    return "\n".join([HEADER, *lines, ""]).encode()


def json_of(rows: int) -> bytes:
    one = {"counter_id": None, "count": 1}
    found = [
        one
        | {
            "channel_id": f"C{number}",
            "start_datetime": moment(number),
            "end_datetime": moment(number)[:14] + "30:00Z",
        }
        for number in range(rows)
    ]
    return json.dumps(found).encode()


@pytest.mark.parametrize(
    ("data", "name", "steps"),
    [
        pytest.param(csv_of(100), "a.csv", ["lines", "columns", "checks"], id="plain"),
        pytest.param(
            csv_of(ROWS, quoted=True), "a.csv", ["lines", "columns", "checks"], id="quoted"
        ),
        pytest.param(json_of(CHUNK_ROWS), "a.json", ["text", "columns", "checks"], id="json"),
    ],
)
def test_reading_says_how_far_it_is(data: bytes, name: str, steps: list[str]):
    reports: list[Report] = []
    reading = read(data, filename=name, schema=COUNTS, progress=lambda *one: reports.append(one))
    assert reading.report.valid, reading.report.text("en")
    assert list(dict.fromkeys(step for step, _, _ in reports)) == steps
    for step in steps:
        mine = [(done, total) for one, done, total in reports if one == step]
        assert all(total is None or 0 <= done <= total for done, total in mine)
        assert all(earlier[0] <= later[0] for earlier, later in pairwise(mine))
        assert len({total for _, total in mine}) == 1


def test_a_long_file_is_reported_now_and_then_and_not_for_each_row():
    reports: list[Report] = []
    read(
        csv_of(ROWS, quoted=True),
        filename="a.csv",
        schema=COUNTS,
        progress=lambda *one: reports.append(one),
    )
    lines = [done for step, done, _ in reports if step == "lines"]
    assert (lines[0], lines[-1]) == (0, ROWS + 1)
    assert 2 < len(lines) < 10


def test_what_the_callback_raises_ends_the_reading():
    class StopError(Exception):
        pass

    def stop(step: Step, _done: int, _total: int | None) -> None:
        if step == "columns":
            raise StopError

    with pytest.raises(StopError):
        read(csv_of(3), filename="a.csv", schema=COUNTS, progress=stop)
