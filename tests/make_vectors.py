"""Writes `tests/vectors/` anew: `python -m tests.make_vectors`.

Deterministic: fixed keys, salts and instants. The lock file pins the libraries that shape the
bytes (pyarrow, zstandard), so another run gives the same files, and a test compares them.
"""

import json
import shutil
from pathlib import Path
from typing import Final

from schemas.territory import territory
from tests.cases.bad import bad
from tests.cases.good import good
from tests.cases.kit import checked
from tests.cases.twinnings import good_twinnings
from tests.world import EPCI, documents

FOLDER: Final = Path(__file__).parent / "vectors"
MADE: Final = ("documents", "good", "bad")
"""Folders that this program writes, and nobody else."""


def files() -> dict[str, bytes]:
    """Every file by its path below `tests/vectors`."""
    found = {f"documents/{name}": data for name, data in documents().items()}
    areas = {EPCI: sorted(territory(EPCI).communes)}
    found["documents/territories.json"] = (json.dumps(areas, indent=1) + "\n").encode()
    found |= {
        f"good/{case.name}.json": case.write() for case in checked([*good(), *good_twinnings()])
    }
    found |= {f"bad/{case.name}.json": case.write() for case in checked(bad())}
    return found


def main() -> None:
    """Write them."""
    for name in MADE:
        shutil.rmtree(FOLDER / name, ignore_errors=True)
    made = files()
    for path, data in made.items():
        target = FOLDER / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    print(f"{len(made)} files below {FOLDER.name}/")  # noqa: T201 - a program for people


if __name__ == "__main__":
    main()
