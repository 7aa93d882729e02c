"""GeoJSON features (RFC 7946) as rows: properties are columns, the geometry goes where it fits.

A point fills longitude and latitude, or a geopoint, unless the properties do; any geometry fills
the schema's column of geometries. What fits nowhere is told.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, Final

from schemas.model import Schema
from schemas.places import point_columns, shape_column
from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.jsontext import Bare, JsonError, compact
from schemas.reading.limits import CELL_MAX_CHARS, JSON_DEPTH_MAX
from schemas.reading.notes import Note
from schemas.report import Fault

_LON_MAX_DEG: Final = 180
_LAT_MAX_DEG: Final = 90
_GEOPOINT_DIGITS: Final = 15
"""Digits after the point that a geopoint may have."""
_WGS84: Final = ("CRS84", "4326")
_POSITION: Final = (2, 3)
_TYPES_SHOWN: Final = 7
_EXPONENT: Final = 40
"""Powers of ten beyond which a number is no coordinate, however it is written."""


def is_feature(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a GeoJSON feature.

    Args:
        value: Any object.
    """
    return (
        value.get("type") == "Feature"
        and "geometry" in value
        and isinstance(value.get("properties"), dict | None)
    )


class Features:
    """Takes features apart, and remembers what it couldn't place."""

    def __init__(self, schema: Schema) -> None:
        self._point: Final = point_columns(schema)
        self._shape: Final = shape_column(schema)
        self._scales: Final = tuple(
            schema.scale(name) if len(self._point) > 1 else _GEOPOINT_DIGITS for name in self._point
        )
        self._key: Final = schema.primary_key[0] if len(schema.primary_key) == 1 else None
        self._unplaced: Final[Counter[str]] = Counter()
        self._rounded = self._altitude = self._ids = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that a geometry may fill."""
        return (*self._point, *((self._shape,) if self._shape else ()))

    def member(self, name: str, value: Any) -> None:
        """Look at a member of a collection beside its features.

        Args:
            name: Its name.
            value: As decoded.

        Raises:
            Unreadable: Coordinates aren't degrees of WGS 84, as the old member `crs` says.
        """
        if name != "crs" or not isinstance(value, dict):
            return
        properties = value.get("properties")
        called = str(properties.get("name", "")) if isinstance(properties, dict) else ""
        if not called.endswith(_WGS84):
            raise Unreadable(ReadingFault.of("format-error", case="crs", name=called))

    def identity(self, feature: Mapping[str, Any]) -> tuple[str, Any] | None:
        """The column that a feature's `id` is for, and what it is.

        Args:
            feature: Any feature.
        """
        found = feature.get("id")
        if self._key is None or not isinstance(found, str):
            return None
        return self._key, str(found)

    def used_identity(self) -> None:
        """Remember that an `id` was taken as the key."""
        self._ids = True

    def cells(self, geometry: Any, row: int) -> dict[str, str | Fault]:
        """Cells of a geometry, by column.

        Args:
            geometry: As decoded; None: the feature has none.
            row: Line that it starts on.
        """
        if geometry is None:
            return {}
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        if not isinstance(kind, str) or isinstance(kind, Bare):
            return self._wrong("geojson", row, None)
        if kind == "Point" and self._point:
            return self._of_point(geometry.get("coordinates"), row)
        if self._shape is None:
            self._unplaced[kind if kind.isalpha() else "?"] += 1
            return {}
        return {self._shape: self._of_shape(geometry, self._shape, row)}

    def tell(self, note: Callable[[Note], None]) -> None:
        """Say what was taken to be so, and what has no place.

        Args:
            note: Takes it.
        """
        if self._ids:
            note(Note("feature-id", self._key))
        if self._unplaced:
            kinds = [
                f"{kind} ({count})" for kind, count in self._unplaced.most_common(_TYPES_SHOWN)
            ]
            note(Note("geometry-unplaced", value=", ".join(kinds)))
        if self._altitude:
            note(Note("altitude"))
        if self._rounded:
            note(Note("coordinates-rounded", ", ".join(self._point)))

    def _of_point(self, coordinates: Any, row: int) -> dict[str, str | Fault]:
        if not isinstance(coordinates, list) or len(coordinates) not in _POSITION:
            return self._wrong("geojson", row, None)
        pair = _decimals(coordinates[:2])
        if pair is None:
            return self._wrong("geojson", row, None)
        if abs(pair[0]) > _LON_MAX_DEG or abs(pair[1]) > _LAT_MAX_DEG:
            return self._wrong("projected", row, f"{pair[0]}, {pair[1]}")
        self._altitude |= len(coordinates) > len(pair)
        scales = self._scales if len(self._scales) > 1 else self._scales * 2
        texts = [self._plain(number, scale) for number, scale in zip(pair, scales, strict=True)]
        if len(self._point) == 1:
            return {self._point[0]: ",".join(texts)}
        return dict(zip(self._point, texts, strict=True))

    @staticmethod
    def _of_shape(geometry: Any, column: str, row: int) -> str | Fault:
        try:
            text = compact(geometry)
        except JsonError:
            return ReadingFault.of(
                "format-error", row=row, column=column, case="depth", limit=JSON_DEPTH_MAX
            )
        if len(text) > CELL_MAX_CHARS:
            return ReadingFault.of(
                "limit-error", row=row, column=column, case="shape", limit=CELL_MAX_CHARS
            )
        return text

    def _plain(self, number: Decimal, scale: int) -> str:
        step = Decimal(1).scaleb(-scale)
        kept = number.quantize(step, ROUND_HALF_EVEN)
        self._rounded |= kept != number
        return format(kept.normalize() + 0, "f")

    def _wrong(self, case: str, row: int, value: str | None) -> dict[str, str | Fault]:
        column = next(iter(self.columns), None)
        fault = ReadingFault.of(
            "type-error", row=row, column=column, value=value, case=case, type="geojson"
        )
        # without a column it is still wrong; the name is nobody's
        return {column or "": fault}


def _decimals(numbers: Sequence[Any]) -> tuple[Decimal, ...] | None:
    try:
        if not all(isinstance(number, Bare) for number in numbers):
            return None
        found = tuple(Decimal(number) for number in numbers)
    except InvalidOperation:
        return None
    return found if all(-_EXPONENT <= one.adjusted() <= _EXPONENT for one in found) else None
