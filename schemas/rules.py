"""What a schema asks of typed rows, as polars expressions.

Each rule says which rows break it. Rules that one cheap expression can clear together stand in a
probe: it is false only if none of them is broken, so that a batch without faults costs one pass.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import polars as pl

from schemas.bounds import (
    DATE_MAX,
    DATE_MIN,
    DATETIME_MAX,
    DATETIME_MIN,
    DECIMAL_PRECISION,
    STEPS_MAX,
    YEAR_MAX,
    YEAR_MIN,
    allowed,
    lower,
    upper,
)
from schemas.geometry import is_geometry, is_object
from schemas.model import Field, Schema
from schemas.patterns import whole

TEXT_MAX_CHARS: Final = 10_000
"""Of a text whose column states no `maxLength`."""
GEOMETRY_MAX_CHARS: Final = 100_000
"""Of a GeoJSON geometry: a line of some thousand points."""
UTF8_MAX_BYTES: Final = 4
"""Of one character."""

CONTROL: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
"""Unicode's control characters, without tab, line feed and carriage return."""

_HEX: Final = "[0-9a-fA-F]"
_LETTER: Final = (
    r'(?:[^"\\\x00-\x1f]'  # itself
    r'|\\["\\/nrt]'  # the escapes of characters that a text may have
    r"|\\u(?:000[9aAdD]"
    rf"|00[2-6]{_HEX}|007[0-9a-eA-E]|00[a-fA-F]{_HEX}|0[1-9a-fA-F]{_HEX}{{2}}"
    rf"|[1-9a-ce-fA-CE-F]{_HEX}{{3}}"
    rf"|[dD][0-7]{_HEX}{{2}}|[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}))"
)
_ELEMENT: Final = f'"{_LETTER}*"'
ARRAY: Final = rf"^\[(?:{_ELEMENT}(?:,{_ELEMENT})*)?\]$"
"""Compact JSON (RFC 8259): a list of texts, without half surrogate pairs."""

_FRACTION: Final = r"(?:\.[0-9]{1,15})?"
FORMS: Final = {
    "array": ARRAY,
    "geopoint": rf"^-?(?:180(?:\.0{{1,15}})?|(?:1[0-7][0-9]|[1-9]?[0-9]){_FRACTION}), ?"
    rf"-?(?:90(?:\.0{{1,15}})?|[1-8]?[0-9]{_FRACTION})$",
    "uuid": rf"^{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}$",
    "email": r"^[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+$",
    "uri": r"^[A-Za-z][A-Za-z0-9+.-]*:\S+$",
}
"""Of Table Schema's types and formats of texts."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing asked of each row.

    Attributes:
        rule: Error code, as in `schemas.report.Fault`.
        column: Whose fault it is; None: the whole row.
        broken: Whether a row breaks it; null counts as no.
        params: For the sentence.
        shows: Columns whose values the fault shows.
        beside: Parameter and column of other values that the sentence needs.
    """

    rule: str
    column: str | None
    broken: pl.Expr
    params: tuple[tuple[str, object], ...]
    shows: tuple[str, ...]
    beside: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    """Rules that are cleared together.

    Attributes:
        alarm: One boolean for a frame; false only if no row breaks a rule. Null counts as false.
        rules: What is looked at if it is true.
        across: Whether rows are compared with one another.
        control: Whether it looks for control characters in texts that stand as the file has them.
    """

    alarm: pl.Expr
    rules: tuple[Rule, ...]
    across: bool = False
    control: bool = False


@dataclass(frozen=True, slots=True)
class Compiled:
    """All that a schema asks.

    Attributes:
        types: Columns of a frame.
        probes: By column in order of the schema, then those of whole rows.
    """

    types: dict[str, Any]
    probes: tuple[Probe, ...]


@lru_cache(maxsize=1_024)
def compiled(schema: Schema, part: str | None) -> Compiled:
    """What a schema asks of its rows.

    Args:
        schema: Any.
        part: Column that tells tables of one frame apart, each one's rows together; None: the
            frame is one table.
    """
    probes = [probe for field in schema.wire_fields for probe in _of_field(schema, field, part)]
    if schema.time is not None and schema.time_end is not None:
        probes.append(_interval(schema.time, schema.time_end))
    probes.append(_order(schema.primary_key, part))
    return Compiled(dict(schema.polars_schema()), tuple(probes))


def _of_field(schema: Schema, field: Field, part: str | None) -> Iterator[Probe]:
    kind = schema.polars_schema()[field.name]
    scale = schema.scale(field.name)
    if field.constraints.required:
        rule = _rule(field, "required", pl.col(field.name).is_null())
        yield Probe(pl.col(field.name).null_count() > 0, (rule,))
    if kind == pl.String:
        yield from _texts(field)
    elif kind != pl.Boolean:
        yield from _numbers(field, kind, scale)
    values = allowed(field, scale)
    if values is not None:
        column = pl.col(field.name) if kind == pl.String else pl.col(field.name).to_physical()
        shown = ", ".join(str(value) for value in field.constraints.enum or ())
        yield _plain(_rule(field, "enum", ~column.is_in(list(values)), allowed=shown))
    if field.constraints.unique and schema.primary_key != (field.name,):
        rule = _unique(field, part)
        yield Probe(rule.broken.any(), (rule,), across=True)


def _rule(field: Field, case: str, broken: pl.Expr, **params: object) -> Rule:
    pairs = (("case", case), *params.items())
    return Rule("constraint-error", field.name, broken, pairs, (field.name,))


def _plain(rule: Rule) -> Probe:
    return Probe(rule.broken.any(), (rule,))


