"""A twin abroad: one dataset each way over two hubs; it ends by date, or on one side's word."""

import asyncio
import contextlib
import json
import secrets
from pathlib import Path

import pytest
from twin_world import (
    ARVIEU,
    COUNTS,
    HOUR_US,
    LUZY,
    MEASURE,
    NAME,
    NAMES,
    PROJECTS,
    SEGUR,
    TWIN,
    VILLAGE,
    Way,
    agree,
    counted,
    csv,
    in_days,
    publish_counts,
    publish_projects,
    receivers,
    twins,
    until,
)

from federation.author import draft_rows, messages, sign_draft
from federation.charter_end import CharterEnd, issue_end
from federation.errors import StateError, UnknownError
from federation.ids import ask_subject, doc_subject, prefix
from federation.manifest import Sharing
from federation.model import Position, instant_text, instant_us
from node import charters
from node.clock import now_us
from node.documents import HEADERS, keep, touch
from node.node import Node
from node.publishing import Publisher
from node.store.rows import HeadRow
from schemas.catalogue import bundled
from schemas.reading import read


def total(node: Node) -> list[object]:
    return [
        one.figures.total for one in node.view(ARVIEU, MEASURE, "month", now_us=now_us()).totals
    ]


def budget(node: Node) -> list[object]:
    found = node.view(TWIN, "projets.budgetPrevisionnel", now_us=now_us())
    return [one.figures.total for one in found.totals]


def foreign(node: Node) -> list[str]:
    """Datasets received whose owner isn't hosted here."""
    found = [row.dataset for row in node.store.publications.heads()]
    return [one for one in found if one.partition("/")[0] not in node.participants]


@pytest.mark.parametrize("way", ["read", "send"])
async def test_each_gives_the_other_one_dataset_and_nothing_else(way: Way, tmp_path: Path) -> None:
    async with twins(tmp_path, way) as world:
        async with world.running("arvieu", "twin") as (arvieu, twin):
            publish_counts(arvieu, 1, 3)
            publish_counts(arvieu, 1, 20, SEGUR, charter=None)
            publish_projects(twin)
            publish_counts(twin, 1, 20, VILLAGE, charter=None)
            await until(lambda: counted(twin, COUNTS) == counted(arvieu, PROJECTS) == (1, 0))
            await until(lambda: TWIN in receivers(arvieu, ARVIEU))
            await until(lambda: ARVIEU in receivers(twin, TWIN))
            # rows and figures of both are readable on each
            assert total(twin) == [6]
            budgets = arvieu.view(TWIN, "projets.budgetPrevisionnel", now_us=now_us())
            assert budgets.territory.name == NAMES[TWIN]
            rows = twin.export(PROJECTS, "json").splitlines()
            assert [one.figures.count for one in budgets.totals] == [len(rows)]
            for dataset in (COUNTS, PROJECTS):
                assert arvieu.export(dataset, "csv") == twin.export(dataset, "csv")
            # and nothing of anybody else has crossed the border
            assert foreign(twin) == [COUNTS]
            assert foreign(arvieu) == [PROJECTS]
            assert not twin.store.status().held
            assert not arvieu.store.status().held
            found = await world.subjects("twin", "PUB") | await world.subjects("twin", "DOC")
            assert not [one for one in found if SEGUR in one]
            found = await world.subjects("arvieu", "PUB") | await world.subjects("arvieu", "DOC")
            assert not [one for one in found if VILLAGE in one]
            if way == "read":
                found = await world.subjects("twin", "PUB")
                assert not [one for one in found if ARVIEU in one]
        # after a restart it goes on
        async with world.running("arvieu", "twin") as (arvieu, twin):
            publish_counts(arvieu, 4, 6)
            await until(lambda: counted(twin, COUNTS) == (2, 0))
            assert not [one for one in arvieu.senders.values() if one.halted]


