"""What becomes of a file."""

from dataclasses import dataclass

import polars as pl

from schemas.reading.notes import Note
from schemas.report import Report


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a file.

    Attributes:
        rows: The wire's columns and types, ascending by primary key; None if there is any fault.
        report: What is wrong; rows are lines of the file, the header being line 1.
        guessed: What the reader took to be so, and personal columns that it left out.
        labels: Those of the file, in its order; empty where it wasn't read so far.
    """

    rows: pl.DataFrame | None
    report: Report
    guessed: tuple[Note, ...] = ()
    labels: tuple[str, ...] = ()
