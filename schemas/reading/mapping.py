"""A column mapping: what is known of a file beyond its schema, kept as a small JSON document.

It says which label is which column, which columns aren't wanted, what columns that the file
lacks hold on each line, and how values are spelled there. A person writes or confirms it; so it is
parsed strictly, and each error says where and what to do.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as Meta

from schemas.model import Field, Schema
from schemas.reading.casting import cast_column
from schemas.reading.cells import Cells
from schemas.reading.limits import CELL_MAX_CHARS, COLUMNS_MAX
from schemas.reading.meanings import Meanings, stripped
from schemas.report import shorten

VERSION: Final = 1
MAPPING_MAX_BYTES: Final = 256 * 1024
"""As of a schema document."""
VALUES_MAX: Final = 2_000
"""Spellings of one column that are translated; as many as an enum may have values."""
_LABEL_MAX_CHARS: Final = 1_000

_Label = Annotated[str, Meta(max_length=_LABEL_MAX_CHARS)]
_Name = Annotated[str, Meta(min_length=1, max_length=64)]
_Value = Annotated[str, Meta(max_length=CELL_MAX_CHARS)]


class MappingFault(ValueError):  # noqa: N818 - a fault of the document, reported as such
    """A document that is no usable mapping. Refuse it; the message says where, `remedy` what to do.

    Attributes:
        code: `mapping`, or `mapping-confirm` where guesses aren't confirmed yet.
        remedy: What to do.
    """

    def __init__(self, message: str, remedy: str = "", *, code: str = "mapping") -> None:
        # parts of it come from the document
        super().__init__(shorten(message, 300))
        self.code = code
        self.remedy = shorten(remedy, 300)


class _Document(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    version: Literal[1]
    schema_name: Annotated[str, Meta(alias="schema", max_length=64)]
    columns: Annotated[dict[_Label, _Name | None], Meta(max_length=COLUMNS_MAX)] = {}
    constants: Annotated[dict[_Name, _Value], Meta(max_length=COLUMNS_MAX)] = {}
    values: Annotated[
        dict[_Name, Annotated[dict[_Value, _Value], Meta(max_length=VALUES_MAX)]],
        Meta(max_length=COLUMNS_MAX),
    ] = {}
    sheet: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    decimal: Literal[",", "."] | None = None
    confirm: Annotated[list[_Label], Meta(max_length=COLUMNS_MAX)] = []


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What is known of a file. Only `parse_mapping` and `made` make one that holds together.

    Attributes:
        schema: Name of the schema.
        columns: Column of the schema by label of the file; None to leave the column out. The
            label "" stands for all columns without a name, and can only be left out.
        constants: What columns that the file lacks hold on each line, as text.
        values: By column: what a text of the file is written as in the schema.
        sheet: Name of the workbook's sheet to read.
        decimal: What the decimal sign is; None: as the file's form suggests.
    """

    schema: str
    columns: Mapping[str, str | None] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sheet: str | None = None
    decimal: str | None = None

    @property
    def empty(self) -> bool:
        """Whether it says nothing that reading wouldn't find out by itself."""
        return self == ColumnMapping(self.schema)

    def to_json(self, confirm: tuple[str, ...] = ()) -> bytes:
        """The document, as people edit it.

        Args:
            confirm: Labels of which the column is a guess; they stop it from being used.
        """
        members: dict[str, Any] = {"version": VERSION, "schema": self.schema}
        members["columns"] = dict(self.columns)
        members["constants"] = dict(self.constants)
        members["values"] = {name: dict(some) for name, some in self.values.items()}
        members["sheet"], members["decimal"] = self.sheet, self.decimal
        members["confirm"] = list(confirm)
        kept = {
            name: value for name, value in members.items() if value or name in ("columns", "schema")
        }
        return (json.dumps(kept, ensure_ascii=False, indent=2) + "\n").encode()


def parse_mapping(document: bytes, schema: Schema) -> ColumnMapping:
    """Read a mapping document.

    Args:
        document: UTF-8 JSON, at most 256 KiB.
        schema: What the file is to be read under.

    Raises:
        MappingFault: `mapping`: what is wrong, and where; `mapping-confirm`.
    """
    parsed = _parsed(document)
    if parsed.confirm:
        labels = ", ".join(f"« {label} »" for label in parsed.confirm)
        raise MappingFault(
            f"confirm: not confirmed yet: {labels}",
            "check these labels in `columns`, then empty `confirm`",
            code="mapping-confirm",
        )
    mapping = ColumnMapping(
        parsed.schema_name,
        parsed.columns,
        parsed.constants,
        parsed.values,
        parsed.sheet,
        parsed.decimal,
    )
    check_mapping(mapping, schema)
    return mapping