async def test_a_hub_gets_the_charters_datasets_only_even_when_asked(tmp_path: Path) -> None:
    async with (
        twins(tmp_path, "send") as world,
        world.running("arvieu", "twin") as (arvieu, twin),
    ):
        publish_counts(arvieu, 1, 3)
        other = arvieu.publish(
            csv(1, 9),
            filename="c.csv",
            schema="comptage-mobilites",
            participant=ARVIEU,
            slug="autre",
            now_us=now_us(),
        )
        assert other.report.valid
        await until(lambda: counted(twin, COUNTS) == (1, 0))
        async with world.link("twin", "twin") as link:
            body = json.dumps({"dataset": other.dataset}).encode()
            await link.publish_document(ask_subject(TWIN, ARVIEU), {}, body)
            body = json.dumps({"dataset": COUNTS}).encode()
            await link.publish_document(ask_subject(TWIN, ARVIEU), {}, body)
        publish_counts(arvieu, 4, 6)
        await until(lambda: counted(twin, COUNTS) == (2, 0))
        await asyncio.sleep(1.0)
        found = {one for one in await world.subjects("twin", "PUB") if ARVIEU in one}
        assert found == {f"{prefix(ARVIEU)}.pub.comptage-mobilites._"}
        kinds = {one.split(".")[6] for one in await world.subjects("twin", "DOC") if ARVIEU in one}
        assert {"identity", "charter", "schema"} <= kinds


async def test_it_ends_at_its_date(tmp_path: Path) -> None:
    ends = in_days(12)
    async with (
        twins(tmp_path, ends=ends) as world,
        world.running("arvieu", "twin") as (arvieu, twin),
    ):
        publish_counts(arvieu, 1, 3)
        publish_projects(twin)
        await until(lambda: counted(twin, COUNTS) == counted(arvieu, PROJECTS) == (1, 0))
        assert "prend fin dans 12 jours" in arvieu.status(now_us()).text("fr")
        (told,) = twin.status(now_us()).to_json()["charters"]
        assert told["endWords"]["de"] == "endet in 12 Tagen"
        # whoever signs after it by its own clock signs nothing: the draft stays and says why
        arvieu.clock = twin.clock = lambda: instant_us(ends)
        publish_counts(arvieu, 4, 6)
        publish_projects(twin, 2)
        await until(lambda: len(arvieu.store.own.drafts_halted()) == 1)
        await until(lambda: len(twin.store.own.drafts_halted()) == 1)
        (draft,) = arvieu.status(now_us()).to_json()["haltedDrafts"]
        assert (draft["dataset"], draft["reason"]) == (COUNTS, "charter-ended")
        assert "à son terme" in arvieu.status(instant_us(ends)).text("fr")
        assert "la convention a pris fin" in arvieu.status(now_us()).text("fr")
        with pytest.raises(StateError) as caught:
            arvieu.publish(
                csv(7, 9),
                filename="c.csv",
                schema="comptage-mobilites",
                participant=ARVIEU,
                now_us=instant_us(ends),
            )
        assert caught.value.code == "charter-ended"
        # and who signs all the same is refused, in both directions
        await _smuggle(arvieu, "home", instant_us(ends), world.charter)
        await until(lambda: counted(twin, COUNTS) == (1, 1))
        await until(lambda: "charter-ended" in arvieu.status(now_us()).text("fr"))
        await until(lambda: _refusals(arvieu, ARVIEU) == {"charter-ended"})
        assert total(twin) == [6]


def _refusals(node: Node, owner: str) -> set[str]:
    return {
        one["reason"]
        for row in node.store.receipts.received(owner)
        for one in json.loads(row.heads)["refusals"]
    }


async def _smuggle(node: Node, hub: str, issued_us: int, charter: str) -> None:
    """Sign counts with a node's own key, whatever its program thinks of it, and send them."""
    schema = bundled().latest("comptage-mobilites")
    assert schema is not None
    rows = read(csv(10, 11), filename="c.csv", schema=schema).rows
    assert rows is not None
    sharing = Sharing(level="federation", charter=charter)
    draft = draft_rows(
        schema, COUNTS, rows, salt=secrets.token_bytes(16), mode="append", sharing=sharing
    )
    head: HeadRow | None = node.store.publications.own_head(COUNTS)
    assert head is not None
    at = Position(epoch=head.epoch, sequence=head.sequence, digest=head.digest)
    signed = sign_draft(draft, at, node.keys.signer(ARVIEU), issued_us=issued_us)
    outgoing = messages(signed.manifest, signed.digest, signed.jws, draft.blob)
    await node.senders[hub].pass_on(ARVIEU, outgoing)


