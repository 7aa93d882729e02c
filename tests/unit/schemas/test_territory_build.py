"""The script that builds the packaged file, on a small source of the package's form."""

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.territory import build, tables

AYEN = {
    "code": "19015",
    "nom": "Ayen",
    "zone": "metro",
    "departement": "19",
    "region": "75",
    "type": "commune-actuelle",
    "siren": "211901509",
    "population": 717,
    "anciensCodes": ["19900"],
}
PAPEETE = {
    "code": "98735",
    "nom": "Papeete",
    "zone": "com",
    "departement": "987",
    "region": "987",
    "type": "commune-actuelle",
}
SOURCE = {
    "communes": [
        PAPEETE,
        AYEN,
        {"code": "19900", "nom": "Vieil Ayen", "type": "commune-deleguee", "chefLieu": "19015"},
        {
            "code": "19901",
            "nom": "Ayen 1er",
            "type": "arrondissement-municipal",
            "commune": "19015",
        },
    ],
    "epci": [
        {"code": "200043172", "nom": "CA de Brive", "type": "CA", "membres": [{"code": "19015"}]},
    ],
    "departements": [
        {"code": "987", "nom": "Polynésie", "region": "987", "zone": "com"},
        {"code": "19", "nom": "Corrèze", "region": "75", "zone": "metro"},
    ],
    "regions": [
        {"code": "987", "nom": "Polynésie", "zone": "com"},
        {"code": "75", "nom": "Nouvelle-Aquitaine", "zone": "metro"},
    ],
}


def unpack(directory: Path, version: str = build.VERSION) -> Path:
    (directory / "data").mkdir(parents=True)
    about = {"name": build.PACKAGE, "version": version}
    (directory / "package.json").write_text(json.dumps(about))
    for name, records in SOURCE.items():
        (directory / f"data/{name}.json").write_text(json.dumps(records))
    return directory


def test_records_become_columns():
    document = build.make(SOURCE)
    assert document["communes"] == {
        "code": ["19015", "98735"],
        "name": ["Ayen", "Papeete"],
        "population": [717, None],
        "siren": ["211901509", None],
        "epci": [0, None],
    }
    assert document["parts"]["kind"] == ["déléguée", "arrondissement"]
    assert document["parts"]["commune"] == [0, 0]
    assert document["former"] == {"code": ["19900"], "commune": [0]}
    assert document["departements"]["region"] == ["75", None]
    assert document["regions"]["code"] == ["75"]


def test_the_order_of_the_source_makes_no_difference():
    turned = {name: list(reversed(records)) for name, records in SOURCE.items()}
    first, second = (tables.encode(build.make(source)) for source in (SOURCE, turned))
    assert first == second
    assert first == tables.encode(build.make(copy.deepcopy(SOURCE)))
    assert tables.decode(first) == build.make(SOURCE)


def test_another_process_writes_the_same_bytes(tmp_path: Path):
    directory = unpack(tmp_path / "package")
    program = (
        "import sys, pathlib; from schemas.territory import build, tables;"
        "sys.stdout.buffer.write(tables.encode(build.make(build.read(pathlib.Path(sys.argv[1])))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(directory)], capture_output=True, check=True
    )
    assert done.stdout == tables.encode(build.make(SOURCE))


def test_another_version_is_refused(tmp_path: Path):
    with pytest.raises(build.BuildError, match="5\\.3\\.0"):
        build.read(unpack(tmp_path / "package", "5.3.0"))


def changed(place: str, at: int, **values: object) -> dict[str, list[dict[str, object]]]:
    source = copy.deepcopy(SOURCE)
    source[place][at].update(values)
    return source


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (changed("communes", 0, type="commune-future"), "unknown type of commune: 98735"),
        (changed("communes", 1, code="1901"), "not written like a commune code: 1901"),
        (changed("communes", 1, departement="20"), "code begins with: 19015"),
        (changed("communes", 1, region="76"), "code begins with: 19015"),
        (changed("communes", 1, anciensCodes=["98735"]), "a former code that is current: 98735"),
        (changed("communes", 1, anciensCodes=["19900"] * 2), "listed twice: 19900"),
        (changed("communes", 2, chefLieu="19016"), "part of no commune: 19900"),
        (changed("communes", 2, code="98735"), "but part of another: 98735"),
        (changed("epci", 0, membres=[{"code": "19015"}] * 2), "in two EPCI, or in one but not"),
        (changed("epci", 0, membres=[{"code": "19016"}]), "not a commune: 19016"),
        (changed("epci", 0, type="SIVOM"), "unknown type of EPCI: 200043172"),
    ],
)
def test_a_source_that_lookups_cannot_rely_on_is_refused(
    source: dict[str, list[dict[str, object]]], what: str
):
    with pytest.raises(build.BuildError, match=what):
        build.make(source)


def test_a_source_that_is_not_the_whole_vintage_is_refused(tmp_path: Path):
    packaged = (Path(build.__file__).parent / tables.FILE).read_bytes()
    with pytest.raises(build.BuildError, match="34969"):
        build.main(["--from", str(unpack(tmp_path / "package")), "--check"])
    build.check_counts(tables.decode(packaged))
    assert (Path(build.__file__).parent / tables.FILE).read_bytes() == packaged


def test_without_npm_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(build.BuildError, match="--from"):
        build.fetch()
