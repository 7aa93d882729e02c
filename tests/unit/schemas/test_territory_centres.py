"""Centres of communes: the packaged file, and the script that builds it, on small outlines."""

import struct
from typing import Any

import pytest

from schemas.territory import centre, territory
from schemas.territory.build_centres import make
from schemas.territory.centres import differences
from schemas.territory.shapes import ShapeError, centre_of, read_wkb, simplified
from schemas.territory.tables import load

SQUARE = ((2.0, 44.0), (2.2, 44.0), (2.2, 44.2), (2.0, 44.2), (2.0, 44.0))
HORSESHOE = (
    (0.0, 0.0),
    (3.0, 0.0),
    (3.0, 3.0),
    (2.0, 3.0),
    (2.0, 1.0),
    (1.0, 1.0),
    (1.0, 3.0),
    (0.0, 3.0),
    (0.0, 0.0),
)


def wkb(*rings: Any, multi: bool = True) -> bytes:
    one = struct.pack("<BII", 1, 3, len(rings))
    for ring in rings:
        one += struct.pack("<I", len(ring)) + b"".join(struct.pack("<dd", *at) for at in ring)
    return struct.pack("<BII", 1, 6, 1) + one if multi else one


def row(
    code: str, geometry: bytes | None, *, kind: str = "COM", number: str = "1", parent: str = "\\N"
):
    shown = "\\N" if geometry is None else geometry.hex()
    return {
        "id": number,
        "code": code,
        "type": kind,
        "geometry": shown,
        "commune_parent_id": parent,
    }


def test_places_known_to_everybody_lie_where_they_lie():
    assert centre("12011") == pytest.approx((2.66, 44.19), abs=0.05)  # Arvieu
    assert centre("75056") == pytest.approx((2.34, 48.86), abs=0.02)  # Paris
    assert centre("2A004") == pytest.approx((8.74, 41.93), abs=0.1)  # Ajaccio
    assert centre("97411") == pytest.approx((55.45, -20.9), abs=0.1)  # Saint-Denis


def test_a_part_lies_in_its_commune():
    tables = load()
    part = tables.part_codes[0]
    whole = tables.codes[tables.part_communes[0]]
    assert centre(part) == centre(whole) is not None


@pytest.mark.parametrize("code", ["98735", "15031", "99999", "", "xx-lau-1"])
def test_no_outline_no_centre(code: str):
    assert centre(code) is None


def test_every_commune_of_a_departement_has_one_near_the_others():
    found = [centre(code) for code in territory("fr-dep-12").communes]
    assert None not in found
    lons, lats = zip(*[at for at in found if at is not None], strict=True)
    assert max(lons) - min(lons) < 2
    assert max(lats) - min(lats) < 1.5


def test_the_centre_of_area_where_it_lies_inside():
    assert centre_of(read_wkb(wkb(SQUARE))) == pytest.approx((2.1, 44.1))


def test_a_point_inside_where_the_centre_of_area_lies_outside():
    x, y = centre_of([(HORSESHOE,)])
    assert y == 1.5
    assert 0 < x < 1 or 2 < x < 3


def test_the_centre_is_not_in_a_hole():
    hole = ((2.05, 44.05), (2.15, 44.05), (2.15, 44.15), (2.05, 44.15), (2.05, 44.05))
    x, _ = centre_of([(SQUARE, hole)])
    assert not 2.05 < x < 2.15


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01",
        wkb(SQUARE)[:-1],
        wkb(SQUARE) + b"\x00",
        b"\x00" + wkb(SQUARE)[1:],
        struct.pack("<BII", 1, 1, 1),
        struct.pack("<BII", 1, 6, 1) + struct.pack("<BII", 1, 1, 1),
        struct.pack("<BII", 1, 3, 2**31),
        struct.pack("<BIII", 1, 3, 1, 2**31),
    ],
)
def test_what_is_no_outline_is_refused(data: bytes):
    with pytest.raises(ShapeError):
        read_wkb(data)


@pytest.mark.parametrize("polygons", [[], [()], [(((1.0, 1.0), (1.0, 1.0)),)], [((),)]])
def test_no_area_no_centre(polygons: Any):
    with pytest.raises(ShapeError):
        centre_of(polygons)


def test_building_takes_parts_where_the_whole_is_missing():
    other = tuple((x + 1, y) for x, y in SQUARE)
    rows = [
        row("01001", wkb(SQUARE), number="7"),
        row("01002", None, number="8"),
        row("01003", None, number="9"),
        row("01099", wkb(other), kind="COMD", parent="8"),
        row("01098", wkb(other), kind="COMD", parent="7"),
    ]
    made = make(rows, ["01001", "01002", "01003"])
    assert made["missing"] == ["01003"]
    assert made["lon"] == [2100, 1000]
    assert made["lat"] == [44100, 0]


def test_differences_add_up_again():
    assert differences([5, 3, 9]) == [5, -2, 6]
    assert differences([]) == []


def test_simplified_keeps_corners_and_drops_what_lies_between():
    dense = ((0.0, 0.0), (0.5, 0.0001), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0), (0.0, 1.0), (0.0, 0.0))
    assert simplified(dense, 0.001) == ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
    assert simplified(((0.0, 0.0), (0.0001, 0.0), (0.0, 0.0)), 0.001) == ()
    assert simplified((), 0.001) == ()
