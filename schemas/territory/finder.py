"""Search by name: of communes, their parts, EPCI, départements, régions."""

import heapq
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Final, Literal

from schemas.territory.ids import Level, departement_of, participant_id
from schemas.territory.tables import Tables, departement_level, load

Rank = Literal["exact", "prefix", "contains", "words"]

DEFAULT_LIMIT: Final = 20
"""Matches returned unless told otherwise: a screen's list."""

_RANKS: Final[tuple[Rank, ...]] = ("exact", "prefix", "contains", "words")
_COMBINING: Final = re.compile("[\u0300-\u036f]+")
_SEPARATORS: Final = re.compile("[^0-9a-z]+")
_LIGATURES: Final = str.maketrans({"œ": "oe", "æ": "ae"})
_ABBREVIATIONS: Final = {"st": "saint", "ste": "sainte"}


@dataclass(frozen=True, slots=True)
class Match:
    """One territory that a search found.

    Attributes:
        id: its participant id.
        level: its level; never `free`.
        code: its code, in upper case; empty for the country.
        name: its name.
        departements: codes of the départements or collectivities it lies in, so that homonyms
            can be told apart; empty for régions and the country.
        rank: `exact` (the name, or the code, SIREN or id), `prefix`, `contains` (the text as it
            was typed, anywhere in the name), `words` (each word somewhere in the name).
        via: what matched where it isn't the territory's own name: the name of a commune déléguée
            or associée or of an arrondissement municipal, or a code that leads to it.
    """

    id: str
    level: Level
    code: str
    name: str
    departements: tuple[str, ...]
    rank: Rank
    via: str | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """A name that can be found. `via` is its own spelling where the territory has another."""

    level: Level
    code: str
    name: str
    population: int
    via: str | None = None


@dataclass(frozen=True, slots=True)
class _Index:
    """All folded names in one text, a line each, so that finding is one pass of a C loop.

    `starts[i]` is the offset of the line break before name `i`; a break ends the text.
    """

    text: str
    starts: tuple[int, ...]
    entries: tuple[_Entry, ...]

    def find(self, pattern: str) -> Iterator[int]:
        """Yield, ascending, each entry whose line, breaks included, holds the pattern."""
        at = self.text.find(pattern)
        while at >= 0:
            entry = bisect_right(self.starts, at) - 1
            yield entry
            if entry + 1 == len(self.starts):
                return
            at = self.text.find(pattern, self.starts[entry + 1])

    def line(self, entry: int) -> str:
        """Return one folded name."""
        end = self.starts[entry + 1] if entry + 1 < len(self.starts) else len(self.text) - 1
        return self.text[self.starts[entry] + 1 : end]


def fold(text: str) -> str:
    """Reduce a name to what counts in a search: words of unaccented lower-case letters and digits.

    Hyphens and apostrophes separate words; `St-` and `Ste-` before another word are written out
    (a last `st` may be the beginning of another word, still being typed).
    """
    plain = _COMBINING.sub("", unicodedata.normalize("NFKD", text.lower().translate(_LIGATURES)))
    words = _SEPARATORS.sub(" ", plain).split()
    return " ".join([*(_ABBREVIATIONS.get(word, word) for word in words[:-1]), *words[-1:]])


