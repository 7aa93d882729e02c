"""What a composition's claim takes, and what it refuses."""

from typing import Any

import pytest

from federation.composition_claim import CompositionClaim
from federation.errors import MalformedError

PLAIN: dict[str, Any] = {
    "territory": "fr-epci-241200765",
    "vintage": 2026,
    "measures": ["comptage-mobilites.count"],
    "window": "day",
    "days": {"start": "2026-11-22", "end": "2026-11-23"},
    "method": "cells-1",
    "timezones": "2026f",
    "charter": "a" * 64,
    "inputs": {"root": "b" * 64, "count": 10},
    "figures": "c" * 64,
    "base": "d" * 64,
    "coverage": {
        "expected": 10,
        "received": 7,
        "late": 1,
        "refused": 0,
        "withheld": 1,
        "suppressed": 0,
        "readings": {"received": 168, "expected": 240},
    },
}
OF_REGISTERS = {name: value for name, value in PLAIN.items() if name != "days"} | {"window": "none"}


def test_written_and_read_back() -> None:
    claim = CompositionClaim.of(PLAIN)
    assert CompositionClaim.read(claim.write()) == claim
    assert claim.model_dump(mode="json", by_alias=True) == PLAIN
    assert CompositionClaim.read(CompositionClaim.of(OF_REGISTERS).write()).days is None


@pytest.mark.parametrize("name", ["measures", "charter", "base"])
def test_what_may_be_absent(name: str) -> None:
    rest = {key: value for key, value in PLAIN.items() if key != name}
    claim = CompositionClaim.of(rest)
    assert getattr(claim, name) is None
    assert CompositionClaim.read(claim.write()) == claim


@pytest.mark.parametrize("name", sorted(PLAIN.keys() - {"measures", "charter", "base"}))
def test_what_must_be_there(name: str) -> None:
    with pytest.raises(MalformedError):
        CompositionClaim.of({key: value for key, value in PLAIN.items() if key != name})


def test_territories_of_every_kind() -> None:
    for territory in ("fr", "fr-com-2a004", "fr-reg-76", "free-0123456789abcdef", "xx-lau-1"):
        assert CompositionClaim.of(PLAIN | {"territory": territory}).territory == territory


@pytest.mark.parametrize(
    "change",
    [
        {"territory": "FR-EPCI-241200765"},
        {"territory": ""},
        {"territory": "fr\n"},
        {"vintage": "2026"},
        {"vintage": 2026.0},
        {"vintage": True},
        {"measures": []},
        {"measures": ["b.x", "a.x"]},
        {"measures": ["a.x", "a.x"]},
        {"measures": ["count"]},
        {"measures": [1]},
        {"measures": "comptage-mobilites.count"},
        {"window": "week"},
        {"window": "none"},
        {"days": None},
        {"days": {"start": "2026-11-22", "end": "2026-11-22"}},
        {"days": {"start": "2026-02-30", "end": "2026-11-22"}},
        {"days": {"start": "2026-1-1", "end": "2026-11-22"}},
        {"days": {"start": "2026-11-22T00:00", "end": "2026-11-23"}},
        {"window": "month", "days": {"start": "2026-11-02", "end": "2026-12-01"}},
        {"window": "year", "days": {"start": "2026-01-01", "end": "2026-12-01"}},
        {"method": "cells-2"},
        {"timezones": "2026"},
        {"charter": "A" * 64},
        {"figures": "c" * 63},
        {"base": ""},
        {"inputs": {"root": "b" * 64, "count": -1}},
        {"inputs": {"root": "b" * 64, "count": 2**53}},
        {"inputs": {"root": "b" * 64}},
        {"coverage": PLAIN["coverage"] | {"received": 9}},
        {"coverage": PLAIN["coverage"] | {"late": -1}},
        {"unheardOf": 1},
    ],
)
def test_what_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError) as caught:
        CompositionClaim.of(PLAIN | change)
    assert caught.value.code == "document"


def test_whole_months_and_years() -> None:
    for window, start, end in (
        ("month", "2026-10-01", "2026-12-01"),
        ("year", "2025-01-01", "2026-01-01"),
        ("hour", "2026-10-25", "2026-10-26"),
    ):
        days = {"start": start, "end": end}
        assert CompositionClaim.of(PLAIN | {"window": window, "days": days}).window == window
