"""Composing: live views, and signed compositions of closed days.

A view is live, local and unsigned. A composition goes the way of every publication: a draft
of the schema `synthese`, signed by the composing participant, through the same door.
"""

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from federation.author import draft_rows
from federation.bundle import read as read_bundle
from federation.cell import Cell, CellKey
from federation.cells import roll_up
from federation.comparison import Absence, Differs, NotRecomputable, Recomputed, compare
from federation.compose import View, view
from federation.composition import Input, build, claim_of, figures_digest, inputs_of, row_schema
from federation.composition_claim import CoverageClaim, LocalDays, WindowKind
from federation.content import decode
from federation.coverage import CoverageInputs, Source
from federation.errors import MalformedError, TrustError, UnknownError
from federation.ids import parse_dataset
from federation.jose import parse_compact
from federation.limits import SALT_BYTES
from federation.manifest import TYP, Manifest
from federation.message import MANIFEST_HEADER
from federation.places import place_of, zone_of
from federation.verify import Arrival, Failed, bind_content, open_all
from federation.windows import bounds, of_label, window_of
from node.knowledge import Knowledge
from node.publishing import Publisher
from node.receive.contents import Contents
from node.receive.figures import part_of, replay
from node.store.store import Store
from node.store.rows import HeadRow
from schemas.model import Measure, Schema
from schemas.territory import VINTAGE, Territory, territory

SECOND_US: Final = 1_000_000
COMPOSITION: Final = "synthese"
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Composed:
    """A composition that was drafted.

    Attributes:
        composer: Who signs.
        measure: Whose figures.
        day: Local day, `YYYY-MM-DD`.
        figures: Digest of the figures.
        draft: The store's number of the draft.
    """

    composer: str
    measure: str
    day: str
    figures: str
    draft: int


