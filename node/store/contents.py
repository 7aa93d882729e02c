"""Contents: their index in SQL, their bytes in segment files."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date
from typing import Final

from sqlalchemy import Connection, bindparam, select, text, update

from node.store.bulk import Bulk, Lookup
from node.store.database import Database
from node.store.errors import CorruptContentError, ErasedContentError, UnknownRowError
from node.store.rows import ContentState
from node.store.segments import Appended, Place, Segments, digest_of
from node.store.tables import CONTENT, PUBLICATION

_IN_MAX: Final = 500
_ADD = Bulk(CONTENT, lambda new: new)
_FIND = Lookup([CONTENT.c.digest], list(CONTENT.columns))
_MARK_ERASING = Bulk(
    CONTENT,
    lambda _: (
        update(CONTENT)
        .values(state=text("'erasing'"))
        .where(CONTENT.c.digest == bindparam("which"), CONTENT.c.state == text("'live'"))
    ),
    ["which"],
)
_MARK_ERASED = Bulk(
    CONTENT,
    lambda _: (
        update(CONTENT).values(state=text("'erased'")).where(CONTENT.c.digest == bindparam("which"))
    ),
    ["which"],
)


class Contents:
    """The contents of one store."""

    def __init__(self, database: Database, segments: Segments) -> None:
        self._database = database
        self._segments = segments

    def get(self, digest: str) -> bytes:
        """One content, compared with its digest.

        Raises:
            UnknownRowError: It never was here.
            ErasedContentError: It was withdrawn and erased.
            CorruptContentError: The file doesn't hold it any more.
        """
        return self.many([digest])[digest]

    def many(self, digests: Sequence[str]) -> dict[str, bytes]:
        """Several contents by their digests, each compared with it; raises like `get`."""
        places = []
        with self._database.read() as connection:
            found = {row[0]: row for row in _FIND.run(connection, [(d,) for d in digests])}
        for digest in digests:
            row = found.get(digest)
            if row is None:
                raise UnknownRowError(
                    f"The content {digest} isn't stored here",
                    code="content-unknown",
                    remedy="Ask the hub, the owner or another member for it.",
                )
            if row[4] != "live":
                raise ErasedContentError(
                    f"The content {digest} was withdrawn and erased", code="content-erased"
                )
            places.append(Place(*row[:4]))
        return dict(self._segments.read(places))

    def state(self, digest: str) -> ContentState | None:
        """Whether it is here; None if it never was."""
        with self._database.read() as connection:
            state: ContentState | None = connection.scalar(
                select(CONTENT.c.state).where(CONTENT.c.digest == digest)
            )
        return state

    def erase(self, digest: str) -> None:
        """Overwrite a content with zeros, for good; nothing happens if it is erased already.

        Raises:
            UnknownRowError: It never was here.
            CorruptContentError: There is no such record in the file; it stays marked for erasing.
        """
        if self.state(digest) is None:
            raise UnknownRowError(f"The content {digest} isn't stored here", code="content-unknown")
        with self._database.write() as connection:
            self.mark_erasing(connection, [digest])
        for error in self.finish_erasures():
            if error.digest == digest:
                raise error

    def put(self, connection: Connection, day: date, blobs: Sequence[bytes]) -> Appended | None:
        """Append contents to the day's file and index them, inside a writing transaction.

        Those that the index knows already (erased ones too) are not written again.

        Returns:
            What was appended; None if all were known.

        Raises:
            OSError: The file can't be written.
        """
        fresh = self._unknown(connection, blobs)
        if not fresh:
            return None
        appended = self._segments.append(day, fresh)
        _ADD.run(
            connection,
            [(p.digest, p.segment, p.position, p.size, "live") for p in appended.places],
        )
        return appended

    def undo(self, appended: Appended | None, error: BaseException) -> None:
        """Cut off what was appended, when the transaction can't be committed.

        Not when the connection broke: then another process may be writing by now, and the bytes
        are left where they harm nobody.
        """
        broken = getattr(error, "connection_invalidated", False)
        if appended is not None and not broken:
            with suppress(OSError):
                self._segments.undo(appended)

    @staticmethod
    def mark_erasing(connection: Connection, digests: Iterable[str]) -> None:
        """Mark live contents, inside a writing transaction; `finish_erasures` does the rest.

        A content that a publication in force still names stays: else somebody could sign a copy
        of another's content, withdraw that, and so erase what isn't theirs.
        """
        wanted = list(digests)
        used = {
            row[0]
            for start in range(0, len(wanted), _IN_MAX)
            for row in connection.execute(
                select(PUBLICATION.c.content_digest).where(
                    PUBLICATION.c.content_digest.in_(wanted[start : start + _IN_MAX]),
                    PUBLICATION.c.verdict != "refused",
                    PUBLICATION.c.void.is_(False),
                )
            )
        }
        _MARK_ERASING.run(connection, [(digest,) for digest in wanted if digest not in used])

    def finish_erasures(self) -> tuple[CorruptContentError, ...]:
        """Overwrite what is marked: after a commit that marked it, or after a crash before that.

        Returns:
            Those that couldn't be overwritten, because their record isn't where it should be.
            They stay marked, and `Status.erasures_pending` shows them.

        Raises:
            OSError: A file can't be written.
        """
        with self._database.read() as connection:
            marked = connection.execute(
                select(*CONTENT.columns).where(CONTENT.c.state == "erasing")
            ).all()
        failed = []
        done = []
        for row in marked:
            try:
                self._segments.erase(Place(*row[:4]))
            except CorruptContentError as error:
                failed.append(error)
            else:
                done.append((row[0],))
        if done:
            with self._database.write() as connection:
                _MARK_ERASED.run(connection, done)
        return tuple(failed)

    @staticmethod
    def _unknown(connection: Connection, blobs: Sequence[bytes]) -> dict[str, bytes]:
        """By their digests, those that the index doesn't know."""
        by_digest = {digest_of(blob): blob for blob in blobs}
        for row in _FIND.run(connection, [(digest,) for digest in by_digest]):
            by_digest.pop(row[0], None)
        return by_digest
