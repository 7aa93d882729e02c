"""`maillage sheet`: datasets' sheets for the record of processing activities."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from federation.errors import UnknownError
from node.cli import screen
from node.cli.language import current, say
from node.cli.options import DEFAULT_DATA, DataDir, opened
from node.cli.writing import replace_file
from node.clock import now_us

STDOUT: Final = Path("-")


class SheetFormat(StrEnum):
    """A form of sheet."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def sheet(
    dataset: Annotated[
        str | None,
        typer.Argument(
            metavar="DATASET",
            help="Such as fr-com-12011/projets, published or not yet; all of this node unless "
            "said.",
        ),
    ] = None,
    *,
    participant: Annotated[
        str | None,
        typer.Option("--participant", metavar="ID", help="All datasets of one body."),
    ] = None,
    form: Annotated[
        SheetFormat, typer.Option("--format", help="Form of the sheets.")
    ] = SheetFormat.TEXT,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="PATH", dir_okay=False, help="File to write; - for output."
        ),
    ] = STDOUT,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Write datasets' sheets for the record of processing activities (GDPR, article 30).

    Purpose, basis, persons concerned, recipients and receipts seen, retention, thresholds; what a
    node can't know is left to be filled in.
    """
    import json  # noqa: PLC0415 - help doesn't need it

    from federation.processing import as_json, as_markdown, as_text  # noqa: PLC0415 - likewise
    from node.processing import facts_of, own_datasets  # noqa: PLC0415 - likewise

    lang = current()
    with opened(data) as node:
        if participant is not None and participant not in node.participants:
            raise UnknownError(
                f"{participant[:80]} isn't hosted on this node",
                code="participant",
                remedy=f"one of: {', '.join(node.participants)}"[:300],
            )
        wanted = [dataset] if dataset is not None else own_datasets(node, participant)
        moment = now_us()
        found = [facts_of(node, one, moment) for one in wanted]
    if form is SheetFormat.JSON:
        text = json.dumps([as_json(one, lang) for one in found], ensure_ascii=False, indent=2)
        text += "\n"
    else:
        made = as_markdown if form is SheetFormat.MARKDOWN else as_text
        text = "\n".join(made(one, lang) for one in found)
    if not found:
        screen.line(
            say("Aucun jeu de données publié ici.", "No dataset was published here."), stderr=True
        )
    if output == STDOUT:
        screen.binary(screen.clean(text).encode())
        return
    replace_file(output, text.encode())
    count = len(found)
    screen.line(f"{output} : {count} {say('fiches', 'sheets')}", stderr=True)
