"""What becomes of a column of texts: its values, what is wrong, what was guessed."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Trouble:
    """Cells of one column that have the same thing wrong.

    Attributes:
        mask: Which cells; never null.
        rule: Frictionless error code.
        params: For the sentence, as `Fault.of` takes them.
    """

    mask: pl.Series
    rule: str
    params: tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """A column after casting.

    Attributes:
        values: Of the wire's type; null where the cell is missing or in trouble.
        troubles: What is wrong; a cell is in one of them at most.
        guesses: Codes of notes.
    """

    values: pl.Series
    troubles: tuple[Trouble, ...] = ()
    guesses: tuple[str, ...] = ()


def trouble(mask: pl.Series, rule: str, **params: object) -> tuple[Trouble, ...]:
    """One trouble, or none if no cell is in it.

    Args:
        mask: Which cells; null counts as no.
        rule: Error code.
        params: For the sentence.
    """
    mask = mask.fill_null(value=False)
    return (Trouble(mask, rule, tuple(params.items())),) if mask.any() else ()


def nulls(like: pl.Series) -> pl.Series:
    """Nothing but nulls, of the length and type of another column.

    Args:
        like: That column.
    """
    return pl.Series(like.name, [None], dtype=like.dtype).new_from_index(0, like.len())


def each(
    cells: pl.Series, mask: pl.Series, convert: Callable[[str], str | None]
) -> tuple[pl.Series, pl.Series]:
    """Convert the few cells that vectorised rules don't cover, every distinct text once.

    Args:
        cells: Texts.
        mask: Which cells to convert; those are never null.
        convert: Gives the new text, or None if the cell is in trouble.

    Returns:
        The texts with those cells converted, null where `convert` gave None; and which those are.
    """
    known: dict[str, str | None] = {}
    positions = mask.arg_true()
    found: list[str | None] = []
    for text in cells.gather(positions).to_list():
        if text not in known:
            known[text] = convert(text)
        found.append(known[text])
    # scatter writes in place
    converted = cells.clone().scatter(positions, pl.Series(found, dtype=pl.String))
    return converted, mask & converted.is_null()
