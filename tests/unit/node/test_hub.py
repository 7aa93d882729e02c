"""The role of a hub: members come and go while it runs, drift is mended, deaths are overcome."""

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hub_world import ARVIEU, CANET, EPCI, A, B, World, hub_world, numbered, until

from federation.errors import StateError, UnknownError
from node.broker import BrokerError
from node.hub.config import HubSettings, Member
from node.hub.hub import RESTARTS_MAX, Hub
from node.hub.members import write_enrolment
from node.hub.streams import ensure_durables, ensure_streams
from node.link.errors import HubUnreachableError, NotPermittedError, RejectedError
from node.link.link import Link


async def durables(world: World) -> dict[str, set[str]]:
    async with world.hub.connect_admin() as admin:
        js = admin.client.jetstream()
        return {s: {i.name for i in await js.consumers_info(s)} for s in ("PUB", "DOC")}


def test_init_can_be_run_again(tmp_path: Path):
    hub = Hub(tmp_path / "hub")
    hub.init()
    key = hub.paths.admin_key.read_bytes()
    hub.init()
    assert hub.paths.admin_key.read_bytes() == key
    assert stat.S_IMODE(hub.paths.admin_key.stat().st_mode) == 0o600
    assert stat.S_IMODE(hub.paths.root.stat().st_mode) == 0o700
    assert hub.members() == ()


