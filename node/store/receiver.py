"""The receiver's side: one batch, one transaction."""

from dataclasses import replace

from sqlalchemy import Connection

from node.store import cells, documents, held, publications, receipts
from node.store.contents import Contents
from node.store.database import Database
from node.store.errors import StoreError
from node.store.rows import Committed, Write


def commit(database: Database, contents: Contents, write: Write) -> Committed:
    """Store a batch: all of it, or nothing.

    1. Contents are appended to the day's segment file and fsynced.
    2. Everything else, and where the contents lie, goes into one SQL transaction.
    3. Contents to be erased are marked in that transaction and overwritten after it; what a crash
       leaves marked is overwritten when the store is opened again.

    Killed at any point, the store is as it was before the batch or as it is after it, and the same
    batch can be stored again with the same outcome (but for `cells_merged`, which are merged each
    time: the caller knows by the heads whether a batch was stored).

    Raises:
        ExactnessError: A merged cell passes 128 bits.
        StoreBusyError: Another writer holds the store. Try again.
        StoreError: The database refused or failed.
        OSError: A segment file can't be written.
    """
    with database.write() as connection:
        appended = None
        try:
            if write.contents:
                appended = contents.put(connection, write.day, write.contents)
            done = _apply(connection, contents, write)
        except BaseException as error:
            contents.undo(appended, error)
            raise
    return replace(
        done,
        contents_new=0 if appended is None else len(appended.places),
        erasures_failed=_erase(contents) if write.erasures else (),
    )


def _erase(contents: Contents) -> tuple[str, ...]:
    """Overwrite what was marked; the batch is stored by now, so that nothing is raised."""
    try:
        return tuple(str(error) for error in contents.finish_erasures())
    except (OSError, StoreError) as error:
        return (str(error),)


def _apply(connection: Connection, contents: Contents, write: Write) -> Committed:
    publications.put(connection, write.publications)
    publications.void(connection, write.voids)
    publications.PUT_HEADS.run(connection, write.heads)
    for removed in write.cells_removed:
        cells.remove(connection, removed)
    cells.put(connection, write.cells)
    cells.merge(connection, write.cells_merged)
    held.release(connection, write.release)
    ids = held.hold(connection, write.hold, write.hold_limits)
    dropped = held.keep_evidence(connection, write.evidence, write.evidence_max)
    documents.put(connection, write.documents)
    receipts.save(connection, write.receipts)
    receipts.mark(connection, write.receipt_marks)
    receipts.list_refusals(connection, write.refusals)
    receipts.acknowledge(connection, write.acknowledged)
    contents.mark_erasing(connection, write.erasures)
    pairs = zip(write.hold, ids, strict=True)
    return Committed(
        held=ids,
        turned_away=tuple(message for message, number in pairs if number is None),
        evidence_dropped=dropped,
    )
