"""`maillage token`: who may ask a node over HTTP, and for what."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from federation.errors import UnknownError
from federation.model import instant_text
from node.cli import screen
from node.cli.language import label, say
from node.cli.options import DEFAULT_DATA, AsJson, DataDir, opened
from node.clock import now_us
from node.web.scopes import Scope

if TYPE_CHECKING:
    from node.web.auth import TokenEntry

_SCOPES: Final = (Scope.READ, Scope.PUBLISH, Scope.DEVICES)
"""`admin` is the file `token` alone."""


def build() -> typer.Typer:
    """Make the group."""
    group = typer.Typer(
        help="Say who may ask this node over HTTP: tokens added, listed, removed.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("add")(add)
    group.command("list")(show)
    group.command("remove")(remove)
    return group


def _scope(value: str) -> str:
    if value not in _SCOPES:
        raise typer.BadParameter(
            say(f"l’un de : {', '.join(_SCOPES)}", f"one of: {', '.join(_SCOPES)}")
        )
    return value


def _end_of(value: str | None) -> str | None:
    """The instant at which a day is over, in UTC."""
    if value is None:
        return None
    try:
        day = dt.date.fromisoformat(value) + dt.timedelta(days=1)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            say("une date, par exemple 2027-01-31", "a date, for example 2027-01-31")
        ) from None
    midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
    return instant_text(int(midnight.timestamp()) * 1_000_000)


ScopeName = Annotated[
    str,
    typer.Option(
        "--scope",
        metavar="read|publish|devices",
        callback=_scope,
        help="read: all that the node may show inside; publish: take in files, and read; "
        "devices: hand in sensor readings, nothing else.",
    ),
]
TokenName = Annotated[
    str, typer.Option("--name", metavar="TEXT", help="For whom or what it is; for people.")
]
LastDay = Annotated[
    str | None,
    typer.Option(
        "--expires", metavar="DATE", help="Its last day; without one it counts until removed."
    ),
]
OnlyBodies = Annotated[
    list[str] | None,
    typer.Option(
        "--participant",
        metavar="ID",
        help="With publish: only in this body's name; can be given again.",
    ),
]


def add(
    *,
    scope: ScopeName,
    name: TokenName,
    expires: LastDay = None,
    participant: OnlyBodies = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Make a token and show it: this once, as only its hash is kept.

    A running node takes it from the next request on.
    """
    from node.web import auth  # noqa: PLC0415 - help and usage errors answer without loading the node

    wanted = tuple(dict.fromkeys(participant or ()))
    if wanted and scope != Scope.PUBLISH:
        raise typer.BadParameter(
            say("seulement avec --scope publish", "with --scope publish only"),
            param_hint="--participant",
        )
    until = _end_of(expires)
    with opened(data) as node:
        strange = [one for one in wanted if one not in node.participants]
        if strange:
            raise UnknownError(
                f"{strange[0][:80]} isn't hosted on this node",
                code="participant",
                remedy=f"one of: {', '.join(node.participants[:10])}",
            )
    token, entry = auth.add(
        data,
        scope=Scope(scope),
        name=name,
        created=instant_text(now_us()),
        expires=until,
        participants=wanted,
    )
    if as_json:
        screen.data({"token": token} | _told(entry))
        return
    screen.line(token)
    screen.line(
        say(
            "À noter maintenant : le jeton n’est montré qu’une fois. Seule son empreinte est "
            "gardée.",
            "Note it now: the token is shown once. Only its hash is kept.",
        ),
        stderr=True,
    )


def show(*, data: DataDir = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """List the tokens: what each allows, and until when. The tokens themselves aren't kept."""
    from node.web import auth  # noqa: PLC0415 - as above

    with opened(data):
        found = auth.listed(data)
    if as_json:
        screen.data({"tokens": [_told(one) for one in found]})
        return
    if not found:
        screen.line(
            say(
                "Aucun jeton, sauf celui de l’administration (fichier token).",
                "No token but the administrator's (the file token).",
            )
        )
        return
    now = now_us()
    screen.table(
        [
            "Id",
            say("Nom", "Name"),
            say("Permet", "Allows"),
            say("Organismes", "Bodies"),
            say("Expire", "Expires"),
        ],
        [
            (
                one.id,
                one.name,
                one.scope.value,
                ", ".join(one.participants),
                (one.expires or "") + ("" if one.counts(now) else say(" (expiré)", " (expired)")),
            )
            for one in found
        ],
    )


def remove(
    which: Annotated[
        str,
        typer.Argument(metavar="ID|NAME", help="Its id, or its name if no other has it."),
    ],
    *,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Take a token away; a running node refuses it from the next request on."""
    from node.web import auth  # noqa: PLC0415 - as above

    with opened(data):
        gone = auth.remove(data, which)
    if as_json:
        screen.data(_told(gone))
        return
    screen.line(f"{label('Retiré', 'Removed')} {gone.id}, {gone.name}")


def _told(entry: "TokenEntry") -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "scope": entry.scope.value,
        "participants": list(entry.participants),
        "created": entry.created,
        "expires": entry.expires,
    }
