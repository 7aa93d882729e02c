"""A schema: a Table Schema document with the `maillage` object, parsed into types.

The document is a Frictionless Table Schema as it stands (specs.frictionlessdata.io), so that
Validata and schema.data.gouv.fr read it; the `maillage` object adds what composing needs
(design, section 3). Schemas come from other members too, so parsing is strict and bounded.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Final, Literal

import polars as pl
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field as Meta, ValidationError
from pydantic.alias_generators import to_camel

DOCUMENT_MAX_BYTES: Final = 256 * 1024
FIELDS_MAX: Final = 500
ENUM_MAX: Final = 2_000
PATTERN_MAX_CHARS: Final = 500
SCALE_MAX: Final = 9
DECIMAL_PRECISION: Final = 18
"""Digits of a number: 10**18 fits a signed 64-bit integer, so that minima and maxima do too."""
DEFAULT_SCALE: Final = 3
DELETED: Final = "_deleted"

Lang = Literal["fr", "en", "de", "es", "it"]
Labels = dict[Lang, str]
Kind = Literal["series", "register"]
FieldType = Literal[
    "string", "integer", "number", "boolean", "date", "datetime", "year", "array", "object", "geopoint"
]
Aggregate = Literal[
    "sum", "mean", "weighted_mean", "min", "max", "count", "distinct", "quantiles", "ratio"
]
WindowKind = Literal["hour", "day", "month", "year"]
SharingLevel = Literal["open", "federation", "partners", "aggregate-only"]

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_VERSION = re.compile(r"(?:0|[1-9][0-9]{0,4})(?:\.(?:0|[1-9][0-9]{0,4})){2}")


class SchemaFault(ValueError):
    """A document that is no usable schema. Refuse it; the message says where it fails."""


class _Strict(BaseModel):
    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True
    )


class _Loose(BaseModel):
    """Parts of Table Schema proper: unknown members are other tools' and change nothing here."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="ignore", alias_generator=to_camel, validate_by_name=True
    )


class Constraints(_Strict):
    """Table Schema constraints, all that are checked. An unknown one is refused, not ignored."""

    required: bool = False
    unique: bool = False
    enum: Annotated[tuple[str | int, ...], Meta(strict=False, min_length=1, max_length=ENUM_MAX)] | None = None
    pattern: Annotated[str, Meta(max_length=PATTERN_MAX_CHARS)] | None = None
    minimum: int | float | str | None = None
    maximum: int | float | str | None = None
    min_length: Annotated[int, Meta(ge=0)] | None = None
    max_length: Annotated[int, Meta(ge=0)] | None = None


class Field(_Loose):
    """One column.

    Attributes:
        name: Column name.
        type: Table Schema type.
        format: Table Schema format; `default` unless said.
        title: Short title in the document's language.
        description: Longer text.
        example: One value, as text or number.
        constraints: What values must hold.
        labels: On the wire of the document `maillage:labels`: title per language.
    """

    name: str
    type: FieldType
    format: str = "default"
    title: str = ""
    description: str = ""
    example: Any = None
    constraints: Constraints = Constraints()
    labels: Annotated[Labels, Meta(alias="maillage:labels")] = {}


class MeasureBlock(_Strict):
    """What the `maillage` object says of a measure."""

    unit: str
    resolution: str = "1"
    aggregates: Annotated[tuple[Aggregate, ...], Meta(strict=False, min_length=1)]
    labels: Labels = {}
    weight: str | None = None
    numerator: str | None = None
    denominator: str | None = None


class Secrecy(_Strict):
    """The protected statistical unit, and the field that names it."""

    unit: Literal["household", "enterprise", "delivery_point"]
    field: str
    k: Annotated[int, Meta(ge=1)]
    dominance_percent: Annotated[int, Meta(ge=1, le=100)]


class SharingBlock(_Strict):
    """The default sharing level and why."""

    default: SharingLevel
    reason: str = ""


class Themes(_Strict):
    """Where a schema is found: manifesto commitments 1 to 10, smart-city domains, EU data theme."""

    commitments: Annotated[tuple[Annotated[int, Meta(ge=1, le=10)], ...], Meta(strict=False)] = ()
    domains: Annotated[tuple[str, ...], Meta(strict=False)] = ()
    eu_theme: str | None = None


class Alignment(_Strict):
    """The standard followed; `mapping` is our field to its field."""

    standard: str
    version: str
    mapping: dict[str, str] = {}


class MaillageBlock(_Strict):
    """The `maillage` object of a schema document (design, section 3)."""

    kind: Kind
    time: str | None = None
    time_end: str | None = None
    cadence: str | None = None
    base_window: WindowKind | None = None
    place: str | None = None
    measures: dict[str, MeasureBlock] = {}
    secrecy: Secrecy | None = None
    competence: Annotated[tuple[str, ...], Meta(strict=False)]
    origin: Literal["own", "delegated", "relayed"]
    sharing: SharingBlock
    personal: Annotated[tuple[str, ...], Meta(strict=False)] = ()
    language: dict[str, Lang] = {}
    licence: str
    themes: Themes = Themes()
    labels: Labels
    aligns_with: Annotated[tuple[Alignment, ...], Meta(strict=False)] = ()
    compatible: Literal["backward", "none"] | None = None


