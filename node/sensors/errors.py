"""What is refused of a sensor. Each class says what its caller should do."""

from federation.errors import MalformedError


class ReadingError(MalformedError):
    """A reading that can't stand: a field is missing, a value or a time is absurd.

    Tell the sender, count it under its device, and store nothing of it.

    Attributes:
        device: Whose, where it got so far; else empty.
    """

    def __init__(self, message: str, *, code: str, remedy: str = "", device: str = "") -> None:
        super().__init__(message, code=code, remedy=remedy)
        self.device = device


class DeviceUnknownError(ReadingError):
    """The device isn't in the table. Add it there, or take the webhook off it."""


class DevicesError(MalformedError):
    """The table of devices can't be used. Mend the file; until then no reading is taken."""
