"""The one error tree of the federation. Each class says what its caller should do."""


class MaillageError(Exception):
    """Root of all errors that this project raises on purpose.

    Attributes:
        code: A stable reason code in kebab-case, for programs and for support.
        remedy: What the reader can do, in plain words; empty when nothing can be done.
    """

    def __init__(self, message: str, *, code: str, remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.remedy = remedy


class MalformedError(MaillageError):
    """Bytes that are not what they should be. Drop them and tell the sender; don't try again."""


class UnknownError(MaillageError):
    """What was named isn't known here (a participant, a schema). Ask for it, or correct it."""


class TrustError(MaillageError):
    """A signature, key or role doesn't hold. Drop it, keep the evidence; never go on without it."""


class StateError(MaillageError):
    """What was asked doesn't fit the state (a fork, a gap). Halt that dataset and show it."""


class LimitError(MaillageError):
    """A limit of `federation.limits` is passed. Send less, or in several steps."""


class UnreachableError(MaillageError):
    """What is needed can't be reached now (a node, a network). Try again later."""
