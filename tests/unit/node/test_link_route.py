"""TLS, WebSocket and proxies against a real hub, and all that may stand in its place."""

import asyncio
import contextlib
import datetime as dt
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from hub_world import ARVIEU, A, World, hub_world, message, numbered, until
from pki_world import DAY, Authority
from proxy_world import PASSWORD, USER, Proxy

from federation.errors import MalformedError
from node.hub.config import Tls, WebSocket
from node.link import transport as transports
from node.link.address import parse_address
from node.link.connection import Connection
from node.link.dial import dial
from node.link.errors import RouteError
from node.link.link import Link
from node.link.nkey import create_seed
from node.link.proxy import parse_proxy
from node.link.route import Route
from node.link.trust import Trust

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("ca"), "Autorité d’essai")


@contextlib.asynccontextmanager
async def secured(folder: Path, tls: Tls) -> AsyncIterator[World]:
    async with hub_world(folder, tls=tls, websocket=WebSocket(0, tls=tls)) as world:
        await world.enrol("a", ARVIEU)
        yield world


def to(url: str, host: str = "localhost", scheme: str = "") -> str:
    found = parse_address(url)
    return f"{scheme or found.scheme}://{host}:{found.port}"


def way(url: str, authority: Authority | None = None, proxy: str = "") -> Route:
    return Route(
        parse_address(url),
        parse_proxy(proxy, "proxy") if proxy else None,
        Trust(authority.file if authority else None),
    )


@contextlib.asynccontextmanager
async def trying(route: Route, seed: Path) -> AsyncIterator[Connection]:
    async with Connection(route, seed, node="a", reconnect_wait_s=0.1) as connection:
        yield connection


async def fault(route: Route, seed: Path) -> tuple[str, str]:
    """The first reason that a connection gives, and its sentence."""
    async with trying(route, seed) as connection:
        await until(lambda: connection.status.fault is not None, 20)
        found = connection.status.fault
        assert found is not None
        assert not connection.status.connected
        assert f"[{found.code}]" in (connection.status.last_error or "")
        return found.code, found.told()


