"""The base of every wire model, and the small types that they share.

Wire models are strict and frozen and refuse what they don't know. They are read with
`read` from the bytes that were signed, and written once, with `write`, before signing.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from federation.errors import MaillageError, MalformedError
from federation.ids import parse_dataset, parse_name, parse_participant
from federation.limits import SEQUENCE_MAX, TEXT_MAX_CHARS
from federation.strict import dump, parse_object

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT_CHARS: Final = len("2026-11-23T09:00:00Z")


@lru_cache(maxsize=65_536)
def instant_us(text: str) -> int:
    """Microseconds since 1970 of an instant as the wire writes it.

    Args:
        text: `YYYY-MM-DDTHH:MM:SSZ`, and nothing else that RFC 3339 allows.

    Raises:
        ValueError: It isn't one.
    """
    if len(text) != _INSTANT_CHARS or text[10] != "T" or text[19] != "Z" or not text.isascii():
        raise ValueError("an instant is written YYYY-MM-DDTHH:MM:SSZ")
    moment = datetime.fromisoformat(text)
    if moment.strftime("%Y-%m-%dT%H:%M:%SZ").zfill(_INSTANT_CHARS) != text:
        raise ValueError("an instant is written YYYY-MM-DDTHH:MM:SSZ")
    return int((moment - _EPOCH).total_seconds()) * 1_000_000


def instant_text(moment_us: int) -> str:
    """The wire's spelling of an instant in microseconds since 1970, to the second below."""
    return (
        datetime.fromtimestamp(moment_us // 1_000_000, tz=UTC)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .zfill(_INSTANT_CHARS)
    )


def _instant(text: str) -> str:
    instant_us(text)
    return text


def _checked(parse: Any) -> Any:
    def check(text: str) -> str:
        try:
            parse(text)
        except MaillageError as error:
            raise ValueError(str(error)) from error
        return text

    return AfterValidator(check)


Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Instant = Annotated[str, AfterValidator(_instant)]
ParticipantText = Annotated[str, _checked(parse_participant)]
DatasetText = Annotated[str, _checked(parse_dataset)]
Name = Annotated[str, _checked(parse_name)]
Version = Annotated[
    str, Field(pattern=r"^(0|[1-9][0-9]{0,4})\.(0|[1-9][0-9]{0,4})\.(0|[1-9][0-9]{0,4})$")
]
Count = Annotated[int, Field(ge=0, le=SEQUENCE_MAX)]
Ordinal = Annotated[int, Field(ge=1, le=SEQUENCE_MAX)]
Text = Annotated[str, Field(min_length=1, max_length=TEXT_MAX_CHARS)]


class WireModel(BaseModel):
    """A signed document's payload, or a piece of it."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )

    @classmethod
    def read(cls, payload: bytes) -> Self:
        """Parse the bytes that were signed.

        Raises:
            MalformedError: `json…`, or `document` with the first thing that is wrong and where.
        """
        return cls.of(parse_object(payload))

    @classmethod
    def of(cls, found: dict[str, Any]) -> Self:
        """Take an object parsed strictly.

        Raises:
            MalformedError: `document`.
        """
        try:
            return cls.model_validate(found, by_alias=True, by_name=False)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = ".".join(str(step) for step in first["loc"])[:120] or "the document"
            raise MalformedError(f"{where}: {first['msg']}"[:300], code="document") from error

    def write(self) -> bytes:
        """The bytes to sign: members in the order of the model, those unset or None left out."""
        return dump(
            self.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
        )


class Position(WireModel):
    """A place in a dataset's chain.

    Attributes:
        epoch: From 1; a restore starts the next.
        sequence: From 1 in every epoch.
        digest: Of the publication there.
    """

    epoch: Ordinal
    sequence: Ordinal
    digest: Digest

    @property
    def order(self) -> tuple[int, int]:
        """What positions of one dataset are sorted by."""
        return self.epoch, self.sequence