def _texts(field: Field) -> Iterator[Probe]:
    column, asked = pl.col(field.name), field.constraints
    name = (field.name,)
    control = Rule("text-error", field.name, column.str.contains(CONTROL), (), name)
    # JSON texts are written anew, with control characters that stood there as escapes
    verbatim = field.type not in ("array", *_NESTED)
    yield Probe(control.broken.any(), (control,), control=verbatim)
    kind = "array" if field.type == "array" else "text"
    usual = GEOMETRY_MAX_CHARS if field.type == "geojson" else TEXT_MAX_CHARS
    most = asked.max_length if kind == "text" and asked.max_length is not None else usual
    params: tuple[tuple[str, object], ...] = (("case", "text"), ("limit", most))
    too_long = Rule("limit-error", field.name, column.str.len_chars() > most, params, name)
    if most == asked.max_length:
        too_long = _rule(field, "maxLength", too_long.broken, limit=most)
    # characters are at most as many as bytes
    yield Probe(column.str.len_bytes().max() > most, (too_long,))
    yield from _lengths(field, kind)
    if asked.pattern is not None:
        broken = ~column.str.contains(whole(asked.pattern))
        yield _plain(_rule(field, "pattern", broken, limit=asked.pattern))
    form = field.format if field.type == "string" else field.type
    if form in FORMS or form in _NESTED:
        nested = form in _NESTED
        broken = _not(_NESTED[form], column) if nested else ~column.str.contains(FORMS[form])
        yield _plain(Rule("type-error", field.name, broken, (("case", form),), name))


def _lengths(field: Field, kind: str) -> Iterator[Probe]:
    column, asked = pl.col(field.name), field.constraints
    if kind == "array":
        length = column.str.count_matches(_ELEMENT)
        if asked.max_length is not None:
            broken = length > asked.max_length
            yield _plain(_rule(field, "maxItems", broken, limit=asked.max_length))
        if asked.min_length:
            broken = length < asked.min_length
            yield _plain(_rule(field, "minItems", broken, limit=asked.min_length))
    elif asked.min_length:
        broken = column.str.len_chars() < asked.min_length
        # one character has a byte at least, and four at most
        bytes_least = 1 if asked.min_length == 1 else asked.min_length * UTF8_MAX_BYTES
        alarm = column.str.len_bytes().min() < bytes_least
        yield Probe(alarm, (_rule(field, "minLength", broken, limit=asked.min_length),))


def _not(check: Callable[[str], bool], column: pl.Expr) -> pl.Expr:
    # nested, so no regular expression; such columns are rare, and never in the hot path
    return column.map_batches(
        lambda texts: pl.Series(
            [None if text is None else not check(text) for text in texts], dtype=pl.Boolean
        ),
        return_dtype=pl.Boolean,
        is_elementwise=True,
    )


_NESTED: Final[dict[str, Callable[[str], bool]]] = {"object": is_object, "geojson": is_geometry}


def _numbers(field: Field, kind: Any, scale: int) -> Iterator[Probe]:
    column = pl.col(field.name).to_physical()
    rules, alarms = [], []
    for low, high, rule, params in _ranges(field, kind, scale):
        broken = pl.lit(value=False)
        if low is not None:
            broken = column < low
            alarms.append(column.min() < low)
        if high is not None:
            broken = column > high
            alarms.append(column.max() > high)
        rules.append(Rule(rule, field.name, broken, params, (field.name,)))
    if rules:
        yield Probe(pl.any_horizontal(alarms), tuple(rules))


_Range = tuple[int | None, int | None, str, tuple[tuple[str, object], ...]]


def _ranges(field: Field, kind: Any, scale: int) -> Iterator[_Range]:
    """Least and greatest step, and what it is called to be outside."""
    if kind.is_decimal():
        limit = (("case", "number"), ("limit", DECIMAL_PRECISION))
        yield -STEPS_MAX, None, "limit-error", limit
        yield None, STEPS_MAX, "limit-error", limit
    elif field.type == "year":
        yield YEAR_MIN, None, "limit-error", (("case", "datetime"),)
        yield None, YEAR_MAX, "limit-error", (("case", "datetime"),)
    elif kind.is_temporal():
        least, most = (DATE_MIN, DATE_MAX) if kind == pl.Date else (DATETIME_MIN, DATETIME_MAX)
        yield least, None, "limit-error", (("case", "datetime"),)
        yield None, most, "limit-error", (("case", "datetime"),)
    low, high = lower(field, scale), upper(field, scale)
    if low is not None:
        params = (("case", "minimum"), ("limit", field.constraints.minimum))
        yield low, None, "constraint-error", params
    if high is not None:
        params = (("case", "maximum"), ("limit", field.constraints.maximum))
        yield None, high, "constraint-error", params


def _unique(field: Field, part: str | None) -> Rule:
    column = pl.col(field.name)
    several = column if part is None else pl.struct(part, field.name)
    return _rule(field, "unique", column.is_not_null() & ~several.is_first_distinct())


def _interval(start: str, end: str) -> Probe:
    broken = pl.col(end) <= pl.col(start)
    return _plain(Rule("interval-error", end, broken, (), (end,), (("start", start),)))


def _order(key: tuple[str, ...], part: str | None) -> Probe:
    """Rows ascend by key, texts by their UTF-8 bytes, and no key stands twice."""
    less, equal = pl.lit(value=False), pl.lit(value=True)
    for name in reversed(key):
        column = pl.col(name)
        before = column.shift(1)
        first = name == key[-1]
        less = column < before if first else (column < before) | ((column == before) & less)
        equal = column == before if first else (column == before) & equal
    if part is not None:
        same = pl.col(part) == pl.col(part).shift(1)
        less, equal = same & less, same & equal
    params = (("key", ", ".join(key)),)
    rules = (Rule("primary-key", None, equal, params, key), Rule("order", None, less, params, key))
    return Probe((less | equal).any(), rules, across=True)
