"""What a node keeps: SQL (SQLite, or PostgreSQL by URL) and segment files of contents.

Start at `Store`; the rows that go in and come out are in `node.store.rows`.
"""

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
