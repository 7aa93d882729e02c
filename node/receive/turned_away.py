"""What could not be held is read again later: where in the hub's stream it is, kept in the store.

A carrier may have only so much held (`federation.limits`). What goes beyond is acknowledged all
the same, else the hub would stop handing out messages of anybody, and noted here first: per
subject pattern the place in the stream where it begins. Once the carrier has room again, its
publications are read from there; what was passed on by it comes by setting the reader back.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from federation.verify import Arrival
from node.store.rows import HeldLimits
from node.store.store import Store

SETTING: Final = "turned-away."
"""Settings of the store: per hub, what was turned away, as JSON."""

ROOM: Final = 0.9
"""A carrier is read again once it holds less than this share of what it may."""

_KIND_AT: Final = 5


@dataclass(frozen=True, slots=True)
class Gap:
    """What is to be read again.

    Attributes:
        pattern: Subjects: a carrier's, of one kind.
        carrier: Whose held messages left no room.
        kind: `pub`, `for` or `fwd`.
        after: Stream sequence behind which the first of it lies.
        count: Messages turned away since.
    """

    pattern: str
    carrier: str
    kind: str
    after: int
    count: int


class TurnedAway:
    """What one hub's reader turned away."""

    def __init__(self, store: Store, hub: str, limits: HeldLimits) -> None:
        """Remember in a store, by the hub's name; `limits` are those of each carrier."""
        self._store: Final = store
        self._limits: Final = limits
        self._key: Final = f"{SETTING}{hub}"

    def note(self, arrivals: Iterable[Arrival]) -> None:
        """Remember messages before they are acknowledged. Each arrival's `ref` is its place.

        Raises:
            StoreError: Not remembered; don't acknowledge.
        """
        found = self._read()
        for one in arrivals:
            assert one.subject is not None
            assert isinstance(one.ref, int)
            pattern = ".".join(one.subject.split(".")[: _KIND_AT + 1]) + ".>"
            after, count = found.get(pattern, (one.ref - 1, 0))
            found[pattern] = min(after, one.ref - 1), count + 1
        self._write(found)

    def done(self, gap: Gap, through: int | None) -> None:
        """Read again: up to a place, or to the end."""
        found = self._read()
        if through is None:
            found.pop(gap.pattern, None)
        elif gap.pattern in found:
            found[gap.pattern] = through, found[gap.pattern][1]
        self._write(found)

    def gaps(self) -> list[Gap]:
        """All that is to be read again."""
        return _gaps(self._read())

    def with_room(self) -> list[Gap]:
        """Those whose carrier may have more held now."""
        found = self.gaps()
        held = self._store.status().held if found else {}
        return [one for one in found if self._has_room(*held.get(one.carrier, (0, 0)))]

    def _has_room(self, messages: int, size_bytes: int) -> bool:
        limits = self._limits
        return messages < ROOM * limits.messages and size_bytes < ROOM * limits.size_bytes

    def _read(self) -> dict[str, tuple[int, int]]:
        return _parsed(self._store.settings.get(self._key))

    def _write(self, found: dict[str, tuple[int, int]]) -> None:
        self._store.settings.set(self._key, json.dumps(found))


def _gaps(found: dict[str, tuple[int, int]]) -> list[Gap]:
    gaps = []
    for pattern, (after, count) in sorted(found.items()):
        tokens = pattern.split(".")
        gaps.append(Gap(pattern, tokens[_KIND_AT - 1], tokens[_KIND_AT], after, count))
    return gaps


def all_gaps(store: Store, hubs: Sequence[str]) -> dict[str, list[Gap]]:
    """What was turned away, by hub; for status."""
    settings = store.settings.all()
    return {hub: _gaps(_parsed(settings.get(f"{SETTING}{hub}"))) for hub in hubs}


def _parsed(text: str | None) -> dict[str, tuple[int, int]]:
    return {name: (after, count) for name, (after, count) in json.loads(text or "{}").items()}
