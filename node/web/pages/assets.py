"""Files beside the pages: styles and scripts of our own, and MapLibre from its wheel.

Each has its hash in its address, so that browsers keep it for a year and still see a new release
at once. Nothing is fetched from another host.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from aiohttp import web

from node.web.access import needs
from node.web.errors import Problem

STATIC: Final = Path(__file__).parent / "static"

MAPLIBRE: Final = ("maplibre-gl.js", "maplibre-gl.css")
"""Of the PyPI package `maplibre` (folder `srcjs`), which isn't imported: it needs a notebook."""

KEPT: Final = "public, max-age=31536000, immutable"
_HASH_CHARS: Final = 12
_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file.

    Attributes:
        path: Its address, hash included.
        body: As it is.
        packed: Compressed with gzip.
        media: Its type.
    """

    path: str
    body: bytes
    packed: bytes
    media: str

    @classmethod
    def of(cls, file: Path) -> "Asset":
        """Read a file."""
        body = file.read_bytes()
        digest = hashlib.sha256(body).hexdigest()[:_HASH_CHARS]
        packed = gzip.compress(body, mtime=0)
        return cls(f"/static/{digest}/{file.name}", body, packed, _TYPES[file.suffix])


class Assets:
    """All files, read once."""

    def __init__(self, files: Mapping[str, Asset]) -> None:
        """Serve these, by name."""
        self._files: Final = dict(files)
        self._by_path: Final = {asset.path: asset for asset in files.values()}

    @classmethod
    def load(cls) -> "Assets":
        """Read our own files and MapLibre's, if it is installed."""
        own = {file.name: Asset.of(file) for file in sorted(STATIC.iterdir()) if file.is_file()}
        return cls(own | {file.name: Asset.of(file) for file in _maplibre()})

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def path(self, name: str) -> str:
        """The address of a file."""
        return self._files[name].path

    @needs(None)
    async def serve(self, request: web.Request) -> web.Response:
        """Answer with a file.

        Raises:
            Problem: `path`: there is none of that address.
        """
        asset = self._by_path.get(request.path)
        if asset is None:
            raise Problem(
                HTTPStatus.NOT_FOUND,
                "path",
                "there is nothing at this path",
                remedy="load the page anew",
            )
        headers = {"Cache-Control": KEPT, "Vary": "Accept-Encoding"}
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        if packed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(
            body=asset.packed if packed else asset.body,
            content_type=asset.media,
            charset="utf-8",
            headers=headers,
        )


def _maplibre() -> list[Path]:
    spec = find_spec("maplibre")
    folders = () if spec is None else (spec.submodule_search_locations or ())
    found = [Path(folder) / "srcjs" / name for folder in folders for name in MAPLIBRE]
    return found if found and all(file.is_file() for file in found) else []
