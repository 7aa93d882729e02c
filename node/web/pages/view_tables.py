"""A view laid out for a page: rows of tables, bars, circles of the map and their legend. Pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from federation.coverage import STATES, Coverage
from federation.figures import Figures
from federation.views import GroupLevel, GroupTotal, Row, Total, View
from node.web.pages import shown
from node.web.pages.site import link
from node.web.pages.texts import Lang, say
from schemas.model import Measure
from schemas.territory import Territory, centre, commune, territory
from schemas.territory.ids import is_abroad, participant_id

if TYPE_CHECKING:
    from node.web.pages.territories import Asked

BARS_MAX: Final = 96
"""Bars of the chart: four days of hours."""

WINDOWS_MAX: Final = 62
"""Rows of the table over time, the last ones: two months of days."""

OTHERS_MAX: Final = 6_000
"""Communes without figures that the map shows as dots: those of the largest région are 4,500."""

RADIUS_MAX: Final = 30.0
"""Of the largest circle, in CSS pixels."""

_ZERO_RADIUS: Final = 3.0
_CHART_HEIGHT: Final = 120.0
_BAR_MAX: Final = 120.0
_CHART_WIDTH: Final = 720.0

_NAMES: Final = {
    "sum": "total",
    "mean": "mean",
    "min": "minimum",
    "max": "maximum",
    "count": "count",
    "ratio": "ratio",
    "weighted_mean": "weighted_mean",
}
_ORDER: Final = ("sum", "weighted_mean", "mean", "ratio", "min", "max")
_DIVIDED: Final = ("weighted_mean", "ratio")


def columns(measure: Measure, kind: str, *, divided: bool = True) -> list[tuple[str, str]]:
    """The figures that make sense of a measure: (attribute of `Figures`, key of its text).

    Args:
        measure: Any.
        kind: Of its schema.
        divided: With those that are one sum divided by another.
    """
    order = [one for one in _ORDER if one in measure.aggregates]
    found = [(_NAMES[one], f"fig.{one}") for one in order if divided or one not in _DIVIDED]
    return [*found, ("count", "fig.count" if kind == "series" else "fig.number")]


def principal(figures: Figures, measure: Measure) -> Decimal | int | None:
    """The figure that stands for the others: the sum where it makes sense, the mean, the count."""
    if "sum" in measure.aggregates:
        return figures.total
    return figures.mean if "mean" in measure.aggregates else figures.count


def units(measure: Measure) -> dict[str, str]:
    """The unit of each of its figures, by attribute of `Figures`; UCUM."""
    found = dict.fromkeys(_NAMES.values(), measure.unit) | {"count": "1"}
    return found | {_NAMES[one.aggregate]: one.unit for one in measure.quotients}


def principal_unit(measure: Measure) -> str:
    """The unit of `principal`."""
    return measure.unit if {"sum", "mean"} & set(measure.aggregates) else "1"


def chosen_window(view: View, at: str) -> str:
    """The window shown in detail: the one asked for, else the last with figures."""
    labels = [total.window for total in view.totals]
    if at in labels:
        return at
    full = [total.window for total in view.totals if total.cell is not None]
    return full[-1] if full else (labels[-1] if labels else "")


def total_at(view: View, at: str) -> Total | None:
    """The territory's total in one window."""
    return next((total for total in view.totals if total.window == at), None)


