"""What JSON answers hold, for programs: names in camelCase, instants in UTC as RFC 3339.

Null is unknown, absent, or not to be shown.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Answered(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        extra="forbid",
        frozen=True,
        json_schema_serialization_defaults_required=True,
    )

    def write(self) -> bytes:
        """As JSON."""
        return self.model_dump_json(by_alias=True).encode()


Instant = Annotated[str, Field(description="RFC 3339, UTC.", examples=["2026-11-23T00:00:00Z"])]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["0f" * 32])]
ParticipantId = Annotated[str, Field(examples=["fr-com-12011"])]
DatasetId = Annotated[str, Field(examples=["fr-com-12011/comptage-mobilites"])]
Sharing = Literal["open", "federation", "partners", "aggregate-only"]
Labels = Annotated[
    dict[str, str],
    Field(description="By language.", examples=[{"fr": "Comptage", "en": "Counts"}]),
]
Position = Annotated[
    str,
    Field(
        description="Opaque place in the order of reception.", examples=["PWeqRk1zxvgm6CZyNEl9Dg"]
    ),
]


class DatasetEntry(Answered):
    """A dataset. Of one that isn't open, only what it is is told without a token."""

    id: DatasetId
    owner: ParticipantId
    owner_name: Annotated[str, Field(examples=["Arvieu"])]
    schema_name: Annotated[str, Field(alias="schema", examples=["comptage-mobilites"])]
    schema_version: Annotated[str | None, Field(examples=["1.0.0"])]
    schema_digest: Digest | None
    kind: Annotated[Literal["series", "register"] | None, Field(examples=["series"])]
    labels: Labels
    sharing: Annotated[Sharing, Field(examples=["open"])]
    origin: Annotated[str | None, Field(description="`simulated` data are none.", examples=["own"])]
    licence: Annotated[str | None, Field(description="SPDX id.", examples=["etalab-2.0"])]
    rows: Annotated[int | None, Field(description="Where known without counting.", examples=[24])]
    epoch: Annotated[int | None, Field(examples=[1])]
    sequence: Annotated[int | None, Field(examples=[7])]
    digest: Annotated[Digest | None, Field(description="Of the last publication.")]
    accepted: Annotated[int | None, Field(examples=[7])]
    refused: Annotated[int | None, Field(examples=[0])]
    period_end: Instant | None
    updated: Instant | None
    custodian: Annotated[
        str | None, Field(description="Who operates the owner's key.", examples=["Arvieu"])
    ]


class DatasetList(Answered):
    """Datasets in the order of their ids."""

    datasets: tuple[DatasetEntry, ...]
    next: Annotated[
        str | None,
        Field(
            description="Ask again with `after` set to it; null: these are all.", examples=[None]
        ),
    ]


class FieldEntry(Answered):
    """A column."""

    name: Annotated[str, Field(examples=["count"])]
    type: Annotated[str, Field(description="Of Table Schema.", examples=["integer"])]
    title: Annotated[str, Field(examples=["Nombre de passages"])]
    description: Annotated[str, Field(examples=["Passages comptés pendant l’intervalle"])]
    labels: Labels
    required: Annotated[bool, Field(examples=[True])]
    key: Annotated[bool, Field(description="Part of the primary key.", examples=[False])]
    unit: Annotated[str | None, Field(description="UCUM, of measures.", examples=["1"])]


class DatasetDetail(DatasetEntry):
    """A dataset and its columns."""

    fields: tuple[FieldEntry, ...]


class PublicationEntry(Answered):
    """A publication received or signed here."""

    position: Position
    digest: Digest
    dataset: DatasetId
    owner: ParticipantId
    publisher: ParticipantId
    custodian: Annotated[
        str | None, Field(description="Who operates the publisher's key.", examples=["Arvieu"])
    ]
    schema_name: Annotated[str, Field(alias="schema", examples=["comptage-mobilites"])]
    mode: Annotated[
        Literal["append", "snapshot", "delta", "unchanged", "withdraw"],
        Field(examples=["append"]),
    ]
    epoch: Annotated[int, Field(examples=[1])]
    sequence: Annotated[int, Field(examples=[7])]
    rows: Annotated[int, Field(examples=[24])]
    issued: Instant
    received: Instant
    period_start: Instant | None
    period_end: Instant | None
    verdict: Annotated[
        Literal["signed", "accepted", "refused"],
        Field(
            description="`signed`: here, and not yet received back from a hub.",
            examples=["accepted"],
        ),
    ]
    reason: Annotated[str | None, Field(description="Code of a refusal.", examples=[None])]
    sharing: Annotated[Sharing, Field(examples=["open"])]
    origin: Annotated[str, Field(examples=["own"])]
    void: Annotated[
        bool,
        Field(
            description="Taken out of force by a withdrawal, a revocation or an abandoned epoch.",
            examples=[False],
        ),
    ]


class PublicationList(Answered):
    """Publications in the order of reception."""

    publications: tuple[PublicationEntry, ...]
    next: Annotated[
        Position,
        Field(description="Ask again with `after` set to it. With no publications: the end."),
    ]