class Composer:
    """Views and compositions from the cells of one store."""

    def __init__(self, store: Store, knowledge: Knowledge, composers: Sequence[str]) -> None:
        """Compose for participants whose keys are on this node."""
        self._store = store
        self._knowledge = knowledge
        self._composers = tuple(composers)
        self._contents = Contents(store, knowledge.schema)

    # -- views -------------------------------------------------------------------------------

    def measure(self, name: str) -> tuple[Schema, Measure]:
        """A measure by `<schema>.<field>`.

        Raises:
            UnknownError: `measure`.
        """
        schema = self._knowledge.catalogue.latest(name.partition(".")[0])
        found = next((one for one in schema.measures if one.name == name), None) if schema else None
        if schema is None or found is None:
            known = [one.name for each in self._knowledge.catalogue for one in each.measures]
            raise UnknownError(
                f"no measure is called {name!r}",
                code="measure",
                remedy=f"known are: {', '.join(sorted(known))}",
            )
        return schema, found

    def view(
        self,
        territory_id: str,
        measure_name: str,
        window: WindowKind | None = None,
        *,
        start: str | None = None,
        end: str | None = None,
        now_us: int,
    ) -> View:
        """Compute a view from the cells held.

        Args:
            territory_id: For example `fr-epci-241200765`.
            measure_name: `<schema>.<field>`.
            window: `day` unless said; registers have `none`.
            start: First window as a label (`2026-11-23`); None for all that is held.
            end: Last window, included.
            now_us: Microseconds since 1970.

        Raises:
            UnknownError: `measure`.
            LookupError: The territory isn't known; the message suggests others.
            MalformedError: `window`: a label that is none.
        """
        schema, measure = self.measure(measure_name)
        ground = territory(territory_id)
        kind: WindowKind = "none" if schema.base_window is None else (window or "day")
        span = self._span(ground, kind, start, end)
        cells = self._cells(schema, measure, ground, span)
        inputs = CoverageInputs(
            now=now_us // SECOND_US, sources=self._sources(schema, ground), span=span
        )
        return view(ground, measure_name, kind, cells, inputs, aggregates=measure.aggregates)

    def _span(
        self, ground: Territory, kind: WindowKind, start: str | None, end: str | None
    ) -> tuple[int, int] | None:
        if kind == "none" or (start is None and end is None):
            return None
        zones = {
            zone_of(f"fr-com-{code.lower()}") if "-" not in code else zone_of(code)
            for code in ground.communes
        }
        low: list[int] = []
        high: list[int] = []
        for zone in zones:
            for text, ends in ((start or end, low), (end or start, high)):
                found = of_label(kind, text or "", zone)
                if found is None:
                    raise MalformedError(
                        f"{text!r} is not a {kind}",
                        code="window",
                        remedy="write for example 2026-11-23",
                    )
                ends.append(found[0] if ends is low else found[1])
        return min(low), max(high)

    def _cells(
        self, schema: Schema, measure: Measure, ground: Territory, span: tuple[int, int] | None
    ) -> dict[CellKey, Cell]:
        base = schema.base_window or "none"
        places = None if ground.level == "country" else sorted(ground.communes)
        first, last = span if span is not None else (-(2**62), 2**62)
        if base == "none":
            first, last = 0, 1
        return dict(
            self._store.cells.where(measure.name, base, start=first, end=last, places=places)
        )

    def _sources(self, schema: Schema, ground: Territory) -> tuple[Source, ...]:
        """Everybody of the territory who is expected to hold such data: members with the role, and owners."""
        heads = [
            row
            for row in self._store.publications.heads()
            if parse_dataset(row.dataset).schema == schema.name
        ]
        found = [
            self._source(row)
            for row in heads
            if self._covers(parse_dataset(row.dataset).owner, ground)
        ]
        having = {one.participant for one in found}
        for charter in self._knowledge.charters.values():
            for member in charter.charter.members:
                name = member.participant
                if (
                    name in having
                    or "publisher" not in member.roles
                    or not self._covers(name, ground)
                ):
                    continue
                if place_of(name) is None or "commune" not in schema.competence:
                    continue
                having.add(name)
                found.append(Source(name, None, zone_of(name)))
        return tuple(found)

    def _covers(self, participant: str, ground: Territory) -> bool:
        place = place_of(participant)
        return place is not None and place in ground.communes

    def _source(self, row: HeadRow) -> Source:
        owner = parse_dataset(row.dataset).owner
        end = row.period_end if row.period_end is not None else row.updated_at
        refused = tuple(
            (one.period_start // SECOND_US, -(-one.period_end // SECOND_US))
            for one in self._store.publications.of(row.dataset, everything=True)
            if one.verdict == "refused"
            and one.period_start is not None
            and one.period_end is not None
        )
        return Source(
            participant=owner,
            dataset=row.dataset,
            timezone=zone_of(owner),
            origin=row.origin,  # type: ignore[arg-type]  # written from an Origin
            through=end // SECOND_US if row.accepted else None,
            refused=refused,
        )

    # -- compositions --------------------------------------------------------------------------

    def compose_closed(self, publisher: Publisher, now_us: int) -> list[Composed]:
        """Draft the compositions of closed days whose figures are new or changed.

        Args:
            publisher: Takes the drafts.
            now_us: Microseconds since 1970.
        """
        done = []
        for composer in self._composers:
            ground = territory(composer)
            for schema in self._knowledge.catalogue:
                if schema.base_window is None:
                    continue
                for measure in schema.measures:
                    done += self._compose(publisher, composer, ground, schema, measure, now_us)
        return done

    def _compose(
        self,
        publisher: Publisher,
        composer: str,
        ground: Territory,
        schema: Schema,
        measure: Measure,
        now_us: int,
    ) -> list[Composed]:
        zone = zone_of(composer)
        now = now_us // SECOND_US
        cells = self._cells(schema, measure, ground, None)
        days: dict[int, dict[CellKey, Cell]] = {}
        for key, cell in roll_up(cells, "day").items():
            days.setdefault(window_of(key.start, "day", zone), {})[key] = cell
        inputs = self._inputs(schema)
        done = []
        for start, held in sorted(days.items()):
            if bounds("day", start, zone)[1] > now:
                continue
            day = dt.datetime.fromtimestamp(start + 43_200, tz=dt.UTC).date().isoformat()
            frame = build(held, inputs)
            name = f"composed:{composer}:{measure.name}:{day}"
            digest = figures_digest(frame)
            if self._store.settings.get(name) == digest:
                continue
            done.append(self._draft(publisher, composer, ground, measure, day, frame, now_us))
            self._store.settings.set(name, digest)
        return done

    def _draft(
        self,
        publisher: Publisher,
        composer: str,
        ground: Territory,
        measure: Measure,
        day: str,
        frame: pl.DataFrame,
        now_us: int,
    ) -> Composed:
        live = self.view(ground.id, measure.name, "day", start=day, end=day, now_us=now_us)
        coverage: CoverageClaim = live.coverage.claim()
        following = (dt.date.fromisoformat(day) + _DAY).isoformat()
        claim = claim_of(
            frame,
            territory=ground.id,
            vintage=VINTAGE,
            window="day",
            days=LocalDays(start=day, end=following),
            coverage=coverage,
            charter=next(iter(sorted(self._knowledge.charters)), None),
        )
        draft = draft_rows(
            row_schema(),
            f"{composer}/{COMPOSITION}.{measure.name.replace('.', '-').lower()}",
            frame,
            salt=secrets.token_bytes(SALT_BYTES),
            mode="append",
            origin="simulated" if live.simulated else "own",
            composition=claim,
        )
        number = publisher.store_draft(draft, source=f"composition {day}", now_us=now_us)
        return Composed(composer, measure.name, day, claim.figures, number)

    def _inputs(self, schema: Schema) -> dict[str, Input]:
        return {
            row.dataset: Input(row.dataset, row.epoch, row.sequence, row.digest)
            for row in self._store.publications.heads()
            if parse_dataset(row.dataset).schema == schema.name
        }

    # -- recomputing ---------------------------------------------------------------------------

    def recompute(
        self, composition: str | bytes
    ) -> tuple[Manifest, str, Recomputed | Differs | NotRecomputable]:
        """Compute a composition's figures again from the inputs that are held here.

        Args:
            composition: Digest of one held here, or the bytes of a `.mlg` bundle.

        Returns:
            Its manifest, the digest of the figures computed here, and the comparison.

        Raises:
            UnknownError: `composition`: it isn't here.
            MalformedError: It is no composition.
        """
        manifest, frame = self._composition(composition)
        claim = manifest.composition
        assert claim is not None
        missing: list[tuple[Input, Absence]] = []
        cells: dict[CellKey, Cell] = {}
        inputs = {one.dataset: one for one in inputs_of(frame)}
        wanted = {
            (row[0], row[1], row[2])
            for row in frame.select("measure", "dataset", "window_start").iter_rows()
        }
        for one in inputs.values():
            row = self._store.publications.get([one.digest]).get(one.digest)
            if row is None or row.verdict == "signed" or row.dataset != one.dataset:
                missing.append((one, "not-held"))
                continue
            cells.update(self._again(one, claim.window))
        chosen = {
            key: cell
            for key, cell in cells.items()
            if any(name == key.measure and dataset == key.dataset for name, dataset, _ in wanted)
            and _in_days(key, claim.days)
        }
        again = build(chosen, inputs) if not missing else frame.clear()
        result = compare(frame, again, missing)
        return manifest, figures_digest(again), result

    def _again(self, one: Input, window: WindowKind) -> dict[CellKey, Cell]:
        """All cells of a dataset up to an input, from the stored contents alone."""
        from federation.cells import cells_of_batch  # noqa: PLC0415 - only recomputing needs it

        row = self._store.publications.get([one.digest]).get(one.digest)
        assert row is not None
        schema = self._knowledge.schema(row.schema_digest)
        assert schema is not None
        table = replay(
            schema, self._contents.series(one.dataset, schema, until=(one.epoch, one.sequence))
        )
        part = part_of(row.owner, one.dataset)
        marked = table.with_columns(pl.lit(0, pl.UInt32).alias("_part"))
        return roll_up(dict(cells_of_batch(schema, marked, [part])), window)

    def _from_bundle(self, data: bytes) -> tuple[Manifest, bytes | None]:
        """A composition from a file, believed only if its signature holds under a key trusted here."""
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

    def _composition(self, composition: str | bytes) -> tuple[Manifest, pl.DataFrame]:
        if isinstance(composition, bytes):
            manifest, blob = self._from_bundle(composition)
        else:
            row = self._store.publications.get([composition]).get(composition)
            if row is None:
                raise UnknownError(
                    f"no publication {composition[:16]}… is held here", code="composition"
                )
            manifest = Manifest.read(parse_compact(row.jws, TYP).payload)
            blob = self._store.contents.get(row.content_digest) if row.content_digest else None
        if manifest.composition is None or manifest.content is None or blob is None:
            raise MalformedError(f"{manifest.dataset} is no composition", code="composition")
        frame = pl.from_arrow(
            decode(blob, row_schema().arrow_schema(), manifest.content.plain_size)
        )
        assert isinstance(frame, pl.DataFrame)
        return manifest, frame


def _in_days(key: CellKey, days: LocalDays | None) -> bool:
    if days is None or key.window == "none":
        return True
    zone = zone_of(f"fr-com-{key.place.lower()}" if "-" not in key.place else key.place)
    first, last = of_label("day", days.start, zone), of_label("day", days.end, zone)
    return first is not None and last is not None and first[0] <= key.start < last[0]
