"""A schema in the forms that others use: to check, to read about, to fill in. Pure.

What may be in a schema document was written by whoever made the schema: nothing of it becomes
markup, a formula or a path.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from schemas.document import Lang
from schemas.exports.csv_template import csv_template
from schemas.exports.json_schema import row_schema
from schemas.exports.markdown import page
from schemas.exports.xlsx_template import xlsx_template
from schemas.model import Schema

Form = Literal["table-schema", "json-schema", "markdown", "csv", "xlsx"]


@dataclass(frozen=True, slots=True)
class FormFacts:
    """What is to be known of a form.

    Attributes:
        media: Media type.
        suffix: How a file's name ends.
        make: Makes it.
    """

    media: str
    suffix: str
    make: Callable[[Schema, Lang], bytes]


def _json_schema(schema: Schema, lang: Lang) -> bytes:
    return (json.dumps(row_schema(schema, lang), ensure_ascii=False, indent=2) + "\n").encode()


FORMS: Final[Mapping[Form, FormFacts]] = {
    "table-schema": FormFacts("application/json", ".json", lambda schema, _lang: schema.document),
    "json-schema": FormFacts("application/schema+json", ".schema.json", _json_schema),
    "markdown": FormFacts("text/markdown", ".md", lambda schema, lang: page(schema, lang).encode()),
    "csv": FormFacts("text/csv", ".csv", lambda schema, _lang: csv_template(schema)),
    "xlsx": FormFacts(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ".xlsx",
        xlsx_template,
    ),
}


def export(schema: Schema, form: Form, lang: Lang = "fr") -> bytes:
    """A schema in a form.

    Args:
        schema: Any.
        form: `table-schema`: the document as it stands; `json-schema`: of one row; `markdown`: a
            page; `csv`, `xlsx`: a file to fill in.
        lang: Of what people read in it.
    """
    return FORMS[form].make(schema, lang)


def file_name(schema: Schema, form: Form) -> str:
    """How a file of a schema in a form is called."""
    return f"{schema.name}-{schema.version}{FORMS[form].suffix}"
