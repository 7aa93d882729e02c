"""A node whose network lets the proxy pass and nothing else; the hub is `wss://…` on port 443."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cli_world import ARVIEU, GOOD_CSV
from pki_world import Authority
from proxy_world import HUB_NAME, PASSWORD, USER, Proxy, TownHall, town_hall, until

from federation.charter import Charter, Member, issue_charter
from federation.model import instant_text
from node.cli import hub_file
from node.clock import now_us
from node.documents import digest_of, keep
from node.hub.hub import Hub
from node.keys import KeyStore
from node.node import Node
from node.store.store import Store

EPCI = "fr-epci-241200765"
COUNTS = f"{ARVIEU}/comptage-mobilites"
PLAIN_PORT = 4222

pytestmark = pytest.mark.slow


class Town:
    """A commune behind its proxy, its EPCI beside the hub, one charter."""

    def __init__(self, hall: TownHall) -> None:
        self.hall = hall
        self.folder = hall.folder
        self.published = 0
        self.authority = Authority.make(self.folder, "Autorité du point d’échange")
        tls = self.authority.issue(self.folder, HUB_NAME, "localhost")
        chosen = hub_file.load(
            self.folder / "hub",
            port=PLAIN_PORT,
            tls_certificate=str(tls.certificate),
            tls_key=str(tls.key),
            websocket_port=443,
        )
        hub_file.save(self.folder / "hub", chosen)
        hub = Hub(self.folder / "hub", chosen.settings())
        hub.init()
        for name, who in (("commune", ARVIEU), ("epci", EPCI)):
            made = Node.init(self.folder / name, [who], now_us=now_us())
            asyncio.run(hub.enrol(made.enrolment_file.read_bytes()))
        self.charter = self._found()
        self.settings(
            "epci", f"tls://localhost:{PLAIN_PORT}", compose=(EPCI,), read=True, interval=0.2
        )
        hall.start(hall.edge, "hub", "run", "--data", "hub", log="hub.log")
        until(lambda: "wss://" in (self.folder / "hub.log").read_text())
        hall.start(hall.edge, "run", "--data", "epci", log="epci.log")
        (self.folder / "password").write_text(PASSWORD + "\n")
        (self.folder / "password").chmod(0o600)

    def _found(self) -> str:
        entries, signers = [], []
        for name, who in (("commune", ARVIEU), ("epci", EPCI)):
            node = Node.open(self.folder / name)
            known = node.knowledge.identity_of(who)
            node.close()
            assert known is not None
            signers.append(KeyStore(self.folder / name).signer(who))
            entries.append(
                Member(
                    participant=who,
                    identity=known.digest,
                    custodian=known.identity.custodian.key,
                    roles=("composer", "publisher"),
                )
            )
        charter = issue_charter(
            Charter(
                charter="mairie",
                title="Derrière le proxy",
                version=1,
                members=tuple(sorted(entries, key=lambda entry: entry.participant)),
                threshold=2,
                issued=instant_text(now_us()),
            ),
            tuple(signers),
        )
        with Store.open(self.folder / "epci") as store:
            keep(store, "charter", EPCI, charter, pinned=True)
        return digest_of("charter", charter)

    def settings(
        self,
        name: str,
        url: str,
        *,
        compose: tuple[str, ...] = (),
        read: bool = False,
        interval: float = 1.0,
        proxy: str = "",
        ca: bool = True,
        password_file: str = "",
    ) -> None:
        lines = [
            f"charters = {json.dumps([self.charter])}",
            f"compose = {json.dumps(list(compose))}",
            f"receipt_interval_s = {interval}",
            'http_host = ""',
            f"proxy = {json.dumps(proxy)}",
            f"proxy_password_file = {json.dumps(password_file)}",
            f"ca_file = {json.dumps(str(self.authority.file) if ca else '')}",
            "[[hubs]]",
            'name = "h"',
            f"url = {json.dumps(url)}",
            f"read = {json.dumps(read)}",
        ]
        (self.folder / name / "maillage.toml").write_text("\n".join(lines) + "\n")

    @contextlib.contextmanager
    def running(self, **variables: str) -> Iterator[None]:
        """The commune's node, in the network from which only the proxy can be reached."""
        self.hall.start(self.hall.town, "run", "--data", "commune", log="commune.log", **variables)
        process = self.hall.running[-1]
        try:
            yield
        finally:
            process.terminate()
            assert process.wait(60) == 0

    def publish(self) -> int:
        """Publish; the sequence that it will have."""
        self.published += 1
        node = Node.open(self.folder / "commune")
        try:
            node.publish(
                GOOD_CSV.replace("C1", f"C{self.published}").encode(),
                filename="a.csv",
                schema="comptage-mobilites",
                participant=ARVIEU,
                now_us=now_us(),
            )
        finally:
            node.close()
        return self.published

    def status(self) -> Any:
        node = Node.open(self.folder / "commune")
        try:
            return node.status(now_us()).to_json()
        finally:
            node.close()

    def confirmed(self, sequence: int) -> bool:
        return any(
            receipt["receiver"] == EPCI and receipt["sequence"] >= sequence
            for one in self.status()["published"]
            if one["dataset"] == COUNTS
            for receipt in one["receipts"]
        )

    def code(self) -> str:
        return str(self.status()["hubs"][0]["code"])

    def text(self, *more: str) -> str:
        return self.hall.command(self.hall.town, "status", "--data", "commune", *more)

    def logs(self) -> str:
        return "".join(one.read_text() for one in self.folder.glob("*.log"))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town_hall(tmp_path_factory.mktemp("town")) as hall:
        made = Town(hall)
        yield made
        hall.stop_all()
        logs = made.logs()
        assert "Traceback" not in logs
        assert PASSWORD not in logs


