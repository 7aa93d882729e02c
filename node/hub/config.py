"""The broker's configuration as text, from settings and members. Nothing is read or written here.

Four accounts. Members (`IN`) have no JetStream and import what they may reach as services, so
that the stream's acknowledgement of a message can't be steered onto another's subject by its
`reply`. Readers (`READ`) are kept out of the hub's own account for the same reason: there a
reader's pull or a question about its durable, with another's subject as `reply`, was stored as
that other's message (tried). `HUB` holds the streams; `SYS` nobody enters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from federation.errors import MalformedError
from federation.ids import prefix
from node.link.limits import MAX_PAYLOAD_BYTES, PING_INTERVAL_S

STREAMS: Final = ("PUB", "DOC")
_BATCH_TIMEOUT_S: Final = 30

WEBSOCKET_HANDSHAKE_S: Final = 10
"""For TLS and the upgrade, through slow proxies; the broker's default is 2 s."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Files of the hub's certificate.

    Attributes:
        certificate: PEM, with the chain.
        key: PEM.
    """

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class WebSocket:
    """The hub's second listener, for nodes behind an HTTP proxy.

    Attributes:
        port: TCP port, 443 for town halls; 0 lets the system choose.
        host: Address to listen on.
        tls: Certificate; None for plain WebSocket: on the loopback, or before it a reverse proxy
            ends TLS.
    """

    port: int
    host: str = "127.0.0.1"
    tls: Tls | None = None


@dataclass(frozen=True, slots=True)
class HubSettings:
    """What an operator chooses for a hub.

    Attributes:
        hub_id: Name, lower case; part of the JetStream domain, so no two hubs share one.
        host: Address to listen on; the loopback unless chosen otherwise.
        port: TCP port; 0 lets the system choose.
        tls: Certificate; needed in earnest when others connect.
        websocket: A listener for WebSocket beside the plain one; None for none.
        max_file_bytes: Disk that both streams may take together.
        pub_max_bytes: Disk for publications; the oldest go first (the hub is a buffer).
        pub_max_age_s: Publications older than this go; 0 keeps them.
        doc_max_bytes: Disk for documents and receipts; when full, new ones are refused.
        ack_wait_s: After so long an unacknowledged message is handed to its reader again.
        max_ack_pending: Messages that a reader may hold unacknowledged.
        batches_in_flight: Atomic batches begun and not committed, of all members together.
    """

    hub_id: str = "local"
    host: str = "127.0.0.1"
    port: int = 4222
    tls: Tls | None = None
    websocket: WebSocket | None = None
    max_file_bytes: int = 4 * 1024**3
    pub_max_bytes: int = 3 * 1024**3
    pub_max_age_s: int = 0
    doc_max_bytes: int = 512 * 1024**2
    ack_wait_s: float = 60.0
    max_ack_pending: int = 20_000
    batches_in_flight: int = 2_000


@dataclass(frozen=True, slots=True)
class HubPaths:
    """Where a hub keeps its files.

    Attributes:
        root: The hub's data folder.
    """

    root: Path

    @property
    def run_dir(self) -> Path:
        """The broker's log, process id, ports and lock."""
        return self.root / "broker"

    @property
    def store_dir(self) -> Path:
        """The streams."""
        return self.root / "streams"

    @property
    def hub_conf(self) -> Path:
        """The broker's configuration."""
        return self.root / "hub.conf"

    @property
    def members_conf(self) -> Path:
        """Its part that changes with the members."""
        return self.root / "members.conf"

    @property
    def members_file(self) -> Path:
        """Who is enrolled."""
        return self.root / "members.json"

    @property
    def admin_key(self) -> Path:
        """Seed of the key with which the hub enters its own account."""
        return self.root / "keys" / "hub.nk"


@dataclass(frozen=True, slots=True)
class Member:
    """An enrolled node.

    Attributes:
        node: Its name at this hub.
        nkey: Public key with which it publishes and hears.
        reader: Public key with which it reads the streams; None for a node that doesn't compose.
        participants: Whom it hosts.
    """

    node: str
    nkey: str
    reader: str | None
    participants: tuple[str, ...]


def quote(text: str) -> str:
    r"""A text as the configuration's language writes it: in double quotes, `\` and `"` escaped.

    Raises:
        MalformedError: `config-text`: a control character.
    """
    if not text.isprintable():
        raise MalformedError(
            f"{text[:80]!r} can't stand in the broker's configuration",
            code="config-text",
            remedy="choose a folder or name without control characters",
        )
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def member_permissions(member: Member) -> dict[str, dict[str, list[str]]]:
    """What a node may send and hear: the union over its participants."""
    publish: list[str] = []
    subscribe = [
        f"_INBOX.{member.node}.>",
        "mlg.1.tail.*.*.pub.>",
        "mlg.1.tail.*.*.doc.>",
    ]
    for participant in member.participants:
        own = prefix(participant)
        publish += [
            f"{own}.>",
            f"mlg.1.read.{own.removeprefix('mlg.1.z.')}.>",
            f"$JS.API.DIRECT.GET.PUB.{own}.>",
        ]
        subscribe += [
            f"mlg.1.tail.*.*.for.{participant}.>",
            f"mlg.1.tail.*.*.rcpt.{participant}",
            f"mlg.1.tail.*.*.ask.{participant}",
        ]
    return {"publish": {"allow": publish}, "subscribe": {"allow": subscribe}}


