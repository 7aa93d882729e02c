"""Live views: what the cells of one store say of a territory, at the moment they are asked."""

from collections.abc import Callable
from typing import Final

from federation.asked import asked_span
from federation.cell import Cell, CellKey
from federation.compose import view
from federation.composition_claim import WindowKind
from federation.coverage import CoverageInputs, kept_back
from federation.errors import UnknownError
from federation.ids import parse_dataset
from federation.views import View
from node.grounds import ground_of
from node.knowledge import Knowledge
from node.recomputing import zone_of_place
from node.sources import Held, sources_of
from node.store.rows import HeadRow
from node.store.store import Store
from schemas.competences import Competences
from schemas.model import Measure, Schema
from schemas.territory import Territory

SECOND_US: Final = 1_000_000


class Views:
    """Views from the cells of one store."""

    def __init__(
        self,
        store: Store,
        knowledge: Knowledge,
        competences: Callable[[], Competences] | None = None,
    ) -> None:
        """Show what is held.

        Args:
            store: Cells and publications.
            knowledge: Schemas and charters.
            competences: Who holds what, as this node knows; coverage goes by it.
        """
        self._store = store
        self._knowledge = knowledge
        self._competences = competences

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
        public: bool = False,
    ) -> View:
        """Compute a view from the cells held.

        Args:
            territory_id: For example `fr-epci-241200765`.
            measure_name: `<schema>.<field>`.
            window: `day`, or what the schema has, unless said; registers have `none`.
            start: First window as a label (`2026-11-23`); None for all that is held.
            end: Last window, included.
            now_us: Microseconds since 1970.
            public: Figures of open datasets only; the others are `withheld` in its coverage.

        Raises:
            UnknownError: `measure`.
            LookupError: The territory isn't known; the message suggests others.
            MalformedError: `window`: a label that is none.
        """
        schema, measure = self.measure(measure_name)
        ground = ground_of(territory_id, self._knowledge)
        kind = "none" if schema.base_window is None else (window or schema.usual_window)
        span = asked_span(ground, kind, start, end)
        # asked before and after: a level that changes meanwhile is the stricter one
        guarded = set(self._store.publications.guarded()) if public else set()
        cells = self._cells(schema, measure, ground, span)
        held = None if self._competences is None else Held.at(self._competences(), now_us)
        sources = sources_of(
            self._store,
            self._knowledge,
            schema,
            ground,
            self._heads(schema),
            present={key.dataset for key in cells},
            held=held,
        )
        if public:
            guarded |= set(self._store.publications.guarded())
            cells = {key: cell for key, cell in cells.items() if key.dataset not in guarded}
            sources = kept_back(sources, guarded)
        inputs = CoverageInputs(now=now_us // SECOND_US, sources=sources, span=span)
        return view(
            ground,
            measure_name,
            kind,
            cells,
            inputs,
            aggregates=measure.aggregates,
            quotients=measure.quotients,
            timezone_of=zone_of_place,
        )

    def _cells(
        self, schema: Schema, measure: Measure, ground: Territory, span: tuple[int, int] | None
    ) -> dict[CellKey, Cell]:
        base = schema.base_window or "none"
        places = None if ground.level == "country" else sorted(ground.communes)
        first, last = span if span is not None else (-(2**62), 2**62)
        if base == "none":
            first, last = 0, 1
        found: dict[CellKey, Cell] = {}
        for name in measure.counted:
            found.update(self._store.cells.where(name, base, start=first, end=last, places=places))
        return found

    def _heads(self, schema: Schema) -> tuple[HeadRow, ...]:
        return tuple(
            row
            for row in self._store.publications.heads()
            if parse_dataset(row.dataset).schema == schema.name
        )
