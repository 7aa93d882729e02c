"""Which files and cells we refuse and frictionless doesn't, or the other way round, and why.

`python -m tests.parity` writes the table into `docs/validation.md`; a test holds it to what
occurs.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from schemas.model import Schema
from schemas.reading import read
from tests.parity_files import Case

PAGE: Final = Path(__file__).parents[1] / "docs" / "validation.md"
_PART: Final = re.compile(r"(?<=<!-- parity -->\n).*?(?=<!-- end parity -->)", re.DOTALL)

Who = Literal["ours", "theirs", "both"]
Found = frozenset[tuple[int | None, str | None, str]]
"""Line, column and rule of each fault."""

WORDS: Final[Mapping[Who, str]] = {
    "ours": "Maillage only",
    "theirs": "frictionless only",
    "both": "both, for another cell or rule",
}

_SPELLED: Final = "exports of French software write it so; it is taken, and a note says so"
_BY_NAME: Final = "columns are found by their names here, by their places there"
_OF_KEY: Final = "a row without key is told by its empty cells, not as a key that stands twice, too"
_EXACT: Final = "what is published must be the same for every reader"
_JSON: Final = "what two JSON readers could read differently isn't published"

DIFFERENCES: Final[Mapping[str, tuple[frozenset[Who], str]]] = {
    kind: (frozenset(who), why)
    for kind, *who, why in (
        ("thousands", "theirs", _SPELLED),
        ("decimal comma", "theirs", _SPELLED),
        ("French date", "theirs", _SPELLED),
        ("yes and no in French", "theirs", _SPELLED),
        ("no seconds", "theirs", _SPELLED),
        ("list without brackets", "theirs", _SPELLED),
        ("spaces around", "theirs", "spaces around a value that isn't a text mean nothing"),
        ("label in capitals", "theirs", "case, accents and spaces of a label don't count"),
        ("columns in another order", "theirs", _BY_NAME),
        ("column missing", "theirs", _BY_NAME),
        ("required column missing", "both", f"{_BY_NAME}; a missing column is one fault"),
        ("column twice", "both", "the label that stands twice is named, as `duplicate-label`"),
        ("column without name", "both", "it is told as `blank-label`"),
        ("blank rows at the end", "theirs", "spreadsheets leave them; they aren't rows"),
        ("blank row", "both", _OF_KEY),
        ("row of empty cells", "both", _OF_KEY),
        ("required", "both", _OF_KEY),
        ("no rows", "ours", "a file without rows is an export that went wrong"),
        ("digits parted by underscores", "ours", "Python's spelling, nobody else's"),
        ("one digit in a date", "ours", "ISO 8601 has two digits"),
        ("whole number beyond 64 bits", "both", "told as `limit-error`"),
        ("not a number", "both", "NaN and infinity are no values; there the minimum refuses them"),
        ("local time that doesn't exist", "ours", "the hour that summer time skips"),
        ("end before the start", "ours", "the schema says which column ends the interval"),
        ("list of other than texts", "ours", "lists have texts only, so that all can read them"),
        ("a member twice", "ours", _JSON),
        ("JSON that isn't", "ours", _JSON),
        ("spaces in a point", "ours", "a point has one spelling"),
        ("a place beyond the globe", "ours", "coordinates are degrees (RFC 7946)"),
        ("more than a geometry", "ours", "a cell has a geometry, not a feature (RFC 7946)"),
        ("UUID without hyphens", "ours", "RFC 9562 has one spelling"),
        ("control character", "ours", _EXACT),
        ("very long text", "ours", "a text has at most 10,000 characters if nothing is said"),
        ("broken UTF-8", "both", "the line of the broken place is told"),
        ("open quote", "both", "the quote is told, and the rest isn't read"),
        ("blank file", "both", "told as a file without data"),
        ("NUL", "both", "no text has NUL"),
    )
}
"""By kind of file: who refuses what the other takes, and why that is as it should be."""

_LABELS: Final = (
    "missing-label",
    "extra-label",
    "blank-label",
    "duplicate-label",
    "incorrect-label",
)
_LINES: Final = ("missing-cell", "extra-cell", "blank-row", "primary-key", "extra-label")
_SAME: Final = {"unique-error": "constraint-error"}


@dataclass(frozen=True)
class Compared:
    """What both found in a file."""

    case: Case
    ours: Found
    theirs: Found

    @property
    def who(self) -> Who | None:
        """Who refuses what the other takes; None: nobody."""
        if self.ours == self.theirs:
            return None
        if not self.theirs:
            return "ours"
        return "theirs" if not self.ours else "both"


def found_here(case: Case) -> Found:
    """What we refuse."""
    report = read(case.data, filename="f.csv", schema=case.schema).report
    return frozenset(_place(one.row, one.column, one.rule) for one in report.faults)


class Frictionless:
    """What frictionless refuses, with its schemas made once."""

    def __init__(self, folder: Path) -> None:
        self._path: Final = folder / "f.csv"
        self._schemas: Final[dict[str, object]] = {}

    def found(self, case: Case) -> Found:
        """What it refuses in a file."""
        from frictionless import Resource  # noqa: PLC0415 - takes a second to load

        self._path.write_bytes(case.data)
        resource = Resource(
            path=self._path.name, basepath=str(self._path.parent), schema=self._schema(case.schema)
        )
        rows = resource.validate().flatten(["rowNumber", "fieldName", "type"])
        return frozenset(_place(*row) for row in rows)

    def _schema(self, schema: Schema) -> object:
        from frictionless import Schema as Theirs  # noqa: PLC0415 - likewise

        if schema.name not in self._schemas:
            descriptor = json.loads(schema.document)
            self._schemas[schema.name] = Theirs.from_descriptor(descriptor)
        return self._schemas[schema.name]


def _place(row: int | None, column: str | None, rule: str) -> tuple[int | None, str | None, str]:
    """A fault as both tell it: labels have no line, faults of lines no column."""
    return (
        None if rule in _LABELS else row,
        None if rule in _LINES else column or None,
        _SAME.get(rule, rule),
    )


def table() -> Iterator[str]:
    """The differences as Markdown."""
    yield "| file with | refused by | why |"
    yield "|---|---|---|"
    for kind, (who, why) in sorted(DIFFERENCES.items()):
        yield f"| {kind} | {'; '.join(WORDS[one] for one in sorted(who))} | {why} |"


def main() -> None:
    """Write the table into the page."""
    page = PAGE.read_text(encoding="utf-8")
    text = "\n".join(table()) + "\n"
    PAGE.write_text(_PART.sub(lambda _: text, page), encoding="utf-8")


if __name__ == "__main__":
    main()
