"""`maillage hub`: an exchange point made, in service, and who takes part in it."""

import asyncio
import signal
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from federation.errors import UnknownError
from node.broker import running_url, running_websocket_urls
from node.cli import hub_file, logs, screen
from node.cli.language import colon, label, say
from node.cli.options import AsJson, read_bounded, require_dir
from node.cli.status import Status
from node.hub.config import STREAMS, HubPaths, Member
from node.link.trust import Certificate, read_certificate_file

if TYPE_CHECKING:
    from node.hub.hub import Hub

HUB_VARIABLE: Final = "MAILLAGE_HUB_DATA"
DEFAULT_HUB: Final = Path("maillage-hub")
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")

HubDir = Annotated[
    Path,
    typer.Option(
        "--data",
        metavar="DIR",
        envvar=HUB_VARIABLE,
        file_okay=False,
        help="The exchange point's directory.",
    ),
]
HostOption = Annotated[
    str | None,
    typer.Option(
        "--host", metavar="ADDRESS", help="Address to listen on; the loopback unless said."
    ),
]
PortOption = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 for any free one."),
]

WebSocketPort = Annotated[
    int | None,
    typer.Option(
        "--websocket-port",
        min=0,
        max=65535,
        help="Port of a second listener for WebSocket (wss), for nodes behind an HTTP proxy: "
        "443 in earnest, 0 for any free one.",
    ),
]
WebSocketHost = Annotated[
    str | None,
    typer.Option(
        "--websocket-host", metavar="ADDRESS", help="Its address; that of --host unless said."
    ),
]
BehindTls = Annotated[
    bool | None,
    typer.Option(
        "--websocket-behind-tls/--no-websocket-behind-tls",
        help="A reverse proxy before the WebSocket listener ends TLS; it listens without.",
    ),
]


def build() -> typer.Typer:
    """Make the group."""
    group = typer.Typer(
        help="Run an exchange point (hub), and say who takes part in it.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("init")(init)
    group.command("run")(run)
    group.command("add")(add)
    group.command("remove")(remove)
    group.command("members")(members)
    group.command("status")(status)
    return group


def _hub(data: Path, **chosen: Any) -> "Hub":
    from node.hub.hub import Hub  # noqa: PLC0415 - help and usage errors answer without loading the hub

    return Hub(data, hub_file.load(data, **chosen).settings())


def _existing(data: Path) -> "Hub":
    """The hub of a folder that `init` made.

    Raises:
        UnknownError: `hub-dir`.
    """
    if not HubPaths(data).hub_conf.exists():
        raise UnknownError(
            f"{data} is no hub's directory",
            code="hub-dir",
            remedy=f"maillage hub init --data {data}",
        )
    return _hub(data)


def init(
    *,
    data: HubDir = DEFAULT_HUB,
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="Lower case; no two exchange points share one."
        ),
    ] = None,
    host: HostOption = None,
    port: PortOption = None,
    certificate: Annotated[
        Path | None,
        typer.Option(
            "--tls-cert", metavar="PEM", exists=True, dir_okay=False, help="TLS certificate."
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--tls-key", metavar="PEM", exists=True, dir_okay=False, help="Its key."),
    ] = None,
    websocket_port: WebSocketPort = None,
    websocket_host: WebSocketHost = None,
    behind_tls: BehindTls = None,
) -> None:
    """Make an exchange point's directory, key and configuration; can be run again."""
    require_dir(data)
    chosen = hub_file.load(
        data,
        hub_id=name,
        host=host,
        port=port,
        tls_certificate=None if certificate is None else str(certificate.resolve()),
        tls_key=None if key is None else str(key.resolve()),
        websocket_port=websocket_port,
        websocket_host=websocket_host,
        websocket_behind_tls=behind_tls,
    )
    path = hub_file.save(data, chosen)
    _hub(data).init()
    screen.pairs(
        [
            (say("Répertoire", "Directory"), data),
            (say("Réglages", "Settings"), path),
            (say("Écoute", "Listens on"), f"{chosen.host}:{chosen.port}"),
            ("WebSocket", chosen.websocket_shown or say("non", "no")),
        ]
    )
    if chosen.host not in _LOOPBACK and not chosen.tls_certificate:
        screen.line(
            say(
                "Attention : ouvert à d’autres machines sans TLS (--tls-cert, --tls-key).",
                "Beware: open to other machines without TLS (--tls-cert, --tls-key).",
            ),
            style="bold yellow",
            stderr=True,
        )


def run(
    *,
    data: HubDir = DEFAULT_HUB,
    host: HostOption = None,
    port: PortOption = None,
    websocket_port: WebSocketPort = None,
    websocket_host: WebSocketHost = None,
    behind_tls: BehindTls = None,
) -> None:
    """Put the exchange point into service, until stopped.

    SIGTERM or Ctrl-C ends it in order.
    """
    logs.to_stderr()
    _existing(data)
    chosen = _hub(
        data,
        host=host,
        port=port,
        websocket_port=websocket_port,
        websocket_host=websocket_host,
        websocket_behind_tls=behind_tls,
    )
    asyncio.run(_serve(chosen))
    screen.line(say("Point d’échange arrêté.", "Exchange point stopped."), stderr=True)


