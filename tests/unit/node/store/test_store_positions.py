"""Positions: given once, in the order of commits; readers miss nothing. On both databases."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from store_samples import DATASET, DAY, NOW, digest, head, publication

from node.store import Store, Write
from node.store.rows import DraftRow, HeadRow, NewDraft, ParticipantRow, PublicationRow

OTHER = "fr-com-12266/comptage-mobilites"


def put(store: Store, *rows: PublicationRow) -> None:
    store.commit(Write(day=DAY, publications=rows))


def numbers(store: Store, **asked: object) -> list[tuple[int, str]]:
    found = store.publications.received(limit=1_000, **asked)  # type: ignore[arg-type]  # handed through
    return [(row.position, row.digest) for row in found]


def test_they_count_up_in_the_order_of_reception(store: Store) -> None:
    rows = [publication(number) for number in (1, 2)], [publication(1, OTHER)]
    for batch in rows:
        put(store, *batch)
    wanted = [row.digest for batch in rows for row in batch]
    assert numbers(store) == list(enumerate(wanted, 1))
    assert store.publications.last_position() == 3
    assert [store.publications.digest_at(number) for number in (1, 3, 4)] == [
        wanted[0],
        wanted[2],
        None,
    ]


def test_one_that_comes_again_keeps_its_own(store: Store) -> None:
    signed = replace(publication(1), verdict="signed", own=True)
    put(store, signed)
    put(store, publication(1, OTHER))
    put(store, publication(1))  # received back
    put(store, publication(1))  # and once more
    assert store.publications.get([signed.digest])[signed.digest].verdict == "accepted"
    assert [number for number, _ in numbers(store)] == [1, 2]
    put(store, publication(2))
    last = store.publications.last_position()
    assert last > 2
    assert store.publications.digest_at(last) == publication(2).digest


def test_what_is_void_keeps_its_own(store: Store) -> None:
    put(store, publication(1), publication(2))
    store.commit(Write(day=DAY, voids=(publication(1).digest,)))
    assert [number for number, _ in numbers(store)] == [1, 2]


def test_own_ones_have_one_when_they_are_signed(store: Store) -> None:
    owner = DATASET.partition("/")[0]
    store.own.add_participant(ParticipantRow(id=owner, name="Arvieu", created_at=NOW))
    told: list[int] = []
    call = lambda: told.append(store.publications.last_position())  # noqa: E731 - one and the same
    store.watch.add(call)
    for number in (1, 2):
        made: DraftRow
        made, _ = store.own.add_draft(
            NewDraft(
                participant=owner,
                dataset=DATASET,
                schema_digest=digest("schema"),
                mode="unchanged",
                plain_size=0,
                rows=0,
                period_start=None,
                period_end=None,
                result=None,
                sharing="{}",
                origin="own",
                issued_at=NOW,
                source="test",
                claims="{}",
            ),
            None,
            day=DAY,
        )
        own_head: HeadRow = head(number)
        assert store.own.sign_draft(made.id, publication(number), ["hub"], own_head)
    assert told == [1, 2]
    store.watch.remove(call)
    put(store, publication(1, OTHER))
    assert told == [1, 2]


def test_readers_find_the_kinds_that_they_ask_for(store: Store) -> None:
    rows = [
        publication(1),
        publication(1, OTHER, sharing="federation"),
        publication(2, OTHER, verdict="refused", reason="place"),
        publication(1, "fr-com-12266/projets", schema_name="projets"),
    ]
    put(store, *rows)

    def found(**asked: object) -> list[int]:
        return [number for number, _ in numbers(store, **asked)]

    assert found() == [1, 2, 3, 4]
    assert found(guarded=False) == [1, 4]
    assert found(dataset=OTHER) == [2, 3]
    assert found(schema="projets") == [4]
    assert found(owners=["fr-com-12266"]) == [2, 3, 4]
    assert found(owners=[]) == []
    assert found(owners=[f"fr-com-{number:05}" for number in range(40_000)], after=1) == [2, 3, 4]
    assert [row.position for row in store.publications.received(after=1, limit=2)] == [2, 3]


def test_the_strictest_level_in_force_is_a_datasets(store: Store) -> None:
    put(
        store,
        publication(1),
        publication(1, OTHER, sharing="federation"),
        publication(2, OTHER, sharing="aggregate-only"),
        publication(3, OTHER),
        publication(4, OTHER, sharing="partners", verdict="refused"),
    )
    assert store.publications.guarded() == {OTHER: "aggregate-only"}
    assert store.publications.guarded("fr-com-12011") == {}
    assert store.publications.guarded(dataset=DATASET) == {}
    store.commit(Write(day=DAY, voids=(publication(2, OTHER).digest,)))
    assert store.publications.guarded(dataset=OTHER) == {OTHER: "federation"}


def test_who_reads_while_many_write_misses_none(
    store: Store, open_store: Callable[[], Store]
) -> None:
    """Two stores, as two processes have them, and a reader that only ever goes forward."""
    writers, each = 4, 25
    done = threading.Event()
    seen: list[str] = []

    def write(number: int) -> None:
        mine = store if number % 2 else other
        for one in range(each):
            put(mine, publication(one + 1, f"fr-com-1200{number}/x"))

    def read() -> None:
        after = 0
        while True:
            last = done.is_set()
            rows = store.publications.received(after=after, limit=7)
            seen.extend(row.digest for row in rows)
            after = rows[-1].position if rows else after
            if last and not rows:
                return

    other = open_store()
    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    reader = threading.Thread(target=read)
    reader.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    reader.join()
    assert len(seen) == len(set(seen)) == writers * each


def test_an_older_stores_publications_are_numbered(store: Store) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    from node.store.migrate import SCRIPTS, migrate  # noqa: PLC0415

    put(store, publication(2), publication(1), publication(1, OTHER, received_at=NOW))
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    with store._database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
        columns = {one["name"] for one in sa.inspect(connection).get_columns("publication")}
        assert "position" not in columns
        migrate(connection)
    assert [one for _, one in numbers(store)] == [
        publication(1, OTHER).digest,
        publication(1).digest,
        publication(2).digest,
    ]


@pytest.mark.parametrize("rows", [(), (publication(1),)])
def test_only_publications_are_told(store: Store, rows: tuple[PublicationRow, ...]) -> None:
    told: list[bool] = []
    store.watch.add(lambda: told.append(True))
    store.commit(Write(day=DAY, publications=rows, heads=(head(1),)))
    assert len(told) == len(rows)
