"""GTFS-Flex: what is on demand becomes rows of a schema; any other zip is told."""

import json
import random
import zipfile
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_world import ALL, REQUIRED, guesses, schema_of, told, values
from workbook_world import zipped

from schemas.catalogue import bundled
from schemas.model import Schema
from schemas.reading import ColumnMapping, Reading, read

TEXT = {"type": "string"}
OFFER = schema_of(
    [
        {"name": "booking_rule_id", "constraints": REQUIRED, **TEXT},
        {"name": "route_id", "constraints": REQUIRED, **TEXT},
        {"name": "ligne", "maillage:synonyms": ["route_long_name"], **TEXT},
        {"name": "exploitant", "maillage:synonyms": ["agency_name"], **TEXT},
        {"name": "booking_type", "type": "integer"},
        {"name": "prior_notice_duration_min", "type": "integer"},
        {"name": "phone_number", **TEXT},
        {"name": "start_date", "type": "date"},
        {"name": "zone", "type": "geojson"},
    ],
    ("booking_rule_id", "route_id"),
)
STOPS = schema_of(
    [
        {"name": "trip_id", "constraints": REQUIRED, **TEXT},
        {"name": "stop_sequence", "type": "integer", "constraints": REQUIRED},
        {"name": "stop_name", **TEXT},
        {"name": "lon", "type": "number", "maillage:resolution": "0.00001"},
        {"name": "lat", "type": "number", "maillage:resolution": "0.00001"},
    ],
    ("trip_id", "stop_sequence"),
)
ZONE = {"type": "Polygon", "coordinates": [[[2.7, 44.1], [2.8, 44.1], [2.8, 44.2], [2.7, 44.1]]]}
FILES = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\nA,Syndicat,x,Europe/Paris\n",
    "routes.txt": "route_id,route_long_name,route_type\nR1,TAD Lévézou,3\nR2,Ligne fixe,3\n",
    "trips.txt": "route_id,service_id,trip_id\nR1,S,T1\nR1,S,T2\nR2,S,T3\n",
    "calendar.txt": "service_id,monday,start_date,end_date\nS,1,20260101,20261231\n",
    "stops.txt": (
        'stop_id,stop_name,stop_lat,stop_lon\nP1,"Mairie, place",44.19,2.79\nP2,Gare,44.2,2.8\n'
    ),
    "stop_times.txt": (
        "trip_id,stop_id,location_id,stop_sequence,start_pickup_drop_off_window,"
        "end_pickup_drop_off_window,pickup_booking_rule_id\n"
        "T1,,Z1,1,08:00:00,12:00:00,B1\n"
        "T1,P1,,2,,,B1\n"
        "T2,,Z1,1,14:00:00,18:00:00,B1\n"
        "T3,P1,,1,,,\n"
        "T3,P2,,2,,,\n"
    ),
    "booking_rules.txt": (
        "booking_rule_id,booking_type,prior_notice_duration_min,phone_number\nB1,1,120,0565000000\n"
    ),
    "locations.geojson": json.dumps(
        {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "id": "Z1", "properties": {}, "geometry": ZONE}],
        }
    ),
    "shapes.txt": "shape_id\n",
}


def taken(files: dict[str, str | bytes], schema: Schema = OFFER, **more: Any) -> Reading:
    return read(zipped(files), filename=more.pop("filename", "f.zip"), schema=schema, **more)


def case(files: dict[str, str | bytes], schema: Schema = OFFER) -> tuple[str, str | None]:
    found = taken(files, schema)
    assert found.rows is None
    assert "{" not in found.report.text() + found.report.text("en")
    return found.report.faults[0].rule, found.report.faults[0].case


def test_what_is_on_demand_becomes_rows_of_the_schema() -> None:
    found = taken({**FILES})
    assert found.report.valid, found.report.text("en")
    assert found.rows is not None
    lines = found.rows.select("booking_rule_id", "route_id", "ligne", "exploitant", "zone").rows()
    zone = json.dumps(ZONE, separators=(",", ":"))
    assert lines == [("B1", "R1", "TAD Lévézou", "Syndicat", zone)]
    assert ("gtfs", None, "3 → 1") in guesses(found)


