"""What is written to the screen: lines, tables, JSON, errors. Nothing else prints.

Texts from files and from other members may hold escape sequences that a terminal would obey, or
square brackets that rich would take for styles: everything passes `clean`, and no markup is read.
"""

import json
import os
import sys
import traceback
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from node.cli.language import colon, current, label, say
from node.cli.problems import headline
from node.cli.status import Status, leaf, status_of
from node.link.faults import Fault
from node.spoken import KeptHereError

WIDTH_PIPED: Final = 200
"""Columns of a table that isn't shown on a terminal: nothing is cut for want of room."""

DEBUG_VARIABLE: Final = "MAILLAGE_DEBUG"


def clean(text: object) -> str:
    """A text as a terminal may see it: what isn't printable is shown escaped, lines are kept."""
    return "".join(
        letter
        if letter.isprintable() or letter == "\n"
        else letter.encode("unicode_escape").decode("ascii")
        for letter in str(text)
    )


def _console(*, stderr: bool = False) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDTH_PIPED
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)


def line(text: object = "", *, style: str = "", stderr: bool = False) -> None:
    """Write a line, or several."""
    _console(stderr=stderr).print(Text(clean(text), style=style), soft_wrap=True)


def pairs(rows: Iterable[tuple[str, object]]) -> None:
    """Write names and values, one pair a line, the values below one another."""
    found = [(clean(name), clean(value)) for name, value in rows]
    width = max((len(name) for name, _ in found), default=0)
    for name, value in found:
        line(f"{name:<{width}}  {value}")


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()
) -> None:
    """Write a table.

    Args:
        columns: Headings.
        rows: Values, shown as text; None as a dash.
        right: Columns that are set to the right.
    """
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for number, name in enumerate(columns):
        grid.add_column(Text(clean(name)), justify="right" if number in right else "left")
    for row in rows:
        grid.add_row(*(Text("–" if value is None else clean(value)) for value in row))
    _console().print(grid)


def data(found: Any) -> None:
    """Write JSON: UTF-8, two spaces, members in the order given; nothing of it is translated."""
    binary((json.dumps(found, ensure_ascii=False, indent=2) + "\n").encode())


def binary(content: bytes) -> None:
    """Write bytes as they are, whatever the terminal's encoding: JSON is UTF-8."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def failed(error: BaseException) -> Status:
    """Tell an error in one or two lines, never as a traceback.

    Returns:
        The exit status that belongs to it.
    """
    error = leaf(error)
    status = status_of(error)
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error, file=sys.stderr)
    if status is Status.UNEXPECTED:
        told = say("Erreur inattendue", "Unexpected error")
        hint = say(
            f"Relancer avec {DEBUG_VARIABLE}=1 pour le détail, et le signaler.",
            f"Run again with {DEBUG_VARIABLE}=1 for the details, and report it.",
        )
        line(f"{told}{colon()} {type(error).__name__}: {_one_line(error)} {hint}", stderr=True)
        return status
    code = getattr(error, "code", None) or _code_of(error)
    french = headline(code)
    detail = _one_line(error)
    fault = getattr(error, "fault", None)
    if isinstance(fault, Fault):
        named = "" if fault.code == code else f"[{fault.code}] "
        detail = _flat(f"{named}{fault.told(current())}")
    if isinstance(error, KeptHereError):
        detail = _flat(error.said.of(current()))
    what = f"{french} ({detail})" if french and say("fr", "en") == "fr" else detail
    line(f"{say('Erreur', 'Error')} [{code}]{colon()} {what}", stderr=True)
    remedy = getattr(error, "remedy", "")
    if isinstance(fault, Fault):
        remedy = fault.remedy(current())
    if isinstance(error, KeptHereError):
        remedy = error.to_do.of(current())
    if remedy and remedy not in detail:
        line(f"  → {_flat(remedy)}", stderr=True)
    return status


def misused(message: str, hint: str) -> Status:
    """Tell that the command was used wrongly."""
    line(f"{label('Usage incorrect', 'Wrong use')} {_flat(message)}", stderr=True)
    line(f"  → {hint}", stderr=True)
    return Status.USAGE


def _code_of(error: BaseException) -> str:
    if isinstance(error, OSError):
        return "file" if status_of(error) is Status.USAGE else "system"
    return "schema-document" if isinstance(error, ValueError) else "error"


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        where = f" : {error.filename}" if error.filename is not None else ""
        return _flat(f"{error.strerror}{where}")
    return _flat(str(error))


def _flat(text: str) -> str:
    return " ".join(text.split())[:500]


def flush() -> None:
    """Hand on what was written, where a pipe would keep it back."""
    sys.stdout.flush()