def reader_permissions(node: str) -> dict[str, dict[str, list[str]]]:
    """What a reader may do: take from its own durables, acknowledge, set them back."""
    return {
        "publish": {
            "allow": [
                subject
                for stream in STREAMS
                for subject in (
                    f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{node}",
                    f"$JS.API.CONSUMER.RESET.{stream}.{node}",
                    f"$JS.ACK.{stream}.{node}.>",
                )
            ]
        },
        "subscribe": {"allow": [f"_INBOX.{node}.>"]},
    }


def members_conf(members: Iterable[Member]) -> str:
    """The part of the configuration that changes with the members."""
    ordered = sorted(members, key=lambda member: member.node)
    users = [_user(m.nkey, member_permissions(m)) for m in ordered]
    readers = [_user(m.reader, reader_permissions(m.node)) for m in ordered if m.reader]
    return (
        "# Written by maillage from members.json: what is changed here is lost.\n"
        f"MEMBERS = {_value(users)}\nREADERS = {_value(readers)}\n"
    )


def hub_conf(
    settings: HubSettings, paths: HubPaths, admin_nkey: str, members_file: str = "members.conf"
) -> str:
    """The broker's configuration.

    Args:
        settings: Of the operator.
        paths: Where the broker keeps its files.
        admin_nkey: Public key of the hub itself.
        members_file: Name of the file, beside this one, with `MEMBERS` and `READERS`.

    Raises:
        MalformedError: `config-text`.
    """
    secured = "" if settings.tls is None else f"{_tls(settings.tls)}\n"
    return f"""# Written by maillage at every start: what is changed here is lost.
server_name: {quote(f"hub-{settings.hub_id}")}
listen: {quote(_listen(settings.host, settings.port))}
{secured}{_websocket(settings.websocket)}ports_file_dir: {quote(str(paths.run_dir))}
pid_file: {quote(str(paths.run_dir / "nats.pid"))}
log_file: {quote(str(paths.run_dir / "nats.log"))}
logfile_size_limit: 10MB
logfile_max_num: 5
logtime_utc: true
ping_interval: "{PING_INTERVAL_S}s"
ping_max: 2
max_payload: {MAX_PAYLOAD_BYTES}
jetstream {{
  store_dir: {quote(str(paths.store_dir))}
  domain: {quote(f"hub-{settings.hub_id}")}
  max_file_store: {settings.max_file_bytes}
  sync_interval: always
  limits {{ batch {{
    max_inflight_per_stream: {settings.batches_in_flight}
    max_inflight_total: {2 * settings.batches_in_flight}
    timeout: "{_BATCH_TIMEOUT_S}s"
  }} }}
}}
include {quote(members_file)}
{_accounts(settings, admin_nkey)}system_account: SYS
"""


def _listen(host: str, port: int) -> str:
    return f"{f'[{host}]' if ':' in host else host}:{port or -1}"


def _tls(tls: Tls) -> str:
    files = f"cert_file: {quote(str(tls.certificate))}, key_file: {quote(str(tls.key))}"
    return f"tls {{ {files} }}"


def _websocket(websocket: WebSocket | None) -> str:
    """The second listener. No browser is meant to come: none of its origins is let in."""
    if websocket is None:
        return ""
    secured = "no_tls: true" if websocket.tls is None else _tls(websocket.tls)
    return f"""websocket {{
  listen: {quote(_listen(websocket.host, websocket.port))}
  {secured}
  same_origin: true
  handshake_timeout: "{WEBSOCKET_HANDSHAKE_S}s"
}}
"""


_MEMBER_SERVICES: Final = (
    ("mlg.1.z.>", False),
    ("$JS.API.DIRECT.GET.PUB.>", False),
    ("mlg.1.read.>", True),
)
"""Services and whether one request may have several answers."""
_READER_SERVICES: Final = (
    ("$JS.API.CONSUMER.MSG.NEXT.>", True),
    ("$JS.API.CONSUMER.RESET.>", False),
    ("$JS.ACK.>", False),
)
_TAIL_IMPORT: Final = '{ stream: { account: HUB, subject: "mlg.1.tail.>" } }'
_HUB_SERVICES: Final = _MEMBER_SERVICES + _READER_SERVICES


def _accounts(settings: HubSettings, admin_nkey: str) -> str:
    services = ", ".join(_service(subject, stream=many) for subject, many in _HUB_SERVICES)
    return f"""accounts {{
  HUB {{
    jetstream {{ max_file: {settings.max_file_bytes}, max_streams: 10, max_consumers: 2000 }}
    users: [ {{ nkey: {admin_nkey} }} ]
    exports: [ {services}, {{ stream: "mlg.1.tail.>" }} ]
  }}
  IN {{
    users: $MEMBERS
    imports: [ {_imports(_MEMBER_SERVICES)}, {_TAIL_IMPORT} ]
  }}
  READ {{
    users: $READERS
    imports: [ {_imports(_READER_SERVICES)} ]
  }}
  SYS {{ users: [] }}
}}
"""


def _service(subject: str, *, stream: bool) -> str:
    # answers that nobody fetched are forgotten after a minute, not after the default of two
    many = ', response_type: stream, response_threshold: "60s"' if stream else ""
    return f"{{ service: {quote(subject)}{many} }}"


def _imports(services: Sequence[tuple[str, bool]]) -> str:
    return ", ".join(
        f"{{ service: {{ account: HUB, subject: {quote(subject)} }} }}" for subject, _ in services
    )


def _user(nkey: str, permissions: dict[str, Any]) -> dict[str, Any]:
    return {"nkey": nkey, "permissions": permissions}


def _value(value: Any) -> str:
    """A value in the configuration's language."""
    if isinstance(value, dict):
        inner = ", ".join(f"{name}: {_value(item)}" for name, item in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return "[\n  " + ",\n  ".join(_value(item) for item in value) + "\n]" if value else "[]"
    return quote(str(value))
