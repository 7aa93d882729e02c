"""What can go wrong between a client and a node, beside what verification finds."""

from federation.errors import MaillageError, MalformedError, StateError


class NodeRefusedError(MaillageError):
    """The node says no; `code` is the node's own. Mend the request or the token.

    Attributes:
        status: HTTP status.
    """

    def __init__(self, message: str, *, code: str, remedy: str = "", status: int = 0) -> None:
        super().__init__(message, code=code, remedy=remedy)
        self.status = status


class NodeAnswerError(MalformedError):
    """What came isn't an answer of a Maillage node, or is too large. Check the address."""


class IncompleteError(StateError):
    """Something that must be there is missing, so that no figure can be trusted to be whole.

    Its code is the reason; `partial=True` hands out what there is, with what is missing told.
    """
