"""GTFS with transport on demand (GTFS-Flex, gtfs.org) as rows of one table.

Each line of `stop_times.txt` that is on demand (it has a booking rule, a pick-up window, a zone or
a group of stops) is joined with its trip, route, agency, booking rule, stop or zone and calendar.
The columns that the schema knows are taken, and lines of one key become one row. Row numbers are
lines of `stop_times.txt`.
"""

import io
from collections.abc import Callable, Sequence
from typing import Final

import polars as pl

from schemas.model import Schema
from schemas.places import point_columns, shape_column
from schemas.progress import Progress, silent
from schemas.reading.archive import Archive
from schemas.reading.cells import Cells
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.jsontext import JsonError, compact, decode
from schemas.reading.labels import match_labels, meanings_of
from schemas.reading.limits import CELL_MAX_CHARS, COLUMNS_MAX, GTFS_FILE_MAX_BYTES, ROWS_MAX
from schemas.reading.mapping import ColumnMapping
from schemas.reading.meanings import Meanings
from schemas.reading.notes import Note
from schemas.report import ReportBuilder

_TIMES: Final = "stop_times.txt"
_NEEDED: Final = (_TIMES, "trips.txt", "routes.txt")
_ZONES: Final = "locations.geojson"
_RULE: Final = "booking_rule_id"
_RULES: Final = ("pickup_booking_rule_id", "drop_off_booking_rule_id")
_ON_DEMAND: Final = (
    *_RULES,
    "start_pickup_drop_off_window",
    "location_id",
    "location_group_id",
)
"""A line of `stop_times.txt` that has one of these is on demand."""
_JOINS: Final = (
    ("trips.txt", "trip_id"),
    ("routes.txt", "route_id"),
    ("agency.txt", "agency_id"),
    ("booking_rules.txt", _RULE),
    ("stops.txt", "stop_id"),
    ("location_groups.txt", "location_group_id"),
    ("calendar.txt", "service_id"),
)
"""What is joined, by which column, in this order."""
_DATES: Final = ("start_date", "end_date")
_LINE: Final = "_line"
_FIRST_LINE: Final = 2
_DOUBLE: Final = "_duplicated_"
"""What polars calls a label that stands twice."""


def folder_of(names: Sequence[str]) -> str | None:
    """The folder of an archive that has the files of a GTFS.

    Args:
        names: Of the archive's files.

    Returns:
        Empty if they are at the top, else with a slash at its end; None if there are none.
    """
    found = sorted(
        (name.removesuffix(_TIMES) for name in names if name.rpartition("/")[2] == _TIMES), key=len
    )
    for folder in found:
        if all(f"{folder}{name}" in names for name in _NEEDED):
            return folder
    return None


def read_gtfs(
    archive: Archive,
    schema: Schema,
    builder: ReportBuilder,
    note: Callable[[Note], None],
    progress: Progress = silent,
    *,
    mapping: ColumnMapping | None = None,
) -> Cells:
    """Read the transport on demand of a GTFS.

    Args:
        archive: Its files.
        schema: Schema of the rows, whose columns are called as in GTFS or have synonyms for it.
        builder: Takes faults of labels.
        note: Takes what was read and what wasn't.
        progress: Told of the step `text`.
        mapping: What is known of the file.

    Returns:
        Cells of the wire's columns.

    Raises:
        Unreadable: A file is damaged or too large, nothing is on demand, or the schema has no
            column of GTFS.
    """
    feed = _Feed(archive, folder_of(archive.names) or "")
    whole = feed.joined(progress)
    whole = whole.with_columns(
        pl.col(name).str.replace(r"^(\d{4})(\d{2})(\d{2})$", "${1}-${2}-${3}")
        for name in _DATES
        if name in whole.columns
    )
    known = _known(whole.columns, meanings_of(schema, mapping))
    if not known:
        raise Unreadable(ReadingFault.of("format-error", case="gtfs-schema", name=schema.name))
    whole, known = _placed(feed, whole, known, schema)
    header = match_labels(known, schema, builder, mapping)
    for found in header.notes:
        note(found)
    names = list(header.positions)
    chosen = whole.select(
        _LINE, *(pl.col(known[at]).alias(name) for name, at in header.positions.items())
    )
    rows = chosen.unique(names, keep="first", maintain_order=True) if names else chosen.head(0)
    key = [name for name in schema.primary_key if name in names]
    if _RULE in key:
        without = int(rows[_RULE].null_count())
        if without:
            note(Note("gtfs-no-rule", value=str(without)))
            rows = rows.drop_nulls(_RULE)
    rows = _one_per_key(rows, key, shape_column(schema), note)
    note(Note("gtfs", value=f"{whole.height} → {rows.height}"))
    unread = feed.unread()
    if unread:
        note(Note("gtfs-unread", value=", ".join(unread)))
    return Cells(rows.select(pl.col(names).fill_null("")), rows[_LINE])


