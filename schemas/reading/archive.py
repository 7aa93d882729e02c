"""Zip archives from others, which may claim anything: bounded before and while they are unpacked.

The directory is checked first (entries, sizes, ratio, names that stand twice, encryption); then
what really comes out is counted, since a directory may lie. Nothing is ever unpacked whole except
small parts, and nothing touches a disk.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.limits import (
    ARCHIVE_ENTRIES_MAX,
    ARCHIVE_MAX_BYTES,
    ARCHIVE_RATIO_FROM_BYTES,
    ARCHIVE_RATIO_MAX,
)

MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
_CHUNK_BYTES: Final = 64 * 1024
_ENCRYPTED: Final = 0x1
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Archive:
    """A zip archive whose directory holds together.

    Attributes:
        taken: Bytes that came out of it so far.
    """

    def __init__(self, data: bytes) -> None:
        """Check the directory.

        Args:
            data: The archive.

        Raises:
            Unreadable: No zip, too much in it, or encrypted.
        """
        try:
            self._zip: Final = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError) as error:
            raise broken() from error
        self.taken = 0
        self._parts: Final[dict[str, zipfile.ZipInfo]] = {}
        entries = self._zip.infolist()
        if len(entries) > ARCHIVE_ENTRIES_MAX:
            raise _bomb("entries", ARCHIVE_ENTRIES_MAX)
        if sum(entry.file_size for entry in entries) > ARCHIVE_MAX_BYTES:
            raise _bomb("bytes", ARCHIVE_MAX_BYTES)
        for entry in entries:
            if entry.is_dir():
                continue
            self._check(entry)
            name = _plain(entry.filename)
            if name in self._parts:
                # which of the two is meant, each reader decides as it likes
                raise broken()
            self._parts[name] = entry

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the files, in lower case, with slashes."""
        return tuple(self._parts)

    def __contains__(self, name: str) -> bool:
        return _plain(name) in self._parts

    def size_bytes(self, name: str) -> int:
        """What the directory says that a file has; 0 if there is none.

        Args:
            name: Its name, in any case.
        """
        part = self._parts.get(_plain(name))
        return 0 if part is None else part.file_size

    def stream(self, name: str) -> Iterator[bytes]:
        """The content of a file, piece by piece.

        Args:
            name: Its name, in any case.

        Raises:
            Unreadable: There is none, it is damaged, or more comes out than may.
        """
        part = self._parts.get(_plain(name))
        if part is None:
            raise broken()
        out = 0
        try:
            with self._zip.open(part) as file:
                while chunk := file.read(_CHUNK_BYTES):
                    out += len(chunk)
                    self.taken += len(chunk)
                    # a sheet is walked twice: for its header, then for its rows
                    if out > part.file_size or self.taken > 2 * ARCHIVE_MAX_BYTES:
                        raise _bomb("bytes", ARCHIVE_MAX_BYTES)
                    yield chunk
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            ValueError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise broken() from error

    def read(self, name: str, most_bytes: int) -> bytes:
        """The content of a small file.

        Args:
            name: Its name, in any case.
            most_bytes: More is refused.

        Raises:
            Unreadable: As `stream`.
        """
        found = bytearray()
        for chunk in self.stream(name):
            found += chunk
            if len(found) > most_bytes:
                raise _bomb("bytes", most_bytes)
        return bytes(found)

    @staticmethod
    def _check(entry: zipfile.ZipInfo) -> None:
        if entry.flag_bits & _ENCRYPTED:
            raise Unreadable(ReadingFault.of("format-error", case="encrypted"))
        if entry.compress_type not in _METHODS:
            raise broken()
        large = entry.file_size > ARCHIVE_RATIO_FROM_BYTES
        if large and entry.file_size > entry.compress_size * ARCHIVE_RATIO_MAX:
            raise _bomb("ratio", ARCHIVE_RATIO_MAX)


def broken() -> Unreadable:
    """The signal for an archive or a part of it that can't be read."""
    return Unreadable(ReadingFault.of("format-error", case="archive"))


def _bomb(what: str, limit: int) -> Unreadable:
    return Unreadable(ReadingFault.of("limit-error", case=f"archive-{what}", limit=limit))


def _plain(name: str) -> str:
    # some writers use backslashes, some an absolute path, and none means two parts by one name
    return name.replace("\\", "/").lstrip("/").casefold()