def search(
    text: str, level: Level | None = None, *, limit: int = DEFAULT_LIMIT
) -> tuple[Match, ...]:
    """Find territories by name, code, SIREN or participant id.

    Accents, case, hyphens and apostrophes make no difference. A commune is also found by the
    names of its communes déléguées and associées and of its arrondissements; `via` then says
    which.

    Args:
        text: what a person typed.
        level: only this level; `free` finds nothing.
        limit: the most matches to return.

    Returns:
        Exact matches first, then names that begin with the text, then names that contain it, then
        names that hold all its words; among equals a territory's own name before that of a part,
        then the more populous.
    """
    tables, found = load(), _index()
    ranks: dict[tuple[Level, str], tuple[int, bool, int, _Entry]] = {}

    def offer(rank: int, entry: _Entry) -> None:
        if level is None or entry.level == level:
            place = (rank, entry.via is not None, -entry.population, entry)
            known = ranks.get((entry.level, entry.code))
            if known is None or place[:2] < known[:2]:
                ranks[entry.level, entry.code] = place

    folded = fold(text)
    if folded:
        for entry in _by_code(tables, text.strip().upper()):
            offer(0, entry)
        for rank, pattern in enumerate((f"\n{folded}\n", f"\n{folded}", folded)):
            for row in found.find(pattern):
                offer(rank, found.entries[row])
        words = folded.split()
        for row in found.find(max(words, key=len)) if len(words) > 1 else ():
            line = found.line(row)
            if all(word in line for word in words):
                offer(3, found.entries[row])
    best = heapq.nsmallest(
        limit, ranks.values(), key=lambda place: (*place[:3], place[3].name, place[3].code)
    )
    return tuple(_match(tables, rank, entry) for rank, _, _, entry in best)


def _match(tables: Tables, rank: int, entry: _Entry) -> Match:
    departements: tuple[str, ...] = ()
    if entry.level == "commune":
        departements = (departement_of(entry.code),)
    elif entry.level in {"departement", "collectivity"}:
        departements = (entry.code,)
    elif entry.level == "epci":
        rows = tables.epci_communes[entry.code]
        departements = tuple(sorted({departement_of(tables.codes[row]) for row in rows}))
    return Match(
        participant_id(entry.level, entry.code),
        entry.level,
        entry.code,
        entry.name,
        departements,
        _RANKS[rank],
        entry.via,
    )


def _by_code(tables: Tables, asked: str) -> Iterator[_Entry]:
    """Yield the entries whose code, id or SIREN is the text, in upper case."""
    for entry in _wide(tables):
        if asked in {entry.code, participant_id(entry.level, entry.code).upper()}:
            yield entry
    code = asked.removeprefix("FR-COM-")
    row = tables.row_of.get(code)
    if row is None and asked in tables.sirens:
        row = tables.sirens.index(asked)
    if row is not None:
        yield _commune(tables, row)
    elif code in tables.successor_of:
        yield _commune(tables, tables.successor_of[code], via=code)


def _commune(tables: Tables, row: int, via: str | None = None) -> _Entry:
    population = tables.populations[row] or 0
    return _Entry("commune", tables.codes[row], tables.names[row], population, via)


@cache
def _wide(tables: Tables) -> tuple[_Entry, ...]:
    """Return what is wider than a commune; several hundred times fewer than communes."""

    def population(rows: range | tuple[int, ...]) -> int:
        return sum(tables.populations[row] or 0 for row in rows)

    entries = [_Entry("country", "", "France", population(range(len(tables.codes))))]
    for code, name in tables.region_names.items():
        entries.append(_Entry("region", code, name, population(tables.region_communes[code])))
    for code, name in tables.departement_names.items():
        kind = departement_level(tables, code)
        people = population(tables.departement_communes[code])
        entries.append(_Entry(kind, code, name, people))
    for code, name in zip(tables.epci_codes, tables.epci_names, strict=True):
        entries.append(_Entry("epci", code, name, population(tables.epci_communes[code])))
    return tuple(entries)


@cache
def _index() -> _Index:
    """Fold every name, once, at the first search."""
    tables = load()
    entries = [*_wide(tables), *(_commune(tables, row) for row in range(len(tables.codes)))]
    for name, row in zip(tables.part_names, tables.part_communes, strict=True):
        if name != tables.names[row]:
            entries.append(_commune(tables, row, via=name))
    lines = [fold(entry.via or entry.name) for entry in entries]
    starts = accumulate((len(line) + 1 for line in lines[:-1]), initial=0)
    return _Index("\n" + "\n".join(lines) + "\n", tuple(starts), tuple(entries))
