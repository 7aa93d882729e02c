"""Builds the packaged file from the npm package `@etalab/decoupage-administratif`.

    python -m schemas.territory.build                  fetch the package, write the file
    python -m schemas.territory.build --from DIR       the same from an unpacked package
    python -m schemas.territory.build --check          compare with the file, write nothing

Run by hand when the vintage changes; nothing at run time imports this module. The same package
gives the same bytes (see `tables.encode`).
"""

import argparse
import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_args

from schemas.territory.ids import departement_of, is_commune_code
from schemas.territory.tables import FILE, VINTAGE, Document, EpciType, PartKind, decode, encode

PACKAGE: Final = "@etalab/decoupage-administratif"
VERSION: Final = "6.0.0"
SHA512: Final = (
    "XavYsFlbcM/prKr8hNHPKER94IHw/dsxNM4nxjWMYk6PLFACpEedvn/7wK8Baozm0dCYhWWcf+7bcWpA5pmCaQ=="
)
"""The archive's digest (base64), so that a registry's answer is the one that was looked at."""

MEMBERS: Final = ("communes", "epci", "departements", "regions")
COUNTS: Final = {"communes": 34_969, "epci": 1_255, "departements": 109, "regions": 18}
"""What the source announces for this vintage: 101 départements and 8 collectivities, 18 régions."""

FETCH_TIMEOUT_S: Final = 300

_KINDS: Final[dict[str, PartKind]] = {
    "commune-deleguee": "déléguée",
    "commune-associee": "associée",
    "arrondissement-municipal": "arrondissement",
}

Source = Mapping[str, Sequence[Mapping[str, Any]]]
"""The package's JSON files, by name without suffix."""


class BuildError(Exception):
    """The source isn't what this script was written for; nothing was written. Halt and look."""


