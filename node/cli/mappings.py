"""`maillage map`: which column of a file is which column of a schema, proposed and remembered."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from federation.errors import MalformedError
from node.cli import screen
from node.cli.language import current, say
from node.cli.options import (
    DEFAULT_DATA,
    AsJson,
    DataDir,
    DatasetFile,
    SchemaName,
    opened,
    read_at_most,
)
from node.cli.schemata import known
from node.cli.status import Status
from node.cli.writing import replace_file

if TYPE_CHECKING:
    from schemas.model import Schema
    from schemas.reading import ColumnMapping
    from schemas.reading.proposing import ColumnProposal, Proposal

MappingFile = Annotated[
    Path | None,
    typer.Option(
        "--mapping",
        metavar="FILE.json",
        exists=True,
        dir_okay=False,
        readable=True,
        help="Which column of the file is which of the schema; maillage map proposes one.",
    ),
]

_SURE: Final = {
    "certain": ("certain", "certain"),
    "likely": ("probable", "likely"),
    "guess": ("à confirmer", "to confirm"),
    "ambiguous": ("ambigu", "ambiguous"),
    "unknown": ("inconnu", "unknown"),
}


def mapping_in(path: Path | None, schema: "Schema") -> "ColumnMapping | None":
    """The mapping that a file holds; None without a file.

    Args:
        path: Of the file.
        schema: What the mapping is for.

    Raises:
        MappingFault: `mapping`, `mapping-confirm`.
        OSError: It can't be read.
    """
    from schemas.reading.mapping import MAPPING_MAX_BYTES, parse_mapping  # noqa: PLC0415 - loads polars, which help doesn't need

    if path is None:
        return None
    return parse_mapping(read_at_most(path, MAPPING_MAX_BYTES + 1), schema)


def map_columns(
    file: DatasetFile,
    *,
    schema: SchemaName,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE.json",
            dir_okay=False,
            help="Where the mapping is written, to be edited; it names what is to be confirmed.",
        ),
    ] = None,
    mapping: MappingFile = None,
    participant: Annotated[
        str | None,
        typer.Option(
            "--participant",
            metavar="ID",
            help="Remember the mapping for this body's dataset, if nothing is missing or to be "
            "confirmed.",
        ),
    ] = None,
    slug: Annotated[
        str | None,
        typer.Option(
            "--slug", metavar="NAME", help="Tells several datasets under one schema apart."
        ),
    ] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJson = False,
) -> int:
    """Propose which column of a file is which column of a schema: how sure, why, with examples.

    Guesses are to be confirmed before a mapping is used. Exit status 1 when something
    is, or a required column is missing.
    """
    from schemas.reading.limits import FILE_MAX_BYTES  # noqa: PLC0415 - likewise
    from schemas.reading.peeking import peek  # noqa: PLC0415 - loads polars, which help doesn't need
    from schemas.reading.proposing import propose  # noqa: PLC0415 - likewise

    found = known(schema, data if data.is_dir() else None)
    given = mapping_in(mapping, found)
    content = read_at_most(file, FILE_MAX_BYTES + 1)
    seen = peek(content, filename=file.name, schema=found, mapping=given)
    if not seen.labels:
        raise MalformedError(
            f"{file.name}: no columns were found",
            code="mapping-columns",
            remedy=say("maillage validate dit pourquoi", "maillage validate says why"),
        )
    proposal = propose(seen, found, given)
    if output is not None:
        replace_file(output, proposal.to_json())
    kept = participant is not None and _keep(proposal, participant, slug, data)
    if as_json:
        screen.data(proposal_json(proposal) | {"remembered": kept})
    else:
        _show(proposal, output, remembered=kept)
    return Status.BAD if proposal.confirm or proposal.lacking else Status.DONE


def _keep(proposal: "Proposal", participant: str, slug: str | None, data: Path) -> bool:
    from federation.ids import DatasetId, parse_name  # noqa: PLC0415 - loads the node's parts
    from node.publishing import hosted  # noqa: PLC0415 - likewise

    if proposal.confirm or proposal.lacking:
        return False
    with opened(data) as node:
        hosted(participant, node.participants)
        own = node.publisher.schema(proposal.schema)
        dataset = DatasetId(participant, own.name, parse_name(slug) if slug else None)
        node.publisher.mappings.keep(str(dataset), proposal.mapping())
    return True


def proposal_json(proposal: "Proposal") -> dict[str, object]:
    """A proposal: `schema`, `columns`, `missing`, `confirm`, and the `mapping` document."""
    import json  # noqa: PLC0415 - the document is text already

    return {
        "schema": proposal.schema,
        "columns": [_column_json(one) for one in proposal.columns],
        "missing": list(proposal.lacking),
        "confirm": list(proposal.confirm),
        "mapping": json.loads(proposal.to_json()),
    }


def _column_json(one: "ColumnProposal") -> dict[str, object]:
    return {
        "label": one.label,
        "column": one.column,
        "sure": one.sure.value,
        "why": one.why(current()),
        "candidates": list(one.candidates),
        "examples": list(one.examples),
    }


def _show(proposal: "Proposal", output: Path | None, *, remembered: bool) -> None:
    screen.table(
        [
            say("Dans le fichier", "In the file"),
            say("Colonne du schéma", "Column of the schema"),
            say("Sûreté", "How sure"),
            say("Pourquoi", "Why"),
            say("Exemples", "Examples"),
        ],
        [
            (
                one.label,
                one.column,
                say(*_SURE[one.sure.value]),
                one.why(current()),
                " | ".join(one.examples),
            )
            for one in proposal.columns
        ],
    )
    if proposal.lacking:
        names = ", ".join(proposal.lacking)
        screen.line(
            say(
                f"Colonnes obligatoires sans source : {names}. Si la valeur est la même sur chaque "
                "ligne, la mettre sous « constants ».",
                f"Required columns without a source: {names}. Where the value is the same on each "
                "line, put it under “constants”.",
            )
        )
    if proposal.confirm:
        screen.line(
            say(
                f"À confirmer : {len(proposal.confirm)}. Corriger « columns » dans le fichier "
                "écrit (null pour laisser de côté), puis vider « confirm ».",
                f"To be confirmed: {len(proposal.confirm)}. Correct “columns” in the file written "
                "(null to leave out), then empty “confirm”.",
            ),
            style="bold",
        )
    if output is not None:
        screen.line(say(f"Écrit : {output}", f"Written: {output}"), stderr=True)
    if remembered:
        screen.line(say("Retenu pour les prochains fichiers.", "Remembered for the files to come."))
