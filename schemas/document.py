"""The members of a schema document: Table Schema's as it stands, and the `maillage` object.

Types only: what a member may hold. Whether a document holds together is `schemas.model`'s.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Meta
from pydantic.alias_generators import to_camel

DOCUMENT_MAX_BYTES: Final = 256 * 1024
FIELDS_MAX: Final = 500
KEY_MAX: Final = 16
ENUM_MAX: Final = 2_000
PATTERN_MAX_CHARS: Final = 2_000
DEFAULT_SCALE: Final = 3
"""Digits after the point of numbers of which nothing states the resolution."""
FAULT_MAX_CHARS: Final = 300

Lang = Literal["fr", "en", "de", "es", "it"]
Labels = dict[Lang, str]
Kind = Literal["series", "register"]
FieldType = Literal[
    "string",
    "integer",
    "number",
    "boolean",
    "date",
    "datetime",
    "year",
    "array",
    "object",
    "geopoint",
    "geojson",
]
TimeType = Literal["datetime", "date", "year"]
"""Types that the time of a series may have (`schemas.instants` says which instant each means)."""
Aggregate = Literal[
    "sum", "mean", "weighted_mean", "min", "max", "count", "distinct", "quantiles", "ratio"
]
WindowKind = Literal["hour", "day", "month", "year"]
SharingLevel = Literal["open", "federation", "partners", "aggregate-only"]
Origin = Literal["own", "delegated", "relayed"]
Licence = Literal[
    "etalab-2.0", "ODbL-1.0", "CC-BY-4.0", "CC0-1.0", "DL-DE-BY-2.0", "DL-DE-ZERO-2.0"
]
"""SPDX ids; closed, because a composition's licence follows from its inputs'."""

CompetenceField = Literal[
    "culture",
    "digital",
    "economy",
    "energy",
    "environment",
    "fire",
    "general",
    "health",
    "housing",
    "lighting",
    "planning",
    "roads",
    "safety",
    "schools",
    "social",
    "tourism",
    "transport",
    "waste",
    "wastewater",
    "water",
]
"""What a body must be competent for to hold such data; `general`: every commune for itself."""
LegalBasis = Literal[
    "consent",
    "contract",
    "legal-obligation",
    "vital-interests",
    "public-task",
    "legitimate-interest",
]
"""GDPR, article 6(1), points (a) to (f)."""

_Word = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
_Words = Annotated[tuple[_Word, ...], Meta(strict=False, max_length=20)]


class SchemaFault(ValueError):  # noqa: N818 - a fault of the document, reported as such
    """A document that is no usable schema. Refuse it; the message says where it fails."""

    def __init__(self, message: str) -> None:
        # parts of it may come from the document
        shown = message[:FAULT_MAX_CHARS]
        super().__init__("".join(letter if letter.isprintable() else " " for letter in shown))


class _Strict(BaseModel):
    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=False,
        allow_inf_nan=False,
    )


class _Loose(BaseModel):
    """Parts of Table Schema proper: unknown members are other tools' and change nothing here."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=False,
        allow_inf_nan=False,
    )


