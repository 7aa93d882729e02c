"""From cells of text to typed rows: each column at once, each bad cell a fault."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from schemas.model import Field, Schema
from schemas.progress import Progress, silent
from schemas.reading.cells import LINE, Cells
from schemas.reading.faults import ReadingFault
from schemas.reading.jsontext import JsonError, compact, decode
from schemas.reading.limits import CELL_MAX_CHARS
from schemas.reading.notes import Note
from schemas.reading.numbers import to_decimal, to_integer, to_year
from schemas.reading.plain import FALSE, TRUE, plain_values
from schemas.reading.signs import sign_of
from schemas.reading.temporal import LOCAL_ZONE, to_date, to_instant
from schemas.reading.typed import Trouble, Typed, each, trouble
from schemas.report import ReportBuilder

# Table Schema's defaults; then what French spreadsheets write
_BOOLEANS: Final[dict[str, bool]] = {
    **dict.fromkeys(TRUE, True),
    **dict.fromkeys(FALSE, False),
}
_BOOLEAN_WORDS: Final[dict[str, bool]] = {
    **dict.fromkeys(("oui", "Oui", "OUI", "vrai", "Vrai", "VRAI"), True),
    **dict.fromkeys(("non", "Non", "NON", "faux", "Faux", "FAUX"), False),
}
_FLAGS: Final = frozenset({"0", "1"})
_FLAG_WORDS: Final[dict[str, str]] = {
    word: "1" if value else "0"
    for word, value in (_BOOLEANS | _BOOLEAN_WORDS).items()
    if word not in _FLAGS
}
_POINT_LIST: Final = r"^\[\s*([^\s,\[\]]+)\s*,\s*([^\s,\[\]]+)\s*\]$"
_BAR: Final = "|"
_NO_ITEM: Final = re.compile(r"[;,]|^(?:null|true|false)$")
"""What alone is no item: signs that may stand between items as well, and values of JSON."""
_JSON_SIGNS: Final = r'[\[\]{}"]'
_VERBATIM: Final = frozenset({"string"})


@dataclass(frozen=True, slots=True)
class TypedRows:
    """Rows in the order of the file.

    Attributes:
        frame: The wire's columns and types, and the column `LINE`; columns that the file doesn't
            have are null.
        sound: Whether all cells of a row could be cast; null in a cell of such a row means
            missing.
    """

    frame: pl.DataFrame
    sound: pl.Series


def cast_cells(
    cells: Cells,
    schema: Schema,
    builder: ReportBuilder,
    note: Callable[[Note], None],
    progress: Progress = silent,
) -> TypedRows:
    """Give cells the types of a schema.

    Args:
        cells: Cells of a file.
        schema: Its schema.
        builder: Takes a fault per cell that has not the type of its column.
        note: Takes what was guessed.
        progress: Told of the step `columns`.
    """
    kinds = schema.polars_schema()
    sound = pl.repeat(True, cells.lines.len(), dtype=pl.Boolean, eager=True)  # noqa: FBT003 - a value
    if cells.broken:
        sound = sound.clone().scatter(sorted(cells.broken), False)  # noqa: FBT003 - a value
    columns: list[pl.Series] = []
    for number, field in enumerate(schema.wire_fields):
        progress("columns", number, len(schema.wire_fields))
        if field.name not in cells.frame.columns:
            columns.append(
                pl.repeat(None, cells.lines.len(), dtype=kinds[field.name], eager=True).alias(
                    field.name
                )
            )
            continue
        texts = cells.frame[field.name]
        plain = _plain(texts, field, schema)
        found = (
            Typed(plain)
            if plain is not None
            else cast_column(
                _present(texts, field, schema.missing_values),
                field,
                schema.scale(field.name),
                comma=cells.decimal_comma,
                unit=sign_of(schema, field.name),
            )
        )
        for one in found.troubles:
            _tell(one, texts, cells.lines, field.name, builder)
            sound = sound & ~one.mask
        for code in sorted(found.guesses):
            note(Note(code, field.name, LOCAL_ZONE if code == "local-time" else None))
        columns.append(found.values.alias(field.name))
    return TypedRows(pl.DataFrame([*columns, cells.lines.alias(LINE)]), sound)


def cast_column(
    cells: pl.Series, field: Field, scale: int, *, comma: bool, unit: str | None = None
) -> Typed:
    """Give a column the type of its field.

    Args:
        cells: Texts; null where the cell is missing.
        field: Its field.
        scale: Digits after the point, for numbers.
        comma: Whether a decimal comma is possible.
        unit: Unit that a sign behind a number may stand for, as `sign_of` says.
    """
    by_type: dict[str, Callable[[pl.Series], Typed]] = {
        "integer": to_flag if is_flag(field) else partial(to_integer, unit=unit),
        "number": partial(
            to_decimal, scale=scale, comma=comma, unit=unit, rounds=field.resolution is not None
        ),
        "boolean": to_boolean,
        "date": partial(to_date, form=field.format),
        "datetime": partial(to_instant, form=field.format),
        "year": to_year,
        "array": to_list,
        "object": partial(to_json, kind="object"),
        "geojson": partial(to_json, kind="geojson"),
        "geopoint": to_geopoint,
    }
    return by_type.get(field.type, Typed)(cells)


def to_boolean(cells: pl.Series) -> Typed:
    """Booleans: Table Schema's words, and the French ones, which is a guess.

    Args:
        cells: Texts without spaces around them.
    """
    values = cells.replace_strict(_BOOLEANS | _BOOLEAN_WORDS, default=None, return_dtype=pl.Boolean)
    guessed = bool(cells.is_in(list(_BOOLEAN_WORDS)).any())
    mask = cells.is_not_null() & values.is_null()
    return Typed(
        values,
        trouble(mask, "type-error", case="boolean", type="boolean"),
        ("boolean-words",) if guessed else (),
    )


def is_flag(field: Field) -> bool:
    """Whether a column is a boolean that is written 0 or 1, as its schema says by enum or bounds.

    Args:
        field: Any.
    """
    if field.type != "integer":
        return False
    asked = field.constraints
    allowed = {str(text) for text in asked.enum or ()}
    return allowed == _FLAGS or [str(asked.minimum), str(asked.maximum)] == sorted(_FLAGS)


def to_flag(cells: pl.Series) -> Typed:
    """0 and 1, and words for them, which is a guess.

    Args:
        cells: Texts without spaces around them.
    """
    worded = cells.is_in(list(_FLAG_WORDS)).fill_null(value=False)
    if not worded.any():
        return to_integer(cells)
    found = to_integer(cells.replace(_FLAG_WORDS))
    return Typed(found.values, found.troubles, (*found.guesses, "boolean-words"))


def to_geopoint(cells: pl.Series) -> Typed:
    """Points as `lon,lat`; a list `[lon, lat]`, Table Schema's other form, is written so, a guess.

    Args:
        cells: Texts without spaces around them; whether they are points is a rule's.
    """
    listed = cells.str.contains(_POINT_LIST).fill_null(value=False)
    if not listed.any():
        return Typed(cells)
    plain = cells.str.replace(_POINT_LIST, "${1},${2}")
    return Typed(plain.zip_with(listed, cells), (), ("point-list",))


def to_json(cells: pl.Series, kind: str) -> Typed:
    """Lists and objects as compact JSON text.

    Args:
        cells: JSON texts.
        kind: `array`, `object` or `geojson`; whether an object is a geometry is a rule's.
    """
    wanted = list if kind == "array" else dict

    def convert(text: str) -> str | None:
        try:
            value = decode(text)
            plain = compact(value)
            plain.encode()
        except (JsonError, UnicodeEncodeError):
            return None
        return plain if isinstance(value, wanted) else None

    values, bad = each(cells, cells.is_not_null(), convert)
    return Typed(values, trouble(bad, "type-error", case=kind, type=kind))


def to_list(cells: pl.Series) -> Typed:
    """Lists as compact JSON text; cells without brackets are split at `|`, a guess.

    Args:
        cells: JSON texts, or items with `|` between them.
    """
    barred = (cells.str.len_bytes() > 0) & ~cells.str.contains(_JSON_SIGNS)
    barred = barred.fill_null(value=False)
    if not barred.any():
        return to_json(cells, "array")
    written, _ = each(cells, barred, _split)
    found = to_json(written, "array")
    bad = cells.is_not_null() & found.values.is_null()
    guesses = ("bars",) if (barred & ~bad).any() else ()
    return Typed(found.values, trouble(bad, "type-error", case="array", type="array"), guesses)


def _split(text: str) -> str | None:
    """Items as JSON; None where one is empty, or where another sign may stand between them."""
    items = [item.strip() for item in text.split(_BAR)]
    if not all(items) or (len(items) == 1 and _NO_ITEM.search(text)):
        return None
    plain = json.dumps(items, ensure_ascii=False, separators=(",", ":"))
    return plain if len(plain) <= CELL_MAX_CHARS else None


def _plain(texts: pl.Series, field: Field, schema: Schema) -> pl.Series | None:
    """Values of a column that is nowhere out of the ordinary."""
    if field.type in _VERBATIM:
        return None
    # spaces around are out of the ordinary, in what means missing, too
    missing = [text for text in schema.missing_values if text == text.strip()]
    return plain_values(_without(texts, missing), field, schema.scale(field.name))


def _present(texts: pl.Series, field: Field, missing: tuple[str, ...]) -> pl.Series:
    """Texts with null for missing ones; spaces around count in columns of text only."""
    return _without(texts if field.type in _VERBATIM else texts.str.strip_chars(), missing)


def _without(cells: pl.Series, missing: Sequence[str]) -> pl.Series:
    """Cells with null where they say one of these."""
    if not missing:
        return cells
    absent = (cells == missing[0]) if len(missing) == 1 else cells.is_in(list(missing))
    return cells.set(absent, None) if absent.any() else cells


def _tell(
    one: Trouble, texts: pl.Series, lines: pl.Series, column: str, builder: ReportBuilder
) -> None:
    positions = one.mask.arg_true()
    shown = positions.head(builder.room(one.rule, column))
    for line, text in zip(
        lines.gather(shown).to_list(), texts.gather(shown).to_list(), strict=True
    ):
        builder.add(
            ReadingFault.of(one.rule, row=line, column=column, value=text, **dict(one.params))
        )
    builder.count(one.rule, positions.len() - shown.len(), column)
