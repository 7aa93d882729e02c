"""Between typed rows and the plain tuples that the database takes and gives."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Boolean, Column, Table

R = TypeVar("R")

TEXT_MAX_CHARS: Final = 2_000
"""Texts for people (the detail of a refusal, an error) are cut here: others have a part in them."""


class Mapped(Generic[R]):
    """A dataclass whose fields stand in the order of a table's columns.

    Args:
        kind: The dataclass, with keyword-only fields.
        table: The table.
        without: Columns at the table's beginning that the dataclass doesn't have.
    """

    def __init__(self, kind: Callable[..., R], table: Table, without: Sequence[str] = ()) -> None:
        self.columns: Final[list[Column[Any]]] = [c for c in table.c if c.name not in without]
        self._kind = kind
        self._names = [c.name for c in self.columns]
        assert self._names == [f.name for f in fields(kind)]  # type: ignore[arg-type]  # a dataclass
        self._booleans = [c.name for c in self.columns if isinstance(c.type, Boolean)]
        self.values: Final[Callable[[R], tuple[Any, ...]]] = attrgetter(*self._names)

    def row(self, values: Iterable[Any]) -> R:
        """The row, from values in the order of the columns."""
        named = dict(zip(self._names, values, strict=True))
        for name in self._booleans:  # SQLite's driver gives 0 and 1
            named[name] = bool(named[name])
        return self._kind(**named)

    def rows(self, found: Iterable[Iterable[Any]]) -> list[R]:
        """The rows, from what a query of `columns` found."""
        return [self.row(values) for values in found]


def clean(text: str) -> str:
    """A text that every database can store: no NUL, no half characters, and not too long."""
    text = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return text if len(text) <= TEXT_MAX_CHARS else text[: TEXT_MAX_CHARS - 1] + "…"
