"""`maillage competence`: which body holds what for a commune, and what was decided about it."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from federation.errors import MalformedError
from node.cli import screen
from node.cli.language import current, say
from node.cli.options import DEFAULT_DATA, AsJson, DataDir, opened
from node.cli.progress import shown
from node.competence_words import field_name, holders_told, origin_told

if TYPE_CHECKING:
    from node.node import Node
    from schemas.competences import Decision

Place = Annotated[
    str,
    typer.Argument(metavar="PLACE", help="Commune or EPCI, such as fr-com-12011."),
]
FieldArgument = Annotated[
    str,
    typer.Argument(metavar="FIELD", help="Such as water; maillage competence list shows them."),
]
_FILE: Final = "competences.csv"


def build() -> typer.Typer:
    """Make the group."""
    group = typer.Typer(
        help="Which body holds water, waste, transport … for a commune.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("list")(list_competences)
    group.command("set")(decide)
    group.command("remove")(forget)
    group.command("import")(take_in)
    return group


def list_competences(
    *,
    place: Annotated[
        str | None,
        typer.Option(
            "--place",
            metavar="ID",
            help="A commune, such as fr-com-12011; without it the decisions made here.",
        ),
    ] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Show who holds each competence for a commune, and by which text or decision.

    By law where nothing else is known: what BANATIC says goes before, and what was decided here
    before both.
    """
    with opened(data) as node:
        table = node.competences.checked()
        if place is not None:
            _show(node, place, as_json=as_json)
            return
    if as_json:
        screen.data([_told(one) for one in table.decisions])
        return
    if table.groupings is not None:
        count = len(table.groupings.groups)
        screen.line(
            say(
                f"BANATIC : {count} groupements ({table.groupings.source})",
                f"BANATIC: {count} groupements ({table.groupings.source})",
            )
        )
    screen.table(
        [
            say("Lieu", "Place"),
            say("Compétence", "Competence"),
            say("Organisme", "Body"),
            say("À partir du", "From"),
        ],
        [
            (one.place, one.field, one.holder, None if one.since is None else one.since.isoformat())
            for one in table.decisions
        ],
    )


def _show(node: "Node", place: str, *, as_json: bool) -> None:
    from schemas.competences.local import FIELDS  # noqa: PLC0415 - loads the territory data, which help doesn't need

    code = _commune(place)
    table, today = node.competences.checked(), dt.datetime.now(tz=dt.UTC).date()
    found = [(field, table.holder(code, field, today)) for field in FIELDS]
    if as_json:
        screen.data(
            [
                {
                    "field": field,
                    "holders": sorted(held.participants),
                    "kinds": sorted(held.kinds),
                    "origin": held.origin,
                    "source": held.source,
                    "from": None if held.since is None else held.since.isoformat(),
                }
                for field, held in found
            ]
        )
        return
    lang = current()
    screen.table(
        [
            "",
            say("Compétence", "Competence"),
            say("Organismes", "Bodies"),
            say("Connu par", "Known by"),
            "Source",
        ],
        [
            (
                field,
                field_name(field, lang),
                holders_told(held, lang),
                origin_told(held.origin, lang),
                held.source,
            )
            for field, held in found
        ],
    )


def _commune(place: str) -> str:
    """The code of a commune by its id.

    Raises:
        MalformedError: `place`.
        UnknownTerritoryError: No such commune.
    """
    from schemas.territory import territory  # noqa: PLC0415 - likewise

    if not place.startswith("fr-com-"):
        raise MalformedError(
            f"{place[:80]!r} is no commune", code="place", remedy="write it like fr-com-12011"
        )
    return territory(place).code


def decide(
    place: Place,
    field: FieldArgument,
    holder: Annotated[
        str,
        typer.Argument(
            metavar="BODY", help="Who holds it there: fr-com-…, fr-epci-…, fr-syn-<SIREN>, …"
        ),
    ],
    *,
    since: Annotated[
        str, typer.Option("--from", metavar="DATE", help="From which day on; always unless said.")
    ] = "",
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Say who holds a competence for a commune, or for all communes of an EPCI.

    Several bodies for one competence: say it once for each. A later date replaces what was said
    before, from that day on. Kept in competences.csv of the data directory.
    """
    from schemas.competences.local import CompetenceFault, decision  # noqa: PLC0415 - likewise

    try:
        made = decision(place, field, holder, since)
    except CompetenceFault as error:
        raise MalformedError(
            str(error),
            code="competence",
            remedy="maillage competence list --place fr-com-… shows places, fields and bodies",
        ) from error
    with opened(data) as node:
        new = node.competences.decide(made)
    text = f"{made.place} {made.field}: {made.holder}"
    kept = say(f"enregistré dans {_FILE}", f"kept in {_FILE}")
    screen.line(f"{text} ({kept if new else say('déjà connu', 'known already')})")


def forget(place: Place, field: FieldArgument, *, data: DataDir = DEFAULT_DATA) -> None:
    """Remove what was decided for a place and a competence; BANATIC or the law counts again."""
    with opened(data) as node:
        count = node.competences.forget(place, field)
    screen.line(say(f"Décisions retirées : {count}", f"Decisions removed: {count}"))


def take_in(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            readable=True,
            help="BANATIC's export of groupements with members and competences, XLSX or CSV.",
        ),
    ],
    *,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Take in BANATIC's national export, instead of what was taken in before.

    Only groupements, their communes and the competences known here are kept; the export's names
    and addresses of persons aren't read.
    """
    modified = dt.datetime.fromtimestamp(file.stat().st_mtime, tz=dt.UTC).date().isoformat()
    source = f"{file.name[:100]}, {modified}"
    with opened(data) as node, file.open("rb") as stream, shown() as progress:
        found = node.competences.take_in(stream, source, progress)
    communes = len({code for one in found.groups for code in one.communes})
    fields = ", ".join(sorted(found.known))
    screen.line(
        say(
            f"{len(found.groups)} groupements, {communes} communes ; compétences : {fields}",
            f"{len(found.groups)} groupements, {communes} communes; competences: {fields}",
        )
    )


def _told(one: "Decision") -> dict[str, Any]:
    return {
        "place": one.place,
        "field": one.field,
        "holder": one.holder,
        "from": None if one.since is None else one.since.isoformat(),
    }
