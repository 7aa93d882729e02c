"""The table of devices: whose readings are whose, and what a payload's fields mean.

A CSV file, one row for each field of a payload that is wanted. What belongs to the device (who,
which dataset, fixed values, interval) stands in its first row, and may be left empty in the others.

| column | needed | what |
|---|---|---|
| `application_id`, `device_id` | yes | as in The Things Stack |
| `participant` | yes | in whose name it is published; hosted on this node |
| `dataset` | yes | schema, or `<schema>.<slug>` |
| `fixed` | | columns that are the same in every row: `secteur_id=BOURG-1|lineaire_km=8.35` |
| `interval` | | `PT15M`, `PT1H`, `P1D`: what a row covers; else the schema's cadence |
| `cadence` | | how often what came is published; else the schema's |
| `time` | | `received` (by the network, unless said) or `gateway` (by the gateway's clock) |
| `f_port` | | only messages of this port; else any |
| `field` | yes | of the decoded payload; `meter.index` for one inside another |
| `column` | yes | of the schema |
| `mode` | | `value`, unless said, or `counter`: the difference to the reading before |
| `factor`, `offset` | | value = field × factor + offset, as exact decimals |
| `minimum`, `maximum` | | what is plausible, in the column's unit; of a counter the difference |
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from federation.errors import MaillageError
from federation.ids import DatasetId, parse_name
from node.sensors.durations import duration_s, is_interval
from node.sensors.faults import TableFault
from node.sensors.fixed import fixed_values
from node.sensors.table import Device, FieldMap, Table
from node.sensors.uplink import F_PORT_MAX
from schemas.model import Field, Schema

TABLE_MAX_BYTES: Final = 8 * 1024 * 1024
"""Some 60,000 rows."""
FAULTS_MAX: Final = 50

COLUMNS: Final = (
    "application_id",
    "device_id",
    "participant",
    "dataset",
    "fixed",
    "interval",
    "cadence",
    "time",
    "f_port",
    "field",
    "column",
    "mode",
    "factor",
    "offset",
    "minimum",
    "maximum",
)
_NEEDED: Final = frozenset({"application_id", "device_id", "field", "column"})
_OF_DEVICE: Final = ("participant", "dataset", "fixed", "interval", "cadence", "time")
_ID: Final = re.compile(r"[a-z0-9](?:[-]?[a-z0-9]){0,35}")
_PATH: Final = re.compile(r"[^.\s]{1,100}(?:\.[^.\s]{1,100}){0,7}")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_PORT: Final = re.compile(r"[1-9][0-9]{0,2}")
_DEFAULT_CADENCE_S: Final = 86_400
"""Of a series whose schema states a cadence of months or none."""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: Mapping[str, str]


class _Faults:
    def __init__(self) -> None:
        self.found: list[TableFault] = []

    def add(self, line: int, column: str, code: str, value: str = "") -> None:
        if len(self.found) < FAULTS_MAX:
            self.found.append(TableFault(line, column, code, value[:80]))


def parse_devices(
    data: bytes, schemas: Mapping[str, Schema], participants: Iterable[str]
) -> tuple[Table, tuple[TableFault, ...]]:
    """Read a table of devices.

    Args:
        data: UTF-8 CSV with commas or semicolons, and a header.
        schemas: Those that may be published, by name.
        participants: Hosted on this node.

    Returns:
        The table, and what is wrong, line by line. With one fault the table isn't to be used.
    """
    faults = _Faults()
    hosted = frozenset(participants)
    grouped: dict[str, list[_Line]] = {}
    for line in _lines(data, faults):
        key = f"{line.cells['application_id']}/{line.cells['device_id']}"
        grouped.setdefault(key, []).append(line)
    devices: dict[str, Device] = {}
    for key, lines in grouped.items():
        device = _device(key, lines, schemas, hosted, faults)
        if device is not None:
            devices[key] = device
    _check_rows_apart(devices, grouped, faults)
    return Table(devices), tuple(sorted(faults.found, key=lambda one: one.line))


def _lines(data: bytes, faults: _Faults) -> list[_Line]:
    if len(data) > TABLE_MAX_BYTES:
        faults.add(1, "", "size")
        return []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        faults.add(1, "", "encoding")
        return []
    first = text.partition("\n")[0]
    comma = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True)
    header: list[str] = []
    found = []
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if not _check_header(header, faults):
            return []
        for cells in reader:
            if not any(cell.strip() for cell in cells) or cells[0].lstrip().startswith("#"):
                continue
            if len(cells) > len(header):
                faults.add(reader.line_num, "", "cells")
                continue
            padded = dict(zip(header, (cell.strip() for cell in cells), strict=False))
            found.append(_Line(reader.line_num, {name: padded.get(name, "") for name in COLUMNS}))
    except csv.Error:
        faults.add(reader.line_num, "", "csv")
    return found


def _check_header(header: Sequence[str], faults: _Faults) -> bool:
    good = True
    for name in sorted({one for one in header if one not in COLUMNS or header.count(one) > 1}):
        faults.add(1, name, "header")
        good = False
    for name in COLUMNS:
        if name in (*_NEEDED, "participant", "dataset") and name not in header:
            faults.add(1, name, "header-missing")
            good = False
    return good


def _device(
    key: str,
    lines: Sequence[_Line],
    schemas: Mapping[str, Schema],
    hosted: frozenset[str],
    faults: _Faults,
) -> Device | None:
    before = len(faults.found)
    first = lines[0]
    for line in lines:
        for name in ("application_id", "device_id"):
            if _ID.fullmatch(line.cells[name]) is None:
                faults.add(line.number, name, "id", line.cells[name])
        for name in _OF_DEVICE:
            if line.cells[name] not in ("", first.cells[name]):
                faults.add(line.number, name, "differs", line.cells[name])
    schema, dataset = _dataset(first, schemas, hosted, faults)
    if schema is None:
        return None
    fields = tuple(found for line in lines if (found := _field(line, schema, faults)) is not None)
    _check_twice(lines, faults)
    fixed = fixed_values(first.cells["fixed"], schema, {one.column for one in fields})
    if isinstance(fixed, tuple):
        faults.add(first.number, "fixed", *fixed)
    if len(faults.found) > before or isinstance(fixed, tuple):
        return None
    interval, cadence = _times(first, schema, faults)
    if len(faults.found) > before:
        return None
    return Device(
        key=key,
        participant=first.cells["participant"],
        dataset=dataset,
        schema=schema,
        fixed=fixed,
        interval_s=interval,
        cadence_s=cadence,
        by_gateway=first.cells["time"] == "gateway",
        fields=fields,
    )


def _dataset(
    line: _Line, schemas: Mapping[str, Schema], hosted: frozenset[str], faults: _Faults
) -> tuple[Schema | None, str]:
    participant = line.cells["participant"]
    if participant not in hosted:
        faults.add(line.number, "participant", "participant", participant)
        return None, ""
    name, _, slug = line.cells["dataset"].partition(".")
    schema = schemas.get(name)
    if schema is None or not _measured(schema):
        faults.add(line.number, "dataset", "schema", name)
        return None, ""
    try:
        dataset = DatasetId(participant, name, parse_name(slug) if slug else None)
    except MaillageError:
        faults.add(line.number, "dataset", "slug", slug)
        return None, ""
    return schema, str(dataset)


def _measured(schema: Schema) -> bool:
    """Whether sensors can fill it: a series of instants, of the publisher's own place."""
    if schema.time is None or schema.place is not None:
        return False
    return schema.by_name[schema.time].type == "datetime"


