"""A workbook to fill in: one sheet for the rows, one that explains the columns.

The header are the columns' names, by which the reader knows them; what they mean is in comments
and on the second sheet. There names and labels stand in one cell, which is nobody's label: the
reader takes the sheet with the row that has most of them. Personal columns aren't asked for:
they would be left out when the file is read.
"""

import datetime as dt
import io
from decimal import Decimal
from typing import Any, Final

import xlsxwriter

from schemas.document import Field, Lang
from schemas.exports.columns import label_of, required, rules_of, type_of
from schemas.exports.page_words import BOOLEANS, HEADINGS, HOW_TO, NO_PERSONAL, SHEETS, WRONG
from schemas.exports.values import number
from schemas.exports.words import RULES
from schemas.model import Schema

ROWS_MAX: Final = 1_048_575
"""Rows of a sheet below its header."""
LIST_MAX_CHARS: Final = 255
"""Of a list that a rule holds itself; a longer one lies on a sheet of its own."""
INPUT_MAX_CHARS: Final = 255
TITLE_MAX_CHARS: Final = 32
COMMENT_MAX_CHARS: Final = 1_500
CELL_MAX_CHARS: Final = 32_767
"""All four are Excel's."""

_MADE: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
"""Said to be made then, always: the same schema gives the same bytes."""
_DARK, _LIGHT = "#1F4E79", "#DDEBF7"
_WIDTH_MIN, _WIDTH_MAX = 12, 40
_DATE_FROM: Final = dt.date(1900, 1, 1)
"""The first day that Excel knows."""
_DECIMALS_SHOWN: Final = 9
_WHOLE: Final = ("integer", "year")


def xlsx_template(schema: Schema, lang: Lang = "fr") -> bytes:
    """The workbook to fill in.

    Args:
        schema: Any; its texts are written as texts, whatever they begin with.
        lang: Of the sheets' names, comments and explanations.
    """
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties(
        {
            "title": _clean(schema.labels.get(lang) or schema.title),
            "subject": f"{schema.name} {schema.version}",
            "comments": schema.digest,
            "created": _MADE,
        }
    )
    _Template(book, schema, lang).write()
    book.close()
    return buffer.getvalue()


