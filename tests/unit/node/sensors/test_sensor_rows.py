"""From messages to rows: exact values, intervals, and counters that never go wrong silently."""

import itertools
from collections.abc import Iterable, Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensor_samples import (
    DAY_US,
    HEADER,
    QUARTER_US,
    WATER,
    body,
    device,
    us,
)

from node.sensors.convert import EARLY_MAX_US, LATE_MAX_US, reading_of
from node.sensors.errors import ReadingError
from node.sensors.rows import GAP_MAX_US, SensorRow, rows_of
from node.sensors.table import Device
from node.sensors.uplink import Uplink, parse_uplink
from node.store.inbox import ReadingRow

PARIS = "Europe/Paris"
NOON = us("2026-11-26T12:00:00+00:00")
METER = device(WATER.rpartition("eau,debit-1,,")[0].replace(",0,50\n", ",,\n"))


def uplink(*changes: tuple[str, object]) -> Uplink:
    found = parse_uplink(body(*changes))
    assert isinstance(found, Uplink)
    return found


def read(at_us: int, index: int, number: int = 0) -> ReadingRow:
    return ReadingRow(
        id=number,
        device=METER.key,
        identity=f"s/{number}/{at_us}",
        at=at_us,
        columns={"volume_m3": f"{index}.000"},
        simulated=False,
        received_at=at_us,
    )


# --- from message to reading -------------------------------------------------------------------


def test_values_are_exact_in_the_columns_unit() -> None:
    found = reading_of(uplink(), device(), NOON)
    assert found is not None
    assert found.columns == {"volume_m3": "123.456", "pression_bar": "4.237"}
    assert found.at == us("2026-11-26T10:07:30.100000+00:00")
    assert found.received_at == NOON


def test_the_gateways_clock_counts_where_the_table_says_so() -> None:
    by_gateway = device(WATER.replace(",PT15M,,,", ",PT15M,,gateway,"))
    found = reading_of(uplink(), by_gateway, NOON)
    assert found is not None
    assert found.at == us("2026-11-26T10:07:29.900000+00:00")
    without = reading_of(uplink(("uplink_message.settings.time", ...)), by_gateway, NOON)
    assert without is not None
    assert without.at == us("2026-11-26T10:07:30.100000+00:00")


def test_values_are_rounded_half_to_even() -> None:
    for given_, wanted in ((1.0135, "0.000"), (1.0145, "0.002"), (1.0155, "0.002")):
        found = reading_of(
            uplink(("uplink_message.decoded_payload.meter.bar", given_)), device(), NOON
        )
        assert found is not None
        assert found.columns["pression_bar"] == wanted


def test_another_port_has_nothing_that_is_wanted() -> None:
    one = device(f"{HEADER}\n" + WATER.splitlines()[1].replace(",,,index_l", ",,7,index_l"))
    assert reading_of(uplink(), one, NOON) is None
    assert reading_of(uplink(("uplink_message.f_port", 7)), one, NOON) is not None


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("index_l", ..., "field-missing"),
        ("index_l", None, "field-missing"),
        ("meter", 4, "field-missing"),
        ("index_l", "123", "field-type"),
        ("index_l", [1], "field-type"),
        ("index_l", 10**19, "field-range"),
        ("index_l", 10**18, "field-range"),
        ("meter.bar", 25, "field-range"),
        ("meter.bar", 0.5, "field-range"),
        ("meter.bar", 1e300, "field-range"),
        ("meter.bar", 1e-300, "field-range"),
    ],
)
def test_absurd_fields_are_refused(path: str, value: object, code: str) -> None:
    with pytest.raises(ReadingError) as caught:
        reading_of(uplink((f"uplink_message.decoded_payload.{path}", value)), device(), NOON)
    assert (caught.value.code, caught.value.device) == (code, "eau/debit-1")


@pytest.mark.parametrize("away", [-LATE_MAX_US - 1, EARLY_MAX_US + 1])
def test_absurd_times_are_refused(away: int) -> None:
    at = us("2026-11-26T10:07:30.100000+00:00")
    with pytest.raises(ReadingError) as caught:
        reading_of(uplink(), device(), at - away)
    assert caught.value.code == "time-range"


# --- rows ----------------------------------------------------------------------------------------


