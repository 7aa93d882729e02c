"""`maillage schema export`: a schema in the forms that others use."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from node.cli import screen
from node.cli.language import current, say
from node.cli.schemata import OwnData, SchemaArgument, known
from node.cli.writing import replace_file

STDOUT: Final = Path("-")


class SchemaForm(StrEnum):
    """A form of a schema."""

    TABLE_SCHEMA = "table-schema"
    JSON_SCHEMA = "json-schema"
    MARKDOWN = "markdown"
    CSV = "csv"
    XLSX = "xlsx"


class LabelLanguage(StrEnum):
    """A language that schemas have labels in."""

    FR = "fr"
    EN = "en"
    DE = "de"
    ES = "es"
    IT = "it"


def export(
    name: SchemaArgument,
    *,
    form: Annotated[
        SchemaForm,
        typer.Option(
            "--format",
            help="table-schema: the document; json-schema: of one row; markdown: a page; csv, "
            "xlsx: a file to fill in.",
        ),
    ] = SchemaForm.TABLE_SCHEMA,
    language: Annotated[
        LabelLanguage | None,
        typer.Option("--language", help="Of labels and explanations; the screen's unless said."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            dir_okay=False,
            help="File to write; - for output. Named after the schema unless said.",
        ),
    ] = None,
    data: OwnData = None,
) -> None:
    """Write a schema in a form that others use: to check rows, to read about, to fill in."""
    from schemas.exports import export as exported  # noqa: PLC0415 - loads what few commands need
    from schemas.exports import file_name  # noqa: PLC0415 - likewise

    schema = known(name, data)
    found = exported(schema, form.value, language.value if language is not None else current())
    if output == STDOUT:
        screen.binary(found)
        return
    path = output or Path(file_name(schema, form.value))
    replace_file(path, found)
    screen.line(f"{path} : {len(found)} {say('octets', 'bytes')}", stderr=True)
