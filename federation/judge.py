"""Steps 13 to 15: decode, validate, sharing; and the one maker of `Verified[Publication]`.

Contents are decoded one by one by pyarrow and checked together, one polars frame per schema
(design, section 4: small publications are validated in one batch).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Generic, TypeVar

import polars as pl
import pyarrow as pa

from federation.allowed import of_place, of_secrecy, of_sharing
from federation.composition import SCHEMA as COMPOSITION
from federation.composition import misfits, row_schema
from federation.content import decode, split
from federation.errors import MalformedError
from federation.limits import PLAIN_BATCH_MAX_BYTES
from federation.manifest import Content, Manifest, Mode
from federation.standing import Order, Standing, Table
from federation.strict import sha256_hex
from federation.tables import next_table
from federation.verify import Finding, KeyRecord, Opened, Trust
from schemas.checks import check_batch
from schemas.instants import instant
from schemas.model import Schema

T = TypeVar("T")

PART: Final = "_part"
"""Column that tells the publications of one frame apart."""

ROWS_TOGETHER_MAX: Final = 1_000_000
"""Rows checked in one frame; bounds memory (some 100 MB at 100 bytes a row)."""

_MAKER: Final = object()


class Verified(Generic[T]):
    """Proof by type that all steps hold. Stores take this and nothing else."""

    __slots__ = ("value",)

    def __init__(self, value: T, maker: object) -> None:
        if maker is not _MAKER:
            raise TypeError("only federation.judge makes a Verified")
        self.value: Final = value


@dataclass(frozen=True, slots=True)
class Publication:
    """A publication and its rows.

    Attributes:
        manifest: As signed.
        digest: The manifest's.
        jws: Compact form, kept for passing on.
        key: Who signed.
        schema: Of the rows.
        blob: Content as sent; None without content.
        frame: Rows of the content (for `delta` with `_deleted`, for `withdraw` keys); None without.
        table: A register's whole table after this step; None for series.
    """

    manifest: Manifest
    digest: str
    jws: str
    key: KeyRecord
    schema: Schema
    blob: bytes | None
    frame: pl.DataFrame | None
    table: pl.DataFrame | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A publication whose steps 1 to 12 hold, with its whole content.

    Attributes:
        opened: Steps 1 to 10.
        blob: The content, its digest compared; None without content.
        voids_after: It opens an epoch: what came behind this place is void (step 12).
    """

    opened: Opened
    blob: bytes | None
    voids_after: Order | None = None


Tables = Callable[[str], pl.DataFrame | None]
"""A dataset's present canonical table (registers), or None when there is none."""

Judgement = Verified[Publication] | Finding


def arrow_schema_of(mode: Mode, schema: Schema) -> Any:
    """Which columns a content has in a mode: a `pyarrow.Schema`."""
    if mode == "delta":
        return schema.delta_arrow_schema()
    return schema.key_arrow_schema() if mode == "withdraw" else schema.arrow_schema()


def judge(
    candidates: Sequence[Candidate], trust: Trust, standing: Standing | Tables
) -> list[Judgement]:
    """Steps 13 to 15 for a batch.

    Args:
        candidates: In chain order per dataset.
        trust: What this receiver knows.
        standing: What stands of the datasets, kept up as candidates are judged; or the present
            tables of registers, where no epoch is opened and nothing is judged afterwards.

    Returns:
        One per candidate, in order.

    Raises:
        MemoryError: This machine can't give what a content needs, whose size is bounded. That is
            no fault of its owner: nothing of the batch is judged, and it is taken again.
    """
    if not isinstance(standing, Standing):
        standing = _present(standing)
    results: list[Judgement] = []
    for run in _runs(candidates):
        results += _judge_run(run, trust, standing)
    return results


def _present(tables: Tables) -> Standing:
    def table(dataset: str, _at: Order | None) -> Table | None:
        frame = tables(dataset)
        return None if frame is None else Table(frame)

    return Standing(table)


def _runs(candidates: Sequence[Candidate]) -> Iterator[list[Candidate]]:
    """Candidates that are decoded before the first of them is judged, bounded in bytes."""
    run: list[Candidate] = []
    held = 0
    for one in candidates:
        content = one.opened.manifest.content
        size = 0 if content is None else content.plain_size
        if run and held + size > PLAIN_BATCH_MAX_BYTES:
            yield run
            run, held = [], 0
        run.append(one)
        held += size
    if run:
        yield run


