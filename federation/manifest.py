"""The manifest: one signed step of a dataset (docs/wire.md, section 4)."""

from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from federation.composition_claim import CompositionClaim
from federation.ids import DatasetId, parse_dataset
from federation.limits import (
    CONTENT_MAX_BYTES,
    PART_MAX_BYTES,
    PARTS_MAX,
    PLAIN_MAX_BYTES,
    ROWS_MAX,
    SALT_BYTES,
)
from federation.model import (
    DatasetText,
    Digest,
    Instant,
    Name,
    Ordinal,
    ParticipantText,
    Position,
    Version,
    WireModel,
    instant_us,
)

TYP: Final = "maillage-publication+jws"

Mode = Literal["append", "snapshot", "delta", "unchanged", "withdraw"]
Origin = Literal["own", "delegated", "relayed", "simulated"]
Level = Literal["open", "federation", "partners", "aggregate-only"]
Licence = Literal[
    "etalab-2.0", "ODbL-1.0", "CC-BY-4.0", "CC0-1.0", "DL-DE-BY-2.0", "DL-DE-ZERO-2.0"
]

_CARRIES: Final = {"append": True, "snapshot": True, "delta": True, "unchanged": False}
"""Whether there is a content; for `withdraw` it may be."""


class SchemaRef(WireModel):
    """Which schema the rows follow."""

    name: Name
    version: Version
    digest: Digest


class Period(WireModel):
    """Half-open: every row's time lies in [start, end)."""

    start: Instant
    end: Instant

    @model_validator(mode="after")
    def _in_order(self) -> "Period":
        if self.end <= self.start:
            raise ValueError("end must lie after start")
        return self

    @property
    def start_us(self) -> int:
        """Microseconds since 1970."""
        return instant_us(self.start)

    @property
    def end_us(self) -> int:
        """Microseconds since 1970."""
        return instant_us(self.end)


class Part(WireModel):
    """One part of a content."""

    digest: Digest
    size: Annotated[int, Field(ge=1, le=PART_MAX_BYTES)]


class Content(WireModel):
    """What binds the rows.

    Attributes:
        digest: SHA-256 of the content as sent (compressed).
        size: Bytes as sent.
        plain_size: Bytes decompressed, salt included.
        parts: Cut of the content; all but the last are of the largest size.
    """

    digest: Digest
    size: Annotated[int, Field(ge=1, le=CONTENT_MAX_BYTES)]
    plain_size: Annotated[int, Field(gt=SALT_BYTES, le=PLAIN_MAX_BYTES)]
    parts: Annotated[tuple[Part, ...], Field(strict=False, min_length=1, max_length=PARTS_MAX)]

    @model_validator(mode="after")
    def _adds_up(self) -> "Content":
        parts = self.parts
        if len(parts) == 1:
            if parts[0].size != self.size:
                raise ValueError("the parts don't add up to the size")
            if parts[0].digest != self.digest:
                raise ValueError("a single part is the content")
            return self
        if sum(part.size for part in parts) != self.size:
            raise ValueError("the parts don't add up to the size")
        if any(part.size != PART_MAX_BYTES for part in parts[:-1]):
            raise ValueError("only the last part may be short")
        return self


class Sharing(WireModel):
    """Who may have the rows.

    Attributes:
        level: Sharing level.
        charter: Digest of the charter whose members may, for level `federation`.
    """

    level: Level
    charter: Digest | None = None

    @model_validator(mode="after")
    def _agrees(self) -> "Sharing":
        if (self.level == "federation") != (self.charter is not None):
            raise ValueError("a charter is named for level federation, and only there")
        return self


class Encryption(WireModel):
    """Reserved: how the content is encrypted for partners. Held by receivers that can't read it."""

    scheme: Name


class Manifest(WireModel):
    """Payload of a publication.

    Attributes:
        publisher: Whose key signs.
        mandate: Digest of the mandate, when the publisher isn't the dataset's owner.
        dataset: Dataset id; its first half is the owner.
        schema_ref: On the wire `schema`.
        epoch: From 1; a restore starts the next.
        sequence: From 1 in every epoch.
        previous: Digest of the publication before; absent for the very first.
        abandons: In the first of a later epoch: the head given up.
        mode: `append`, `snapshot`, `delta`, `unchanged` or `withdraw`.
        period: Series only.
        rows: Rows of the content.
        content: Absent for `unchanged` and for the withdrawal of a whole dataset.
        result: Digest of the canonical table after a `snapshot` or `delta`.
        issued: The publisher's clock; warns, never decides.
        sharing: Who may have it.
        origin: What the signature claims about the data.
        licence: SPDX id.
        composition: What a composition says of itself.
        encryption: Reserved.
    """

    publisher: ParticipantText
    mandate: Digest | None = None
    dataset: DatasetText
    schema_ref: Annotated[SchemaRef, Field(alias="schema")]
    epoch: Ordinal
    sequence: Ordinal
    previous: Digest | None = None
    abandons: Position | None = None
    mode: Mode
    period: Period | None = None
    rows: Annotated[int, Field(ge=0, le=ROWS_MAX)]
    content: Content | None = None
    result: Digest | None = None
    issued: Instant
    sharing: Sharing
    origin: Origin
    licence: Licence
    composition: CompositionClaim | None = None
    encryption: Encryption | None = None

    @model_validator(mode="after")
    def _agrees(self) -> "Manifest":
        first = self.epoch == 1 and self.sequence == 1
        if first != (self.previous is None):
            raise ValueError("previous: absent in the very first publication, and only there")
        if (self.epoch > 1 and self.sequence == 1) != (self.abandons is not None):
            raise ValueError("abandons: in the first publication of a later epoch, and only there")
        if self.abandons is not None and self.abandons.epoch != self.epoch - 1:
            raise ValueError("abandons: a head of the epoch before")
        self._check_mode()
        return self

    def _check_mode(self) -> None:
        carries = _CARRIES.get(self.mode)
        if carries is not None and carries != (self.content is not None):
            raise ValueError(f"content: does not fit mode {self.mode}")
        if self.content is None and self.rows != 0:
            raise ValueError("rows: none without content")
        if self.content is not None and self.rows == 0 and self.mode != "snapshot":
            raise ValueError(f"rows: at least one in mode {self.mode}")
        if (self.mode in ("snapshot", "delta")) != (self.result is not None):
            raise ValueError("result: for snapshot and delta, and only there")
        if self.mode == "append" and self.period is None:
            raise ValueError("period: needed in mode append")
        if self.mode in ("snapshot", "delta") and self.period is not None:
            raise ValueError(f"period: not in mode {self.mode}")

    @property
    def dataset_id(self) -> DatasetId:
        """The dataset, parsed."""
        return parse_dataset(self.dataset)

    @property
    def owner(self) -> str:
        """Whose data it is."""
        return self.dataset.partition("/")[0]

    @property
    def order(self) -> tuple[int, int]:
        """What the publications of one dataset are sorted by."""
        return self.epoch, self.sequence