def _with_zone(geometry: Any, **columns: str) -> dict[str, str | bytes]:
    """The same feed, whose second trip goes to another zone."""
    zones = json.loads(FILES["locations.geojson"])
    zones["features"].append({"type": "Feature", "id": "Z2", "geometry": geometry})
    times = FILES["stop_times.txt"].replace("T2,,Z1", "T2,,Z2")
    return {**FILES, "stop_times.txt": times, "locations.geojson": json.dumps(zones), **columns}


def test_several_zones_of_one_row_are_put_together() -> None:
    found = taken(_with_zone({"type": "MultiPolygon", "coordinates": [[[[2, 44.5]]]]}))
    faults = [fault.column for fault in found.report.faults]
    assert faults == []
    (zone,) = values(found, "zone")
    assert json.loads(zone) == {
        "type": "MultiPolygon",
        "coordinates": [ZONE["coordinates"], [[[2, 44.5]]]],
    }
    assert ("gtfs-zones", "zone", None) in guesses(found)
    found = taken(_with_zone({"type": "Point", "coordinates": [2, 44]}))
    assert values(found, "zone") == [json.dumps(ZONE, separators=(",", ":"))]
    assert ("gtfs-first", "zone", None) in guesses(found)


def test_rules_of_getting_out_count_too_and_lines_without_any_are_left_out() -> None:
    times = (
        "trip_id,location_id,stop_sequence,pickup_booking_rule_id,drop_off_booking_rule_id\n"
        "T1,Z1,1,B1,B2\nT1,Z1,2,,B2\nT2,Z1,1,,\n"
    )
    rules = "booking_rule_id,booking_type\nB1,1\nB2,2\n"
    found = taken({**FILES, "stop_times.txt": times, "booking_rules.txt": rules})
    assert values(found, "booking_rule_id") == ["B1", "B2"]
    assert values(found, "booking_type") == [1, 2]
    assert ("gtfs-no-rule", None, "1") in guesses(found)


def test_the_schema_of_the_catalogue_takes_a_feed() -> None:
    schema = bundled().latest("tad")
    assert schema is not None
    found = taken({**FILES}, schema)
    assert values(found, "route_long_name") == ["TAD Lévézou"]
    assert values(found, "phone_number") == ["0565000000"]
    assert json.loads(values(found, "zone")[0]) == ZONE


def test_lines_that_say_the_same_are_one_row() -> None:
    plain = schema_of(
        [
            {"name": "booking_rule_id", "constraints": REQUIRED, **TEXT},
            {"name": "booking_type", "type": "integer"},
            {"name": "prior_notice_duration_min", "type": "integer"},
            {"name": "start_date", "type": "date"},
            {"name": "agency_name", **TEXT},
        ],
        ("booking_rule_id",),
    )
    found = taken({**FILES}, plain)
    assert values(found, "booking_type") == [1]
    assert values(found, "prior_notice_duration_min") == [120]
    assert values(found, "start_date") == [date(2026, 1, 1)]
    assert values(found, "agency_name") == ["Syndicat"]
    assert ("gtfs", None, "3 → 1") in guesses(found)
    assert ("gtfs-unread", None, "locations.geojson, shapes.txt") in guesses(found)


def test_a_row_for_each_stop_with_its_place() -> None:
    found = taken({**FILES}, STOPS)
    assert found.rows is not None
    rows = found.rows.select("trip_id", "stop_sequence", "stop_name", "lon").rows()
    assert [row[:3] for row in rows] == [
        ("T1", 1, None),
        ("T1", 2, "Mairie, place"),
        ("T2", 1, None),
    ]
    assert [None if row[3] is None else float(row[3]) for row in rows] == [None, 2.79, None]


def test_faults_name_the_line_of_the_stop_times() -> None:
    wrong = {**FILES, "booking_rules.txt": FILES["booking_rules.txt"].replace("120", "deux heures")}
    assert told(taken(wrong))[0] == ("type-error", 2, "prior_notice_duration_min")


