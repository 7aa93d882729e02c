"""Figures of parties beside one another: the last days of a series, totals of a register."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from federation.views import View
from node.clock import now_us
from node.datasets import Dataset
from node.node import Node
from node.web.pages import view_tables
from node.web.pages.site import zone_here
from node.web.pages.texts import Lang, labelled
from schemas.model import Measure, Schema

DAYS: Final = 7
"""Days compared, the newest with figures."""

BAR_MAX: Final = 100.0


@dataclass(frozen=True, slots=True)
class Line:
    """One measure in one window.

    Attributes:
        measure: Its label.
        column: Which of its figures: a key of the page's texts.
        unit: Of the figures.
        window: Label; empty for registers.
        values: Of each party; None where nothing came.
        bars: The same from 0 to 100 of the largest of the measure.
    """

    measure: str
    column: str
    unit: str
    window: str
    values: tuple[Decimal | int | None, ...]
    bars: tuple[float, ...]


def figures(
    node: Node, schema: Schema, parties: Sequence[Dataset], lang: Lang, *, inside: bool
) -> list[Line]:
    """What the parties' datasets under one schema come to.

    Args:
        node: Whose cells they are.
        schema: Of all these datasets.
        parties: Their datasets, in the order of the columns.
        lang: Of the page.
        inside: The reader may see more than what is open.
    """
    measures = schema.measures[:1] if schema.kind == "series" else schema.measures
    found = []
    for measure in measures:
        views = [_view(node, schema, measure, one, parties, inside=inside) for one in parties]
        found += _lines(measure, views, lang)
    return found


def _view(
    node: Node,
    schema: Schema,
    measure: Measure,
    one: Dataset,
    parties: Sequence[Dataset],
    *,
    inside: bool,
) -> View:
    owner, public = one.owner, not inside
    if schema.base_window is None:
        return node.view(owner, measure.name, "none", now_us=now_us(), public=public)
    if schema.usual_window != "day":
        return node.view(owner, measure.name, now_us=now_us(), public=public)
    ends = [row.head.period_end for row in parties if row.head.period_end is not None]
    moment = (max(ends, default=now_us()) - 1) / 1e6
    last = dt.datetime.fromtimestamp(moment, ZoneInfo(zone_here(node))).date()
    first = last - dt.timedelta(days=DAYS - 1)
    return node.view(
        owner,
        measure.name,
        "day",
        start=first.isoformat(),
        end=last.isoformat(),
        now_us=now_us(),
        public=public,
    )


def _plain(value: Decimal | int | None) -> Decimal | int | None:
    """A figure without the zeros that its resolution puts behind it."""
    if not isinstance(value, Decimal):
        return value
    whole = value.to_integral_value()
    return int(whole) if value == whole else value.normalize()


def _lines(measure: Measure, views: Sequence[View], lang: Lang) -> list[Line]:
    rows: dict[str, list[Decimal | int | None]] = {}
    for at, view in enumerate(views):
        for total in view.totals:
            if total.cell is not None:
                values = rows.setdefault(total.window, [None] * len(views))
                values[at] = _plain(view_tables.principal(total.figures, measure))
    top = max((value for row in rows.values() for value in row if value is not None), default=0)
    summed = "sum" in measure.aggregates
    mean = not summed and "mean" in measure.aggregates
    return [
        Line(
            labelled(measure.labels, lang, measure.field),
            "fig.sum" if summed else "fig.mean" if mean else "fig.number",
            view_tables.principal_unit(measure),
            window,
            tuple(values),
            tuple(
                0.0 if value is None or top <= 0 else max(0.0, float(value / top) * BAR_MAX)
                for value in values
            ),
        )
        for window, values in sorted(rows.items(), reverse=True)
    ]
