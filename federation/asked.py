"""What a person asks of a view: windows by their labels, as one span of instants."""

from federation.composition_claim import WindowKind
from federation.coverage import Span
from federation.errors import MalformedError
from federation.places import zone_of_place
from federation.windows import of_label
from schemas.territory import Territory


def asked_span(
    ground: Territory, kind: WindowKind, start: str | None, end: str | None
) -> Span | None:
    """Where the windows asked for begin and end, whatever the zones of the territory.

    Args:
        ground: The territory.
        kind: Of the windows.
        start: First window as a label (`2026-11-23`); the last one unless said.
        end: Last window, included; the first one unless said.

    Returns:
        Seconds since 1970 UTC, the end exclusive; None if nothing was asked, or for registers.

    Raises:
        MalformedError: `window`: a label that is none.
    """
    if kind == "none" or (start is None and end is None):
        return None
    zones = {zone_of_place(code) for code in ground.communes}
    low: list[int] = []
    high: list[int] = []
    for zone in zones:
        low.append(_window(kind, start or end or "", zone)[0])
        high.append(_window(kind, end or start or "", zone)[1])
    return min(low), max(high)


def _window(kind: WindowKind, text: str, zone: str) -> Span:
    try:
        found = of_label(kind, text, zone)
    except ValueError:
        found = None
    if found is None:
        raise MalformedError(
            f"{text[:40]!r} is not a {kind}",
            code="window",
            remedy="write for example 2026-11-23",
        )
    return found