async def _serve(hub: "Hub") -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with hub.run():
        screen.line(f"{label('Point d’échange en service', 'Exchange point in service')} {hub.url}")
        if hub.websocket_url:
            screen.line(f"{label('WebSocket', 'WebSocket')} {hub.websocket_url}")
        screen.line(say("Ctrl-C pour arrêter.", "Ctrl-C to stop."))
        screen.flush()
        ending = asyncio.create_task(stop.wait())
        keeping = asyncio.create_task(hub.wait())
        try:
            await asyncio.wait((ending, keeping), return_when=asyncio.FIRST_COMPLETED)
            if keeping.done():
                keeping.result()
        finally:
            for task in (ending, keeping):
                task.cancel()
            await asyncio.gather(ending, keeping, return_exceptions=True)


def add(
    enrolment: Annotated[
        Path,
        typer.Argument(
            metavar="ENROLMENT_FILE",
            exists=True,
            dir_okay=False,
            readable=True,
            help="As maillage init made it.",
        ),
    ],
    *,
    data: HubDir = DEFAULT_HUB,
    as_json: AsJson = False,
) -> None:
    """Enrol a node, or change its enrolment; an exchange point in service takes it at once."""
    from node.hub.members import ENROLMENT_MAX_BYTES  # noqa: PLC0415 - help and usage errors answer without loading the hub

    hub = _existing(data)
    member = asyncio.run(hub.enrol(read_bounded(enrolment, ENROLMENT_MAX_BYTES)))
    if as_json:
        screen.data(member_json(member))
        return
    told = say("Inscrit", "Enrolled")
    screen.line(f"{told}{colon()} {member.node} ({len(member.participants)})")
    screen.line("  " + ", ".join(member.participants))


def remove(
    node: Annotated[str, typer.Argument(metavar="NODE", help="As maillage hub members names it.")],
    data: HubDir = DEFAULT_HUB,
) -> None:
    """Remove a node: its connections drop at once."""
    asyncio.run(_existing(data).expel(node))
    screen.line(f"{label('Retiré', 'Removed')} {node}")


def members(*, data: HubDir = DEFAULT_HUB, as_json: AsJson = False) -> None:
    """List the nodes that take part."""
    found = _existing(data).members()
    if as_json:
        screen.data([member_json(one) for one in found])
        return
    screen.table(
        [say("Nœud", "Node"), say("Lecteur", "Reader"), say("Organismes", "Bodies")],
        [
            (one.node, say("oui", "yes") if one.reader else "", ", ".join(one.participants))
            for one in found
        ],
    )


def member_json(member: Member) -> dict[str, Any]:
    """An enrolled node as JSON values."""
    return {
        "node": member.node,
        "nkey": member.nkey,
        "reader": member.reader,
        "participants": list(member.participants),
    }


def status(*, data: HubDir = DEFAULT_HUB, as_json: AsJson = False) -> int:
    """Show whether the exchange point is in service, and what its streams hold.

    Exit status 3 when it isn't in service.
    """
    hub = _existing(data)
    url = running_url(hub.paths.hub_conf, hub.paths.run_dir)
    streams = asyncio.run(_streams(hub)) if url is not None else {}
    websockets = running_websocket_urls(hub.paths.hub_conf, hub.paths.run_dir)
    tls = hub.settings.tls
    certificate = None if tls is None else read_certificate_file(tls.certificate)
    found = {
        "running": url is not None,
        "url": url,
        "websocketUrls": list(websockets),
        "certificate": None if certificate is None else asdict(certificate),
        "members": len(hub.members()),
    }
    if as_json:
        screen.data(found | {"streams": streams})
        return Status.DONE if url is not None else Status.UNREACHABLE
    state = f"{label('en service', 'in service')} {url}"
    screen.line(state if url is not None else say("pas en service", "not in service"))
    if websockets:
        screen.line(f"{label('WebSocket', 'WebSocket')} {', '.join(websockets)}")
    if certificate is not None:
        _show_certificate(certificate)
    screen.line(f"{label('Nœuds inscrits', 'Nodes enrolled')} {found['members']}")
    if streams:
        heads = [say("Flux", "Stream"), "Messages", say("Octets", "Bytes")]
        heads += [say("Lecteurs", "Readers")]
        rows = [
            (name, one["messages"], one["bytes"], len(one["readers"]))
            for name, one in streams.items()
        ]
        screen.table(heads, rows, right=(1, 2, 3))
        waiting = [
            (reader["name"], name, reader["waiting"], reader["unacknowledged"])
            for name, one in streams.items()
            for reader in one["readers"]
        ]
        if waiting:
            heads = [say("Lecteur", "Reader"), say("Flux", "Stream")]
            heads += [say("À lire", "To read"), say("Non confirmés", "Unconfirmed")]
            screen.table(heads, waiting, right=(2, 3))
    return Status.DONE if url is not None else Status.UNREACHABLE


def _show_certificate(found: Certificate) -> None:
    """What nodes must see: they compare it where a proxy may open TLS."""
    screen.pairs(
        [
            (say("Certificat pour", "Certificate for"), ", ".join(found.names)),
            (say("Émis par", "Issued by"), found.issuer),
            (say("Expire le", "Expires on"), found.not_after),
            ("SHA-256", found.sha256),
        ]
    )


async def _streams(hub: "Hub") -> dict[str, Any]:
    found: dict[str, Any] = {}
    async with hub.connect_admin() as admin:
        js = admin.client.jetstream()
        for name in STREAMS:
            info = await js.stream_info(name)
            readers = await js.consumers_info(name)
            found[name] = {
                "messages": info.state.messages,
                "bytes": info.state.bytes,
                "firstSequence": info.state.first_seq,
                "lastSequence": info.state.last_seq,
                "readers": [
                    {
                        "name": one.name,
                        "waiting": one.num_pending,
                        "unacknowledged": one.num_ack_pending,
                    }
                    for one in readers
                ],
            }
    return found
