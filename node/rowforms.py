"""Rows in the forms that others read: CSV, JSON, JSON lines, GeoJSON, Parquet. Pure.

`codgeo` and `libgeo` come first, put there by `federation.tabular.with_places`. Codes are texts in
every form.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from federation.tabular import CODE, defused
from schemas.model import Schema
from schemas.places import point_columns, shape_column

Form = Literal["csv", "json", "ndjson", "geojson", "parquet"]

_INSTANT: Final = "%Y-%m-%dT%H:%M:%S%.fZ"

Centre = Callable[[str], tuple[float, float] | None]
"""Longitude and latitude of a commune, in degrees."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What goes around the rows.

    Attributes:
        begin: Before the first.
        between: Between two pieces.
        end: After the last.
    """

    begin: bytes = b""
    between: bytes = b""
    end: bytes = b""


def placed(schema: Schema, owner_place: str | None) -> bool:
    """Whether rows have a place: a column for it, or that of their owner."""
    return schema.place is not None or owner_place is not None


# -- CSV ---------------------------------------------------------------------------------------


def csv_rows(frame: pl.DataFrame, *, header: bool) -> bytes:
    """Rows as CSV (RFC 4180): comma, CRLF, UTF-8."""
    text = defused(frame).write_csv(
        include_header=header, line_terminator="\r\n", datetime_format=_INSTANT
    )
    return text.encode()


# -- JSON --------------------------------------------------------------------------------------


def _json(name: str, kind: pl.DataType) -> pl.Expr:
    """A column's values as JSON texts: numbers with all their digits, instants as RFC 3339."""
    column = pl.col(name)
    if kind.is_decimal() or kind.is_integer() or kind == pl.Boolean:
        return column.cast(pl.String).fill_null("null")
    if kind == pl.Datetime:
        column = column.dt.strftime(_INSTANT)
    elif kind == pl.Date:
        column = column.dt.strftime("%Y-%m-%d")
    return quoted(column)


def quoted(column: pl.Expr) -> pl.Expr:
    """Texts as JSON strings; null where there is none."""
    whole = pl.struct(column.alias("v")).struct.json_encode()
    return whole.str.strip_prefix('{"v":').str.strip_suffix("}").fill_null("null")


def _object(kinds: Mapping[str, pl.DataType]) -> pl.Expr:
    parts: list[pl.Expr] = []
    for number, (name, kind) in enumerate(kinds.items()):
        parts += [pl.lit(("," if number else "{") + json.dumps(name) + ":"), _json(name, kind)]
    return pl.concat_str([*parts, pl.lit("}")])


def json_rows(frame: pl.DataFrame, *, between: str) -> bytes:
    """Rows as JSON objects."""
    if frame.is_empty():
        return b""
    return between.join(frame.select(_object(frame.schema)).to_series()).encode()


# -- GeoJSON -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Points:
    """Where the geometry of a row comes from.

    Attributes:
        source: `row`, from its shape or coordinates; `commune`, the centre of its commune.
        columns: A geopoint's column, or those of longitude and latitude.
        shape: Column of a GeoJSON geometry, which goes before the point.
    """

    source: Literal["row", "commune"]
    columns: tuple[str, ...] = ()
    shape: str | None = None


def points_of(schema: Schema, owner_place: str | None) -> Points | None:
    """Where the geometry of a schema's rows comes from; None where nothing says where they are."""
    columns, shape = point_columns(schema), shape_column(schema)
    if columns or shape is not None:
        return Points("row", columns, shape)
    return Points("commune") if placed(schema, owner_place) else None


def features(frame: pl.DataFrame, schema: Schema, points: Points, centre: Centre) -> bytes:
    """Rows as GeoJSON features (RFC 7946); those without coordinates have no geometry.

    A shape is the geometry itself, and no property beside it.
    """
    if frame.is_empty():
        return b""
    geometry = _point_of(frame, schema, points, centre)
    properties = dict(frame.schema)
    if points.shape is not None:
        geometry = pl.coalesce(pl.col(points.shape), geometry)
        del properties[points.shape]
    key = pl.concat_str([pl.col(one).cast(pl.String) for one in schema.primary_key], separator="/")
    one = pl.concat_str(
        [
            pl.lit('{"type":"Feature","id":'),
            quoted(key),
            pl.lit(',"geometry":'),
            geometry.fill_null("null"),
            pl.lit(',"properties":'),
            _object(properties),
            pl.lit("}"),
        ]
    )
    return ",\n".join(frame.select(one).to_series()).encode()


def _point_of(frame: pl.DataFrame, schema: Schema, points: Points, centre: Centre) -> pl.Expr:
    """The points of rows as GeoJSON; null where there are no coordinates."""
    if points.source == "commune":
        centres = {
            code: _coordinates(centre(code))
            for code in frame[schema.place or CODE].drop_nulls().unique().to_list()
        }
        pair = pl.col(schema.place or CODE).replace_strict(
            centres, default=None, return_dtype=pl.String
        )
    elif not points.columns:
        return pl.lit(None, pl.String)
    elif len(points.columns) == 1:
        pair = pl.col(points.columns[0]).str.replace_all(" ", "")
    else:
        lon, lat = (pl.col(name).cast(pl.String) for name in points.columns)
        pair = pl.concat_str([lon, lat], separator=",")
    return pl.concat_str([pl.lit('{"type":"Point","coordinates":['), pair, pl.lit("]}")])


def _coordinates(found: tuple[float, float] | None) -> str | None:
    return None if found is None else f"{found[0]},{found[1]}"


# -- together ----------------------------------------------------------------------------------


def frame_of(form: Form, facts: Mapping[str, Any], points: Points | None) -> Frame:
    """What goes around the rows of a form.

    Args:
        form: CSV and JSON lines have nothing around them.
        facts: What is known of the dataset; foreign members of a GeoJSON collection.
        points: Where GeoJSON's points come from.
    """
    if form == "json":
        return Frame(b"[\n", b",\n", b"\n]\n")
    if form == "geojson" and points is not None:
        told = json.dumps({**facts, "points": points.source}, ensure_ascii=False)
        begin = f'{{"type":"FeatureCollection","maillage":{told},"features":[\n'
        return Frame(begin.encode(), b",\n", b"\n]}\n")
    return Frame()


def joined(frame: Frame, parts: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of a file, with what goes around and between them."""
    first = True
    for part in parts:
        if part:
            yield (frame.begin if first else frame.between) + part
            first = False
    yield frame.begin + frame.end if first else frame.end


def parquet_schema(schema: Schema, columns: Sequence[str], facts: Mapping[str, Any]) -> Any:
    """The Arrow schema of a Parquet file: types as on the wire, facts as metadata."""
    import pyarrow as pa  # noqa: PLC0415 - the type of the answer isn't known to mypy anyway

    known = schema.arrow_schema()
    fields = [
        known.field(name) if name in known.names else pa.field(name, pa.string())
        for name in columns
    ]
    told = json.dumps(dict(facts), ensure_ascii=False).encode()
    return pa.schema(fields, metadata={b"maillage": told})