def _known(labels: Sequence[str], meanings: Meanings) -> list[str]:
    """Labels that stand for columns; of several for one column the surest, then the first.

    Nobody wrote these labels for this schema, so what isn't taken is no fault.
    """
    best: dict[str, str] = {}
    for label in labels:
        field = None if label.startswith("_") else meanings.of(label).field
        if field is not None:
            held = best.setdefault(field, label)
            if meanings.of(label).weight < meanings.of(held).weight:
                best[field] = label
    return [label for label in labels if label in best.values()]


def _one_per_key(
    rows: pl.DataFrame, key: list[str], shape: str | None, note: Callable[[Note], None]
) -> pl.DataFrame:
    """Rows of one key as one row: of several values the first counts, of several zones all."""
    others = [name for name in rows.columns if name not in (*key, _LINE)]
    if not key or not rows.select(key).is_duplicated().any():
        return rows
    groups = rows.group_by(key, maintain_order=True)
    first = groups.agg(pl.col(_LINE).first(), pl.col(others).drop_nulls().first())
    several = groups.agg(pl.col(others).drop_nulls().unique(maintain_order=True))
    for name in others:
        lists = several[name].to_list()
        if max(map(len, lists), default=0) < 2:  # noqa: PLR2004 - several
            continue
        whole = [_together(texts) for texts in lists] if name == shape else [None]
        if None in whole:
            note(Note("gtfs-first", name))
        else:
            note(Note("gtfs-zones", name))
            first = first.with_columns(pl.Series(name, [text or None for text in whole]))
    return first


def _together(zones: list[str]) -> str | None:
    """Several zones as one geometry; empty for none, None where they can't be one."""
    if len(zones) < 2:  # noqa: PLR2004 - several
        return zones[0] if zones else ""
    parts: list[str] = []
    for text in zones:
        zone = decode(text)
        coordinates = zone.get("coordinates") if isinstance(zone, dict) else None
        if not isinstance(coordinates, list) or zone.get("type") not in ("Polygon", "MultiPolygon"):
            return None
        parts += map(compact, [coordinates] if zone["type"] == "Polygon" else coordinates)
    whole = f'{{"type":"MultiPolygon","coordinates":[{",".join(parts)}]}}'
    return whole if len(whole) <= CELL_MAX_CHARS else None


def _placed(
    feed: "_Feed", whole: pl.DataFrame, known: list[str], schema: Schema
) -> tuple[pl.DataFrame, list[str]]:
    """Stops fill the schema's coordinates, zones its geometries, where no column is called so."""
    point = point_columns(schema)
    pair = ("stop_lon", "stop_lat")
    if (
        set(pair) <= set(whole.columns)
        and not set(point) & set(known)
        and not set(pair) & set(known)
    ):
        if len(point) == len(pair):
            whole = whole.with_columns(
                pl.col(source).alias(target) for source, target in zip(pair, point, strict=True)
            )
            known = [*known, *point]
        elif point:
            whole = whole.with_columns(
                pl.concat_str([pl.col(one).str.strip_chars() for one in pair], separator=",").alias(
                    point[0]
                )
            )
            known = [*known, *point]
    shape = shape_column(schema)
    if shape is not None and shape not in known and "location_id" in whole.columns:
        zones = feed.zones()
        if zones:
            whole = whole.with_columns(
                pl.col("location_id")
                .replace_strict(zones, default=None, return_dtype=pl.String)
                .alias(shape)
            )
            known = [*known, shape]
    return whole, known


def _by_rule(whole: pl.DataFrame) -> pl.DataFrame:
    """A row for the rule of getting in, and one for that of getting out where it is another."""
    rules = [name for name in _RULES if name in whole.columns]
    if not rules:
        return whole
    first = whole.with_columns(pl.coalesce(rules).alias(_RULE))
    if len(rules) < len(_RULES):
        return first
    second = whole.filter(pl.col(rules[0]).is_not_null() & (pl.col(rules[1]) != pl.col(rules[0])))
    both = pl.concat([first, second.with_columns(pl.col(rules[1]).alias(_RULE))])
    return both.sort(_LINE, maintain_order=True)


