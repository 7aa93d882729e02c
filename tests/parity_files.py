"""Files for the comparison with frictionless: valid ones, and each kind of fault."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from schemas.catalogue import bundled
from schemas.model import Schema, parse_schema

REQUIRED: Final = {"required": True}
Row = Sequence[str]


@dataclass(frozen=True)
class Case:
    """A file.

    Attributes:
        kind: What is special about it; files of one kind differ, or don't, for the same reason.
        schema: What it is checked against.
        data: The file.
    """

    kind: str
    schema: Schema
    data: bytes


def _types() -> Schema:
    fields: list[dict[str, Any]] = [
        {"name": "id", "type": "string", "constraints": REQUIRED},
        {"name": "entier", "type": "integer", "constraints": {"minimum": -5, "maximum": 5000}},
        {"name": "nombre", "type": "number", "constraints": {"minimum": -10, "maximum": 10000}},
        {"name": "mesure", "type": "number", "maillage:resolution": "0.1"},
        {"name": "ouvert", "type": "boolean"},
        {"name": "jour", "type": "date", "constraints": {"minimum": "2020-01-01"}},
        {"name": "instant", "type": "datetime"},
        {"name": "annee", "type": "year"},
        {"name": "liste", "type": "array"},
        {"name": "objet", "type": "object"},
        {"name": "point", "type": "geopoint"},
        {"name": "forme", "type": "geojson"},
        {"name": "court", "type": "string", "constraints": {"minLength": 2, "maxLength": 4}},
        {"name": "motif", "type": "string", "constraints": {"pattern": "[A-Z]{2}[0-9]+"}},
        {"name": "choix", "type": "string", "constraints": {"enum": ["un", "deux"]}},
        {"name": "unique", "type": "string", "constraints": {"unique": True}},
        {"name": "courriel", "type": "string", "format": "email"},
        {"name": "adresse", "type": "string", "format": "uri"},
        {"name": "uuid", "type": "string", "format": "uuid"},
    ]
    return parse_schema(
        json.dumps(
            {
                "name": "types",
                "version": "1.0.0",
                "fields": fields,
                "primaryKey": ["id"],
                "missingValues": ["", "-"],
                "maillage": {
                    "kind": "register",
                    "competence": ["commune"],
                    "origin": "own",
                    "sharing": {"default": "open"},
                    "licence": "etalab-2.0",
                    "labels": {"fr": "Types"},
                },
            }
        ).encode()
    )


TYPES: Final = _types()
_FEATURE: Final = (
    '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [2, 44]}, "properties": {}}'
)

VALUES: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "entier": [
        *((text, "valid") for text in ("12", "-3", "+3", "0", "", "-", "5000")),
        *((text, "type") for text in ("12.5", "x", "1e3", "--1", "0x1", "12 ans", "NaN")),
        ("1_0", "digits parted by underscores"),
        *((text, "minimum, maximum") for text in ("-6", "5001")),
        ("012", "valid"),
        (" 12", "spaces around a number"),
        ("12 ", "spaces around a number"),
        ("1 234", "thousands"),
        ("1\u202f234", "thousands"),
        ("9223372036854775808", "whole number beyond 64 bits"),
    ],
    "nombre": [
        *((text, "valid") for text in ("1", "-2", "+3", "0", "1e2", "")),
        *((text, "type") for text in ("x", "1.2.3", "1e", "--1", "€")),
        *((text, "minimum, maximum") for text in ("-11", "10001", "1e9")),
        *((text, "valid") for text in ("1.5", ".5", "1.25")),
        *((text, "type") for text in ("1,0", "12,0")),
        *((text, "not a number") for text in ("NaN", "INF", "-INF")),
        (" 1", "spaces around a number"),
        ("1 000", "thousands"),
    ],
    "mesure": [
        *((text, "valid") for text in ("1.5", "-1", "1.50", "")),
        *((text, "valid") for text in ("1.25", "0.01")),
    ],
    "ouvert": [
        *((text, "valid") for text in ("true", "false", "1", "0", "True", "FALSE", "")),
        *((text, "type") for text in ("yes", "x", "2", "tRue")),
        *((text, "yes and no in French") for text in ("oui", "Non", "VRAI", "faux")),
        (" true", "spaces around"),
    ],
    "jour": [
        *((text, "valid") for text in ("2026-02-28", "2024-02-29", "")),
        *((text, "type") for text in ("2026-02-30", "2026-13-01", "20260228", "x", "2026")),
        *((text, "type") for text in ("02-28-2026", "28.02.2026", "2026-02-28T00:00:00")),
        *((text, "French date") for text in ("28/02/2026", "01/12/2026")),
        ("2019-12-31", "minimum, maximum"),
        ("2026-2-8", "one digit in a date"),
        (" 2026-02-28", "spaces around"),
    ],
    "instant": [
        *((text, "valid") for text in ("2026-02-28T12:00:00Z", "")),
        *((text, "valid") for text in ("2026-02-28T12:00:00+01:00", "2026-02-28T12:00:00-0500")),
        *((text, "type") for text in ("2026-02-30T12:00:00Z", "2026-02-28T25:00:00Z", "x")),
        *((text, "type") for text in ("2026-02-28T12:60:00Z", "12:00:00")),
        ("2026-02-28T12:00:00", "valid"),
        ("2026-02-28 12:00:00Z", "valid"),
        ("2026-02-28T12:00Z", "no seconds"),
        ("2026-02-28T12:00:00.25Z", "valid"),
        ("2026-03-29T02:30:00", "local time that doesn't exist"),
        ("2026-02-28", "type"),
    ],
    "annee": [
        *((text, "valid") for text in ("2026", "1850", "")),
        *((text, "type") for text in ("x", "26", "20266", "2026.0")),
        ("0500", "valid"),
        (" 2026", "spaces around"),
        ("-100", "type"),
    ],
    "liste": [
        *((text, "valid") for text in ('["a"]', "[]", '["a", "b"]', "")),
        *((text, "type") for text in ("a,b", "{}", '["a"', '"a"', "null", "a||b")),
        *((text, "list without brackets") for text in ("x", "a|b")),
        *((text, "list of other than texts") for text in ("[1]", "[null]", '[["a"]]')),
    ],
    "objet": [
        *((text, "valid") for text in ('{"a": 1}', "{}", "")),
        *((text, "type") for text in ("x", "[]", '{"a"', "1")),
        ('{"a": 1, "a": 2}', "a member twice"),
        ('{"a": NaN}', "JSON that isn't"),
    ],
    "point": [
        *((text, "valid") for text in ("2.5,44.1", "2.5, 44.1", "-180,90", "")),
        *((text, "type") for text in ("x", "2.5", "200,0", "0,91", "1;2")),
        ("2.5 ,44.1", "spaces in a point"),
    ],
    "forme": [
        *((text, "valid") for text in ('{"type": "Point", "coordinates": [2.5, 44.1]}', "")),
        *((text, "type") for text in ("x", "[]", '{"type": "Cercle"}', "1")),
        ('{"type": "Point", "coordinates": [200.0, 44.1]}', "a place beyond the globe"),
        (_FEATURE, "more than a geometry"),
    ],
    "court": [
        *((text, "valid") for text in ("ab", "abcd", "éé", "")),
        *((text, "minLength, maxLength") for text in ("a", "abcde", "é", "ééééé")),
    ],
    "motif": [
        *((text, "valid") for text in ("AB1", "")),
        *((text, "pattern") for text in ("ab1", "AB", "xAB1", "AB1x", "A1")),
        ("AB٣", "pattern"),
    ],
    "choix": [
        *((text, "valid") for text in ("un", "deux", "")),
        *((text, "enum") for text in ("trois", "Un", "un ", "0")),
    ],
    "unique": [("autre", "valid"), ("u1", "unique"), ("", "valid"), ("U1", "valid")],
    "courriel": [
        *((text, "valid") for text in ("a@b.fr", "a.b+c@exemple.asso.fr", "")),
        *((text, "type") for text in ("a", "a@", "@b.fr", "a b@c.fr")),
        ("a@b", "type"),
    ],
    "adresse": [
        *((text, "valid") for text in ("https://exemple.fr/a?b=c#d", "http://exemple.fr", "")),
        *((text, "type") for text in ("exemple", "//exemple.fr", "a b")),
        ("mailto:a@b.fr", "valid"),
    ],
    "uuid": [
        *((text, "valid") for text in ("123e4567-e89b-12d3-a456-426614174000", "")),
        *((text, "type") for text in ("123", "123e4567-e89b-12d3-a456-42661417400g")),
        ("123e4567e89b12d3a456426614174000", "UUID without hyphens"),
    ],
    "id": [
        ("", "required"),
        ("-", "required"),
        ("r1", "key twice"),
        ("é", "valid"),
        (" ", "valid"),
        ("a\tb", "valid"),
        ("a\x01b", "control character"),
        ("a\x85b", "control character"),
        ("a\nb", "valid"),
        ('a"b', "valid"),
        ("x" * 200, "valid"),
        ("x" * 10_001, "very long text"),
    ],
}
"""By column of `TYPES`: what is put there, and the kind of file that this makes."""


def _row(number: int) -> dict[str, str]:
    row = {field.name: "" for field in TYPES.fields}
    return row | {"id": f"r{number}", "entier": str(number), "unique": f"u{number}"}


def table(names: Sequence[str], rows: Sequence[Mapping[str, str]], delimiter: str = ",") -> str:
    """A table as text."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerows([names, *([row.get(name, "") for name in names] for row in rows)])
    return text.getvalue()


