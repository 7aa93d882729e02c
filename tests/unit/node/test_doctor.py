"""The doctor on real directories, hubs and proxies."""

import contextlib
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cli_world import ARVIEU, Maillage
from hub_world import CANET, World, hub_world
from pki_world import Authority
from proxy_world import PASSWORD, USER, Proxy

from node.clock import now_us
from node.doctor.findings import Finding, State, exit_status
from node.doctor.run import examine
from node.hub.config import WebSocket
from node.node import Node


@contextlib.asynccontextmanager
async def node_and_hub(folder: Path, *more: str) -> AsyncIterator[tuple[Path, World, Authority]]:
    """A node that is enrolled with a hub of both listeners, TLS each."""
    authority = Authority.make(folder, "Autorité d’essai")
    tls = authority.issue(folder, "localhost")
    data = folder / "node"
    made = Node.init(data, [ARVIEU], now_us=now_us())
    async with hub_world(folder, tls=tls, websocket=WebSocket(0, tls=tls)) as world:
        await world.hub.enrol(made.enrolment_file.read_bytes())
        if more:
            Node.init(data, more, now_us=now_us())
        yield data, world, authority


def write(data: Path, url: str, **settings: str) -> None:
    lines = ['http_host = ""']
    lines += [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    lines += ["[[hubs]]", 'name = "h"', f'url = "{url}"', "read = true"]
    (data / "maillage.toml").write_text("\n".join(lines) + "\n")


def by_check(findings: list[Finding]) -> dict[str, Finding]:
    """The worst finding of each check."""
    order = list(State)
    found: dict[str, Finding] = {}
    for one in findings:
        if one.check not in found or order.index(one.state) > order.index(found[one.check].state):
            found[one.check] = one
    return found


@pytest.mark.parametrize("scheme", ["tls", "wss"])
async def test_all_is_well_through_a_proxy_with_a_password(tmp_path: Path, scheme: str):
    async with node_and_hub(tmp_path) as (data, world, authority):
        url = world.hub.url if scheme == "tls" else world.hub.websocket_url
        url = url.replace("127.0.0.1", "localhost")
        with Proxy(tmp_path, password=PASSWORD) as proxy:
            (data / "proxy-password").write_text(PASSWORD)
            (data / "proxy-password").chmod(0o600)
            where = proxy.url.replace("http://", f"http://{USER}@")
            write(
                data,
                url,
                ca_file=str(authority.file),
                proxy=where,
                proxy_password_file="proxy-password",  # noqa: S106
            )
            findings = await examine(data, environment={})
    found = by_check(findings)
    assert exit_status(findings) == 0
    for check in ("connect", "hub", "enrolment", "reader", "permissions", "round-trip"):
        assert found[check].state is State.OK, check
    assert {"tls-soon", "tls-private"} <= {one.code for one in findings}
    private = next(one for one in findings if one.code == "tls-private")
    assert authority.name in private.told("fr")
    assert found["clock"].state is (State.OK if scheme == "wss" else State.SKIPPED)
    assert PASSWORD not in repr(findings)


async def test_a_port_that_the_proxy_refuses_is_named(tmp_path: Path):
    async with node_and_hub(tmp_path) as (data, world, authority):
        with Proxy(tmp_path, connect_ports=(443,)) as proxy:
            url = world.hub.url.replace("127.0.0.1", "localhost")
            write(data, url, proxy=proxy.url, ca_file=str(authority.file))
            findings = await examine(data, environment={})
    found = by_check(findings)
    assert found["connect"].code == "connect-443"
    assert found["tls"].state is State.SKIPPED
    assert exit_status(findings) == 3
    assert "port 443 passe" in found["connect"].told("fr")


async def test_a_body_that_is_not_enrolled_is_named(tmp_path: Path):
    async with node_and_hub(tmp_path, CANET) as (data, world, authority):
        write(data, world.hub.url.replace("127.0.0.1", "localhost"), ca_file=str(authority.file))
        findings = await examine(data, environment={})
    found = by_check(findings)
    assert found["permissions"].code == "permissions-missing"
    assert CANET in found["permissions"].told("fr")
    assert ARVIEU not in found["permissions"].told("fr")
    assert found["round-trip"].state is State.OK
    assert exit_status(findings) == 1


async def test_a_node_that_is_not_enrolled_is_told_and_one_without_a_key_isnt(tmp_path: Path):
    async with node_and_hub(tmp_path) as (_data, world, authority):
        other = tmp_path / "other"
        Node.init(other, [CANET], now_us=now_us())
        url = world.hub.websocket_url.replace("127.0.0.1", "localhost")
        write(other, url, ca_file=str(authority.file))
        findings = await examine(other, environment={})
        assert by_check(findings)["enrolment"].code == "not-enrolled"
        assert by_check(findings)["tls"].code != "skipped"
        assert exit_status(findings) == 3
        nowhere = await examine(tmp_path / "nowhere", url, environment={})
        assert by_check(nowhere)["tls"].code == "tls-unknown-ca"


async def test_a_directory_that_others_can_read_and_a_key_that_is_gone(tmp_path: Path):
    data = tmp_path / "node"
    Node.init(data, [ARVIEU], now_us=now_us())
    write(data, "tls://127.0.0.1:1", proxy=f"http://{USER}:{PASSWORD}@127.0.0.1:1")
    (data / "maillage.toml").chmod(0o644)
    (data / "keys" / f"{ARVIEU}.key").unlink()
    (data / "keys" / "reader.nk").write_text("nonsense")
    (data / "token").chmod(0o644)
    findings = await examine(data, environment={})
    assert {"settings-secret", "keys-missing", "keys-open", "keys-broken"} <= {
        one.code for one in findings
    }
    assert PASSWORD not in repr(findings)
    assert not (data / "keys" / f"{ARVIEU}.key").exists()
    assert exit_status(findings) == 1


async def test_settings_that_cannot_be_used(tmp_path: Path):
    data = tmp_path / "node"
    Node.init(data, [ARVIEU], now_us=now_us())
    (data / "maillage.toml").write_text(f'proxy = "socks5://{USER}:{PASSWORD}@p"\n')
    findings = await examine(data, environment={})
    assert by_check(findings)["settings"].code == "settings-wrong"
    assert PASSWORD not in repr(findings)
    write(data, "tls://127.0.0.1:1", ca_file="missing.pem")
    findings = await examine(data, environment={})
    assert by_check(findings)["proxy"].code == "proxy-wrong"
    assert exit_status(findings) == 1


async def test_what_answers_where_the_http_interface_should(tmp_path: Path):
    data = tmp_path / "node"
    Node.init(data, [ARVIEU], now_us=now_us())
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        (data / "maillage.toml").write_text(f"http_port = {port}\n")
        assert by_check(await examine(data, environment={}))["http"].code == "http-other"
    assert by_check(await examine(data, environment={}))["http"].code == "http-down"


def test_on_screen_in_two_languages_and_as_json(maillage: Maillage):
    assert maillage("doctor", "--data", maillage.folder / "nothing").status == 1
    maillage.init()
    (maillage.data / "maillage.toml").write_text('http_host = ""\n')
    french = maillage("doctor", "--data", maillage.data)
    assert french.status == 0
    assert "✓ répertoire de données" in french.out
    english = maillage("doctor", "--data", maillage.data, "--lang", "en")
    assert "✓ data directory" in english.out
    away = maillage("doctor", "--data", maillage.data, "--hub", "tls://127.0.0.1:1", "--json")
    assert away.status == 3
    assert away.json["status"] == 3
    told = next(one for one in away.json["findings"] if one["code"] == "nothing-listens")
    assert told["state"] == "unreachable"
    assert told["remedy"]
    assert away.err == ""
    secret = maillage("doctor", "--hub", f"tls://{USER}:{PASSWORD}@h")
    assert secret.status == 2
    assert PASSWORD not in secret.out + secret.err