class _Feed:
    """The files of a GTFS."""

    def __init__(self, archive: Archive, folder: str) -> None:
        self._archive: Final = archive
        self._folder: Final = folder
        self._read: Final[set[str]] = set()

    def joined(self, progress: Progress) -> pl.DataFrame:
        """Lines of `stop_times.txt` that are on demand, with what belongs to them.

        Raises:
            Unreadable: A file is damaged or too large, or no line is on demand.
        """
        progress("text", 0, len(_JOINS) + 1)
        times = self._table(_TIMES)
        if times is None or "trip_id" not in times.columns:
            raise _damaged(_TIMES)
        if times.height > ROWS_MAX:
            raise Unreadable(ReadingFault.of("row-count", limit=ROWS_MAX))
        marks = [name for name in _ON_DEMAND if name in times.columns]
        times = times.with_row_index(_LINE, _FIRST_LINE).with_columns(pl.col(_LINE).cast(pl.Int64))
        filled = [pl.col(name).fill_null("") != "" for name in marks]
        whole = times.filter(pl.any_horizontal(filled)) if filled else times.head(0)
        if whole.is_empty():
            raise Unreadable(ReadingFault.of("source-error", case="gtfs"))
        whole = _by_rule(whole)
        for number, (name, key) in enumerate(_JOINS, start=1):
            progress("text", number, len(_JOINS) + 1)
            whole = self._with(whole, name, key)
        return whole

    def zones(self) -> dict[str, str]:
        """Geometries of `locations.geojson` by id, as JSON texts.

        Raises:
            Unreadable: Damaged.
        """
        if not self._has(_ZONES):
            return {}
        try:
            document = decode(self._bytes(_ZONES).decode())
            features = document["features"]
            found = {
                str(one["id"]): compact(one["geometry"]) for one in features if one["geometry"]
            }
        except (JsonError, UnicodeDecodeError, KeyError, TypeError) as error:
            raise _damaged(_ZONES) from error
        return {name: text for name, text in found.items() if len(text) <= CELL_MAX_CHARS}

    def unread(self) -> list[str]:
        """Names of files that say nothing here."""
        return [
            name.removeprefix(self._folder)
            for name in self._archive.names
            if name.startswith(self._folder)
            and name.removeprefix(self._folder) not in self._read
            and "/" not in name.removeprefix(self._folder)
        ]

    def _with(self, whole: pl.DataFrame, name: str, key: str) -> pl.DataFrame:
        table = self._table(name)
        if table is None:
            return whole
        if name == "agency.txt" and table.height == 1 and key not in whole.columns:
            # where there is one agency, nobody needs to name it
            return whole.with_columns(
                pl.lit(table[column][0]).alias(column) for column in table.columns
            )
        if key not in whole.columns:
            return whole
        if key not in table.columns:
            raise _damaged(name)
        if table[key].is_duplicated().any():
            raise Unreadable(ReadingFault.of("format-error", case="gtfs-twice", name=name, key=key))
        new = [column for column in table.columns if column == key or column not in whole.columns]
        return whole.join(table.select(new), on=key, how="left", maintain_order="left")

    def _has(self, name: str) -> bool:
        return f"{self._folder}{name}" in self._archive

    def _bytes(self, name: str) -> bytes:
        self._read.add(name)
        return self._archive.read(f"{self._folder}{name}", GTFS_FILE_MAX_BYTES)

    def _table(self, name: str) -> pl.DataFrame | None:
        if not self._has(name):
            return None
        content = self._bytes(name)
        head = content[: content.find(b"\n") + 1 or None]
        if head.count(b",") >= COLUMNS_MAX or b"\0" in content:
            raise _damaged(name)
        try:
            table = pl.read_csv(
                io.BytesIO(content),
                infer_schema=False,
                empty_string_is_null=True,
                truncate_ragged_lines=False,
            )
        except (
            pl.exceptions.PolarsError,
            pl.exceptions.PanicException,
            UnicodeDecodeError,
        ) as error:
            raise _damaged(name) from error
        labels = [column.strip().removeprefix("\ufeff") for column in table.columns]
        if len(set(labels)) != len(labels) or any(_DOUBLE in label for label in labels):
            raise _damaged(name)
        table.columns = labels
        # a column of ours is nobody's
        return table.select(column for column in labels if not column.startswith("_"))


def _damaged(name: str) -> Unreadable:
    return Unreadable(ReadingFault.of("format-error", case="gtfs-file", name=name))
