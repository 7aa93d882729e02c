"""No garbage collection while a batch is worked through.

A batch makes some ten thousand objects, most of which live as long as it does and none of which
lie in a circle: the collector would walk over all of them, and over the whole process, again and
again without finding anything. It runs between the batches.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

_lock: Final = Lock()
_working: set[object] = set()
_was_enabled: list[bool] = []


@contextmanager
def uncollected() -> Iterator[None]:
    """Put garbage collection off until the last of those inside, in whatever thread, has left."""
    mark = object()
    with _lock:
        if not _working:
            _was_enabled.append(gc.isenabled())
            gc.disable()
        _working.add(mark)
    try:
        yield
    finally:
        with _lock:
            _working.discard(mark)
            if not _working and _was_enabled.pop():
                gc.enable()