def secured(proxy: Proxy) -> str:
    return proxy.url.replace("http://", f"http://{USER}@")


def test_a_publication_and_its_receipt_pass_the_proxy_which_may_die(town: Town):
    with town.hall.proxy(connect_ports=(443,), password=PASSWORD) as proxy:
        town.settings(
            "commune",
            f"wss://{HUB_NAME}",
            proxy=secured(proxy),
            password_file="../password",  # noqa: S106
        )
        with town.running():
            first = town.publish()
            until(lambda: town.confirmed(first))
            until(lambda: town.status()["hubs"][0]["connected"] is True)
            assert f"CONNECT {HUB_NAME}:443" in proxy.log

            proxy.kill()
            until(lambda: town.code() == "proxy-nothing-listens")
            assert "rien n’écoute au proxy" in town.text()
            assert "nothing listens at the proxy" in town.text("--lang", "en")
            second = town.publish()
            proxy.start()
            until(lambda: town.confirmed(second))
            until(lambda: town.code() == "")
    assert "vu seulement par le nœud en service" in town.text()


def test_the_environment_leads_to_the_proxy_and_plain_tls_passes_too(town: Town):
    with town.hall.proxy(connect_ports=(443, PLAIN_PORT)) as proxy:
        town.settings("commune", f"tls://{HUB_NAME}:{PLAIN_PORT}")
        with town.running(HTTPS_PROXY=proxy.url):
            sequence = town.publish()
            until(lambda: town.confirmed(sequence))
            assert f"CONNECT {HUB_NAME}:{PLAIN_PORT}" in proxy.log
        with town.running(HTTPS_PROXY=proxy.url, NO_PROXY="intranet.example,.test"):
            until(lambda: town.code() == "dns")


def test_what_the_proxy_refuses_is_told_by_the_node(town: Town):
    with town.hall.proxy(connect_ports=(443,), password=PASSWORD) as proxy:
        wrong = proxy.url.replace("http://", f"http://{USER}:faux@")
        town.settings("commune", f"wss://{HUB_NAME}", proxy=wrong)
        with town.running():
            until(lambda: town.code() == "proxy-auth-wrong")
            assert "faux" not in town.text() + (town.folder / "commune.log").read_text()
    with town.hall.proxy(connect_ports=(443,)) as proxy:
        town.settings("commune", f"tls://{HUB_NAME}:{PLAIN_PORT}", proxy=proxy.url)
        with town.running():
            until(lambda: town.code() == "proxy-forbidden")
        town.settings("commune", f"wss://{HUB_NAME}", proxy=proxy.url, ca=False)
        with town.running():
            until(lambda: town.code() == "tls-other-ca")
            assert "Autorité du point d’échange" in town.text()


def test_the_doctor_names_what_is_blocked(town: Town):
    asked = ("doctor", "--data", "commune", "--json")

    def findings(status: int) -> dict[str, Any]:
        told = json.loads(town.hall.command(town.hall.town, *asked, status=status))
        return {one["check"]: one for one in told["findings"] if one["state"] != "warning"}

    with town.hall.proxy(connect_ports=(443,), password=PASSWORD) as proxy:
        given = {"proxy": secured(proxy), "password_file": "../password"}
        town.settings("commune", f"wss://{HUB_NAME}", **given)
        well = findings(0)
        assert well["connect"]["code"] == "connect-ok"
        assert well["name"]["code"] == "name-proxy"
        assert well["round-trip"]["code"] == "round-trip-ok"
        assert well["clock"]["code"] == "clock-ok"
        town.settings("commune", f"tls://{HUB_NAME}:{PLAIN_PORT}", **given)
        assert findings(3)["connect"]["code"] == "connect-443"
        town.settings("commune", f"tls://{HUB_NAME}:{PLAIN_PORT}", proxy="none")
        assert findings(3)["name"]["code"] == "dns"
    town.settings("commune", f"wss://{HUB_NAME}", **given)
    assert findings(3)["reach"]["code"] == "proxy-nothing-listens"
