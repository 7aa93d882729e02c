"""`maillage subscribe`: publications as a node receives them, verified on this machine."""

import contextlib
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Final

import typer

from federation.errors import MaillageError, MalformedError
from node.cli import screen
from node.cli.language import colon, say
from node.cli.options import AsJson, opened, read_bounded
from node.cli.reason_texts import meaning
from node.cli.status import Status

if TYPE_CHECKING:
    from federation.client import Client, Event, Feed
    from node.subscribing import Output, State

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_TOKEN_MAX_BYTES: Final = 4096
QUIET_S: Final = 60.0
"""On a terminal silence is told once a minute: nothing new differs from nothing that works."""

ROWS_SHOWN: Final = 20
"""Rows of one publication on the screen; the files and JSON lines have all."""

_COLUMNS: Final = ((20, ">"), (46, "<"), (8, ">"), (9, ">"), (0, "<"))


def _digests(values: list[str] | None) -> list[str]:
    for value in values or ():
        if _DIGEST.fullmatch(value) is None:
            raise typer.BadParameter(
                say(
                    f"{value[:80]!r} n’est pas une empreinte (64 chiffres hexadécimaux)",
                    f"{value[:80]!r} is not a digest (64 lower-case hex digits)",
                )
            )
    return list(values or ())


Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="The node's address, with https."),
]
Trust = Annotated[
    list[str] | None,
    typer.Option(
        "--trust",
        metavar="DIGEST",
        callback=_digests,
        help="Digest of a sharing agreement, or of an identity, that you compared by another "
        "way than this node; can be given again.",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        readable=True,
        help="Holds the node's token, for what isn't open.",
    ),
]
AllowHttp = Annotated[
    bool,
    typer.Option("--allow-http", help="Speak plain http to another machine; without a token."),
]
OwnData = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        file_okay=False,
        help="Instead of --url: this node's own interface, its token, and whom it trusts.",
    ),
]
Territories = Annotated[
    list[str] | None,
    typer.Option("--territory", metavar="ID", help="Only of bodies in it; can be given again."),
]
Schemas = Annotated[
    list[str] | None,
    typer.Option("--schema", metavar="NAME", help="Only of this schema; can be given again."),
]
OutputLines = Annotated[
    Path | None,
    typer.Option(
        "--output",
        metavar="FILE.jsonl",
        dir_okay=False,
        help="Append JSON lines to this file, each publication exactly once; goes on after "
        "its last line.",
    ),
]
StateFile = Annotated[
    Path | None,
    typer.Option(
        "--state",
        metavar="FILE",
        dir_okay=False,
        help="Remember here how far it came, and go on there. Without --output: after a crash "
        "the last publications come again.",
    ),
]
Once = Annotated[bool, typer.Option("--once", help="Catch up with what is there, then end.")]


def subscribe(
    *,
    url: Url = None,
    trust: Trust = None,
    token_file: TokenFile = None,
    allow_http: AllowHttp = False,
    data: OwnData = None,
    territory: Territories = None,
    schema: Schemas = None,
    rows: Annotated[bool, typer.Option("--rows", help="Show the rows, too.")] = False,
    output: OutputLines = None,
    state: StateFile = None,
    once: Once = False,
    as_json: AsJson = False,
) -> int:
    """Follow publications as a node receives them, each verified on this machine, until stopped.

    The node is asked for ever, whatever interrupts it. Exit status with --once: 1 if something
    didn't verify.
    """
    from federation.client import Client  # noqa: PLC0415 - help answers without loading it
    from node.subscribing import output_to  # noqa: PLC0415 - likewise

    source = _source(url, trust or [], token_file, data, allow_http=allow_http)
    subscription = {
        "url": source.url,
        "territory": sorted(territory or ()),
        "schema": sorted(schema or ()),
    }
    with (
        _ended_by_sigterm(),
        output_to(output) as file,
        Client(source.url, trust=source.trust, token=source.token, allow_http=allow_http) as client,
    ):
        begun = _begun(state, subscription, file)
        show = _Show(rows=rows, as_json=as_json, to_file=file is not None)
        work = _Work(client, begun, state, file, show)
        try:
            return work.run(territory or [], schema or [], once=once)
        except (_Ended, BrokenPipeError):
            return Status.DONE