def fetch() -> Source:
    """Fetch the package with npm into a temporary directory and read it.

    Raises:
        BuildError: npm is missing or fails, or the archive is another.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise BuildError("npm isn't on the path. Install it, or unpack the package and use --from.")
    with tempfile.TemporaryDirectory() as directory:
        command = [npm, "pack", "--silent", "--ignore-scripts", f"{PACKAGE}@{VERSION}"]
        done = subprocess.run(  # noqa: S603 -- constants only
            command,
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=FETCH_TIMEOUT_S,
            check=False,
        )
        archives = list(Path(directory).glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            raise BuildError(f"npm pack failed: {done.stderr.strip()}")
        digest = hashlib.sha512(archives[0].read_bytes()).digest()
        if base64.b64encode(digest).decode() != SHA512:
            raise BuildError(f"The archive of {PACKAGE} {VERSION} isn't the one pinned here.")
        with tarfile.open(archives[0]) as archive:
            return {name: json.loads(_member(archive, name)) for name in MEMBERS}


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    """Read one file of the archive, in memory: nothing is unpacked."""
    stream = archive.extractfile(f"package/data/{name}.json")
    assert stream is not None, name
    with stream:
        return stream.read()


def read(directory: Path) -> Source:
    """Read an unpacked package.

    Raises:
        BuildError: it is another package or version.
        OSError: a file is missing.
    """
    about = json.loads((directory / "package.json").read_bytes())
    if (about["name"], about["version"]) != (PACKAGE, VERSION):
        raise BuildError(f"{directory} holds {about['name']} {about['version']}.")
    return {name: json.loads((directory / f"data/{name}.json").read_bytes()) for name in MEMBERS}


def make(source: Source) -> Document:
    """Turn the package's records into columns, each ascending by code.

    Raises:
        BuildError: the source breaks something that lookups rely on.
    """
    records = _sorted(source["communes"])
    current = [record for record in records if record["type"] == "commune-actuelle"]
    others = [record for record in records if record["type"] in _KINDS]
    epci, departements = _sorted(source["epci"]), _sorted(source["departements"])
    rows = {record["code"]: row for row, record in enumerate(current)}
    epci_of = {
        member["code"]: row for row, record in enumerate(epci) for member in record["membres"]
    }
    former = sorted((old, row) for row, record in enumerate(current) for old in _former(record))
    _check(records, source, rows, [old for old, _ in former])
    # Overseas collectivities have no région; the source repeats their own code in its place.
    regions = _sorted([record for record in source["regions"] if record["zone"] != "com"])
    return {
        "vintage": VINTAGE,
        "source": {"package": PACKAGE, "version": VERSION, "licence": "Licence Ouverte"},
        "communes": {
            "code": [record["code"] for record in current],
            "name": [record["nom"] for record in current],
            "population": [record.get("population") for record in current],
            "siren": [record.get("siren") for record in current],
            "epci": [epci_of.get(record["code"]) for record in current],
        },
        "parts": {
            "code": [record["code"] for record in others],
            "name": [record["nom"] for record in others],
            "kind": [_KINDS[record["type"]] for record in others],
            "commune": [rows[_whole(record)] for record in others],
        },
        "former": {"code": [old for old, _ in former], "commune": [row for _, row in former]},
        "epci": {
            "code": [record["code"] for record in epci],
            "name": [record["nom"] for record in epci],
            "type": [record["type"] for record in epci],
        },
        "departements": {
            "code": [record["code"] for record in departements],
            "name": [record["nom"] for record in departements],
            "region": [
                None if record["zone"] == "com" else record["region"] for record in departements
            ],
        },
        "regions": {
            "code": [record["code"] for record in regions],
            "name": [record["nom"] for record in regions],
        },
    }


def _sorted(records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(records, key=lambda record: (record["code"], record.get("type", "")))


def _former(record: Mapping[str, Any]) -> Sequence[str]:
    codes: Sequence[str] = record.get("anciensCodes", ())
    return codes


def _whole(record: Mapping[str, Any]) -> str:
    """Return the code of the commune that a part belongs to."""
    code: str = record["commune" if record["type"] == "arrondissement-municipal" else "chefLieu"]
    return code


def _check(
    records: Sequence[Mapping[str, Any]], source: Source, rows: Mapping[str, int], former: list[str]
) -> None:
    """Refuse a source that breaks what lookups rely on, naming the records."""
    regions = {record["code"]: record["region"] for record in source["departements"]}
    members = Counter(member["code"] for record in source["epci"] for member in record["membres"])
    parts = [record for record in records if record["type"] in _KINDS]
    current = [record for record in records if record["type"] == "commune-actuelle"]
    broken = {
        "unknown type of commune": [
            record["code"]
            for record in records
            if record["type"] not in {*_KINDS, "commune-actuelle"}
        ],
        "not written like a commune code": [
            code for code in (*rows, *former) if not is_commune_code(code)
        ],
        "département or région not the one that the code begins with": [
            record["code"]
            for record in current
            if record["departement"] != departement_of(record["code"])
            or regions.get(record["departement"]) != record["region"]
        ],
        "in two EPCI, or in one but not a commune": [
            code for code, times in members.items() if times > 1 or code not in rows
        ],
        "part of no commune": [record["code"] for record in parts if _whole(record) not in rows],
        "a current commune's code, but part of another": [
            record["code"]
            for record in parts
            if record["code"] in rows and _whole(record) != record["code"]
        ],
        "a former code that is current": [code for code in former if code in rows],
        "unknown type of EPCI": [
            record["code"] for record in source["epci"] if record["type"] not in get_args(EpciType)
        ],
        "listed twice": [
            code
            for codes in (
                [record["code"] for record in current],
                [record["code"] for record in parts],
                former,
            )
            for code, times in Counter(codes).items()
            if times > 1
        ],
    }
    faults = [f"{what}: {', '.join(codes)}" for what, codes in broken.items() if codes]
    if faults:
        raise BuildError("The source breaks what lookups rely on. " + "; ".join(faults))


def check_counts(document: Document) -> None:
    """Refuse a document that isn't the whole vintage.

    Raises:
        BuildError: a count differs from `COUNTS`.
    """
    found = {
        "communes": len(document["communes"]["code"]),
        "epci": len(document["epci"]["code"]),
        "departements": len(document["departements"]["code"]),
        "regions": len(document["regions"]["code"]),
    }
    if found != COUNTS:
        raise BuildError(f"Expected {COUNTS}, found {found}.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build or check the packaged file; return the exit status (0 done, 1 it differs)."""
    parser = argparse.ArgumentParser(prog="python -m schemas.territory.build", description=__doc__)
    parser.add_argument("--from", dest="directory", type=Path, help="an unpacked package")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)
    target = Path(__file__).parent / FILE
    document = make(read(options.directory) if options.directory else fetch())
    check_counts(document)
    data = encode(document)
    if not options.check:
        target.write_bytes(data)
        sys.stdout.write(f"{FILE}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}\n")
        return 0
    kept = target.read_bytes()
    same = kept == data
    alike = (
        "its content is the same, another zstandard wrote it" if decode(kept) == document else ""
    )
    sys.stdout.write(f"{FILE}: {'as built' if same else alike or 'differs from the source'}\n")
    return 0 if same or alike else 1


if __name__ == "__main__":
    sys.exit(main())
