"""`maillage init`, `run` and `status`: a node made, in service, and looked at."""

import asyncio
import contextlib
import csv
import io
import logging
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from federation.errors import MalformedError
from node.cli import catching_up, logs, screen
from node.cli.language import current, label, say
from node.cli.options import (
    DATA_VARIABLE,
    DEFAULT_DATA,
    AsJson,
    DataDir,
    opened,
    read_bounded,
    require_dir,
)
from node.clock import now_us
from node.link.address import parse_address
from schemas.territory import members

if TYPE_CHECKING:
    from node.founding import InitResult
    from node.node import Node

LIST_MAX_BYTES: Final = 16 * 1024 * 1024
"""A list of participants: all communes of France with their names have 1.5 MB."""

_log = logging.getLogger(__name__)


NewDataDir = Annotated[
    Path,
    typer.Option(
        "--data",
        metavar="DIR",
        envvar=DATA_VARIABLE,
        file_okay=False,
        help="Directory to make; it can be there already.",
    ),
]
Bodies = Annotated[
    list[str] | None,
    typer.Option("--participant", metavar="ID", help="A body to host; can be given again."),
]
AllOfEpci = Annotated[
    str | None,
    typer.Option("--epci", metavar="CODE", help="Host all communes of this EPCI, its operator."),
]
BodiesFile = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="FILE.csv",
        exists=True,
        dir_okay=False,
        readable=True,
        help="Host those listed: columns participant and, if wanted, name.",
    ),
]
Custodian = Annotated[
    str | None,
    typer.Option(
        "--custodian",
        metavar="ID|NAME",
        help="Who operates this machine; each body itself unless said.",
    ),
]


def init(
    *,
    data: NewDataDir,
    participant: Bodies = None,
    epci: AllOfEpci = None,
    from_file: BodiesFile = None,
    custodian: Custodian = None,
    as_json: AsJson = False,
) -> None:
    """Make a node's data directory with keys and identities; can be run again to add bodies.

    The recovery keys must be moved off the machine; the enrolment file goes to the hub's operator.
    """
    from node.node import Node  # noqa: PLC0415 - help and usage errors answer without loading the node

    chosen = [one for one in (participant, epci, from_file) if one]
    if len(chosen) != 1:
        raise typer.BadParameter(
            say(
                "donner --participant, --epci ou --from, et un seul d’entre eux",
                "give --participant, --epci or --from, and one of them only",
            ),
            param_hint="--participant / --epci / --from",
        )
    require_dir(data)
    names: dict[str, str] = {}
    wanted = list(participant or ())
    if epci is not None:
        whole = epci if epci.startswith("fr-epci-") else f"fr-epci-{epci}"
        wanted = list(members(whole, "commune"))
        custodian = custodian or whole
    if from_file is not None:
        names = read_list(read_bounded(from_file, LIST_MAX_BYTES))
        wanted = list(names)
    done = Node.init(
        data,
        wanted,
        custodian=custodian,
        names={who: name for who, name in names.items() if name},
        now_us=now_us(),
    )
    if as_json:
        screen.data(_init_json(data, done))
    else:
        _show_init(data, done)


def read_list(data: bytes) -> dict[str, str]:
    """Read a list of participants.

    Args:
        data: CSV in UTF-8, comma or semicolon; columns `participant` and, if wanted, `name`.

    Returns:
        Names by participant, in the file's order; empty where none is given.

    Raises:
        MalformedError: `from-file`.
    """
    try:
        text = data.decode("utf-8-sig")
        first = text.partition("\n")[0]
        delimiter = ";" if first.count(";") > first.count(",") else ","
        reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
        columns = [name.strip().lower() for name in reader.fieldnames or ()]
        if "participant" not in columns or not set(columns) <= {"participant", "name"}:
            raise _bad_list("the columns are participant and, if wanted, name", 1)
        reader.fieldnames = columns
        found: dict[str, str] = {}
        for row in reader:
            who = (row.get("participant") or "").strip()
            if None in row or not who or who in found:
                raise _bad_list("an empty, repeated or broken line", reader.line_num)
            found[who] = (row.get("name") or "").strip()
    except (UnicodeDecodeError, csv.Error) as error:
        raise MalformedError(f"not a CSV file in UTF-8: {error}"[:300], code="from-file") from error
    if not found:
        raise _bad_list("nobody is listed", 2)
    return found


