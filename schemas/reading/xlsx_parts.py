"""What an XLSX workbook has beside its sheets: relations, names, shared texts, number formats."""

import posixpath
import re
from collections.abc import Mapping
from typing import Final, Literal

from schemas.reading.archive import Archive
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.limits import PART_MAX_BYTES
from schemas.reading.markup import Markup
from schemas.reading.sheets import SheetName

TRUE: Final = ("1", "true")
"""How the standard writes it."""
_STYLES_MAX: Final = 65_536
"""More formats than Excel allows (65,490)."""

Look = Literal["date", "duration", "percent"]
_BUILTIN: Final[Mapping[int, Look]] = {
    9: "percent",
    10: "percent",
    **dict.fromkeys((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)), "date"),
    46: "duration",
}
"""ISO/IEC 29500-1, 18.8.30; 27 to 36 and 50 to 58 are dates in East Asian editions."""
_NO_CODE: Final = re.compile(
    r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE | re.DOTALL
)
_DURATION: Final = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_DATE_CODE: Final = re.compile(r"[dmyhs]", re.IGNORECASE)

_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")


class _Relations(Markup):
    """Kind and target of each relation, by id."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Final[dict[str, tuple[str, str]]] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.found[attributes.get("Id", "")] = kind, attributes.get("Target", "")


def relations(archive: Archive, name: str) -> dict[str, tuple[str, str]]:
    """Kind and path of what a part refers to inside the archive, by id.

    Args:
        archive: Its parts.
        name: Of the part with the relations.

    Raises:
        Unreadable: Damaged.
    """
    found = _Relations()
    found.read(archive.stream(name))
    base = posixpath.dirname(posixpath.dirname(name))
    return {
        one: (kind, posixpath.normpath(posixpath.join(base, target.replace("\\", "/"))))
        for one, (kind, target) in found.found.items()
    }


def beside(main: str) -> str:
    """Name of the part with the relations of another.

    Args:
        main: The other's path.
    """
    return posixpath.join(posixpath.dirname(main), "_rels", f"{posixpath.basename(main)}.rels")


class WorkbookPart(Markup):
    """Names of sheets, and what holds for the whole workbook.

    Attributes:
        found: Sheets, each with the id of its relation.
        epoch_1904: Whether day 0 is 1 January 1904.
        stale: Whether results of formulas are to be calculated again on opening.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: Final[list[tuple[SheetName, str]]] = []
        self.epoch_1904 = False
        self.stale = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins; see `Markup`."""
        if name == "sheet":
            one = next(
                (to for key, to in attributes.items() if key.endswith("/relationships id")), ""
            )
            hidden = attributes.get("state", "visible") != "visible"
            self.found.append((SheetName(attributes.get("name", ""), hidden), one))
        elif name == "workbookPr":
            self.epoch_1904 = attributes.get("date1904") in TRUE
        elif name == "calcPr":
            self.stale = attributes.get("fullCalcOnLoad") in TRUE


class _Texts(Markup):
    """Shared texts; runs of rich text are joined, readings of East Asian characters left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Final[list[str]] = []
        self._parts: list[str] = []
        self._phonetic = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:  # noqa: ARG002
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._phonetic = True
        elif name == "t" and not self._phonetic:
            self.listen(self._parts.append)

    def end(self, name: str) -> None:
        if name == "t":
            self.listen(None)
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            self.found.append(unescaped("".join(self._parts)))


def shared_texts(archive: Archive, path: str | None) -> tuple[str, ...]:
    """The texts that cells refer to by number.

    Args:
        archive: Its parts.
        path: Of the part; None: there is none.

    Raises:
        Unreadable: Damaged, or more than is held in memory.
    """
    if path is None or path not in archive:
        return ()
    texts = _Texts()
    if archive.size_bytes(path) > PART_MAX_BYTES:
        raise Unreadable(ReadingFault.of("limit-error", case="archive-bytes", limit=PART_MAX_BYTES))
    texts.read(archive.stream(path))
    return tuple(texts.found)


def unescaped(text: str) -> str:
    """A text with its escapes `_x000D_` put in (ISO/IEC 29500-1, 22.9.2.19).

    Args:
        text: As in the file.
    """
    return _ESCAPE.sub(_letter, text) if "_x" in text else text


def _letter(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return found[0] if "\ud800" <= letter <= "\udfff" else letter


class _Styles(Markup):
    """What the formats of cells look like."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Final[list[Look | None]] = []
        self._own: Final[dict[str, Look | None]] = {}
        self._cells = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt" and len(self._own) < _STYLES_MAX:
            self._own[attributes.get("numFmtId", "")] = look(attributes.get("formatCode", ""))
        elif name == "cellXfs":
            self._cells = True
        elif name == "xf" and self._cells and len(self.found) < _STYLES_MAX:
            number = attributes.get("numFmtId", "0")
            builtin = _BUILTIN.get(int(number)) if number.isdecimal() and len(number) < 4 else None  # noqa: PLR2004 - three digits
            self.found.append(self._own.get(number, builtin))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._cells = False


def looks_of(archive: Archive, path: str | None) -> tuple[Look | None, ...]:
    """What the styles of cells make of numbers, by their number.

    Args:
        archive: Its parts.
        path: Of the part; None: there is none.

    Raises:
        Unreadable: Damaged.
    """
    if path is None or path not in archive:
        return ()
    styles = _Styles()
    styles.read(archive.stream(path))
    return tuple(styles.found)


def look(code: str) -> Look | None:
    """What a number format makes of a number.

    Args:
        code: Format code (ISO/IEC 29500-1, 18.8.31); its first section counts.
    """
    plain = _NO_CODE.sub("", code).split(";")[0]
    if _DURATION.search(plain):
        return "duration"
    if "%" in plain:
        return "percent"
    if plain.strip().lower() in ("general", "standard"):
        return None
    return "date" if _DATE_CODE.search(plain) else None
