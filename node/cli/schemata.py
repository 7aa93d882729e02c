"""`maillage schema`: which forms of data there are, and what their columns mean."""

from pathlib import Path
from typing import Annotated, Final

import typer

from federation.errors import UnknownError
from node.cli import duties, screen
from node.cli.language import current, say
from node.cli.options import DATA_VARIABLE, AsJson, opened
from node.web.bodies import schemas_json
from schemas.catalogue import Catalogue, bundled
from schemas.model import Field, Schema

OwnData = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        envvar=DATA_VARIABLE,
        file_okay=False,
        help="A node's data directory: the schemas that were added there, too.",
    ),
]
SchemaArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the schema.")]

_DUTIES: Final = {
    "any-size": ("à toute taille", "at any size"),
    "general": ("au-delà des seuils", "above thresholds"),
    "none": ("volontaire", "voluntary"),
}


def build() -> typer.Typer:
    """Make the group."""
    from node.cli import schema_changes, schema_files  # noqa: PLC0415 - they need what is here

    group = typer.Typer(
        help="Schemas, the forms of data: shown, exported, compared, added.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("list")(list_schemas)
    group.command("show")(show)
    group.command("export")(schema_files.export)
    group.command("add")(schema_changes.add)
    group.command("diff")(schema_changes.diff)
    return group


def catalogue(data: Path | None) -> Catalogue:
    """The program's schemas, and with a data directory those that were added there.

    Raises:
        UnknownError: `data-dir`.
        StoreError: The store can't be opened.
    """
    if data is None:
        return bundled()
    with opened(data) as node:
        return node.publisher.schemas()


def known(name: str, data: Path | None = None) -> Schema:
    """The newest version of a schema.

    Args:
        name: Of the program's, or of one that was added.
        data: Data directory in which it may have been added; None: nowhere.

    Raises:
        UnknownError: `schema`; `data-dir`, where the program has none of that name.
        StoreError: The store can't be opened.
    """
    schema = bundled().latest(name)
    if schema is not None:
        return schema
    found = catalogue(data)
    schema = found.latest(name)
    if schema is None:
        names = ", ".join(found.names())
        raise UnknownError(
            f"no schema is called {name[:80]!r}",
            code="schema",
            remedy=say(f"Connus : {names}", f"Known are: {names}"),
        )
    return schema


def list_schemas(
    *,
    commitment: Annotated[
        int | None,
        typer.Option(
            "--commitment",
            metavar="N",
            min=1,
            max=10,
            help="Only those that serve this commitment of the smart-village manifesto.",
        ),
    ] = None,
    domain: Annotated[
        str | None,
        typer.Option(
            "--domain",
            metavar="NAME",
            help="Only those of this domain: traffic, air, waste, safety, energy, utilities.",
        ),
    ] = None,
    participant: Annotated[
        str | None,
        typer.Option(
            "--participant",
            metavar="ID",
            help="Say of each whether this body must publish such data, such as fr-com-12011.",
        ),
    ] = None,
    staff: Annotated[
        int | None,
        typer.Option("--staff", metavar="N", min=0, help="Its agents in full-time equivalents."),
    ] = None,
    data: OwnData = None,
    as_json: AsJson = False,
) -> None:
    """List the schemas: those that come with the program, and those added to a node.

    Each with the commitments and domains that it serves, and whether it must be published.
    """
    body = None if participant is None else duties.known_body(participant)
    found = [one for one in catalogue(data) if _serves(one, commitment, domain)]
    some = Catalogue(found)
    newest = [one for one in map(some.latest, some.names()) if one is not None]
    if as_json:
        listed = schemas_json(some)
        if body is not None:
            owed = duties.json_of(newest, body, staff)
            listed = [one | {"obligation": owed[one["name"]]} for one in listed]
        screen.data(listed)
        return
    heads = [say("Nom", "Name"), "Version", say("Genre", "Kind"), say("Objet", "Subject")]
    if body is None:
        heads += [say("Engagements", "Commitments"), say("Domaines", "Domains")]
        heads.append(say("Publication", "Publishing"))
        screen.table(heads, [(*_named(one), *_themes(one)) for one in newest])
        return
    rows = [(*_named(one), *duties.cells(one, body, staff)) for one in newest]
    screen.table(heads + duties.heads(), rows)


def _serves(schema: Schema, commitment: int | None, domain: str | None) -> bool:
    themes = schema.block.themes
    return (commitment is None or commitment in themes.commitments) and (
        domain is None or domain in themes.domains
    )


def _named(schema: Schema) -> tuple[str, ...]:
    subject = schema.labels.get(current(), schema.title)
    return schema.name, schema.version, kind(schema), subject


def _themes(schema: Schema) -> tuple[str, ...]:
    themes = schema.block.themes
    return (
        ", ".join(map(str, themes.commitments)),
        ", ".join(themes.domains),
        say(*_DUTIES[schema.block.obligation.level]),
    )


def show(name: SchemaArgument, *, data: OwnData = None, as_json: AsJson = False) -> None:
    """Show a schema: its columns, key and measures. With --json: the document itself."""
    schema = known(name, data)
    if as_json:
        screen.binary(schema.document.rstrip(b"\n") + b"\n")
        return
    screen.line(f"{schema.name} {schema.version} – {schema.labels.get(current(), schema.title)}")
    screen.pairs(
        [
            (say("Empreinte", "Digest"), schema.digest),
            (say("Genre", "Kind"), kind(schema)),
            (say("Clé", "Key"), ", ".join(schema.primary_key)),
            (say("Partage", "Sharing"), schema.sharing_default),
            (say("Licence", "Licence"), schema.licence),
        ]
    )
    screen.table(
        [say("Colonne", "Column"), "Type", say("Obligatoire", "Required"), say("Sens", "Meaning")],
        [_row(schema, field) for field in schema.fields],
    )
    if schema.measures:
        screen.table(
            [say("Mesure", "Measure"), say("Unité", "Unit"), say("Agrégats", "Aggregates")],
            [(one.name, one.unit, ", ".join(one.aggregates)) for one in schema.measures],
        )


def _row(schema: Schema, field: Field) -> tuple[str, str, str, str]:
    needed = field.constraints.required or field.name in schema.primary_key
    meaning = field.labels.get(current()) or field.title or field.description
    if field.name in schema.personal:
        meaning += say(" (personnel : ne quitte pas le nœud)", " (personal: stays on the node)")
    return field.name, field.type, say("oui", "yes") if needed else "", meaning


def kind(schema: Schema) -> str:
    """The kind of a schema in words."""
    if schema.kind == "series":
        return say("série", "series")
    return say("inventaire", "register")