def _cells() -> Iterator[Case]:
    names = [field.name for field in TYPES.fields]
    for column, values in VALUES.items():
        for text, kind in values:
            rows = [_row(number) for number in range(1, 5)]
            rows[3 if kind == "valid" else 1] |= {column: text}
            yield Case(kind, TYPES, table(names, rows).encode())
            if kind == "type":
                rows[3] |= {column: text}
                yield Case(kind, TYPES, table(names, rows).encode())


def _labels(schema: Schema, names: Sequence[str], rows: Sequence[Row]) -> Iterator[Case]:
    """Header and lines of another table, with each fault that they can have."""

    def case(kind: str, header: Sequence[str], lines: Sequence[Row] = rows) -> Case:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([header, *lines])
        return Case(kind, schema, text.getvalue().encode())

    required = schema.primary_key[0]
    optional = next(one.name for one in schema.fields if not one.constraints.required)
    yield case("valid", names)
    for name, kind in ((required, "required column missing"), (optional, "column missing")):
        at = list(names).index(name)
        short = [[*row[:at], *row[at + 1 :]] for row in rows]
        yield case(kind, [*names[:at], *names[at + 1 :]], short)
    yield case("unknown column", [*names, "inconnue"], [[*row, "x"] for row in rows])
    yield case("column twice", [*names, optional], [[*row, ""] for row in rows])
    yield case("column without name", [*names, ""], [[*row, ""] for row in rows])
    yield case("columns in another order", names[::-1], [row[::-1] for row in rows])
    yield case("label in capitals", [names[0].upper(), *names[1:]])
    yield case("blank row", names, [*rows[:2], [], *rows[2:]])
    yield case("row of empty cells", names, [*rows[:2], [""] * len(names), *rows[2:]])
    yield case("blank rows at the end", names, [*rows, [], []])
    yield case("missing cell", names, [*rows[:2], rows[2][:-1], *rows[3:]])
    yield case("extra cell", names, [*rows[:2], [*rows[2], "x"], *rows[3:]])
    yield case("key twice", names, [*rows, rows[1]])
    yield case("no rows", names, [])


