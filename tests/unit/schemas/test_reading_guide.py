"""What the French guide promises of cells is so: its table is read, and each example tried."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from reading_world import REQUIRED, of, schema_of

from schemas.model import Schema
from schemas.reading import Reading

GUIDE = Path(__file__).parents[3] / "docs" / "fr" / "fichiers.md"
TYPES = {
    "nombre": "number",
    "nombre entier": "integer",
    "oui/non": "boolean",
    "date": "date",
    "date et heure": "datetime",
    "année": "year",
}
UNITS = {"€": "Montant en euros", "%": "Part en %"}


def _table() -> Iterator[tuple[str, str, str]]:
    """Kind of column, what becomes of it, example."""
    lines = GUIDE.read_text(encoding="utf-8").splitlines()
    start = lines.index(next(line for line in lines if line.startswith("| colonne |")))
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return
        kind, *rest = (cell.strip() for cell in line.strip("|").split("|"))
        for verdict, cell in zip(("pris", "remarque", "refusé", "à écrire"), rest, strict=True):
            for example in re.findall(r"`([^`]+)`", cell):
                yield kind, verdict, example


def _schema(kind: str, description: str) -> Schema:
    return schema_of(
        [
            {"name": "id", "type": "string", "constraints": REQUIRED},
            {"name": "x", "type": TYPES[kind], "description": description},
        ]
    )


def _read(kind: str, verdict: str, example: str) -> Reading:
    unit = next((text for sign, text in UNITS.items() if sign in example), "")
    described = "" if verdict == "refusé" else unit
    return of(f"id;x\na;{example}\n", _schema(kind, described))


@pytest.mark.parametrize(("kind", "verdict", "example"), list(_table()))
def test_each_example_of_the_guide(kind: str, verdict: str, example: str) -> None:
    found = _read(kind, verdict, example)
    assert found.report.valid is (verdict != "refusé"), found.report.text()
    noted = [note for note in found.guessed if note.column == "x"]
    if verdict in ("pris", "remarque"):
        assert bool(noted) is (verdict == "remarque")


def test_the_table_has_every_kind() -> None:
    assert {kind for kind, _, _ in _table()} == set(TYPES)
