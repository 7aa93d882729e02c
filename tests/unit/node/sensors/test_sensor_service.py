"""The sensors of a node on a real store: taken in, published on their cadence, shown."""

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from sensor_samples import (
    ARVIEU,
    COUNTS,
    DAY_US,
    HEADER,
    MINUTE_US,
    QUARTER_US,
    body,
    reading_body,
    us,
)

from federation.content import decode
from node import founding
from node.node import Node
from node.sensors.errors import DevicesError, DeviceUnknownError, ReadingError
from node.sensors.service import FILE_NAME, Sensors
from node.store.own_rows import DraftRow
from schemas.catalogue import bundled

NOON = us("2026-11-26T12:00:00+00:00")
ENERGY = (
    f"{HEADER}\n"
    f"elec,compteur-1,{ARVIEU},energie-batiments,batiment_id=ECOLE|energie=elec|surface_m2=850,"
    "P1D,PT1H,,,index,kwh,counter,,,0,5000\n"
)

FLOW = f"eau,debit-1,{ARVIEU},eau-reseau,secteur_id=B,,,,,index_l,volume_m3,,,,,\n"


class World:
    """A node on a data directory with a table of devices."""

    def __init__(self, folder: Path) -> None:
        founding.found(folder, [ARVIEU], now_us=NOON)
        self.node = Node.open(folder, http_host="")
        self.file = folder / FILE_NAME

    @property
    def sensors(self) -> Sensors:
        return self.node.sensors

    def write(self, text: str) -> None:
        self.file.write_text(text)
        # a file system's clock can be coarser than two writes are apart
        os.utime(self.file, ns=(0, self.file.stat().st_mtime_ns + 1))

    def count(self, at_us: int, count: object, *, now_us: int | None = None, f_cnt: int = 1) -> str:
        data = reading_body(at_us, {"count": count}, f_cnt=f_cnt, of="tube-1", app="velo")
        return self.sensors.take(data, at_us + MINUTE_US if now_us is None else now_us).why

    def drafts(self) -> list[DraftRow]:
        return self.node.store.own.next_drafts(ARVIEU)

    def rows(self, draft: DraftRow) -> pl.DataFrame:
        schema = bundled().by_digest(draft.schema_digest)
        assert schema is not None
        assert draft.content_digest is not None
        blob = self.node.store.contents.get(draft.content_digest)
        frame = pl.from_arrow(decode(blob, schema.arrow_schema(), draft.plain_size))
        assert isinstance(frame, pl.DataFrame)
        return frame


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "node")
    made.write(COUNTS)
    yield made
    made.node.close()


def test_a_reading_becomes_a_publication_of_its_interval(world: World) -> None:
    assert world.count(NOON + MINUTE_US, 7) == "stored"
    assert world.sensors.flush(NOON + 2 * MINUTE_US) == [], "the interval isn't over"
    assert len(world.sensors.flush(NOON + QUARTER_US)) == 1
    (draft,) = world.drafts()
    assert (draft.dataset, draft.mode, draft.origin) == (
        f"{ARVIEU}/comptage-mobilites",
        "append",
        "own",
    )
    (row,) = world.rows(draft).to_dicts()
    assert row["channel_id"] == "tube-1"
    assert row["count"] == Decimal(7)
    assert us(row["start_datetime"].isoformat()) == NOON
    assert us(row["end_datetime"].isoformat()) == NOON + QUARTER_US
    assert world.sensors.flush(NOON + DAY_US) == [], "each reading goes out once"


def test_what_is_handed_in_twice_goes_out_once(world: World) -> None:
    assert [world.count(NOON, 7), world.count(NOON, 7)] == ["stored", "replayed"]
    world.sensors.flush(NOON + QUARTER_US)
    assert world.count(NOON, 7) == "replayed"
    assert world.sensors.flush(NOON + DAY_US) == []
    assert len(world.drafts()) == 1


def test_small_batches_go_together_and_late_ones_with_the_next(world: World) -> None:
    world.write(COUNTS.replace("PT1S", "PT1H"))
    for quarter in range(4):
        world.count(NOON + quarter * QUARTER_US, quarter, f_cnt=quarter)
        world.sensors.flush(NOON + quarter * QUARTER_US + 2 * MINUTE_US)
    assert world.drafts() == []
    world.sensors.flush(NOON + 4 * QUARTER_US)
    (draft,) = world.drafts()
    assert world.rows(draft)["count"].to_list() == [0, 1, 2, 3]
    # of the hour before, and only now handed in
    world.count(NOON - QUARTER_US, 9, now_us=NOON + 5 * QUARTER_US, f_cnt=9)
    assert world.sensors.flush(NOON + 5 * QUARTER_US) == []
    assert len(world.sensors.flush(NOON + 8 * QUARTER_US)) == 1


def test_simulated_readings_are_published_as_such_and_apart(world: World) -> None:
    world.count(NOON, 7)
    world.sensors.take(
        body(
            ("simulated", True),
            ("end_device_ids.device_id", "tube-1"),
            ("end_device_ids.application_ids.application_id", "velo"),
            ("uplink_message.received_at", "2026-11-26T12:20:00Z"),
            ("uplink_message.decoded_payload", {"count": 500}),
        ),
        NOON + QUARTER_US,
    )
    assert len(world.sensors.flush(NOON + DAY_US)) == 2
    found = {draft.origin: world.rows(draft)["count"].to_list() for draft in world.drafts()}
    assert found == {"own": [7], "simulated": [500]}
    assert world.sensors.flush(NOON + 2 * DAY_US) == []


