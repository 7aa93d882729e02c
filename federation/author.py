"""Making publications: rows to content, draft to signed manifest, manifest to messages. Pure.

A draft binds rows, not a place in the chain: sequence and signature are given just before
sending, after one's heads were compared with the hub's (design, section 6).
"""

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from federation.composition_claim import CompositionClaim, WindowKind
from federation.content import describe, encode, split
from federation.errors import MalformedError
from federation.ids import DatasetId, parse_dataset, pub_subject
from federation.jose import Signer, parse_compact, sign_compact
from federation.judge import arrow_schema_of
from federation.manifest import TYP, Content, Manifest, Mode, Period, SchemaRef, Sharing
from federation.message import MANIFEST_HEADER, PART_HEADER, TRACE_HEADER, Message
from federation.model import Position, instant_text
from federation.places import zone_of
from federation.windows import bounds, window_of
from schemas.canonical import table_digest
from schemas.instants import instants
from schemas.model import Schema

CE_TYPE: Final = "org.maillage.publication.v1"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be published, before it has a place in the chain.

    Attributes:
        publisher: Who will sign.
        dataset: Dataset id.
        schema: Of the rows.
        mode: As in manifests.
        rows: How many.
        period_us: [start, end) in microseconds since 1970, whole seconds; None for registers.
        content: What binds the rows; None without.
        blob: The content as sent; None without.
        result: Digest of the resulting table (registers).
        sharing: Who may have it.
        origin: What the signature claims.
        licence: SPDX id.
        composition: For compositions.
    """

    publisher: str
    dataset: str
    schema: Schema
    mode: Mode
    rows: int
    period_us: tuple[int, int] | None
    content: Content | None
    blob: bytes | None
    result: str | None
    sharing: Sharing
    origin: str
    licence: str
    composition: CompositionClaim | None = None


def period_of(schema: Schema, frame: pl.DataFrame, timezone: str) -> tuple[int, int]:
    """The smallest period in whole seconds that holds every row of a series.

    Where rows have an end, the period reaches to the last one, so that it says what was
    measured and not only when. A date or a year is a whole day, month or year of its owner's.

    Args:
        schema: Of a series.
        frame: Its rows, at least one.
        timezone: IANA zone of the owner.

    Raises:
        MalformedError: `window-instant`: a date outside the calendar.
    """
    assert schema.time is not None
    second = 1_000_000
    times = instants(schema, frame)
    low, high = times.min(), times.max()
    assert isinstance(low, int) and isinstance(high, int)  # noqa: PT018 - both from one non-empty column
    last = high + 1
    if schema.time_end is not None:
        end = instants(schema, frame, schema.time_end).max()
        if isinstance(end, int):
            last = max(last, end)
    if schema.by_name[schema.time].type != "datetime":
        kind = _stands_for(schema, frame)
        begin = window_of((last - 1) // second, kind, timezone)
        last = max(last, bounds(kind, begin, timezone)[1] * second)
    return low // second * second, -(-last // second) * second


def _stands_for(schema: Schema, frame: pl.DataFrame) -> WindowKind:
    """What the dates of rows stand for: months are written as their first day."""
    assert schema.time is not None
    times = frame.get_column(schema.time)
    if schema.by_name[schema.time].type == "year":
        return "year"
    months = schema.base_window in ("month", "year") and bool((times.dt.day() == 1).all())
    return "month" if months else "day"


def draft_rows(
    schema: Schema,
    dataset: str,
    frame: pl.DataFrame,
    *,
    salt: bytes,
    mode: Mode,
    result: pl.DataFrame | None = None,
    publisher: str | None = None,
    sharing: Sharing | None = None,
    origin: str | None = None,
    licence: str | None = None,
    composition: CompositionClaim | None = None,
) -> Draft:
    """Make a draft that carries rows.

    Args:
        schema: Of the rows.
        dataset: Dataset id.
        frame: Checked rows, sorted by key; for `delta` with `_deleted`, for `withdraw` keys only.
        salt: 16 random bytes.
        mode: `append`, `snapshot`, `delta` or `withdraw`.
        result: The register's table afterwards (`snapshot`, `delta`).
        publisher: The owner unless said.
        sharing: The schema's default unless said.
        origin: The schema's unless said.
        licence: The schema's unless said.
        composition: For compositions.

    Raises:
        MalformedError: `draft`: rows of which there are none, or a mode that doesn't carry rows.
        LimitError: `content-size`.
    """
    if mode == "unchanged" or (frame.height == 0 and mode != "snapshot"):
        raise MalformedError(f"{dataset}: nothing to publish in mode {mode}", code="draft")
    owner = parse_dataset(dataset).owner
    wanted = arrow_schema_of(mode, schema)
    blob, plain_size = encode(frame.select(wanted.names).to_arrow().cast(wanted), salt)
    carries_table = mode in ("snapshot", "delta")
    return Draft(
        publisher=publisher or owner,
        dataset=dataset,
        schema=schema,
        mode=mode,
        rows=frame.height,
        period_us=period_of(schema, frame, zone_of(owner)) if mode == "append" else None,
        content=describe(blob, plain_size),
        blob=blob,
        result=table_digest(frame if result is None else result, schema.primary_key)
        if carries_table
        else None,
        sharing=sharing or Sharing(level=schema.sharing_default),
        origin=origin or schema.origin,
        licence=licence or schema.licence,
        composition=composition,
    )


def draft_bare(
    schema: Schema, dataset: str, mode: Mode, *, sharing: Sharing, origin: str, licence: str
) -> Draft:
    """Make a draft without rows: `unchanged`, or `withdraw` of the whole dataset."""
    if mode not in ("unchanged", "withdraw"):
        raise MalformedError(f"{dataset}: mode {mode} carries rows", code="draft")
    owner = parse_dataset(dataset).owner
    return Draft(owner, dataset, schema, mode, 0, None, None, None, None, sharing, origin, licence)


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed publication, ready to be stored and sent.

    Attributes:
        manifest: What was signed.
        digest: Its digest.
        jws: Compact form.
    """

    manifest: Manifest
    digest: str
    jws: str

    @property
    def position(self) -> Position:
        """Its place in the chain."""
        return Position(
            epoch=self.manifest.epoch, sequence=self.manifest.sequence, digest=self.digest
        )