def _judge_run(
    candidates: Sequence[Candidate], trust: Trust, standing: Standing
) -> list[Judgement]:
    decoded = [_decode(one) for one in candidates]
    found: list[Finding | None] = [one if isinstance(one, Finding) else None for one in decoded]
    frames: dict[int, pl.DataFrame] = {}
    for group in _groups(candidates, decoded):
        _check_group([(index, candidates[index], decoded[index]) for index in group], found, frames)
    results: list[Judgement] = []
    for index, candidate in enumerate(candidates):
        opened = candidate.opened
        if candidate.voids_after is not None:
            # refused or not: its place in the chain is taken, and the epoch before is given up
            standing.back(
                opened.manifest.dataset,
                candidate.voids_after,
                register=opened.schema.kind == "register",
            )
        results.append(found[index] or _finish(candidate, frames.get(index), standing, trust))
    return results


def _decode(candidate: Candidate) -> Any:
    """13. decode."""
    if candidate.blob is None:
        return None
    manifest = candidate.opened.manifest
    assert manifest.content is not None
    if not _whole(candidate.blob, manifest.content):
        return Finding("content-size", "the parts together are not the content named")
    wanted = arrow_schema_of(manifest.mode, candidate.opened.schema)
    try:
        table = decode(candidate.blob, wanted, manifest.content.plain_size)
    except MalformedError as error:
        # short of memory is this machine's fault. An OSError is not: pyarrow says so of bytes that
        # end too early, and nothing but memory is read here
        if isinstance(error.__cause__, MemoryError):
            raise error.__cause__ from None
        return Finding(error.code, str(error))
    if table.num_rows != manifest.rows:
        return Finding("rows", f"{table.num_rows} rows, {manifest.rows} stated")
    return table


def _whole(blob: bytes, content: Content) -> bool:
    """Whether the parts signed and the content signed are the same bytes.

    Step 11 compares what came with the one or the other; a publisher that signs parts of one
    content under the digest of another must not have them stored in its place.
    """
    if len(content.parts) == 1:
        return True
    named = [part.digest for part in content.parts]
    return sha256_hex(blob) == content.digest and [sha256_hex(one) for one in split(blob)] == named


def _groups(candidates: Sequence[Candidate], decoded: Sequence[Any]) -> list[list[int]]:
    """Indices that may be checked in one frame: same schema and mode, bounded in rows."""
    usable = [index for index, one in enumerate(decoded) if isinstance(one, pa.Table)]

    def alike(index: int) -> tuple[str, str]:
        opened = candidates[index].opened
        return opened.schema.digest, opened.manifest.mode

    groups: list[list[int]] = []
    for _, same in groupby(sorted(usable, key=lambda index: (alike(index), index)), key=alike):
        rows = ROWS_TOGETHER_MAX + 1
        for index in same:
            if rows + decoded[index].num_rows > ROWS_TOGETHER_MAX:
                groups.append([])
                rows = 0
            groups[-1].append(index)
            rows += decoded[index].num_rows
    return groups


_Entry = tuple[int, Candidate, Any]


def _check_group(
    entries: list[_Entry], found: list[Finding | None], frames: dict[int, pl.DataFrame]
) -> None:
    """14. validate, for publications of one schema and mode."""
    try:
        _check_frame(entries, found, frames)
    except pl.exceptions.PanicException as error:
        # not an Exception: it would end the receiving loop. Narrow it down to the one that does it.
        if len(entries) == 1:
            found[entries[0][0]] = _stopped(error)
            return
        for entry in entries:
            _check_group([entry], found, frames)


def _stopped(error: BaseException) -> Finding:
    return Finding("receiver-stopped", str(error)[:200])


def _check_frame(
    entries: list[_Entry], found: list[Finding | None], frames: dict[int, pl.DataFrame]
) -> None:
    opened = entries[0][1].opened
    schema, mode = opened.schema, opened.manifest.mode
    # polars takes one chunk faster than hundreds
    whole = pl.from_arrow(pa.concat_tables([table for _, _, table in entries]).combine_chunks())
    assert isinstance(whole, pl.DataFrame)
    sizes = [table.num_rows for _, _, table in entries]
    if mode in ("append", "snapshot"):
        numbers = pl.Series(PART, range(len(entries)), dtype=pl.UInt32)
        marked = whole.with_columns(
            numbers.repeat_by(pl.Series(sizes, dtype=pl.UInt32))
            .explode(empty_as_null=False)
            .alias(PART)
        )
        faults = check_batch(schema, marked, PART)
        outside = _outside(schema, marked, [entry[1].opened.manifest for entry in entries])
    else:
        faults, outside = {}, {}
    at = 0
    for number, (index, candidate, _) in enumerate(entries):
        frame = whole.slice(at, sizes[number])
        at += sizes[number]
        frames[index] = frame
        fault = faults.get(number)
        if fault is not None:
            found[index] = Finding("invalid", fault.text("en")[:300])
        else:
            found[index] = outside.get(number) or of_place(candidate.opened, frame)


