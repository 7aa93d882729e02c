"""Being told that something new is stored, without asking again and again."""

from collections.abc import Callable
from threading import Lock
from typing import Final


class Watch:
    """Calls back whoever waits for new publications, in the thread that stored them.

    It says only *that* there is something: whoever is told reads it by its position. What another
    process stores isn't told here.
    """

    def __init__(self) -> None:
        self._lock: Final = Lock()
        self._calls: tuple[Callable[[], None], ...] = ()

    def add(self, call: Callable[[], None]) -> None:
        """Call this after each commit that stored publications. It mustn't block or raise."""
        with self._lock:
            self._calls = (*self._calls, call)

    def remove(self, call: Callable[[], None]) -> None:
        """Don't call it any more."""
        with self._lock:
            self._calls = tuple(one for one in self._calls if one is not call)

    def tell(self) -> None:
        """Something was stored."""
        for call in self._calls:
            call()
