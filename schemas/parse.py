"""Reading a schema document: strict JSON, then whether its members hold together."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from schemas.bounds import check_constraints
from schemas.document import (
    DOCUMENT_MAX_BYTES,
    Document,
    Field,
    MaillageBlock,
    MeasureBlock,
    SchemaFault,
)
from schemas.patterns import check_patterns
from schemas.quotients import check_quotients

NAME_MAX_CHARS: Final = 64

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_VERSION = re.compile(r"(?:0|[1-9][0-9]{0,4})(?:\.(?:0|[1-9][0-9]{0,4})){2}")
_RESOLUTION = re.compile(r"1|0\.0{0,8}1")
_DURATION = re.compile(r"P(?=.)(?:[0-9]{1,4}[YMWD]){0,4}(?:T(?=.)(?:[0-9]{1,4}[HMS]){1,3})?")
_NO_KEY = ("array", "object", "boolean", "geojson")
_WINDOWS = {
    "datetime": ("hour", "day", "month", "year"),
    "date": ("day", "month", "year"),
    "year": ("year",),
}
"""Windows that the instant of a time column of each type can be put into."""
_NUMBERS = ("integer", "number")
_PUBLISHED = ("time", "place", "measures")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise SchemaFault(f"{text[:80]} is too large a number")
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise SchemaFault("an object has the same key twice")
    return found


def _no_constant(text: str) -> Any:
    raise SchemaFault(f"{text} is not JSON")


def read_document(document: bytes) -> Document:
    """Read the members of a schema document.

    Args:
        document: UTF-8 JSON, at most 256 KiB.

    Raises:
        SchemaFault: It isn't JSON, or a member hasn't the form that it must have.
    """
    if len(document) > DOCUMENT_MAX_BYTES:
        raise SchemaFault(f"{len(document)} bytes, at most {DOCUMENT_MAX_BYTES}")
    try:
        found = json.loads(
            document.decode("utf-8"),
            object_pairs_hook=_pairs,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
        # half a surrogate pair is JSON but no text
        json.dumps(found, ensure_ascii=False).encode("utf-8")
        return Document.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise SchemaFault(f"{where}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise SchemaFault(f"not a schema document: {error}") from error


def check_document(document: Document) -> None:
    """Refuse a document whose members don't hold together.

    Args:
        document: Its members.

    Raises:
        SchemaFault: What is wrong, and where.
    """
    _check_names(document)
    known = {field.name: field for field in document.fields}
    _check_roles(document.maillage, known)
    _check_key(document, known)
    for name, block in document.maillage.measures.items():
        _check_measure(name, block, known)
    _check_kind(document, known)
    for field in document.fields:
        _check_resolution(field, document.maillage)
        check_constraints(field, document.scale(field))
    check_quotients(document)
    check_patterns(
        (field.name, field.constraints.pattern)
        for field in document.fields
        if field.constraints.pattern is not None
    )


def _check_names(document: Document) -> None:
    name, cadence = document.name, document.maillage.cadence
    if len(name) > NAME_MAX_CHARS or _NAME.fullmatch(name) is None:
        raise SchemaFault("name: lower-case words and hyphens, at most 64 characters")
    if _VERSION.fullmatch(document.version) is None:
        raise SchemaFault("version: three numbers, such as 1.0.0")
    if cadence is not None and _DURATION.fullmatch(cadence) is None:
        raise SchemaFault("cadence: an ISO 8601 duration, such as PT15M")
    lower = set()
    for field in document.fields:
        if _FIELD_NAME.fullmatch(field.name) is None:
            raise SchemaFault(f"fields: {field.name[:80]!r} is not a column name")
        if field.name.lower() in lower:
            raise SchemaFault(f"fields: {field.name!r} stands twice; case makes no difference")
        lower.add(field.name.lower())


_Known = Mapping[str, Field]


def _check_roles(block: MaillageBlock, known: _Known) -> None:
    personal = frozenset(block.personal)
    used: dict[str, Iterable[str | None]] = {
        "time": (block.time, block.time_end),
        "place": (block.place,),
        "measures": block.measures,
        "personal": personal,
        "language": block.language,
        "secrecy": () if block.secrecy is None else (block.secrecy.field, block.secrecy.count),
        "alignsWith": (name for standard in block.aligns_with for name in standard.mapping),
    }
    for role, names in used.items():
        for name in names:
            if name is not None and name not in known:
                raise SchemaFault(f"{role}: {name[:80]!r} is no field")
            if role in _PUBLISHED and name in personal:
                raise SchemaFault(f"{role}: {name} never leaves the node, so it can't be this")
    if block.place is not None and known[block.place].type != "string":
        raise SchemaFault("place: a column of texts")
    count = None if block.secrecy is None else block.secrecy.count
    if count is not None and (known[count].type != "integer" or count in personal):
        raise SchemaFault("secrecy: count: a column of whole numbers that may leave the node")


def _check_key(document: Document, known: _Known) -> None:
    key = document.key
    if not key or len(set(key)) != len(key):
        raise SchemaFault("primaryKey: one or several columns, each once")
    for name in key:
        if name not in known:
            raise SchemaFault(f"primaryKey: {name[:80]!r} is no field")
        if name in document.maillage.personal:
            raise SchemaFault(f"primaryKey: {name} never leaves the node, so it can't be this")
        if not known[name].constraints.required:
            raise SchemaFault(f"{name}: a key column is required")
        if known[name].type in _NO_KEY:
            raise SchemaFault(f"{name}: {known[name].type} is not a type for a key")


def _check_measure(name: str, block: MeasureBlock, known: _Known) -> None:
    where = f"measures: {name}"
    if known[name].type not in _NUMBERS and block.aggregates != ("count",):
        raise SchemaFault(f"{where}: only numbers add up")
    if _RESOLUTION.fullmatch(block.resolution) is None:
        raise SchemaFault(f"{where}: resolution: a power of ten, 1 to 0.000000001")
    if block.resolution != "1" and known[name].type != "number":
        raise SchemaFault(f"{where}: resolution: 1, the column isn't of decimals")
    for other in (block.weight, block.numerator, block.denominator):
        if other is not None and (other not in known or known[other].type not in _NUMBERS):
            raise SchemaFault(f"{where}: {other[:80]!r} is no column of numbers")
    if "weighted_mean" in block.aggregates and block.weight is None:
        raise SchemaFault(f"{where}: a weighted mean needs a weight")
    if "ratio" in block.aggregates and (block.numerator is None or block.denominator is None):
        raise SchemaFault(f"{where}: a ratio needs a numerator and a denominator")


def _check_resolution(field: Field, block: MaillageBlock) -> None:
    if field.resolution is None:
        return
    if _RESOLUTION.fullmatch(field.resolution) is None or field.type != "number":
        raise SchemaFault(
            f"{field.name}: maillage:resolution: of a number, a power of ten, 1 to 0.000000001"
        )
    if field.name in block.measures:
        raise SchemaFault(f"{field.name}: maillage:resolution: a measure states its own")


def _check_kind(document: Document, known: _Known) -> None:
    block, key = document.maillage, document.key
    if block.kind == "register":
        if block.time is not None or block.time_end is not None or block.base_window is not None:
            raise SchemaFault("a register has neither time nor baseWindow")
        return
    if block.time is None or block.base_window is None:
        raise SchemaFault("a series has time and baseWindow")
    if block.time not in key:
        raise SchemaFault("a series' primary key contains its time")
    if block.place is not None and block.place not in key:
        raise SchemaFault("a series' primary key contains its place")
    if block.time_end == block.time:
        raise SchemaFault("timeEnd: another column than time")
    kind = known[block.time].type
    if kind not in _WINDOWS:
        raise SchemaFault(f"{block.time}: a time column is of datetimes, dates or years")
    if block.time_end is not None and known[block.time_end].type != kind:
        raise SchemaFault(f"{block.time_end}: timeEnd is of the type of time, {kind}")
    if block.base_window not in _WINDOWS[kind]:
        raise SchemaFault(f"baseWindow: {block.base_window} is finer than a {kind}")
