"""Where a publication stands in its chain (step 12)."""

from collections.abc import Iterator

from federation.model import Position
from tests.cases.kit import Case, message
from tests.world import (
    ARVIEU,
    chain_of,
    counts_draft,
    made,
)

UNKNOWN = "5e" * 32


def chain_cases() -> Iterator[Case]:
    """All of them."""
    chain = chain_of(ARVIEU, 4)
    places: tuple[Position, ...] = tuple(position for _, position in chain)
    one = chain[0][0]
    rival = one.changed(issued="2026-03-20T09:46:41Z")
    third = chain[2][0]
    yield Case(
        "replayed",
        "The head once more.",
        (message(one),),
        "replayed",
        head=places[0],
        decided=places[:1],
    )
    yield Case(
        "replayed-earlier",
        "One from before the head once more.",
        (message(one),),
        "replayed",
        head=places[3],
        decided=places,
    )
    yield Case(
        "predecessor-missing",
        "The second came, the first did not.",
        (message(chain[1][0]),),
        "predecessor-missing",
    )
    yield Case(
        "gap",
        "The third came after the first.",
        (message(third),),
        "predecessor-missing",
        head=places[0],
        decided=places[:1],
    )
    yield Case(
        "fork",
        "Another publication was signed for the same place.",
        (message(rival),),
        "fork",
        head=places[0],
        decided=places[:1],
    )
    yield Case(
        "fork-earlier",
        "Another publication was signed for a place before the head.",
        (message(rival),),
        "fork",
        head=places[3],
        decided=places,
    )
    yield Case(
        "chain-broken",
        "The next number, but another predecessor.",
        (message(third.changed(previous=UNKNOWN)),),
        "chain-broken",
        head=places[1],
        decided=places[:2],
    )
    restored = made(counts_draft(), places[1], abandons=places[3])
    begun = restored.position()
    yield Case(
        "epoch-abandoned",
        "From an epoch that the owner gave up.",
        (message(chain[3][0]),),
        "epoch-abandoned",
        head=begun,
        decided=(*places[:2], begun),
    )
    lost = made(counts_draft(), Position(epoch=1, sequence=2, digest=UNKNOWN), abandons=places[3])
    yield Case(
        "epoch-unknown-predecessor",
        "A new epoch after a publication that was never here.",
        (message(lost),),
        "predecessor-missing",
        head=places[3],
        decided=places,
    )
    skipped = restored.changed(epoch=3, abandons={"epoch": 2, "sequence": 1, "digest": UNKNOWN})
    yield Case(
        "epoch-skipped",
        "The epoch after the next one: the one between is missing.",
        (message(skipped),),
        "predecessor-missing",
        head=places[3],
        decided=places,
    )