async def test_it_ends_on_one_sides_word_both_ways_and_takes_back(tmp_path: Path) -> None:
    async with twins(tmp_path, "send") as world:
        async with world.running("arvieu", "twin") as (arvieu, twin):
            publish_counts(arvieu, 1, 3)
            publish_projects(twin)
            await until(lambda: counted(twin, COUNTS) == counted(arvieu, PROJECTS) == (1, 0))
            # the command runs in a process of its own; the running node takes notice
            with contextlib.closing(world.open("arvieu")) as other:
                done = charters.end(other, NAME, reason="Ende", withdraw=True, now_us=now_us())
            assert done.withdrawn == (COUNTS,)
            await until(lambda: bool(twin.knowledge.ends_of(world.charter)))
            await until(lambda: bool(arvieu.knowledge.ends_of(world.charter)))
            (end,) = twin.knowledge.ends_of(world.charter)
            assert [one.dataset for one in end.end.heads] == [COUNTS]
            # what was shared is taken back, after the end too
            await until(lambda: counted(twin, COUNTS) == (2, 0))
            assert total(twin) == []
            # neither side sends any more
            arvieu.clock = twin.clock = lambda: done.at_us
            publish_projects(twin, 2, done.at_us - 1)
            await until(lambda: len(twin.store.own.drafts_halted()) == 1)
            told = twin.status(done.at_us).text("fr")
            assert "a pris fin sur décision de Arvieu" in told
            with pytest.raises(StateError) as caught:
                arvieu.publish(
                    csv(4, 6),
                    filename="c.csv",
                    schema="comptage-mobilites",
                    participant=ARVIEU,
                    now_us=done.at_us,
                )
            assert caught.value.code == "charter-ended"
            with pytest.raises(StateError):
                charters.end(arvieu, NAME, now_us=now_us())
            assert counted(arvieu, PROJECTS) == (1, 0)
        async with world.running("arvieu", "twin") as (arvieu, twin):
            assert twin.knowledge.ends_of(world.charter)
            await until(lambda: "away" in arvieu.senders and arvieu.senders["away"].connected)
            await _smuggle(arvieu, "away", done.at_us, world.charter)
            await until(lambda: counted(twin, COUNTS) == (2, 1))


async def test_what_came_before_the_end_was_known_is_taken_out_of_force(tmp_path: Path) -> None:
    async with (
        twins(tmp_path) as world,
        world.running("arvieu", "twin") as (arvieu, twin),
    ):
        publish_counts(arvieu, 1, 3)
        await until(lambda: counted(twin, COUNTS) == (1, 0))
        later = now_us() + 2 * HOUR_US
        arvieu.clock = lambda: later
        publish_counts(arvieu, 4, 6)
        await until(lambda: counted(twin, COUNTS) == (2, 0))
        assert total(twin) == [21]
        charters.end(arvieu, NAME, at_us=later - HOUR_US, now_us=now_us())
        await until(lambda: counted(twin, COUNTS) == (1, 1))
        assert total(twin) == [6]
        assert b"2026-03-04" not in twin.export(COUNTS, "csv")
        assert b"2026-03-03" in twin.export(COUNTS, "csv")
        await until(lambda: _refusals(arvieu, ARVIEU) == {"charter-ended"})


async def test_a_register_goes_back_to_what_it_was_before_the_end(tmp_path: Path) -> None:
    async with (
        twins(tmp_path) as world,
        world.running("arvieu", "twin") as (arvieu, twin),
    ):
        publish_projects(twin)
        await until(lambda: counted(arvieu, PROJECTS) == (1, 0))
        first = arvieu.export(PROJECTS, "csv")
        figures = budget(arvieu)
        later = now_us() + 2 * HOUR_US
        twin.clock = lambda: later
        publish_projects(twin, 2)
        await until(lambda: counted(arvieu, PROJECTS) == (2, 0))
        assert arvieu.export(PROJECTS, "csv") != first
        charters.end(twin, NAME, at_us=later - HOUR_US, now_us=now_us())
        await until(lambda: counted(arvieu, PROJECTS) == (1, 1))
        assert arvieu.export(PROJECTS, "csv") == first
        assert budget(arvieu) == figures


