"""Outlines as numbers: read from WKB, a point inside, fewer points. Degrees (longitude, latitude).

Pure and plain: for centres and for the background of a map, not for surveying.
"""

import itertools
import math
import struct
from collections.abc import Sequence
from typing import Final

Point = tuple[float, float]
"""Longitude and latitude in degrees."""

Ring = tuple[Point, ...]
"""A closed line: the last point is the first."""

Polygon = tuple[Ring, ...]
"""An outer ring, then its holes."""

POINTS_MAX: Final = 200_000
"""Points of one outline; the largest commune has some 3,000. More is no outline of a commune."""

_POLYGON: Final = 3
_MULTIPOLYGON: Final = 6
_LITTLE: Final = 1


class ShapeError(ValueError):
    """What was given isn't an outline. Drop it."""


def read_wkb(data: bytes) -> tuple[Polygon, ...]:
    """Read a polygon or multipolygon of two dimensions (OGC 06-103r4, section 8.2, WKB).

    Args:
        data: Little-endian WKB, as PostGIS and GDAL write it.

    Raises:
        ShapeError: It is something else, or ends too early.
    """
    try:
        polygons, end = _geometry(data, 0)
    except struct.error as error:
        raise ShapeError("the outline ends too early") from error
    if end != len(data):
        raise ShapeError("more bytes than the outline has")
    return polygons


def _geometry(data: bytes, at: int) -> tuple[tuple[Polygon, ...], int]:
    order, kind, count = struct.unpack_from("<BII", data, at)
    at += struct.calcsize("<BII")
    if order != _LITTLE or kind not in (_POLYGON, _MULTIPOLYGON) or count > POINTS_MAX:
        raise ShapeError("not a little-endian polygon of two dimensions")
    if kind == _MULTIPOLYGON:
        polygons: list[Polygon] = []
        for _ in range(count):
            if struct.unpack_from("<BI", data, at) != (_LITTLE, _POLYGON):
                raise ShapeError("a multipolygon of something else")
            found, at = _geometry(data, at)
            polygons += found
        return tuple(polygons), at
    rings = []
    for _ in range(count):
        (points,) = struct.unpack_from("<I", data, at)
        at += 4
        if points > POINTS_MAX:
            raise ShapeError("too many points")
        flat = struct.unpack_from(f"<{2 * points}d", data, at)
        at += 16 * points
        rings.append(tuple(zip(flat[::2], flat[1::2], strict=True)))
    return (tuple(rings),), at


def centre_of(polygons: Sequence[Polygon]) -> Point:
    """Return the centre of area where it lies inside, else a point inside the largest part.

    Degrees of longitude are taken as they are: over a commune that moves the centre by less than
    its rounding.

    Raises:
        ShapeError: There is no area.
    """
    whole = [_moments(polygon[0]) for polygon in polygons if polygon]
    area = sum(abs(one[0]) for one in whole)
    if not area or not math.isfinite(area):
        raise ShapeError("an outline without area")
    centre = (
        sum(abs(size) * x for size, x, _ in whole) / area,
        sum(abs(size) * y for size, _, y in whole) / area,
    )
    if any(_holds(polygon, centre) for polygon in polygons):
        return centre
    largest = max(
        (polygon for polygon in polygons if polygon), key=lambda p: abs(_moments(p[0])[0])
    )
    return _inside(largest)


def _moments(ring: Ring) -> tuple[float, float, float]:
    """Signed area and centre of a ring (shoelace formula), counted from its first point."""
    if not ring:
        return 0.0, 0.0, 0.0
    x0, y0 = ring[0]  # near the ring, so that large coordinates don't eat the digits
    area = cx = cy = 0.0
    for (x1, y1), (x2, y2) in itertools.pairwise(ring):
        cross = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        area += cross
        cx += (x1 + x2 - 2 * x0) * cross
        cy += (y1 + y2 - 2 * y0) * cross
    if not area:
        return 0.0, x0, y0
    return area / 2, x0 + cx / (3 * area), y0 + cy / (3 * area)


def _crossings(polygon: Polygon, y: float) -> list[float]:
    """Return where a parallel crosses the polygon's rings, ascending."""
    return sorted(
        x1 + (y - y1) / (y2 - y1) * (x2 - x1)
        for ring in polygon
        for (x1, y1), (x2, y2) in itertools.pairwise(ring)
        if (y1 > y) != (y2 > y)
    )


def _holds(polygon: Polygon, point: Point) -> bool:
    return sum(x > point[0] for x in _crossings(polygon, point[1])) % 2 == 1


def _inside(polygon: Polygon) -> Point:
    """Return the middle of the widest stretch on the parallel through the middle."""
    ys = sorted(y for _, y in polygon[0])
    y = (ys[0] + ys[-1]) / 2
    crossings = _crossings(polygon, y)
    stretches = list(zip(crossings[::2], crossings[1::2], strict=False))
    if not stretches:
        raise ShapeError("an outline without area")
    left, right = max(stretches, key=lambda stretch: stretch[1] - stretch[0])
    return (left + right) / 2, y


def simplified(ring: Ring, tolerance_deg: float) -> Ring:
    """Return a ring with fewer points, none of those left out further off than the tolerance.

    After Douglas and Peucker (1973). Neighbours are simplified each for itself, so that fine gaps
    may show between them.

    Args:
        ring: Closed.
        tolerance_deg: In degrees.

    Returns:
        A closed ring; empty where less than a triangle is left.
    """
    if len(ring) < 4:  # noqa: PLR2004 - a triangle, closed
        return ()
    keep = {0, len(ring) - 1}
    # a ring's ends are one point: it is cut at the point that is furthest from it
    far = max(range(len(ring)), key=lambda at: math.dist(ring[0], ring[at]), default=0)
    keep.add(far)
    stack = [(0, far), (far, len(ring) - 1)]
    while stack:
        first, last = stack.pop()
        worst, at = 0.0, 0
        for between in range(first + 1, last):
            away = _distance(ring[between], ring[first], ring[last])
            if away > worst:
                worst, at = away, between
        if worst > tolerance_deg:
            keep.add(at)
            stack += [(first, at), (at, last)]
    found = tuple(ring[at] for at in sorted(keep))
    return found if len(found) >= 4 else ()  # noqa: PLR2004 - a triangle, closed


def _distance(point: Point, start: Point, end: Point) -> float:
    """Return the distance of a point from a stretch, in degrees."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    if not length:
        return math.dist(point, start)
    along = ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / length
    along = min(1.0, max(0.0, along))
    return math.dist(point, (start[0] + along * dx, start[1] + along * dy))
