"""A schema: a Table Schema document with the `maillage` object, parsed into types.

The document is a Frictionless Table Schema as it stands (specs.frictionlessdata.io), so that
Validata and schema.data.gouv.fr read it; the `maillage` object adds what composing needs
(design, section 3). Schemas come from other members too, so parsing is strict and bounded.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

import polars as pl
import pyarrow as pa
from pydantic import ValidationError

from schemas.bounds import DECIMAL_PRECISION, check_constraints
from schemas.document import (
    DOCUMENT_MAX_BYTES,
    Document,
    Field,
    Kind,
    Lang,
    MaillageBlock,
    SchemaFault,
    SharingLevel,
    WindowKind,
)
from schemas.patterns import check_patterns

__all__ = [
    "DECIMAL_PRECISION",
    "DELETED",
    "DOCUMENT_MAX_BYTES",
    "Field",
    "Measure",
    "Schema",
    "SchemaFault",
    "parse_schema",
]

DEFAULT_SCALE: Final = 3
NAME_MAX_CHARS: Final = 64
DELETED: Final = "_deleted"

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_VERSION = re.compile(r"(?:0|[1-9][0-9]{0,4})(?:\.(?:0|[1-9][0-9]{0,4})){2}")
_RESOLUTION = re.compile(r"1|0\.0{0,8}1")
_DURATION = re.compile(r"P(?=.)(?:[0-9]{1,4}[YMWD]){0,4}(?:T(?=.)(?:[0-9]{1,4}[HMS]){1,3})?")
_NO_KEY = ("array", "object", "boolean")
_NUMBERS = ("integer", "number")


@dataclass(frozen=True, slots=True)
class Measure:
    """A field that is added up.

    Attributes:
        name: `<schema>.<field>`, as views and compositions call it.
        field: Column.
        scale: Values are whole multiples of 10**-scale.
        unit: UCUM.
        aggregates: What makes sense going up.
        labels: Per language.
    """

    name: str
    field: str
    scale: int
    unit: str
    aggregates: tuple[str, ...]
    labels: Mapping[Lang, str]


@dataclass(frozen=True)
class Schema:
    """A schema that holds together. Only `parse_schema` makes one."""

    document: bytes
    digest: str
    parsed: Document

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and other.digest == self.digest

    @property
    def block(self) -> MaillageBlock:
        """The `maillage` object."""
        return self.parsed.maillage

    @property
    def name(self) -> str:
        """Name, as in dataset ids."""
        return self.parsed.name

    @property
    def version(self) -> str:
        """Version, three numbers."""
        return self.parsed.version

    @property
    def title(self) -> str:
        """Title in the document's language."""
        return self.parsed.title

    @property
    def kind(self) -> Kind:
        """`series` or `register`."""
        return self.block.kind

    @property
    def fields(self) -> tuple[Field, ...]:
        """All columns of the document, personal ones too."""
        return self.parsed.fields

    @cached_property
    def wire_fields(self) -> tuple[Field, ...]:
        """Columns that may leave the node."""
        return tuple(field for field in self.fields if field.name not in self.personal)

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """Columns by name."""
        return {field.name: field for field in self.fields}

    @cached_property
    def primary_key(self) -> tuple[str, ...]:
        """Key columns, in the order that rows are sorted by."""
        key = self.parsed.primary_key
        return (key,) if isinstance(key, str) else key

    @property
    def time(self) -> str | None:
        """Column of a row's instant (series)."""
        return self.block.time

    @property
    def time_end(self) -> str | None:
        """Column of the end of a row's interval, if there is one."""
        return self.block.time_end

    @property
    def place(self) -> str | None:
        """Column that says which commune a row belongs to; None: the publisher's."""
        return self.block.place

    @property
    def base_window(self) -> WindowKind | None:
        """Kind of window that cells are kept in; None for registers."""
        return self.block.base_window

    @property
    def cadence(self) -> str | None:
        """ISO 8601 duration between publications, usually."""
        return self.block.cadence

    @property
    def sharing_default(self) -> SharingLevel:
        """Sharing level unless the owner says otherwise."""
        return self.block.sharing.default

    @property
    def licence(self) -> str:
        """SPDX id of the default licence."""
        return self.block.licence

    @property
    def origin(self) -> str:
        """What a signature claims at most."""
        return self.block.origin

    @property
    def competence(self) -> tuple[str, ...]:
        """Kinds of body that usually hold such data."""
        return self.block.competence

    @cached_property
    def personal(self) -> frozenset[str]:
        """Columns that never leave the node."""
        return frozenset(self.block.personal)

    @property
    def labels(self) -> Mapping[Lang, str]:
        """Name of the schema per language."""
        return self.block.labels

    @property
    def missing_values(self) -> tuple[str, ...]:
        """Texts that mean: no value."""
        return self.parsed.missing_values

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Measures in the order of the document."""
        return tuple(
            Measure(
                name=f"{self.name}.{name}",
                field=name,
                scale=self.scale(name),
                unit=block.unit,
                aggregates=block.aggregates,
                labels=block.labels,
            )
            for name, block in self.block.measures.items()
        )

    def scale(self, field: str) -> int:
        """Digits after the point of a column: 0 for whole numbers, 3 for a number that says nothing."""
        if self.by_name[field].type != "number":
            return 0
        block = self.block.measures.get(field)
        if block is None:
            return DEFAULT_SCALE
        # 1 has no point, 0.01 two digits after it
        return max(len(block.resolution) - 2, 0)

    def arrow_schema(self) -> Any:
        """`pyarrow.Schema` of rows on the wire: `wire_fields` in order, all nullable."""
        return _arrow(self)

    def delta_arrow_schema(self) -> Any:
        """The same, and a last bool column `_deleted`."""
        return _arrow(self).append(pa.field(DELETED, pa.bool_()))

    def key_arrow_schema(self) -> Any:
        """Key columns only, for the withdrawal of rows."""
        whole = _arrow(self)
        return pa.schema([whole.field(name) for name in self.primary_key])

    def polars_schema(self) -> pl.Schema:
        """polars types of rows on the wire."""
        return pl.Schema({field.name: self._polars_type(field) for field in self.wire_fields})

    def _polars_type(self, field: Field) -> Any:
        if field.type == "number":
            return pl.Decimal(DECIMAL_PRECISION, self.scale(field.name))
        return _POLARS.get(field.type, pl.String())


_POLARS: Final[Mapping[str, Any]] = {
    "integer": pl.Int64(),
    "year": pl.Int64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us", "UTC"),
}
_ARROW: Final[Mapping[str, Any]] = {
    "integer": pa.int64(),
    "year": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", "UTC"),
}


@lru_cache(maxsize=1_024)
def _arrow(schema: Schema) -> Any:
    return pa.schema(
        [
            pa.field(
                field.name,
                pa.decimal128(DECIMAL_PRECISION, schema.scale(field.name))
                if field.type == "number"
                else _ARROW.get(field.type, pa.string()),
            )
            for field in schema.wire_fields
        ]
    )


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise SchemaFault(f"{text[:80]} is too large a number")
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise SchemaFault("an object has the same key twice")
    return found


def _no_constant(text: str) -> Any:
    raise SchemaFault(f"{text} is not JSON")


def _read(document: bytes) -> Document:
    try:
        found = json.loads(
            document.decode("utf-8"),
            object_pairs_hook=_pairs,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
        # half a surrogate pair is JSON but no text
        json.dumps(found, ensure_ascii=False).encode("utf-8")
        return Document.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise SchemaFault(f"{where}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise SchemaFault(f"not a schema document: {error}") from error


def parse_schema(document: bytes) -> Schema:
    """Parse a schema document.

    Args:
        document: UTF-8 JSON, at most 256 KiB; its SHA-256 is the schema's digest.

    Raises:
        SchemaFault: What is wrong, and where.
    """
    if len(document) > DOCUMENT_MAX_BYTES:
        raise SchemaFault(f"{len(document)} bytes, at most {DOCUMENT_MAX_BYTES}")
    schema = Schema(document, hashlib.sha256(document).hexdigest(), _read(document))
    _check_names(schema)
    _check_roles(schema)
    _check_measures(schema)
    _check_kind(schema)
    for field in schema.fields:
        check_constraints(field, schema.scale(field.name))
    check_patterns(
        (field.name, field.constraints.pattern)
        for field in schema.fields
        if field.constraints.pattern is not None
    )
    return schema


def _check_names(schema: Schema) -> None:
    name = schema.name
    if len(name) > NAME_MAX_CHARS or _NAME.fullmatch(name) is None:
        raise SchemaFault("name: lower-case words and hyphens, at most 64 characters")
    if _VERSION.fullmatch(schema.version) is None:
        raise SchemaFault("version: three numbers, such as 1.0.0")
    if schema.cadence is not None and _DURATION.fullmatch(schema.cadence) is None:
        raise SchemaFault("cadence: an ISO 8601 duration, such as PT15M")
    lower = set()
    for field in schema.fields:
        if _FIELD_NAME.fullmatch(field.name) is None:
            raise SchemaFault(f"fields: {field.name[:80]!r} is not a column name")
        if field.name.lower() in lower:
            raise SchemaFault(f"fields: {field.name!r} stands twice; case makes no difference")
        lower.add(field.name.lower())


def _check_roles(schema: Schema) -> None:
    block, known, key = schema.block, schema.by_name, schema.primary_key
    roles = {
        "primaryKey": key,
        "personal": block.personal,
        "measures": tuple(block.measures),
        "language": tuple(block.language),
        "time": tuple(name for name in (block.time, block.time_end) if name is not None),
        "place": () if block.place is None else (block.place,),
        "secrecy": () if block.secrecy is None else (block.secrecy.field,),
        "alignsWith": tuple(name for standard in block.aligns_with for name in standard.mapping),
    }
    for role, names in roles.items():
        for name in names:
            if name not in known:
                raise SchemaFault(f"{role}: {name[:80]!r} is no field")
            if role in ("primaryKey", "measures", "time", "place") and name in schema.personal:
                raise SchemaFault(f"{role}: {name} never leaves the node, so it can't be this")
    if not key or len(set(key)) != len(key):
        raise SchemaFault("primaryKey: one or several columns, each once")
    for name in key:
        if not known[name].constraints.required:
            raise SchemaFault(f"{name}: a key column is required")
        if known[name].type in _NO_KEY:
            raise SchemaFault(f"{name}: {known[name].type} is not a type for a key")
    if block.place is not None and known[block.place].type != "string":
        raise SchemaFault("place: a text column")


def _check_measures(schema: Schema) -> None:
    for name, block in schema.block.measures.items():
        number = schema.by_name[name].type in _NUMBERS
        if not number and block.aggregates != ("count",):
            raise SchemaFault(f"measures: {name}: only numbers add up")
        if _RESOLUTION.fullmatch(block.resolution) is None:
            raise SchemaFault(f"measures: {name}: resolution: a power of ten, 1 to 0.000000001")
        if block.resolution != "1" and schema.by_name[name].type != "number":
            raise SchemaFault(f"measures: {name}: resolution: 1, the column isn't of decimals")
        for other in (block.weight, block.numerator, block.denominator):
            if other is not None and (
                other not in schema.by_name or schema.by_name[other].type not in _NUMBERS
            ):
                raise SchemaFault(f"measures: {name}: {other[:80]!r} is no field of numbers")
        weighed = "weighted_mean" not in block.aggregates or block.weight is not None
        parted = "ratio" not in block.aggregates or (
            block.numerator is not None and block.denominator is not None
        )
        if not weighed or not parted:
            raise SchemaFault(
                f"measures: {name}: weight, or numerator and denominator, are missing"
            )


def _check_kind(schema: Schema) -> None:
    block, key = schema.block, schema.primary_key
    if schema.kind == "register":
        if block.time is not None or block.time_end is not None or block.base_window is not None:
            raise SchemaFault("a register has neither time nor baseWindow")
        return
    if block.time is None or block.base_window is None:
        raise SchemaFault("a series has time and baseWindow")
    if block.time not in key:
        raise SchemaFault("a series' primary key contains its time")
    if block.place is not None and block.place not in key:
        raise SchemaFault("a series' primary key contains its place")
    if block.time_end == block.time:
        raise SchemaFault("timeEnd: another column than time")
    for name in (block.time, block.time_end):
        if name is not None and schema.by_name[name].type != "datetime":
            raise SchemaFault(f"{name}: time columns are datetimes")
