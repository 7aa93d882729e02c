"""What can go wrong between a node and a hub. Each class says what the caller should do."""

from federation.errors import MaillageError
from node.link.faults import Fault


class LinkError(MaillageError):
    """Root of the transport's errors."""


class HubUnreachableError(LinkError):
    """The hub isn't there now (or its stream isn't). Nothing was stored. Try again later.

    Attributes:
        fault: Why, in both languages, where it is known.
    """

    fault: Fault | None = None


class RouteError(HubUnreachableError, ConnectionError):
    """The hub isn't reached, and why is known. Show it; try again later.

    It is an `OSError` too: nats-py goes on trying after these, and stops after others.
    """

    fault: Fault

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.told(), code=fault.code, remedy=fault.remedy())
        self.fault = fault


class UnconfirmedError(LinkError):
    """Sent, but no answer came: stored or not. Read the last own message, then decide."""


class NotPermittedError(LinkError):
    """The hub's configuration doesn't let this node do that. Halt: an operator must act."""


class RejectedError(LinkError):
    """The message is refused as it is. Nothing was stored; it won't pass later either."""


class ReadError(LinkError):
    """The hub's read service refused; `code` is the service's own. Correct the request."""


class CasConflictError(LinkError):
    """The hub's last own message isn't the one that was expected. Read it, then rewind.

    It follows a lost acknowledgement (the message is stored already) as well as a restored
    snapshot or a second process that sends for the same participant.

    Attributes:
        actual: Stream sequence of the last own message, where the hub named it.
        stored: Messages of this call that were stored before the conflict.
    """

    def __init__(self, expected: int, actual: int | None, stored: int) -> None:
        super().__init__(
            f"the hub's last own message is {'another' if actual is None else actual},"
            f" {expected} was expected",
            code="cas-conflict",
            remedy="compare with the last own message on the hub, then send what is missing",
        )
        self.actual = actual
        self.stored = stored