class _Template:
    """One workbook being written."""

    def __init__(self, book: Any, schema: Schema, lang: Lang) -> None:
        self._book: Final = book
        self._schema: Final = schema
        self._lang: Final[Lang] = lang
        names = [one.of(lang) for one in SHEETS]
        self._rows: Final = book.add_worksheet(names[0])
        self._told: Final = book.add_worksheet(names[1])
        self._lists: Any = None
        self._list_count = 0
        frame = {"border": 1, "valign": "top"}
        self._heads: Final = {
            True: book.add_format(
                {**frame, "bold": True, "font_color": "#FFFFFF", "bg_color": _DARK}
            ),
            False: book.add_format({**frame, "bg_color": _LIGHT}),
        }
        self._wrapped: Final = book.add_format({"text_wrap": True, "valign": "top"})
        self._bold: Final = book.add_format({"bold": True, "valign": "top"})

    def write(self) -> None:
        """Write all sheets."""
        self._rows.freeze_panes(1, 0)
        for column, field in enumerate(self._schema.wire_fields):
            self._column(column, field)
        self._explain()

    def _column(self, column: int, field: Field) -> None:
        needed = required(self._schema, field)
        self._rows.write_string(0, column, field.name, self._heads[needed])
        comment = {"author": "Maillage", "width": 320, "height": 160, "font_size": 9}
        self._rows.write_comment(0, column, _cut(self._about(field), COMMENT_MAX_CHARS), comment)
        width = min(max(len(field.name) + 2, _WIDTH_MIN), _WIDTH_MAX)
        self._rows.set_column(column, column, width, self._format(field))
        rule = self._validation(field)
        if rule is not None:
            title = _cut(_clean(label_of(field, self._lang)), TITLE_MAX_CHARS)
            about = _cut(self._about(field), INPUT_MAX_CHARS)
            told = {"ignore_blank": True, "input_title": title, "input_message": about}
            self._rows.data_validation(1, column, ROWS_MAX, column, told | rule)

    def _about(self, field: Field) -> str:
        """What goes into a column, in lines."""
        needed = RULES["required" if required(self._schema, field) else "optional"]
        lines = [f"{label_of(field, self._lang)} – {needed.of(self._lang)}"]
        if field.description:
            lines.append(field.description)
        lines.append(type_of(field, self._lang))
        lines += map(str, rules_of(self._schema, field, self._lang, values_max=15))
        if field.example not in (None, ""):
            lines.append(f"{_example(self._lang)} {field.example}")
        return _clean("\n".join(lines))

    def _format(self, field: Field) -> Any:
        """How cells look, and what Excel makes of what is typed: codes stay texts."""
        forms = {
            "date": "yyyy-mm-dd",
            "datetime": "yyyy-mm-dd hh:mm:ss",
            "integer": "0",
            "year": "0",
        }
        form = forms.get(field.type, "@")
        if field.type == "number":
            digits = min(self._schema.scale(field.name), _DECIMALS_SHOWN)
            form = f"0.{'#' * digits}" if digits else "0"
        return self._book.add_format({"num_format": form})

    def _validation(self, field: Field) -> dict[str, Any] | None:
        """What Excel refuses; None where it would refuse what the reader takes."""
        if field.constraints.enum is not None:
            values = [_clean(str(one)) for one in field.constraints.enum]
            source = self._source(values)
            return {"validate": "list", "source": source, "error_message": WRONG.of(self._lang)}
        if field.type == "boolean":
            values = BOOLEANS.of(self._lang).split(",")
            return {"validate": "list", "source": values, "error_message": WRONG.of(self._lang)}
        low, high = field.constraints.minimum, field.constraints.maximum
        if field.type == "year":
            low, high = 1 if low is None else low, 9999 if high is None else high
        if field.type in (*_WHOLE, "number"):
            kind = "integer" if field.type in _WHOLE else "decimal"
            return _between(kind, low, high, -(10**15) if kind == "decimal" else -(2**53))
        if field.type == "date" and field.format in ("default", "any", "%Y-%m-%d"):
            return {"validate": "date", "criteria": ">=", "value": _DATE_FROM}
        return None

    def _source(self, values: list[str]) -> Any:
        """A list as a rule holds it, or where it lies."""
        text = ",".join(values)
        if len(text) <= LIST_MAX_CHARS and not any("," in one for one in values):
            return values
        if self._lists is None:
            self._lists = self._book.add_worksheet(SHEETS[2].of(self._lang))
            self._lists.hide()
        column, self._list_count = self._list_count, self._list_count + 1
        for row, value in enumerate(values):
            self._lists.write_string(row, column, _clean(value))
        letters = xlsxwriter.utility.xl_col_to_name(column)
        return f"='{SHEETS[2].of(self._lang)}'!${letters}$1:${letters}${len(values)}"

    def _explain(self) -> None:
        sheet, lang, schema = self._told, self._lang, self._schema
        for column, width in enumerate((40, 14, 70, 70, 14)):
            sheet.set_column(column, column, width)
        title = schema.labels.get(lang) or schema.title
        sheet.write_string(0, 0, _clean(f"{title} ({schema.name} {schema.version})"), self._bold)
        sheet.write_string(1, 0, HOW_TO.of(lang))
        if schema.personal:
            stays = [one.name for one in schema.fields if one.name in schema.personal]
            sheet.write_string(2, 0, _cut(NO_PERSONAL.of(lang).format(", ".join(stays))))
        names = ("column", "required", "meaning", "rules", "unit")
        for column, name in enumerate(names):
            sheet.write_string(4, column, HEADINGS[name].of(lang), self._heads[True])
        sheet.freeze_panes(5, 1)
        for row, field in enumerate(schema.wire_fields, 5):
            for column, text in enumerate(self._explained(field)):
                sheet.write_string(row, column, text, self._wrapped)

    def _explained(self, field: Field) -> list[str]:
        lang, schema = self._lang, self._schema
        needed = RULES["required" if required(schema, field) else "optional"].of(lang)
        measure = schema.block.measures.get(field.name)
        example = "" if field.example in (None, "") else f"{_example(lang)} {field.example}"
        told = [
            f"{field.name} – {label_of(field, lang)}",
            needed,
            " ".join(one for one in (field.description, example) if one),
            "; ".join(
                (type_of(field, lang), *map(str, rules_of(schema, field, lang, values_max=200)))
            ),
            "" if measure is None else measure.unit,
        ]
        return [_cut(_clean(one)) for one in told]


def _between(kind: str, low: Any, high: Any, least: int) -> dict[str, Any]:
    """A number within bounds; without any it has only to be one."""
    if low is not None and high is not None:
        return {
            "validate": kind,
            "criteria": "between",
            "minimum": number(Decimal(str(low))),
            "maximum": number(Decimal(str(high))),
        }
    if high is not None:
        return {"validate": kind, "criteria": "<=", "value": number(Decimal(str(high)))}
    return {
        "validate": kind,
        "criteria": ">=",
        "value": number(Decimal(str(least if low is None else low))),
    }


def _example(lang: Lang) -> str:
    return HEADINGS["example"].of(lang) + (" :" if lang == "fr" else ":")


def _clean(text: str) -> str:
    """Without control characters, which no workbook may have."""
    return "".join(one for one in text if one == "\n" or one.isprintable())


def _cut(text: str, most: int = CELL_MAX_CHARS) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