@contextlib.asynccontextmanager
async def server(serve: Serve, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Something on a port of the loopback."""

    serving: set[asyncio.Task[None]] = set()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        # a cancellation that got out would be told as an error
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await serve(reader, writer)
        writer.close()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await writer.wait_closed()

    listening = await asyncio.start_server(guarded, "127.0.0.1", 0, ssl=context)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


def answering(*said: bytes, hold_s: float = 0.0) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for one in said:
            writer.write(one)
            await writer.drain()
            await asyncio.sleep(0.02)
        await asyncio.sleep(hold_s)

    return serve


# -- what works -----------------------------------------------------------------------------------


@pytest.mark.parametrize("through", ["", "proxy", "password"])
@pytest.mark.parametrize("scheme", ["tls", "wss"])
async def test_publishing_over_tls_and_websocket(
    tmp_path: Path, authority: Authority, scheme: str, through: str
):
    async with contextlib.AsyncExitStack() as stack:
        world = await stack.enter_async_context(
            secured(tmp_path, authority.issue(tmp_path, "localhost"))
        )
        proxy = ""
        if through:
            found = stack.enter_context(
                Proxy(tmp_path, password=PASSWORD if through == "password" else "")
            )
            who = f"{USER}:{PASSWORD}@" if through == "password" else ""
            proxy = found.url.replace("http://", f"http://{who}")
        url = to(world.hub.websocket_url if scheme == "wss" else world.hub.url)
        assert url.startswith(f"{scheme}://")
        async with Link.open(way(url, authority, proxy), world.seed("a"), node="a") as link:
            await link.ready()
            ack = await link.publish(A, numbered(A, 40), 0)
            assert ack.count == 40
            large = [message(A, bytes(300_000)) for _ in range(20)]
            ack = await link.publish(A, large, ack.last_sequence)
        assert ack.count == 20
        assert len(await world.stored()) == 60


@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize("scheme", ["nats", "ws"])
async def test_publishing_in_plain_text(tmp_path: Path, scheme: str, *, proxied: bool):
    async with hub_world(tmp_path, websocket=WebSocket(0)) as world:
        await world.enrol("a", ARVIEU)
        with contextlib.ExitStack() as stack:
            proxy = stack.enter_context(Proxy(tmp_path)).url if proxied else ""
            url = world.hub.websocket_url if scheme == "ws" else world.hub.url
            async with Link.open(way(to(url), None, proxy), world.seed("a"), node="a") as link:
                await link.ready()
                await link.publish(A, numbered(A, 3), 0)


@pytest.mark.parametrize("scheme", ["tls", "wss"])
async def test_it_comes_back_after_the_broker_and_after_the_proxy(
    tmp_path: Path, authority: Authority, scheme: str
):
    tls = authority.issue(tmp_path, "localhost")
    with Proxy(tmp_path) as proxy:
        async with secured(tmp_path, tls) as world:
            url = to(world.hub.websocket_url if scheme == "wss" else world.hub.url)
            async with Link.open(way(url, authority, proxy.url), world.seed("a"), node="a") as link:
                await link.ready()
                before = link.status.connects
                assert world.hub.broker.pid is not None
                proxy.kill()
                await until(lambda: not link.status.connected)
                await asyncio.to_thread(proxy.start)
                await until(lambda: link.status.connected, 30)
                assert link.status.connects > before
                assert link.status.fault is None
                last = (await link.publish(A, numbered(A, 1), 0)).last_sequence
                await world.hub.broker.stop()
                await until(lambda: not link.status.connected)
                await until(lambda: link.status.connected, 30)
                await link.publish(A, numbered(A, 1), last)


async def test_what_the_broker_says_in_the_segment_of_the_proxys_answer_is_kept(tmp_path: Path):
    greeting = b"INFO " + json.dumps({"server_id": "x", "nonce": "n"}).encode() + b"\r\n"
    answer = b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n" + greeting
    for cut in (0, 1, 20, 44, 60):  # whole, and in two at several places
        parts = [answer[:cut], answer[cut:]] if cut else [answer]
        async with server(answering(*parts, hold_s=5)) as port:
            stream = await dial(way("nats://hub.test", None, f"http://127.0.0.1:{port}"), 5)
            assert await stream.reader.readline() == greeting
            stream.close()


async def test_addresses_that_a_hub_advertises_are_not_followed(tmp_path: Path):
    tried = []

    async def elsewhere(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        tried.append(1)

    async with server(elsewhere) as other:
        info = {"server_id": "x", "version": "2.15.0", "connect_urls": [f"127.0.0.1:{other}"]}

        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"INFO " + json.dumps(info).encode() + b"\r\n")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.3):
                    while await reader.readuntil(b"PING\r\n"):
                        writer.write(b"PONG\r\n")

        create_seed(tmp_path / "a.nk")
        async with (
            server(greet) as port,
            trying(way(f"nats://127.0.0.1:{port}"), tmp_path / "a.nk") as one,
        ):
            await until(lambda: one.status.connects > 2, 30)
    assert not tried


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["tls", "wss"])
async def test_certificates_that_do_not_fit(tmp_path: Path, authority: Authority, scheme: str):
    other = Authority.make(tmp_path, "Une autre autorité")
    old = authority.issue(tmp_path, "localhost", begin=-3 * DAY, end=-DAY)
    early = authority.issue(tmp_path, "localhost", begin=DAY, end=2 * DAY)
    elsewhere = authority.issue(tmp_path, "ailleurs.example")
    good = authority.issue(tmp_path, "localhost")
    expired_on = f"{dt.datetime.now(dt.UTC) - DAY:%Y-%m-%d}"
    cases = [
        (old, authority, "tls-expired", expired_on),
        (early, authority, "tls-not-yet", "valid from"),
        (elsewhere, authority, "tls-host", "ailleurs.example"),
        (good, other, "tls-unknown-ca", authority.name),
        (good, None, "tls-unknown-ca", authority.name),
    ]
    for number, (tls, trusted, code, told) in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with secured(folder, tls) as world:
            url = to(world.hub.websocket_url if scheme == "wss" else world.hub.url)
            found = await fault(way(url, trusted), world.seed("a"))
            assert found[0] == code
            assert told in found[1]


async def test_behind_a_proxy_another_authority_is_named(tmp_path: Path, authority: Authority):
    async with secured(tmp_path, authority.issue(tmp_path, "localhost")) as world:
        with Proxy(tmp_path) as proxy:
            url = to(world.hub.websocket_url)
            code, told = await fault(way(url, None, proxy.url), world.seed("a"))
    assert code == "tls-other-ca"
    assert authority.name in told
    assert "opens TLS" in told


async def test_a_hub_without_tls_gets_nothing_from_a_tls_address(tmp_path: Path):
    async with hub_world(tmp_path, websocket=WebSocket(0)) as world:
        await world.enrol("a", ARVIEU)
        for url, code in (
            (to(world.hub.url, scheme="tls"), "tls-missing"),
            (to(world.hub.url, scheme="wss"), "tls-none"),
            (to(world.hub.websocket_url, scheme="wss"), "tls-none"),
        ):
            assert (await fault(way(url), world.seed("a")))[0] == code


async def test_a_greeting_that_takes_tls_away_gets_no_key(tmp_path: Path):
    heard = []

    async def strip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"x","version":"2.15.0","nonce":"n"}\r\n')
        heard.append(await reader.read(1000))

    create_seed(tmp_path / "a.nk")
    async with server(strip) as port:
        found = await fault(way(f"tls://127.0.0.1:{port}"), tmp_path / "a.nk")
    assert found[0] == "tls-missing"
    await until(lambda: bool(heard))
    assert set(heard) == {b""}


async def test_a_node_that_is_not_enrolled_is_told(tmp_path: Path, authority: Authority):
    async with secured(tmp_path, authority.issue(tmp_path, "localhost")) as world:
        create_seed(world.seed("stranger"))
        for url in (world.hub.url, world.hub.websocket_url):
            found = await fault(way(to(url), authority), world.seed("stranger"))
            assert found[0] == "not-enrolled"


async def test_ways_that_lead_nowhere(tmp_path: Path, unused_port: int):
    create_seed(tmp_path / "a.nk")
    for url, proxy, code in (
        (f"tls://127.0.0.1:{unused_port}", "", "nothing-listens"),
        (f"wss://localhost:{unused_port}", "", "nothing-listens"),
        ("wss://no-such-host.invalid", "", "dns"),
        ("wss://hub.test", f"http://127.0.0.1:{unused_port}", "proxy-nothing-listens"),
        ("wss://hub.test", "http://no-such-host.invalid:3128", "proxy-dns"),
        ("wss://hub.test", f"https://127.0.0.1:{unused_port}", "proxy-nothing-listens"),
    ):
        assert (await fault(way(url, None, proxy), tmp_path / "a.nk"))[0] == code


@pytest.fixture
def unused_port() -> int:
    from proxy_world import free_port  # noqa: PLC0415

    return free_port()


NTLM = b"Proxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate\r\n"
BASIC = b'Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm="x"\r\n'
PROXIES: list[tuple[str, list[bytes], str, str]] = [
    ("drops", [], "", "proxy-drops"),
    ("drops halfway", [b"HTTP/1.1 20"], "", "proxy-not-http"),
    ("407 NTLM", [b"HTTP/1.1 407 x\r\n" + NTLM + b"\r\n"], "", "proxy-auth-method"),
    ("407", [b"HTTP/1.1 407 x\r\n" + BASIC + b"\r\n"], "", "proxy-auth-missing"),
    ("407 wrong", [b"HTTP/1.1 407 x\r\n" + BASIC + b"\r\n"], "u:p@", "proxy-auth-wrong"),
    ("407 cut", [b"HTTP/1.1 407 x\r\n"], "u:p@", "proxy-auth-wrong"),
    ("403", [b"HTTP/1.0 403 Forbidden\r\n\r\n<html>"], "", "proxy-forbidden"),
    ("502", [b"HTTP/1.1 502 Bad Gateway\r\n\r\n"], "", "proxy-gateway"),
    ("429", [b"HTTP/1.1 429 x\r\n\r\n"], "", "proxy-status"),
    ("302", [b"HTTP/1.1 302 Found\r\nLocation: http://login\r\n\r\n"], "", "proxy-status"),
    ("no HTTP", [b"SSH-2.0-x\r\n\r\n"], "", "proxy-not-http"),
    ("no HTTP cut", [b"SSH-2.0-x\r\n"], "", "proxy-not-http"),
    ("endless", [b"HTTP/1.1 200 x\r\n" + b"a: b\r\n" * 40_000], "", "proxy-not-http"),
    ("200, then drops", [b"HTTP/1.1 200 x\r\n\r\n"], "", "tls-cut"),
    ("200, then text", [b"HTTP/1.1 200 x\r\n\r\n", b"hello there\r\n" * 9], "", "tls-none"),
]


@pytest.mark.parametrize(
    ("said", "who", "code"), [p[1:] for p in PROXIES], ids=[p[0] for p in PROXIES]
)
async def test_what_proxies_say(tmp_path: Path, said: list[bytes], who: str, code: str):
    create_seed(tmp_path / "a.nk")
    async with server(answering(*said)) as port:
        route = way("wss://hub.test", None, f"http://{who}127.0.0.1:{port}")
        assert (await fault(route, tmp_path / "a.nk"))[0] == code


async def test_what_a_real_proxy_refuses(tmp_path: Path, unused_port: int):
    create_seed(tmp_path / "a.nk")
    with Proxy(tmp_path, password=PASSWORD) as proxy:
        wrong = proxy.url.replace("http://", f"http://{USER}:x@")
        for given, code in ((proxy.url, "proxy-auth-missing"), (wrong, "proxy-auth-wrong")):
            assert (await fault(way("wss://hub.test", None, given), tmp_path / "a.nk"))[0] == code
    with Proxy(tmp_path, connect_ports=(443, unused_port)) as proxy:
        for url, code in (
            ("tls://127.0.0.1:4222", "proxy-forbidden"),
            (f"tls://127.0.0.1:{unused_port}", "proxy-gateway"),
            ("wss://no-such-host.invalid", "proxy-gateway"),
        ):
            assert (await fault(way(url, None, proxy.url), tmp_path / "a.nk"))[0] == code


async def test_silence_has_its_reasons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("node.link.connection.CONNECT_TIMEOUT_S", 0.3)
    create_seed(tmp_path / "a.nk")
    async with server(answering(hold_s=30)) as port:
        proxied = way("wss://hub.test", None, f"http://127.0.0.1:{port}")
        assert (await fault(proxied, tmp_path / "a.nk"))[0] == "proxy-silent"
        for scheme in ("nats", "tls", "ws"):
            route = way(f"{scheme}://127.0.0.1:{port}")
            assert (await fault(route, tmp_path / "a.nk"))[0] == "hub-silent"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n", "ws-status"),
        (
            b"HTTP/1.1 302 x\r\nLocation: http://127.0.0.1/x\r\nContent-Length: 0\r\n\r\n",
            "hub-drops",
        ),
        (b"INFO {}\r\n\r\n", "not-a-hub"),
        (b"", "hub-drops"),
    ],
)
async def test_what_stands_where_a_websocket_should(tmp_path: Path, said: bytes, code: str):
    create_seed(tmp_path / "a.nk")
    async with server(answering(said)) as port:
        assert (await fault(way(f"ws://127.0.0.1:{port}"), tmp_path / "a.nk"))[0] == code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "not-a-hub"),
        (b"", "hub-drops"),
        (b"INFO nonsense\r\n", "not-a-hub"),
        (b"-ERR 'maximum connections exceeded'\r\n", "not-a-hub"),
    ],
)
async def test_what_stands_where_a_broker_should(tmp_path: Path, said: bytes, code: str):
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        await asyncio.sleep(0.1 if said else 0)

    create_seed(tmp_path / "a.nk")
    async with server(serve) as port:
        assert (await fault(way(f"nats://127.0.0.1:{port}"), tmp_path / "a.nk"))[0] == code


async def test_a_refused_password_is_not_tried_again_at_once(tmp_path: Path):
    asked = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 407 x\r\n\r\n")

    create_seed(tmp_path / "a.nk")
    async with server(serve) as port:
        route = way("wss://hub.test", None, f"http://u:p@127.0.0.1:{port}")
        async with trying(route, tmp_path / "a.nk") as connection:
            await until(lambda: connection.status.fault is not None)
            await asyncio.sleep(1.5)  # ten pauses of this connection
            assert len(asked) == 1


async def test_no_secret_is_shown(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    create_seed(tmp_path / "a.nk")
    async with server(answering(b"HTTP/1.1 407 x\r\n\r\n")) as port:
        route = way("wss://hub.test", None, f"http://{USER}:{PASSWORD}@127.0.0.1:{port}")
        async with trying(route, tmp_path / "a.nk") as connection:
            await until(lambda: connection.status.fault is not None)
            with pytest.raises(Exception, match="proxy-auth-wrong") as wrong:
                await connection.ready(0.1)
            shown = f"{connection.status} {wrong.value} {wrong.value.remedy} {caplog.text} {route}"  # type: ignore[attr-defined]
    assert PASSWORD not in shown
    assert "proxy-auth-wrong" in caplog.text


# -- trust ----------------------------------------------------------------------------------------


def test_a_file_of_authorities_adds_to_the_systems(authority: Authority):
    plain, more = Trust().context, Trust(authority.file).context
    assert more.cert_store_stats()["x509"] == plain.cert_store_stats()["x509"] + 1
    for one in (plain, more):
        assert one.verify_mode is ssl.CERT_REQUIRED
        assert one.check_hostname


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_file_that_holds_no_authority_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "ca.pem").write_bytes(content)
    for path in (tmp_path / "ca.pem", tmp_path / "missing.pem", tmp_path):
        with pytest.raises(MalformedError) as wrong:
            _ = Trust(path).context
        assert wrong.value.code == "ca-file"


def test_without_a_store_of_the_system_certifis_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "empty.pem").write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "empty.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert ssl.create_default_context().cert_store_stats()["x509_ca"] == 0
    assert Trust().context.cert_store_stats()["x509_ca"] > 100


async def test_the_hub_knows_its_own_listener_by_its_certificate(
    tmp_path: Path, authority: Authority
):
    old = authority.issue(tmp_path, "ailleurs.example", begin=-3 * DAY, end=-DAY)
    async with secured(tmp_path, old) as world:
        async with world.hub.connect_admin() as admin:
            assert admin.status.connected
        changed = authority.issue(tmp_path, "localhost")
        old.certificate.write_bytes(changed.certificate.read_bytes())
        with pytest.raises(Exception, match="tls-changed"):
            async with world.hub.connect_admin():
                pass


def test_the_transport_follows_the_scheme():
    for scheme, kind in (
        ("nats", transports.StreamTransport),
        ("tls", transports.StreamTransport),
        ("ws", transports.SocketTransport),
        ("wss", transports.SocketTransport),
    ):
        assert type(transports.transport_for(way(f"{scheme}://h"))) is kind


def test_a_route_error_is_one_of_the_link():
    assert issubclass(RouteError, OSError)
