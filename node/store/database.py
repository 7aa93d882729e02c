"""The database: SQLite in the data directory, or a PostgreSQL server by URL.

One writer at a time, on both: SQLite by `BEGIN IMMEDIATE`, PostgreSQL by an advisory lock taken
first in each writing transaction. The lock covers the segment files too, since contents are
appended inside the transaction that indexes them. Readers never wait for the writer.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from node.store.errors import StoreBusyError, StoreError, StorePathError

FILE_NAME: Final = "maillage.db"
BUSY_TIMEOUT_S: Final = 30.0
"""How long a writer waits for another: longer than the largest commit takes."""

WRITER_CACHE_KIB: Final = 128 * 1024
"""Page cache of SQLite's writing connection, at most. Digests fall on any page of their indexes, so
that these pages are wanted all the time. A commune's database is smaller than that, and takes no
more than its size."""

READER_CACHE_KIB: Final = 8 * 1024
"""Page cache of an SQLite connection that reads; the system caches the file as well."""

CHECKPOINT_PAGES: Final = 8192
"""SQLite's log is moved into the database at 32 MiB: some 20 commits of 500 publications each."""

READERS: Final = 4
"""Reading connections kept open; more are opened for a time when more threads read."""

_WRITER_LOCK: Final = 0x6D6C_6701
"""Key of PostgreSQL's advisory lock: `mlg`, lock 1."""

_BUSY_STATES: Final = frozenset({"55P03", "57014", "40001", "40P01", "57P01", "57P02", "57P03"})
"""SQLSTATE: lock not available, cancelled, serialization, deadlock, server stopping or starting."""


class Database:
    """Two engines on one database: one connection that writes, several that read.

    Args:
        data_dir: The data directory, which exists.
        url: `postgresql://…` or `postgresql+psycopg://…`; None for SQLite in the data directory.
        busy_timeout_s: How long a writer waits for another.

    Raises:
        StorePathError: The URL isn't one of PostgreSQL.
    """

    def __init__(self, data_dir: Path, url: str | None, busy_timeout_s: float) -> None:
        self._busy_timeout_s = busy_timeout_s
        self._lock = threading.Lock()
        if url is None:
            path = data_dir / FILE_NAME
            # SQLite gives its log files the mode of the database.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            path.chmod(0o600)
            target = URL.create("sqlite+pysqlite", database=str(path))
        else:
            target = _postgresql_url(url)
        self._writer = self._engine(target, writes=True)
        self._reader = self._engine(target, writes=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite."""
        return self._writer.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A writing transaction, the only one: committed at the end, rolled back by an exception.

        Raises:
            StoreBusyError: Another writer held the database too long, or it can't be reached.
            StoreError: The database refused or failed.
        """
        if not self._lock.acquire(timeout=self._busy_timeout_s):
            raise _busy("another thread is writing for too long")
        try:
            with _translated(), self._writer.begin() as connection:
                yield connection
        finally:
            self._lock.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A reading transaction: one state of the database from its first query to its end.

        Raises:
            StoreBusyError: The database can't be reached.
            StoreError: The database refused or failed.
        """
        with _translated(), self._reader.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._reader.dispose()
        self._writer.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _engine(self, url: URL, *, writes: bool) -> Engine:
        sqlite = url.get_backend_name() == "sqlite"
        engine = create_engine(
            url,
            pool_size=1 if writes else READERS,
            max_overflow=0 if writes else -1,
            pool_pre_ping=not sqlite,
            pool_use_lifo=True,
            isolation_level=None if sqlite or writes else "REPEATABLE READ",
            connect_args={"check_same_thread": False} if sqlite else {},
        )
        if sqlite:
            _prepare_sqlite(engine, writes=writes, busy_timeout_s=self._busy_timeout_s)
        else:
            _prepare_postgresql(engine, writes=writes, busy_timeout_s=self._busy_timeout_s)
        return engine


def _postgresql_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() != "postgresql":
        raise StorePathError(
            "The database URL isn't one of PostgreSQL",
            code="database-url",
            remedy="Write it as postgresql://user@host/database, or leave it out for SQLite.",
        )
    return parsed.set(drivername="postgresql+psycopg")


def _prepare_sqlite(engine: Engine, *, writes: bool, busy_timeout_s: float) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN comes too late (before the first change, not the first read).
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(busy_timeout_s * 1000)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB if writes else READER_CACHE_KIB}")
        cursor.execute("PRAGMA temp_store = MEMORY")
        cursor.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        if not writes:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(engine: Engine, *, writes: bool, busy_timeout_s: float) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {int(busy_timeout_s * 1000)}")
            if not writes:
                cursor.execute("SET default_transaction_read_only = on")
        connection.commit()

    if writes:

        @event.listens_for(engine, "begin")
        def on_begin(connection: Connection) -> None:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")


def _busy(why: str) -> StoreBusyError:
    return StoreBusyError(
        f"The store is busy: {why}",
        code="store-busy",
        remedy="Try again. If it stays so, look for another process on the same data directory.",
    )


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the database's errors into the store's."""
    try:
        yield
    except PoolTimeoutError as error:
        raise _busy("no connection became free") from error
    except DBAPIError as error:
        text = str(error.orig).strip()
        state = getattr(error.orig, "sqlstate", None)
        locked = isinstance(error, OperationalError) and "locked" in text
        if locked or error.connection_invalidated or state in _BUSY_STATES or _unreachable(error):
            raise _busy(text) from error
        raise StoreError(
            f"The database failed: {text}",
            code="store-failed",
            remedy="Check the free space of the disk and the database's own log.",
        ) from error
    except SQLAlchemyError as error:
        raise StoreError(
            f"The database failed: {error}",
            code="store-failed",
            remedy="Check the installation; this shouldn't happen.",
        ) from error


def _unreachable(error: DBAPIError) -> bool:
    """Whether a PostgreSQL server couldn't be reached at all (such an error has no SQLSTATE)."""
    return (
        isinstance(error, OperationalError)
        and type(error.orig).__module__.startswith("psycopg")
        and getattr(error.orig, "sqlstate", None) is None
    )