class StepEntry(Answered):
    """A numbered verification step."""

    number: Annotated[int, Field(examples=[5])]
    name: Annotated[str, Field(examples=["signature"])]
    state: Annotated[Literal["holds", "held", "fails", "open"], Field(examples=["holds"])]
    found: Annotated[str, Field(description="From others: show it as text.", examples=[""])]
    code: Annotated[str | None, Field(description="Where it doesn't hold.", examples=[None])]


class ReceiptEntry(Answered):
    """What a receiver's newest receipt says of the dataset."""

    receiver: ParticipantId
    received: Instant
    epoch: Annotated[int | None, Field(examples=[1])]
    sequence: Annotated[int | None, Field(examples=[7])]
    holds: Annotated[bool, Field(description="It is at or past this publication.", examples=[True])]


class PublicationDetail(PublicationEntry):
    """A publication, how each verification step ended, and who has confirmed it."""

    previous: Digest | None
    schema_digest: Digest
    licence: Annotated[str, Field(examples=["etalab-2.0"])]
    detail: Annotated[str | None, Field(description="The refusal in words.", examples=[None])]
    content: Annotated[
        Literal["live", "erasing", "erased"] | None,
        Field(description="Of its content; null if it has none here.", examples=["live"]),
    ]
    steps: tuple[StepEntry, ...]
    rivals: Annotated[
        tuple[Digest, ...], Field(description="Others signed at the same place of the chain.")
    ]
    receipts: tuple[ReceiptEntry, ...]


class MeasureEntry(Answered):
    """A measure of the newest version of a schema."""

    name: Annotated[str, Field(examples=["comptage-mobilites.count"])]
    schema_name: Annotated[str, Field(alias="schema", examples=["comptage-mobilites"])]
    kind: Annotated[Literal["series", "register"], Field(examples=["series"])]
    labels: Labels
    unit: Annotated[str, Field(description="UCUM.", examples=["1"])]
    aggregates: Annotated[tuple[str, ...], Field(examples=[["sum", "mean"]])]
    windows: Annotated[
        tuple[str, ...],
        Field(description="Kinds of window asked for.", examples=[["hour", "day", "month"]]),
    ]


class MeasureList(Answered):
    """All measures known here."""

    measures: tuple[MeasureEntry, ...]


class TerritoryEntry(Answered):
    """A territory of the Code officiel géographique."""

    id: Annotated[str, Field(examples=["fr-com-12011"])]
    code: Annotated[str, Field(examples=["12011"])]
    level: Annotated[str, Field(examples=["commune"])]
    name: Annotated[str, Field(examples=["Arvieu"])]


class TerritoryList(Answered):
    """Territories that fit, the best first."""

    vintage: Annotated[int, Field(examples=[2026])]
    territories: tuple[TerritoryEntry, ...]


class SchemaMeasure(Answered):
    """A measure in the list of schemas."""

    name: Annotated[str, Field(examples=["comptage-mobilites.count"])]
    unit: Annotated[str, Field(examples=["1"])]
    aggregates: Annotated[tuple[str, ...], Field(examples=[["sum", "mean"]])]


class SchemaEntry(Answered):
    """A schema in short."""

    name: Annotated[str, Field(examples=["comptage-mobilites"])]
    version: Annotated[str, Field(examples=["1.0.0"])]
    digest: Digest
    kind: Annotated[Literal["series", "register"], Field(examples=["series"])]
    labels: Labels
    primary_key: Annotated[tuple[str, ...], Field(examples=[["channel_id", "start_datetime"]])]
    sharing: Annotated[Sharing, Field(examples=["open"])]
    licence: Annotated[str, Field(examples=["etalab-2.0"])]
    commitments: Annotated[
        tuple[int, ...],
        Field(description="Of the smart-village manifesto, 1 to 10.", examples=[[3, 9]]),
    ]
    domains: Annotated[tuple[str, ...], Field(examples=[["traffic"]])]
    obligation_level: Annotated[
        Literal["any-size", "general", "none"],
        Field(
            description="Whether it must be published: at any size; over the thresholds of the "
            "code des relations entre le public et l'administration; never.",
            examples=["general"],
        ),
    ]
    measures: tuple[SchemaMeasure, ...]


class SchemaList(Answered):
    """All schemas known here, by name and version."""

    schemas: tuple[SchemaEntry, ...]


class ProblemEntry(BaseModel):
    """RFC 9457, the one form of every answer that isn't a success."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(examples=["about:blank"])]
    title: Annotated[str, Field(examples=["Bad Request"])]
    status: Annotated[int, Field(examples=[400])]
    code: Annotated[str, Field(description="Stable, for programs.", examples=["parameter"])]
    detail: Annotated[str, Field(description="What is wrong.", examples=["unknown: colour"])]
    remedy: Annotated[str, Field(description="What to do.", examples=["parameters are: limit"])]


Free = dict[str, Any]
"""An object whose members are described elsewhere (docs/api.md)."""
