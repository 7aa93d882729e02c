"""A workbook, a GeoJSON and a Parquet file from the command line to the store."""

import io
import json
from datetime import datetime

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from cli_world import ARVIEU, Maillage

SCHEMA = ("--schema", "comptage-mobilites")
NAMES = ["channel_id", "counter_id", "start_datetime", "end_datetime", "count"]


def _workbook(last: object) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Comptages"
    sheet.append(["Comptages de mars"])
    sheet.append(NAMES)
    first, then = datetime(2026, 3, 2, 8), datetime(2026, 3, 2, 9)  # noqa: DTZ001
    sheet.append(["C1", "K1", first, then, 12])
    sheet.append(["C1", "K1", then, datetime(2026, 3, 2, 10), last])  # noqa: DTZ001
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_is_checked_and_published(maillage: Maillage):
    maillage.init()
    path = maillage.folder / "comptages.xlsx"
    path.write_bytes(_workbook("=E3*2"))
    bad = maillage("validate", path, *SCHEMA)
    assert bad.status == 1
    for words in ("Feuille lue : « Comptages ».", "à la ligne 2", "E4", "[type-error]"):
        assert words in bad.out
    path.write_bytes(_workbook(13))
    good = maillage("validate", path, *SCHEMA)
    assert good.status == 0, good.out
    assert "Valide. Lignes : 2." in good.out
    own = (*SCHEMA, "--participant", ARVIEU, "--data", maillage.data)
    done = maillage("publish", path, *own)
    assert done.status == 0, done.out + done.err
    assert maillage("map", path, *SCHEMA).status == 0


def test_a_parquet_file_and_features_are_checked(maillage: Maillage):
    path = maillage.folder / "comptages.parquet"
    columns = {
        "channel_id": ["C1"],
        "counter_id": ["K1"],
        "start_datetime": pa.array([datetime(2026, 3, 2, 8)], pa.timestamp("us", "UTC")),  # noqa: DTZ001
        "end_datetime": pa.array([datetime(2026, 3, 2, 9)], pa.timestamp("us", "UTC")),  # noqa: DTZ001
        "count": [12],
    }
    pq.write_table(pa.table(columns), path)
    assert maillage("validate", path, *SCHEMA).status == 0
    features = maillage.folder / "comptages.geojson"
    row = dict(
        zip(NAMES, ["C1", "K1", "2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z", 12], strict=True)
    )
    point = {"type": "Point", "coordinates": [2.7, 44.1]}
    feature = {"type": "Feature", "properties": row, "geometry": point}
    features.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    told = maillage("validate", features, *SCHEMA)
    assert told.status == 0, told.out
    assert "Point (1)" in told.out


def test_a_text_that_is_called_a_workbook_is_read_and_said(maillage: Maillage):
    path = maillage.folder / "comptages.xlsx"
    path.write_text(",".join(NAMES) + "\nC1,K1,2026-03-02T08:00:00Z,2026-03-02T09:00:00Z,12\n")
    told = maillage("validate", path, *SCHEMA)
    assert told.status == 0, told.out
    assert "Le fichier est du CSV" in told.out


def test_other_files_are_refused_in_words(maillage: Maillage):
    path = maillage.folder / "ancien.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    old = maillage("validate", path, *SCHEMA)
    assert old.status == 1
    assert "XLSX ou ODS" in old.out
