"""What XLSX and ODS have in common: sheets, rows of cells with their place, values as text.

Values get the text that a CSV file would have: decimals with the 15 digits that a spreadsheet
keeps, whole numbers without a point, instants in ISO 8601.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, Protocol

from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.limits import CELL_MAX_CHARS, COLUMNS_MAX, SHEET_CELLS_MAX

DIGITS: Final = 15
"""Decimal digits that IEEE 754 doubles, and so spreadsheets, keep whatever the number."""
_PLAIN: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,4})?")
_WHOLE: Final = re.compile(r"-?[0-9]{1,30}")
_LETTERS: Final = 26
BLANKS: Final = " \t\r\n\xa0\u202f"
"""Spaces that aren't content."""

What = Literal["value", "moment", "error", "uncached", "stale"]


@dataclass(frozen=True, slots=True)
class Special:
    """A cell that is more than its text.

    Attributes:
        text: As in CSV; of an error its name.
        what: `value`; `moment`: an instant, ISO 8601 with T; `error`: such as `#REF!`;
            `uncached`: a formula whose result isn't in the file; `stale`: one whose result the
            file itself says is to be calculated again.
        formula: Whether a formula made it.
    """

    text: str
    what: What = "value"
    formula: bool = False


Cell = str | Special


@dataclass(frozen=True, slots=True)
class Row:
    """A row with content.

    Attributes:
        number: The sheet's, from 1.
        cells: By column from 0; those without content are absent.
        hidden: Whether it is hidden or filtered away.
    """

    number: int
    cells: dict[int, Cell]
    hidden: bool = False


Range = tuple[int, int, int, int]
"""First row, first column, last row, last column; rows from 1, columns from 0."""


@dataclass(slots=True)
class Sheet:
    """One pass over a sheet.

    Attributes:
        rows: Rows with content, ascending; can be walked once.
        merged: Merged ranges; complete when the rows have been walked.
    """

    rows: Iterator[Row]
    merged: list[Range] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SheetName:
    """A sheet of a workbook.

    Attributes:
        name: As on its tab.
        hidden: Whether people don't see it.
    """

    name: str
    hidden: bool = False


class Book(Protocol):
    """A workbook."""

    @property
    def sheets(self) -> tuple[SheetName, ...]:
        """Sheets that hold cells, in their order."""

    def heads(self, most: int) -> list[list[Row]]:
        """The first rows with content of each sheet; none of those that are hidden.

        Args:
            most: Rows per sheet.

        Raises:
            Unreadable: A sheet is damaged.
        """

    def open(self, number: int, progress: Callable[[int, int], None]) -> Sheet:
        """Begin a pass over a sheet.

        Args:
            number: Place in `sheets`.
            progress: Told of bytes read, and of all there are.

        Raises:
            Unreadable: While its rows are walked: the sheet is damaged.
        """


def filled(row: Row) -> bool:
    """Whether a row has more than blanks.

    Args:
        row: Any.
    """
    return any(not isinstance(cell, str) or cell.strip(BLANKS) for cell in row.cells.values())


class Count:
    """Counts the cells of a pass; no sheet may have more than any program holds."""

    def __init__(self) -> None:
        self._cells = 0

    def add(self, cells: int) -> None:
        """Count more.

        Raises:
            Unreadable: Too many.
        """
        self._cells += cells
        if self._cells > SHEET_CELLS_MAX:
            raise Unreadable(ReadingFault.of("limit-error", case="cells", limit=SHEET_CELLS_MAX))


def too_long(row: int, column: int) -> Unreadable:
    """The signal for a cell with more text than any should have.

    Args:
        row: From 1.
        column: From 0.
    """
    return Unreadable(
        ReadingFault.of(
            "limit-error", row=row, case="cell", limit=CELL_MAX_CHARS, cell=address(row, column)
        )
    )


def too_wide(row: int, column: int) -> Unreadable:
    """The signal for a cell further to the right than any table should reach.

    Args:
        row: From 1.
        column: From 0.
    """
    return Unreadable(
        ReadingFault.of(
            "limit-error", row=row, case="wide", limit=COLUMNS_MAX, cell=address(row, column)
        )
    )


def number_text(written: str) -> str | None:
    """A number of a workbook as CSV has it.

    0.1 + 0.2 is 0.30000000000000004 in the file and 0.3 on every screen: 15 digits are kept, as
    spreadsheets do; whole numbers that are written out stay as they are.

    Args:
        written: As in the file, perhaps with an exponent.

    Returns:
        None if it is no number.
    """
    if _PLAIN.fullmatch(written) or _WHOLE.fullmatch(written):
        text = written
    else:
        try:
            value = float(written)
        except ValueError:
            return None
        if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN
            return None
        text = format(Decimal(f"{value:.{DIGITS}g}"), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def percent_text(written: str) -> str | None:
    """A number with a percent format, such as `12.5%` for 0.125.

    Args:
        written: As in the file.
    """
    plain = number_text(written)
    if plain is None:
        return None
    text = format(Decimal(plain).scaleb(2), "f")
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


def moment_text(moment: datetime) -> str:
    """An instant in ISO 8601, seconds always, fractions if there are any.

    Args:
        moment: Without offset.
    """
    whole, _, fraction = moment.isoformat(timespec="microseconds").partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def address(row: int, column: int) -> str:
    """A cell as spreadsheets call it, such as `C7`.

    Args:
        row: From 1.
        column: From 0.
    """
    return f"{letters(column)}{row}"


def letters(column: int) -> str:
    """A column as spreadsheets call it, such as `C`.

    Args:
        column: From 0.
    """
    text, left = "", column + 1
    while left:
        left, digit = divmod(left - 1, _LETTERS)
        text = chr(ord("A") + digit) + text
    return text


def position(cell: str) -> tuple[int, int] | None:
    """Row from 1 and column from 0 of a cell such as `C7`.

    Args:
        cell: Its address.

    Returns:
        None if it is none.
    """
    found = _ADDRESS.fullmatch(cell)
    if found is None:
        return None
    return int(found[2]), column_of(found[1])


def column_of(name: str) -> int:
    """A column's number from 0.

    Args:
        name: Capital letters, such as `C`.
    """
    number = 0
    for letter in name:
        number = number * _LETTERS + ord(letter) - ord("A") + 1
    return number - 1


_ADDRESS: Final = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")
