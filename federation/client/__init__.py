"""Read a node's data in Python, and trust no figure that wasn't verified on one's own machine.

    from federation.client import Client

    with Client("https://noeud.example", trust=["<digest of the charter>"]) as mlg:
        rows = mlg.rows("fr-com-12011/comptage-mobilites").frame

This package is the one shell in `federation`: it fetches and keeps files, and everything that is
decided is decided by the modules around it (docs/adr/0012-the-client-is-a-shell-in-federation.md).
"""

from federation.client.client import Client
from federation.client.errors import IncompleteError, NodeAnswerError, NodeRefusedError
from federation.client.live import Feed
from federation.client.results import Event, Figures, Rows, Signed, Unverified, Verification
from federation.errors import (
    LimitError,
    MaillageError,
    MalformedError,
    StateError,
    TrustError,
    UnknownError,
    UnreachableError,
)

__all__ = [
    "Client",
    "Event",
    "Feed",
    "Figures",
    "IncompleteError",
    "LimitError",
    "MaillageError",
    "MalformedError",
    "NodeAnswerError",
    "NodeRefusedError",
    "Rows",
    "Signed",
    "StateError",
    "TrustError",
    "UnknownError",
    "UnreachableError",
    "Unverified",
    "Verification",
]
