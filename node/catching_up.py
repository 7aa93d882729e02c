"""How far behind its hubs a receiving node is, from its start down to nothing.

The running node notes it in the store, where `maillage status`, another process, finds it.
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from federation.errors import MaillageError
from federation.model import instant_text
from node.clock import now_us

if TYPE_CHECKING:
    from node.receive.loop import Receiving
    from node.store.store import Store

NOTE_EVERY_S: Final = 2.0
"""Between two notes: one small write, and none while nothing changes."""

AGAIN_MIN: Final = 1000
"""Messages behind after which one that was up to date counts as catching up again: what comes in
some seconds at the national rate of 389 a second isn't worth a word."""

_KEY: Final = "behind "


@dataclass(frozen=True, slots=True)
class Note:
    """What was noted of one hub.

    Attributes:
        behind: Messages that weren't stored here yet; None while nobody knew.
        at: When, RFC 3339.
    """

    behind: int | None
    at: str

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {"behind": self.behind, "at": self.at}


@dataclass(frozen=True, slots=True)
class Stage:
    """A moment of catching up.

    Attributes:
        kind: `begun`, `going` or `done`; `even`: nothing was waiting at the start.
        done: Messages stored since it began.
        total: Messages that there were to store, those that came meanwhile among them.
        seconds: Since it began.
    """

    kind: str
    done: int = 0
    total: int = 0
    seconds: float = 0.0


class CatchUp:
    """Makes stages of one hub out of numbers: no clock, no screen."""

    def __init__(self) -> None:
        self._known = False
        self._begun_at: float | None = None
        self._stored = 0
        self._last = 0

    def look(self, behind: int | None, now_s: float) -> Stage | None:
        """Take a number.

        Args:
            behind: Messages not stored yet; None while nobody knows.
            now_s: Of a clock that only goes on.

        Returns:
            None where there is nothing to say.
        """
        if behind is None:
            return None
        first, self._known = not self._known, True
        if self._begun_at is None:
            if behind >= (1 if first else AGAIN_MIN):
                self._begun_at, self._stored, self._last = now_s, 0, behind
                return Stage("begun", 0, behind)
            return Stage("even") if first else None
        # what came meanwhile hides what was stored; so much at least was
        self._stored += max(0, self._last - behind)
        self._last = behind
        found = self._stored, self._stored + behind, now_s - self._begun_at
        if behind:
            return Stage("going", *found)
        self._begun_at = None
        return Stage("done", *found)


def read_notes(store: "Store") -> dict[str, Note]:
    """What the running node noted last, by hub."""
    found = {}
    for key, value in store.settings.all().items():
        if key.startswith(_KEY):
            with contextlib.suppress(ValueError, KeyError, TypeError):  # of another version
                told = json.loads(value)
                found[key.removeprefix(_KEY)] = Note(told["behind"], told["at"])
    return found


async def keep_notes(
    store: "Store", receiving: Mapping[str, "Receiving"], stop: asyncio.Event
) -> None:
    """Note how far behind each hub is, whenever that changed, until stopped.

    Args:
        store: Takes the notes.
        receiving: By hub; filled while this runs.
        stop: Ends it.
    """
    noted: dict[str, int | None] = {}
    while not stop.is_set():
        for hub, one in list(receiving.items()):
            if hub in noted and noted[hub] == one.behind:
                continue
            note = Note(one.behind, instant_text(now_us()))
            value = json.dumps(note.to_json())
            # a busy store has more to do than this; the next note is as good
            with contextlib.suppress(MaillageError):
                await asyncio.to_thread(store.settings.set, _KEY + hub, value)
                noted[hub] = note.behind
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), NOTE_EVERY_S)
