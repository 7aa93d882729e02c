"""The operator's own table of competences: a strict CSV file, written by hand or by command.

Columns `place,field,holder,from`, in this order: a commune or EPCI, a field of the closed list, the
body that holds it there, and an ISO date or nothing for always. Several lines for one place and
field with one date: several bodies, each a part. Lines with a later date replace those before from
that day on.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable
from typing import Final, get_args

from schemas.competences.table import Decision, kind_of
from schemas.document import CompetenceField
from schemas.territory import UnknownTerritoryError, territory

FILE_MAX_BYTES: Final = 4 * 1024 * 1024
LINES_MAX: Final = 50_000
COLUMNS: Final = ("place", "field", "holder", "from")
FIELDS: Final[tuple[CompetenceField, ...]] = get_args(CompetenceField)
_SYNDICAT: Final = re.compile(r"fr-syn-[0-9]{9}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class CompetenceFault(ValueError):  # noqa: N818 - a fault of the file, reported as such
    """A table that can't be taken. Refuse it whole; the message says in which line and why."""

    def __init__(self, message: str, line: int | None = None) -> None:
        where = "" if line is None else f"line {line}: "
        shown = f"{where}{message}"[:300]
        super().__init__("".join(letter if letter.isprintable() else " " for letter in shown))
        self.line: Final = line


def parse_decisions(data: bytes) -> tuple[Decision, ...]:
    """Read the table.

    Args:
        data: UTF-8 CSV with commas; empty for no decision.

    Raises:
        CompetenceFault: In which line what is wrong.
    """
    if len(data) > FILE_MAX_BYTES:
        raise CompetenceFault(f"{len(data)} bytes, at most {FILE_MAX_BYTES}")
    try:
        lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise CompetenceFault(f"not a CSV file in UTF-8: {error}") from error
    if not lines:
        return ()
    if tuple(lines[0]) != COLUMNS:
        raise CompetenceFault(f"the header must be {','.join(COLUMNS)}", 1)
    if len(lines) > LINES_MAX:
        raise CompetenceFault(f"{len(lines)} lines, at most {LINES_MAX}")
    found: dict[Decision, int] = {}
    for number, cells in enumerate(lines[1:], 2):
        if not cells:
            continue  # an empty line
        one = _decision(cells, number)
        if one in found:
            raise CompetenceFault(f"the same as line {found[one]}", number)
        found[one] = number
    return tuple(found)


def _decision(cells: list[str], line: int) -> Decision:
    if len(cells) != len(COLUMNS):
        raise CompetenceFault(f"{len(cells)} cells, not {len(COLUMNS)}", line)
    place, field, holder, since = cells
    try:
        return decision(place, field, holder, since)
    except CompetenceFault as error:
        raise CompetenceFault(str(error), line) from error


def decision(place: str, field: str, holder: str, since: str = "") -> Decision:
    """Make a decision of texts.

    Args:
        place: Id of a commune or EPCI.
        field: One of `FIELDS`.
        holder: Id of a body.
        since: ISO date; empty for always.

    Raises:
        CompetenceFault: What is wrong.
    """
    if kind_of(place) not in ("commune", "epci"):
        raise CompetenceFault(f"{place[:80]!r} is neither a commune nor an EPCI")
    _known(place)
    if _SYNDICAT.fullmatch(holder) is None:
        if kind_of(holder) is None:
            raise CompetenceFault(
                f"{holder[:80]!r} is no body: fr-com-…, fr-epci-…, fr-syn-<SIREN>"
            )
        _known(holder)
    known = next((one for one in FIELDS if one == field), None)
    if known is None:
        raise CompetenceFault(f"{field[:80]!r} is no field: {', '.join(FIELDS)}")
    return Decision(place, known, holder, _date(since))


def _known(participant: str) -> None:
    try:
        territory(participant)
    except UnknownTerritoryError as error:
        raise CompetenceFault(str(error)) from error


def _date(text: str) -> dt.date | None:
    if not text:
        return None
    wrong = CompetenceFault(f"{text[:40]!r} is no date such as 2026-01-01")
    if _DATE.fullmatch(text) is None:
        raise wrong
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise wrong from None


def write_decisions(decisions: Iterable[Decision]) -> bytes:
    """The table as bytes, in the order given."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in decisions:
        since = "" if one.since is None else one.since.isoformat()
        writer.writerow((one.place, one.field, one.holder, since))
    return text.getvalue().encode()