def starts(readings: Iterable[ReadingRow]) -> set[int]:
    return {one.at // QUARTER_US * QUARTER_US for one in readings}


def rows(readings: Sequence[ReadingRow], now_us: int = NOON + 90 * DAY_US) -> list[SensorRow]:
    return rows_of(METER, readings, starts(readings), now_us, PARIS)[0]


def test_a_counters_row_is_the_difference_of_last_readings() -> None:
    quarter = [NOON + number * QUARTER_US for number in range(4)]
    found = rows([read(quarter[0] + 5, 100), read(quarter[1] + 5, 103), read(quarter[1] + 9, 104)])
    assert [(row.start_us, row.end_us, row.values) for row in found] == [
        (quarter[1], quarter[2], {"volume_m3": Decimal(4)})
    ]


def test_after_a_gap_the_row_says_how_long_it_is() -> None:
    found = rows([read(NOON, 100), read(NOON + 3 * QUARTER_US, 130)])
    assert [(row.start_us - NOON, row.end_us - NOON) for row in found] == [
        (QUARTER_US, 4 * QUARTER_US)
    ]
    after_days = [read(NOON, 100), read(NOON + GAP_MAX_US + 2 * QUARTER_US, 900)]
    assert rows(after_days) == [], "nothing is laid into one quarter of an hour"


def test_a_meter_that_goes_back_gives_no_value_and_a_note() -> None:
    readings = [read(NOON + n * QUARTER_US, index) for n, index in enumerate((100, 7, 9))]
    found, notes = rows_of(METER, readings, starts(readings), NOON + DAY_US, PARIS)
    assert [dict(row.values) for row in found] == [{}, {"volume_m3": Decimal(2)}]
    assert [note.code for note in notes] == ["counter-reset"]
    assert "from 100.000 to 7.000" in notes[0].detail


def test_an_implausible_leap_gives_no_value_and_a_note() -> None:
    plausible = device(WATER.rpartition("eau,debit-1,,")[0])
    readings = [read(NOON + n * QUARTER_US, index) for n, index in enumerate((100, 151, 152))]
    found, notes = rows_of(plausible, readings, starts(readings), NOON + DAY_US, PARIS)
    assert [dict(row.values) for row in found] == [{}, {"volume_m3": Decimal(1)}]
    assert [note.code for note in notes] == ["counter-range"]


def test_an_interval_that_is_not_over_waits() -> None:
    readings = [read(NOON, 100), read(NOON + QUARTER_US, 104)]
    assert rows(readings, NOON + 2 * QUARTER_US - 1) == []
    assert len(rows(readings, NOON + 2 * QUARTER_US)) == 1


def test_days_are_those_of_the_commune() -> None:
    fixed = "batiment_id=E|energie=elec"
    one = device(f"{HEADER}\nn,c,fr-com-12011,energie-batiments,{fixed},P1D,,,,x,kwh,,,,,\n")
    at = us("2026-10-25T00:30:00+02:00")
    readings = [
        ReadingRow(
            device=one.key,
            identity="x",
            at=at,
            columns={"kwh": "12.5"},
            simulated=True,
            received_at=at,
        )
    ]
    day = us("2026-10-25T00:00:00+02:00")
    (found,) = rows_of(one, readings, {day}, NOON, PARIS)[0]
    assert (found.start_us, found.end_us - found.start_us) == (day, 25 * 3_600_000_000)
    assert found.simulated


# --- properties ----------------------------------------------------------------------------------

Moves = list[tuple[int, int]]
MOVES: st.SearchStrategy[Moves] = st.lists(
    st.tuples(
        st.integers(1, 6 * QUARTER_US) | st.integers(1, 2 * DAY_US),
        st.integers(0, 1_000),
    ),
    min_size=2,
    max_size=25,
)


def meter_of(moves: Moves) -> list[ReadingRow]:
    """Readings of a meter that only goes on."""
    at, index, found = NOON, 0, []
    for number, (wait, more) in enumerate(moves):
        at, index = at + wait, index + more
        found.append(read(at, index, number))
    return found


def upserted(table: dict[int, SensorRow], new: Iterable[SensorRow]) -> None:
    for row in new:
        table[row.start_us] = row


@given(MOVES)
def test_differences_add_up_to_what_the_meter_went_on_between_silences(moves: Moves) -> None:
    readings = meter_of(moves)
    found = rows(readings)
    total = sum((row.values["volume_m3"] for row in found), Decimal(0))
    skipped = 0
    ends = {one.at: (one.at // QUARTER_US + 1) * QUARTER_US for one in readings}
    last = {ends[one.at]: Decimal(one.columns["volume_m3"]) for one in readings}
    for before, after in itertools.pairwise(sorted(last)):
        if after - QUARTER_US - before > GAP_MAX_US:
            skipped += last[after] - last[before]
    indexes = [last[end] for end in sorted(last)]
    assert total + skipped == indexes[-1] - indexes[0]
    assert all(row.values["volume_m3"] >= 0 for row in found)
    for one, other in itertools.pairwise(found):
        assert one.end_us <= other.start_us, "rows never lie over each other"


@settings(max_examples=200)
@given(MOVES, st.randoms(use_true_random=False), st.integers(1, 5), st.booleans())
def test_whatever_order_they_come_in_the_rows_end_the_same(
    moves: Moves,
    random: "st.Random",
    batches: int,
    resets: bool,  # noqa: FBT001 - drawn
) -> None:
    readings = meter_of(moves)
    if resets:
        readings = [
            read(one.at, random.randrange(2_000), one.id) if random.random() < 0.3 else one
            for one in readings
        ]
    shuffled = list(readings)
    random.shuffle(shuffled)
    table: dict[int, SensorRow] = {}
    come: list[ReadingRow] = []
    size = -(-len(shuffled) // batches)
    for at in range(0, len(shuffled), size):
        new = shuffled[at : at + size]
        come = sorted([*come, *new], key=lambda one: (one.at, one.id))
        upserted(table, rows_of(METER, come, starts(new), NOON + 90 * DAY_US, PARIS)[0])
    whole: dict[int, SensorRow] = {}
    upserted(whole, rows(readings))
    assert table == whole


def test_a_device_without_counters_has_the_last_value_of_its_interval() -> None:
    one: Device = device(
        f"{HEADER}\neau,debit-1,fr-com-12011,eau-reseau,secteur_id=B,PT15M,,,,x,pression_bar,,,,,\n"
    )
    readings = [
        ReadingRow(
            device=one.key,
            identity=str(number),
            at=NOON + number * 60_000_000,
            columns={"pression_bar": f"4.{number}"},
            simulated=False,
            received_at=NOON,
        )
        for number in range(3)
    ]
    (row,) = rows_of(one, readings, {NOON}, NOON + DAY_US, PARIS)[0]
    assert (row.start_us, row.values) == (NOON, {"pression_bar": Decimal("4.2")})
