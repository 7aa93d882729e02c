"""Exit statuses: the one place where an error becomes a number that scripts rely on.

| status | meaning |
|---|---|
| 0 | done |
| 1 | the data or a signature is bad |
| 2 | wrong use: a wrong option, name, file or setting |
| 3 | can't reach what is needed: hub, store, disk, port; try again later |
| 70 | a fault of the program itself (EX_SOFTWARE of BSD's sysexits) |
| 130 | interrupted by Ctrl-C |
| 143 | ended by SIGTERM before it was in service |
"""

import errno
from enum import IntEnum
from typing import Final

from federation.errors import (
    LimitError,
    MaillageError,
    StateError,
    TrustError,
    UnknownError,
    UnreachableError,
)
from node.broker import BrokerError
from node.link.errors import LinkError, ReadError, RejectedError
from node.store.errors import (
    CorruptContentError,
    ErasedContentError,
    StoreError,
    StorePathError,
    StoreVersionError,
    UnknownRowError,
)
from schemas.document import SchemaFault
from schemas.territory import UnknownTerritoryError


class Status(IntEnum):
    """How a command ended."""

    DONE = 0
    BAD = 1
    USAGE = 2
    UNREACHABLE = 3
    UNEXPECTED = 70


USAGE_CODES: Final = frozenset(
    {
        "charter-digest",
        "ca-file",
        "charter-file",
        "competence",
        "competences-file",
        "data-dir",
        "date",
        "data-directory",
        "database-url",
        "dataset-id",
        "devices-table",
        "from-file",
        "hub-dir",
        "hub-settings",
        "hub-url",
        "key-file",
        "mapping",
        "mapping-confirm",
        "name",
        "origin",
        "output-busy",
        "output-file",
        "participant-id",
        "place",
        "position",
        "proxy-password-file",
        "proxy-url",
        "report-file",
        "scope",
        "settings",
        "state-file",
        "tls-certificate",
        "token",
        "token-file",
        "trust",
        "url",
        "window",
    }
)
"""Codes that come from an option, a setting or a file of one's own, whatever their class."""

UNREACHABLE_CODES: Final = frozenset({"http-address"})
"""Codes of what isn't free or there now, whatever their class."""

_BY_CLASS: Final[tuple[tuple[type[BaseException], Status], ...]] = (
    # narrower classes first
    (UnreachableError, Status.UNREACHABLE),
    (UnknownError, Status.USAGE),
    (UnknownTerritoryError, Status.USAGE),
    (StorePathError, Status.USAGE),
    (StoreVersionError, Status.USAGE),
    (UnknownRowError, Status.USAGE),
    (CorruptContentError, Status.BAD),
    (ErasedContentError, Status.BAD),
    (StoreError, Status.UNREACHABLE),
    (ReadError, Status.BAD),
    (RejectedError, Status.BAD),
    (LinkError, Status.UNREACHABLE),
    (BrokerError, Status.UNREACHABLE),
    (TrustError, Status.BAD),
    (StateError, Status.BAD),
    (LimitError, Status.BAD),
    (MaillageError, Status.BAD),
    (SchemaFault, Status.BAD),
    (ConnectionError, Status.UNREACHABLE),
    (TimeoutError, Status.UNREACHABLE),
)

_UNAVAILABLE: Final = frozenset(
    {
        errno.EADDRINUSE,
        errno.EADDRNOTAVAIL,
        errno.EDQUOT,
        errno.EHOSTUNREACH,
        errno.EIO,
        errno.ENETUNREACH,
        errno.ENOSPC,
    }
)
"""System errors that are not a wrong use: the port, the disk or the network isn't there now."""


def leaf(error: BaseException) -> BaseException:
    """The first error that isn't a group of errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def status_of(error: BaseException) -> Status:
    """The exit status for an error.

    Args:
        error: Anything that a command let out.
    """
    error = leaf(error)
    if getattr(error, "code", None) in USAGE_CODES:
        return Status.USAGE
    if getattr(error, "code", None) in UNREACHABLE_CODES:
        return Status.UNREACHABLE
    for kind, status in _BY_CLASS:
        if isinstance(error, kind):
            return status
    if isinstance(error, OSError):
        return Status.UNREACHABLE if error.errno in _UNAVAILABLE else Status.USAGE
    return Status.UNEXPECTED
