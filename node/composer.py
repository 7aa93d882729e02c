"""Composing: live views, and signed compositions of closed days.

A view is live, local and unsigned. A composition goes the way of every publication: a draft
of the schema `synthese`, signed by the composing participant, through the same door.
"""

import datetime as dt
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import polars as pl

from federation.asked import asked_span
from federation.author import draft_rows
from federation.cell import Cell, CellKey
from federation.comparison import Differs, NotRecomputable, Recomputed
from federation.compose import view
from federation.composition import (
    KEY,
    Input,
    build,
    by_day,
    claim_of,
    closed_windows,
    figures_digest,
    row_schema,
)
from federation.composition_claim import CompositionClaim, LocalDays
from federation.coverage import CoverageInputs, Source
from federation.ids import parse_dataset
from federation.jose import parse_compact
from federation.limits import SALT_BYTES
from federation.manifest import TYP, Manifest, Origin, Sharing
from node.composed import Ledger
from node.grounds import ground_of
from node.knowledge import Knowledge
from node.publishing import Publisher
from node.receive.contents import Contents
from node.recomputing import Recomputer, zone_of_place
from node.sharing import of_composition
from node.sources import sources_of
from node.store.rows import HeadRow
from node.store.store import Store
from node.views import SECOND_US, Views
from schemas.competences import Competences
from schemas.model import Measure, Schema
from schemas.territory import VINTAGE, Territory

_log = logging.getLogger(__name__)


HOUR_US: Final = 3_600 * SECOND_US
"""Days end at full hours, or at quarters of them in a few zones of which no commune is one."""
COMPOSITION: Final = "synthese"
STATE_TRIES: Final = 20
"""Readings of heads and cells before a measure waits for the next run."""

_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Composed:
    """A composition that was drafted.

    Attributes:
        composer: Who signs.
        measure: Whose figures.
        day: Local day, `YYYY-MM-DD`.
        figures: Digest of the figures; that of no rows where all of a day was withdrawn.
        draft: The store's number of the last draft.
    """

    composer: str
    measure: str
    day: str
    figures: str
    draft: int