class Constraints(_Strict):
    """Table Schema constraints, all that are checked. An unknown one is refused, not ignored."""

    required: bool = False
    unique: bool = False
    enum: (
        Annotated[tuple[str | int, ...], Meta(strict=False, min_length=1, max_length=ENUM_MAX)]
        | None
    ) = None
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
        resolution: On the wire of the document `maillage:resolution`: a power of ten, the step to
            which a number is exact that is no measure, such as a coordinate.
        synonyms: On the wire of the document `maillage:synonyms`: other headers under which files
            have this column, beside those of the standards in `alignsWith`.
    """

    name: str
    type: FieldType
    format: str = "default"
    title: str = ""
    description: str = ""
    example: Any = None
    constraints: Constraints = Constraints()
    labels: Annotated[Labels, Meta(alias="maillage:labels")] = {}
    resolution: Annotated[str | None, Meta(alias="maillage:resolution")] = None
    synonyms: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...],
        Meta(alias="maillage:synonyms", strict=False, max_length=50),
    ] = ()


class MeasureBlock(_Strict):
    """What the `maillage` object says of a measure.

    Attributes:
        unit: UCUM.
        resolution: A power of ten: the step to which values are exact.
        aggregates: What makes sense going up.
        labels: Per language.
        weight: Column by which a `weighted_mean` is weighted.
        numerator: Column whose sum is divided in a `ratio`.
        denominator: Column by whose sum it is divided.
        ratio_unit: UCUM, of the ratio; that of the two measures unless said.
    """

    unit: Annotated[str, Meta(min_length=1, max_length=64)]
    resolution: str = "1"
    aggregates: Annotated[tuple[Aggregate, ...], Meta(strict=False, min_length=1)]
    labels: Labels = {}
    weight: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    ratio_unit: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class Secrecy(_Strict):
    """The protected statistical unit, and the field that names it.

    Attributes:
        unit: Who is protected.
        field: Column that names the unit, or the group of units that a row is about.
        k: Units that a figure must be made of, at least.
        dominance_percent: Share that the largest unit may have, at most.
        count: Column that says how many units are behind a row. A row whose count is `k` or more
            is above the threshold. None: each row is of one unit, and never above.
    """

    unit: Literal["household", "enterprise", "delivery_point"]
    field: str
    k: Annotated[int, Meta(ge=1)]
    dominance_percent: Annotated[int, Meta(ge=1, le=100)]
    count: str | None = None


class Processing(_Strict):
    """What the record of processing activities says of such data (GDPR, article 30).

    Attributes:
        purpose: What the data are kept for.
        basis: Why that is lawful.
        subjects: Whom the personal columns or protected units are about; empty: nobody.
        retention: ISO 8601 duration for which rows are kept, such as `P5Y`.
    """

    purpose: Labels
    basis: LegalBasis
    subjects: Labels = {}
    retention: Annotated[str, Meta(pattern=r"^P(?:[0-9]{1,4}[YMD]){1,3}$")]


class Obligation(_Strict):
    """Whether a body must publish such data.

    Attributes:
        level: `any-size`: a text of its own demands it of every body that holds such data;
            `general`: the duty of the code des relations entre le public et l'administration,
            article L.312-1-1, over its thresholds; `none`: voluntary.
        source: The text that says so.
    """

    level: Literal["any-size", "general", "none"]
    source: Annotated[str, Meta(max_length=300)] = ""


class SharingBlock(_Strict):
    """The default sharing level and why."""

    default: SharingLevel
    reason: str = ""


class Themes(_Strict):
    """Where a schema is found: manifesto commitments 1 to 10, smart-city domains, EU data theme."""

    commitments: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=10)], ...], Meta(strict=False, max_length=10)
    ] = ()
    domains: _Words = ()
    eu_theme: Annotated[str, Meta(pattern=r"^[A-Z]{4}$")] | None = None


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
    competence: _Words
    competence_field: CompetenceField = "general"
    obligation: Obligation = Obligation(level="none")
    processing: Processing | None = None
    origin: Origin
    sharing: SharingBlock
    personal: Annotated[tuple[str, ...], Meta(strict=False)] = ()
    language: dict[str, Lang] = {}
    licence: Licence
    themes: Themes = Themes()
    labels: Labels
    aligns_with: Annotated[tuple[Alignment, ...], Meta(strict=False)] = ()
    compatible: Literal["backward", "none"] | None = None


class Document(_Loose):
    """A whole schema document."""

    name: str
    version: str
    title: str = ""
    description: str = ""
    fields: Annotated[tuple[Field, ...], Meta(strict=False, min_length=1, max_length=FIELDS_MAX)]
    primary_key: Annotated[tuple[str, ...], Meta(strict=False, max_length=KEY_MAX)] | str
    missing_values: Annotated[tuple[str, ...], Meta(strict=False, max_length=100)] = ("",)
    maillage: MaillageBlock

    @property
    def key(self) -> tuple[str, ...]:
        """Key columns, in the order that rows are sorted by."""
        return (self.primary_key,) if isinstance(self.primary_key, str) else self.primary_key

    def scale(self, field: Field) -> int:
        """Digits after the point of a column's values: 0 for all but decimals.

        Args:
            field: Column of this document.
        """
        if field.type != "number":
            return 0
        block = self.maillage.measures.get(field.name)
        resolution = field.resolution if block is None else block.resolution
        if resolution is None:
            return DEFAULT_SCALE
        # 1 has no point, 0.01 two digits after it
        return max(len(resolution) - len("0."), 0)
