"""Figures that are one sum divided by another: ratios and weighted means, exact on the way up.

A mean of means is wrong: what goes up are the two sums, and what is shown is divided last
(design, section 7). Both sums are of the same rows, those where all columns concerned have a
value. They are cells like those of measures, under names of their own, so that they are merged,
signed and recomputed as every other.

    ratio          sum(numerator) / sum(denominator)
    weighted_mean  sum(value x weight) / sum(weight)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from schemas.bounds import lower, upper
from schemas.document import Document, Field, MeasureBlock, SchemaFault

Divided = Literal["ratio", "weighted_mean"]

MEASURE_MAX_CHARS: Final = 48
"""Of the name of a column that is divided: with its ending a part's name is a measure's, 64."""

_STEPS_MAX: Final = 2**63 - 1
_ENDINGS: Final[Mapping[Divided, tuple[str, str]]] = {
    "ratio": ("_ratio_num", "_ratio_den"),
    "weighted_mean": ("_weighted_num", "_weighted_den"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One of the two sums.

    Attributes:
        name: `<schema>.<field><ending>`, as cells are called.
        factors: Columns whose values are multiplied; one or two.
        known: Columns that must have a value for a row to count.
        scale: Values are whole multiples of 10**-scale.
    """

    name: str
    factors: tuple[str, ...]
    known: tuple[str, ...]
    scale: int

    def values(self, frame: pl.DataFrame) -> pl.Series:
        """The values that are added up, in steps; null for rows that don't count.

        Args:
            frame: Wire rows that hold under the schema, so that products fit 64 bits.
        """
        known = pl.all_horizontal(pl.col(name).is_not_null() for name in self.known)
        product = pl.lit(1, pl.Int128)
        for name in self.factors:
            product = product * pl.col(name).to_physical().cast(pl.Int128)
        found = pl.when(known).then(product).otherwise(None)
        return frame.select(found.cast(pl.Int64).alias(self.name)).to_series()


@dataclass(frozen=True, slots=True)
class Quotient:
    """A figure that is divided.

    Attributes:
        aggregate: `ratio` or `weighted_mean`.
        numerator: Its sum.
        denominator: Its sum.
        unit: UCUM; empty where the schema doesn't say one.
    """

    aggregate: Divided
    numerator: Part
    denominator: Part
    unit: str


def quotients(document: Document, field: str) -> tuple[Quotient, ...]:
    """The divided figures of a measure.

    Args:
        document: Of the schema.
        field: Column of the measure.
    """
    return tuple(_quotients(document, field, document.maillage.measures[field]))


def _quotients(document: Document, field: str, block: MeasureBlock) -> Iterator[Quotient]:
    by_name = {one.name: one for one in document.fields}

    def part(ending: str, factors: tuple[str, ...], known: tuple[str, ...]) -> Part:
        scale = sum(document.scale(by_name[one]) for one in factors)
        return Part(f"{document.name}.{field}{ending}", factors, known, scale)

    if "ratio" in block.aggregates and block.numerator and block.denominator:
        above, below = _ENDINGS["ratio"]
        pair = block.numerator, block.denominator
        yield Quotient(
            "ratio",
            part(above, pair[:1], pair),
            part(below, pair[1:], pair),
            block.ratio_unit or _unit(document.maillage.measures, *pair),
        )
    if "weighted_mean" in block.aggregates and block.weight:
        above, below = _ENDINGS["weighted_mean"]
        pair = field, block.weight
        yield Quotient(
            "weighted_mean", part(above, pair, pair), part(below, pair[1:], pair), block.unit
        )


def _unit(measures: Mapping[str, MeasureBlock], numerator: str, denominator: str) -> str:
    """The unit of a ratio of two measures; empty where one of them states none."""
    if numerator not in measures or denominator not in measures:
        return ""
    above, below = measures[numerator].unit, measures[denominator].unit
    return "1" if above == below else f"{above}/{below}"


def check_quotients(document: Document) -> None:
    """Refuse divided figures whose sums couldn't be kept exactly, or whose names are taken.

    Args:
        document: Its other members hold together.

    Raises:
        SchemaFault: Which measure, and why.
    """
    by_name = {one.name: one for one in document.fields}
    lower_names = {one.lower() for one in by_name}
    for name, block in document.maillage.measures.items():
        for found in quotients(document, name):
            if len(name) > MEASURE_MAX_CHARS:
                raise SchemaFault(f"measures: {name}: at most {MEASURE_MAX_CHARS} characters")
            for part in (found.numerator, found.denominator):
                if part.name.partition(".")[2].lower() in lower_names:
                    raise SchemaFault(f"measures: {name}: a column has the name of a part of it")
        if "ratio" in block.aggregates and block.numerator != name:
            # else there would be a ratio where the measure itself has no value and no row
            raise SchemaFault(f"measures: {name}: a ratio stands at the column of its numerator")
        if "weighted_mean" in block.aggregates and block.weight is not None:
            weight = by_name[block.weight]
            product = _largest(document, by_name[name]) * _largest(document, weight)
            if product > _STEPS_MAX:
                raise SchemaFault(
                    f"measures: {name}: it and its weight {block.weight} need a minimum and a "
                    "maximum whose product fits 64 bits"
                )


def _largest(document: Document, field: Field) -> int:
    scale = document.scale(field)
    bounds = lower(field, scale), upper(field, scale)
    return max(_STEPS_MAX if one is None else abs(one) for one in bounds)
