"""Where communes lie: a point inside each, for maps that have no outlines."""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Final, TypedDict, cast

import zstandard

from schemas.territory.places import resolve
from schemas.territory.tables import VINTAGE, load

CENTRES_FILE: Final = f"centres-{VINTAGE}.json.zst"

STEPS_PER_DEGREE: Final = 1_000
"""Positions are kept to 0.001°, some hundred metres: enough for a symbol."""


class Centres(TypedDict):
    """The file's content.

    `communes` are the codes that have a centre, ascending; `lon` and `lat` are theirs in
    1/`STEPS_PER_DEGREE` degrees, each as the difference from the one before, as neighbours in
    the list are neighbours on the ground.
    """

    vintage: int
    source: dict[str, str]
    missing: list[str]
    lon: list[int]
    lat: list[int]


def encode_centres(document: Centres) -> bytes:
    """Write the file, as `tables.encode` does."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return zstandard.ZstdCompressor(level=19, write_checksum=True).compress(text.encode())


def decode_centres(data: bytes) -> Centres:
    """Read what `encode_centres` wrote. For the packaged file only: nothing is checked."""
    return cast("Centres", json.loads(zstandard.ZstdDecompressor().decompress(data)))


def differences(values: Sequence[int]) -> list[int]:
    """Return each value's difference from the one before; the first is itself."""
    return [after - before for before, after in zip((0, *values), values, strict=False)]


@cache
def _load() -> dict[str, tuple[float, float]]:
    document = decode_centres(files(__package__).joinpath(CENTRES_FILE).read_bytes())
    missing = frozenset(document["missing"])
    codes = [code for code in load().codes if code not in missing]
    return {
        code: (lon / STEPS_PER_DEGREE, lat / STEPS_PER_DEGREE)
        for code, lon, lat in zip(
            codes, accumulate(document["lon"]), accumulate(document["lat"]), strict=True
        )
    }


def centre(code: str) -> tuple[float, float] | None:
    """Return the longitude and latitude in degrees of a point inside a commune.

    Args:
        code: COG code in upper case; of a part or a former code the commune's of today.

    Returns:
        To 0.001°; None where the source has no outline: overseas collectivities, four communes
        of the Cantal, and whatever isn't a commune's code.
    """
    found = _load()
    if code in found:
        return found[code]
    today = resolve(code)
    return None if today is None else found.get(today)