def test_files_in_a_folder_and_with_a_mark() -> None:
    inside = {
        f"export/{name}": f"\ufeff{text}" for name, text in FILES.items() if "json" not in name
    }
    found = taken({**inside, "__MACOSX/export/._x": "x"}, STOPS)
    assert values(found, "trip_id") == ["T1", "T1", "T2"]
    assert ("suffix", None, "GTFS") in guesses(taken({**inside}, STOPS, filename="f.csv"))


def test_an_agency_that_nobody_names_is_the_only_one() -> None:
    two = FILES["agency.txt"] + "B,Autre,x,Europe/Paris\n"
    routes = FILES["routes.txt"].replace("route_id,", "route_id,agency_id,")
    routes = routes.replace("R1,", "R1,B,").replace("R2,", "R2,A,")
    found = taken({**FILES, "agency.txt": two, "routes.txt": routes})
    assert found.rows is not None
    assert set(found.rows["exploitant"]) == {"Autre"}


def test_a_mapping_reads_columns_that_are_called_otherwise() -> None:
    mapping = ColumnMapping("essai", {"message": "ligne"})
    rules = FILES["booking_rules.txt"].replace("phone_number", "message")
    found = taken({**FILES, "booking_rules.txt": rules}, mapping=mapping)
    assert found.rows is not None
    assert set(found.rows["ligne"]) == {"0565000000"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"stop_times.txt": "trip_id,stop_sequence\nT1,1\n"}, ("source-error", "gtfs")),
        ({"stop_times.txt": "a,b\n"}, ("format-error", "gtfs-file")),
        ({"stop_times.txt": ""}, ("format-error", "gtfs-file")),
        ({"trips.txt": "trip_id,route_id\nT1\n"}, ("constraint-error", "required")),
        ({"trips.txt": "a,b\n1,2\n"}, ("format-error", "gtfs-file")),
        ({"trips.txt": "trip_id,trip_id\nT1,T1\n"}, ("format-error", "gtfs-file")),
        ({"routes.txt": "route_id\nR1\nR1\n"}, ("format-error", "gtfs-twice")),
        ({"routes.txt": b"route_id,route_long_name\nR1,\xff\xfe\n"}, ("format-error", "gtfs-file")),
        ({"routes.txt": "route_id\0\nR1\n"}, ("format-error", "gtfs-file")),
        ({"routes.txt": "route_id" + ",x" * 2_000 + "\n"}, ("format-error", "gtfs-file")),
        ({"locations.geojson": "{"}, ("format-error", "gtfs-file")),
        ({"locations.geojson": "[]"}, ("format-error", "gtfs-file")),
        ({"locations.geojson": '{"features": [{"id": 1}]}'}, ("format-error", "gtfs-file")),
    ],
)
def test_feeds_that_are_damaged(
    change: dict[str, str | bytes], expected: tuple[str, str | None]
) -> None:
    assert case({**FILES, **change}) == expected


def test_a_gtfs_under_another_schema_and_a_zip_that_is_none() -> None:
    assert case({**FILES}, ALL) == ("format-error", "gtfs-schema")
    assert case({"stop_times.txt": "a"}) == ("format-error", "zip")
    assert case({"donnees.csv": "id\n1\n"}) == ("format-error", "zip")


def test_a_file_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemas.reading.gtfs.GTFS_FILE_MAX_BYTES", 100)
    assert case({**FILES}) == ("limit-error", "archive-bytes")
    monkeypatch.undo()
    monkeypatch.setattr("schemas.reading.gtfs.ROWS_MAX", 2)
    assert case({**FILES}) == ("row-count", None)


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=100)
def test_any_file_of_a_feed_may_be_wrong(seed: int) -> None:
    chance = random.Random(seed)
    name = chance.choice(sorted(FILES))
    content = bytearray(FILES[name].encode())
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(content))
        content[at : at + chance.randrange(12)] = chance.choice(
            (b"", b'"', b",", b"\n", b"\xff", b"9")
        )
        content = content or bytearray(b"x")
    found = read(
        zipped({**FILES, name: bytes(content)}, zipfile.ZIP_STORED), filename="f.zip", schema=OFFER
    )
    assert (found.rows is None) != found.report.valid
    assert found.report.text()