async def test_nobody_else_ends_it_and_nobody_else_reads_it(tmp_path: Path) -> None:
    async with (
        twins(tmp_path, stranger=True) as world,
        world.running("arvieu", "twin", "luzy") as (arvieu, twin, luzy),
    ):
        moment = now_us()
        async with world.link("luzy", "arvieu") as link:
            for member, by in ((LUZY, luzy), (TWIN, luzy), (ARVIEU, luzy)):
                said = CharterEnd(
                    charter=world.charter,
                    member=member,
                    ends=instant_text(moment),
                    issued=instant_text(moment),
                )
                document = issue_end(said, by.keys.signer(LUZY))
                subject = doc_subject(LUZY, "charter-end", secrets.token_hex(16))
                await link.publish_document(subject, HEADERS, document)
        publish_counts(arvieu, 1, 3)
        await until(lambda: counted(twin, COUNTS) == (1, 0))
        assert twin.knowledge.ends_of(world.charter) == []
        assert arvieu.knowledge.ends_of(world.charter) == []
        # enrolled at the hub, no member: it holds a message that it can't take, and shows none
        await until(lambda: bool(luzy.store.status().held))
        assert luzy.store.publications.heads() == []
        with pytest.raises(UnknownError):
            luzy.export(COUNTS, "csv")
        # who trusts Arvieu for another reason learns from the charter that it isn't meant
        identity = arvieu.knowledge.identity_of(ARVIEU)
        assert identity is not None
        keep(luzy.store, "identity", ARVIEU, identity.document, pinned=True)
        touch(luzy.store)
        await until(lambda: not luzy.store.status().held)
        assert luzy.store.publications.heads() == []
        assert luzy.store.receipts.refusals(ARVIEU) == []


async def test_a_replayed_end_and_a_later_word_change_nothing(tmp_path: Path) -> None:
    async with (
        twins(tmp_path) as world,
        world.running("arvieu", "twin") as (arvieu, twin),
    ):
        publish_counts(arvieu, 1, 3)
        await until(lambda: counted(twin, COUNTS) == (1, 0))
        soon = now_us() + HOUR_US
        charters.end(arvieu, NAME, at_us=soon, now_us=now_us())
        with pytest.raises(StateError):
            charters.end(arvieu, NAME, at_us=2 * soon, now_us=now_us())
        late = CharterEnd(
            charter=world.charter,
            member=ARVIEU,
            ends=instant_text(soon + HOUR_US),
            issued=instant_text(now_us()),
        )
        (end,) = arvieu.knowledge.ends_of(world.charter)
        # from under another's prefix, too: a document says itself whose it is
        async with world.link("twin", "twin") as link:
            for document in (end.document, issue_end(late, arvieu.keys.signer(ARVIEU))):
                subject = doc_subject(TWIN, "charter-end", secrets.token_hex(16))
                await link.publish_document(subject, HEADERS, document)
        await until(lambda: len(twin.knowledge.ends_of(world.charter)) == 2)
        ending = twin.knowledge.ending(world.charter, ARVIEU)
        assert ending is not None
        assert ending.at_us == soon // 1_000_000 * 1_000_000
        arvieu.clock = lambda: ending.at_us - 1
        publish_counts(arvieu, 4, 6)
        await until(lambda: counted(twin, COUNTS) == (2, 0))


def test_a_dataset_keeps_with_whom_it_is_shared(tmp_path: Path) -> None:
    for name, who in (("arvieu", [ARVIEU, SEGUR]), ("twin", [TWIN])):
        Node.init(tmp_path / name, who, now_us=now_us())
    agree(tmp_path / "arvieu", tmp_path / "twin")
    with contextlib.closing(Node.open(tmp_path / "arvieu")) as node:
        publisher: Publisher = node.publisher
        assert publisher.choice is not None
        publish_counts(node, 1, 3)
        publish_counts(node, 4, 6, charter=None)
        shared = [json.loads(row.sharing)["level"] for row in node.store.own.next_drafts(ARVIEU)]
        assert shared == ["federation", "federation"]
        with pytest.raises(UnknownError) as caught:
            publish_counts(node, 1, 3, SEGUR)
        assert caught.value.code == "charter-member"
        with pytest.raises(UnknownError) as caught:
            publish_counts(node, 1, 3, charter="autre")
        assert caught.value.code == "charter"
        assert node.store.own.next_drafts(SEGUR) == []