class Composer(Views):
    """Compositions from the cells of one store, and its views."""

    def __init__(
        self,
        store: Store,
        knowledge: Knowledge,
        composers: Sequence[str],
        competences: Callable[[], Competences] | None = None,
    ) -> None:
        """Compose for participants whose keys are on this node.

        Args:
            store: Cells and publications.
            knowledge: Schemas and charters.
            composers: Who composes.
            competences: Who holds what, as this node knows; views go by it, compositions don't.
        """
        super().__init__(store, knowledge, competences)
        self._composers = tuple(composers)
        self._contents = Contents(store, knowledge.schema)
        self._looked_at: dict[tuple[str, str], _Mark] = {}

    # -- compositions --------------------------------------------------------------------------

    def compose_closed(self, publisher: Publisher, now_us: int) -> list[Composed]:
        """Draft the compositions of closed days whose figures are new or changed.

        A day is that of each commune's own calendar, and closed once it is over in every place
        that has figures of it. Where keys of an earlier composition of the day are no more, their
        withdrawal is drafted first, as an append only adds and replaces.

        What was drafted is the truth, read back from drafts and own publications; the settings
        `composed:…` are an index of the days composed and spare that reading. An entry is emptied
        before anything is drafted and filled afterwards: a crash between any two of these steps
        leaves it empty, and the next run compares with what stands. It then drafts nothing, or
        the rest. Should both halves be drafted twice, the rows have the same keys and figures,
        and a second withdrawal finds nothing: readers see the same table.

        Args:
            publisher: Takes the drafts.
            now_us: Microseconds since 1970.
        """
        done = []
        known = self._store.settings.all()
        catalogue = self._knowledge.catalogue
        held = {parse_dataset(row.dataset).schema for row in self._store.publications.heads()}
        newest = map(catalogue.latest, sorted(held))
        # months and years have no days to compose
        schemas = [one for one in newest if one is not None and "day" in one.windows]
        for composer in self._composers:
            ground = ground_of(composer, self._knowledge)
            for schema in schemas:
                mark = _Mark(self._heads(schema), self._knowledge.version, now_us // HOUR_US)
                if self._looked_at.get((composer, schema.digest)) == mark:
                    continue
                found = [
                    self._compose(publisher, _Work(composer, ground, schema, one, now_us), known)
                    for one in schema.measures
                ]
                if None not in found:
                    self._looked_at[composer, schema.digest] = mark
                done += [one for some in found if some is not None for one in some]
        return done

    def _state(self, work: "_Work") -> "_State | None":
        """Heads and cells of one state of the store; None while commits come too fast.

        Whatever changes a cell moves the head of its dataset in the same transaction.
        """
        before = self._heads(work.schema)
        for _ in range(STATE_TRIES):
            cells = self._cells(work.schema, work.measure, work.ground, None)
            after = self._heads(work.schema)
            if after == before:
                return _State(before, cells)
            before = after
        return None

    def _compose(
        self, publisher: Publisher, work: "_Work", known: Mapping[str, str]
    ) -> list[Composed] | None:
        """Draft what is due of one measure; None where it must be looked at again."""
        state = self._state(work)
        if state is None:  # those commits lead to the next run
            _log.info("%s %s: composed later, too much comes in", work.composer, work.measure.name)
            return None
        days = by_day(state.cells, timezone_of=zone_of_place)
        start = f"composed:{work.composer}:{work.measure.name}:"
        before = {name.removeprefix(start) for name in known if name.startswith(start)}
        ledger = Ledger(self._store, self._contents, work.dataset)
        done = []
        for day in sorted(before.union(days)):
            held = days.get(day, {})
            closed = closed_windows(held, work.now_us // SECOND_US, timezone_of=zone_of_place)
            if len(closed) < len(held):
                continue
            frame = build(held, state.inputs)
            digest = figures_digest(frame)
            if known.get(start + day) == digest:
                continue
            self._store.settings.set(start + day, "")
            draft = self._draft(publisher, work, state, held, _Day(day, frame, *ledger.of(day)))
            if draft is not None:
                done.append(Composed(work.composer, work.measure.name, day, digest, draft))
            self._store.settings.set(start + day, digest)
        return done

    def _draft(
        self,
        publisher: Publisher,
        work: "_Work",
        state: "_State",
        held: Mapping[CellKey, Cell],
        day: "_Day",
    ) -> int | None:
        """Draft what leads from the rows that stand to the day's; the last draft's number."""
        if day.done:
            return None
        sharing = self._sharing(work.composer, state, held)
        if sharing is None:
            _log.warning(
                "%s %s: not composed, its inputs are shared in ways that don't fit together",
                work.composer,
                work.measure.name,
            )
            return None
        # what is signed follows from what is signed: no table of this node's own (ADR 18)
        sources = sources_of(
            self._store,
            self._knowledge,
            work.schema,
            work.ground,
            state.heads,
            present={key.dataset for key in held},
        )
        simulated = any(one.origin == "simulated" for one in sources)
        origin: Origin = "simulated" if simulated else "own"
        made = partial(
            draft_rows,
            row_schema(),
            work.dataset,
            sharing=sharing,
            origin=origin,
        )
        drafts = []
        gone = day.stands.join(day.frame, on=list(KEY), how="anti").select(KEY).sort(KEY)
        if gone.height:
            salt = secrets.token_bytes(SALT_BYTES)
            drafts.append(made(gone, salt=salt, mode="withdraw"))
        if day.frame.height:
            claim = self._claim(work, sources, held, day)
            salt = secrets.token_bytes(SALT_BYTES)
            drafts.append(made(day.frame, salt=salt, mode="append", composition=claim))
        number = None
        for draft in drafts:
            number = publisher.store_draft(
                draft, source=f"composition {day.label}", now_us=work.now_us
            )
        return number

    def _sharing(
        self, composer: str, state: "_State", held: Mapping[CellKey, Cell]
    ) -> Sharing | None:
        """How figures of these cells may be shared; see `node.sharing.of_composition`."""
        inside = {key.dataset for key in held}
        digests = [row.digest for row in state.heads if row.dataset in inside]
        inputs = {
            Manifest.read(parse_compact(row.jws, TYP).payload).sharing
            for row in self._store.publications.get(digests).values()
        }
        return of_composition(composer, inputs, tuple(self._knowledge.charters.values()))

    def _claim(
        self,
        work: "_Work",
        sources: tuple[Source, ...],
        held: Mapping[CellKey, Cell],
        day: "_Day",
    ) -> CompositionClaim:
        span = asked_span(work.ground, "day", day.label, day.label)
        live = view(
            work.ground,
            work.measure.name,
            "day",
            held,
            CoverageInputs(now=work.now_us // SECOND_US, sources=sources, span=span),
            aggregates=work.measure.aggregates,
            quotients=work.measure.quotients,
            timezone_of=zone_of_place,
        )
        # of that day alone: in several zones the span touches its neighbours, too
        coverage = next(one.coverage for one in live.totals if one.window == day.label)
        following = (dt.date.fromisoformat(day.label) + _DAY).isoformat()
        return claim_of(
            day.frame,
            territory=work.ground.id,
            vintage=VINTAGE,
            window="day",
            days=LocalDays(start=day.label, end=following),
            coverage=coverage.claim(),
            charter=self._charter(work.composer),
        )

    def _charter(self, composer: str) -> str | None:
        """The charter under which somebody composes: one in force of which it is a member."""
        charters = self._knowledge.charters
        return min(
            (name for name, one in charters.items() if composer in one.members), default=None
        )

    def recompute(
        self, composition: str | bytes
    ) -> tuple[Manifest, str, Recomputed | Differs | NotRecomputable]:
        """Compute a composition's figures again; see `node.recomputing.Recomputer.recompute`."""
        return Recomputer(self._store, self._knowledge).recompute(composition)


class _Mark(NamedTuple):
    """What a run's result follows from: as long as it stays the same, no composition is due."""

    heads: tuple[HeadRow, ...]
    knowledge: int
    hour: int


@dataclass(frozen=True, slots=True)
class _Work:
    """One measure of one composer's territory."""

    composer: str
    ground: Territory
    schema: Schema
    measure: Measure
    now_us: int

    @property
    def dataset(self) -> str:
        slug = self.measure.name.replace(".", "-").replace("_", "-").lower()
        return f"{self.composer}/{COMPOSITION}.{slug}"


@dataclass(frozen=True, slots=True)
class _State:
    """Heads and cells that belong together."""

    heads: tuple[HeadRow, ...]
    cells: dict[CellKey, Cell]

    @property
    def inputs(self) -> dict[str, Input]:
        return {
            row.dataset: Input(row.dataset, row.epoch, row.sequence, row.digest)
            for row in self.heads
        }


@dataclass(frozen=True, slots=True)
class _Day:
    """A day's rows as they must be, as they stand, and whether a composition says just these."""

    label: str
    frame: pl.DataFrame
    stands: pl.DataFrame
    claimed: bool

    @property
    def done(self) -> bool:
        """Whether nothing is left to be drafted."""
        same = figures_digest(self.stands) == figures_digest(self.frame)
        return same and (self.claimed or self.frame.is_empty())
