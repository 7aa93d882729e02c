"""What a node keeps: SQL (SQLite, or PostgreSQL by URL) and segment files of contents.

Start at `Store`; the rows that go in and come out are in `node.store.rows`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from node.store.errors import (
    CorruptContentError,
    ErasedContentError,
    MovedError,
    StoreBusyError,
    StoreError,
    StorePathError,
    StoreVersionError,
    UnknownRowError,
)

if TYPE_CHECKING:
    from node.store.rows import Committed, Write
    from node.store.store import Store

__all__ = [
    "Committed",
    "CorruptContentError",
    "ErasedContentError",
    "MovedError",
    "Store",
    "StoreBusyError",
    "StoreError",
    "StorePathError",
    "StoreVersionError",
    "UnknownRowError",
    "Write",
]

_LATER: Final = {
    "Committed": "node.store.rows",
    "Store": "node.store.store",
    "Write": "node.store.rows",
}
"""Loaded when asked for: whoever wants the errors only doesn't wait a second for SQL."""


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(name)
