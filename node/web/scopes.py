"""What a request may do: scopes, and what grants them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """What a token allows."""

    READ = "read"
    """All rows, figures and states that this node may show inside."""
    PUBLISH = "publish"
    """Take in files; READ with it."""
    DEVICES = "devices"
    """Hand in sensor readings, nothing else."""
    ADMIN = "admin"
    """Everything."""


_IMPLIED: Final[dict[Scope, frozenset[Scope]]] = {
    Scope.READ: frozenset({Scope.READ}),
    Scope.PUBLISH: frozenset({Scope.PUBLISH, Scope.READ}),
    Scope.DEVICES: frozenset({Scope.DEVICES}),
    Scope.ADMIN: frozenset(Scope),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """What a request may do.

    Attributes:
        scopes: All that is allowed, implied ones included.
        name: Of the token, for people; empty for nobody.
        participants: In whose names files are taken in; empty for everybody on the node.
        token: Id of the token; empty for the administrator's and for nobody.
    """

    scopes: frozenset[Scope] = frozenset()
    name: str = ""
    participants: frozenset[str] = frozenset()
    token: str = ""

    @classmethod
    def of(
        cls, scopes: Iterable[Scope], name: str, participants: Iterable[str] = (), token: str = ""
    ) -> "Grant":
        """A grant with what its scopes imply."""
        implied = frozenset[Scope]().union(*(_IMPLIED[one] for one in scopes))
        return cls(implied, name, frozenset(participants), token)

    def allows(self, scope: Scope) -> bool:
        """Whether a scope is granted."""
        return scope in self.scopes

    def publishes_for(self, participant: str) -> bool:
        """Whether files may be taken in in this body's name."""
        return self.allows(Scope.PUBLISH) and (
            not self.participants or participant in self.participants
        )


NOBODY: Final = Grant()
"""Of a request without token and session: what is public."""

ADMIN: Final = Grant.of([Scope.ADMIN], "token")
"""Of the administrator's token."""
