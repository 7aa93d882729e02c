"""Descriptors: what an owner says of a dataset before and beside its publications.

Cadence and first date tell late from nothing to say: an owner that has nothing new publishes
`unchanged`, so that silence is always noticed (design, section 6).
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator

from federation.documents import Keys, open_document, sign_document
from federation.errors import TrustError
from federation.ids import parse_dataset
from federation.jose import Signer
from federation.manifest import Licence, Origin, SchemaRef, Sharing
from federation.model import (
    DatasetText,
    Instant,
    Ordinal,
    ParticipantText,
    Text,
    WireModel,
    instant_us,
)

TYP: Final = "maillage-descriptor+jws"
LANGUAGES_MAX: Final = 24
"""Titles of one dataset: the official languages of the European Union."""

_DURATION: Final = re.compile(r"P(?:([1-9][0-9]{0,3})([DWMY])|T([1-9][0-9]{0,4})([HMS]))")
_MONTHS: Final = {"M": 1, "Y": 12}
_DAYS: Final = {"D": 1, "W": 7}
_SECONDS: Final = {"S": 1, "M": 60, "H": 3600}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often something is published: whole calendar months, or a fixed time.

    Attributes:
        months: Of the calendar; 0 for a fixed time.
        seconds: A day is 86,400 of them: cadences are reckoned in UTC.
    """

    months: int
    seconds: int

    def after(self, moment_us: int, times: int = 1) -> int:
        """The moment so many cadences later, in microseconds since 1970.

        Months keep the day where there is one, else take the month's last: 31 January and a
        month is 28 or 29 February. Past the year 9999 the answer stays at its last second.
        """
        start = _EPOCH + timedelta(microseconds=moment_us)
        try:
            moment = _months_after(start, self.months * times) + timedelta(
                seconds=self.seconds * times
            )
        except (ValueError, OverflowError):
            moment = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
        return (moment - _EPOCH) // timedelta(microseconds=1)


def _months_after(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def parse_cadence(text: str) -> Cadence:
    """Parse an ISO 8601 duration of one unit: `PT15M`, `PT1H`, `P1D`, `P1W`, `P1M`, `P1Y`.

    Raises:
        ValueError: It isn't one.
    """
    found = _DURATION.fullmatch(text)
    if found is None or not text.isascii():
        raise ValueError("a cadence is a duration of one unit, such as PT15M, PT1H, P1D or P1M")
    count, unit, time_count, time_unit = found.groups()
    if time_count is not None:
        return Cadence(0, int(time_count) * _SECONDS[time_unit])
    if unit in _MONTHS:
        return Cadence(int(count) * _MONTHS[unit], 0)
    return Cadence(0, int(count) * _DAYS[unit] * 86_400)


def _cadence_text(text: str) -> str:
    parse_cadence(text)
    return text


Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]


class Descriptor(WireModel):
    """Payload of a descriptor.

    Attributes:
        dataset: Dataset id.
        publisher: Who signs.
        version: Counts up per dataset; the highest holds.
        issued: The publisher's clock.
        schema_ref: On the wire `schema`.
        title: By language (ISO 639-1), at least one.
        cadence: How often something is published, at least `unchanged`; absent: now and then,
            so that it is never late.
        first: Since when publications are due.
        sharing: Who may have them.
        origin: What signatures claim about the data.
        licence: SPDX id.
    """

    dataset: DatasetText
    publisher: ParticipantText
    version: Ordinal
    issued: Instant
    schema_ref: Annotated[SchemaRef, Field(alias="schema")]
    title: Annotated[dict[Language, Text], Field(min_length=1, max_length=LANGUAGES_MAX)]
    cadence: Annotated[str, AfterValidator(_cadence_text)] | None = None
    first: Instant
    sharing: Sharing
    origin: Origin
    licence: Licence

    @model_validator(mode="after")
    def _agrees(self) -> "Descriptor":
        if parse_dataset(self.dataset).schema != self.schema_ref.name:
            raise ValueError("schema: another name than the dataset's")
        return self

    def title_in(self, language: str) -> str:
        """The title in a language, else in French, else in the first that there is."""
        return self.title.get(language) or self.title.get("fr") or next(iter(self.title.values()))


@dataclass(frozen=True)
class KnownDescriptor:
    """A descriptor whose signature holds. Only `read_descriptor` makes one.

    Attributes:
        descriptor: Payload.
        kid: Thumbprint of the key that signed.
        digest: Of the document.
        text: As received.
    """

    descriptor: Descriptor
    kid: str
    digest: str
    text: str

    def replaces(self, known: Descriptor | None) -> bool:
        """Whether this holds instead of the one known of the same dataset."""
        new = self.descriptor
        return known is None or (new.dataset == known.dataset and new.version > known.version)


def issue_descriptor(signer: Signer, descriptor: Descriptor) -> str:
    """Sign a descriptor as a compact JWS.

    Raises:
        LimitError: `document-size`.
    """
    return sign_document(signer, TYP, descriptor.write(), remedy="give fewer or shorter titles")


def read_descriptor(text: str, keys: Keys) -> KnownDescriptor:
    """Verify a descriptor.

    Args:
        text: Compact JWS.
        keys: Thumbprint to (participant, key), keys in force only.

    Raises:
        MalformedError: `size`, `jws-form`, `base64url`, `jws-header`, `wire-version-unsupported`,
            `json…`; or `document`: what was signed is not a descriptor.
        UnknownError: `key-unknown`.
        TrustError: `signature`; `publisher-mismatch`: another than the publisher named signed;
            `publisher-not-owner`: mandates aren't taken for descriptors yet.
    """
    participant, jws = open_document(text, TYP, keys)
    descriptor = Descriptor.read(jws.payload)
    require_owner(participant, descriptor.publisher, descriptor.dataset)
    return KnownDescriptor(descriptor, jws.kid, jws.digest, text)


def require_owner(participant: str, publisher: str, dataset: str) -> None:
    """The key is the publisher's, and the publisher is the dataset's owner.

    Raises:
        TrustError: `publisher-mismatch` or `publisher-not-owner`.
    """
    if publisher != participant:
        raise TrustError(f"{participant} signed for {publisher}", code="publisher-mismatch")
    if parse_dataset(dataset).owner != publisher:
        raise TrustError(f"{publisher} signed for {dataset}", code="publisher-not-owner")


def late(descriptor: Descriptor, last_us: int | None, now_us: int) -> bool:
    """Whether a dataset is late: a publication is due and a whole cadence has gone by since.

    Nodes spread their sending over the cadence, so one is due from one cadence after the last and
    late after two. A dataset of which nothing came is reckoned from `first` in the same way.

    Args:
        descriptor: Of the dataset.
        last_us: When the last publication (`unchanged` counts) was issued by the publisher's clock
            or arrived by the reader's, whichever is earlier: a clock that runs ahead must not
            hide a silence. Microseconds since 1970; None when nothing came.
        now_us: The reader's clock.
    """
    if descriptor.cadence is None:
        return False
    first_us = instant_us(descriptor.first)
    since_us = first_us if last_us is None else max(first_us, last_us)
    return now_us > parse_cadence(descriptor.cadence).after(since_us, times=2)
