"""Which form a file has: by its first bytes, then by its name."""

import re
from pathlib import PurePath
from typing import Final, Literal

from schemas.reading.archive import MAGIC, Archive
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.ods import MIMETYPES

Form = Literal["text", "xlsx", "ods"]

NAMES: Final[dict[Form, str]] = {"text": "texte", "xlsx": "XLSX", "ods": "ODS"}
"""For people."""
_SUFFIXES: Final[dict[str, Form]] = {
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xltx": "xlsx",
    ".ods": "ods",
    ".ots": "ods",
}
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_FLAT: Final = re.compile(rb"\s*<\?xml[^>]*>\s*<(?:office:document|\?mso-application)\b")
_TYPES: Final = "[content_types].xml"
_MIMETYPE_MAX_BYTES: Final = 1_024


def archive_of(data: bytes) -> Archive | None:
    """The archive that a file is.

    Args:
        data: The file.

    Returns:
        None if it is none.

    Raises:
        Unreadable: A damaged or harmful one, or a workbook that is encrypted or too old.
    """
    if data.startswith(_COMPOUND):
        if _ENCRYPTED in data:
            raise Unreadable(ReadingFault.of("format-error", case="encrypted"))
        raise Unreadable(ReadingFault.of("format-error", case="old-workbook", kind="XLS"))
    if _FLAT.match(data[:1_024]):
        raise Unreadable(ReadingFault.of("format-error", case="old-workbook", kind="XML"))
    return Archive(data) if data.startswith(MAGIC) else None


def form_of(archive: Archive) -> Form:
    """What an archive holds.

    Args:
        archive: Any.

    Raises:
        Unreadable: Nothing that is read.
    """
    if "mimetype" in archive:
        kind = archive.read("mimetype", _MIMETYPE_MAX_BYTES).strip()
        if kind in MIMETYPES:
            return "ods"
        if kind.startswith(b"application/"):
            raise _unread(kind.decode("ascii", "replace"))
    if _TYPES in archive:
        if "xl/workbook.bin" in archive:
            raise Unreadable(ReadingFault.of("format-error", case="old-workbook", kind="XLSB"))
        if any(name.startswith("word/") for name in archive.names):
            raise _unread("DOCX")
        return "xlsx"
    raise Unreadable(ReadingFault.of("format-error", case="zip"))


def expected(filename: str) -> Form:
    """The form that a file's name promises.

    Args:
        filename: Its name.
    """
    return _SUFFIXES.get(PurePath(filename).suffix.lower(), "text")


def _unread(kind: str) -> Unreadable:
    return Unreadable(ReadingFault.of("format-error", case="workbook", kind=kind))
