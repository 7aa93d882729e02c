"""Recomputing: do the figures of a composition follow from its inputs, as they are held here?

Nothing of the composer's own state is used: no cell, no head, only the stored contents up to the
publications that the composition names.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from federation.bundle import read as read_bundle
from federation.cells import Cell, CellKey, roll_up
from federation.comparison import Absence, Differs, NotRecomputable, Recomputed, compare
from federation.composition import (
    KEY,
    Input,
    build,
    figures_digest,
    inputs_of,
    misfits,
    row_schema,
)
from federation.composition_claim import CompositionClaim, LocalDays, WindowKind
from federation.content import decode
from federation.errors import MalformedError, StateError, TrustError, UnknownError
from federation.jose import parse_compact
from federation.manifest import TYP, Manifest
from federation.message import MANIFEST_HEADER
from federation.places import zone_of_place
from federation.replay import Tables, cells_of_tables, replay
from federation.verify import Arrival, Failed, bind_content, open_all
from federation.windows import of_label
from node.grounds import ground_of
from node.knowledge import Knowledge
from node.receive.contents import Contents
from node.store.errors import StoreError
from node.store.rows import PublicationRow
from node.store.store import Store
from schemas.territory import Territory, UnknownTerritoryError

__all__ = ["Answer", "Recomputer", "zone_of_place"]

Answer = Recomputed | Differs | NotRecomputable
_SECOND_US: Final = 1_000_000


class Recomputer:
    """Computes figures again from the contents of one store."""

    def __init__(self, store: Store, knowledge: Knowledge) -> None:
        """Read from a store; believe what is known there."""
        self._store = store
        self._knowledge = knowledge
        self._contents = Contents(store, knowledge.schema)

    def _ground(self, name: str) -> Territory:
        try:
            return ground_of(name, self._knowledge)
        except UnknownTerritoryError as error:
            raise UnknownError(str(error)[:300], code="territory", remedy=error.remedy) from error

    def recompute(self, composition: str | bytes) -> tuple[Manifest, str, Answer]:
        """Compute a composition's figures again.

        Args:
            composition: Digest of one held here, or the bytes of a `.mlg` bundle.

        Returns:
            Its manifest, the digest of the figures computed here, and the comparison.

        Raises:
            UnknownError: `composition`: it isn't here; `territory`: the territory isn't known here.
            MalformedError: `composition`: it is none, or its claim doesn't fit its rows.
            TrustError: It was refused, or its signature or content doesn't hold.
            StateError: `composition-base`: it holds only what changed since another one.
        """
        manifest, claim, frame = self._composition(composition)
        ground = self._ground(claim.territory)
        inputs = inputs_of(frame)
        rows = {one.digest: self._row(one) for one in inputs}
        missing: list[tuple[Input, Absence]] = []
        found: dict[CellKey, Cell] = {}
        latest = {one.dataset: one for one in inputs}
        cited = _citations(frame)
        for one in inputs:
            row = rows[one.digest]
            if not isinstance(row, PublicationRow):
                missing.append((one, row))
                continue
            try:
                cells = self._again(row, claim.window)
            except StoreError:
                missing.append((one, "withdrawn"))
                continue
            # rows of a dataset may name different inputs; a cell without a row counts with the last
            found |= {
                key: cell
                for key, cell in cells.items()
                if cited.get(key.about, latest[one.dataset]) == one and _claims(claim, ground, key)
            }
        again = frame.clear() if missing else build(found, latest)
        return manifest, figures_digest(again), compare(frame, again, missing)

    def _row(self, one: Input) -> PublicationRow | Absence:
        """The publication that an input names; a refused one, too, which counts nothing itself."""
        row = self._store.publications.get([one.digest]).get(one.digest)
        if (
            row is None
            or row.verdict == "signed"
            or (row.dataset, *row.order) != (one.dataset, one.epoch, one.sequence)
            or self._knowledge.schema(row.schema_digest) is None
        ):
            return "not-held"
        return "withdrawn" if row.void else row

    def _again(self, row: PublicationRow, window: WindowKind) -> dict[CellKey, Cell]:
        """All cells of a dataset up to a publication, from the stored contents alone."""
        schema = self._knowledge.schema(row.schema_digest)
        assert schema is not None
        tables: Tables
        if schema.kind == "register":
            held = self._contents.register(row.dataset, row.order)
            tables = [] if held is None or held.schema is None else [(held.schema, held.frame)]
        else:
            tables = replay(self._contents.series(row.dataset, until=row.order))
        cells = cells_of_tables(row.dataset, tables)
        if window == "none":
            return {key: cell for key, cell in cells.items() if key.window == "none"}
        return roll_up(cells, window, timezone_of=zone_of_place)

    # -- the composition itself ----------------------------------------------------------------

    def _composition(
        self, composition: str | bytes
    ) -> tuple[Manifest, CompositionClaim, pl.DataFrame]:
        if isinstance(composition, bytes):
            manifest, blob = self._from_bundle(composition)
        else:
            manifest, blob = self._held(composition)
        claim = manifest.composition
        if claim is None or manifest.content is None or blob is None:
            raise MalformedError(f"{manifest.dataset} is no composition", code="composition")
        if claim.base is not None:
            raise StateError(
                f"{manifest.dataset}: it holds only what changed since another composition",
                code="composition-base",
                remedy="ask its author for one that stands alone",
            )
        frame = pl.from_arrow(
            decode(blob, row_schema().arrow_schema(), manifest.content.plain_size)
        )
        assert isinstance(frame, pl.DataFrame)
        faults = misfits(claim, frame)
        if faults:
            raise MalformedError(
                f"{manifest.dataset}: its rows don't fit what it says of {', '.join(faults)}",
                code="composition",
                remedy="ask its author to compose it again",
            )
        return manifest, claim, frame

    def _held(self, digest: str) -> tuple[Manifest, bytes | None]:
        """A composition held here: verified when it was accepted, or signed by this node."""
        row = self._store.publications.get([digest]).get(digest)
        if row is None:
            raise UnknownError(f"no publication {digest[:16]}… is held here", code="composition")
        if row.verdict == "refused":
            raise TrustError(f"it was refused: {row.detail}", code=row.reason or "refused")
        manifest = Manifest.read(parse_compact(row.jws, TYP).payload)
        return manifest, self._store.contents.get(
            row.content_digest
        ) if row.content_digest else None

    def _from_bundle(self, data: bytes) -> tuple[Manifest, bytes | None]:
        """A composition from a file, believed only if signed with a key that is trusted here."""
        bundle = read_bundle(data)
        if len(bundle.publications) != 1:
            raise MalformedError("the bundle holds several publications", code="composition")
        (jws,) = bundle.publications
        (opened,) = open_all([Arrival(None, {MANIFEST_HEADER: jws}, b"")], self._knowledge)
        if isinstance(opened, Failed):
            finding = opened.finding
            raise TrustError(f"step {finding.step}: {finding.detail}", code=finding.code)
        content = opened.manifest.content
        blob = bundle.contents.get(content.digest) if content is not None else None
        fault = bind_content(opened, blob or b"")
        if fault is not None:
            raise TrustError(f"step {fault.step}: {fault.detail}", code=fault.code)
        return opened.manifest, blob


def _citations(frame: pl.DataFrame) -> Mapping[tuple[object, ...], Input]:
    """Up to which publication each row was counted, by what its cell is about."""
    starts = frame["window_start"].dt.epoch("us") // _SECOND_US
    columns = frame.with_columns(window_start=starts).select(
        *KEY, "input_epoch", "input_sequence", "input_digest"
    )
    return {
        (dataset, measure, place, window, start): Input(dataset, *named)
        for measure, dataset, place, window, start, *named in columns.iter_rows()
    }


def _claims(claim: CompositionClaim, ground: Territory, key: CellKey) -> bool:
    """Whether a composition speaks for a cell: its measure, place and day."""
    return (
        (claim.measures is None or key.measure in claim.measures)
        and (ground.level == "country" or key.place in ground.communes)
        and _in_days(key, claim.days)
    )


def _in_days(key: CellKey, days: LocalDays | None) -> bool:
    if days is None or key.window == "none":
        return True
    tz = zone_of_place(key.place)
    first, last = of_label("day", days.start, tz), of_label("day", days.end, tz)
    return first is not None and last is not None and first[0] <= key.start < last[0]
