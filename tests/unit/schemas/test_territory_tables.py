"""The packaged file."""

from pathlib import Path

from schemas.territory import VINTAGE, tables

FILE = Path(tables.__file__).parent / tables.FILE


def test_the_file_is_small_and_says_where_it_comes_from():
    document = tables.decode(FILE.read_bytes())
    assert FILE.stat().st_size < 1_000_000
    assert document["vintage"] == VINTAGE
    assert document["source"] == {
        "package": "@etalab/decoupage-administratif",
        "version": "6.0.0",
        "licence": "Licence Ouverte",
    }
    attribution = (FILE.parent / "ATTRIBUTION.md").read_text()
    assert "6.0.0" in attribution
    assert "Licence Ouverte" in attribution
    assert "INSEE" in attribution


def test_the_file_is_as_its_writer_writes_it():
    packaged = FILE.read_bytes()
    assert tables.encode(tables.decode(packaged)) == packaged


def test_codes_ascend():
    loaded = tables.load()
    for codes in (loaded.codes, loaded.epci_codes, loaded.part_codes):
        assert list(codes) == sorted(codes)
    assert len(set(loaded.codes)) == len(loaded.codes)


def test_it_is_read_once():
    assert tables.load() is tables.load()


def test_each_departement_is_one_run_of_rows():
    loaded = tables.load()
    rows = [row for span in loaded.departement_communes.values() for row in span]
    assert sorted(rows) == list(range(len(loaded.codes)))
    assert all(loaded.departement_communes.values())
