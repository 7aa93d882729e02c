"""The table of devices: what it says, and what is wrong with one, by line and column."""

from decimal import Decimal

import pytest
from sensor_samples import ARVIEU, COUNTS, HEADER, SEGUR, WATER, device, schemas, table

from node.sensors.devices import FAULTS_MAX, TABLE_MAX_BYTES, parse_devices
from node.sensors.faults import _TEXTS, TableFault

ROW = {
    "application_id": "eau",
    "device_id": "debit-1",
    "participant": ARVIEU,
    "dataset": "eau-reseau",
    "fixed": "secteur_id=BOURG",
    "field": "index_l",
    "column": "volume_m3",
}


def row(**cells: str) -> str:
    whole = ROW | cells
    return ",".join(whole.get(name, "") for name in HEADER.split(","))


def faults(text: str) -> list[tuple[int, str, str]]:
    _, found = parse_devices(text.encode(), schemas(), [ARVIEU, SEGUR])
    for one in found:
        assert f"ligne {one.line}" in one.text("fr")
        assert f"line {one.line}" in one.text("en")
    return [(one.line, one.column, one.code) for one in found]


def test_a_device_has_its_fields_and_the_schemas_cadence() -> None:
    found = device()
    assert (found.key, found.dataset) == ("eau/debit-1", f"{ARVIEU}/eau-reseau")
    assert dict(found.fixed) == {"secteur_id": "BOURG", "lineaire_km": Decimal("8.350")}
    assert (found.interval_s, found.cadence_s, found.by_gateway) == (900, 900, False)
    assert found.counts
    volume, pressure = found.fields
    assert (volume.path, volume.column, volume.scale) == (("index_l",), "volume_m3", 3)
    assert (volume.counter, volume.factor, volume.maximum) == (True, Decimal("0.001"), Decimal(50))
    assert (pressure.path, pressure.offset) == (("meter", "bar"), Decimal("-1.013"))
    assert (pressure.counter, pressure.minimum, pressure.f_port) == (False, 0, None)


def test_semicolons_marks_comments_and_empty_lines_are_taken() -> None:
    text = "\ufeff" + WATER.replace(",", ";").replace("\n", "\r\n") + "# note;\r\n\r\n"
    assert table(text) == table()


def test_days_slugs_and_gateways() -> None:
    text = f"{HEADER}\n" + row(
        dataset="energie-batiments.ecoles",
        fixed="batiment_id=E1|energie=elec|surface_m2=850",
        interval="P1D",
        cadence="PT1H",
        time="gateway",
        f_port="2",
        column="kwh",
        mode="counter",
    )
    found = device(text)
    assert found.dataset == f"{ARVIEU}/energie-batiments.ecoles"
    assert (found.interval_s, found.cadence_s, found.by_gateway) == (86_400, 3_600, True)
    assert found.fields[0].f_port == 2
    assert table(COUNTS).datasets == (f"{ARVIEU}/comptage-mobilites",)


def test_a_column_can_be_filled_by_one_port_or_the_other() -> None:
    lines = [row(f_port="1"), row(f_port="2", field="other")]
    assert len(device("\n".join([HEADER, *lines])).fields) == 2


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"application_id": "Eau"}, "application_id", "id"),
        ({"device_id": ""}, "device_id", "id"),
        ({"participant": "fr-com-99999"}, "participant", "participant"),
        ({"dataset": "eau"}, "dataset", "schema"),
        ({"dataset": "projets"}, "dataset", "schema"),
        ({"dataset": "synthese"}, "dataset", "schema"),
        ({"dataset": "eau-reseau.A B"}, "dataset", "slug"),
        ({"fixed": "BOURG"}, "fixed", "fixed"),
        ({"fixed": ""}, "fixed", "fixed-missing"),
        ({"fixed": "secteur_id=B|secteur_id=C"}, "fixed", "fixed"),
        ({"fixed": "secteur_id=B|x=1"}, "fixed", "fixed-column"),
        ({"fixed": "secteur_id=B|debut=2026-01-01T00:00:00Z"}, "fixed", "fixed-column"),
        ({"fixed": "secteur_id=B|volume_m3=1"}, "fixed", "fixed-column"),
        ({"fixed": "secteur_id=B|lineaire_km=long"}, "fixed", "fixed-value"),
        ({"fixed": "secteur_id=B|lineaire_km=-1"}, "fixed", "fixed-value"),
        ({"fixed": "secteur_id="}, "fixed", "fixed-value"),
        ({"interval": "PT7M"}, "interval", "interval"),
        ({"interval": "P1M"}, "interval", "interval"),
        ({"interval": "PT30S"}, "interval", "interval"),
        ({"cadence": "soon"}, "cadence", "cadence"),
        ({"time": "mine"}, "time", "time"),
        ({"f_port": "256"}, "f_port", "f-port"),
        ({"f_port": "x"}, "f_port", "f-port"),
        ({"field": ""}, "field", "field"),
        ({"field": "a..b"}, "field", "field"),
        ({"column": "volume"}, "column", "column"),
        ({"column": "secteur_id"}, "column", "column"),
        ({"column": "debut"}, "column", "column"),
        ({"mode": "delta"}, "mode", "mode"),
        ({"factor": "1e-3"}, "factor", "number"),
        ({"factor": "0.0"}, "factor", "factor"),
        ({"offset": "1 000"}, "offset", "number"),
        ({"minimum": "NaN"}, "minimum", "number"),
        ({"minimum": "5", "maximum": "4"}, "maximum", "range"),
    ],
)
def test_a_fault_has_its_line_and_column(cells: dict[str, str], column: str, code: str) -> None:
    good = row(device_id="debit-2", fixed="secteur_id=HAMEAUX")
    assert faults(f"{HEADER}\n{good}\n{row(**cells)}\n") == [(3, column, code)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", (1, "application_id", "header-missing")),
        (HEADER.replace("device_id", "device") + "\n", (1, "device", "header")),
        (HEADER + ",field\n", (1, "field", "header")),
        (f"{HEADER}\n{row()},,,\n", (2, "", "cells")),
        (f'{HEADER}\n"a"b\n', (2, "", "csv")),
        (f"{HEADER}\n{row()}\n{row()}\n", (3, "column", "twice")),
        (f"{HEADER}\n{row()}\n{row(f_port='2')}\n", (3, "column", "twice")),
        (
            f"{HEADER}\n{row()}\n{row(participant=SEGUR, column='debit_m3h')}\n",
            (3, "participant", "differs"),
        ),
        (f"{HEADER}\n{row()}\n{row(device_id='other')}\n", (3, "fixed", "same-rows")),
    ],
)
def test_faults_of_the_whole_file(text: str, fault: tuple[int, str, str]) -> None:
    assert fault in faults(text)


def test_bytes_that_are_no_table() -> None:
    for data, code in ((b"\xff\xfe", "encoding"), (b" " * (TABLE_MAX_BYTES + 1), "size")):
        found, wrong = parse_devices(data, schemas(), [ARVIEU])
        assert not found.devices
        assert [one.code for one in wrong] == [code]


def test_faults_are_bounded_and_shown_as_text() -> None:
    many = "\n".join(row(device_id=f"d-{number}", factor="x") for number in range(200))
    assert len(faults(f"{HEADER}\n{many}\n")) == FAULTS_MAX
    shown = TableFault(2, "factor", "number", "\x1b[31m").text("fr")
    assert "\x1b" not in shown
    assert all(len(texts) == 2 and all(texts) for texts in _TEXTS.values())
