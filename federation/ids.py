"""Participants, datasets and their subjects: parsed once, valid ever after.

Participant ids are lower case and safe in subjects, URLs and file names (design, section 1):
`fr-com-12011`, `fr-epci-241200765`, `fr-dep-2a`, `fr-reg-76`, `fr-syn-<siren>`, abroad
`<iso2>-lau-<code>`, fictitious `xx-lau-<code>`. A dataset is `<participant>/<schema>[.<slug>]`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from federation.errors import MalformedError
from schemas.territory import participant_zone

WIRE_PREFIX: Final = "mlg.1.z"
"""Root of the subjects of wire version 1."""

_PARTICIPANT: Final = re.compile(
    r"fr-com-(?:[0-9]{2}|2[ab])[0-9]{3}|fr-epci-[0-9]{9}|fr-syn-[0-9]{9}"
    r"|fr-dep-(?:[0-9]{2,3}|2[ab])|fr-reg-[0-9]{2,3}|[a-z]{2}-lau-[a-z0-9]{1,20}"
)
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_NAME_MAX_CHARS: Final = 64
NO_SLUG: Final = "_"
_TOKENS_MIN: Final = 7
"""Prefix (3), zone, participant, kind and at least one more."""


def parse_participant(text: str) -> str:
    """Check a participant id.

    Args:
        text: For example `fr-com-12011`.

    Returns:
        The same text.

    Raises:
        MalformedError: `participant-id`.
    """
    if _PARTICIPANT.fullmatch(text) is None or text.startswith("fr-lau-"):
        raise MalformedError(
            f"{text[:80]!r} is not a participant id",
            code="participant-id",
            remedy="write for example fr-com-12011, fr-epci-241200765, fr-dep-12, fr-reg-76 "
            "or de-lau-08111000",
        )
    return text


def parse_name(text: str) -> str:
    """Check a schema name or slug: lower-case words joined by hyphens, at most 64 characters.

    Raises:
        MalformedError: `name`.
    """
    if len(text) > _NAME_MAX_CHARS or _NAME.fullmatch(text) is None:
        raise MalformedError(
            f"{text[:80]!r} is not a schema name or slug",
            code="name",
            remedy="use lower-case letters, digits and single hyphens: comptage-mobilites",
        )
    return text


@dataclass(frozen=True, slots=True)
class DatasetId:
    """One participant's data under one schema.

    Attributes:
        owner: Participant id.
        schema: Schema name.
        slug: Tells several datasets of one owner and schema apart; None for the only one.
    """

    owner: str
    schema: str
    slug: str | None = None

    def __str__(self) -> str:
        return f"{self.owner}/{self.schema}" + (f".{self.slug}" if self.slug else "")

    @property
    def tail(self) -> str:
        """The last two tokens of the dataset's subject: `<schema>.<slug|_>`."""
        return f"{self.schema}.{self.slug or NO_SLUG}"


@lru_cache(maxsize=65_536)
def parse_dataset(text: str) -> DatasetId:
    """Parse `<participant>/<schema>[.<slug>]`.

    Raises:
        MalformedError: `dataset-id`, `participant-id` or `name`.
    """
    owner, slash, rest = text.partition("/")
    if not slash:
        raise MalformedError(
            f"{text[:80]!r} is not a dataset id",
            code="dataset-id",
            remedy="write <participant>/<schema>, for example fr-com-12011/comptage-mobilites",
        )
    schema, dot, slug = rest.partition(".")
    return DatasetId(
        owner=parse_participant(owner),
        schema=parse_name(schema),
        slug=parse_name(slug) if dot else None,
    )


@lru_cache(maxsize=65_536)
def prefix(participant: str) -> str:
    """The subject prefix under which a participant sends, without the last dot.

    Returns:
        For example `mlg.1.z.fr-12.fr-com-12011`.

    Raises:
        MalformedError: `participant-id`.
    """
    return f"{WIRE_PREFIX}.{participant_zone(parse_participant(participant))}.{participant}"


def pub_subject(dataset: DatasetId) -> str:
    """Where a dataset's publications go."""
    return f"{prefix(dataset.owner)}.pub.{dataset.tail}"


def doc_subject(participant: str, kind: str, *rest: str) -> str:
    """Where a participant's document goes: the last one per subject is kept.

    Args:
        participant: Who issues it.
        kind: `identity`, `descriptor`, `schema`, `charter`, `checkpoint`.
        rest: What tells several documents of one kind apart (a digest, a dataset's tail).
    """
    return ".".join((prefix(participant), "doc", kind, *rest))


def rcpt_subject(receiver: str, owner: str) -> str:
    """Where a receiver's receipt for an owner goes."""
    return f"{prefix(receiver)}.rcpt.{parse_participant(owner)}"


def ask_subject(asker: str, owner: str) -> str:
    """Where a receiver asks for an owner's missing publications."""
    return f"{prefix(asker)}.ask.{parse_participant(owner)}"


def fwd_subject(carrier: str, owner: str) -> str:
    """Where a carrier passes on another's signed publications unchanged."""
    return f"{prefix(carrier)}.fwd.{parse_participant(owner)}"


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject taken apart.

    Attributes:
        carrier: The participant under whose prefix the message came.
        kind: `pub`, `for`, `doc`, `rcpt`, `ask` or `fwd`.
        rest: The tokens after the kind.
    """

    carrier: str
    kind: str
    rest: tuple[str, ...]


_KINDS: Final = frozenset({"pub", "for", "doc", "rcpt", "ask", "fwd"})


@lru_cache(maxsize=65_536)
def parse_subject(text: str) -> Subject:
    """Take a subject apart.

    Raises:
        MalformedError: `subject`.
    """
    tokens = text.split(".")
    if (
        len(tokens) < _TOKENS_MIN
        or text[: len(WIRE_PREFIX) + 1] != WIRE_PREFIX + "."
        or tokens[5] not in _KINDS
    ):
        raise MalformedError(f"{text[:200]!r} is not a subject of the wire", code="subject")
    carrier = parse_participant(tokens[4])
    if tokens[3] != participant_zone(carrier):
        raise MalformedError(
            f"{text[:200]!r}: the zone doesn't fit the participant", code="subject"
        )
    return Subject(carrier=carrier, kind=tokens[5], rest=tuple(tokens[6:]))
