"""Whole numbers and decimals from text, exactly or not at all."""

import re
from decimal import Decimal, localcontext
from typing import Final

import polars as pl

from schemas.model import DECIMAL_PRECISION
from schemas.reading.typed import Trouble, Typed, each, nulls, trouble

_WHOLE: Final = r"^[+-]?[0-9]+$"
_COMMA: Final = r"^[+-]?[0-9]*,[0-9]+$"
_SPACED: Final = r"^[+-]?[0-9]{1,3}(?:[ \u{a0}\u{202f}\u{2009}][0-9]{3})+(?:[.,][0-9]*)?$"
"""Thousands apart, as French texts and spreadsheets write them (Imprimerie nationale)."""
_SPACES: Final = r"[ \u{a0}\u{202f}\u{2009}]"
_SIGNED: Final = r"^.*[0-9][ \u{a0}\u{202f}]?(?:€|EUR|%)$"
_SIGN: Final = r"[ \u{a0}\u{202f}]?(?:€|EUR|%)$"
SIGNS: Final[dict[str, tuple[str, ...]]] = {"%": ("%",), "EUR": ("€", "EUR")}
"""Signs after a number, by the unit (UCUM) that they say."""
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
INTEGER_DIGITS: Final = 18
"""Digits that any signed 64-bit integer has room for; some of 19 digits fit too."""


