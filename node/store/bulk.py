"""Statements that run over many rows, written by SQLAlchemy once and then run by the driver.

SQLAlchemy's own `executemany` builds a dictionary and a tuple for each row; at 3,500 cells a commit
that costs more than the database does. Here the text of a statement is compiled once per kind of
database, and rows go to the driver as the plain tuples that they are.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    Table,
    and_,
    bindparam,
    column,
    make_url,
    select,
    values,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Compiled
from sqlalchemy.sql.expression import ClauseElement

VARIABLES_MAX: Final = 900
"""Parameters of one statement; SQLite takes 999 at least."""

Row: TypeAlias = tuple[Any, ...]
Insert: TypeAlias = sqlite.Insert | postgresql.Insert
"""Both know `on_conflict_do_update` and `on_conflict_do_nothing` with the same arguments."""


def _dialect(driver: str, paramstyle: str) -> Dialect:
    make: Callable[..., Dialect] = make_url(f"{driver}://").get_dialect()
    return make(paramstyle=paramstyle)


_DIALECTS: Final[dict[str, tuple[Dialect, Callable[[Table], Insert]]]] = {
    "sqlite": (_dialect("sqlite+pysqlite", "qmark"), sqlite.insert),
    "postgresql": (_dialect("postgresql+psycopg", "format"), postgresql.insert),
}
"""Both with parameters by position, as rows are."""


def new_insert(connection: Connection, table: Table) -> Insert:
    """An INSERT of the connection's own kind, which knows `ON CONFLICT`."""
    return _DIALECTS[connection.dialect.name][1](table)


class Bulk:
    """One INSERT, UPDATE or DELETE for many rows.

    Args:
        table: The table.
        build: Makes the statement of a fresh INSERT into the table (or ignores that and makes
            another), with one bound parameter per name in `names`.
        names: Names of the parameters in the order in which the statement says them; without it,
            the table's columns.
    """

    def __init__(
        self,
        table: Table,
        build: Callable[[Insert], ClauseElement],
        names: Sequence[str] | None = None,
    ) -> None:
        self._table = table
        self._build = build
        self._names = [c.name for c in table.columns] if names is None else list(names)
        self._text: dict[str, str] = {}
        self._together = max(1, VARIABLES_MAX // len(self._names))
        self._many = ""

    def run(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Run it for each row, a tuple in the order of the names; answers the rows changed."""
        if not rows:
            return 0
        text = self._compiled(connection)
        size = self._together
        if not self._many or connection.dialect.name != "sqlite" or len(rows) < size:
            return connection.exec_driver_sql(text, list(rows)).rowcount
        whole = len(rows) - len(rows) % size
        changed = 0
        for at in range(0, whole, size):
            flat = tuple(chain.from_iterable(rows[at : at + size]))
            changed += connection.exec_driver_sql(self._many, flat).rowcount
        if whole < len(rows):
            changed += connection.exec_driver_sql(text, list(rows[whole:])).rowcount
        return changed

    def _compiled(self, connection: Connection) -> str:
        text = self._text.get(connection.dialect.name)
        if text is None:
            dialect, insert = _DIALECTS[connection.dialect.name]
            statement = self._build(insert(self._table))
            compiled: Compiled
            if isinstance(statement, Insert):  # `inline`: no id is asked back
                compiled = statement.inline().compile(dialect=dialect, column_keys=self._names)
            else:
                compiled = statement.compile(dialect=dialect)
            assert getattr(compiled, "positiontup", None) == self._names
            text = self._text[connection.dialect.name] = str(compiled)
            if connection.dialect.name == "sqlite" and isinstance(statement, Insert):
                self._many = self._repeated(text)
        return text

    def _repeated(self, text: str) -> str:
        """The same INSERT of many rows: SQLite's driver hands the interpreter over at each step."""
        one = f"VALUES ({', '.join('?' * len(self._names))})"
        assert text.count(one) == 1
        row = one.removeprefix("VALUES ")
        return text.replace(one, "VALUES " + ", ".join([row] * self._together))


class Lookup:
    """Rows of a table by many keys, in a few statements.

    The keys go in as a table of values joined to the primary key, in pieces of a fixed size so that
    the database prepares each statement once; a short piece is filled with NULLs, which equal
    nothing.

    Args:
        key: The columns of the key.
        answer: The columns of the rows answered, as the driver gives them (booleans of SQLite are
            0 and 1).
    """

    PIECES: Final = (4, 64, 512)

    def __init__(self, key: Sequence[Column[Any]], answer: Sequence[Column[Any]]) -> None:
        self._key = key
        self._answer = answer
        self._nothing: Row = (None,) * len(key)
        self._text: dict[tuple[str, int], str] = {}

    def run(self, connection: Connection, keys: Sequence[Row]) -> Iterator[Row]:
        """The rows found, in no particular order; a key given twice may answer twice."""
        start = 0
        while start < len(keys):
            left = len(keys) - start
            size = next((n for n in self.PIECES if n >= left), self.PIECES[-1])
            piece = keys[start : start + size]
            start += size
            flat = [value for key in piece for value in key]
            flat.extend(self._nothing * (size - len(piece)))
            yield from connection.exec_driver_sql(self._sql(connection, size), tuple(flat))

    def _sql(self, connection: Connection, size: int) -> str:
        name = connection.dialect.name
        text = self._text.get((name, size))
        if text is None:
            columns = [column(f"key{i}", c.type) for i, c in enumerate(self._key)]
            wanted = values(*columns, name="wanted").data(
                [
                    tuple(bindparam(f"k{n}_{i}", type_=c.type) for i, c in enumerate(self._key))
                    for n in range(size)
                ]
            )
            cte = wanted.cte("wanted")
            same = and_(*(k == cte.c[f"key{i}"] for i, k in enumerate(self._key)))
            statement = select(*self._answer).select_from(cte.join(self._key[0].table, same))
            compiled = statement.compile(dialect=_DIALECTS[name][0])
            assert len(getattr(compiled, "positiontup", ())) == size * len(self._key)
            text = self._text[name, size] = str(compiled)
        return text
