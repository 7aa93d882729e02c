"""Corrections: what is recomputed equals a fresh replay of all rows that stand."""

import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.model import Position
from tests.hostile import Receiver, chain, day, keys_of, truth
from tests.world import COUNTS, Made, counts_draft, made

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["append", "append", "append", "withdraw"]),
        st.integers(0, 3),  # day
        st.integers(0, 20),  # first hour
        st.integers(1, 24),  # hours
        st.integers(1, 2),  # channels
        st.integers(0, 3),  # values
    ),
    min_size=1,
    max_size=6,
)


def rows_of(step: tuple[str, int, int, int, int, int]) -> pl.DataFrame:
    _, number, first, hours, channels, add = step
    frame = day(number, hours=first + hours, channels=channels, add=add)
    start = frame["start_datetime"].min()
    hour = (pl.col("start_datetime") - pl.lit(start)).dt.total_hours()
    return frame.filter(hour >= first)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, batches=st.integers(1, 3), restart=st.booleans())
def test_overlaps_equal_a_fresh_replay(
    *, steps: list[tuple[str, int, int, int, int, int]], batches: int, restart: bool
) -> None:
    head: Position | None = None
    publications: list[Made] = []
    standing = pl.DataFrame()
    for step in steps:
        frame = rows_of(step)
        key = keys_of(frame)
        if standing.width:
            standing = standing.join(key, on=key.columns, how="anti", maintain_order="left")
        if step[0] == "append":
            standing = pl.concat([standing, frame]) if standing.width else frame
            draft = counts_draft(frame)
        else:
            draft = counts_draft(key, mode="withdraw")
        publications.append(made(draft, head))
        head = publications[-1].position()
    with tempfile.TemporaryDirectory() as folder:
        receiver = Receiver(Path(folder) / "data")
        try:
            size = -(-len(publications) // batches)
            for at in range(0, len(publications), size):
                taken = receiver.take(*publications[at : at + size])
                assert not taken.reasons
                if restart:
                    receiver.restart()
            assert receiver.counted() == (len(publications), 0)
            expected = truth((COUNTS, standing)) if standing.width else {}
            assert receiver.figures() == expected
        finally:
            receiver.close()


def test_disjoint_periods_are_merged_and_equal_one_publication(tmp_path: Path) -> None:
    days = [day(number, channels=2) for number in range(4)]
    split, together = Receiver(tmp_path / "split"), Receiver(tmp_path / "together")
    for one in chain(days):
        split.take(one)
    together.take(*chain([pl.concat(days).sort(["channel_id", "start_datetime"])]))
    assert split.figures() == together.figures() == truth(*((COUNTS, one) for one in days))
    split.close()
    together.close()


def test_a_value_that_becomes_empty_takes_its_cell_along(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path)
    frame = day(0)
    empty = frame.with_columns(pl.lit(None, frame.schema["count"]).alias("count")).head(6)
    first, second = chain([frame, empty])
    receiver.take(first)
    assert not receiver.take(second).reasons
    assert receiver.figures() == truth((COUNTS, frame), (COUNTS, empty))
    assert len(receiver.figures()) == frame.height - empty.height
    receiver.close()
