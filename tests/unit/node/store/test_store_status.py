"""What people ask of the store."""

from store_samples import (
    DATASET,
    DAY,
    HUB,
    LIMITS,
    NOW,
    OWNER,
    digest,
    draft,
    evidence,
    head,
    message,
    participant,
    publication,
    refusal,
)

from node.store import Store, Write
from node.store.reports import OutboxCount, Status
from node.store.rows import ReceiptMark, ReceiptRow
from node.store.segments import digest_of


def test_an_empty_store_counts_nothing(store: Store) -> None:
    assert store.status() == Status(
        participants=0,
        datasets=0,
        verdicts={"signed": 0, "accepted": 0, "refused": 0},
        last_received={},
        drafts_ready={},
        outbox=(),
        held={},
        evidence={},
        refusals_listed=0,
        receipts_due=0,
        erasures_pending=0,
    )


def test_everything_is_counted(store: Store) -> None:
    store.own.add_participant(participant())
    made, _ = store.own.add_draft(draft(), b"rows", day=DAY)
    store.own.add_draft(draft(), b"more rows", day=DAY)
    store.own.sign_draft(made.id, publication(1), (HUB,), head(1))
    other = "fr-com-19015/comptage-mobilites"
    store.commit(
        Write(
            day=DAY,
            publications=(
                publication(1, other),
                publication(2, other, verdict="refused", reason="invalid"),
            ),
            heads=(head(2, other, accepted=1, refused=1),),
            hold=(message(),),
            hold_limits=LIMITS,
            evidence=(evidence(), evidence("fork", verdict="forked")),
            refusals=(refusal(2),),
            receipt_marks=(ReceiptMark(receiver="fr-dep-12", owner=OWNER),),
        )
    )
    assert store.status() == Status(
        participants=1,
        datasets=1,
        verdicts={"signed": 1, "accepted": 1, "refused": 1},
        last_received={other: NOW + 2},
        drafts_ready={OWNER: 1},
        outbox=(OutboxCount(hub=HUB, participant=OWNER, waiting=1, attempts=0, last_error=None),),
        held={OWNER: (1, message().size)},
        evidence={"refused": 1, "forked": 1},
        refusals_listed=1,
        receipts_due=1,
        erasures_pending=0,
    )


def test_a_publication_is_explained(store: Store) -> None:
    store.own.add_participant(participant())
    made, _ = store.own.add_draft(draft(), b"rows", day=DAY)
    row = publication(1, content_digest=digest_of(b"rows"))
    store.own.sign_draft(made.id, row, (HUB,), head(1))
    receipt = ReceiptRow(
        receiver="fr-dep-12", owner=OWNER, version=1, jws="a.b.c", heads="{}", received_at=NOW
    )
    rival = publication(1, digest=digest("rival"), verdict="refused", reason="fork")
    store.commit(
        Write(
            day=DAY,
            publications=(row, rival),
            heads=(head(1),),
            evidence=(evidence(digest=row.digest),),
            receipts=(receipt,),
        )
    )
    found = store.explain(row.digest)
    assert found.publication is not None
    assert (found.publication.verdict, found.publication.own) == ("accepted", True)
    assert found.content_state == "live"
    assert (found.head, found.own_head) == (head(1), head(1))
    assert [one.digest for one in found.rivals] == [rival.digest]
    assert found.draft is not None
    assert (found.draft.id, found.draft.publication) == (made.id, row.digest)
    assert [one.hub for one in found.outbox] == [HUB]
    assert found.evidence == (evidence(digest=row.digest),)
    assert found.receipts == (receipt,)
    assert found.refusal is None


def test_what_left_a_refusal_only_is_explained_too(store: Store) -> None:
    store.commit(Write(day=DAY, refusals=(refusal(3),), heads=(head(2),)))
    found = store.explain(refusal(3).digest)
    assert (found.publication, found.refusal, found.head) == (None, refusal(3), head(2))
    nothing = store.explain(digest("unknown"))
    assert (nothing.publication, nothing.refusal, nothing.head) == (None, None, None)
    assert DATASET in found.refusal.dataset if found.refusal else False
