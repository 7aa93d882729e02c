"""A schema as a page in Markdown: what it is for, who holds it, what its columns mean."""

import csv
import io
from collections.abc import Iterator

from schemas.document import Field, Lang
from schemas.exports.columns import Asked, label_of, required, rules_of, type_of
from schemas.exports.page_words import HEADINGS, SECRECY, YES
from schemas.exports.themes import commitments_of, domains_of, holders_of
from schemas.exports.values import example_row
from schemas.exports.words import BASES, KINDS, LEVELS, OBLIGATIONS, ORIGINS, UNITS_PROTECTED
from schemas.model import Schema

_NOTHING = "–"


def cell(text: str) -> str:
    """A text in a table, whoever wrote it: one line, no markup.

    Args:
        text: Of a schema document.
    """
    plain = " ".join(text.split()).replace("\\", "\\\\")
    for letter, written in (("|", "\\|"), ("[", "\\["), ("<", "&lt;"), ("*", "\\*"), ("`", "\\`")):
        plain = plain.replace(letter, written)
    return plain


def code(text: str) -> str:
    """A text as code in a table; a backtick in it needs a longer fence around it."""
    plain = " ".join(text.split()).replace("|", "\\|")
    fence = "`"
    while fence in plain:
        fence += "`"
    pad = " " if len(fence) > 1 else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def table(*rows: tuple[str, ...]) -> Iterator[str]:
    """Lines of a table of cells that are written already, the first its header."""
    for at, row in enumerate(rows):
        yield "| " + " | ".join(row) + " |"
        if at == 0:
            yield "|" + "---|" * len(row)


def page(schema: Schema, lang: Lang = "en") -> str:
    """The page of a schema.

    Args:
        schema: Any.
        lang: Of headings, labels and words; descriptions are in the document's language.
    """
    name = cell(schema.labels.get(lang) or schema.title or schema.name)
    lines = [f"# {name}", "", f"`{schema.name}` {schema.version}", ""]
    if schema.parsed.description:
        lines += [cell(schema.parsed.description), ""]
    lines += [*_facts(schema, lang), ""]
    for heading, part in (
        ("columns", _columns(schema, lang)),
        ("measures", _measures(schema, lang)),
        ("labels", _labels(schema)),
        ("standards", _standards(schema, lang)),
        ("processing", _processing(schema, lang)),
        ("rows", _rows(schema)),
    ):
        found = list(part)
        if found:
            lines += [f"## {HEADINGS[heading].of(lang)}", "", *found, ""]
    return "\n".join(lines).rstrip() + "\n"


def _facts(schema: Schema, lang: Lang) -> Iterator[str]:
    block = schema.block

    def head(name: str) -> str:
        return HEADINGS[name].of(lang)

    place = head("publisher") if schema.place is None else code(schema.place)
    obligation = OBLIGATIONS[block.obligation.level].of(lang)
    if block.obligation.source:
        obligation += f" ({cell(block.obligation.source)})"
    rows = [
        (head("schema"), head("meaning")),
        (head("kind"), KINDS[schema.kind].of(lang)),
        (head("holders"), holders_of(schema, lang)),
        (head("obligation"), obligation),
        (head("origin"), ORIGINS[schema.origin].of(lang)),
        (
            head("sharing"),
            f"{LEVELS[schema.sharing_default].of(lang)}: {cell(block.sharing.reason)}",
        ),
        (head("licence"), schema.licence),
        (head("commitments"), "; ".join(commitments_of(schema, lang)) or _NOTHING),
        (head("domains"), cell("; ".join(domains_of(schema, lang))) or _NOTHING),
        (head("key"), ", ".join(map(code, schema.primary_key))),
        (head("place"), place),
    ]
    if schema.time is not None:
        ends = (one for one in (schema.time, schema.time_end) if one is not None)
        rows.append((head("time"), ", ".join(map(code, ends))))
    if schema.cadence is not None:
        rows.append((head("cadence"), schema.cadence))
    if block.secrecy is not None:
        found = block.secrecy
        rows.append(
            (
                head("secrecy"),
                SECRECY.of(lang).format(
                    unit=UNITS_PROTECTED[found.unit].of(lang),
                    field=found.field,
                    k=found.k,
                    share=found.dominance_percent,
                ),
            )
        )
    if schema.personal:
        stays = [code(one.name) for one in schema.fields if one.name in schema.personal]
        rows.append((head("personal"), ", ".join(stays)))
    return table(*rows)