def _times(line: _Line, schema: Schema, faults: _Faults) -> tuple[int, int]:
    usual = duration_s(schema.cadence or "") or _DEFAULT_CADENCE_S
    interval = duration_s(line.cells["interval"]) if line.cells["interval"] else usual
    if interval is None or not is_interval(interval):
        faults.add(line.number, "interval", "interval", line.cells["interval"])
        interval = usual
    cadence = duration_s(line.cells["cadence"]) if line.cells["cadence"] else usual
    if cadence is None:
        faults.add(line.number, "cadence", "cadence", line.cells["cadence"])
        cadence = usual
    if line.cells["time"] not in ("", "received", "gateway"):
        faults.add(line.number, "time", "time", line.cells["time"])
    return interval, cadence


def _field(line: _Line, schema: Schema, faults: _Faults) -> FieldMap | None:
    before = len(faults.found)
    cells, number = line.cells, line.number
    target = schema.by_name.get(cells["column"])
    if target is None or not _may_fill(target, schema):
        faults.add(number, "column", "column", cells["column"])
        return None
    if _PATH.fullmatch(cells["field"]) is None:
        faults.add(number, "field", "field", cells["field"])
    if cells["mode"] not in ("", "value", "counter"):
        faults.add(number, "mode", "mode", cells["mode"])
    numbers = _numbers(line, faults)
    factor = Decimal(1) if numbers["factor"] is None else numbers["factor"]
    low, high = numbers["minimum"], numbers["maximum"]
    port = cells["f_port"]
    if port and (_PORT.fullmatch(port) is None or int(port) > F_PORT_MAX):
        faults.add(number, "f_port", "f-port", port)
    if len(faults.found) > before:
        return None
    return FieldMap(
        path=tuple(cells["field"].split(".")),
        column=target.name,
        scale=schema.scale(target.name),
        counter=cells["mode"] == "counter",
        factor=factor,
        offset=numbers["offset"] or Decimal(0),
        minimum=low,
        maximum=high,
        f_port=int(port) if port else None,
    )


