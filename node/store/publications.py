"""Reading publications and heads; `commit` and the own side write them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, and_, bindparam, func, or_, select, text, update

from node.store.bulk import Bulk, Lookup
from node.store.database import Database
from node.store.mapping import Mapped, clean
from node.store.rows import HeadRow, PublicationRow, Span
from node.store.tables import HEAD, OWN_HEAD, PUBLICATION, TEXT

PUBLICATIONS: Final = Mapped(PublicationRow, PUBLICATION)

_P = PUBLICATION.c
_UPDATED = ("verdict", "reason", "detail", "received_at", "void")
_PUT = Bulk(
    PUBLICATION,
    lambda new: new.on_conflict_do_update(
        index_elements=["digest"],
        set_={name: new.excluded[name] for name in _UPDATED}
        | {"content_digest": func.coalesce(new.excluded.content_digest, _P.content_digest)},
        where=_P.verdict != text("'accepted'"),
    ),
)
_FIND = Lookup([_P.digest], PUBLICATIONS.columns)
_KNOWN = Lookup([_P.digest], [_P.digest])
_LAST = select(func.max(_P.position))
_LEVELS: Final = ("open", "federation", "partners", "aggregate-only")
"""Sharing levels, from the least strict to the strictest."""

_VOID = Bulk(
    PUBLICATION,
    lambda _: update(PUBLICATION).values(void=text("TRUE")).where(_P.digest == bindparam("which")),
    ["which"],
)


def _put_heads(table: Table) -> Bulk:
    changed = [c.name for c in table.columns if c.name != "dataset"]
    return Bulk(
        table,
        lambda new: new.on_conflict_do_update(
            index_elements=["dataset"], set_={name: new.excluded[name] for name in changed}
        ),
    )


PUT_HEADS: Final = _put_heads(HEAD)
PUT_OWN_HEADS: Final = _put_heads(OWN_HEAD)


class Publications:
    """Publications of this node's participants and of others, and how far each dataset is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, digests: Sequence[str]) -> dict[str, PublicationRow]:
        """Those of the publications that there are, by digest."""
        with self._database.read() as connection:
            found = _FIND.run(connection, [(digest,) for digest in digests])
            return {row.digest: row for row in map(PUBLICATIONS.row, found)}

    def known(self, digests: Sequence[str]) -> set[str]:
        """Those of the digests that there are."""
        with self._database.read() as connection:
            return {row[0] for row in _KNOWN.run(connection, [(d,) for d in digests])}

    def position(self, dataset: str, digest: str) -> tuple[int, int] | None:
        """Epoch and sequence at which a publication was decided on here, or None."""
        query = select(_P.epoch, _P.sequence).where(
            _P.digest == digest, _P.dataset == dataset, _P.verdict != "signed"
        )
        with self._database.read() as connection:
            found = connection.execute(query).first()
        return None if found is None else (found[0], found[1])

    def at(self, dataset: str, epoch: int, sequence: int) -> list[PublicationRow]:
        """All at one place of a dataset: more than one if the dataset forks there."""
        with self._database.read() as connection:
            return at(connection, dataset, epoch, sequence)

    def issued_since(self, sharing: str, issued: int) -> list[PublicationRow]:
        """Accepted and not void, of one sharing level, issued at or after an instant (a scan)."""
        query = select(*PUBLICATION.columns).where(
            _P.sharing == sharing,
            _P.issued >= issued,
            _P.verdict == "accepted",
            _P.void.is_(False),
        )
        with self._database.read() as connection:
            return PUBLICATIONS.rows(
                connection.execute(query.order_by(_P.dataset, _P.epoch, _P.sequence))
            )

    def overlapping(self, dataset: str, start: int, end: int) -> list[PublicationRow]:
        """Accepted and not void, with a period that overlaps [start, end), in order."""
        query = _valid(dataset).where(_P.period_end > start, _P.period_start < end)
        with self._database.read() as connection:
            return PUBLICATIONS.rows(connection.execute(query))

    def of(
        self,
        dataset: str,
        *,
        after: tuple[int, int] | None = None,
        upto: tuple[int, int] | None = None,
        everything: bool = False,
        limit: int | None = None,
    ) -> list[PublicationRow]:
        """A dataset's publications in order of (epoch, sequence).

        Args:
            dataset: Its id.
            after: Only those behind this (epoch, sequence).
            upto: Only those up to this (epoch, sequence), included.
            everything: Void, refused and just signed ones, too; else only those in force.
            limit: Rows at most.
        """
        query = _of(dataset) if everything else _valid(dataset)
        if after is not None:
            query = query.where(
                or_(_P.epoch > after[0], and_(_P.epoch == after[0], _P.sequence > after[1]))
            )
        if upto is not None:
            query = query.where(
                or_(_P.epoch < upto[0], and_(_P.epoch == upto[0], _P.sequence <= upto[1]))
            )
        with self._database.read() as connection:
            return PUBLICATIONS.rows(connection.execute(query.limit(limit)))

    def spans(self, dataset: str) -> list[Span]:
        """What is in force of a dataset, in order, without its texts: of long ones in little room.

        Of a dataset of which nothing was received back, what was signed here.
        """
        columns = [_P[name] for name in Span._fields]
        ordered = (
            select(*columns).where(_P.dataset == dataset).order_by(_P.epoch, _P.sequence, _P.digest)
        )
        with self._database.read() as connection:
            for valid in (_P.verdict == "accepted", _P.own.is_(True)):
                query = ordered.where(valid, _P.void.is_(False))
                found = [Span._make(row) for row in connection.execute(query)]
                if found:
                    return found
        return []

    def heads(self, owner: str | None = None) -> list[HeadRow]:
        """How far each dataset was received, of one owner or of all (350,000 take a second)."""
        return self._heads(HEAD, owner)

    def own_heads(self, owner: str | None = None) -> list[HeadRow]:
        """How far each dataset of this node's participants was signed."""
        return self._heads(OWN_HEAD, owner)

    def head(self, dataset: str) -> HeadRow | None:
        """How far one dataset was received."""
        with self._database.read() as connection:
            return head_of(connection, HEAD, dataset)

    def own_head(self, dataset: str) -> HeadRow | None:
        """How far one dataset was signed here."""
        with self._database.read() as connection:
            return head_of(connection, OWN_HEAD, dataset)

    def datasets(self, owner: str | None = None) -> list[str]:
        """Ids of the datasets received, ascending."""
        query = select(HEAD.c.dataset).order_by(HEAD.c.dataset)
        with self._database.read() as connection:
            return [row[0] for row in connection.execute(_owned(query, HEAD, owner))]

    def received(
        self,
        *,
        after: int = 0,
        limit: int,
        dataset: str | None = None,
        schema: str | None = None,
        owners: Collection[str] | None = None,
        guarded: bool = True,
    ) -> list[PublicationRow]:
        """Publications in the order in which they were received or signed here.

        Args:
            after: Only those behind this position.
            limit: Rows at most.
            dataset: Only of this dataset.
            schema: Only of the schema with this name.
            owners: Only of these participants, whose ids are valid.
            guarded: Those, too, that aren't `open` or were refused.
        """
        query = select(*PUBLICATIONS.columns).where(_P.position > after)
        if dataset is not None:
            query = query.where(_P.dataset == dataset)
        if schema is not None:
            query = query.where(_P.schema_name == schema)
        if owners is not None:
            # in the statement's text: a région has more communes than a statement has variables
            ids = bindparam("owners", sorted(owners), TEXT, expanding=True, literal_execute=True)
            query = query.where(_P.owner.in_(ids))
        if not guarded:
            query = query.where(_P.sharing == "open", _P.verdict != "refused")
        with self._database.read() as connection:
            return PUBLICATIONS.rows(connection.execute(query.order_by(_P.position).limit(limit)))

    def last_position(self) -> int:
        """The position given last; 0 if there is none."""
        with self._database.read() as connection:
            return connection.scalar(_LAST) or 0

    def digest_at(self, position: int) -> str | None:
        """The publication at a position; None if there is none."""
        query = select(_P.digest).where(_P.position == position)
        with self._database.read() as connection:
            digest: str | None = connection.scalar(query)
        return digest

    def guarded(self, owner: str | None = None, dataset: str | None = None) -> dict[str, str]:
        """The datasets that aren't `open`, with the strictest level of what is in force of each.

        Args:
            owner: Only of this participant.
            dataset: Only this one.
        """
        query = (
            select(_P.dataset, _P.sharing)
            .where(_P.sharing != text("'open'"))  # as the index says it, which is used so
            .where(_P.void.is_(False), _P.verdict != "refused")
            .distinct()
        )
        if dataset is not None:
            query = query.where(_P.dataset == dataset)
        found: dict[str, str] = {}
        with self._database.read() as connection:
            for name, level in connection.execute(_owned(query, PUBLICATION, owner)):
                found[name] = max(level, found.get(name, level), key=_LEVELS.index)
        return found

    def _heads(self, table: Table, owner: str | None) -> list[HeadRow]:
        query = _owned(select(*table.columns).order_by(table.c.dataset), table, owner)
        with self._database.read() as connection:
            return list(map(HeadRow._make, connection.execute(query)))


