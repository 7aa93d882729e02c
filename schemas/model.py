"""A schema: a Table Schema document with the `maillage` object, parsed into types.

The document is a Frictionless Table Schema as it stands (specs.frictionlessdata.io), so that
Validata and schema.data.gouv.fr read it; the `maillage` object adds what composing needs
(design, section 3). Schemas come from other members too, so parsing is strict and bounded.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final, Literal, get_args

import polars as pl
import pyarrow as pa

from schemas.bounds import DECIMAL_PRECISION
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
from schemas.parse import check_document, read_document
from schemas.quotients import Part, Quotient, quotients

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

DELETED: Final = "_deleted"


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
        quotients: Figures of it that are one sum divided by another.
    """

    name: str
    field: str
    scale: int
    unit: str
    aggregates: tuple[str, ...]
    labels: Mapping[Lang, str]
    quotients: tuple[Quotient, ...] = ()

    @property
    def counted(self) -> tuple[str, ...]:
        """Names under which its cells are kept: its own, and those of the sums it divides."""
        return (self.name, *(part.name for part in self.parts))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The sums that it divides."""
        return tuple(part for one in self.quotients for part in (one.numerator, one.denominator))


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

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Key columns, in the order that rows are sorted by."""
        return self.parsed.key

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
    def windows(self) -> tuple[WindowKind | Literal["none"], ...]:
        """Kinds of window that figures can be asked for: `none` for registers."""
        if self.base_window is None:
            return ("none",)
        kinds = get_args(WindowKind)
        return kinds[kinds.index(self.base_window) :]

    @property
    def usual_window(self) -> WindowKind | Literal["none"]:
        """The kind of window shown unless another is asked for: days where there are days."""
        return "day" if self.base_window == "hour" else self.windows[0]

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
                quotients=quotients(self.parsed, name),
            )
            for name, block in self.block.measures.items()
        )

    def scale(self, field: str) -> int:
        """Digits after the point of a column's values.

        Args:
            field: Name of the column.
        """
        return self.parsed.scale(self.by_name[field])

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
        """Return the polars types of rows on the wire."""
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


def parse_schema(document: bytes) -> Schema:
    """Parse a schema document.

    Args:
        document: UTF-8 JSON, at most 256 KiB; its SHA-256 is the schema's digest.

    Raises:
        SchemaFault: What is wrong, and where.
    """
    parsed = read_document(document)
    check_document(parsed)
    return Schema(document, hashlib.sha256(document).hexdigest(), parsed)
