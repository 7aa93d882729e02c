"""`maillage schema`: which forms of data there are, and what their columns mean."""

from typing import Annotated

import typer

from federation.errors import UnknownError
from node.cli import duties, screen
from node.cli.language import current, say
from node.cli.options import AsJson
from node.web.bodies import schemas_json
from schemas.catalogue import bundled
from schemas.model import Field, Schema


def build() -> typer.Typer:
    """Make the group."""
    group = typer.Typer(
        help="Show the schemas: which forms of data there are.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("list")(list_schemas)
    group.command("show")(show)
    return group


def known(name: str) -> Schema:
    """The newest version of a schema.

    Raises:
        UnknownError: `schema`.
    """
    schema = bundled().latest(name)
    if schema is None:
        names = ", ".join(bundled().names())
        raise UnknownError(
            f"no schema is called {name[:80]!r}",
            code="schema",
            remedy=say(f"Connus : {names}", f"Known are: {names}"),
        )
    return schema


def list_schemas(
    *,
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
    as_json: AsJson = False,
) -> None:
    """List the schemas that come with the program."""
    body = None if participant is None else duties.known_body(participant)
    found = [bundled().latest(name) for name in bundled().names()]
    newest = [one for one in found if one is not None]
    if as_json:
        listed = schemas_json(bundled())
        if body is not None:
            owed = duties.json_of(newest, body, staff)
            listed = [one | {"obligation": owed[one["name"]]} for one in listed]
        screen.data(listed)
        return
    screen.table(
        [say("Nom", "Name"), "Version", say("Genre", "Kind"), say("Objet", "Subject")]
        + ([] if body is None else duties.heads()),
        [
            (one.name, one.version, kind(one), one.labels.get(current(), one.title))
            + (() if body is None else duties.cells(one, body, staff))
            for one in newest
        ],
    )


def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the schema.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show a schema: its columns, key and measures. With --json: the document itself."""
    schema = known(name)
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