@dataclass(frozen=True, slots=True)
class _Source:
    url: str
    trust: list[str]
    token: str | None


class _Ended(BaseException):
    """SIGTERM came: end in order."""


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    def end(_number: int, _frame: FrameType | None) -> None:
        raise _Ended

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except _Ended:
        return
    finally:
        signal.signal(signal.SIGTERM, before)


def _source(
    url: str | None,
    trust: list[str],
    token_file: Path | None,
    data: Path | None,
    *,
    allow_http: bool,
) -> _Source:
    """Whom to ask, and whom to believe."""
    if data is not None and not (url or token_file or allow_http):
        return _own(data, trust)
    if url is None or data is not None:
        raise typer.BadParameter(
            say("donner --url et --trust, ou --data", "give --url and --trust, or --data"),
            param_hint="--url / --data",
        )
    if not trust:
        raise typer.BadParameter(
            say(
                "sans empreinte épinglée, rien ne peut être vérifié",
                "without a pinned digest nothing can be verified",
            ),
            param_hint="--trust",
        )
    token = None
    if token_file is not None:
        if token_file.stat().st_mode & 0o077:
            raise MalformedError(
                f"{token_file} can be read by others",
                code="token-file",
                remedy=f"chmod 600 {token_file}",
            )
        token = read_bounded(token_file, _TOKEN_MAX_BYTES).decode("ascii", "replace").strip()
    return _Source(url, trust, token)


def _own(data: Path, trust: list[str]) -> _Source:
    """This node's own interface: its charters and its participants' identities are believed."""
    from node.founding import TOKEN_FILE  # noqa: PLC0415 - the node is loaded with --data only

    with opened(data) as node:
        host, port = node.settings.http_host, node.settings.http_port
        known = [node.knowledge.identity_of(name) for name in node.participants]
        pins = [*trust, *node.settings.charters, *(one.digest for one in known if one is not None)]
        token = (node.data_dir / TOKEN_FILE).read_text(encoding="ascii").strip()
    if not host or not port:
        raise MalformedError(
            "this node has no HTTP interface at a fixed port",
            code="settings",
            remedy="set http_host and http_port in maillage.toml, or give --url",
        )
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where it listens, not we
    host = everywhere.get(host, host)
    return _Source(f"http://{f'[{host}]' if ':' in host else host}:{port}", pins, token)


def _begun(path: Path | None, subscription: Mapping[str, object], file: "Output | None") -> "State":
    """Where to go on: the output's last line is the truth, the state knows the heads."""
    from node.subscribing import State  # noqa: PLC0415 - help answers without loading it

    found = State(subscription) if path is None else State.read(path, subscription)
    if file is not None:
        found.position = file.position
        if file.cut_bytes:
            screen.line(
                say(
                    f"Ligne inachevée ({file.cut_bytes} octets) retirée ; elle revient entière.",
                    f"Cut off a torn line ({file.cut_bytes} bytes); it comes again whole.",
                ),
                stderr=True,
            )
    return found


@dataclass(slots=True)
class _Work:
    """A subscription at work."""

    client: "Client"
    begun: "State"
    path: Path | None
    file: "Output | None"
    show: "_Show"

    def run(self, territories: list[str], schemas: list[str], *, once: bool) -> int:
        feed = self.client.feed(
            territory=territories,
            schema=schemas,
            after=self.begun.position,
            heads=self.begun.heads,
            waiting=_tell_waiting,
            quiet=self.show.quiet,
        )
        bad = False
        for page in feed.pages(once=once):
            bad = bad or not all(event.verified for event in page)
            self._take(feed, page)
        if self.path is not None:
            # also where nothing came of interest: so much needn't be asked again
            self._remember(feed, [])
        self.show.end()
        return Status.BAD if bad else Status.DONE

    def _take(self, feed: "Feed", page: "list[Event]") -> None:
        from node.subscribing import line_of  # noqa: PLC0415 - loaded by now

        if self.file is not None:
            self.file.append([line_of(event, rows=self.show.rows) for event in page])
        self.show.events(page)
        if self.path is not None:
            self._remember(feed, page)

    def _remember(self, feed: "Feed", page: "list[Event]") -> None:
        assert self.path is not None
        self.begun.position = feed.position
        for event in page:
            head = feed.head_of(event.dataset)
            if head is not None:
                self.begun.heads[event.dataset] = head
        self.begun.write(self.path)


