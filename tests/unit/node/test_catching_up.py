"""Catching up: what is said of it, and that it's true of a hub with many messages."""

import asyncio
import signal
import subprocess
from pathlib import Path

import pytest
from hub_world import ARVIEU, EPCI, A, World, hub_world, numbered, until
from test_cli_progress import HIDE_CURSOR, on_terminal

from node.catching_up import AGAIN_MIN, CatchUp, Note, Stage, read_notes
from node.clock import now_us
from node.node import Node
from node.settings import HubAddress

MANY = 12_000
"""Messages that aren't publications: each is looked at and set aside, which takes a while."""


def test_from_the_start_down_to_nothing():
    stages = CatchUp()
    assert stages.look(None, 0.0) is None
    assert stages.look(100, 1.0) == Stage("begun", 0, 100)
    assert stages.look(None, 1.5) is None  # the hub is away for a moment
    assert stages.look(40, 2.0) == Stage("going", 60, 100, 1.0)
    assert stages.look(60, 3.0) == Stage("going", 60, 120, 2.0)  # others send meanwhile
    assert stages.look(0, 5.0) == Stage("done", 120, 120, 4.0)


def test_who_is_not_behind_is_told_once():
    stages = CatchUp()
    assert stages.look(0, 0.0) == Stage("even")
    assert stages.look(0, 1.0) is None
    assert stages.look(AGAIN_MIN - 1, 2.0) is None  # the daily flow
    assert stages.look(0, 3.0) is None
    assert stages.look(AGAIN_MIN, 4.0) == Stage("begun", 0, AGAIN_MIN)
    assert stages.look(0, 5.0) == Stage("done", AGAIN_MIN, AGAIN_MIN, 1.0)


async def _filled(world: World, folder: Path, count: int) -> Node:
    """A node that reads from a hub on which much waits for it."""
    await world.enrol("a", ARVIEU)
    made = Node.init(folder, [EPCI], now_us=now_us())
    await world.hub.enrol(made.enrolment_file.read_bytes())
    async with world.link("a") as link:
        await link.publish(A, numbered(A, count), 0)
    hub = HubAddress(name="essai", url=world.hub.url, read=True)
    return Node.open(folder, hubs=(hub,), http_host="")


@pytest.mark.slow
async def test_the_running_node_counts_down_and_notes_it(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        node = await _filled(world, tmp_path / "epci", MANY)
        stop = asyncio.Event()
        running = asyncio.create_task(node.run(stop))
        seen: list[int] = []

        def done() -> bool:
            receiving = node.receiving.get("essai")
            behind = None if receiving is None else receiving.behind
            if behind is not None and (not seen or seen[-1] != behind):
                seen.append(behind)
            return behind == 0

        try:
            await until(done, 60)
            assert max(seen) > MANY // 2
            assert sorted(seen, reverse=True) == seen  # nobody sends meanwhile

            def noted() -> bool:
                found = read_notes(node.store).get("essai")
                return found is not None and found.behind == 0

            await until(noted, 20)
        finally:
            stop.set()
            await running
        found = node.status(now_us()).to_json()["catchUp"]
        assert [(one["hub"], one["behind"]) for one in found] == [("essai", 0)]
        node.store.settings.set("behind essai", '{"behind": 3, "at": "2026-03-01T00:00:00Z"}')
        text = node.status(now_us()).text("fr")
        assert "essai : 3 messages à recevoir (2026-03-01T00:00:00Z)" in text
        node.store.settings.set("behind essai", "[]")
        assert read_notes(node.store) == {}
        node.close()
        assert Note(None, "x").to_json() == {"behind": None, "at": "x"}


@pytest.mark.slow
@pytest.mark.parametrize("term", ["xterm", "dumb"])
async def test_run_says_so_and_shows_a_bar_to_whom_looks(tmp_path: Path, term: str):
    async with hub_world(tmp_path) as world:
        node = await _filled(world, tmp_path / "epci", MANY)
        node.close()
        (tmp_path / "epci" / "maillage.toml").write_text(
            f'http_host = ""\n[[hubs]]\nname = "essai"\nurl = "{world.hub.url}"\nread = true\n'
        )

        told_to_end = []

        def end(process: subprocess.Popen[bytes], _seen: bytes) -> None:
            said = (tmp_path / "out").read_text(encoding="utf-8")
            if "essai : à jour" in said and not told_to_end:
                told_to_end.append(process)
                process.send_signal(signal.SIGTERM)

        seen = await asyncio.to_thread(
            on_terminal, tmp_path, "run", "--data", "epci", term=term, meanwhile=end
        )
    told = seen.out.decode()
    assert seen.status == 0, seen
    assert "messages de retard, rattrapage en cours" in told
    assert told.index("messages de retard") < told.index("essai : à jour")
    assert (HIDE_CURSOR in seen.terminal) is (term == "xterm")
    assert ("Rattrapage" in seen.terminal.decode()) is (term == "xterm")
    assert "\x1b" not in told
