"""A node's view as frames, and recomputed from datasets that were verified here."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, cast, get_args

import polars as pl

from federation.asked import asked_span
from federation.checking import Compared, Difference, compare, entries, places_of, recomputed
from federation.client.entries import Listed
from federation.client.errors import NodeAnswerError
from federation.client.http import Http
from federation.client.results import Figures, Rows, Verification, figure_columns
from federation.client.trust import Trusted
from federation.composition_claim import WindowKind
from federation.errors import LimitError, MaillageError, UnknownError
from federation.ids import parse_dataset, parse_participant
from federation.places import place_of
from federation.tabular import CODE, NAME, name_of_place
from federation.views import View
from schemas.territory import Territory, UnknownTerritoryError, free, territory
from schemas.territory.ids import is_abroad

VIEW_TRIES: Final = 5
"""Times that a view is asked again because publications came while it was recomputed."""

_STATES: Final = ("expected", "received", "late", "refused", "withheld", "suppressed", "awaited")
_VERIFIED: Final = "verified"
_NOT: Final = "not-recomputable"
_NOTHING: Final = "nothing"
_WITHHELD: Final = "withheld"

Lister = Callable[[str | None, str | None], list[Listed]]
"""(territory, schema) to datasets."""


def ground_of(text: str) -> Territory:
    """A territory by its id; a municipality abroad is one of itself.

    Raises:
        UnknownError: `territory`: there is none; the message suggests others.
    """
    try:
        return free(text, {parse_participant(text)}) if is_abroad(text) else territory(text)
    except UnknownTerritoryError as error:
        raise UnknownError(str(error)[:300], code="territory", remedy=error.remedy) from error


def figures_of(shown: Mapping[str, Any], verification: Verification | None) -> Figures:
    """A node's view as frames.

    Raises:
        NodeAnswerError: `node-answer`: it has another form.
    """
    try:
        return _figures(shown, verification)
    except (KeyError, TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise NodeAnswerError(
            f"the node's view can't be read: {type(error).__name__} {error}"[:300],
            code="node-answer",
            remedy="check that the node is of this release",
        ) from error


def _figures(shown: Mapping[str, Any], verification: Verification | None) -> Figures:
    ground, coverage = shown["territory"], shown["coverage"]
    totals = [dict(one) for one in entries(shown["totals"])]
    rows = [dict(one) for one in entries(shown["rows"])]
    counts = [
        pl.Series(name, [len(one["coverage"][name]) for one in totals], dtype=pl.Int64)
        for name in _STATES
    ]
    windows = pl.Series("window", [one["window"] for one in totals], dtype=pl.String)
    places = [str(one["place"]) for one in rows]
    return Figures(
        territory=str(ground["id"]),
        name=str(ground["name"]),
        measure=str(shown["measure"]),
        window=str(shown["window"]),
        vintage=int(shown["vintage"]),
        totals=pl.DataFrame([windows, *figure_columns(totals), *counts]),
        rows=pl.DataFrame(
            [
                pl.Series(CODE, places, dtype=pl.String),
                pl.Series(NAME, [name_of_place(one) for one in places], dtype=pl.String),
                pl.Series("window", [one["window"] for one in rows], dtype=pl.String),
                *figure_columns(rows),
            ]
        ),
        coverage={name: [str(one) for one in coverage[name]] for name in _STATES}
        | {name: coverage[name] for name in ("communes", "communesTotal")},
        simulated=bool(shown["simulated"]),
        verification=verification,
    )


class Checker:
    """Recomputes views of one node."""

    def __init__(
        self,
        http: Http,
        trusted: Trusted,
        datasets: Lister,
        rows: Callable[[str], Rows],
        *,
        inside: bool,
    ) -> None:
        """Read with these; `rows` raises for what isn't whole and verified.

        Args:
            http: The node.
            trusted: What is believed.
            datasets: Lists.
            rows: Of a dataset.
            inside: A token is sent: the node shows more than open data.
        """
        self._http = http
        self._trusted = trusted
        self._datasets = datasets
        self._rows = rows
        self._inside = inside

    def figures(self, ground: Territory, parameters: Mapping[str, str]) -> Figures:
        """The node's figures, and whether they follow from what it hands out.

        Args:
            ground: The territory.
            parameters: Of the view that is asked.

        Publications that come meanwhile change the node's figures: it is asked again until what
        was read and what is shown are of one state.

        Raises:
            LimitError: `view-moving`: more came each time.
        """
        measure = parameters["measure"]
        before = self._contributing(ground, measure)
        for _ in range(VIEW_TRIES):
            found = {one.id: self._had(one.id) for one in before if self._shown(one)}
            shown = self._http.json("/api/v1/view", parameters)
            after = self._contributing(ground, measure)
            if _state(before) == _state(after) and _read_up_to(found, after):
                here = self._here(ground, parameters, shown, found)
                kept = [one.id for one in after if not self._shown(one)]
                return figures_of(shown, self._verified(ground, shown, here, found, kept))
            before = after
        raise LimitError(
            "publications came faster than they could be recomputed",
            code="view-moving",
            remedy="ask for closed windows with start and end, or use a cache",
        )

    def _contributing(self, ground: Territory, measure: str) -> list[Listed]:
        """The datasets that can be in the figures, as the node lists them."""
        name = measure.partition(".")[0]
        return [one for one in self._datasets(None, name) if places_of(one.id) & ground.communes]

    def _shown(self, listed: Listed) -> bool:
        """Whether a dataset is in the figures that are shown to us: those of open data, or all."""
        return self._inside or listed.sharing == "open"

    def _had(self, dataset: str) -> Rows | MaillageError:
        try:
            return self._rows(dataset)
        except MaillageError as error:
            return error

    def _verified(
        self,
        ground: Territory,
        shown: Mapping[str, Any],
        here: View,
        found: Mapping[str, Rows | MaillageError],
        kept: Sequence[str],
    ) -> Verification:
        lost = [name for name, one in found.items() if not isinstance(one, Rows)]
        without = frozenset[str]().union(*(places_of(name) for name in lost))
        compared = compare(shown, here, without=without, whole=not lost)
        answer: Literal["equal", "differs", "partly"] = "equal"
        if compared.differences:
            answer = "differs"
        elif lost:
            answer = "partly"
        return Verification(
            answer=answer,
            differences=_differences(compared),
            compared=compared.figures,
            contributors=_contributors(
                found, self._expected(ground, here.measure, [*found, *kept]), kept
            ),
        )

    def _here(
        self,
        ground: Territory,
        parameters: Mapping[str, str],
        shown: Mapping[str, Any],
        found: Mapping[str, Rows | MaillageError],
    ) -> View:
        """The same view from the rows that were had."""
        kind = shown.get("window")
        if kind not in get_args(WindowKind):
            raise NodeAnswerError(f"a window of kind {kind!r}"[:100], code="node-answer")
        window = cast("WindowKind", kind)
        columns = {
            name: (one.schema, one.frame.select(one.schema.polars_schema().names()))
            for name, one in found.items()
            if isinstance(one, Rows)
        }
        return recomputed(
            ground,
            parameters["measure"],
            window,
            columns,
            now=int(time.time()),
            span=asked_span(ground, window, parameters.get("start"), parameters.get("end")),
        )

    def _expected(self, ground: Territory, measure: str, found: Sequence[str]) -> list[str]:
        """Members that publish, hold such data as a rule, and of which nothing is listed."""
        form = self._trusted.catalogue.latest(measure.partition(".")[0])
        having = {parse_dataset(name).owner for name in found}
        if form is None or "commune" not in form.competence:
            return []
        return sorted(
            {
                member.participant
                for charter in self._trusted.charters.values()
                for member in charter.charter.members
                if "publisher" in member.roles
                and member.participant not in having
                and place_of(member.participant) in ground.communes
            }
        )


def _state(listed: Sequence[Listed]) -> dict[str, str | None]:
    return {one.id: one.digest for one in listed}


def _read_up_to(found: Mapping[str, Rows | MaillageError], listed: Sequence[Listed]) -> bool:
    """Whether what was read is what the node lists; what it keeps back has no head to compare."""
    return all(
        not isinstance(one := found.get(each.id), Rows)
        or each.digest is None
        or one.head.digest == each.digest
        for each in listed
    )


def _differences(compared: Compared) -> pl.DataFrame:
    rows = [
        (one.place, None if one.place is None else name_of_place(one.place), *one[1:])
        for one in compared.differences
    ]
    names = (CODE, NAME, *Difference._fields[1:])
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String()), orient="row")


def _contributors(
    found: Mapping[str, Rows | MaillageError], expected: Sequence[str], kept: Sequence[str]
) -> pl.DataFrame:
    rows: list[tuple[object, ...]] = []
    for name, one in sorted(found.items()):
        owner = parse_dataset(name).owner
        if isinstance(one, Rows):
            head = (one.head.epoch, one.head.sequence, one.head.digest)
            rows.append((owner, name, _VERIFIED, None, *head, len(one.publications), one.simulated))
        else:
            rows.append((owner, name, _NOT, one.code, None, None, None, 0, None))
    rows += [
        (parse_dataset(one).owner, one, _WITHHELD, None, None, None, None, 0, None) for one in kept
    ]
    rows += [(one, None, _NOTHING, None, None, None, None, 0, None) for one in expected]
    kinds: dict[str, Any] = {
        "participant": pl.String(),
        "dataset": pl.String(),
        "state": pl.String(),
        "code": pl.String(),
        "epoch": pl.Int64(),
        "sequence": pl.Int64(),
        "digest": pl.String(),
        "publications": pl.Int64(),
        "simulated": pl.Boolean(),
    }
    return pl.DataFrame(rows, schema=kinds, orient="row")