def test_energy_of_local_days_from_a_meter(world: World) -> None:
    world.write(ENERGY)
    midnight = us("2026-11-24T00:00:00+01:00")
    for number, index in enumerate((1_000, 1_041, 1_090)):
        at = midnight + number * DAY_US + 20 * 60 * MINUTE_US
        data = reading_body(at, {"index": index}, f_cnt=number, of="compteur-1", app="elec")
        assert world.sensors.take(data, at + MINUTE_US).new
    world.sensors.flush(midnight + 3 * DAY_US + 60 * MINUTE_US)
    (draft,) = world.drafts()
    rows = world.rows(draft)
    assert rows["kwh"].to_list() == [Decimal(41), Decimal(49)]
    assert rows["surface_m2"].to_list() == [Decimal(850), Decimal(850)]
    first = us(rows["debut"][0].isoformat())
    assert first == midnight + DAY_US


def test_a_reset_is_shown_and_never_negative(world: World) -> None:
    world.write(ENERGY)
    midnight = us("2026-11-24T00:00:00+01:00")
    for number, index in enumerate((1_000, 3, 10)):
        data = reading_body(
            midnight + number * DAY_US, {"index": index}, f_cnt=number, of="compteur-1", app="elec"
        )
        world.sensors.take(data, midnight + number * DAY_US)
    world.sensors.flush(midnight + 3 * DAY_US + 60 * MINUTE_US)
    (draft,) = world.drafts()
    assert world.rows(draft)["kwh"].to_list() == [None, Decimal(7)]
    (refused,) = world.sensors.report(NOON)["refused"]
    assert (refused["device"], refused["reason"]) == ("elec/compteur-1", "counter-reset")


def test_what_the_schema_refuses_is_left_out_and_shown(world: World) -> None:
    world.write(COUNTS.replace(",,,0,5000", ",,,,"))
    world.count(NOON, -1)
    world.count(NOON + QUARTER_US, 5, f_cnt=2)
    world.sensors.flush(NOON + DAY_US)
    (draft,) = world.drafts()
    assert world.rows(draft)["count"].to_list() == [5]
    (refused,) = world.sensors.report(NOON)["refused"]
    assert refused["reason"] == "row-invalid"


def test_refusals_are_counted_by_device_and_reason(world: World) -> None:
    for _ in range(3):
        with pytest.raises(ReadingError):
            world.count(NOON, "seven")
    with pytest.raises(ReadingError):
        world.count(NOON, 5_001)
    with pytest.raises(ReadingError):
        world.count(NOON, 1, now_us=NOON + 30 * DAY_US)
    with pytest.raises(DeviceUnknownError):
        world.sensors.take(body(), NOON)
    with pytest.raises(ReadingError):
        world.sensors.take(b"{}", NOON)
    counted = {
        (one["device"], one["reason"]): one["count"]
        for one in world.sensors.report(NOON)["refused"]
    }
    assert counted == {
        ("velo/tube-1", "field-type"): 3,
        ("velo/tube-1", "field-range"): 1,
        ("velo/tube-1", "time-range"): 1,
        ("eau/debit-1", "device-unknown"): 1,
        ("", "uplink-event"): 1,
    }
    assert world.sensors.report(NOON)["devices"][0]["waiting"] == 0


def test_a_silent_device_is_shown(world: World) -> None:
    def state(now_us: int) -> tuple[object, object]:
        (one,) = world.sensors.report(now_us)["devices"]
        return one["silent"], one["lastReading"]

    assert state(NOON) == (True, None)
    world.count(NOON, 1)
    assert state(NOON + 2 * QUARTER_US) == (False, "2026-11-26T12:00:00Z")
    assert state(NOON + 5 * QUARTER_US) == (True, "2026-11-26T12:00:00Z")
    text = world.node.status(NOON + DAY_US).text("fr")
    assert "velo/tube-1" in text
    assert "silencieux depuis 2026-11-26T12:00:00Z" in text


def test_the_table_is_read_again_when_it_changes(world: World) -> None:
    with pytest.raises(DeviceUnknownError):
        world.sensors.take(body(), NOON)
    world.write(
        COUNTS + f"eau,debit-1,{ARVIEU},eau-reseau,secteur_id=B,,,,,index_l,volume_m3,,,,,\n"
    )
    assert world.sensors.take(body(), NOON).new
    world.write("nonsense\n")
    assert world.count(NOON, 7) == "stored", "what was right before goes on"
    assert "line 1" in world.sensors.report(NOON)["table"]


def test_without_a_right_table_nothing_is_taken(world: World) -> None:
    world.write("nonsense\n")
    with pytest.raises(DevicesError) as caught:
        world.count(NOON, 7)
    assert "line 1, column" in str(caught.value)
    world.file.unlink()
    with pytest.raises(DevicesError):
        world.count(NOON, 7)
    assert world.sensors.report(NOON)["devices"] == []


def test_readings_wait_for_a_federation_and_it_is_said(world: World) -> None:
    world.write(
        f"{HEADER}\neau,debit-1,{ARVIEU},eau-reseau,secteur_id=B,,,,,index_l,volume_m3,,,,,\n"
    )
    world.sensors.take(body(), NOON)
    assert world.sensors.flush(NOON + DAY_US) == []
    found = world.sensors.report(NOON + DAY_US)
    assert "sharing-charter" in found["failed"][f"{ARVIEU}/eau-reseau"]
    assert found["devices"][0]["waiting"] == 1
    assert "sharing-charter" in world.node.status(NOON + DAY_US).text("en")