def to_integer(cells: pl.Series, unit: str | None = None) -> Typed:
    """Whole numbers in the range of signed 64 bits.

    Args:
        cells: Texts without spaces around them.
        unit: Of the column, as in `SIGNS`, if a sign for it may stand behind a number.
    """
    whole = cells.str.contains(_WHOLE)
    guesses: tuple[str, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    plain = cells
    if not whole.all():
        plain, guesses, troubles = _bare(cells, unit, "integer")
        whole = plain.str.contains(_WHOLE)
    values = plain.cast(pl.Int64, strict=False)
    if not whole.all():
        values = values.zip_with(whole.fill_null(value=False), nulls(values))
    troubles += trouble(~whole & plain.is_not_null(), "type-error", case="integer", type="integer")
    if values.null_count() > cells.null_count():
        large = whole & values.is_null()
        troubles += trouble(large, "limit-error", case="number", limit=INTEGER_DIGITS)
    return Typed(values, troubles, guesses)


def _bare(
    cells: pl.Series, unit: str | None, kind: str
) -> tuple[pl.Series, tuple[str, ...], tuple[Trouble, ...]]:
    """Texts without thousands' spaces and signs of their column's unit; null in trouble.

    A sign that nothing in the schema explains is trouble: 12 % may be 12 or 0.12, 12 € twelve
    thousand euros in a column of thousands.
    """
    guesses: list[str] = []
    troubles: tuple[Trouble, ...] = ()
    signed = cells.str.contains(_SIGNED).fill_null(value=False)
    if signed.any():
        signs = SIGNS.get(unit or "", ())
        known = signed & pl.Series(
            [text is not None and text.endswith(signs) if signs else False for text in cells],
            dtype=pl.Boolean,
        )
        if known.any():
            guesses.append("sign")
        troubles = trouble(signed & ~known, "type-error", case="sign", type=kind)
        without = cells.str.replace(_SIGN, "")
        cells = without.zip_with(known, cells).zip_with(~(signed & ~known), nulls(cells))
    spaced = cells.str.contains(_SPACED).fill_null(value=False)
    if spaced.any():
        guesses.append("thousands")
        cells = cells.str.replace_all(_SPACES, "").zip_with(spaced, cells)
    return cells, tuple(guesses), troubles


def to_year(cells: pl.Series) -> Typed:
    """Years of four digits.

    Args:
        cells: Texts without spaces around them.
    """
    good = cells.str.contains(r"^[0-9]{4}$")
    values = cells.cast(pl.Int64, strict=False)
    values = values.zip_with(good.fill_null(value=False), nulls(values))
    return Typed(values, trouble(~good, "type-error", case="year", type="year"))


def to_decimal(
    cells: pl.Series,
    scale: int,
    *,
    comma: bool,
    unit: str | None = None,
    rounds: bool = False,
) -> Typed:
    """Numbers as decimals of 18 digits; a measure is never rounded.

    Args:
        cells: Texts without spaces around them.
        scale: Digits after the point.
        comma: Whether `12,5` is a number too.
        unit: Of the column, as in `SIGNS`, if a sign for it may stand behind a number.
        rounds: Whether digits beyond the scale are rounded, half to even, which is noted: the
            column is no measure and says itself to which step it is exact (a coordinate).
    """
    kind = pl.Decimal(DECIMAL_PRECISION, scale)
    simple = rf"^[+-]?[0-9]{{1,{DECIMAL_PRECISION - scale}}}(?:\.[0-9]{{0,{scale}}})?$"
    if cells.str.contains(simple).all():
        return Typed(cells.cast(kind))
    points, guesses, troubles = _bare(cells, unit, "number")
    if comma:
        with_comma = points.str.contains(_COMMA).fill_null(value=False)
        if with_comma.any():
            points = points.str.replace(",", ".", literal=True).zip_with(with_comma, points)
            guesses += ("decimal-comma",)
    odd = ~points.str.contains(simple)
    if not odd.any():
        return Typed(points.cast(kind), troubles, guesses)
    found = _odd_decimals(points, odd.fill_null(value=False), scale, guesses, rounds=rounds)
    return Typed(found.values, troubles + found.troubles, found.guesses)


def _odd_decimals(
    cells: pl.Series, odd: pl.Series, scale: int, guesses: tuple[str, ...], *, rounds: bool
) -> Typed:
    """Exponents, zeros in front or behind, a bare point, and what is no number that fits."""
    reasons: dict[str, str] = {}
    rounded: list[str] = []

    def convert(text: str) -> str | None:
        plain = plain_decimal(text, scale)
        if plain == "scale" and rounds:
            rounded.append(text)
            plain = plain_decimal(f"{_rounded(text, scale):f}", scale)
        if plain in ("type", "scale", "digits"):
            reasons[text] = plain
            return None
        return plain

    plain, bad = each(cells, odd, convert)
    values = plain.cast(pl.Decimal(DECIMAL_PRECISION, scale))
    troubles: tuple[Trouble, ...] = ()
    if bad.any():
        why = pl.Series(
            [
                None if text is None else reasons.get(text)
                for text in cells.zip_with(bad, nulls(cells))
            ],
            dtype=pl.String,
        )
        troubles += trouble(why == "type", "type-error", case="number", type="number")
        troubles += trouble(why == "scale", "constraint-error", case="scale", limit=scale)
        troubles += trouble(why == "digits", "limit-error", case="number", limit=DECIMAL_PRECISION)
    return Typed(values, troubles, (*guesses, "rounded") if rounded else guesses)


def _rounded(text: str, scale: int) -> Decimal:
    with localcontext(prec=len(text) + scale + 1) as context:
        return context.quantize(Decimal(text), Decimal(1).scaleb(-scale))


def plain_decimal(text: str, scale: int) -> str:
    """A number written without exponent and without needless digits.

    Args:
        text: Digits with an optional sign, point and exponent.
        scale: Most digits after the point.

    Returns:
        The number; or `type`: no number, `scale`: more digits after the point, `digits`: more
        than 18 digits in all at this scale.
    """
    if _NUMBER.fullmatch(text) is None:
        return "type"
    sign, numerals, exponent = Decimal(text).as_tuple()
    digits = "".join(map(str, numerals)).lstrip("0")
    kept = digits.rstrip("0")
    if not kept:
        return "0"
    assert isinstance(exponent, int)
    exponent += len(digits) - len(kept)
    if len(kept) + exponent > DECIMAL_PRECISION - scale:
        return "digits"
    if exponent < -scale:
        return "scale"
    shifted = kept + "0" * (exponent + scale)
    shifted = shifted.rjust(scale + 1, "0")
    whole = shifted[: len(shifted) - scale]
    tail = f".{shifted[len(shifted) - scale :]}" if scale else ""
    return f"{'-' if sign else ''}{whole}{tail}"