def _outside(schema: Schema, marked: pl.DataFrame, manifests: list[Manifest]) -> dict[int, Finding]:
    """Rows outside the period stated: a series' times lie in [start, end)."""
    if schema.time is None:
        return {}
    time = instant(schema)
    spans = marked.group_by(PART).agg(time.min().alias("low"), time.max().alias("high"))
    found = {}
    for number, low, high in spans.iter_rows():
        period = manifests[number].period
        assert period is not None, "a manifest of mode append has a period"
        # no time at all: the rule of the schema that requires it finds that
        if low is not None and (low < period.start_us or high >= period.end_us):
            finding = Finding("period", f"a row lies outside {period.start} – {period.end}")
            found[number] = finding
    return found


def _finish(
    candidate: Candidate, frame: pl.DataFrame | None, standing: Standing, trust: Trust
) -> Judgement:
    """The rest of 14 (composition, resulting table or series), 15, then the proof."""
    opened = candidate.opened
    manifest = opened.manifest
    register = opened.schema.kind == "register"
    table: pl.DataFrame | None = None
    try:
        finding = _composed(opened, frame)
        if finding is None and register:
            result = next_table(opened, frame, _before(manifest, standing))
            if isinstance(result, Finding):
                finding = result
            else:
                table = result
        elif finding is None:
            finding = _continued(opened, standing)
        finding = finding or of_secrecy(opened, frame)
    except pl.exceptions.PanicException as error:
        return _stopped(error)  # of polars in a join, a sort or a digest: not an Exception either
    finding = finding or of_sharing(opened, trust)
    if finding is not None:
        return finding
    _stands(opened, table, standing)
    return Verified(
        Publication(
            manifest=manifest,
            digest=opened.digest,
            jws=opened.jws.text,
            key=opened.key,
            schema=opened.schema,
            blob=candidate.blob,
            frame=frame,
            table=table,
        ),
        _MAKER,
    )


def _composed(opened: Opened, frame: pl.DataFrame | None) -> Finding | None:
    """Whether the rows of a composition and what it says of itself go together."""
    claim, schema = opened.manifest.composition, opened.schema
    wanted = schema.name == COMPOSITION and opened.manifest.mode == "append"
    # another schema of that name has other columns; the method knows those of its own only
    if (claim is not None) != wanted or (wanted and schema != row_schema()):
        return Finding("composition", "rows of a composition and its claim go together")
    if claim is None or claim.base is not None or frame is None:
        return None
    faults = misfits(claim, frame)
    return Finding("composition", "; ".join(faults)[:300]) if faults else None


def _before(manifest: Manifest, standing: Standing) -> pl.DataFrame | None:
    if manifest.mode == "snapshot":
        return None  # needs none: not read for nothing
    table = standing.table(manifest.dataset)
    return None if table is None else table.frame


def _continued(opened: Opened, standing: Standing) -> Finding | None:
    """A series keeps its key, time, place and window: rows of all its versions are compared."""
    if opened.manifest.content is None:
        return None
    before = standing.follows(opened.manifest.dataset, opened.schema)
    if before is None:
        return None
    return Finding("schema-change", f"{before.version} to {opened.schema.version}")


def _stands(opened: Opened, table: pl.DataFrame | None, standing: Standing) -> None:
    """What an accepted publication leads to."""
    manifest, schema = opened.manifest, opened.schema
    if manifest.mode == "unchanged":
        return  # under whatever version it was said: the rows are those of before
    if manifest.mode == "withdraw" and (manifest.content is None or table is None):
        if schema.kind == "register" or manifest.content is None:
            standing.emptied(manifest.dataset)
    elif schema.kind == "series":
        standing.grown(manifest.dataset, schema)
    elif table is not None:
        standing.moved(manifest.dataset, manifest.order, Table(table, schema))