class _Show:
    """What the person or program in front sees."""

    def __init__(self, *, rows: bool, as_json: bool, to_file: bool) -> None:
        self.rows: Final = rows
        self._as_json = as_json
        self._silent = to_file and not sys.stdout.isatty()
        self._write: Final[Callable[[Event], None]] = self._json if as_json else self._line
        self._headed = False
        self._last = time.monotonic()
        self._since = time.strftime("%H:%M:%S")
        self._told = self._last
        self._count = 0
        self._unverified = 0

    def events(self, page: "list[Event]") -> None:
        """Show a portion, and hand it on."""
        self._last = self._told = time.monotonic()
        self._since = time.strftime("%H:%M:%S")
        self._count += len(page)
        self._unverified += sum(not event.verified for event in page)
        if self._silent:
            return
        for event in page:
            self._write(event)
        screen.flush()

    def quiet(self) -> None:
        """The node is there and has nothing to say; on a terminal that is told now and then."""
        now = time.monotonic()
        if sys.stderr.isatty() and now - self._told >= QUIET_S:
            self._told = now
            minutes = int(now - self._last) // 60
            screen.line(
                say(
                    f"rien depuis {self._since} ({minutes} min), nœud joint",
                    f"nothing since {self._since} ({minutes} min), the node answers",
                ),
                style="dim",
                stderr=True,
            )

    def end(self) -> None:
        """Tell how much it was."""
        told = say(
            f"{self._count} publications, dont {self._unverified} non vérifiées",
            f"{self._count} publications, {self._unverified} of them not verified",
        )
        screen.line(told, style="bold red" if self._unverified else "", stderr=True)

    def _json(self, event: "Event") -> None:
        from node.subscribing import line_of  # noqa: PLC0415 - loaded by now

        screen.binary(line_of(event, rows=self.rows))

    def _line(self, event: "Event") -> None:
        if not self._headed:
            self._headed = True
            screen.line(
                _columns(
                    say("Reçue", "Received"),
                    say("Jeu de données", "Dataset"),
                    say("Place", "Place"),
                    say("Lignes", "Rows"),
                    say("État", "State"),
                ),
                style="bold",
            )
        signed, reason = event.signed, event.reason
        if signed is not None:
            place, count = f"{signed.epoch}/{signed.sequence}", str(signed.rows)
            simulated = say("SIMULÉE", "SIMULATED") if signed.simulated else ""
            by = say("signée par", "signed by")
            told = " · ".join(
                part for part in (f"✓ {by} {signed.signer}", signed.custodian, simulated) if part
            )
            screen.line(_columns(event.received, event.dataset, place, count, told))
            if self.rows and event.frame is not None:
                self._table(event)
            return
        assert reason is not None
        place = "" if reason.epoch is None else f"{reason.epoch}/{reason.sequence}"
        told = f"✗ {reason.verdict} {reason.code}{colon()} {meaning(reason.code)}"
        screen.line(_columns(event.received, event.dataset, place, "", told), style="bold red")

    def _table(self, event: "Event") -> None:
        assert event.frame is not None
        screen.table(event.frame.columns, event.frame.head(ROWS_SHOWN).rows())
        more = event.frame.height - ROWS_SHOWN
        if more > 0:
            screen.line(say(f"… (+{more} lignes)", f"… (+{more} rows)"), style="dim")


def _columns(*texts: str) -> str:
    return "  ".join(
        f"{text:{align}{width}}" for text, (width, align) in zip(texts, _COLUMNS, strict=True)
    ).rstrip()


def _tell_waiting(error: MaillageError, seconds: float) -> None:
    told = say("nœud injoignable", "node not reached")
    again = say(f"nouvel essai dans {seconds:.0f} s", f"tried again in {seconds:.0f} s")
    screen.line(f"{told} [{error.code}]{colon()} {error} ; {again}", style="yellow", stderr=True)
