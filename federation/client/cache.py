"""What a client keeps on disk, if it was told where: a folder of `.mlg` files and documents.

    documents/charters/<digest>.json, documents/identities/<digest>.json
    bundles/<participant>/<name>/<epoch>.<sequence>.mlg   as fetched, named by where it begins

Nothing in it is believed for lying there: everything goes through all steps again when it is read,
which costs less than fetching. The files are whole or absent (written aside, then renamed), 0600
in folders of 0700, and the folder may be deleted at any time. `maillage verify` reads the bundles.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from federation.client.limits import READ_BUNDLE_MAX_BYTES
from federation.errors import MaillageError, MalformedError
from federation.ids import parse_dataset

_VERSION: Final = "v1"
_EPOCH_DIGITS: Final = 8
_SEQUENCE_DIGITS: Final = 16  # as many as the largest sequence has, so that names sort by place


class Cache:
    """A folder, or nothing where none was named."""

    def __init__(self, folder: Path | None) -> None:
        """Use a folder; it is made when something is kept.

        Raises:
            MalformedError: `cache`: the path is no folder.
        """
        if folder is not None and folder.exists() and not folder.is_dir():
            raise MalformedError(f"{folder} is no folder", code="cache", remedy="name a folder")
        self._root: Final = None if folder is None else folder / _VERSION

    def document(self, kind: str, digest: str) -> bytes | None:
        """A document kept before."""
        return _read(None if self._root is None else self._document_path(self._root, kind, digest))

    def keep_document(self, kind: str, digest: str, data: bytes) -> None:
        """Keep a document that was verified."""
        if self._root is not None:
            path = self._document_path(self._root, kind, digest)
            if not path.exists():
                _write(path, data)

    def bundles(self, dataset: str) -> Iterator[bytes]:
        """What was kept of a dataset, in order."""
        folder = self._folder(dataset)
        if folder is not None and folder.is_dir():
            for path in sorted(folder.glob("*.mlg")):
                found = _read(path)
                if found is not None:
                    yield found

    def keep_bundle(self, dataset: str, order: tuple[int, int], data: bytes) -> None:
        """Keep a bundle, named by the place of its first publication."""
        folder = self._folder(dataset)
        if folder is not None:
            epoch, sequence = order
            name = f"{epoch:0{_EPOCH_DIGITS}}.{sequence:0{_SEQUENCE_DIGITS}}.mlg"
            _write(folder / name, data)

    def forget(self, dataset: str) -> None:
        """Drop what was kept of a dataset."""
        folder = self._folder(dataset)
        if folder is not None and folder.is_dir():
            for path in folder.glob("*.mlg"):
                path.unlink(missing_ok=True)

    def _folder(self, dataset: str) -> Path | None:
        if self._root is None:
            return None
        named = parse_dataset(dataset)  # its parts are safe as file names
        return self._root / "bundles" / named.owner / dataset.partition("/")[2]

    @staticmethod
    def _document_path(root: Path, kind: str, digest: str) -> Path:
        return root / "documents" / kind / f"{digest}.json"


def _read(path: Path | None) -> bytes | None:
    """A file's bytes; None where it isn't there, can't be read or is larger than we write."""
    if path is None:
        return None
    try:
        if path.stat().st_size > READ_BUNDLE_MAX_BYTES:
            return None
        return path.read_bytes()
    except OSError:
        return None


def _make(folder: Path) -> None:
    """A folder and those above it that are missing, closed to others."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)


def _write(path: Path, data: bytes) -> None:
    """Write a file as a whole or not at all.

    Raises:
        MaillageError: `cache`: the folder can't be written.
    """
    try:
        _make(path.parent)
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")  # 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(aside).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(aside).unlink()
            raise
    except OSError as error:
        raise MaillageError(
            f"{path.parent}: {error.strerror or error}",
            code="cache",
            remedy="name a folder that can be written, or cache=None",
        ) from error