async def test_members_come_and_go_while_it_runs(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        async with world.link("a") as a:
            await a.publish(A, numbered(A, 1), 0)
            await world.enrol("b", CANET, reads=True)  # others stay connected
            assert a.status.connects == 1
            async with world.link("b") as b:
                await b.publish(B, numbered(B, 1), 0)
                assert await durables(world) == {"PUB": {"b"}, "DOC": {"b"}}
                await world.hub.expel("b")
                await until(lambda: not b.status.connected)
                with pytest.raises(HubUnreachableError):
                    await b.publish(B, numbered(B, 1), 2)
                await until(lambda: "Authorization" in (b.status.last_error or ""))
            assert await durables(world) == {"PUB": set(), "DOC": set()}
            assert [m.node for m in world.hub.members()] == ["a"]
            assert a.status.connects == 1
            assert (await a.publish(A, numbered(A, 1), 1)).last_sequence == 3


async def test_a_changed_enrolment_takes_effect_at_once(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        first = await world.enrol("a", ARVIEU)
        async with world.link("a") as a:
            with pytest.raises(NotPermittedError):
                await a.publish(B, numbered(B, 1), 0)
            more = Member("a", first.nkey, None, (ARVIEU, CANET))
            await world.hub.enrol(write_enrolment(more))
            await a.ready()
            async with asyncio.timeout(10):
                while True:
                    try:
                        assert (await a.publish(B, numbered(B, 1), 0)).count == 1
                        break
                    except (NotPermittedError, HubUnreachableError):
                        await asyncio.sleep(0.05)


async def test_a_conflict_says_who_and_changes_nothing(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU, CANET)
        with pytest.raises(StateError) as caught:
            await world.enrol("b", EPCI, CANET)
        assert "node a" in str(caught.value)
        assert CANET in str(caught.value)
        with pytest.raises(UnknownError):
            await world.hub.expel("b")
        assert [m.node for m in world.hub.members()] == ["a"]


async def test_many_enrolments_at_once_all_hold(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await asyncio.gather(
            *(world.enrol(f"n-{n}", f"fr-com-{12000 + n}", reads=n % 2 == 0) for n in range(8))
        )
        assert len(world.hub.members()) == 8
        assert len((await durables(world))["PUB"]) == 4


ENROL = """
import asyncio, sys
from pathlib import Path
from node.hub.hub import Hub
async def main():
    await Hub(Path(sys.argv[1])).enrol(Path(sys.argv[2]).read_bytes())
asyncio.run(main())
"""


async def test_another_process_enrols_into_a_running_hub(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        document = tmp_path / "enrolment.json"
        document.write_bytes(write_enrolment(world.make_member("a", ARVIEU, reads=True)))
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", ENROL, str(tmp_path / "hub"), str(document)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        async with world.link("a") as a, world.reader("a") as reader:
            await a.publish(A, numbered(A, 1), 0)
            assert len(await reader.fetch(10)) == 1


async def test_members_enrolled_while_it_stands_still_are_there_when_it_runs(tmp_path: Path):
    hub = Hub(tmp_path / "hub", HubSettings(port=0))
    hub.init()
    world = World(hub, tmp_path)
    await world.enrol("a", ARVIEU, reads=True)
    async with hub.run():
        assert await durables(world) == {"PUB": {"a"}, "DOC": {"a"}}
        async with world.link("a") as a:
            await a.publish(A, numbered(A, 3), 0)
    async with Hub(tmp_path / "hub", HubSettings(port=0)).run() as again:  # all is kept
        world.hub = again
        async with world.link("a") as a:
            last = await a.last_own(A)
            assert last is not None
            assert last.stream_sequence == 3


async def test_drift_is_mended(tmp_path: Path):
    settings = HubSettings(port=0, pub_max_bytes=10_000_000, ack_wait_s=30)
    hub = Hub(tmp_path / "hub", settings)
    world = World(hub, tmp_path)
    hub.init()
    await world.enrol("a", ARVIEU, reads=True)
    async with hub.run(), hub.connect_admin() as admin:
        js = admin.client.jetstream()
        held = (await js.stream_info("PUB")).config
        held.max_bytes = 5_000_000
        held.allow_atomic = False
        await js.update_stream(held)
        await js.delete_consumer("DOC", "a")
    changed = HubSettings(port=0, pub_max_bytes=20_000_000, pub_max_age_s=3_600, ack_wait_s=45)
    async with Hub(tmp_path / "hub", changed).run() as again, again.connect_admin() as admin:
        js = admin.client.jetstream()
        config = (await js.stream_info("PUB")).config
        assert (config.max_bytes, config.max_age, config.allow_atomic) == (20_000_000, 3_600, True)
        assert (await js.consumer_info("PUB", "a")).config.ack_wait == 45
        assert (await js.consumer_info("DOC", "a")).config.ack_wait == 45
        info = await js.stream_info("PUB")
        created = info.created
    async with Hub(tmp_path / "hub", changed).run() as same, same.connect_admin() as admin:
        js = admin.client.jetstream()
        assert await ensure_streams(js, changed) == []  # nothing drifts by itself
        assert await ensure_durables(js, {"a"}, changed) == []
        assert (await js.stream_info("PUB")).created == created


async def test_the_streams_are_as_designed(tmp_path: Path):
    async with hub_world(tmp_path) as world, world.hub.connect_admin() as admin:
        js = admin.client.jetstream()
        pub, doc = [(await js.stream_info(name)).config for name in ("PUB", "DOC")]
        for config in (pub, doc):
            assert config.allow_direct
            assert not config.allow_rollup_hdrs
            assert not config.allow_msg_ttl
            assert config.republish.dest == "mlg.1.tail.>"
            for subject in config.subjects:
                assert not subject.startswith("mlg.1.tail.")
        assert pub.allow_atomic
        assert doc.max_msgs_per_subject == 1
        account = await js.account_info()
        assert account.domain == "hub-local"
        assert "sync_interval: always" in world.hub.paths.hub_conf.read_text()


async def test_a_broker_that_dies_is_started_again(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        async with world.link("a") as a:
            await a.publish(A, numbered(A, 2), 0)
            url, pid = world.hub.url, world.hub.broker.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await until(lambda: world.hub.restarts == 1 and not a.status.connected)
            await a.ready()
            assert world.hub.url == url
            assert (await a.publish(A, numbered(A, 1), 2)).last_sequence == 3
            async with asyncio.timeout(5):
                while True:  # the read service is there again as well
                    try:
                        page = await a.read_range(A, f"{A}.pub.s._")
                        break
                    except HubUnreachableError:
                        await asyncio.sleep(0.05)
            assert len(page.messages) == 3


async def test_a_broker_that_dies_too_often_is_given_up_and_said(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        failed = asyncio.create_task(world.hub.wait())
        for death in range(RESTARTS_MAX + 1):
            pid = world.hub.broker.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            if death < RESTARTS_MAX:
                await until(lambda death=death: world.hub.restarts == death + 1)
        with pytest.raises(BrokerError) as caught:
            await failed
        assert caught.value.code == "broker-died"


async def test_two_hubs_in_one_folder_or_on_one_port_are_refused(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        with pytest.raises(BrokerError) as caught:
            async with Hub(tmp_path / "hub", HubSettings(port=0)).run():
                pass
        assert caught.value.code == "broker-busy"
        port = int(world.hub.url.rpartition(":")[2])
        with pytest.raises(BrokerError) as caught:
            async with Hub(tmp_path / "other", HubSettings(port=port)).run():
                pass
        assert caught.value.code == "port-taken"


async def test_a_hub_that_does_not_run_says_so(tmp_path: Path):
    hub = Hub(tmp_path / "hub")
    hub.init()
    with pytest.raises(BrokerError) as caught:
        async with hub.connect_admin():
            pass
    assert caught.value.code == "broker-stopped"
    with pytest.raises(BrokerError):
        await hub.wait()


async def test_the_members_file_says_who_is_enrolled(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        member = await world.enrol("a", ARVIEU)
        found = json.loads(world.hub.paths.members_file.read_text())
        assert found == {
            "version": 1,
            "members": [
                {
                    "enrolment": 1,
                    "node": "a",
                    "nkey": member.nkey,
                    "participants": [ARVIEU],
                }
            ],
        }
        text = world.hub.paths.members_conf.read_text()
        assert member.nkey in text
        assert world.seed("a").read_text().strip() not in text


async def test_full_documents_are_refused_not_forgotten(tmp_path: Path):
    async with hub_world(tmp_path, doc_max_bytes=50_000) as world:
        await world.enrol("a", ARVIEU)
        async with Link(world.connection("a")) as a:
            await a.ready()
            done = [
                await asyncio.gather(
                    a.publish_document(f"{A}.doc.schema.{number}", {}, bytes(10_000)),
                    return_exceptions=True,
                )
                for number in range(10)
            ]
            assert isinstance(done[-1][0], RejectedError)
            page = await a.read_documents(A, "mlg.1.z.*.*.doc.>")
            assert page.messages[0].subject == f"{A}.doc.schema.0"