def totals(view: View) -> list[Total]:
    """The rows over time, the newest first."""
    return list(reversed(view.totals[-WINDOWS_MAX:]))


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the chart, in the units of its drawing; `value` None: nothing came."""

    window: str
    x: float
    y: float
    width: float
    height: float
    value: Decimal | int | None


def bars(view: View, measure: Measure) -> dict[str, Any] | None:
    """The chart over time; None where one bar or none would stand, or a value is negative."""
    some = view.totals[-BARS_MAX:]
    values = [principal(total.figures, measure) for total in some]
    known = [value for value in values if value is not None]
    top = max(known, default=0)
    if len(some) <= 1 or top <= 0 or min(known) < 0:
        return None
    step = min(_CHART_WIDTH / len(some), _BAR_MAX)
    found = []
    for at, (total, value) in enumerate(zip(some, values, strict=True)):
        height = 0.0 if value is None else float(value / top) * _CHART_HEIGHT
        found.append(
            Bar(
                total.window,
                round(at * step + step * 0.08, 2),
                round(_CHART_HEIGHT - height, 2),
                round(step * 0.84, 2),
                round(height, 2),
                value,
            )
        )
    return {
        "bars": found,
        "top": top,
        "first": some[0].window,
        "last": some[-1].window,
        "end": round(100 * step * len(some) / _CHART_WIDTH, 2),
    }


@dataclass(frozen=True, slots=True)
class Place:
    """A commune in one window.

    Attributes:
        code: Of the commune, or a municipality's id abroad.
        id: Its participant id.
        name: For people.
        state: Of its coverage; `absent` if nobody expects it.
        figures: None where nothing came.
    """

    code: str
    id: str
    name: str
    state: str
    figures: Figures | None


def communes(view: View, measure: Measure, at: str) -> dict[str, Any]:
    """The communes with figures or expected, in the order of their figure; how many others."""
    found = _places(view, at)

    def order(place: Place) -> tuple[bool, Decimal | int, str]:
        value = None if place.figures is None else principal(place.figures, measure)
        return value is None, -(value or 0), place.name

    return {
        "rows": sorted(found, key=order),
        "others": len(view.territory.communes) - len(found),
    }


def _places(view: View, at: str) -> list[Place]:
    total = total_at(view, at)
    states = _states(total.coverage) if total is not None else {}
    rows = {row.place: row for row in view.rows if row.window == at}
    codes = set(rows)
    codes |= {code for code in map(_place_of, states) if code in view.territory.communes}
    alone = view.territory.name if len(view.territory.communes) == 1 else ""
    return [_place(code, rows.get(code), states, alone) for code in codes]


def _place(code: str, row: Row | None, states: Mapping[str, str], alone: str) -> Place:
    if is_abroad(code):  # the name is its identity's, which a territory of it alone has
        return Place(
            code, code, alone or code, states.get(code, "absent"), row.figures if row else None
        )
    id_ = participant_id("commune", code)
    state = states.get(id_, "received" if row else "absent")
    return Place(code, id_, commune(code).name, state, row.figures if row else None)


def _place_of(participant: str) -> str:
    return participant.removeprefix("fr-com-").upper() if "-com-" in participant else participant


def _states(coverage: Coverage) -> dict[str, str]:
    return {who: state for state in STATES for who in getattr(coverage, state)}


def states(view: View) -> list[tuple[str, tuple[str, ...]]]:
    """Who is in which state over the whole view, those that need a look first."""
    return [(state, getattr(view.coverage, state)) for state in STATES]


def groups(view: View, ground: Territory, at: str) -> list[dict[str, Any]]:
    """The parts of the territory of each level between it and its communes."""
    found = []
    for level in _between(ground):
        rows = [group for group in view.grouped(level) if group.window == at]
        if rows and (len(rows) > 1 or rows[0].code is not None):
            found.append({"level": level, "rows": [_group(level, row) for row in rows]})
    return found


def _between(ground: Territory) -> tuple[GroupLevel, ...]:
    if ground.level == "country":
        return "region", "departement"
    if ground.level == "region":
        return "departement", "epci"
    if ground.level in ("departement", "collectivity"):
        return ("epci",)
    if ground.level == "epci" and len({commune(code).departement for code in ground.communes}) > 1:
        return ("departement",)
    return ()


def _group(level: GroupLevel, row: GroupTotal) -> dict[str, Any]:
    if row.code is None:
        return {"id": None, "name": None, "total": row}
    id_ = participant_id(level, row.code)
    return {"id": id_, "name": territory(id_).name, "total": row}


# -- the map ------------------------------------------------------------------------------------


def radius(value: Decimal | float | None, top: Decimal | float) -> float:
    """A circle's radius in CSS pixels: its area is proportional to the value's size."""
    if value is None or not value or not top:
        return _ZERO_RADIUS
    return max(_ZERO_RADIUS, RADIUS_MAX * math.sqrt(abs(float(value)) / abs(float(top))))


def _top(places: Iterable[Place], measure: Measure) -> Decimal | int:
    top: Decimal | int = 0
    for place in places:
        value = None if place.figures is None else principal(place.figures, measure)
        top = top if value is None else max(top, value, -value)
    return top


def map_data(
    view: View, asked: "Asked", at: str, lang: Lang, outline: str | None
) -> dict[str, Any]:
    """What the map's script draws: points with figures, without, and the other communes.

    Positions are [longitude, latitude] in degrees. All texts are shown as text.
    """
    measure = asked.measure
    places = [place for place in _places(view, at) if centre(place.code) is not None]
    top = _top(places, measure)
    points = [_point(place, measure, top, asked, lang) for place in places]
    shown_codes = {place.code for place in places}
    others = []
    if len(view.territory.communes) <= OTHERS_MAX and outline is None:
        rest = (code for code in sorted(view.territory.communes) if code not in shown_codes)
        others = [list(at_) for at_ in map(centre, rest) if at_ is not None]
    everywhere = [one for one in map(centre, view.territory.communes) if one is not None]
    return {
        "points": sorted(points, key=lambda point: -float(point["radius"])),
        "others": others,
        "outlines": outline,
        "bounds": _bounds(_near(everywhere)),
        "simulated": say(lang, "simulated") if view.simulated else "",
        "words": {
            key: say(lang, f"t.map.{key}") for key in ("zoomin", "zoomout", "reset", "open", "none")
        },
    }


def _point(
    place: Place, measure: Measure, top: Decimal | int, asked: "Asked", lang: Lang
) -> dict[str, Any]:
    value = None if place.figures is None else principal(place.figures, measure)
    told = shown.measured(value, principal_unit(measure), lang)
    if value is None:
        told = say(lang, f"state.{place.state}") + " – " + say(lang, "absent")
    here = centre(place.code)
    assert here is not None
    return {
        "code": place.code,
        "name": shown.clean(place.name),
        "at": list(here),
        "text": told,
        "state": place.state,
        "known": value is not None,
        "radius": round(radius(value, top), 2),
        "href": link(lang, "territoire", place.id, **asked.query()),
    }


def _near(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Only the mainland where a set spans the oceans: else the map would show the whole globe."""
    mainland = [point for point in points if -10 < point[0] < 15 and 40 < point[1] < 52]  # noqa: PLR2004 - degrees
    return mainland or points


def _bounds(points: list[tuple[float, float]]) -> list[float] | None:
    """West, south, east, north, with a margin of some kilometres."""
    if not points:
        return None
    lons, lats = [lon for lon, _ in points], [lat for _, lat in points]
    margin = 0.05
    return [
        round(min(lons) - margin, 3),
        round(min(lats) - margin, 3),
        round(max(lons) + margin, 3),
        round(max(lats) + margin, 3),
    ]


def legend(view: View, measure: Measure, at: str) -> list[tuple[Decimal | int, float]]:
    """Round values and the radius of their circles, the largest first."""
    top = _top(_places(view, at), measure)
    if top <= 0:
        return []
    exponent = math.floor(math.log10(float(top)))
    largest = Decimal(10) ** exponent
    for factor in (5, 2):
        if largest * factor <= top:
            largest *= factor
            break
    found: list[tuple[Decimal | int, float]] = []
    for value in (largest, largest * 2 / 5, largest / 10):
        size = radius(value, top)
        if size > _ZERO_RADIUS:
            found.append((_plain(value), round(size, 2)))
    return found


def _plain(value: Decimal) -> Decimal | int:
    return int(value) if value == value.to_integral_value() else value.normalize()