def put(connection: Connection, rows: Iterable[PublicationRow]) -> None:
    """Store publications. An accepted one stays as it is.

    New ones are numbered in the order given. The transaction is the only one that writes, so that
    the order of numbers is that of commits: whoever has read up to a number finds all that is
    committed later behind it. One that is there already keeps its number, and the one meant for
    it is left out.
    """
    last: int = connection.scalar(_LAST) or 0
    _PUT.run(connection, list(_values(rows, last + 1)))


def void(connection: Connection, digests: Iterable[str]) -> None:
    """Take publications out of force."""
    _VOID.run(connection, [(digest,) for digest in digests])


def at(connection: Connection, dataset: str, epoch: int, sequence: int) -> list[PublicationRow]:
    """All publications at one place of a dataset."""
    query = _of(dataset).where(_P.epoch == epoch, _P.sequence == sequence)
    return PUBLICATIONS.rows(connection.execute(query))


def head_of(connection: Connection, table: Table, dataset: str) -> HeadRow | None:
    """One head, of `HEAD` or `OWN_HEAD`."""
    query = select(*table.columns).where(table.c.dataset == dataset)
    found = connection.execute(query).first()
    return None if found is None else HeadRow._make(found)


def _values(rows: Iterable[PublicationRow], first: int) -> Iterator[tuple[Any, ...]]:
    names = [c.name for c in PUBLICATIONS.columns]
    at = names.index("detail")
    assert names[-1] == "position"
    for position, row in enumerate(rows, first):
        values = PUBLICATIONS.values(row)
        if row.detail is not None:
            values = (*values[:at], clean(row.detail), *values[at + 1 :])
        yield (*values[:-1], position)


def _of(dataset: str) -> Select[Any]:
    return (
        select(*PUBLICATIONS.columns)
        .where(_P.dataset == dataset)
        .order_by(_P.epoch, _P.sequence, _P.digest)
    )


def _valid(dataset: str) -> Select[Any]:
    return _of(dataset).where(_P.verdict == "accepted", _P.void.is_(False))


def _owned(query: Select[Any], table: Table, owner: str | None) -> Select[Any]:
    """Only datasets `<owner>/…`: a range, as texts compare by bytes and `0` follows `/`."""
    if owner is None:
        return query
    return query.where(table.c.dataset > f"{owner}/", table.c.dataset < f"{owner}0")
