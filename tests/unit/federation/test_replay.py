"""What stands after publications, and the cells that follow from it."""

import polars as pl

from federation.cells import roll_up
from federation.places import zone_of_place
from federation.replay import Rows, cells_of_table, part_of, replay
from tests.world import ARVIEU, COUNTS, PROJECTS, counts, projects, schema


def test_rows_are_upserted_by_key_and_withdrawn_by_key():
    form = schema("comptage-mobilites")
    first = counts()
    mended = first.with_columns((pl.col("count") + 1).cast(first.schema["count"]))[:1]
    key = list(form.primary_key)
    gone = first.select(key)[1:2]
    ((known, table),) = replay(
        [
            Rows((1, 3), "withdraw", gone, form),
            Rows((1, 1), "append", first, form),
            Rows((1, 2), "append", mended, form),
        ],
    )
    assert known == form
    assert table.height == first.height - 1
    assert table.join(mended, on=mended.columns).height == 1
    assert table.join(gone, on=key, how="semi").is_empty()


def test_nothing_leaves_no_table():
    form = schema("comptage-mobilites")
    assert replay([]) == []
    keys = counts().select(form.primary_key)
    assert replay([Rows((1, 1), "withdraw", keys, form)]) == []
    assert (
        replay([Rows((1, 1), "append", counts(), form), Rows((1, 2), "withdraw", keys, form)]) == []
    )


def test_cells_of_a_table_are_rolled_up():
    form = schema("comptage-mobilites")
    table = counts()
    fine = cells_of_table(form, COUNTS, table, form.base_window)
    days = cells_of_table(form, COUNTS, table, "day")
    assert days == roll_up(fine, "day", timezone_of=zone_of_place)
    assert sum(cell.total for cell in fine.values()) == table["count"].sum()
    assert {key.place for key in fine} == {"12011"}


def test_a_register_has_cells_without_a_window():
    form = schema("projets")
    found = cells_of_table(form, PROJECTS, projects(), "none")
    assert found
    assert {key.window for key in found} == {"none"}
    assert part_of(ARVIEU, PROJECTS).place == "12011"


def test_places_have_the_zone_of_their_body():
    assert zone_of_place("12011") == "Europe/Paris"
    assert zone_of_place("97401") == "Indian/Reunion"
    assert zone_of_place("xx-lau-musterstadt") == "Europe/Paris"
    assert zone_of_place("de-lau-09162000") == "Europe/Berlin"