class _Document(_Loose):
    name: str
    version: str
    title: str = ""
    description: str = ""
    fields: Annotated[tuple[Field, ...], Meta(strict=False, min_length=1, max_length=FIELDS_MAX)]
    primary_key: Annotated[tuple[str, ...], Meta(strict=False)] | str
    missing_values: Annotated[tuple[str, ...], Meta(strict=False)] = ("",)
    maillage: MaillageBlock


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
    parsed: _Document

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
        return DEFAULT_SCALE if block is None else _scale(block.resolution)

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


def _arrow(schema: Schema) -> Any:
    cached = _ARROW_SCHEMAS.get(schema.digest)
    if cached is None:
        cached = pa.schema(
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
        _ARROW_SCHEMAS[schema.digest] = cached
    return cached


_ARROW_SCHEMAS: Final[dict[str, Any]] = {}


def _scale(resolution: str) -> int:
    """Digits after the point of a power of ten at most 1, written out: `1`, `0.1`, `0.001`."""
    if resolution == "1":
        return 0
    if re.fullmatch(r"0\.0{0,8}1", resolution):
        return len(resolution) - 2
    raise SchemaFault(f"resolution {resolution!r}: a power of ten from 1 down to 0.000000001")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise SchemaFault("an object has the same key twice")
    return found


def _no_constant(text: str) -> Any:
    raise SchemaFault(f"{text} is not JSON")


def parse_schema(document: bytes) -> Schema:
    """Parse a schema document.

    Args:
        document: UTF-8 JSON, at most 256 KiB; its SHA-256 is the schema's digest.

    Raises:
        SchemaFault: What is wrong, and where.
    """
    if len(document) > DOCUMENT_MAX_BYTES:
        raise SchemaFault(f"{len(document)} bytes, at most {DOCUMENT_MAX_BYTES}")
    try:
        found = json.loads(document.decode("utf-8"), object_pairs_hook=_pairs, parse_constant=_no_constant)
        parsed = _Document.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise SchemaFault(f"{where}: {first['msg']}"[:300]) from error
    except (ValueError, RecursionError) as error:
        raise SchemaFault(f"not a schema document: {error}"[:300]) from error
    schema = Schema(document, hashlib.sha256(document).hexdigest(), parsed)
    _check_names(schema)
    _check_roles(schema)
    _check_values(schema)
    return schema


def _need(condition: bool, message: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not condition:
        raise SchemaFault(message)


def _check_names(schema: Schema) -> None:
    _need(_NAME.fullmatch(schema.name) is not None and len(schema.name) <= 64, "name: lower-case words and hyphens")  # noqa: PLR2004 - as federation.ids has it
    _need(_VERSION.fullmatch(schema.version) is not None, "version: three numbers, such as 1.0.0")
    names = [field.name for field in schema.fields]
    _need(len(set(names)) == len(names), "fields: a name stands twice")
    for name in names:
        _need(_FIELD_NAME.fullmatch(name) is not None, f"fields: {name[:80]!r} is not a column name")
    lower = [name.lower() for name in names]
    _need(len(set(lower)) == len(lower), "fields: two names differ by case only")


def _check_roles(schema: Schema) -> None:
    block, known = schema.block, schema.by_name
    key = schema.primary_key
    _need(bool(key) and len(set(key)) == len(key), "primaryKey: one or several columns, each once")
    roles = [*key, *block.personal, *block.measures, *block.language]
    roles += [name for name in (block.time, block.time_end, block.place) if name is not None]
    for name in roles:
        _need(name in known, f"{name!r} is named in the document but is no field")
    for name in key:
        _need(known[name].constraints.required, f"{name}: a key column is required")
        _need(name not in schema.personal, f"{name}: a key column can't be personal")
        _need(known[name].type not in ("array", "object", "boolean"), f"{name}: not a type for a key")
    for name in block.measures:
        _need(name not in schema.personal, f"{name}: a measure can't be personal")
        counts_only = block.measures[name].aggregates == ("count",)
        _need(known[name].type in ("integer", "number") or counts_only, f"{name}: only numbers add up")
    if schema.kind == "series":
        _need(block.time is not None and block.base_window is not None, "a series has time and baseWindow")
        _need(block.time in key, "a series' primary key contains its time")
        _need(block.place is None or block.place in key, "a series' primary key contains its place")
        for name in (block.time, block.time_end):
            _need(name is None or known[name].type == "datetime", f"{name}: time columns are datetimes")
    else:
        _need(block.time is None and block.base_window is None, "a register has neither time nor baseWindow")


def _check_values(schema: Schema) -> None:
    for field in schema.fields:
        pattern = field.constraints.pattern
        if pattern is not None:
            try:
                # the engine that will run it: linear time, no back-references
                pl.select(pl.lit("").str.contains(pattern))
            except pl.exceptions.PolarsError as error:
                raise SchemaFault(f"{field.name}: pattern: {error}"[:300]) from error
        schema.scale(field.name)
