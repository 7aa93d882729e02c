"""Contents in append-only files, one a day.

A record is a header of 44 bytes and the content. The header: a mark (4 bytes), the length (8 bytes,
big endian), the content's SHA-256 (32 bytes). Where a record begins is kept in the SQL index
(`Place`); bytes that no row of it names are harmless: a crash between the append and the SQL commit
leaves some, and the next append goes behind them.

Nothing here locks: whoever appends holds the store's writer lock.
"""

import hashlib
import os
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final

from node.store.errors import CorruptContentError, ErasedContentError

LIVE_MARK: Final = b"MLG1"
ERASED_MARK: Final = b"MLGX"
HEADER: Final = struct.Struct(">4sQ32s")
GROUP_BYTES: Final = 4 * 1024 * 1024
"""Records are handed to the system in groups of about this size."""

ZEROS: Final = bytes(1024 * 1024)
_SEGMENT_NAME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a content lies.

    Attributes:
        digest: SHA-256 of the content, hexadecimal.
        segment: The day in the file's name, `YYYY-MM-DD`.
        position: Where its header begins in the file, in bytes.
        size: Length of the content without its header, in bytes.
    """

    digest: str
    segment: str
    position: int
    size: int


@dataclass(frozen=True, slots=True)
class Appended:
    """What one append wrote: the places, and the part of the file that it took, in bytes."""

    places: tuple[Place, ...]
    segment: str
    start: int
    end: int


class Segments:
    """The segment files of one store.

    Args:
        root: Their directory; made when it is missing.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._entered: set[str] = set()
        if not root.is_dir():
            root.mkdir(mode=0o700)
            sync_directory(root.parent)

    def path(self, segment: str) -> Path:
        """The file of a day (`YYYY-MM-DD`)."""
        assert _SEGMENT_NAME.fullmatch(segment)
        return self._root / f"{segment}.seg"

    def append(self, day: date, contents: Mapping[str, bytes]) -> Appended:
        """Write contents behind each other and wait until the disk has them.

        When it fails (disk full), the file is cut back to what it was.

        Args:
            day: Names the file.
            contents: By their digests, see `digest_of`.

        Raises:
            OSError: The file can't be written.
        """
        segment = day.isoformat()
        fd = os.open(self.path(segment), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            start = os.lseek(fd, 0, os.SEEK_END)
            try:
                places = _write_records(fd, segment, start, contents)
                os.fsync(fd)
            except BaseException:
                os.ftruncate(fd, start)
                raise
            end = os.lseek(fd, 0, os.SEEK_CUR)
        finally:
            os.close(fd)
        # A file that is there may still be missing from the disk's directory: the process that
        # made it may have been killed before it waited for that.
        if segment not in self._entered:
            sync_directory(self._root)
            self._entered.add(segment)
        return Appended(places=places, segment=segment, start=start, end=end)

    def undo(self, appended: Appended) -> None:
        """Cut off what an append wrote, provided that nothing was written behind it."""
        fd = os.open(self.path(appended.segment), os.O_WRONLY | os.O_CLOEXEC)
        try:
            if os.lseek(fd, 0, os.SEEK_END) == appended.end:
                os.ftruncate(fd, appended.start)
        finally:
            os.close(fd)

    def read(self, places: Iterable[Place]) -> Iterator[tuple[str, bytes]]:
        """Digests and contents, file by file and in the order in which they lie there.

        Raises:
            CorruptContentError: A record isn't what was stored, or its file is missing.
            ErasedContentError: A record was erased.
        """
        by_segment: dict[str, list[Place]] = {}
        for place in places:
            by_segment.setdefault(place.segment, []).append(place)
        for segment in sorted(by_segment):
            inside = sorted(by_segment[segment], key=lambda place: place.position)
            with self._opened(inside[0]) as file:
                for place in inside:
                    yield place.digest, _read_record(file, place)

    def erase(self, place: Place) -> None:
        """Overwrite a content with zeros and mark its record; done twice it is done once.

        The digest stays in the header: the content's 16 random bytes are gone, so that nobody can
        find the content by guessing it.

        Raises:
            CorruptContentError: There is no record of this content at its place, or no file.
            OSError: The file can't be written.
        """
        path = self.path(place.segment)
        try:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise _corrupt("The segment file is missing", place, path) from error
        try:
            os.lseek(fd, place.position, os.SEEK_SET)
            mark, size, digest = _header(os.read(fd, HEADER.size), place, path)
            if mark == LIVE_MARK:
                left = size
                while left > 0:
                    left -= os.write(fd, ZEROS[:left])
            os.lseek(fd, place.position, os.SEEK_SET)
            _write_all(fd, HEADER.pack(ERASED_MARK, size, digest))
            os.fsync(fd)
        finally:
            os.close(fd)

    @contextmanager
    def _opened(self, place: Place) -> Iterator[BinaryIO]:
        path = self.path(place.segment)
        try:
            file = path.open("rb", buffering=0)
        except FileNotFoundError as error:
            raise _corrupt("The segment file is missing", place, path) from error
        with file:
            yield file


def sync_directory(path: Path) -> None:
    """Wait until the disk has a directory's entries; systems that can't open one do without."""
    with suppress(PermissionError):
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def digest_of(blob: bytes) -> str:
    """SHA-256 of a content, hexadecimal."""
    return hashlib.sha256(blob).hexdigest()


def _write_records(
    fd: int, segment: str, start: int, contents: Mapping[str, bytes]
) -> tuple[Place, ...]:
    places = []
    group: list[bytes] = []
    group_size = 0
    position = start
    for digest, blob in contents.items():
        places.append(Place(digest, segment, position, len(blob)))
        group += (HEADER.pack(LIVE_MARK, len(blob), bytes.fromhex(digest)), blob)
        group_size += HEADER.size + len(blob)
        position += HEADER.size + len(blob)
        if group_size >= GROUP_BYTES:
            _write_all(fd, b"".join(group))
            group.clear()
            group_size = 0
    _write_all(fd, b"".join(group))
    return tuple(places)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _read_record(file: BinaryIO, place: Place) -> bytes:
    path = Path(file.name)
    file.seek(place.position)
    mark, _, _ = _header(file.read(HEADER.size), place, path)
    if mark == ERASED_MARK:
        raise ErasedContentError(
            f"The content {place.digest} was withdrawn and erased", code="content-erased"
        )
    blob = _read_exactly(file, place.size)
    if digest_of(blob) != place.digest:
        raise _corrupt(f"The bytes of content {place.digest} have changed", place, path)
    return blob


def _read_exactly(file: BinaryIO, size: int) -> bytes:
    """As many bytes as the file has, up to `size`: one read gives 2 GiB at most, or fewer."""
    first = file.read(size)
    if len(first) == size:
        return first
    pieces = [first]
    left = size - len(first)
    while left > 0 and (piece := file.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _header(data: bytes, place: Place, path: Path) -> tuple[bytes, int, bytes]:
    if len(data) == HEADER.size:
        mark, size, digest = HEADER.unpack(data)
        expected = (place.size, bytes.fromhex(place.digest))
        if mark in (LIVE_MARK, ERASED_MARK) and (size, digest) == expected:
            return mark, size, digest
    raise _corrupt(f"There is no record of content {place.digest}", place, path)


def _corrupt(message: str, place: Place, path: Path) -> CorruptContentError:
    return CorruptContentError(
        message, digest=place.digest, file=str(path), position_bytes=place.position
    )