def _bad_list(why: str, number: int) -> MalformedError:
    return MalformedError(
        f"line {number}: {why}",
        code="from-file",
        remedy="participant,name on the first line, then for example fr-com-12011,Arvieu",
    )


def _init_json(data: Path, done: "InitResult") -> dict[str, Any]:
    return {
        "data": str(data),
        "created": list(done.created),
        "existing": list(done.existing),
        "recoveryFiles": [str(path) for path in _recovery_files(data, done)],
        "enrolmentFile": str(done.enrolment_file),
        "tokenFile": str(done.token_file),
    }


def _recovery_files(data: Path, done: "InitResult") -> list[Path]:
    """Recovery keys that lie on this machine: those just made, and those not moved off yet."""
    return sorted({*done.recovery_files, *(data / "recovery").glob("*.key")})


def _show_init(data: Path, done: "InitResult") -> None:
    screen.pairs(
        [
            (say("Répertoire", "Directory"), data),
            (say("Créés", "Created"), _listed(done.created)),
            (say("Déjà présents", "Present before"), _listed(done.existing)),
            (say("Jeton de l’API", "API token"), done.token_file),
            (say("Inscription", "Enrolment"), done.enrolment_file),
        ]
    )
    screen.line(
        say(
            "→ Remettre le fichier d’inscription à l’opérateur du point d’échange "
            "(maillage hub add). Il ne contient aucun secret.",
            "→ Hand the enrolment file to the hub's operator (maillage hub add). "
            "There is no secret in it.",
        )
    )
    left = _recovery_files(data, done)
    if left:
        folder = left[0].parent
        count = len(left)
        screen.line(
            say(
                f"→ IMPORTANT : {count} clé(s) de secours dans {folder}. Les déplacer maintenant "
                "hors de cette machine (clé USB, coffre) et les effacer ici : elles seules "
                "permettent de reprendre la main si cette machine est perdue ou compromise.",
                f"→ IMPORTANT: {count} recovery key(s) in {folder}. Move them off this machine now "
                "(USB stick, safe) and delete them here: they alone let you take over again "
                "when this machine is lost or broken into.",
            ),
            style="bold",
        )


def _listed(names: tuple[str, ...], most: int = 12) -> str:
    if not names:
        return "–"
    more = f" … (+{len(names) - most})" if len(names) > most else ""
    return f"{len(names)} : {', '.join(names[:most])}{more}"


def run(*, data: DataDir = DEFAULT_DATA) -> None:
    """Put the node into service: it sends, receives, composes and answers, until stopped.

    SIGTERM or Ctrl-C ends it in order. Settings: MAILLAGE_* and DIR/maillage.toml.
    """
    logs.to_stderr()
    with opened(data) as node:
        asyncio.run(_serve(node))
    screen.line(say("Nœud arrêté.", "Node stopped."), stderr=True)


async def _serve(node: "Node") -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    telling = asyncio.create_task(_tell(node))
    following = asyncio.create_task(catching_up.tell(node))
    try:
        await node.run(stop)
    finally:
        telling.cancel()
        following.cancel()
        await asyncio.gather(telling, following, return_exceptions=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _tell(node: "Node") -> None:
    """Say where the node answers, as soon as it does."""
    while node.settings.http_host and not node.http_url:  # noqa: ASYNC110 - the node sets a text, no event; it takes milliseconds
        await asyncio.sleep(0.02)
    hubs = ", ".join(f"{hub.name} ({parse_address(hub.url).url})" for hub in node.settings.hubs)
    none = say("aucun, rien ne sera envoyé", "none, nothing will be sent")
    closed = say("sans interface HTTP", "without HTTP interface")
    screen.line(f"{label('Nœud en service', 'Node in service')} {node.http_url or closed}")
    screen.line(f"{label('Points d’échange', 'Hubs')} {hubs or none}")
    screen.line(say("Ctrl-C pour arrêter.", "Ctrl-C to stop."))
    with contextlib.suppress(OSError):
        screen.flush()


def status(*, data: DataDir = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Show how the node stands: what waits, what was confirmed, refused, received, and why."""
    with opened(data) as node:
        found = node.status(now_us())
    if as_json:
        screen.data(found.to_json())
    else:
        screen.line(found.text(current()))