def _numbers(line: _Line, faults: _Faults) -> dict[str, Decimal | None]:
    found: dict[str, Decimal | None] = {}
    for name in ("factor", "offset", "minimum", "maximum"):
        text = line.cells[name]
        found[name] = None
        if text and _NUMBER.fullmatch(text) is None:
            faults.add(line.number, name, "number", text)
        elif text:
            found[name] = Decimal(text)
    if found["factor"] is not None and not found["factor"]:
        faults.add(line.number, "factor", "factor", line.cells["factor"])
    low, high = found["minimum"], found["maximum"]
    if low is not None and high is not None and low > high:
        faults.add(line.number, "maximum", "range", line.cells["maximum"])
    return found


def _may_fill(field: Field, schema: Schema) -> bool:
    """Whether a sensor may fill a column: a number that is neither key nor time, nor personal."""
    taken = (*schema.primary_key, schema.time, schema.time_end)
    number = field.type in ("number", "integer")
    return number and field.name not in taken and field.name not in schema.personal


def _check_twice(lines: Sequence[_Line], faults: _Faults) -> None:
    seen: set[tuple[str, str]] = set()
    for line in lines:
        column, port = line.cells["column"], line.cells["f_port"]
        if {(column, port), (column, "")} & seen or (
            not port and any(known == column for known, _ in seen)
        ):
            faults.add(line.number, "column", "twice", column)
        seen.add((column, port))


def _check_rows_apart(
    devices: Mapping[str, Device], lines: Mapping[str, Sequence[_Line]], faults: _Faults
) -> None:
    """Two devices of a dataset never write the same rows."""
    seen: set[tuple[object, ...]] = set()
    for key, device in devices.items():
        names = [name for name in device.schema.primary_key if name != device.schema.time]
        rows = device.dataset, *(device.fixed.get(name) for name in names)
        if rows in seen:
            faults.add(lines[key][0].number, "fixed", "same-rows", lines[key][0].cells["fixed"])
        seen.add(rows)
