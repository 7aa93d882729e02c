"""Options that several commands share, and how a node is opened for one command."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from federation.errors import LimitError, UnknownError
from schemas.progress import Progress, silent

if TYPE_CHECKING:
    from node.node import Node

DATA_VARIABLE: Final = "MAILLAGE_DATA"

DataDir = Annotated[
    Path,
    typer.Option(
        "--data",
        metavar="DIR",
        envvar=DATA_VARIABLE,
        file_okay=False,
        help="The node's data directory.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, whose form is kept.")]
DatasetFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        readable=True,
        help="CSV, XLSX, ODS, JSON, GeoJSON or Parquet; docs/formats.md says what is taken.",
    ),
]
SchemaName = Annotated[
    str,
    typer.Option(
        "--schema", metavar="NAME", help="Name of the schema; maillage schema list shows them."
    ),
]

DEFAULT_DATA: Final = Path("maillage-data")

CHUNK_BYTES: Final = 4 * 1024 * 1024
"""Read at a time; some milliseconds on a disk, and long enough to tell on a network drive."""


@contextlib.contextmanager
def opened(data_dir: Path) -> Iterator["Node"]:
    """Open a node for one command, and close it after.

    Raises:
        UnknownError: `data-dir`: the directory was never initialised.
        StoreError: The store can't be opened.
    """
    from node.node import Node  # noqa: PLC0415 - help and usage errors answer without loading the node

    node = Node.open(data_dir)
    try:
        yield node
    finally:
        node.close()


def read_bounded(path: Path, max_bytes: int, progress: Progress = silent) -> bytes:
    """Read a file that is not larger than allowed.

    Args:
        path: Of the file.
        max_bytes: Allowed.
        progress: Told of the step `file`.

    Raises:
        LimitError: `upload-size`.
        OSError: It can't be read.
    """
    found = read_at_most(path, max_bytes + 1, progress)
    if len(found) > max_bytes:
        raise LimitError(
            f"{path.name} has more than {max_bytes} bytes",
            code="upload-size",
            remedy="split the file, or raise MAILLAGE_UPLOAD_MAX_BYTES",
        )
    return found


def read_at_most(path: Path, size_bytes: int, progress: Progress = silent) -> bytes:
    """Read a file up to a size.

    Args:
        path: Of the file; may be a pipe, of which nobody knows how much it gives.
        size_bytes: What is beyond isn't read.
        progress: Told of the step `file`.

    Raises:
        OSError: It can't be read.
    """
    found = bytearray()
    with path.open("rb") as file:
        state = os.fstat(file.fileno())
        total = min(state.st_size, size_bytes) if stat.S_ISREG(state.st_mode) else None
        while piece := file.read(min(CHUNK_BYTES, size_bytes - len(found))):
            found += piece
            progress("file", len(found), total)
    return bytes(found)


def require_dir(data_dir: Path) -> None:
    """Refuse a path that is no directory.

    Raises:
        UnknownError: `data-dir`.
    """
    if data_dir.exists() and not data_dir.is_dir():
        raise UnknownError(f"{data_dir} is no directory", code="data-dir")
