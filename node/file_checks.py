"""Checking of a file on the disk, whatever its size, in bounded memory.

Text with rows on lines is checked part by part as it is read. The keys of a large file go to a
folder for temporary files, in drawers of which one is held at a time. What can't be taken apart
(a workbook, a JSON list) is read as a whole, up to a limit.
"""

import contextlib
import io
import os
import secrets
import stat
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import polars as pl

from federation.errors import UnreachableError
from schemas.model import Schema
from schemas.progress import Progress, Step, silent
from schemas.reading import ColumnMapping, Reading, read
from schemas.reading.encoding import Pieces
from schemas.reading.faults import ReadingFault
from schemas.reading.limits import FILE_MAX_BYTES, PART_BYTES
from schemas.reading.stream import check_parts, has_parts
from schemas.report import Report

HELD_MAX_BYTES: Final = 96 * 1024 * 1024
"""Of a file whose keys are held in memory."""
DRAWER_BYTES: Final = 32 * 1024 * 1024
"""The share of a larger file whose keys go to one drawer."""
DRAWERS_MAX: Final = 256
_LENGTH_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What became of a file.

    Attributes:
        reading: Without rows.
        size_bytes: Of the file; of one that isn't looked at, as much as is known.
    """

    reading: Reading
    size_bytes: int


def check_file(
    path: Path,
    schema: Schema,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = silent,
    temporary: Path | None = None,
) -> CheckedFile:
    """Check a file against a schema.

    Args:
        path: Of the file; a pipe is copied to a temporary file first.
        schema: What its rows should be.
        mapping: What is known of the file.
        progress: Told of the steps `file`, `parts` and `repeats`, or of those of `read`.
        temporary: Where temporary files go; None: where the system has them.

    Raises:
        MappingFault: The mapping doesn't fit the schema.
        OSError: The file can't be read.
        UnreachableError: `temporary-files`.
    """
    with contextlib.ExitStack() as stack:
        file: BinaryIO = stack.enter_context(path.open("rb"))
        state = os.fstat(file.fileno())
        size = state.st_size
        folder = _Folder(stack, temporary)
        if not stat.S_ISREG(state.st_mode):
            file, size = folder.copy(file, progress)
        pieces = _pieces(file)
        if has_parts(pieces, path.name):
            large = size > HELD_MAX_BYTES
            reading = check_parts(
                pieces,
                schema=schema,
                mapping=mapping,
                drawers=FolderDrawers(folder.path) if large else None,
                drawer_count=min(DRAWERS_MAX, -(-size // DRAWER_BYTES)) if large else 1,
                seed=secrets.randbits(64),
                progress=_with_total(progress, size),
            )
        elif size > FILE_MAX_BYTES:
            fault = ReadingFault.of("byte-count", limit=FILE_MAX_BYTES)
            reading = Reading(None, Report.of(0, [fault]))
        else:
            content = b"".join(_told(pieces(), size, progress))
            reading = read(
                content, filename=path.name, schema=schema, mapping=mapping, progress=progress
            )
        return CheckedFile(reading, size)


class FolderDrawers:
    """Drawers as files of a folder, which nobody else uses.

    Each is a run of Arrow streams, every one behind its length.
    """

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder

    def put(self, drawer: str, frame: pl.DataFrame) -> None:
        """Add rows to a drawer.

        Raises:
            UnreachableError: `temporary-files`.
        """
        stream = io.BytesIO()
        frame.write_ipc_stream(stream, compression="lz4")
        content = stream.getbuffer()
        with _temporary(self._folder), (self._folder / drawer).open("ab") as file:
            file.write(len(content).to_bytes(_LENGTH_BYTES))
            file.write(content)

    def take(self, drawer: str) -> Iterator[pl.DataFrame]:
        """What was put in; the file is removed.

        Raises:
            UnreachableError: `temporary-files`.
        """
        path = self._folder / drawer
        if not path.exists():
            return
        with _temporary(self._folder), path.open("rb") as file:
            path.unlink()
            while length := file.read(_LENGTH_BYTES):
                yield pl.read_ipc_stream(io.BytesIO(file.read(int.from_bytes(length))))


class _Folder:
    """A temporary folder that is made when it is needed."""

    def __init__(self, stack: contextlib.ExitStack, parent: Path | None) -> None:
        self._stack: Final = stack
        self._parent: Final = Path(tempfile.gettempdir()) if parent is None else parent
        self._path: Path | None = None

    @property
    def path(self) -> Path:
        """The folder; only its owner may look into it."""
        if self._path is None:
            with _temporary(self._parent):
                made = tempfile.TemporaryDirectory(prefix="maillage-", dir=self._parent)
                self._path = Path(self._stack.enter_context(made))
        return self._path

    def copy(self, source: BinaryIO, progress: Progress) -> tuple[BinaryIO, int]:
        """A copy of what can be read only once, and its size."""
        copy = self.path / "copy"
        copied = 0
        with _temporary(self.path), copy.open("wb") as file:
            while piece := source.read(PART_BYTES):
                file.write(piece)
                copied += len(piece)
                progress("file", copied, None)
        return self._stack.enter_context(copy.open("rb")), copied


def _pieces(file: BinaryIO) -> Pieces:
    def each() -> Iterator[bytes]:
        at = 0
        while piece := os.pread(file.fileno(), PART_BYTES, at):
            at += len(piece)
            yield piece

    return each


def _told(pieces: Iterable[bytes], size: int, progress: Progress) -> Iterator[bytes]:
    done = 0
    for piece in pieces:
        done += len(piece)
        progress("file", min(done, size), size)
        yield piece


def _with_total(progress: Progress, size: int) -> Progress:
    """Reports of parts, with the size of the file, which the reader of parts doesn't know."""

    def report(step: Step, done: int, total: int | None, /) -> None:
        if step == "parts":
            done, total = min(done, size), size
        progress(step, done, total)

    return report


@contextlib.contextmanager
def _temporary(folder: Path) -> Iterator[None]:
    """Errors of temporary files as such: it isn't the user's file that is in trouble."""
    try:
        yield
    except OSError as error:
        raise UnreachableError(
            f"{folder}: {error.strerror or error}",
            code="temporary-files",
            remedy="free space there, or set TMPDIR to a folder with as much room as the file has",
        ) from error
