"""`maillage validate`, `publish` and `export`: from a file and back to one."""

import contextlib
import datetime as dt
import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from federation.errors import MalformedError
from node.cli import screen
from node.cli.language import current, say
from node.cli.mappings import MappingFile, mapping_in
from node.cli.options import (
    DEFAULT_DATA,
    AsJson,
    DataDir,
    DatasetFile,
    SchemaName,
    opened,
    read_bounded,
)
from node.cli.progress import shown
from node.cli.schemata import OwnData, known
from node.cli.status import Status
from node.cli.writing import replace_file
from node.clock import now_us

if TYPE_CHECKING:
    from schemas.reading.file_report import FileReport

STDOUT: Final = Path("-")
LABEL_RULES: Final = frozenset({"extra-label", "incorrect-label", "missing-label"})
"""Rules of which a mapping may be the remedy."""
REPORT_SUFFIXES: Final = (".html", ".json", ".txt")
"""Forms of a report."""


class Format(StrEnum):
    """A form of export."""

    CSV = "csv"
    JSON = "json"
    GEOJSON = "geojson"
    PARQUET = "parquet"
    BUNDLE = "bundle"


class ShareLevel(StrEnum):
    """Who may have a dataset."""

    OPEN = "open"
    FEDERATION = "federation"


class OriginName(StrEnum):
    """What a signature claims about the data."""

    OWN = "own"
    DELEGATED = "delegated"
    RELAYED = "relayed"
    SIMULATED = "simulated"


def validate(
    file: DatasetFile,
    *,
    schema: SchemaName,
    mapping: MappingFile = None,
    data: OwnData = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FILE.html|.json|.txt",
            dir_okay=False,
            help="Write the report to this file: a page that needs nothing else, JSON, or text.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check a file against a schema; nothing is stored or sent.

    The report names line, column, value, rule and remedy. Exit status 1 when the file isn't valid.
    """
    from node.file_checks import check_file  # noqa: PLC0415 - loads polars, which help doesn't need
    from schemas.reading.file_report import FileReport  # noqa: PLC0415 - likewise

    found = known(schema, data)
    if report is not None and report.suffix.lower() not in REPORT_SUFFIXES:
        raise MalformedError(
            f"a report is no {report.suffix or 'file without an ending'}",
            code="report-file",
            remedy=f"end the name with one of: {', '.join(REPORT_SUFFIXES)}",
        )
    used = mapping_in(mapping, found)
    with shown(wanted=not as_json) as progress:
        checked = check_file(file, found, mapping=used, progress=progress)
    reading = checked.reading
    told = FileReport.of(
        reading,
        filename=file.name,
        size_bytes=checked.size_bytes,
        schema=found,
        checked_at=dt.datetime.now(dt.UTC),
    )
    if report is not None:
        replace_file(report, written(told, report.suffix.lower()))
    if as_json:
        screen.data(told.to_json(current()))
    else:
        for note in reading.guessed:
            screen.line(note.text(current()))
        screen.line(reading.report.text(current()))
        if used is None and not LABEL_RULES.isdisjoint(reading.report.counts):
            screen.line(
                say(
                    f"maillage map {file.name} --schema {found.name} -o correspondance.json "
                    "propose quelle colonne est laquelle.",
                    f"maillage map {file.name} --schema {found.name} -o mapping.json proposes "
                    "which column is which.",
                )
            )
        if report is not None:
            screen.line(say(f"Rapport écrit : {report}", f"Report written: {report}"), stderr=True)
    return Status.DONE if reading.report.valid else Status.BAD


def written(report: "FileReport", suffix: str) -> bytes:
    """A report in the form that a file's ending asks for.

    Args:
        report: Of a file.
        suffix: One of `REPORT_SUFFIXES`.
    """
    from schemas.reading.report_page import report_page  # noqa: PLC0415 - loads polars

    forms = {
        ".html": lambda: report_page(report, current()),
        ".json": lambda: json.dumps(report.to_json(current()), ensure_ascii=False, indent=2) + "\n",
        ".txt": lambda: report.text(current()),
    }
    return forms[suffix]().encode()


def publish(
    file: DatasetFile,
    *,
    schema: SchemaName,
    participant: Annotated[
        str, typer.Option("--participant", metavar="ID", help="In whose name it is published.")
    ],
    data: DataDir = DEFAULT_DATA,
    slug: Annotated[
        str | None,
        typer.Option(
            "--slug", metavar="NAME", help="Tells several datasets under one schema apart."
        ),
    ] = None,
    origin: Annotated[
        OriginName | None,
        typer.Option("--origin", help="Where the data come from; the schema says it otherwise."),
    ] = None,
    share: Annotated[
        ShareLevel | None,
        typer.Option(
            "--share",
            help="Who may have it: everybody, or the members of a charter. As before unless said; "
            "the schema says it the first time.",
        ),
    ] = None,
    charter: Annotated[
        str | None,
        typer.Option(
            "--charter",
            metavar="DIGEST|NAME",
            help="Share it with the members of this charter, and nobody else.",
        ),
    ] = None,
    mapping: MappingFile = None,
    as_json: AsJson = False,
) -> int:
    """Check a file, and store it for signing and sending; a running node sends it.

    Nothing is stored unless the whole file is valid.
    """
    from node.web.bodies import published_json  # noqa: PLC0415 - loads the node's parts, which help doesn't need

    with opened(data) as node, _told(), shown(wanted=not as_json) as progress:
        done = node.publish(
            read_bounded(file, node.settings.upload_max_bytes, progress),
            filename=file.name,
            schema=schema,
            participant=participant,
            slug=slug,
            origin=origin.value if origin is not None else None,
            sharing=share.value if share is not None else None,
            charter=charter,
            mapping=mapping_in(mapping, node.publisher.schema(schema)),
            now_us=now_us(),
            progress=progress,
        )
    if as_json:
        screen.data(published_json(done, current()))
        return Status.DONE if done.report.valid else Status.BAD
    for note in done.notes:
        screen.line(note.text(current()))
    if not done.report.valid:
        screen.line(done.report.text(current()))
        screen.line(say("Rien n’a été publié.", "Nothing was published."), style="bold")
        return Status.BAD
    taken = say("lignes acceptées pour", "rows taken for")
    screen.line(f"{done.rows} {taken} {done.dataset} ({done.mode}).")
    screen.line(
        say(
            "Le nœud en service les signe et les envoie ; maillage status montre la suite.",
            "The running node signs and sends them; maillage status shows what follows.",
        )
    )
    return Status.DONE


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Say after Ctrl-C what is so: a draft that was begun to be stored is stored as a whole."""
    try:
        yield
    except KeyboardInterrupt:
        screen.line(
            say("Interrompu : rien n’a été publié.", "Interrupted: nothing was published."),
            stderr=True,
        )
        raise


def export(
    dataset: Annotated[
        str,
        typer.Argument(metavar="DATASET", help="For example fr-com-12011/comptage-mobilites."),
    ],
    *,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="PATH", dir_okay=False, help="File to write; - for output."
        ),
    ],
    form: Annotated[Format, typer.Option("--format", help="Form of the file.")] = Format.CSV,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Write a dataset to a file: its rows, or the signed publications as a .mlg bundle."""
    with opened(data) as node, shown() as progress:
        found = node.export(dataset, form.value, progress)
    if output == STDOUT:
        screen.binary(found)
        return
    replace_file(output, found)
    screen.line(f"{output} : {len(found)} {say('octets', 'bytes')}", stderr=True)
