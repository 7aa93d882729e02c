"""A kill between any two steps of publishing and receiving leaves the same result after restart.

Real processes, a real broker, real files. Each step of `node.steps.STEPS` is killed once.
"""

import asyncio
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from federation.charter import Charter, Member, issue_charter
from federation.model import instant_text
from node import steps
from node.clock import now_us
from node.documents import digest_of, keep
from node.hub.config import HubSettings
from node.hub.hub import Hub
from node.keys import KeyStore
from node.node import Node
from node.store.store import Store
from tests.killed import COMMUNE, COMPOSER, TOTAL, open_node, play

ROLE_OF = {"publish": "publish", "send": "send", "receive": "receive", "receipt": "receive"}


@dataclass
class Two:
    """A commune's node and a département's, under one charter, enrolled at a hub."""

    commune: Path
    composer: Path
    charter: str

    async def play(self, role: str, hub: Hub, step: str = "-", *, apart: bool = False) -> int:
        """Do a role's work with a node opened anew: what is killed, and what follows it, apart."""
        data = self.composer if role == "receive" else self.commune
        if step == "-" and not apart:
            return await play(role, data, hub.url, self.charter)
        command = [
            sys.executable,
            "-m",
            "tests.killed",
            role,
            str(data),
            hub.url,
            self.charter,
            step,
        ]
        process = await asyncio.create_subprocess_exec(
            *command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        output, _ = await process.communicate()
        if process.returncode not in (0, -signal.SIGKILL):
            raise AssertionError(output.decode()[-3000:])
        return process.returncode


async def found(root: Path, hub: Hub) -> Two:
    moment = now_us()
    entries, signers = [], []
    for folder, participant in (("commune", COMMUNE), ("composer", COMPOSER)):
        made = Node.init(root / folder, [participant], now_us=moment)
        await hub.enrol(made.enrolment_file.read_bytes())
        node = Node.open(root / folder)
        known = node.knowledge.identity_of(participant)
        node.close()
        assert known is not None
        signers.append(KeyStore(root / folder).signer(participant))
        entries.append(
            Member(
                participant=participant,
                identity=known.digest,
                custodian=known.identity.custodian.key,
                roles=("publisher", "composer"),
            )
        )
    charter = issue_charter(
        Charter(
            charter="two",
            title="Two",
            version=1,
            members=tuple(entries),
            threshold=2,
            issued=instant_text(moment),
        ),
        tuple(signers),
    )
    with Store.open(root / "commune") as store:
        keep(store, "charter", COMMUNE, charter, pinned=True)
    return Two(root / "commune", root / "composer", digest_of("charter", charter))


async def stored_publications(hub: Hub) -> int:
    async with hub.connect_admin() as admin:
        info = await admin.client.jetstream().stream_info("PUB")
    return info.state.messages


@pytest.mark.parametrize("step", [one for one in steps.STEPS if one.partition(".")[0] in ROLE_OF])
async def test_a_kill_at_any_step_changes_nothing(step: str, tmp_path: Path) -> None:
    role = ROLE_OF[step.partition(".")[0]]
    hub = Hub(tmp_path / "hub", HubSettings(hub_id="kill", port=0))
    async with hub.run():
        two = await found(tmp_path, hub)
        # one publication is through before, so that a kill meets a node with a past
        for name in ("publish", "send"):
            assert await two.play(name, hub) == 0
        killed = False
        for name in ("publish", "send", "receive"):
            code = await two.play(name, hub, step if name == role else "-")
            if name == role:
                assert code == -signal.SIGKILL, f"{step} was never passed"
                killed = True
                if name != "publish" or step == "publish.before-draft":
                    assert await two.play(name, hub, apart=True) == 0
        assert killed
        assert await stored_publications(hub) == 2
        node = open_node("receive", two.composer, hub.url, two.charter)
        try:
            view = node.view("fr-dep-12", "comptage-mobilites.count", "month", now_us=now_us())
            assert [total.figures.total for total in view.totals] == [TOTAL]
            head = node.store.publications.head(f"{COMMUNE}/comptage-mobilites")
            assert head is not None
            assert (head.accepted, head.refused) == (2, 0)
            status = node.store.status()
            assert not status.held
            assert not status.evidence
            row = node.store.publications.get([head.digest])[head.digest]
            assert row.content_digest is not None
            assert node.store.contents.get(row.content_digest)
        finally:
            node.close()
        # and the owner hears of it
        assert await two.play("send", hub) == 0
        owner = open_node("send", two.commune, hub.url, two.charter)
        try:
            stop = asyncio.Event()
            task = asyncio.create_task(owner.run(stop))
            for _ in range(100):
                if owner.store.receipts.received(COMMUNE):
                    break
                await asyncio.sleep(0.1)
            stop.set()
            await task
            (receipt,) = owner.store.receipts.received(COMMUNE)
            assert receipt.receiver == COMPOSER
            assert head.digest in receipt.heads
        finally:
            owner.close()
