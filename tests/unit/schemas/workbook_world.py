"""Workbooks that the tests of reading make: real ones by openpyxl, and parts by hand."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
from reading_world import ALL

from schemas.model import Schema
from schemas.reading import Reading, read

ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
)
_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)


def zipped(parts: Mapping[str, str | bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    """What is in a zip archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def saved(book: openpyxl.Workbook) -> bytes:
    """A workbook of openpyxl as a file."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xlsx(rows: Sequence[Sequence[Any]], edit: Callable[[Any], None] | None = None) -> bytes:
    """A workbook with one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    if edit is not None:
        edit(sheet)
    return saved(book)


def sheet_xml(data: bytes, change: Callable[[str], str], part: str = "") -> bytes:
    """A workbook with its first sheet, or another part, changed."""
    parts = unzipped(data)
    name = part or "xl/worksheets/sheet1.xml"
    return zipped({**parts, name: change(parts[name].decode())})


def _ods_cell(value: Any) -> str:
    cell, text = "table:table-cell", "text:p"
    if value is None:
        return f"<{cell}/>"
    if isinstance(value, bool):
        truth = "true" if value else "false"
        return f'<{cell} office:value-type="boolean" office:boolean-value="{truth}"/>'
    if isinstance(value, datetime | date):
        written = value.isoformat()
        return f'<{cell} office:value-type="date" office:date-value="{written}"/>'
    if isinstance(value, time):
        written = value.strftime("PT%HH%MM%SS")
        return f'<{cell} office:value-type="time" office:time-value="{written}"/>'
    if isinstance(value, str):
        inside = "".join(f"<{text}>{escape(line)}</{text}>" for line in value.split("\n"))
        return f'<{cell} office:value-type="string">{inside}</{cell}>'
    return f'<{cell} office:value-type="float" office:value="{value}"/>'


def ods_row(values: Sequence[Any]) -> str:
    """A row of an ODS."""
    return f"<table:table-row>{''.join(map(_ods_cell, values))}</table:table-row>"


def ods_of(
    sheets: Mapping[str, str], parts: Mapping[str, str] | None = None, hidden: str = ""
) -> bytes:
    """An ODS of sheets whose rows are XML already."""
    tables = "".join(
        f'<table:table table:name="{escape(name)}"'
        + (' table:style-name="ta2"' if name == hidden else "")
        + f">{rows}</table:table>"
        for name, rows in sheets.items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMES}>'
        '<office:automatic-styles><style:style style:name="ta2"><style:table-properties '
        'table:display="false"/></style:style></office:automatic-styles>'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    whole = {"mimetype": ODS_TYPE, "content.xml": content, "META-INF/manifest.xml": _MANIFEST}
    return zipped({**whole, **(parts or {})})


def ods(rows: Sequence[Sequence[Any]]) -> bytes:
    """An ODS with one sheet."""
    return ods_of({"Feuille1": "".join(map(ods_row, rows))})


def taken(data: bytes, schema: Schema = ALL, filename: str = "f.xlsx") -> Reading:
    """A reading of a workbook."""
    return read(data, filename=filename, schema=schema)
