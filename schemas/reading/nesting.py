"""JSON that nests: a wrapper around the list of rows, and objects inside rows.

National formats have both, such as the essential data of public contracts
(139bercy/format-commande-publique): `{"marches": {"marche": [{"acheteur": {"id": …}}]}}`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.reading.jsontext import Bare, JsonError, decode_at
from schemas.reading.limits import COLUMNS_MAX, JSON_LEVELS_MAX, WRAPPER_LEVELS_MAX
from schemas.reading.notes import Note
from schemas.report import shorten

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_SHOWN: Final = 7
"""Members of a wrapper that are named."""


def after_space(text: str, at: int) -> int:
    """The position of the next character that is no white space.

    Args:
        text: JSON text.
        at: Where to begin.
    """
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


@dataclass(frozen=True, slots=True)
class Wrapped:
    """The one list of objects in a wrapper.

    Attributes:
        at: Position after its opening bracket.
        path: Names that lead to it, joined by points.
        others: Members beside it that hold something.
    """

    at: int
    path: str
    others: tuple[str, ...]

    def notes(self) -> Iterator[Note]:
        """What is taken, and what isn't."""
        yield Note("wrapper", value=shorten(self.path))
        if self.others:
            shown = ", ".join(map(shorten, self.others[:_SHOWN]))
            more = ", …" if len(self.others) > _SHOWN else ""
            yield Note("wrapper-unread", value=shown + more)


def wrapped_list(text: str, known: Callable[[str], bool]) -> Wrapped | None:
    """The list of objects in a text that is one object around it.

    It is passed over value by value, so that no more than one of its objects is held.

    Args:
        text: JSON text.
        known: Whether a label is a column of the schema; an object with one is a row.

    Returns:
        None if the text is anything else: rows, not JSON, no such list at most
        `WRAPPER_LEVELS_MAX` levels down, or several.
    """
    at = after_space(text, 0)
    if not text.startswith("{", at):
        return None
    search = _Search(text, known)
    try:
        end = search.members(at + 1, ())
    except JsonError:
        # whoever reads it as rows says what is wrong, and where
        return None
    if after_space(text, end) != len(text) or len(search.lists) != 1:
        return None
    path, start = search.lists[0]
    return Wrapped(start, path, tuple(search.others))


class _Search:
    """One pass over an object that may be a wrapper."""

    def __init__(self, text: str, known: Callable[[str], bool]) -> None:
        self._text: Final = text
        self._known: Final = known
        self._count = 0
        self.lists: Final[list[tuple[str, int]]] = []
        self.others: Final[list[str]] = []

    def members(self, at: int, path: tuple[str, ...]) -> int:
        """Pass over the members of an object; gives the position after it."""
        at = after_space(self._text, at)
        if self._text.startswith("}", at):
            return at + 1
        names: set[str] = set()
        while True:
            name, at = decode_at(self._text, at)
            if isinstance(name, Bare) or not isinstance(name, str) or name in names:
                raise JsonError("json", position=at)
            names.add(name)
            at = self._member(self._after(":", at), (*path, name))
            if self._ends("}", at):
                return after_space(self._text, at) + 1
            at = self._after(",", at)

    def _member(self, at: int, path: tuple[str, ...]) -> int:
        label = ".".join(path)
        self._count += 1
        # coordinates of another system are for who reads collections
        if self._count > COLUMNS_MAX or path[-1] == "crs" or self._known(label):
            raise JsonError("object", name=label)
        if self._text.startswith("{", at) and len(path) < WRAPPER_LEVELS_MAX:
            return self.members(at + 1, path)
        if self._text.startswith("[", at) and self._ends("{", at + 1):
            self.lists.append((label, at + 1))
            if len(self.lists) > 1:
                raise JsonError("object", name=label)
            return self._items(at + 1)
        value, at = decode_at(self._text, at)
        if value not in (None, [], {}):
            self.others.append(label)
        return at

    def _items(self, at: int) -> int:
        at = after_space(self._text, at)
        while True:
            _, at = decode_at(self._text, at)
            if self._ends("]", at):
                return after_space(self._text, at) + 1
            at = self._after(",", at)

    def _ends(self, sign: str, at: int) -> bool:
        return self._text.startswith(sign, after_space(self._text, at))

    def _after(self, sign: str, at: int) -> int:
        if not self._ends(sign, at):
            raise JsonError("json", position=at)
        return after_space(self._text, after_space(self._text, at) + 1)


class Opener:
    """Opens objects that are no column themselves: their members are, by their path.

    What is null or empty under an unknown name may be an object in another row; it is kept in mind
    until all rows are seen.
    """

    def __init__(self, known: Callable[[str], bool]) -> None:
        """Know of no rows yet.

        Args:
            known: Whether a label is a column of the schema, or is to be left out.
        """
        self._known: Final = known
        self._opened: Final[set[str]] = set()
        self._blank: Final[dict[str, int]] = {}

    @property
    def seen(self) -> int:
        """Labels that are kept in mind."""
        return len(self._opened) + len(self._blank)

    def blank(self) -> Iterator[tuple[str, int]]:
        """Labels that held nothing and were no object in any row, with the line of the first."""
        return (item for item in self._blank.items() if item[0] not in self._opened)

    def open(self, row: Mapping[str, Any], line: int) -> Mapping[str, Any]:
        """A row with members of objects as members of its own.

        Args:
            row: As decoded.
            line: That it starts on.

        Raises:
            JsonError: A label stands twice.
        """
        if not any(item is None or isinstance(item, dict) for item in row.values()):
            return row
        found: dict[str, Any] = {}
        self._into(found, row, (), line)
        return found

    def _into(
        self, found: dict[str, Any], members: Mapping[str, Any], path: tuple[str, ...], line: int
    ) -> None:
        for name, item in members.items():
            inner = (*path, name)
            label = ".".join(inner) if path else name
            nested = isinstance(item, dict)
            if (item is None or nested) and not self._known(label):
                if not item:
                    self._blank.setdefault(label, line)
                    continue
                if len(inner) <= JSON_LEVELS_MAX:
                    self._opened.add(label)
                    self._into(found, item, inner, line)
                    continue
            if label in found:
                raise JsonError("twice", name=label)
            found[label] = item
