"""Garbage collection waits while a batch is worked through.

A batch makes some ten thousand objects, most of which live as long as it does and hardly any of
which lie in a circle: the collector would walk over all of them, and over the whole process, again
and again without finding anything. It has its turn between batches.

Meanwhile threads hand the interpreter over sooner: one that checks signatures needs it for two
microseconds in a hundred, and would wait for it for five thousand.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

TURNS_MAX: Final = 8
"""After so many batches that overlapped without a gap, it has its turn all the same."""

SWITCH_S: Final = 0.0005
"""How long a thread keeps the interpreter while another one waits for it (Python's own: 0.005)."""


class _Pause:
    """Who is at work; what they found is put back."""

    def __init__(self) -> None:
        self._lock: Final = Lock()
        self._working = 0
        self._turns = 0
        self._paused = False
        self._switch_s = 0.0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Put collection off until those inside, in whatever threads, have left."""
        with self._lock:
            if self._working == 0:
                self._switch_s = sys.getswitchinterval()
                sys.setswitchinterval(SWITCH_S)
            self._working += 1
            if not self._paused and gc.isenabled():
                self._paused = True
                gc.disable()
        try:
            yield
        finally:
            with self._lock:
                self._working -= 1
                if self._working == 0:
                    sys.setswitchinterval(self._switch_s)
                self._turns += 1
                if self._paused and (self._working == 0 or self._turns >= TURNS_MAX):
                    self._paused = False
                    self._turns = 0
                    gc.enable()


uncollected: Final = _Pause()
