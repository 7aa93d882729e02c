"""What the store raises. Each class says what its caller should do."""

from federation.errors import MaillageError


class StoreError(MaillageError):
    """The database refused or failed (disk full, broken constraint). Nothing was written. Halt."""


class StoreBusyError(StoreError):
    """Another writer held the store too long, or the connection broke. Try the same again later.

    When the connection to a PostgreSQL server breaks during a commit, the write may have been
    kept; every write can be repeated with the same outcome, so that trying again is safe.
    """


class StoreVersionError(StoreError):
    """A newer program, or another one, wrote this database. Halt; install the newer one."""


class StorePathError(StoreError):
    """The data directory can't be used as it is. Halt and show the remedy."""


class StoreFullError(StoreError):
    """So much waits already that nothing more is taken. Nothing was written. Try again later."""


class UnknownRowError(StoreError):
    """What was named isn't in this store. Correct the name, or ask those who hold it."""


class MovedError(StoreError):
    """The dataset's head isn't what the caller built upon. Read it again and build anew."""


class ErasedContentError(StoreError):
    """The content was withdrawn and erased. Don't ask for it again."""


class CorruptContentError(StoreError):
    """A stored content isn't what was stored. Fetch it again by its digest from who holds it.

    Attributes:
        digest: The content's.
        file: The segment file.
        position_bytes: Where the record begins in it.
    """

    def __init__(self, message: str, *, digest: str, file: str, position_bytes: int) -> None:
        super().__init__(
            f"{message} ({file}, byte {position_bytes})",
            code="content-corrupt",
            remedy="Check the disk; fetch this content again from the hub or from another member.",
        )
        self.digest = digest
        self.file = file
        self.position_bytes = position_bytes