def sign_draft(
    draft: Draft,
    head: Position | None,
    signer: Signer,
    *,
    issued_us: int,
    abandons: Position | None = None,
) -> Signed:
    """Give a draft its place in the chain and sign it.

    Args:
        draft: What to publish.
        head: The dataset's last position; None for the very first.
        signer: The publisher's key.
        issued_us: Now, in microseconds since 1970.
        abandons: After a restore: the head given up. The publication then opens the next epoch.
    """
    members: dict[str, Any] = {
        "publisher": draft.publisher,
        "dataset": draft.dataset,
        "schema_ref": SchemaRef(
            name=draft.schema.name, version=draft.schema.version, digest=draft.schema.digest
        ),
        "epoch": _epoch(head, abandons),
        "sequence": 1 if head is None or abandons is not None else head.sequence + 1,
        "mode": draft.mode,
        "rows": draft.rows,
        "issued": instant_text(issued_us),
        "sharing": draft.sharing,
        "origin": draft.origin,
        "licence": draft.licence,
    }
    optional = {
        "previous": head.digest if head is not None else None,
        "abandons": abandons,
        "period": _period(draft.period_us),
        "content": draft.content,
        "result": draft.result,
        "composition": draft.composition,
    }
    members |= {name: value for name, value in optional.items() if value is not None}
    manifest = Manifest(**members)
    jws = sign_compact(signer, TYP, manifest.write())
    return Signed(manifest, parse_compact(jws, TYP).digest, jws)


def _epoch(head: Position | None, abandons: Position | None) -> int:
    if abandons is not None:
        return abandons.epoch + 1
    return 1 if head is None else head.epoch


def _period(period_us: tuple[int, int] | None) -> Period | None:
    if period_us is None:
        return None
    return Period(start=instant_text(period_us[0]), end=instant_text(period_us[1]))


def messages(
    manifest: Manifest,
    digest: str,
    jws: str,
    blob: bytes | None,
    *,
    traceparent: str | None = None,
    subject: str | None = None,
) -> list[Message]:
    """The messages that carry a publication: one per part, each with the whole manifest.

    Args:
        manifest: As signed.
        digest: Its digest.
        jws: Compact form.
        blob: Content; None without.
        traceparent: W3C trace context.
        subject: Where, if not the dataset's own subject (forwarding).
    """
    dataset: DatasetId = manifest.dataset_id
    headers = {
        MANIFEST_HEADER: jws,
        "ce-specversion": "1.0",
        "ce-type": CE_TYPE,
        "ce-source": f"/{manifest.publisher}",
        "ce-subject": manifest.dataset,
        "ce-id": digest,
        "ce-time": manifest.issued,
    }
    if traceparent is not None:
        headers[TRACE_HEADER] = traceparent
    where = subject or pub_subject(dataset)
    parts = split(blob) if blob is not None else [b""]
    if len(parts) == 1:
        return [Message(where, headers, parts[0])]
    total = len(parts)
    return [
        Message(where, {**headers, PART_HEADER: f"{number}/{total}"}, part)
        for number, part in enumerate(parts, 1)
    ]
