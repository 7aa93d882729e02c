"""A node whose network lets the proxy pass and nothing else; the hub is `wss://…` on port 443."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import ARVIEU, GOOD_CSV
from pki_world import Authority
from proxy_world import HUB_NAME, PASSWORD, USER, TownHall, town_hall, until

from federation.charter import Charter, Member, issue_charter
from federation.model import instant_text
from node.clock import now_us
from node.documents import digest_of, keep
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
        self.authority = Authority.make(self.folder, "Autorité du point d’échange")
        self.certificate = self.authority.issue(self.folder, HUB_NAME, "localhost")
        tls = ("--tls-cert", self.certificate.certificate, "--tls-key", self.certificate.key)
        web = ("--websocket-port", 443)
        hall.command(hall.edge, "hub", "init", "--data", "hub", "--port", PLAIN_PORT, *tls, *web)
        for name, who in (("commune", ARVIEU), ("epci", EPCI)):
            hall.command(hall.edge, "init", "--data", name, "--participant", who)
            hall.command(hall.edge, "hub", "add", f"{name}/enrolment.json", "--data", "hub")
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

    def run(self, **variables: str) -> None:
        self.hall.start(self.hall.town, "run", "--data", "commune", log="commune.log", **variables)

    def stop(self) -> None:
        process = self.hall.running[-1]
        process.terminate()
        assert process.wait(20) == 0

    def publish(self, number: int) -> None:
        (self.folder / "a.csv").write_text(GOOD_CSV.replace("C1", f"C{number}"))
        given = ("--schema", "comptage-mobilites", "--participant", ARVIEU)
        self.hall.command(self.hall.town, "publish", "a.csv", *given, "--data", "commune")

    def status(self) -> Any:
        return json.loads(
            self.hall.command(self.hall.town, "status", "--data", "commune", "--json")
        )

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


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with town_hall(tmp_path) as hall:
        made = Town(hall)
        yield made
        hall.stop_all()
        logs = made.logs()
        assert "Traceback" not in logs
        assert PASSWORD not in logs


def test_a_publication_and_its_receipt_pass_the_proxy_which_may_die(town: Town):
    url = f"wss://{HUB_NAME}"
    with town.hall.proxy(connect_ports=(443,), password=PASSWORD) as proxy:
        secured = proxy.url.replace("http://", f"http://{USER}@")
        town.settings("commune", url, proxy=secured, password_file="../password")  # noqa: S106
        town.run()
        town.publish(1)
        until(lambda: town.confirmed(1))
        assert town.status()["hubs"][0]["connected"] is True
        assert f"CONNECT {HUB_NAME}:443" in proxy.log

        proxy.kill()
        until(lambda: town.code() == "proxy-nothing-listens")
        assert "rien n’écoute au proxy" in town.text()
        assert "nothing listens at the proxy" in town.text("--lang", "en")
        town.publish(2)
        proxy.start()
        until(lambda: town.confirmed(2))
        assert town.code() == ""
        town.stop()
        assert "nœud en service" in town.text()


def test_the_environment_leads_to_the_proxy_and_plain_tls_passes_too(town: Town):
    with town.hall.proxy(connect_ports=(443, PLAIN_PORT)) as proxy:
        town.settings("commune", f"tls://{HUB_NAME}:{PLAIN_PORT}")
        town.run(HTTPS_PROXY=proxy.url)
        town.publish(1)
        until(lambda: town.confirmed(1))
        assert f"CONNECT {HUB_NAME}:{PLAIN_PORT}" in proxy.log
        town.stop()
        town.run(HTTPS_PROXY=proxy.url, NO_PROXY="intranet.example,.test")
        until(lambda: town.code() == "dns")


def test_the_doctor_names_what_is_blocked(town: Town):
    asked = ("doctor", "--data", "commune", "--json")

    def findings(status: int) -> dict[str, Any]:
        told = json.loads(town.hall.command(town.hall.town, *asked, status=status))
        return {one["check"]: one for one in told["findings"] if one["state"] != "warning"}

    with town.hall.proxy(connect_ports=(443,), password=PASSWORD) as proxy:
        secured = proxy.url.replace("http://", f"http://{USER}@")
        town.settings("commune", f"wss://{HUB_NAME}", proxy=secured, password_file="../password")  # noqa: S106
        well = findings(0)
        assert well["connect"]["code"] == "connect-ok"
        assert well["name"]["code"] == "name-proxy"
        assert well["round-trip"]["code"] == "round-trip-ok"
        assert well["clock"]["code"] == "clock-ok"
        plain = f"tls://{HUB_NAME}:{PLAIN_PORT}"
        town.settings("commune", plain, proxy=secured, password_file="../password")  # noqa: S106
        assert findings(3)["connect"]["code"] == "connect-443"
        town.settings("commune", plain, proxy="none")
        assert findings(3)["name"]["code"] == "dns"
    town.settings("commune", f"wss://{HUB_NAME}", proxy=secured, password_file="../password")  # noqa: S106
    assert findings(3)["reach"]["code"] == "proxy-nothing-listens"


def test_what_the_proxy_refuses_is_told(town: Town):
    url = f"wss://{HUB_NAME}"
    with town.hall.proxy(connect_ports=(443,), password=PASSWORD) as proxy:
        wrong = proxy.url.replace("http://", f"http://{USER}:faux@")
        for address, given, code in (
            (url, proxy.url, "proxy-auth-missing"),
            (url, wrong, "proxy-auth-wrong"),
        ):
            town.settings("commune", address, proxy=given)
            town.run()
            until(lambda code=code: town.code() == code)
            town.stop()
        assert "faux" not in town.logs() + town.text()
    with town.hall.proxy(connect_ports=(443,)) as proxy:
        for address, code in (
            (f"tls://{HUB_NAME}:{PLAIN_PORT}", "proxy-forbidden"),
            ("wss://ailleurs.test", "proxy-gateway"),
        ):
            town.settings("commune", address, proxy=proxy.url)
            town.run()
            until(lambda code=code: town.code() == code)
            town.stop()
        town.settings("commune", url, proxy=proxy.url, ca=False)
        town.run()
        until(lambda: town.code() == "tls-other-ca")
        assert "Autorité du point d’échange" in town.text()
        town.stop()
        town.settings("commune", url, proxy="none")
        town.run(HTTPS_PROXY=proxy.url)
        until(lambda: town.code() == "dns")