def _parsed(document: bytes) -> _Document:
    if len(document) > MAPPING_MAX_BYTES:
        raise MappingFault(f"{len(document)} bytes, at most {MAPPING_MAX_BYTES}")
    try:
        found = json.loads(document.decode("utf-8-sig"), object_pairs_hook=_pairs)
        # half a surrogate pair is JSON but no text
        json.dumps(found, ensure_ascii=False).encode()
        return _Document.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise MappingFault(f"{where}: {first['msg']}", "docs/reports.md has the form") from error
    except json.JSONDecodeError as error:
        raise MappingFault(
            f"line {error.lineno}, column {error.colno}: not JSON: {error.msg}",
            "a comma or a quote is missing or too much there",
        ) from error
    except (ValueError, RecursionError) as error:
        raise MappingFault(f"not a mapping document: {error}") from error


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise MappingFault(f"{name!r} stands twice in one object", "keep one of them")
        found[name] = value
    return found


def check_mapping(mapping: ColumnMapping, schema: Schema) -> None:
    """Refuse a mapping that doesn't fit a schema or doesn't hold together.

    Args:
        mapping: Any.
        schema: What the file is to be read under.

    Raises:
        MappingFault: `mapping`: what is wrong, and where.
    """
    if mapping.schema != schema.name:
        raise MappingFault(
            f"schema: the mapping is for {mapping.schema}, the file is read under {schema.name}",
            "take the mapping of this schema, or make one with maillage map",
            code="mapping",
        )
    _check_columns(mapping, schema)
    for name, value in mapping.constants.items():
        column = _wire_field(name, schema, "constants")
        if name in mapping.columns.values():
            raise MappingFault(f"constants.{name}: a label has this column already", "keep one")
        _check_value(value, column, schema, f"constants.{name}")
    for name, spellings in mapping.values.items():
        column = _wire_field(name, schema, "values")
        for text, value in spellings.items():
            _check_value(value, column, schema, f"values.{name}.{text}")


def _check_columns(mapping: ColumnMapping, schema: Schema) -> None:
    labels: dict[str, str] = {}
    plain = Meanings(schema)
    for label, name in mapping.columns.items():
        if name is None:
            continue
        if not label.strip():
            raise MappingFault("columns: a label is blank", "put null there, or name the column")
        if name not in schema.by_name:
            known = ", ".join(one.name for one in schema.fields)
            raise MappingFault(
                f"columns.{label}: {schema.name} has no column {name!r}", f"known are: {known}"
            )
        personal = schema.personal.intersection(plain.of(stripped(label)).fields)
        if personal and name not in schema.personal:
            raise MappingFault(
                f"columns.{label}: this label is {', '.join(personal)}, which is personal and "
                f"never leaves the node; as {name} it would",
                "put null, or rename the column in the file if it is something else",
            )
        if name in labels:
            raise MappingFault(
                f"columns: {labels[name]!r} and {label!r} are both {name}",
                "keep one, and put null for the other",
            )
        labels[name] = label


def _wire_field(name: str, schema: Schema, where: str) -> Field:
    if name in schema.personal:
        raise MappingFault(
            f"{where}.{name}: this column is personal and never leaves the node", "remove it"
        )
    if name not in schema.by_name:
        known = ", ".join(one.name for one in schema.wire_fields)
        raise MappingFault(
            f"{where}.{name}: {schema.name} has no such column", f"known are: {known}"
        )
    return schema.by_name[name]


def _check_value(value: str, column: Field, schema: Schema, where: str) -> None:
    """Refuse a text that no cell of the column can have; one that means missing can."""
    if value in schema.missing_values:
        return
    found = cast_column(pl.Series([value]), column, schema.scale(column.name), comma=True)
    if found.troubles:
        raise MappingFault(
            f"{where}: {value!r} isn't of the column's type, {column.type}",
            "write it as the schema has it",
        )


def apply_mapping(cells: Cells, mapping: ColumnMapping, schema: Schema) -> Cells:
    """Cells with constants put in and values translated.

    Args:
        cells: Cells of a file, or of a part of it.
        mapping: Checked against the schema.
        schema: Schema of the file.
    """
    frame = cells.frame
    for name, spellings in mapping.values.items():
        if name in frame.columns:
            written = _written(frame[name], spellings, schema.by_name[name])
            frame = frame.with_columns(written.alias(name))
    constants = [
        pl.repeat(value, cells.lines.len(), dtype=pl.String, eager=True).alias(name)
        for name, value in mapping.constants.items()
    ]
    # with_columns would take a frame without columns for one without rows
    frame = pl.DataFrame([*frame.get_columns(), *constants])
    comma = {",": True, ".": False, None: cells.decimal_comma}[mapping.decimal]
    return replace(cells, frame=frame, decimal_comma=comma, clean=False)


def _written(texts: pl.Series, spellings: Mapping[str, str], column: Field) -> pl.Series:
    # spaces around count in columns of text only, as everywhere
    keys = texts if column.type == "string" else texts.str.strip_chars()
    wanted = dict(spellings)
    if column.type != "string":
        wanted = {text.strip(): value for text, value in wanted.items()}
    return keys.replace_strict(
        list(wanted), list(wanted.values()), default=texts, return_dtype=pl.String
    )
