"""Rows from JSON: a list of objects, or one object per line (RFC 8259, jsonlines.org).

The list may stand in a wrapper. Features of GeoJSON (RFC 7946) are rows as well: in a collection,
in a list, or one per line.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from schemas.model import Field, Schema
from schemas.progress import Progress, silent
from schemas.reading.casting import is_flag
from schemas.reading.cells import Cells, CellsBuilder
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.features import Features, is_feature
from schemas.reading.jsontext import (
    Bare,
    JsonError,
    compact,
    decode_at,
    is_text,
    may_have_surrogates,
)
from schemas.reading.labels import LabelMatcher
from schemas.reading.limits import (
    CELL_MAX_CHARS,
    CHUNK_ROWS,
    COLUMNS_MAX,
    JSON_DEPTH_MAX,
    ROWS_MAX,
)
from schemas.reading.mapping import ColumnMapping
from schemas.reading.meanings import How
from schemas.reading.nesting import Opener, after_space, wrapped_list
from schemas.reading.notes import Note
from schemas.report import Fault, ReportBuilder

_COLLECTION: Final = re.compile(r'"type"\s*:\s*"FeatureCollection"')
_COLLECTION_CHARS: Final = 64 * 1024
"""At the start and at the end of a text, where its type may stand."""
_NUMERIC: Final = frozenset({"integer", "number", "year"})
_NESTED: Final[dict[str, type]] = {"array": list, "object": dict, "geojson": dict}


def read_json(
    utf8: bytes,
    schema: Schema,
    builder: ReportBuilder,
    note: Callable[[Note], None],
    progress: Progress = silent,
    *,
    mapping: ColumnMapping | None = None,
) -> Cells:
    """Read JSON rows.

    Args:
        utf8: The text, UTF-8 without byte order mark.
        schema: Schema of the file.
        builder: Takes faults of members and of values of a kind that no text can become.
        note: Takes what was left out.
        progress: Told of the step `text`.
        mapping: What is known of the file.

    Returns:
        Cells of the wire's columns; numbers as they are written, lists and objects as compact
        JSON text, for fields of these types, and lists of objects for fields of text.

    Raises:
        Unreadable: Not JSON, or too much of something.
    """
    rows = _Rows(schema, utf8.decode(), builder, progress, mapping)
    try:
        rows.read()
    finally:
        # what was seen up to the place where the JSON breaks is worth telling too
        rows.tell_labels()
    for found in rows.notes():
        note(found)
    rows.features.tell(note)
    return rows.build()


def _is_collection(text: str, at: int) -> bool:
    """Whether a text is one object, a GeoJSON collection."""
    if not text.startswith("{", at):
        return False
    parts = (text[at : at + _COLLECTION_CHARS], text[-_COLLECTION_CHARS:])
    return any(_COLLECTION.search(part) for part in parts)


def _is_table(value: Any) -> bool:
    """Whether a value is a list with nothing but objects."""
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


class _Rows:
    """One pass over the text."""

    def __init__(
        self,
        schema: Schema,
        text: str,
        builder: ReportBuilder,
        progress: Progress,
        mapping: ColumnMapping | None,
    ) -> None:
        self._text: Final = text
        self._builder: Final = builder
        self._progress: Final = progress
        self._fields: Final = {field.name: field for field in schema.wire_fields}
        self._cells: Final = CellsBuilder(tuple(self._fields))
        self._broken: Final[set[int]] = set()
        self._dropped = 0
        self._surrogates: Final = may_have_surrogates(text)
        self._line, self._counted = 1, 0
        self._members: Final[dict[tuple[str, ...], Mapping[str, str]]] = {}
        self._present: Final[set[str]] = set()
        self._notes: Final[list[Note]] = []
        self._kept: Final[set[str]] = set()
        self._opener: Final = Opener(self._known)
        self.labels: Final = LabelMatcher(schema, builder, mapping)
        self.features: Final = Features(schema)

    def read(self) -> None:
        """Read all values."""
        at = self._skip(0)
        if self._text.startswith("[", at):
            self._end(self._read_list(at + 1))
        elif _is_collection(self._text, at):
            self._end(self._read_collection(at + 1))
        elif (found := wrapped_list(self._text, self._known)) is not None:
            self._notes.extend(found.notes())
            # what follows the list was seen already
            self._read_list(found.at)
        else:
            self._read_lines(at)

    def notes(self) -> Iterator[Note]:
        """What was taken to be so, of the file and of its labels."""
        yield from self._notes
        yield from self.labels.notes()
        yield from (Note("json-text", name) for name in self._fields if name in self._kept)

    def tell_labels(self) -> None:
        """Report members that the schema doesn't have, and required ones that no row has."""
        for label, line in self._opener.blank():
            self.labels.place((label,), line)
        if self.labels.seen <= COLUMNS_MAX:
            self.labels.tell(rows=self._cells.height > 0)

    def build(self) -> Cells:
        """The cells."""
        frame, lines = self._cells.build()
        absent = [name for name in self._fields if name not in self._present]
        return Cells(frame.drop(absent), lines, frozenset(self._broken), self._dropped)

    def _read_list(self, at: int) -> int:
        """Read rows up to the end of their list; gives the position after it."""
        at = self._skip(at)
        if self._text.startswith("]", at):
            return at + 1
        while True:
            at = self._skip(self._value(at))
            if self._text.startswith("]", at):
                return at + 1
            at = self._comma(at)

    def _read_collection(self, at: int) -> int:
        """Read the features of a collection; gives the position after it."""
        at = self._skip(at)
        while True:
            name, at = self._decoded(at)
            at = self._skip(at)
            if (
                isinstance(name, Bare)
                or not isinstance(name, str)
                or self._text[at : at + 1] != ":"
            ):
                raise self._unreadable(JsonError("json"), at)
            at = self._skip(at + 1)
            if name == "features" and self._text.startswith("[", at):
                at = self._read_list(at + 1)
            else:
                value, at = self._decoded(at)
                self.features.member(name, value)
            at = self._skip(at)
            if self._text.startswith("}", at):
                return at + 1
            at = self._comma(at)

    def _comma(self, at: int) -> int:
        if not self._text.startswith(",", at):
            raise self._unreadable(JsonError("json"), at)
        return self._skip(at + 1)

    def _decoded(self, at: int) -> tuple[Any, int]:
        try:
            return decode_at(self._text, at)
        except JsonError as error:
            raise self._unreadable(error, at) from error

    def _read_lines(self, at: int) -> None:
        while at < len(self._text):
            end = self._value(at)
            at = self._skip(end)
            if at < len(self._text) and "\n" not in self._text[end:at]:
                raise self._unreadable(JsonError("json"), at)

    def _end(self, at: int) -> None:
        if self._skip(at) != len(self._text):
            raise self._unreadable(JsonError("json"), at)

    def _skip(self, at: int) -> int:
        return after_space(self._text, at)

    def _known(self, label: str) -> bool:
        return self.labels.meaning(label).how is not How.UNKNOWN

    def _value(self, at: int) -> int:
        value, end = self._decoded(at)
        self._line += self._text.count("\n", self._counted, at)
        self._counted = at
        self._add(value)
        if (self._cells.height + self._dropped) % CHUNK_ROWS == 0:
            self._progress("text", end, len(self._text))
        if self._cells.height + self._dropped > ROWS_MAX:
            raise Unreadable(ReadingFault.of("row-count", limit=ROWS_MAX))
        return end

    def _add(self, value: Any) -> None:
        if not isinstance(value, dict):
            self._builder.add(ReadingFault.of("format-error", row=self._line, case="object"))
            self._dropped += 1
            return
        feature = value if is_feature(value) else None
        value = self._opened(value if feature is None else feature["properties"] or {})
        extra = {} if feature is None else self._feature(feature, tuple(value))
        members = self._placed(tuple(value))
        row: list[str | None] = []
        for name, field in self._fields.items():
            item = value.get(members.get(name))
            found = extra.get(name) if item is None else self._cell(item, field)
            if isinstance(found, Fault):
                self._builder.add(found)
                self._broken.add(self._cells.height)
                found = None
            row.append(found)
        if isinstance(lost := extra.get(""), Fault):
            self._builder.add(lost)
            self._broken.add(self._cells.height)
        self._cells.add(self._line, row)

    def _opened(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return self._opener.open(row, self._line)
        except JsonError as error:
            raise self._unreadable(error, self._counted) from error

    def _feature(
        self, feature: Mapping[str, Any], names: tuple[str, ...]
    ) -> dict[str, str | Fault]:
        """Cells of a feature by column that come from elsewhere than its properties."""
        cells = self.features.cells(feature["geometry"], self._line)
        known = self.features.identity(feature)
        if known is not None and known[0] not in self._placed(names):
            self.features.used_identity()
            cells[known[0]] = known[1]
        # what is wrong is no missing column as well
        faulty = any(isinstance(cell, Fault) for cell in cells.values())
        self.labels.supply(self.features.columns if faulty else cells)
        self._present.update(cells)
        return cells

    def _placed(self, names: tuple[str, ...]) -> Mapping[str, str]:
        """Member by column, in objects that have these members."""
        found = self._members.get(names)
        if found is None:
            found = self.labels.place(names, self._line)
            self._present.update(found)
            if len(self._members) < COLUMNS_MAX:
                self._members[names] = found
        if self.labels.seen + self._opener.seen > COLUMNS_MAX:
            raise Unreadable(
                ReadingFault.of("limit-error", row=self._line, case="columns", limit=COLUMNS_MAX)
            )
        return found

    def _cell(self, value: Any, field: Field) -> str | Fault | None:
        if isinstance(value, list | dict):
            return self._nested(value, field)
        if isinstance(value, bool):
            text = "true" if value else "false"
            taken = field.type == "boolean" or is_flag(field)
            return text if taken else self._fault(field, field.type, text)
        assert isinstance(value, str)
        if isinstance(value, Bare):
            if field.type in _NUMERIC:
                return str(value)
            return self._fault(field, "bare" if field.type == "string" else field.type, value)
        if self._surrogates and not is_text(value):
            return self._fault(field, "surrogate", None)
        return value if len(value) <= CELL_MAX_CHARS else self._too_long(field, value)

    def _nested(self, value: Any, field: Field) -> str | Fault | None:
        kind = _NESTED.get(field.type)
        if kind is None:
            if field.type != "string" or not _is_table(value):
                return self._fault(field, "nested", None)
            self._kept.add(field.name)
            if not value:
                return None
            kind = list
        try:
            text = compact(value)
        except JsonError:
            return ReadingFault.of(
                "format-error",
                row=self._line,
                column=field.name,
                case="depth",
                limit=JSON_DEPTH_MAX,
            )
        if not isinstance(value, kind):
            return self._fault(field, field.type, text)
        if self._surrogates and not is_text(text):
            return self._fault(field, "surrogate", None)
        return text if len(text) <= CELL_MAX_CHARS else self._too_long(field, text)

    def _fault(self, field: Field, case: str, value: str | None) -> Fault:
        return ReadingFault.of(
            "type-error",
            row=self._line,
            column=field.name,
            value=value,
            case=case,
            type=field.type,
        )

    def _too_long(self, field: Field, value: str) -> Fault:
        return ReadingFault.of(
            "limit-error",
            row=self._line,
            column=field.name,
            value=value,
            case="text",
            limit=CELL_MAX_CHARS,
        )

    def _unreadable(self, error: JsonError, at: int) -> Unreadable:
        position = error.position if error.position >= 0 else at
        line = self._line + self._text.count("\n", self._counted, position)
        return Unreadable(
            ReadingFault.of(
                "format-error",
                row=line,
                case=error.case,
                name=error.name,
                limit=JSON_DEPTH_MAX,
            )
        )
