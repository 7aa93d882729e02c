"""`maillage devices`: faults with their place, and how each sensor stands."""

import json

import pytest
from cli_world import Maillage

from node.sensors.service import FILE_NAME

HEADER = "application_id;device_id;participant;dataset;fixed;field;column;mode;maximum"
GOOD = "velo;tube-1;fr-com-12011;comptage-mobilites;channel_id=tube-1;count;count;;5000"
BAD = "velo;tube-2;fr-com-99999;comptage-mobilites;channel_id=tube-2;count;count;;5000"


def write(maillage: Maillage, *lines: str) -> None:
    maillage.init()
    (maillage.data / FILE_NAME).write_text("\n".join([HEADER, *lines]))


def test_a_right_table_is_shown(maillage: Maillage) -> None:
    write(maillage, GOOD)
    answer = maillage("devices", "check", "--data", maillage.data)
    assert answer.status == 0
    assert "velo/tube-1" in answer.out
    assert "1 capteurs valides, 0 défauts" in answer.out


def test_a_fault_has_line_and_column(maillage: Maillage) -> None:
    write(maillage, GOOD, BAD)
    answer = maillage("devices", "check", "--data", maillage.data, "--lang", "en")
    assert answer.status == 1
    assert "devices.csv, line 3, column participant" in answer.out
    found = json.loads(maillage("devices", "check", "--data", maillage.data, "--json").out)
    assert found["valid"] is False
    assert [(one["line"], one["column"], one["code"]) for one in found["faults"]] == [
        (3, "participant", "participant")
    ]


@pytest.mark.parametrize("command", ["check", "list"])
def test_without_a_table_it_is_said(maillage: Maillage, command: str) -> None:
    maillage.init()
    answer = maillage("devices", command, "--data", maillage.data)
    if command == "check":
        assert answer.status == 2
        assert "devices.csv" in answer.err
    else:
        assert answer.status == 0


def test_the_list_shows_who_is_silent(maillage: Maillage) -> None:
    write(maillage, GOOD)
    answer = maillage("devices", "list", "--data", maillage.data)
    assert answer.status == 0
    assert "velo/tube-1" in answer.out
    assert "silencieux" in answer.out
    found = json.loads(maillage("devices", "list", "--data", maillage.data, "--json").out)
    assert found["devices"][0]["lastReading"] is None
