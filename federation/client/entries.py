"""What a node says of publications and datasets: parsed, bounded, and believed for nothing."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from federation.client.errors import NodeAnswerError
from federation.limits import SEQUENCE_MAX
from federation.model import DatasetText, Digest

_TEXT: Final = 300
Said = Annotated[str, Field(max_length=_TEXT)]
"""A text of the node: shown as text, never obeyed."""
Place = Annotated[int, Field(ge=0, le=SEQUENCE_MAX)]


class _Said(BaseModel):
    """The node may say more than is read here: newer nodes do."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="ignore", alias_generator=to_camel, validate_by_name=True
    )


class Entry(_Said):
    """A publication as the node lists it, in the order of its reception.

    Attributes:
        position: Resume after it.
        digest: Which publication it is; the rest is verified or only shown.
        dataset: Of which the node says that it is.
        epoch: Likewise, with `sequence`.
        sequence: See epoch.
        received: By the node's clock.
        verdict: The node's own: `accepted`, `refused`, `signed`.
        reason: Code of a refusal.
        void: The node holds it for out of force.
    """

    position: Annotated[str, Field(min_length=1, max_length=_TEXT)]
    digest: Digest
    dataset: DatasetText
    epoch: Place
    sequence: Place
    received: Said
    verdict: Said
    reason: Said | None = None
    void: bool = False

    @property
    def order(self) -> tuple[int, int]:
        """Its place in the chain, as the node says."""
        return self.epoch, self.sequence


class Listed(_Said):
    """A dataset as the node lists it."""

    id: DatasetText
    owner_name: Said = ""
    schema_name: Annotated[Said, Field(alias="schema")]
    schema_version: Said | None = None
    kind: Said | None = None
    labels: dict[Said, Said] = {}
    sharing: Said
    origin: Said | None = None
    licence: Said | None = None
    rows: int | None = None
    epoch: Place | None = None
    sequence: Place | None = None
    digest: Digest | None = None
    accepted: int | None = None
    refused: int | None = None
    period_end: Said | None = None
    updated: Said | None = None
    custodian: Said | None = None


class _Page(_Said):
    publications: tuple[Entry, ...] = Field(strict=False)
    next: Annotated[str, Field(min_length=1, max_length=_TEXT)]


class _Datasets(_Said):
    datasets: tuple[Listed, ...] = Field(strict=False)
    next: Said | None = None


def page_of(found: Mapping[str, Any]) -> tuple[tuple[Entry, ...], str]:
    """Publications and the position after them.

    Raises:
        NodeAnswerError: `node-answer`.
    """
    page = _read(_Page, found)
    return page.publications, page.next


def entry_of(text: str) -> Entry:
    """A publication from an event.

    Raises:
        NodeAnswerError: `node-answer`.
    """
    try:
        return Entry.model_validate_json(text)
    except ValidationError as error:
        raise _wrong(error) from error


def datasets_of(found: Mapping[str, Any]) -> tuple[tuple[Listed, ...], str | None]:
    """Datasets, and behind which id there are more; None: these are all.

    Raises:
        NodeAnswerError: `node-answer`.
    """
    page = _read(_Datasets, found)
    return page.datasets, page.next


M = TypeVar("M", bound=BaseModel)


def _read(kind: type[M], found: Mapping[str, Any]) -> M:
    try:
        return kind.model_validate(found)
    except ValidationError as error:
        raise _wrong(error) from error


def _wrong(error: ValidationError) -> NodeAnswerError:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(step) for step in first["loc"])[:120]
    return NodeAnswerError(
        f"the node's answer: {where}: {first['msg']}"[:300],
        code="node-answer",
        remedy="check that the address is that of a Maillage node of this release",
    )
