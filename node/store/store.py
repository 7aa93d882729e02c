"""The store of a node: one data directory, one database.

Everything here blocks; callers in an event loop use `asyncio.to_thread`. All of it may be called
from any thread: writers take turns, readers don't wait for them.
"""

import stat
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from node.store import receiver
from node.store.cells import Cells
from node.store.contents import Contents
from node.store.database import BUSY_TIMEOUT_S, FILE_NAME, Database
from node.store.documents import Documents
from node.store.errors import StorePathError
from node.store.held import Held
from node.store.inbox import Inbox
from node.store.migrate import migrate
from node.store.own import Own
from node.store.publications import Publications
from node.store.receipts import Receipts
from node.store.reports import Explanation, Status, Waits
from node.store.rows import Committed, Write
from node.store.segments import Segments, sync_directory
from node.store.settings import Settings
from node.store.status import explain, status, waits
from node.store.watch import Watch

SEGMENTS_NAME: Final = "segments"


class Store:
    """A node's store. Made by `Store.open`.

    Attributes:
        contents: Contents by digest, and their erasing.
        publications: Publications and heads, for reading.
        cells: Cells, for reading.
        held: What is held, and evidence, for reading.
        documents: Identities, charters, descriptors, checkpoints, schemas.
        receipts: Receipts received and due, and refusals.
        own: What participants of this node publish.
        inbox: Readings of sensors.
        settings: Small settings that belong to the data.
        watch: Tells who waits for new publications.
    """

    def __init__(self, database: Database, segments: Segments) -> None:
        self._database = database
        self.watch: Final = Watch()
        self.contents: Final = Contents(database, segments)
        self.publications: Final = Publications(database)
        self.cells: Final = Cells(database)
        self.held: Final = Held(database)
        self.documents: Final = Documents(database)
        self.receipts: Final = Receipts(database)
        self.own: Final = Own(database, self.contents, self.watch)
        self.inbox: Final = Inbox(database)
        self.settings: Final = Settings(database)

    @classmethod
    def open(
        cls, data_dir: Path, url: str | None = None, *, busy_timeout_s: float = BUSY_TIMEOUT_S
    ) -> Self:
        """Open a store; make it, or bring it up to date, where that is needed.

        Args:
            data_dir: Made with mode 0700 when it is missing. Contents are always here.
            url: Of a PostgreSQL database; None for SQLite in the data directory.
            busy_timeout_s: How long a writer waits for another one.

        Raises:
            StorePathError: The directory or the URL can't be used.
            StoreVersionError: The database is newer than this program, or not one of ours.
            StoreBusyError: The database can't be reached, or another process keeps it locked.
            StoreError: The database failed.
            OSError: The directory can't be written.
        """
        _prepare_directory(data_dir)
        segments = Segments(data_dir / SEGMENTS_NAME)
        database = Database(data_dir, url, busy_timeout_s)
        try:
            with database.write() as connection:
                migrate(connection)
            store = cls(database, segments)
            store.contents.finish_erasures()
        except BaseException:
            database.close()
            raise
        return store

    def commit(self, write: Write) -> Committed:
        """Store a batch in one transaction; see `node.store.receiver.commit`."""
        done = receiver.commit(self._database, self.contents, write)
        if write.publications:
            self.watch.tell()
        return done

    def status(self) -> Status:
        """Counts of everything."""
        return status(self._database)

    def waits(self) -> Waits:
        """Since when something waits."""
        return waits(self._database)

    def explain(self, digest: str) -> Explanation:
        """Everything known of one publication."""
        return explain(self._database, digest)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _prepare_directory(path: Path) -> None:
    """Make the directory, or close it to others if it is empty or a store's already.

    Any other directory is left alone: closing somebody's `/tmp` or home would break other programs.
    """
    if not path.exists():
        path.mkdir(mode=0o700, parents=True)
        sync_directory(path.parent)
        return
    if not path.is_dir():
        raise StorePathError(
            f"The data directory {path} is not a directory",
            code="data-directory",
            remedy="Name a directory, or one that doesn't exist yet.",
        )
    if not stat.S_IMODE(path.stat().st_mode) & 0o077:
        return
    names = {entry.name for entry in path.iterdir()}
    if names and not names & {FILE_NAME, SEGMENTS_NAME}:
        raise StorePathError(
            f"Others can read the directory {path}, and it holds other things than a node's data",
            code="data-directory-open",
            remedy=f"Use an empty directory, or close this one: chmod 700 {path}",
        )
    path.chmod(0o700)
