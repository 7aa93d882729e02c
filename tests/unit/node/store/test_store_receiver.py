"""Committing a batch: all of it or nothing, and twice is once. On both databases."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from store_samples import (
    DATASET,
    DAY,
    HOUR,
    LIMITS,
    NOW,
    OWNER,
    cell,
    digest,
    evidence,
    head,
    key,
    message,
    publication,
    refusal,
)

from federation.cell import EXACT_LIMIT, Cell, ExactnessError
from node.store import ErasedContentError, Store, StoreError, UnknownRowError, Write
from node.store.rows import ReceiptMark
from node.store.segments import digest_of

CONTENT = b"salt and rows"


def batch() -> Write:
    return Write(
        day=DAY,
        contents=(CONTENT,),
        publications=(publication(1, content_digest=digest_of(CONTENT)), publication(2)),
        heads=(head(2),),
        cells={key(): cell(1, 2, 3)},
        hold=(message(),),
        hold_limits=LIMITS,
        evidence=(evidence(),),
        receipt_marks=(ReceiptMark(receiver="fr-epci-241200765", owner=OWNER, urgent=True),),
        refusals=(refusal(9),),
    )


def segment_bytes(data_dir: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((data_dir / "segments").iterdir()))


def test_a_batch_is_read_back_by_another_process(
    store: Store, open_store: Callable[[], Store]
) -> None:
    done = store.commit(batch())
    assert done.contents_new == 1
    assert done.turned_away == ()
    again = open_store()
    assert again.contents.get(digest_of(CONTENT)) == CONTENT
    assert again.publications.of(DATASET) == list(batch().publications)
    assert again.publications.heads() == [head(2)]
    assert again.cells.get([key()]) == {key(): cell(1, 2, 3)}
    (held,) = again.held.messages([number for number in done.held if number])
    assert (held.body, dict(held.headers)) == (b"body", {"Maillage-Manifest": "a.b.c"})
    assert again.held.evidence() == [evidence()]
    assert again.receipts.refusals(OWNER) == [refusal(9)]


def test_the_same_batch_twice_is_stored_once(store: Store, data_dir: Path) -> None:
    first = store.commit(batch())
    before = segment_bytes(data_dir), store.status()
    second = store.commit(batch())
    assert (second.contents_new, second.held) == (0, first.held)
    assert (segment_bytes(data_dir), store.status()) == before


def test_a_failing_batch_changes_nothing(store: Store, data_dir: Path) -> None:
    store.commit(batch())
    before = segment_bytes(data_dir), store.status()
    unknown = publication(3, content_digest=digest("never stored"))
    with pytest.raises(StoreError, match=r"(?i)foreign key"):
        store.commit(
            Write(
                day=DAY,
                contents=(b"of the failing batch",),
                publications=(unknown,),
                heads=(head(3),),
            )
        )
    huge = Cell(1, EXACT_LIMIT - 1, 0, 0, 0, 0)
    with pytest.raises(ExactnessError):
        store.commit(
            Write(
                day=DAY,
                contents=(b"of another failing batch",),
                heads=(head(3),),
                cells_merged=((key(), huge), (key(), huge)),
            )
        )
    assert (segment_bytes(data_dir), store.status()) == before
    store.commit(Write(day=DAY, heads=(head(3),)))
    assert store.publications.head(DATASET) == head(3)


def test_an_accepted_publication_is_final(store: Store) -> None:
    store.commit(Write(day=DAY, publications=(publication(1),)))
    late = publication(1, verdict="refused", reason="invalid", received_at=NOW + 99)
    store.commit(Write(day=DAY, publications=(late,)))
    assert store.publications.of(DATASET) == [publication(1)]


def test_a_refused_publication_is_kept_and_may_be_accepted_later(store: Store) -> None:
    refused = publication(1, verdict="refused", reason="invalid", detail="row 3\x00 is \ud800 bad")
    store.commit(Write(day=DAY, publications=(refused,)))
    assert store.publications.of(DATASET) == []
    (kept,) = store.publications.of(DATASET, everything=True)
    assert (kept.verdict, kept.reason) == ("refused", "invalid")
    assert kept.detail is not None
    assert "\x00" not in kept.detail
    store.commit(Write(day=DAY, publications=(publication(1),)))
    assert store.publications.of(DATASET) == [publication(1)]


def test_a_void_publication_is_out_of_force(store: Store) -> None:
    rows = tuple(publication(n) for n in range(1, 4))
    store.commit(Write(day=DAY, publications=rows))
    store.commit(Write(day=DAY, voids=(rows[1].digest, digest("unknown"))))
    assert [row.sequence for row in store.publications.of(DATASET)] == [1, 3]
    voided = store.publications.get([rows[1].digest])[rows[1].digest]
    assert voided.void
    assert not voided.own
    store.commit(Write(day=DAY, publications=rows))  # received again: still void
    assert [row.sequence for row in store.publications.of(DATASET)] == [1, 3]


def test_publications_are_found_by_place_and_period(store: Store) -> None:
    other = "fr-com-19015/comptage-mobilites"
    fork = publication(2, digest=digest("rival"), received_at=NOW)
    rows = [publication(n) for n in range(1, 12)]
    register = publication(1, "fr-com-12011/projets", period_start=None, period_end=None)
    second_epoch = publication(1, epoch=2, digest=digest("restored"), period_start=NOW)
    store.commit(
        Write(
            day=DAY,
            publications=(*rows, fork, publication(4, other), register, second_epoch),
            heads=(head(11), head(4, other), head(1, "fr-com-12011/projets")),
        )
    )
    found = store.publications
    assert {row.digest for row in found.at(DATASET, 1, 2)} == {rows[1].digest, fork.digest}
    inside = found.overlapping(DATASET, NOW + 4 * HOUR, NOW + 6 * HOUR)
    assert [row.order for row in inside] == [(1, 4), (1, 5)]  # half-open: neither 3 nor 6
    assert found.overlapping("fr-com-12011/projets", 0, 2 * NOW) == []
    between = found.of(DATASET, after=(1, 9), upto=(2, 1))
    assert [row.order for row in between] == [(1, 10), (1, 11), (2, 1)]
    assert [row.order for row in found.of(DATASET, after=(1, 2), limit=2)] == [(1, 3), (1, 4)]
    assert found.position(DATASET, rows[4].digest) == (1, 5)
    assert found.position(other, rows[4].digest) is None
    assert found.known([rows[0].digest, digest("unknown")]) == {rows[0].digest}
    assert found.datasets() == [DATASET, "fr-com-12011/projets", other]
    assert found.datasets("fr-com-12011") == [DATASET, "fr-com-12011/projets"]
    assert [row.dataset for row in found.heads("fr-com-1201")] == []
    assert found.head("fr-com-00000/none") is None


def test_lookups_of_any_length_are_complete(store: Store) -> None:
    rows = tuple(publication(n) for n in range(1, 1_201))
    store.commit(Write(day=DAY, publications=rows))
    for number in (0, 1, 4, 5, 64, 65, 511, 512, 513, 1_200):
        wanted = [row.digest for row in rows[:number]]
        assert store.publications.get(wanted) == {row.digest: row for row in rows[:number]}


def test_withdrawn_content_is_erased_and_never_comes_back(store: Store, data_dir: Path) -> None:
    store.commit(batch())
    digest_ = digest_of(CONTENT)
    done = store.commit(
        Write(day=DAY, voids=(publication(1).digest,), erasures=(digest_, digest("unknown")))
    )
    assert done.erasures_failed == ()
    assert store.contents.state(digest_) == "erased"
    with pytest.raises(ErasedContentError):
        store.contents.get(digest_)
    store.commit(batch())
    store.commit(Write(day=DAY + timedelta(days=1), contents=(CONTENT,)))
    assert CONTENT not in segment_bytes(data_dir)
    store.contents.erase(digest_)  # twice is once
    assert store.status().erasures_pending == 0


def test_an_unknown_content_is_named(store: Store) -> None:
    assert store.contents.state(digest("x")) is None
    with pytest.raises(UnknownRowError, match=digest("x")):
        store.contents.get(digest("x"))
    with pytest.raises(UnknownRowError):
        store.contents.erase(digest("x"))


def test_an_erasure_that_fails_is_told_and_tried_again(store: Store, data_dir: Path) -> None:
    store.commit(Write(day=DAY, contents=(b"one", b"two")))
    path = data_dir / "segments" / f"{DAY}.seg"
    good = path.read_bytes()
    path.write_bytes(b"\x00" * 44 + good[44:])
    done = store.commit(Write(day=DAY, erasures=(digest_of(b"one"), digest_of(b"two"))))
    (told,) = done.erasures_failed
    assert str(path) in told
    assert store.contents.state(digest_of(b"one")) == "erasing"
    assert store.contents.state(digest_of(b"two")) == "erased"
    assert store.status().erasures_pending == 1
    path.write_bytes(good)
    store.contents.erase(digest_of(b"one"))
    assert b"one" not in path.read_bytes()
    assert store.status().erasures_pending == 0


def test_many_heads_are_read_as_written(store: Store) -> None:
    rows = tuple(head(1, f"fr-com-{n:05}/comptage-mobilites") for n in range(5_000))
    store.commit(Write(day=DAY, heads=rows))
    assert store.publications.heads() == list(rows)


def test_an_empty_batch_is_nothing(store: Store) -> None:
    before = store.status()
    store.commit(Write(day=DAY))
    assert store.status() == before


def test_exact_orders_do_not_depend_on_the_servers_language(store: Store) -> None:
    names = ["fr-com-2A004/a", "fr-com-2b001/a", "fr-com-Z/a", "fr-com-é/a", "fr-com-2a004/a"]
    store.commit(Write(day=DAY, heads=tuple(head(1, name) for name in names)))
    assert store.publications.datasets() == sorted(names, key=str.encode)