def _columns(schema: Schema, lang: Lang) -> Iterator[str]:
    names = ("column", "meaning", "type", "required", "rules", "unit", "example")
    rows = [tuple(HEADINGS[one].of(lang) for one in names)]
    rows += [_column(schema, field, lang) for field in schema.fields]
    return table(*rows)


def _column(schema: Schema, field: Field, lang: Lang) -> tuple[str, ...]:
    measure = schema.block.measures.get(field.name)
    label = label_of(field, lang)
    meaning = f"{label}. {field.description}" if field.description else label
    return (
        code(field.name),
        cell(meaning),
        cell(type_of(field, lang)),
        YES.of(lang) if required(schema, field) else "",
        "; ".join(map(_rule, rules_of(schema, field, lang))),
        code(measure.unit) if measure is not None else "",
        code(str(field.example)) if field.example not in (None, "") else "",
    )


def _rule(asked: Asked) -> str:
    return asked.sentence.format(code(asked.limit)) if asked.rule == "pattern" else cell(str(asked))


def _measures(schema: Schema, lang: Lang) -> Iterator[str]:
    if not schema.measures:
        return iter(())
    names = ("measure", "meaning", "unit", "exact", "aggregates")
    rows = [tuple(HEADINGS[one].of(lang) for one in names)]
    rows += [
        (
            code(one.name),
            cell(one.labels.get(lang, "")),
            code(one.unit),
            schema.block.measures[one.field].resolution,
            ", ".join(one.aggregates),
        )
        for one in schema.measures
    ]
    return table(*rows)


def _labels(schema: Schema) -> Iterator[str]:
    langs: tuple[Lang, ...] = ("fr", "en", "de", "es", "it")
    if not any(field.labels for field in schema.fields):
        return iter(())
    rows: list[tuple[str, ...]] = [("", *langs)]
    rows.append((code(schema.name), *(cell(schema.labels.get(one, "")) for one in langs)))
    rows += [
        (code(field.name), *(cell(field.labels.get(one, "")) for one in langs))
        for field in schema.fields
    ]
    return table(*rows)


def _standards(schema: Schema, lang: Lang) -> Iterator[str]:
    if not schema.block.aligns_with:
        return iter(())
    names = ("standard", "version", "otherwise")
    rows = [tuple(HEADINGS[one].of(lang) for one in names)]
    for one in schema.block.aligns_with:
        other = [f"{code(a)} = {cell(b)}" for a, b in one.mapping.items() if a != b]
        rows.append((cell(one.standard), cell(one.version), ", ".join(other) or _NOTHING))
    return table(*rows)


def _processing(schema: Schema, lang: Lang) -> Iterator[str]:
    found = schema.block.processing
    if found is None:
        return iter(())
    subjects = found.subjects.get(lang) or found.subjects.get("fr") or HEADINGS["nobody"].of(lang)
    purpose = found.purpose.get(lang) or found.purpose.get("fr", "")
    return table(
        (HEADINGS["purpose"].of(lang), cell(purpose)),
        (HEADINGS["basis"].of(lang), BASES[found.basis].of(lang)),
        (HEADINGS["subjects"].of(lang), cell(subjects)),
        (HEADINGS["retention"].of(lang), found.retention),
    )


def _rows(schema: Schema) -> Iterator[str]:
    row = example_row(schema, personal=False)
    if not row:
        return
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, row, lineterminator="\n")
    writer.writeheader()
    writer.writerow(row)
    text = buffer.getvalue().rstrip("\n")
    fence = "```"
    while fence in text:
        fence += "`"
    yield f"{fence}csv"
    yield from text.split("\n")
    yield fence