def _forms(schema: Schema, text: str) -> Iterator[Case]:
    """The same table in other encodings and spellings."""
    accents = text.replace("C1", "Cé1").replace("r1", "ré1")
    yield Case("valid", schema, accents.encode())
    yield Case("valid", schema, accents.encode("utf-8-sig"))
    yield Case("valid", schema, text.replace("\n", "\r\n").encode())
    yield Case("valid", schema, text.removesuffix("\n").encode())
    yield Case("Windows-1252", schema, accents.encode("cp1252"))
    yield Case("UTF-16", schema, accents.encode("utf-16"))
    if accents != text:
        yield Case("broken UTF-8", schema, accents.encode() + b"\xe9\n")
    yield Case("semicolons", schema, text.replace(",", ";").encode())
    yield Case("tabs", schema, text.replace(",", "\t").encode())
    yield Case("carriage returns alone", schema, text.replace("\n", "\r").encode())
    yield Case("open quote", schema, (text + '"a').encode())
    yield Case("empty file", schema, b"")
    yield Case("blank file", schema, b" \n\n")
    yield Case("NUL", schema, text.encode() + b"\0\n")


def _registers() -> Iterator[tuple[Schema, list[str], list[Row]]]:
    rows = [_row(number) for number in range(1, 5)]
    yield TYPES, list(rows[0]), [list(row.values()) for row in rows]
    counts = bundled().latest("comptage-mobilites")
    assert counts is not None
    hours = [f"2026-01-01T{hour:02}:00:00Z" for hour in range(8, 13)]
    yield (
        counts,
        [field.name for field in counts.fields],
        [[f"C{at}", "", hours[at], hours[at + 1], str(at)] for at in range(4)],
    )
    sites = bundled().latest("comptage-sites")
    assert sites is not None
    yield sites, [field.name for field in sites.fields], list(_examples(sites, 4))


def _examples(schema: Schema, count: int) -> Iterator[Row]:
    """Rows of the examples that the schema gives, with keys of their own."""
    for number in range(count):
        row = []
        for field in json.loads(schema.document)["fields"]:
            text = field.get("example", "") if field.get("constraints", {}).get("required") else ""
            row.append(f"{text}{number}" if field["name"] == schema.primary_key[0] else str(text))
        yield row


def _others() -> Iterator[Case]:
    names = [field.name for field in TYPES.fields]
    for text in ("1,5", "-2,25"):
        rows = [_row(number) for number in range(1, 5)]
        rows[1] |= {"nombre": text}
        yield Case("decimal comma", TYPES, table(names, rows, ";").encode())
    counts = bundled().latest("comptage-mobilites")
    assert counts is not None
    line = "C1,,2026-01-01T09:00:00Z,2026-01-01T08:00:00Z,1\n"
    header = ",".join(field.name for field in counts.fields)
    yield Case("end before the start", counts, f"{header}\n{line}".encode())


def cases() -> Iterator[Case]:
    """All files."""
    yield from _cells()
    yield from _others()
    for schema, names, rows in _registers():
        yield from _labels(schema, names, rows)
        yield from _forms(
            schema, table(names, [dict(zip(names, row, strict=True)) for row in rows])
        )
