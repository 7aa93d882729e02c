"""Which form a file has: by its first bytes, then by its name."""

import re
from pathlib import PurePath
from typing import Final, Literal

from schemas.reading.archive import MAGIC, Archive
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.gtfs import folder_of
from schemas.reading.ods import MIMETYPES
from schemas.reading.parquet import MAGIC as PARQUET

Form = Literal["delimited", "json", "xlsx", "ods", "parquet", "gtfs"]

NAMES: Final[dict[Form, str]] = {
    "delimited": "CSV",
    "json": "JSON",
    "xlsx": "XLSX",
    "ods": "ODS",
    "parquet": "Parquet",
    "gtfs": "GTFS",
}
"""For people."""
_SUFFIXES: Final[dict[str, Form]] = {
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xltx": "xlsx",
    ".ods": "ods",
    ".ots": "ods",
    ".parquet": "parquet",
    ".zip": "gtfs",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".geojson": "json",
    ".geojsonl": "json",
    ".csv": "delimited",
    ".tsv": "delimited",
    ".tab": "delimited",
    ".txt": "delimited",
}
_JSON: Final = re.compile(rb"\[\s*[{\]]|\{\s*[\"}]")
"""How JSON rows begin, and no header of a table does."""
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
    if folder_of(archive.names) is not None:
        return "gtfs"
    raise Unreadable(ReadingFault.of("format-error", case="zip"))


def is_parquet(data: bytes) -> bool:
    """Whether a file is Parquet; a text may begin with the same four letters.

    Args:
        data: The file.
    """
    return data.startswith(PARQUET) and data.endswith(PARQUET) and len(data) > 2 * len(PARQUET)


def is_json(opening: bytes, filename: str) -> bool:
    """Whether a text is JSON: by its name, but what begins like JSON is JSON whatever its name.

    Args:
        opening: Its first characters, without spaces before them.
        filename: Its name.
    """
    promised = expected(filename)
    if promised == "json":
        return True
    if promised == "delimited":
        return _JSON.match(opening) is not None
    return opening.startswith((b"[", b"{"))


def expected(filename: str) -> Form | None:
    """The form that a file's name promises; None if it promises none.

    Args:
        filename: Its name.
    """
    return _SUFFIXES.get(PurePath(filename).suffix.lower())


def _unread(kind: str) -> Unreadable:
    return Unreadable(ReadingFault.of("format-error", case="workbook", kind=kind))
